import { expect, it } from 'vitest';
import { HOUR_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { addProviderAccount } from '../../src/merchants/manage-accounts.ts';
import { webhookPathOf } from '../../src/merchants/provider-account.ts';
import { CARDS, type Data, must, PUBLIC_URL, READ_SESSION } from '../support/gateway.ts';
import type { RecordedWebhook, ScenarioLab } from './scenario-lab.ts';

/** Notifications in every state that they arrive in. None moves money by itself; whatever is named is asked for again. */
export function describeWebhooks(lab: () => ScenarioLab): void {
  const read = async (id: string): Promise<Data> => (await lab().merchant.data(READ_SESSION, { by: { id } })).clientSession;

  async function paidUnseen(): Promise<{ session: Data; webhooks: readonly RecordedWebhook[] }> {
    const session = await lab().start('PAYMENT');
    await lab().pay(session, CARDS.decline);
    await lab().pay(session, CARDS.approve);
    const webhooks = await lab().webhooks(session.providerCode);
    expect(webhooks.length).toBeGreaterThan(1);
    return { session, webhooks };
  }

  const verdictOf = async (webhook: RecordedWebhook): Promise<[number, string]> => {
    const response = await lab().deliver(webhook);
    return [response.status, (await response.json()).verdict];
  };

  it('completes a session that nobody verifies', async () => {
    const { session, webhooks } = await paidUnseen();
    for (const webhook of webhooks) expect(await verdictOf(webhook)).toEqual([200, 'accepted']);
    await lab().pass(SECOND_MS);
    expect(await read(session.id)).toMatchObject({ status: 'COMPLETED' });
  });

  it.each([
    ['five times each', (all: readonly RecordedWebhook[]) => all.flatMap((one) => Array.from({ length: 5 }, () => one))],
    ['newest first', (all: readonly RecordedWebhook[]) => all.toReversed()],
  ])('that comes %s leaves one success and one set of events', async (_how, arrange) => {
    const { session, webhooks } = await paidUnseen();
    for (const webhook of arrange(webhooks)) {
      expect(await verdictOf(webhook)).toEqual([200, 'accepted']);
      await lab().pass(0);
    }
    const { status, transactions, events } = await read(session.id);
    expect(status).toBe('COMPLETED');
    expect(transactions.filter(({ status: one }: Data) => one === 'SUCCEEDED')).toHaveLength(1);
    expect(events.filter(({ type }: Data) => type === 'session.completed')).toHaveLength(1);
    expect(events.filter(({ isAlert }: Data) => isAlert)).toHaveLength(0);
  });

  it('that was tampered with, or is not signed, is refused and changes nothing', async () => {
    const { session, webhooks } = await paidUnseen();
    for (const webhook of webhooks) {
      expect(await verdictOf(lab().vendor.tamper(webhook))).toEqual([401, 'wrong-signature']);
      expect(await verdictOf(lab().vendor.unsign(webhook))).toEqual([401, 'unsigned']);
    }
    await lab().pass(SECOND_MS);
    expect((await read(session.id)).transactions).toHaveLength(0);
  });

  it('that is old is refused where signatures carry their time, and harmless elsewhere', async () => {
    const { session, webhooks } = await paidUnseen();
    await lab().pass(HOUR_MS);
    const isTimed = lab().vendor.provider === 'STRIPE';
    for (const webhook of webhooks) {
      expect(await verdictOf(webhook)).toEqual(isTimed ? [400, 'stale'] : [200, 'accepted']);
    }
    await lab().pass(SECOND_MS);
    const successes = (await read(session.id)).transactions.filter(({ status }: Data) => status === 'SUCCEEDED');
    expect(successes).toHaveLength(1);
  });

  it('that was signed with another secret, or sent to another address, is refused with the reason', async () => {
    const other = await openOther(lab());
    const { webhooks } = await paidUnseen();
    const [webhook] = webhooks;
    if (webhook === undefined) throw new Error('There is no webhook.');
    const [status, verdict] = await verdictOf({ ...webhook, url: other });
    expect([status, verdict]).toEqual([401, 'wrong-signature']);
    const url = webhook.url.replace(/[^/]+$/, 'whp_nobody');
    expect(await verdictOf({ ...webhook, url })).toEqual([404, 'unknown-account']);
  });

  it('of a payment that is not ours is accepted and ignored', async () => {
    const { webhooks, session } = await paidUnseen();
    const { client } = lab().database;
    await client.session.update({ where: { id: session.id }, data: { providerCode: `gone-${session.id}` } });
    for (const webhook of webhooks) expect(await verdictOf(webhook)).toEqual([200, 'accepted']);
    await lab().pass(SECOND_MS);
    const where = { providerAccountId: lab().account.id, verdict: 'IGNORED' };
    expect(await client.webhookDelivery.count({ where })).toBeGreaterThan(0);
  });

  async function openOther({ merchant, vendor, app }: ScenarioLab): Promise<string> {
    const draft = { provider: vendor.provider, label: 'another', baseUrl: null, credentials: vendor.makeCredentials() };
    return `${PUBLIC_URL}${webhookPathOf(must(await addProviderAccount(app.deps, merchant.scope, draft)))}`;
  }
}
