import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import type { Dispute } from '../../src/providers/provider.ts';
import { applyDispute } from '../../src/transactions/chargeback.ts';
import { openPatientGateway, type Wire, type WiredGateway } from '../operations/wire.ts';
import { type Data, paid, REFUND, SETTLE, type TestMerchant } from '../support/gateway.ts';

let gateway: WiredGateway;
let merchant: TestMerchant;
let wire: Wire;

beforeAll(async () => {
  gateway = await openPatientGateway();
  ({ merchant, wire } = gateway);
});
afterAll(() => gateway.close());
beforeEach(() => gateway.calm());

const capture = async (): Promise<Data> => (await paid(gateway, merchant, { data: { amount: '1000' } })).transaction;
const settle = async (): Promise<Data> => {
  const { transaction } = await paid(gateway, merchant, { kind: 'AUTHORIZATION', data: { amount: '1000' } });
  return (await merchant.data(SETTLE, { by: { id: transaction.id }, key: randomUUID() })).transaction;
};
const dispute = (disputed: Data, news: Partial<Dispute> = {}) =>
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
      ...news,
    },
  });
const usd = (amountMinor: bigint) => ({ money: { amountMinor, currency: 'USD' } });
const READ = `query R($by: TransactionSelector!) { transaction(by: $by) {
  status failureCode refundableAmount refundedAmount allowedActions { action amountMax } } }`;
const read = async ({ id }: Data): Promise<Data> => (await merchant.data(READ, { by: { id } })).transaction;
const offered = async (transaction: Data): Promise<string | null> =>
  (await read(transaction)).allowedActions.find(({ action }: Data) => action === 'REFUND')?.amountMax ?? null;
const refund = ({ id }: Data, amount?: string) => merchant.query(REFUND, { by: { id }, amount, key: randomUUID() });
const refundCode = async (transaction: Data, amount?: string): Promise<string> =>
  (await refund(transaction, amount)).errors[0]?.extensions.code ?? 'taken';
const alerts = (transaction: Data) =>
  gateway.database.client.event.findMany({
    where: { transactionId: transaction.id, isAlert: true },
    select: { type: true },
  });

describe.each([
  ['a payment', capture],
  ['a settle', settle],
] as const)('of %s that is disputed', (_name, take) => {
  test.each([
    ['open', 'open'],
    ['lost', 'lost'],
    ['of an unknown state', 'unknown'],
  ] as const)('whole and %s nothing is refunded', async (_how, status) => {
    const taken = await take();
    await dispute(taken, { status });
    const before = wire.sent.length;
    expect([await offered(taken), await refundCode(taken), await refundCode(taken, '1')]).toEqual([
      null,
      'AMOUNT_EXCEEDS_AVAILABLE',
      'AMOUNT_EXCEEDS_AVAILABLE',
    ]);
    expect(wire.sent).toHaveLength(before);
    expect((await read(taken)).refundableAmount).toBe('0');
  });

  test('in part the rest is refunded, and no more', async () => {
    const taken = await take();
    await dispute(taken, usd(300n));
    expect([await offered(taken), await refundCode(taken, '701'), await refundCode(taken, '700')]).toEqual([
      '700',
      'AMOUNT_EXCEEDS_AVAILABLE',
      'taken',
    ]);
    expect(await refundCode(taken, '1')).toBe('AMOUNT_EXCEEDS_AVAILABLE');
    expect(await alerts(taken)).toEqual([]);
  });

  test('the amount is free again when the merchant wins, and taken again when that is reversed', async () => {
    const taken = await take();
    await dispute(taken);
    await dispute(taken, { status: 'won' });
    expect(await offered(taken)).toBe('1000');
    await dispute(taken, { status: 'lost' });
    expect(await offered(taken)).toBeNull();
    await dispute(taken, { status: 'lost' });
    const row = await gateway.database.client.transaction.findUniqueOrThrow({ where: { id: taken.id } });
    expect(row.disputedAmount).toBe(1000n);
  });

  test('in another currency nothing is refunded', async () => {
    const taken = await take();
    await dispute(taken, { money: { amountMinor: 1n, currency: 'EUR' } });
    expect(await refundCode(taken, '1')).toBe('AMOUNT_EXCEEDS_AVAILABLE');
  });
});

describe('the refusal', () => {
  test('names the dispute', async () => {
    const taken = await capture();
    await dispute(taken);
    const { errors } = await refund(taken);
    expect(errors[0]?.message).toContain('The payer has disputed 10.00 USD of it at their bank');
    expect(errors[0]?.extensions.details).toEqual({ availableAmount: '0', disputedAmount: '1000' });
  });

  test('is the database’s as well: no writer can claim what is disputed', async () => {
    const taken = await capture();
    await dispute(taken, usd(300n));
    const { client } = gateway.database;
    const claim = (sum: bigint) =>
      client.$executeRaw`UPDATE transactions SET refund_reserved = ${sum} WHERE id = ${taken.id}::uuid`;
    await expect(claim(701n)).rejects.toThrow();
    expect(await claim(700n)).toBe(1);
  });
});

describe('a dispute that comes while a refund is under way', () => {
  test('whose answer was lost: it is looked up and never sent again, and both count with an alert', async () => {
    const taken = await capture();
    wire.failures = ['after'];
    const lost = (await refund(taken, '600')).data.transaction;
    await dispute(taken);
    expect(await alerts(taken)).toEqual([{ type: 'transaction.returned_twice' }]);
    wire.sent = [];
    await gateway.pass(6 * SECOND_MS);
    expect(wire.sent).toEqual([]);
    expect((await read(lost)).status).toBe('SUCCEEDED');
    expect((await read(taken)).refundedAmount).toBe('600');
    expect(await alerts(taken)).toHaveLength(2);
  });

  test('and never reached the provider ends it unsent', async () => {
    const taken = await capture();
    wire.failures = ['UNAVAILABLE'];
    const waiting = (await refund(taken, '600')).data.transaction;
    expect(waiting.status).toBe('PENDING');
    await dispute(taken);
    wire.sent = [];
    await gateway.pass(6 * SECOND_MS);
    expect(wire.sent).toEqual([]);
    expect(await read(waiting)).toMatchObject({ status: 'ERROR', failureCode: 'disputed' });
    await dispute(taken, { status: 'won' });
    expect(await offered(taken)).toBe('1000');
  });

  test('that leaves room for both disturbs neither', async () => {
    const taken = await capture();
    wire.failures = ['UNAVAILABLE'];
    const waiting = (await refund(taken, '600')).data.transaction;
    await dispute(taken, usd(400n));
    await gateway.pass(6 * SECOND_MS);
    expect((await read(waiting)).status).toBe('SUCCEEDED');
    expect(await alerts(taken)).toEqual([]);
  });

  test('and has succeeded before is an alert, and what is left is not refunded', async () => {
    const taken = await capture();
    await refund(taken, '600');
    await dispute(taken);
    expect(await alerts(taken)).toEqual([{ type: 'transaction.returned_twice' }]);
    expect(await refundCode(taken, '1')).toBe('AMOUNT_EXCEEDS_AVAILABLE');
  });

  test('leaves a refund undelivered for a day refused, not sent later', async () => {
    const taken = await capture();
    wire.failures = Array.from({ length: 60 }, () => 'UNAVAILABLE' as const);
    const waiting = (await refund(taken, '600')).data.transaction;
    for (let hour = 0; hour < 25; hour += 1) await gateway.pass(DAY_MS / 24);
    expect(await read(waiting)).toMatchObject({ status: 'ERROR', failureCode: 'test' });
    expect(await offered(taken)).toBe('1000');
  });
});
