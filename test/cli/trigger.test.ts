import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { trigger } from '../../src/cli/trigger.ts';
import { newSecret } from '../../src/kernel/secret.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { Data, TestMerchant } from '../support/gateway.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { openTerminal, type TestTerminal } from './terminal.ts';

const WAIT = { timeout: 20_000 };
const EVENTS = '{ events(first: 100) { edges { node { type sessionId transactionId } } } }';

let gateway: ServedGateway;
let terminal: TestTerminal;
let simulator: Simulator;
let merchant: TestMerchant;
beforeAll(async () => {
  gateway = await serveGateway();
  terminal = await openTerminal(gateway);
  const { database, clock, log, vault } = gateway;
  simulator = await createSimulator({ database, clock, sign: vault.fingerprint, log, host: '127.0.0.1', port: 0 });
  merchant = await gateway.newMerchant();
});
afterAll(async () => {
  await simulator.close();
  await terminal.close();
  await gateway.close();
});

async function run(what: string, { secretKey }: TestMerchant = merchant) {
  const ran = await terminal.run(['trigger', what, '--url', gateway.url, '--json'], { TOLLGATE_SECRET_KEY: secretKey });
  return { ...ran, made: ran.exitCode === 0 ? JSON.parse(ran.text) : null };
}

/** Waits until the gateway has told of it, while its clock goes on. */
async function told(event: Record<string, unknown>): Promise<void> {
  await vi.waitFor(async () => {
    await gateway.pass(1_500);
    await simulator.deliverDue();
    const { events } = await merchant.data(EVENTS);
    expect(events.edges.map(({ node }: Data) => node)).toContainEqual(expect.objectContaining(event));
  }, WAIT);
}

describe('tollgate trigger', () => {
  it('makes a payment that is approved', async () => {
    const { made } = await run('payment');
    expect(made).toMatchObject({ status: 'COMPLETED', transactionStatus: 'SUCCEEDED' });
    await told({ type: 'session.completed', sessionId: made?.sessionId });
  });

  it('makes a payment that is declined', async () => {
    const { made } = await run('decline');
    expect(made).toMatchObject({ transactionStatus: 'DECLINED' });
    await told({ type: 'session.declined', sessionId: made?.sessionId });
  });

  it('makes a refund that comes back failed', async () => {
    const { made } = await run('failed-refund');
    expect(made).toMatchObject({ status: 'COMPLETED', refundStatus: 'SUCCEEDED' });
    await told({ type: 'transaction.failed', transactionId: made?.refundId });
  });

  it('makes a session that expires', async () => {
    const terminalOf = { environment: { TOLLGATE_SECRET_KEY: merchant.secretKey }, print: () => {}, complain: () => {} };
    const made = await trigger(terminalOf, { what: 'expiry', url: gateway.url }, gateway.clock);
    expect(made).toMatchObject({ expiresAt: new Date(gateway.clock.now().getTime() + 65_000).toISOString() });
    await gateway.pass(65_000);
    await told({ type: 'session.expired', sessionId: made['sessionId'] });
  });

  it('makes a dispute at the simulated Stripe, and says where there is none', async () => {
    expect(await run('dispute')).toMatchObject({ exitCode: 1, errors: expect.stringContaining('docs/simulator.md') });
    const keys = { secretKey: newSecret('sk_test_'), publishableKey: newSecret('pk_test_'), webhookSecret: newSecret('whsec_') };
    const { secretKey, publishableKey, webhookSecret } = keys;
    const given = ['--secret-key', secretKey, '--publishable-key', publishableKey, '--webhook-secret', webhookSecret];
    const add = ['provider', 'add', merchant.publicId, 'stripe', '--base-url', simulator.url, ...given];
    const { id, webhookUrl } = await terminal.json(add);
    const own = `${gateway.url}${new URL(webhookUrl).pathname}`;
    await simulator.addAccount({ dialect: 'STRIPE', id, webhookUrl: own, ...keys });
    const { made } = await run('dispute');
    expect(made).toMatchObject({ status: 'COMPLETED', disputeId: expect.stringMatching(/^(dp|du)_/) });
    await vi.waitFor(async () => {
      await gateway.pass(1_500);
      await simulator.deliverDue();
      const { transactions } = await merchant.data(
        '{ transactions(first: 100) { edges { node { action relatedTransaction { id } } } } }',
      );
      const disputed = { action: 'CHARGEBACK', relatedTransaction: { id: made?.transactionId } };
      expect(transactions.edges.map(({ node }: Data) => node)).toContainEqual(disputed);
    }, WAIT);
  });

  it('makes nothing happen in LIVE, and names what it can', async () => {
    const live = await terminal.run(['trigger', 'payment', '--url', gateway.url], { TOLLGATE_SECRET_KEY: 'sk_live_x' });
    expect(live).toMatchObject({ exitCode: 1, errors: expect.stringContaining('Only TEST events') });
    const unknown = await terminal.run(['trigger', 'bankruptcy', '--url', gateway.url]);
    expect(unknown).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining('payment, decline, dispute, failed-refund, expiry'),
    });
    expect(await terminal.run(['trigger', '--help'])).toMatchObject({
      exitCode: 0,
      text: expect.stringContaining('that is approved'),
    });
  });
});
