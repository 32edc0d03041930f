import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/kernel/clock.ts';
import { openAccountBook } from '../../src/simulator/accounts.ts';
import { newNuveiAccount, nuveiCaller } from './nuvei-world.ts';
import {
  APPROVED,
  answerChallenge,
  ask,
  callerOf,
  control,
  errorOf,
  newStripeAccount,
  openSimulatorWorld,
  type SimulatorWorld,
  type StripeCaller,
  startSimulator,
} from './simulator-world.ts';

let world: SimulatorWorld;
let caller: StripeCaller;
beforeAll(async () => {
  world = await openSimulatorWorld();
  caller = await world.newStripe();
});
afterAll(() => world.close());

const USD_10 = { amount: 1000, currency: 'usd' } as const;
const url = (path: string) => `${world.simulator.url}/simulator/${path}`;
const JSON_TYPE = { 'content-type': 'application/json' };

describe('a fault', () => {
  /** Whether the call was executed, and what the caller saw: a status, or no answer. */
  async function meet(fault: string, more: object = {}): Promise<{ isExecuted: boolean; seen: number | 'none' }> {
    const { account } = await world.newStripe();
    const own = callerOf(world.simulator.url, account);
    await world.control('faults', { call: 'customers.create', fault, match: account.id, ...more });
    const body = new URLSearchParams({ 'metadata[mark]': account.id });
    const headers = { authorization: `Bearer ${account.secretKey}`, 'idempotency-key': fault };
    const seen = await fetch(`${world.simulator.url}/v1/customers`, {
      method: 'POST',
      body,
      headers,
      signal: AbortSignal.timeout(500),
    }).then(
      ({ status }) => status,
      () => 'none' as const,
    );
    const kept = await world.database.client.simulatorRecord.count({ where: { accountId: account.id, kind: 'customer' } });
    expect((await own.stripe.customers.create({ metadata: { mark: 'after' } })).object).toBe('customer');
    return { isExecuted: kept === 1, seen };
  }

  it.each([
    ['429', 429, false],
    ['503', 503, false],
    ['500', 500, false],
    ['500-after', 500, true],
    ['html', 502, false],
    ['reset-before', 'none', false],
    ['reset-after', 'none', true],
    ['hang-before', 'none', false],
    ['hang-after', 'none', true],
  ])('%s shows %s', async (fault, seen, isExecuted) => {
    expect(await meet(fault)).toEqual({ seen, isExecuted });
  });

  it('slow answers late, and in full', async () => {
    expect(await meet('slow', { delayMs: 50 })).toEqual({ seen: 200, isExecuted: true });
  });

  it('hits as many calls as it was ordered for, of its name, with its match', async () => {
    await world.control('faults', { call: 'payment_intents.retrieve', fault: '503', times: 2, match: '/pi_x' });
    const read = async (id: string) => (await caller.raw(`payment_intents/${id}`)).status;
    expect([await read('pi_y'), await read('pi_x1'), await read('pi_x2'), await read('pi_x3')]).toEqual([404, 503, 503, 404]);
    await world.control('faults', { call: '*', fault: '429', times: 100 });
    expect((await caller.raw('balance')).status).toBe(429);
    await world.control('faults', undefined, 'DELETE');
    expect((await caller.raw('balance')).status).toBe(200);
  });

  it.each([
    ['429', 429],
    ['500', 500],
    ['503', 503],
    ['html', 502],
  ])('%s of Nuvei is a page with status %s', async (fault, status) => {
    const account = newNuveiAccount();
    await world.simulator.addAccount(account);
    await world.control('faults', { call: 'openOrder', fault });
    const { post, openOrder } = nuveiCaller(world, world.simulator.url, account);
    const answer = await post('openOrder', {});
    expect([answer.status, typeof answer.body]).toEqual([status, 'string']);
    expect((await openOrder()).status).toBe('SUCCESS');
  });
});

describe('the record of requests', () => {
  it('tells what came, without keys and cards', async () => {
    const { account, stripe, pay } = await world.newStripe();
    const intent = await stripe.paymentIntents.create({ ...USD_10, metadata: { order: '7' } }, { idempotencyKey: 'key-of-mine' });
    await pay(intent, '4000000000000002');
    const requests = await world.control(`requests?accountId=${account.id}`);
    expect(requests).toMatchObject([
      {
        call: 'payment_intents.create',
        method: 'POST',
        path: '/v1/payment_intents',
        headers: { 'idempotency-key': 'key-of-mine', 'stripe-version': '2026-10-28.endive', authorization: '[hidden]' },
        body: { amount: '1000', metadata: { order: '7' } },
        outcome: 200,
        at: world.clock.now().toISOString(),
      },
      {
        call: 'payment_intents.confirm',
        body: { payment_method_data: { card: { number: '[hidden]', cvc: '[hidden]' } } },
        outcome: 402,
      },
    ]);
    const text = JSON.stringify(requests);
    for (const secret of [account.secretKey, '4000000000000002']) expect(text).not.toContain(secret);
    expect(await world.control(`requests?accountId=${account.id}&call=payment_intents.confirm`)).toHaveLength(1);
  });

  it('keeps the newest two thousand', async () => {
    const from = (await world.control('requests')).length;
    for (let sent = from; sent < 2010; sent += 30) await Promise.all(Array.from({ length: 30 }, () => caller.raw('nothing')));
    expect(await world.control('requests')).toHaveLength(2000);
  });

  it('keeps at most 16 MiB of them', async () => {
    const headers = { authorization: `Bearer ${caller.account.secretKey}` };
    const body = `name=${'x'.repeat(250_000)}`;
    for (let sent = 0; sent < 80; sent += 1) {
      await ask(`${world.simulator.url}/v1/nothing`, { method: 'POST', headers, body });
    }
    const requests: readonly unknown[] = await world.control('requests');
    expect(requests.length).toBeGreaterThan(60);
    expect(requests.length).toBeLessThan(68);
  });

  it('tells of Nuvei too, with the checksum and without the card', async () => {
    const account = newNuveiAccount();
    await world.simulator.addAccount(account);
    const nuvei = nuveiCaller(world, world.simulator.url, account);
    const { sessionToken } = await nuvei.openOrder();
    await nuvei.pay(sessionToken);
    const requests = await world.control(`requests?accountId=${account.id}`);
    expect(requests.map(({ call }: any) => call)).toEqual(['openOrder', 'payment']);
    expect(requests[0].body).toMatchObject({ amount: '10.00', checksum: expect.any(String) });
    expect(JSON.stringify(requests)).not.toContain(APPROVED);
  });
});

describe('the control', () => {
  it('takes JSON of scripts, and nothing of pages', async () => {
    const body = JSON.stringify({ advanceMs: 0 });
    const time = (headers: Record<string, string>) => ask(url('time'), { method: 'POST', headers, body });
    expect((await time(JSON_TYPE)).status).toBe(200);
    expect((await time({ 'content-type': 'text/plain' })).status).toBe(415);
    const fromPage = await time({ ...JSON_TYPE, origin: 'https://shop.example' });
    expect([fromPage.status, fromPage.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });

  it('says what is wrong with an order', async () => {
    const post = (path: string, body: unknown) =>
      ask(url(path), { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });
    expect(await post('faults', { call: 'x', fault: 'melt' })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('fault') },
    });
    expect((await post('time', { advanceMs: -1 })).status).toBe(400);
    expect((await post('nothing', {})).status).toBe(404);
    expect((await ask(url('webhooks?accountId=mine'))).status).toBe(400);
    expect((await post('disputes', { accountId: caller.account.id, providerCode: 'pi_none' })).status).toBe(409);
  });

  it('adds no more than ten thousand accounts', async () => {
    const rows = Array.from({ length: 10_000 }, () => ({ credentials: newStripeAccount() }));
    const database = { client: { simulatorAccount: { findMany: async () => rows } } } as unknown as Database;
    const accounts = await openAccountBook(database, world.clock);
    const [kept] = rows;
    expect(accounts.hasRoomFor(newStripeAccount())).toBe(false);
    expect(kept !== undefined && accounts.hasRoomFor(kept.credentials)).toBe(true);
  });

  it('adds accounts, of the test side only, each with keys of its own', async () => {
    const account = newStripeAccount();
    expect(await world.control('accounts', account)).toEqual({ id: account.id });
    expect((await callerOf(world.simulator.url, account).stripe.balance.retrieve()).object).toBe('balance');
    await expect(world.control('accounts', { ...account, secretKey: 'sk_live_abc' })).rejects.toThrow('400');
    const twin = { ...newStripeAccount(), secretKey: account.secretKey };
    await expect(world.control('accounts', twin)).rejects.toThrow('409');
    await expect(world.simulator.addAccount(twin)).rejects.toThrow('same keys');
    const renewed = { ...account, secretKey: newStripeAccount().secretKey };
    await world.simulator.addAccount(renewed);
    expect(await errorOf(callerOf(world.simulator.url, account).stripe.balance.retrieve())).toMatchObject({ statusCode: 401 });
    expect((await callerOf(world.simulator.url, renewed).stripe.balance.retrieve()).object).toBe('balance');
  });

  it('moves the clock of the simulator and leaves signatures fresh', async () => {
    const { account, stripe, pay } = await world.newStripe();
    const before = new Date((await world.control('time', { advanceMs: 0 })).now);
    const { now } = await world.control('time', { advanceMs: HOUR_MS });
    expect(new Date(now).getTime() - before.getTime()).toBe(HOUR_MS);
    const intent = await stripe.paymentIntents.create(USD_10);
    expect(intent.created).toBe(Math.floor(new Date(now).getTime() / 1000));
    await pay(intent);
    const [{ body, headers }] = await world.control(`webhooks?accountId=${account.id}`);
    const shared = Math.floor(world.clock.now().getTime() / 1000);
    const event = stripe.webhooks.constructEvent(body, headers['stripe-signature'], account.webhookSecret, 1, undefined, shared);
    expect(event.created).toBe(intent.created);
    expect(headers['stripe-signature']).toContain(`t=${shared},`);
  });
});

describe('a simulator that is started again on its database', () => {
  it('knows accounts, objects, keys, sessions, events, disputes and its time', async () => {
    const first = await startSimulator(world);
    const stripeAccount = newStripeAccount();
    const nuveiAccount = newNuveiAccount();
    await first.addAccount(stripeAccount);
    await first.addAccount(nuveiAccount);
    const before = callerOf(first.url, stripeAccount);
    const intent = await before.stripe.paymentIntents.create({ ...USD_10, metadata: { a: '1' } }, { idempotencyKey: 'start' });
    const { body } = await before.pay(intent, '4000000000003220');
    const paid = await before.stripe.paymentIntents.create(USD_10);
    await before.pay(paid);
    const { id: disputeId } = await control(first.url, 'disputes', {
      body: { accountId: stripeAccount.id, providerCode: paid.id },
    });
    const { sessionToken } = await nuveiCaller(world, first.url, nuveiAccount).openOrder();
    const { now } = await control(first.url, 'time', { body: { advanceMs: MINUTE_MS } });
    const events = await control(first.url, `webhooks?accountId=${stripeAccount.id}`, {});
    await first.close();

    const second = await startSimulator(world);
    const after = callerOf(second.url, stripeAccount);
    const again = await after.stripe.paymentIntents.create({ ...USD_10, metadata: { a: '1' } }, { idempotencyKey: 'start' });
    expect([again.id, again.lastResponse.headers['idempotent-replayed']]).toEqual([intent.id, 'true']);
    const challenge = new URL(body.next_action.redirect_to_url.url);
    expect((await answerChallenge(second.url + challenge.pathname, 'approve')).status).toBe(200);
    expect(await after.stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'succeeded',
      client_secret: intent.client_secret,
    });
    expect((await after.stripe.disputes.retrieve(disputeId)).status).toBe('needs_response');
    expect((await nuveiCaller(world, second.url, nuveiAccount).pay(sessionToken)).transactionStatus).toBe('APPROVED');
    expect(await control(second.url, 'time', { body: { advanceMs: 0 } })).toEqual({ now });
    const later = await control(second.url, `webhooks?accountId=${stripeAccount.id}`, {});
    expect(later.slice(0, events.length).map(({ eventId, body: told }: any) => [eventId, told])).toEqual(
      events.map(({ eventId, body: told }: any) => [eventId, told]),
    );
    await second.close();
  });
});
