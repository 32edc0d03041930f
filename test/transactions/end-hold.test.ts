import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS } from '../../src/kernel/clock.ts';
import { authorizePaymentMethod } from '../../src/transactions/charge.ts';
import type { Transaction } from '../../src/transactions/transaction.ts';
import { openPatientGateway, type Wire, type WiredGateway } from '../operations/wire.ts';
import { CARDS, type Data, must, newCode, paid, SETTLE, type TestMerchant, VOID } from '../support/gateway.ts';

let gateway: WiredGateway;
let merchant: TestMerchant;
let wire: Wire;
let readTransaction: WiredGateway['readTransaction'];

beforeAll(async () => {
  gateway = await openPatientGateway();
  ({ merchant, wire, readTransaction } = gateway);
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.calm();
  wire.watched = 'SETTLE';
});

const hold = async (card: string = CARDS.approve): Promise<Data> =>
  (await paid(gateway, merchant, { kind: 'AUTHORIZATION', card, data: { amount: '1000' } })).transaction;
const capture = async (): Promise<Data> => (await paid(gateway, merchant, { data: { amount: '1000' } })).transaction;
async function storedHold(): Promise<Transaction> {
  const { transaction } = await paid(gateway, merchant, { kind: 'ADD_PAYMENT_METHOD' });
  const money = { amountMinor: 1000n, currency: 'USD', description: null, billing: null };
  const { id: paymentMethodId } = transaction.paymentMethod;
  const input = { ...money, dialect: 'ACCRUPAY', paymentMethodId, merchantInternalTransactionCode: newCode('hold') } as const;
  return must(await authorizePaymentMethod(gateway.app.deps, merchant.scope, input));
}
type Ask = { amount?: string; key?: string };
const call = async (text: string, { id }: { id: string }, { amount, key = randomUUID() }: Ask = {}): Promise<Data> =>
  (await merchant.data(text, { by: { id }, amount, key })).transaction;
const refusal = async (text: string, { id }: { id: string }, { amount, key = randomUUID() }: Ask = {}) => {
  const { errors } = await merchant.query(text, { by: { id }, amount, key });
  return `${errors[0]?.extensions.code}: ${errors[0]?.message}`;
};
const sentRequests = (): Data[] => wire.sent.map((text) => JSON.parse(text)[1]);
/** Counts how often the session of a hold is asked for from now on. */
function countLooks(): () => number {
  let looks = 0;
  wire.outcome = (outcome) => {
    looks += 1;
    return outcome;
  };
  return () => looks;
}
const lose = (times: number) => Array.from({ length: times }, () => 'UNKNOWN_OUTCOME' as const);

describe('the provider is told', () => {
  test('the session of a hold, and of a void that it is of a hold', async () => {
    const [settled, voided] = [await hold(), await hold()];
    await call(SETTLE, settled);
    wire.watched = 'VOID';
    await call(VOID, voided);
    const session = (held: Data) => ({ kind: 'AUTHORIZATION', sessionId: held.session.id });
    expect(sentRequests()).toMatchObject([{ session: session(settled) }, { session: session(voided), isHold: true }]);
    expect(sentRequests()[0]).not.toHaveProperty('isHold');
    expect(sentRequests()[0]).not.toHaveProperty('reason');
  });

  test('of no session where a stored card was authorized', async () => {
    const held = await storedHold();
    await call(SETTLE, held);
    expect(sentRequests()).toMatchObject([{ session: null }]);
  });
});

describe('a settle or void is refused, and nothing is sent,', () => {
  test('of a transaction that does not exist', async () => {
    expect(await refusal(SETTLE, { id: randomUUID() })).toMatch(/^TRANSACTION_NOT_FOUND/);
  });

  test('of a payment, which holds nothing', async () => {
    wire.watched = 'VOID';
    const payment = await capture();
    expect(await refusal(VOID, payment)).toMatch(/^INVALID_TRANSACTION_STATE: .* is a PAYMENT, not an AUTHORIZATION/);
    expect(wire.sent).toEqual([]);
  });

  test('with a key that was used for another amount, however large', async () => {
    const [held, key] = [await hold(), randomUUID()];
    await call(SETTLE, held, { amount: '400', key });
    for (const amount of ['500', '1001']) expect(await refusal(SETTLE, held, { amount, key })).toMatch(/^IDEMPOTENCY_KEY_REUSED/);
    expect(wire.sent).toHaveLength(1);
  });

  test('where the provider does not offer it', async () => {
    const held = await hold();
    wire.capabilities = { effects: ['START', 'VOID'] };
    expect(await refusal(SETTLE, held)).toBe('UNSUPPORTED: EXAMPLE does not offer SETTLE.');
    expect((await call(VOID, held)).status).toBe('SUCCEEDED');
    expect(wire.sent).toEqual([]);
  });

  test('of more than is held, and of an amount that the provider does not take', async () => {
    const held = await hold();
    expect(await refusal(SETTLE, held, { amount: '1001' })).toBe(
      'AMOUNT_EXCEEDS_AVAILABLE: amount: more than the 10.00 USD that were authorized.',
    );
    wire.amountProblem = 'Too little.';
    expect(await refusal(SETTLE, held)).toBe('AMOUNT_NOT_SUPPORTED: amount: Too little.');
    expect(wire.sent).toEqual([]);
  });

  test('where nothing is held any more, and says what became of it', async () => {
    const held = await hold();
    await call(SETTLE, held);
    expect(await refusal(VOID, held)).toMatch(/^INVALID_TRANSACTION_STATE: .* is SETTLED: nothing is held/);
    const declined = await hold(CARDS.decline);
    expect(await refusal(VOID, declined)).toMatch(/^INVALID_TRANSACTION_STATE: .* is DECLINED: nothing is held/);
  });
});

test('of calls on several holds with one key, one is made and the others are refused', async () => {
  const holds = await Promise.all(Array.from({ length: 5 }, () => hold()));
  const key = randomUUID();
  const answers = await Promise.all(holds.map(({ id }) => merchant.query(SETTLE, { by: { id }, key })));
  const codes = answers.map(({ errors }) => errors[0]?.extensions.code ?? 'made').sort();
  expect(codes).toEqual([...Array.from({ length: 4 }, () => 'IDEMPOTENCY_KEY_REUSED'), 'made']);
});

describe('of calls at once on holds that may have run out', () => {
  /** Holds whose time is over and that the provider still holds. */
  async function overdue(count: number): Promise<Data[]> {
    const holds = await Promise.all(Array.from({ length: count }, () => hold()));
    gateway.clock.advance(8 * DAY_MS);
    wire.isFaked = true;
    wire.outcome = (outcome) => ({
      ...outcome,
      attempts: outcome.attempts.map((attempt) => ({ ...attempt, hold: 'HELD' as const })),
    });
    return holds;
  }

  test('with one key on one hold, one is made and returned to all', async () => {
    const [held] = await overdue(1);
    const key = randomUUID();
    const settles = await Promise.all(Array.from({ length: 6 }, () => call(SETTLE, held, { key })));
    expect(new Set(settles.map(({ id, status }) => `${id} ${status}`)).size).toBe(1);
    expect(wire.sent).toHaveLength(1);
  });

  test('with one key on several holds, one is made and the others are refused', async () => {
    const key = randomUUID();
    const answers = await Promise.all((await overdue(5)).map(({ id }) => merchant.query(SETTLE, { by: { id }, key })));
    const codes = answers.map(({ errors }) => errors[0]?.extensions.code ?? 'made').sort();
    expect(codes).toEqual([...Array.from({ length: 4 }, () => 'IDEMPOTENCY_KEY_REUSED'), 'made']);
  });
});

describe('while the answer of a settle is lost', () => {
  test('a void is refused as long as nothing tells of the settle', async () => {
    const held = await hold();
    wire.canTell = false;
    wire.failures = lose(4);
    expect((await call(SETTLE, held)).status).toBe('UNKNOWN');
    expect(await refusal(VOID, held)).toMatch(/^OPERATION_IN_PROGRESS/);
  });

  test('a void asks about the settle first, and is refused where that took the money', async () => {
    const held = await hold();
    wire.failures = ['after'];
    expect((await call(SETTLE, held)).status).toBe('UNKNOWN');
    expect(await refusal(VOID, held)).toMatch(/^INVALID_TRANSACTION_STATE: .* is SETTLED/);
    expect((await readTransaction(held.id)).settledAmount).toBe('1000');
  });

  test('a void asks about the settle first, and is made where that failed', async () => {
    const held = await hold(CARDS.captureFails);
    wire.failures = ['UNKNOWN_OUTCOME'];
    expect((await call(SETTLE, held)).status).toBe('UNKNOWN');
    expect((await call(VOID, held)).status).toBe('SUCCEEDED');
    expect((await readTransaction(held.id)).hold).toBe('VOIDED');
  });
});

describe('the session of a hold is looked at', () => {
  test('after a settle that the provider refused, so that an old picture of the hold is corrected', async () => {
    const held = await hold();
    wire.failures = ['CONFLICT'];
    wire.outcome = (outcome) => ({
      ...outcome,
      attempts: outcome.attempts.map((attempt) => ({ ...attempt, hold: 'EXPIRED' as const })),
    });
    expect((await call(SETTLE, held)).status).toBe('ERROR');
    expect((await readTransaction(held.id)).hold).toBe('EXPIRED');
  });

  test('not after one that succeeded', async () => {
    const held = await hold();
    const looks = countLooks();
    expect((await call(SETTLE, held)).status).toBe('SUCCEEDED');
    expect(looks()).toBe(0);
  });

  test('before a settle from the moment at which the hold ends, which is then refused without a call', async () => {
    const held = await hold();
    const { capturableUntil } = await gateway.database.client.transaction.findUniqueOrThrow({ where: { id: held.id } });
    gateway.clock.advance((capturableUntil?.getTime() ?? 0) - gateway.clock.now().getTime());
    const looks = countLooks();
    expect(await refusal(SETTLE, held)).toMatch(/^INVALID_TRANSACTION_STATE: .* is EXPIRED: nothing is held/);
    expect([looks(), wire.sent.length]).toEqual([1, 0]);
    // Nothing is held any more, so there is nothing to ask.
    expect(await refusal(SETTLE, held)).toMatch(/^INVALID_TRANSACTION_STATE/);
    expect(looks()).toBe(1);
  });

  test('not before it ends, nor where the provider tells of no end', async () => {
    wire.outcome = (outcome) => ({
      ...outcome,
      attempts: outcome.attempts.map((attempt) => ({ ...attempt, capturableUntil: null })),
    });
    const endless = await hold();
    const looks = countLooks();
    const ending = await hold();
    const before = looks();
    await call(SETTLE, endless);
    await call(SETTLE, ending);
    expect(looks()).toBe(before);
  });

  test('not where there is none: a refused settle of a stored card’s hold is an ERROR, also after its end', async () => {
    const held = await storedHold();
    gateway.clock.advance(8 * DAY_MS);
    wire.failures = ['CONFLICT'];
    expect((await call(SETTLE, held)).status).toBe('ERROR');
  });
});
