import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import {
  CARDS,
  CHARGE,
  confirm,
  type Data,
  type Gateway,
  type Kind,
  newCode,
  openGateway,
  paid,
  READ_TRANSACTION,
  REFUND,
  SETTLE,
  start,
  type TestMerchant,
  VOID,
  verify,
} from '../support/gateway.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

const authorize = async (card: string = CARDS.approve): Promise<Data> =>
  (await paid(gateway, merchant, { kind: 'AUTHORIZATION', card, data: { amount: '1000' } })).transaction;
const capture = async (): Promise<Data> => (await paid(gateway, merchant, { data: { amount: '1000' } })).transaction;
const read = async (id: string): Promise<Data> => (await merchant.data(READ_TRANSACTION, { by: { id } })).transaction;
const call = async (text: string, id: string, amount?: string, key: string = randomUUID()): Promise<Data> =>
  (await merchant.data(text, { by: { id }, amount, key })).transaction;
const codeOf = (text: string, id: string, amount?: string) => merchant.code(text, { by: { id }, amount, key: randomUUID() });

describe('an authorization', () => {
  test('is settled in part, which releases the rest', async () => {
    const held = await authorize();
    expect(held).toMatchObject({ status: 'SUCCEEDED', hold: 'HELD', session: { status: 'COMPLETED', action: 'SETTLE_OR_VOID' } });
    const settle = await call(SETTLE, held.id, '400');
    expect(settle).toMatchObject({ action: 'SETTLE', status: 'SUCCEEDED', amount: '400', relatedTransaction: { id: held.id } });
    expect(await read(held.id)).toMatchObject({ hold: 'SETTLED', settledAmount: '400', session: { action: 'NONE' } });
    expect(await codeOf(SETTLE, held.id, '1')).toBe('INVALID_TRANSACTION_STATE');
    expect(await codeOf(VOID, held.id)).toBe('INVALID_TRANSACTION_STATE');
  });

  test('is settled whole when no amount is given, and refunded through its settle', async () => {
    const held = await authorize();
    const settle = await call(SETTLE, held.id);
    expect(settle.amount).toBe('1000');
    const refund = await call(REFUND, held.id, '300');
    expect(refund).toMatchObject({ status: 'SUCCEEDED', relatedTransaction: { id: settle.id } });
    expect(await codeOf(REFUND, held.id, '701')).toBe('AMOUNT_EXCEEDS_AVAILABLE');
    expect((await call(REFUND, held.id)).amount).toBe('700');
  });

  test('refuses to settle more than is held', async () => {
    const held = await authorize();
    expect(await codeOf(SETTLE, held.id, '1001')).toBe('AMOUNT_EXCEEDS_AVAILABLE');
  });

  test('goes to one of a settle and a void that come at once', async () => {
    const held = await authorize();
    const answers = await Promise.all([
      merchant.query(SETTLE, { by: { id: held.id }, key: randomUUID() }),
      merchant.query(VOID, { by: { id: held.id }, key: randomUUID() }),
    ]);
    const [loser, ...more] = answers.flatMap((answer) => answer.errors);
    expect(more).toEqual([]);
    expect(['OPERATION_IN_PROGRESS', 'INVALID_TRANSACTION_STATE']).toContain(loser?.extensions.code);
    expect(['SETTLED', 'VOIDED']).toContain((await read(held.id)).hold);
  });

  test('is settled once by calls that come at once with one key', async () => {
    const held = await authorize();
    const key = randomUUID();
    const settles = await Promise.all(Array.from({ length: 8 }, () => call(SETTLE, held.id, '400', key)));
    expect(new Set(settles.map((settle) => settle.id)).size).toBe(1);
  });

  test('can be voided after a settle that failed', async () => {
    const held = await authorize(CARDS.captureFails);
    expect((await call(SETTLE, held.id)).status).toBe('FAILED');
    expect((await call(VOID, held.id)).status).toBe('SUCCEEDED');
    expect((await read(held.id)).hold).toBe('VOIDED');
  });

  test('loses its hold when the bank lets it run out', async () => {
    const held = await authorize(CARDS.holdExpires);
    await gateway.pass(2 * MINUTE_MS);
    expect((await read(held.id)).hold).toBe('EXPIRED');
    expect(await codeOf(SETTLE, held.id)).toBe('INVALID_TRANSACTION_STATE');
  });
});

describe('refunds', () => {
  test('64 in parallel of a tenth each: exactly ten succeed', async () => {
    const payment = await capture();
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => merchant.query(REFUND, { by: { id: payment.id }, amount: '100', key: randomUUID() })),
    );
    const codes = answers.flatMap((answer) => answer.errors.map((error) => error.extensions.code));
    expect(answers.filter((answer) => answer.data?.transaction?.status === 'SUCCEEDED')).toHaveLength(10);
    expect(codes).toEqual(Array.from({ length: 54 }, () => 'AMOUNT_EXCEEDS_AVAILABLE'));
    expect((await read(payment.id)).refundedAmount).toBe('1000');
    const refunds = await gateway.database.client.bankMovement.findMany({
      where: { kind: 'REFUND', paymentId: payment.session.providerCode },
    });
    expect(refunds).toHaveLength(10);
  });

  test('with one key are one refund, and other input under that key is refused', async () => {
    const payment = await capture();
    const key = randomUUID();
    const refunds = await Promise.all(Array.from({ length: 8 }, () => call(REFUND, payment.id, '250', key)));
    expect(new Set(refunds.map((refund) => refund.id)).size).toBe(1);
    expect((await read(payment.id)).refundedAmount).toBe('250');
    const other = { by: { id: payment.id }, amount: '251', key };
    expect(await merchant.code(REFUND, other)).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  test('of what did not succeed are refused', async () => {
    const { transaction } = await paid(gateway, merchant, { card: CARDS.decline });
    expect(await codeOf(REFUND, transaction.id)).toBe('INVALID_TRANSACTION_STATE');
    expect(await codeOf(REFUND, (await authorize()).id)).toBe('INVALID_TRANSACTION_STATE');
  });
});

describe('a lost answer', () => {
  const cases = [
    ['after the bank acted', CARDS.lostAfter],
    ['before the bank acted', CARDS.lostBefore],
  ] as const;

  /** The browser's own answer is lost too, so it sends the card twice. */
  async function payWith(card: string, kind: Kind): Promise<Data> {
    const session = await start(merchant, kind, kind === 'ADD_PAYMENT_METHOD' ? {} : { amount: '1000' });
    await confirm(gateway.app, session.token, card);
    await confirm(gateway.app, session.token, card);
    return verify(merchant, kind, session.id);
  }

  test.each(cases)('of a refund %s leaves UNKNOWN, and heals with one refund', async (_when, card) => {
    const payment = await payWith(card, 'PAYMENT');
    const key = randomUUID();
    const lost = await call(REFUND, payment.id, '600', key);
    expect(lost.status).toBe('UNKNOWN');
    expect(await codeOf(REFUND, payment.id, '500')).toBe('AMOUNT_EXCEEDS_AVAILABLE');
    await gateway.pass(6 * SECOND_MS);
    expect((await read(lost.id)).status).toBe('SUCCEEDED');
    expect((await call(REFUND, payment.id, '600', key)).id).toBe(lost.id);
    expect((await read(payment.id)).refundedAmount).toBe('600');
  });

  test.each(cases)('of a settle %s heals when the same call is repeated', async (_when, card) => {
    const held = await payWith(card, 'AUTHORIZATION');
    const key = randomUUID();
    const lost = await call(SETTLE, held.id, '900', key);
    expect(lost.status).toBe('UNKNOWN');
    const repeated = await call(SETTLE, held.id, '900', key);
    expect(repeated).toMatchObject({ id: lost.id, status: 'SUCCEEDED' });
    expect(await read(held.id)).toMatchObject({ hold: 'SETTLED', settledAmount: '900' });
  });

  test.each(cases)('of a charge %s heals, and the code gives the same transaction', async (_when, card) => {
    const stored = await payWith(card, 'ADD_PAYMENT_METHOD');
    const data = {
      paymentMethodId: stored.paymentMethod.id,
      merchantInternalTransactionCode: newCode('charge'),
      amount: '700',
      currency: 'USD',
    };
    const lost = (await merchant.data(CHARGE, { data })).transaction;
    expect(lost.status).toBe('UNKNOWN');
    await gateway.pass(6 * SECOND_MS);
    expect((await merchant.data(CHARGE, { data })).transaction).toMatchObject({ id: lost.id, status: 'SUCCEEDED' });
    const operations = await gateway.database.client.operation.findMany({ where: { subjectId: lost.id } });
    expect(operations).toMatchObject([{ state: 'DONE', request: null }]);
  });
});

describe('a stored card', () => {
  test('is charged without the payer, with one effect per code', async () => {
    const { transaction } = await paid(gateway, merchant, { kind: 'ADD_PAYMENT_METHOD' });
    const data = {
      paymentMethodId: transaction.paymentMethod.id,
      merchantInternalTransactionCode: newCode('charge'),
      amount: '700',
      currency: 'USD',
    };
    const charges = await Promise.all(Array.from({ length: 10 }, () => merchant.data(CHARGE, { data })));
    expect(new Set(charges.map((charge) => charge.transaction.id)).size).toBe(1);
    expect(charges[0].transaction).toMatchObject({ action: 'PAYMENT', status: 'SUCCEEDED', amount: '700' });
    expect(await merchant.code(CHARGE, { data: { ...data, amount: '701' } })).toBe('CODE_ALREADY_USED');
  });

  test('that was detached is not charged', async () => {
    const { transaction } = await paid(gateway, merchant, { kind: 'ADD_PAYMENT_METHOD' });
    const { id } = transaction.paymentMethod;
    const detach = 'mutation Detach($id: ID!) { detachPaymentMethod(id: $id) { status } }';
    expect((await merchant.data(detach, { id })).detachPaymentMethod.status).toBe('DISABLED');
    const data = { paymentMethodId: id, merchantInternalTransactionCode: newCode('charge'), amount: '700', currency: 'USD' };
    expect(await merchant.code(CHARGE, { data })).toBe('PAYMENT_METHOD_NOT_CHARGEABLE');
  });
});

describe('an erased customer', () => {
  test('leaves the money records and nothing personal', async () => {
    const customer = { merchantInternalCustomerCode: newCode('customer') };
    const { session } = await paid(gateway, merchant, { data: { customer, storePaymentMethod: true, description: 'For Jane' } });
    const erase = 'mutation Erase($by: CustomerSelector!) { eraseCustomer(by: $by) { isErased } }';
    expect((await merchant.data(erase, { by: customer })).eraseCustomer.isErased).toBe(true);
    const row = await gateway.database.client.session.findUniqueOrThrow({ where: { id: session.id } });
    expect(row).toMatchObject({ billing: null, description: null, amount: 10_000n, status: 'COMPLETED' });
    const method = await gateway.database.client.paymentMethod.findFirstOrThrow({ where: { customerId: row.customerId ?? '' } });
    expect(method).toMatchObject({ billing: null, status: 'DISABLED' });
    await gateway.pass(DAY_MS);
  });

  test('can no longer pay a session that was open', async () => {
    const customer = { merchantInternalCustomerCode: newCode('customer') };
    const session = await start(merchant, 'PAYMENT', { customer, storePaymentMethod: true });
    const erase = 'mutation Erase($by: CustomerSelector!) { eraseCustomer(by: $by) { isErased } }';
    await merchant.data(erase, { by: customer });
    expect((await confirm(gateway.app, session.token, CARDS.approve)).status).toBe(409);
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('CANCELED');
  });
});
