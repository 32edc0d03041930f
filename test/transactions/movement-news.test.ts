import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { MINUTE_MS } from '../../src/kernel/clock.ts';
import type { Movement } from '../../src/providers/provider.ts';
import { authorizePaymentMethod } from '../../src/transactions/charge.ts';
import { applyDispute } from '../../src/transactions/chargeback.ts';
import { openPatientGateway, type Wire, type WiredGateway } from '../operations/wire.ts';
import {
  CARDS,
  CHARGE,
  type Data,
  must,
  newCode,
  paid,
  REFUND,
  SETTLE,
  type TestMerchant,
  TRANSACTION,
  VOID,
} from '../support/gateway.ts';

/** What news of one movement changes, keeps and reports: each test asks the provider about a transaction once more. */
let gateway: WiredGateway;
let merchant: TestMerchant;
let wire: Wire;
let metric: WiredGateway['metric'];

beforeAll(async () => {
  gateway = await openPatientGateway();
  ({ merchant, wire, metric } = gateway);
});
afterAll(() => gateway.close());
beforeEach(() => gateway.calm());

const SYNC = `mutation Sync($by: TransactionSelector!) { transaction: syncTransaction(by: $by) { ${TRANSACTION} } }`;
const REFUND_PENDS = '4000000000007726';
const DECLINE = { reason: 'GENERIC', advice: 'NEVER', rawCode: 'no' } as const;

const call = async (text: string, { id }: Data, amount?: string): Promise<Data> =>
  (await merchant.data(text, { by: { id }, amount, key: randomUUID() })).transaction;
const pay = async (card: string = CARDS.approve): Promise<Data> =>
  (await paid(gateway, merchant, { card, data: { amount: '1000' } })).transaction;
const hold = async (): Promise<Data> =>
  (await paid(gateway, merchant, { kind: 'AUTHORIZATION', data: { amount: '1000' } })).transaction;
const store = async (): Promise<string> =>
  (await paid(gateway, merchant, { kind: 'ADD_PAYMENT_METHOD' })).transaction.paymentMethod.id;
async function charge(): Promise<Data> {
  const money = { amount: '600', currency: 'USD', merchantInternalTransactionCode: newCode('charge') };
  return (await merchant.data(CHARGE, { data: { ...money, paymentMethodId: await store() } })).transaction;
}
async function storedHold(): Promise<Data> {
  const money = { amountMinor: 600n, currency: 'USD', description: null, billing: null };
  const paymentMethodId = await store();
  const input = { ...money, dialect: 'ACCRUPAY', paymentMethodId, merchantInternalTransactionCode: newCode('hold') } as const;
  return must(await authorizePaymentMethod(gateway.app.deps, merchant.scope, input));
}
/** A refund of 600 of a payment of 1000. */
const refund = async (card: string = CARDS.approve): Promise<Data> => call(REFUND, await pay(card), '600');
const pendingRefund = () => refund(REFUND_PENDS);
const rowOf = ({ id }: Data) => gateway.database.client.transaction.findUniqueOrThrow({ where: { id } });
const parentOf = async ({ id }: Data) => rowOf({ id: (await rowOf({ id })).relatedTransactionId });
const eventsOf = async ({ id: transactionId }: Data) => {
  const events = await gateway.database.client.event.findMany({ where: { transactionId }, orderBy: { id: 'asc' } });
  return events.map(({ type, isAlert }) => (isAlert ? `${type} !` : type));
};
/** The transaction's row once the provider has told this of it. */
async function news(of: Data, fields: Partial<Movement>) {
  wire.fetched = (movement) => ({ ...movement, ...fields });
  await merchant.data(SYNC, { by: { id: of.id } });
  return rowOf(of);
}

describe('news of an amount', () => {
  test.each([
    ['in minor units', { amountMinor: 1n, currency: 'USD' }],
    ['in currency', { amountMinor: 600n, currency: 'EUR' }],
  ])('other than asked %s is not believed: UNKNOWN, with one alert however often it is told', async (_how, money) => {
    const pending = await pendingRefund();
    expect(await news(pending, { money, status: 'succeeded' })).toMatchObject({ status: 'UNKNOWN', endedAt: null });
    await news(pending, { money, status: 'succeeded' });
    expect(await eventsOf(pending)).toEqual(['transaction.pending', 'transaction.unknown !']);
    expect(await parentOf(pending)).toMatchObject({ refundedAmount: 0n, refundReserved: 600n });
  });

  test('other than asked is an alert that is counted, also where the answer to the call tells it', async () => {
    const [payment, name] = [await pay(), 'alerts_total{type="transaction.unknown"}'];
    const before = await metric(name);
    wire.movement = (answer) => ({ ...answer, money: { amountMinor: 1n, currency: 'USD' } });
    const refunded = await call(REFUND, payment, '600');
    expect(refunded.status).toBe('UNKNOWN');
    expect(await eventsOf(refunded)).toEqual(['transaction.pending', 'transaction.unknown !']);
    expect(await metric(name)).toBe(before + 1);
  });

  test('that is not told is no contradiction', async () => {
    expect(await news(await pendingRefund(), { money: null, status: 'succeeded' })).toMatchObject({ status: 'SUCCEEDED' });
  });
});

test('a status that the gateway does not know is counted, and one that it knows is not', async () => {
  const line = 'unknown_statuses_total{provider="EXAMPLE"}';
  const [before, pending] = [await metric(line), await pendingRefund()];
  await news(pending, { status: 'processing' });
  expect(await metric(line)).toBe(before);
  await news(pending, { status: 'unknown' });
  expect(await metric(line)).toBe(before + 1);
});

describe('news of a movement in progress', () => {
  const until = new Date('2026-12-24T12:00:00Z');
  test.each<[what: string, fields: Partial<Movement>, stored: Record<string, unknown>]>([
    ['its reference', { providerCode: 'another' }, { providerCode: 'another' }],
    ['why it failed', { failureCode: 'first_try' }, { failureCode: 'first_try' }],
    ['why it was declined', { decline: DECLINE }, { declineReason: 'GENERIC', declineAdvice: 'NEVER', declineRawCode: 'no' }],
    ['how long it can be captured', { capturableUntil: until }, { capturableUntil: until }],
    ['that the bank is not at work on it any more', { status: 'authenticating' }, { isProcessing: false }],
  ])('stores %s, and reports nothing', async (_what, fields, stored) => {
    const pending = await pendingRefund();
    const { version } = await rowOf(pending);
    expect(await news(pending, { status: 'processing', ...fields })).toMatchObject({ ...stored, version: version + 1 });
    expect(await eventsOf(pending)).toEqual(['transaction.pending']);
  });

  test('that says nothing new writes nothing', async () => {
    const pending = await pendingRefund();
    const before = await rowOf(pending);
    gateway.clock.advance(1_000);
    expect(await news(pending, { status: 'processing' })).toEqual(before);
  });

  test('says nothing against what was told before: what is left out stays known', async () => {
    const pending = await pendingRefund();
    await news(pending, { failureCode: 'first_try', decline: DECLINE, capturableUntil: until });
    const fields = { failureCode: null, decline: null, capturableUntil: null };
    expect(await news(pending, { ...fields, providerCode: 'another' })).toMatchObject({
      failureCode: 'first_try',
      declineRawCode: 'no',
      capturableUntil: until,
    });
  });

  test('may tell of another card; once it has ended, its card stays', async () => {
    const card = { brand: 'visa', last4: '1111', expMonth: 1, expYear: 2030 };
    const pending = await pendingRefund();
    expect(await news(pending, { card, failureCode: 'told' })).toMatchObject({ card });
    await news(pending, { card, status: 'failed' });
    expect(await news(pending, { card: { ...card, last4: '2222' }, status: 'failed', failureCode: 'told_later' })).toMatchObject({
      card,
      failureCode: 'told_later',
    });
  });

  test('writes no card back to a payer who was erased', async () => {
    const customer = { merchantInternalCustomerCode: newCode('customer') };
    const { transaction } = await paid(gateway, merchant, { card: REFUND_PENDS, data: { amount: '1000', customer } });
    const pending = await call(REFUND, transaction, '600');
    const erase = 'mutation Erase($by: CustomerSelector!) { eraseCustomer(by: $by) { isErased } }';
    expect((await merchant.data(erase, { by: customer })).eraseCustomer.isErased).toBe(true);
    const card = { brand: 'visa', last4: '1111', expMonth: 1, expYear: 2030 };
    expect(await news(pending, { card, status: 'succeeded' })).toMatchObject({ status: 'SUCCEEDED', card: null });
  });
});

describe('an end', () => {
  test('has its time, which later news does not move', async () => {
    const pending = await pendingRefund();
    expect((await rowOf(pending)).endedAt).toBeNull();
    const endedAt = gateway.clock.now();
    expect(await news(pending, { status: 'succeeded' })).toMatchObject({ status: 'SUCCEEDED', endedAt });
    gateway.clock.advance(MINUTE_MS);
    expect(await news(pending, { status: 'failed', failureCode: 'returned' })).toMatchObject({
      status: 'FAILED',
      failureCode: 'returned',
      endedAt,
      updatedAt: gateway.clock.now(),
    });
  });

  test('that the provider refuses has its time and reason, and a lost answer has neither', async () => {
    const payments = [await pay(), await pay()] as const;
    wire.failures = ['CONFLICT', 'UNKNOWN_OUTCOME'];
    wire.canTell = false;
    const [refused, lost] = [await call(REFUND, payments[0], '600'), await call(REFUND, payments[1], '600')];
    expect(await rowOf(refused)).toMatchObject({ status: 'ERROR', failureCode: 'test', endedAt: gateway.clock.now() });
    expect(await rowOf(lost)).toMatchObject({ status: 'UNKNOWN', failureCode: null, endedAt: null });
  });

  test('is told to whoever reads the events, with what was asked and what became of it', async () => {
    const pending = await pendingRefund();
    const { relatedTransactionId } = await rowOf(pending);
    const asked = { action: 'REFUND', amount: '600', currency: 'USD', relatedTransactionId };
    const [first] = await gateway.database.client.event.findMany({
      where: { transactionId: pending.id },
      orderBy: { id: 'asc' },
    });
    expect(first).toMatchObject({ type: 'transaction.pending', data: asked });
    await news(pending, { status: 'declined', decline: DECLINE, failureCode: 'why' });
    const { data } = await gateway.database.client.event.findFirstOrThrow({
      where: { transactionId: pending.id, type: 'transaction.declined' },
    });
    expect(data).toEqual({ ...asked, declineReason: 'GENERIC', failureCode: 'why' });
  });
});

describe('a success', () => {
  test('that is contradicted stays as it was, with an alert that is counted', async () => {
    const charged = await charge();
    const before = await rowOf(charged);
    const line = 'alerts_total{type="transaction.succeeded"}';
    const alerts = await metric(line);
    expect(await news(charged, { status: 'declined', decline: DECLINE, failureCode: 'why' })).toEqual(before);
    expect(await eventsOf(charged)).toEqual(['transaction.pending', 'transaction.succeeded', 'transaction.succeeded !']);
    expect(await metric(line)).toBe(alerts + 1);
  });

  test('is counted once, also under another reference', async () => {
    const refunded = await refund();
    expect(await news(refunded, { providerCode: 'another' })).toMatchObject({ providerCode: 'another' });
    expect(await parentOf(refunded)).toMatchObject({ refundedAmount: 600n, refundReserved: 600n });
    expect(await eventsOf(refunded)).toEqual(['transaction.pending', 'transaction.succeeded']);
  });

  test('after its end counts with an alert, and claims its amount again', async () => {
    const pending = await pendingRefund();
    await news(pending, { status: 'failed' });
    expect(await parentOf(pending)).toMatchObject({ refundedAmount: 0n, refundReserved: 0n });
    await news(pending, { status: 'succeeded' });
    expect(await parentOf(pending)).toMatchObject({ refundedAmount: 600n, refundReserved: 600n });
    expect(await eventsOf(pending)).toEqual(['transaction.pending', 'transaction.failed', 'transaction.succeeded !']);
  });

  test('of a refund that comes back gives its amount free', async () => {
    const refunded = await refund();
    const line = 'alerts_total{type="transaction.failed"}';
    const alerts = await metric(line);
    await news(refunded, { status: 'failed' });
    expect(await parentOf(refunded)).toMatchObject({ refundedAmount: 0n, refundReserved: 0n });
    expect(await eventsOf(refunded)).toEqual(['transaction.pending', 'transaction.succeeded', 'transaction.failed !']);
    expect(await metric(line)).toBe(alerts + 1);
  });
});

describe('a settle or void that had failed and succeeded after all', () => {
  async function failed(text: string, watched: 'SETTLE' | 'VOID'): Promise<{ held: Data; ending: Data }> {
    const held = await hold();
    Object.assign(wire, { watched, isFaked: false, movement: (movement: Movement) => ({ ...movement, status: 'failed' }) });
    const ending = await call(text, held);
    expect(ending.status).toBe('FAILED');
    Object.assign(wire, { isFaked: true, movement: null });
    return { held, ending };
  }

  test('settles its hold, with an alert', async () => {
    const { held, ending } = await failed(SETTLE, 'SETTLE');
    expect(await news(ending, { status: 'succeeded' })).toMatchObject({ status: 'SUCCEEDED' });
    expect(await rowOf(held)).toMatchObject({ hold: 'SETTLED', settledAmount: 1000n });
    expect(await eventsOf(ending)).toEqual(['transaction.pending', 'transaction.failed', 'transaction.succeeded !']);
  });

  test('voids its hold, with an alert', async () => {
    const { held, ending } = await failed(VOID, 'VOID');
    expect(await news(ending, { status: 'succeeded' })).toMatchObject({ status: 'SUCCEEDED' });
    expect(await rowOf(held)).toMatchObject({ hold: 'VOIDED', settledAmount: 0n });
  });

  test.each([
    ['settle', 'void', SETTLE, VOID, { hold: 'VOIDED', settledAmount: 0n }],
    ['void', 'settle', VOID, SETTLE, { hold: 'SETTLED', settledAmount: 1000n }],
  ] as const)(
    'changes nothing where a %s was followed by a %s, and a person must look',
    async (_one, _other, first, second, after) => {
      const { held, ending } = await failed(first, first === SETTLE ? 'SETTLE' : 'VOID');
      wire.watched = second === SETTLE ? 'SETTLE' : 'VOID';
      expect((await call(second, held)).status).toBe('SUCCEEDED');
      const line = 'alerts_total{type="transaction.failed"}';
      const [before, alerts] = [await rowOf(ending), await metric(line)];
      expect(await news(ending, { status: 'succeeded' })).toEqual(before);
      expect(await rowOf(held)).toMatchObject(after);
      expect(await eventsOf(ending)).toEqual(['transaction.pending', 'transaction.failed', 'transaction.failed !']);
      expect(await metric(line)).toBe(alerts + 1);
    },
  );
});

describe('the hold of an authorization', () => {
  test('that runs out is reported once, and is not held again', async () => {
    const held = await storedHold();
    expect(await eventsOf(held)).toEqual(['transaction.pending', 'transaction.succeeded']);
    expect(await news(held, { hold: 'EXPIRED' })).toMatchObject({ status: 'SUCCEEDED', hold: 'EXPIRED' });
    expect(await news(held, { hold: 'HELD', providerCode: 'another' })).toMatchObject({ hold: 'EXPIRED' });
    expect(await eventsOf(held)).toEqual(['transaction.pending', 'transaction.succeeded', 'transaction.hold_expired']);
  });

  test('stays held while news does not tell of it', async () => {
    const held = await storedHold();
    const before = await rowOf(held);
    expect(await news(held, { hold: null, capturableUntil: null })).toEqual(before);
  });
});

test.each([
  ['a refund', 'REFUND', REFUND, pay],
  ['a settle', 'SETTLE', SETTLE, hold],
  ['a void', 'VOID', VOID, hold],
] as const)(
  '%s of what is as it was read is recorded and answered without a transaction that reads first',
  async (_name, watched, text, make) => {
    const target = await make();
    // The bank behind the wire has transactions of its own.
    Object.assign(wire, { watched, isFaked: true });
    const inTransaction = vi.spyOn(gateway.app.deps.database, 'inTransaction');
    expect((await call(text, target)).status).toBe('SUCCEEDED');
    expect(inTransaction).not.toHaveBeenCalled();
    inTransaction.mockRestore();
  },
);

describe('money that is given back beside a dispute', () => {
  const disputeOf = (disputed: Data) =>
    applyDispute(gateway.app.deps, {
      disputedId: disputed.id,
      scope: merchant.scope,
      source: 'WEBHOOK',
      dispute: {
        providerCode: `dispute-${disputed.id}`,
        paymentCodes: [],
        status: 'open',
        money: { amountMinor: 1000n, currency: 'USD' },
        reason: null,
      },
    });
  const returnedTwice = (payment: Data) =>
    gateway.database.client.event.findMany({ where: { transactionId: payment.id, type: 'transaction.returned_twice' } });

  test('by a refund is an alert with the sums, once the refund has succeeded', async () => {
    const payment = await pay(REFUND_PENDS);
    const pending = await call(REFUND, payment, '600');
    await disputeOf(payment);
    const before = (await returnedTwice(payment)).length;
    await news(pending, { status: 'processing', failureCode: 'still_on_its_way' });
    expect(await returnedTwice(payment)).toHaveLength(before);
    const line = 'alerts_total{type="transaction.returned_twice"}';
    const alerts = await metric(line);
    await news(pending, { status: 'succeeded' });
    const all = await returnedTwice(payment);
    expect(all).toHaveLength(before + 1);
    expect(all.at(-1)).toMatchObject({ isAlert: true, sessionId: payment.session.id });
    expect(all.at(-1)?.data).toEqual({ amount: '1000', refunds: '600', disputed: '1000', currency: 'USD' });
    expect(await metric(line)).toBe(alerts + 1);
    await news(pending, { status: 'succeeded', providerCode: 'another' });
    expect(await returnedTwice(payment)).toHaveLength(before + 1);
  });

  test('by a void is an alert as well', async () => {
    const payment = await pay();
    Object.assign(wire, { watched: 'VOID', isFaked: true, capabilities: { voidsPayments: true } });
    wire.movement = null;
    wire.onSend = () => disputeOf(payment);
    const undo = `mutation U($by: TransactionSelector!) { transaction: voidTransaction(by: $by) { ${TRANSACTION} } }`;
    const before = (await returnedTwice(payment)).length;
    expect((await call(undo, payment)).status).toBe('SUCCEEDED');
    // One when the dispute came, and one when the void succeeded beside it.
    expect(await returnedTwice(payment)).toHaveLength(before + 2);
  });

  test('is none without one', async () => {
    const payment = await pay();
    await call(REFUND, payment, '600');
    expect(await returnedTwice(payment)).toEqual([]);
  });
});

test('a refund whose bank decides later is asked about in ten seconds', async () => {
  const { nextCheckAt } = await rowOf(await pendingRefund());
  expect((nextCheckAt?.getTime() ?? 0) - gateway.clock.now().getTime()).toBe(10_000);
});
