import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../src/kernel/clock.ts';
import { errorOf, openSimulatorWorld, type SimulatorWorld, type StripeCaller } from './simulator-world.ts';

let world: SimulatorWorld;
let caller: StripeCaller;
beforeAll(async () => {
  world = await openSimulatorWorld();
  caller = await world.newStripe();
});
afterAll(() => world.close());

const USD_10 = { amount: 1000, currency: 'usd' } as const;
let keys = 0;
const newKey = () => `key-${(keys += 1)}`;
const intents = async () => (await caller.stripe.paymentIntents.list({ limit: 100 })).data.length;

describe('an idempotency key', () => {
  it('replays the first answer and says so', async () => {
    const idempotencyKey = newKey();
    const first = await caller.stripe.paymentIntents.create(USD_10, { idempotencyKey });
    const before = await intents();
    const second = await caller.stripe.paymentIntents.create(USD_10, { idempotencyKey });
    expect(second).toEqual(first);
    expect(second.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(first.lastResponse.headers['idempotent-replayed']).toBeUndefined();
    expect(second.lastResponse.headers['idempotency-key']).toBe(idempotencyKey);
    expect(await intents()).toBe(before);
  });

  it('is refused with other parameters or for another call', async () => {
    const idempotencyKey = newKey();
    await caller.stripe.paymentIntents.create(USD_10, { idempotencyKey });
    const other = caller.stripe.paymentIntents.create({ ...USD_10, amount: 1001 }, { idempotencyKey });
    expect(await errorOf(other)).toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400, rawType: 'idempotency_error' });
    expect(await errorOf(caller.stripe.customers.create({}, { idempotencyKey }))).toMatchObject({
      type: 'StripeIdempotencyError',
    });
  });

  it('is refused while its first call still runs', async () => {
    await world.control('faults', { call: 'payment_intents.create', fault: 'slow', delayMs: 300 });
    const idempotencyKey = newKey();
    const calls = await Promise.all(
      Array.from({ length: 5 }, () =>
        caller.stripe.paymentIntents.create(USD_10, { idempotencyKey }).catch((error: unknown) => error),
      ),
    );
    const done = calls.filter((answer: any) => answer.object === 'payment_intent');
    const refused = calls.filter((answer: any) => answer.code === 'idempotency_key_in_use');
    expect([done.length, refused.length]).toEqual([1, 4]);
    expect(refused[0]).toMatchObject({ type: 'StripeAPIError', statusCode: 409 });
  });

  it('is not kept for a mistake in the parameters', async () => {
    const idempotencyKey = newKey();
    expect(await errorOf(caller.stripe.paymentIntents.create({ ...USD_10, amount: 0 }, { idempotencyKey }))).toMatchObject({
      statusCode: 400,
    });
    expect((await caller.stripe.paymentIntents.create(USD_10, { idempotencyKey })).object).toBe('payment_intent');
  });

  it('replays a refusal of a call that was executed', async () => {
    const intent = await caller.stripe.paymentIntents.create({ ...USD_10, capture_method: 'manual' });
    const idempotencyKey = newKey();
    const capture = () => errorOf(caller.stripe.paymentIntents.capture(intent.id, {}, { idempotencyKey }));
    expect(await capture()).toMatchObject({ code: 'payment_intent_unexpected_state' });
    await caller.pay(intent);
    expect(await capture()).toMatchObject({
      code: 'payment_intent_unexpected_state',
      headers: { 'idempotent-replayed': 'true' },
    });
  });

  it('replays a 500, executed or not', async () => {
    for (const fault of ['500', '500-after']) {
      await world.control('faults', { call: 'payment_intents.create', fault });
      const idempotencyKey = newKey();
      const before = await intents();
      const create = () => errorOf(caller.stripe.paymentIntents.create(USD_10, { idempotencyKey }));
      expect(await create()).toMatchObject({ type: 'StripeAPIError', statusCode: 500 });
      expect(await create()).toMatchObject({ statusCode: 500, headers: { 'idempotent-replayed': 'true' } });
      expect((await intents()) - before).toBe(fault === '500' ? 0 : 1);
    }
  });

  it('is as new after a 429 or a 503', async () => {
    for (const fault of ['429', '503']) {
      await world.control('faults', { call: 'payment_intents.create', fault });
      const idempotencyKey = newKey();
      const create = () => caller.stripe.paymentIntents.create(USD_10, { idempotencyKey });
      expect(await errorOf(create())).toMatchObject({ statusCode: Number(fault) });
      expect((await create()).object).toBe('payment_intent');
    }
  });

  it('acts once when the answer was lost, and finds what it did', async () => {
    await world.control('faults', { call: 'payment_intents.create', fault: 'reset-after' });
    const idempotencyKey = newKey();
    const before = await intents();
    const metadata = { operation_id: idempotencyKey };
    // The library itself sends once more after a reset, whatever it was told of retries.
    const answer = await caller.stripe.paymentIntents.create({ ...USD_10, metadata }, { idempotencyKey });
    expect(answer.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect((await intents()) - before).toBe(1);
    expect((await caller.stripe.paymentIntents.list({ limit: 1 })).data[0]?.metadata).toEqual(metadata);
  });

  it('is forgotten after a day, and then acts anew', async () => {
    const { stripe } = await world.newStripe();
    const idempotencyKey = newKey();
    const first = await stripe.paymentIntents.create(USD_10, { idempotencyKey });
    await world.control('time', { advanceMs: 23 * HOUR_MS });
    expect((await stripe.paymentIntents.create(USD_10, { idempotencyKey })).id).toBe(first.id);
    await world.control('time', { advanceMs: 2 * HOUR_MS });
    expect((await stripe.paymentIntents.create(USD_10, { idempotencyKey })).id).not.toBe(first.id);
  });

  it.each([
    ['4000009900000038', 'loses the answer'],
    ['4000009900000046', 'loses the request'],
    ['4000009900000053', 'fails once'],
    ['4000009900000061', 'is limited twice'],
  ])('moves money once with the card %s, which %s', async (card) => {
    const intent = await caller.stripe.paymentIntents.create(USD_10);
    let status = 0;
    for (let tries = 0; tries < 3 && status !== 200; tries += 1)
      status = await caller.pay(intent, card).then(
        (answer) => (answer.body?.error?.code === 'payment_intent_unexpected_state' ? 200 : answer.status),
        () => 0,
      );
    expect((await caller.stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded');
    const idempotencyKey = newKey();
    const refund = () => caller.stripe.refunds.create({ payment_intent: intent.id, amount: 600 }, { idempotencyKey });
    let done: unknown;
    for (let tries = 0; tries < 4 && done === undefined; tries += 1) done = await refund().catch(() => undefined);
    expect(done).toMatchObject({ object: 'refund', amount: 600, status: 'succeeded' });
    expect(await refund()).toMatchObject({ amount: 600 });
    expect((await caller.stripe.refunds.list({ payment_intent: intent.id })).data).toHaveLength(1);
  });
});
