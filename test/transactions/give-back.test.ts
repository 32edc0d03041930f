import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPatientGateway, type Wire, type WiredGateway } from '../operations/wire.ts';
import { CARDS, CHARGE, type Data, newCode, paid, REFUND, type TestMerchant, TRANSACTION } from '../support/gateway.ts';

let gateway: WiredGateway;
let merchant: TestMerchant;
let wire: Wire;
let readTransaction: WiredGateway['readTransaction'];

beforeAll(async () => {
  gateway = await openPatientGateway();
  ({ merchant, wire, readTransaction } = gateway);
});
afterAll(() => gateway.close());
beforeEach(() => gateway.calm());

const REFUND_FOR = `mutation Refund($by: TransactionSelector!, $reason: String, $key: String) {
  transaction: refundTransaction(by: $by, reason: $reason, idempotencyKey: $key) { ${TRANSACTION} } }`;
const UNDO = `mutation Undo($by: TransactionSelector!, $key: String) {
  transaction: voidTransaction(by: $by, idempotencyKey: $key) { ${TRANSACTION} } }`;

const pay = async (card: string = CARDS.approve): Promise<Data> =>
  (await paid(gateway, merchant, { card, data: { amount: '1000' } })).transaction;
async function charge(): Promise<Data> {
  const { transaction } = await paid(gateway, merchant, { kind: 'ADD_PAYMENT_METHOD' });
  const money = { amount: '1000', currency: 'USD', merchantInternalTransactionCode: newCode('charge') };
  return (await merchant.data(CHARGE, { data: { ...money, paymentMethodId: transaction.paymentMethod.id } })).transaction;
}
type Ask = { amount?: string; key?: string; reason?: string };
const call = async (text: string, { id }: Data, { key = randomUUID(), ...ask }: Ask = {}): Promise<Data> =>
  (await merchant.data(text, { by: { id }, key, ...ask })).transaction;
const refuse = async (text: string, { id }: Data, { key = randomUUID(), ...ask }: Ask = {}) => {
  const { errors } = await merchant.query(text, { by: { id }, key, ...ask });
  return { text: `${errors[0]?.extensions.code}: ${errors[0]?.message}`, details: errors[0]?.extensions.details };
};
const refusal = async (text: string, target: Data, ask: Ask = {}): Promise<string> => (await refuse(text, target, ask)).text;
const sentRequests = (): Data[] => wire.sent.map((text) => JSON.parse(text)[1]);

test('the provider is told the session of what is given back, and of none for a charge', async () => {
  const [payment, charged] = [await pay(), await charge()];
  await call(REFUND, payment);
  await call(REFUND, charged);
  const [ofPayment, ofCharge] = sentRequests();
  expect(ofPayment).toMatchObject({ session: { kind: 'PAYMENT', sessionId: payment.session.id } });
  expect(ofCharge).toMatchObject({ session: null, providerCode: charged.providerCode });
});

test('the provider is told why, and another reason under the same key is another call', async () => {
  const [payment, key] = [await pay(), randomUUID()];
  await call(REFUND_FOR, payment, { reason: 'Broken', key });
  expect(sentRequests()).toMatchObject([{ reason: 'Broken' }]);
  expect(await refusal(REFUND_FOR, payment, { reason: 'Lost', key })).toMatch(/^IDEMPOTENCY_KEY_REUSED/);
});

test('a refund that the provider refuses does not ask about its session', async () => {
  const payment = await pay();
  let looks = 0;
  wire.outcome = (outcome) => {
    looks += 1;
    return outcome;
  };
  wire.failures = ['CONFLICT'];
  expect((await call(REFUND, payment)).status).toBe('ERROR');
  expect(looks).toBe(0);
});

describe('a refund is refused, and nothing is sent,', () => {
  test('with a key that was used for something else, whatever that is', async () => {
    const [payment, declined, key] = [await pay(), await pay(CARDS.decline), randomUUID()];
    await call(REFUND, payment, { amount: '100', key });
    expect(await refusal(REFUND, payment, { amount: '200', key })).toMatch(/^IDEMPOTENCY_KEY_REUSED/);
    expect(await refusal(REFUND, declined, { key })).toMatch(/^IDEMPOTENCY_KEY_REUSED/);
    expect(wire.sent).toHaveLength(1);
  });

  test('of an amount that the provider does not take', async () => {
    const payment = await pay();
    wire.amountProblem = 'Too little.';
    expect(await refusal(REFUND, payment, { amount: '1' })).toBe('AMOUNT_NOT_SUPPORTED: amount: Too little.');
    expect(wire.sent).toEqual([]);
  });

  test('where the provider offers no refunds', async () => {
    const payment = await pay();
    wire.capabilities = { effects: ['START', 'VOID'] };
    expect(await refusal(REFUND, payment)).toBe('UNSUPPORTED: EXAMPLE does not offer REFUND.');
  });

  test('of more than is left, and says how much that is', async () => {
    const payment = await pay();
    await call(REFUND, payment, { amount: '400' });
    const { text, details } = await refuse(REFUND, payment, { amount: '601' });
    expect(text).toBe(`AMOUNT_EXCEEDS_AVAILABLE: amount: 6.00 USD of transaction ${payment.id} can still be given back.`);
    expect(details).toEqual({ availableAmount: '600' });
  });

  test('of a payment that the bank is still at work on', async () => {
    const pending = await pay(CARDS.asyncApprove);
    expect(await refusal(REFUND, pending)).toMatch(/^INVALID_TRANSACTION_STATE: .* is a PAYMENT in PENDING: only/);
  });
});

test('of refunds of several payments with one key, one is made and the others are refused', async () => {
  const payments = await Promise.all(Array.from({ length: 5 }, () => pay()));
  const key = randomUUID();
  const answers = await Promise.all(payments.map(({ id }) => merchant.query(REFUND, { by: { id }, key })));
  const codes = answers.map(({ errors }) => errors[0]?.extensions.code ?? 'made').sort();
  expect(codes).toEqual([...Array.from({ length: 4 }, () => 'IDEMPOTENCY_KEY_REUSED'), 'made']);
});

test('a charge whose answer was lost is asked about first, and then refunded', async () => {
  wire.failures = [];
  const { transaction } = await paid(gateway, merchant, { kind: 'ADD_PAYMENT_METHOD' });
  wire.failures = ['after'];
  const money = { amount: '1000', currency: 'USD', merchantInternalTransactionCode: newCode('charge') };
  const data = { ...money, paymentMethodId: transaction.paymentMethod.id };
  const lost = (await merchant.data(CHARGE, { data })).transaction;
  expect(lost.status).toBe('UNKNOWN');
  expect(await call(REFUND, lost)).toMatchObject({ status: 'SUCCEEDED', amount: '1000' });
});

describe('a void of a payment', () => {
  beforeEach(() => {
    wire.watched = 'VOID';
    wire.isFaked = true;
    wire.capabilities = { voidsPayments: true };
  });

  test('takes the whole back: nothing is left to refund', async () => {
    const payment = await pay();
    const voided = await call(UNDO, payment);
    expect(voided).toMatchObject({ action: 'VOID', status: 'SUCCEEDED', amount: '1000', relatedTransaction: { id: payment.id } });
    expect(sentRequests()[0]).not.toHaveProperty('isHold');
    expect(await refusal(REFUND, payment, { amount: '1' })).toMatch(/^AMOUNT_EXCEEDS_AVAILABLE/);
    expect(await readTransaction(payment.id)).toMatchObject({ hold: null, refundedAmount: '0' });
  });

  test('is refused once part of it was refunded', async () => {
    const payment = await pay();
    wire.watched = 'REFUND';
    await call(REFUND, payment, { amount: '1' });
    wire.watched = 'VOID';
    expect(await refusal(UNDO, payment)).toMatch(/^AMOUNT_EXCEEDS_AVAILABLE/);
    expect(wire.sent).toHaveLength(1);
  });

  test('that the provider refuses leaves the whole to be refunded', async () => {
    const payment = await pay();
    wire.failures = ['CONFLICT'];
    expect((await call(UNDO, payment)).status).toBe('ERROR');
    wire.watched = 'REFUND';
    expect(await call(REFUND, payment)).toMatchObject({ status: 'SUCCEEDED', amount: '1000' });
  });

  test('is refused where payments cannot be voided, and the refusal says what to do', async () => {
    const payment = await pay();
    wire.capabilities = { voidsPayments: false };
    expect(await refusal(UNDO, payment)).toBe(
      'UNSUPPORTED: EXAMPLE does not void captured payments. Refund the transaction instead.',
    );
    wire.capabilities = { voidsPayments: true, effects: ['START', 'REFUND'] };
    expect(await refusal(UNDO, payment)).toBe('UNSUPPORTED: EXAMPLE does not offer VOID.');
    expect(wire.sent).toEqual([]);
  });
});
