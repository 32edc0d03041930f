import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEST_CARDS } from '../../src/bank/cards.ts';
import { MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import {
  answerChallenge,
  CHARGE,
  confirm,
  type Data,
  type Gateway,
  type Kind,
  newCode,
  openGateway,
  PUBLIC_URL,
  READ_SESSION,
  READ_TRANSACTION,
  REFUND,
  SETTLE,
  start,
  type TestMerchant,
  VOID,
  verify,
} from '../support/gateway.ts';
import { sampled } from '../support/template.ts';
import { PROMISED_CARDS, type Promised } from './promised-cards.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});

afterAll(() => gateway.close());

const tried = sampled(PROMISED_CARDS, 3);
const succeeding = tried.filter((card) => card.pays === undefined);
const read = async (id: string): Promise<Data> => (await merchant.data(READ_SESSION, { by: { id } })).clientSession;
const readMoney = async (id: string): Promise<Data> => (await merchant.data(READ_TRANSACTION, { by: { id } })).transaction;

/** Does the payer's part as a patient browser would, and returns what it saw. */
async function payAsBrowser(
  token: string,
  card: string,
  result: 'approve' | 'fail' | 'leave' = 'approve',
): Promise<{ statuses: number[]; answer: Data }> {
  const statuses: number[] = [];
  let answer: Data = {};
  for (let attempt = 1; attempt <= 4 && ![200, 409].includes(statuses.at(-1) ?? 0); attempt += 1) {
    const { status, body } = await confirm(gateway.app, token, card);
    statuses.push(status);
    answer = body;
  }
  if (answer.status === 'requires_action') await answerChallenge(gateway.app, answer.challengeUrl, result);
  if (answer.status === 'processing') await gateway.pass(10 * SECOND_MS);
  return { statuses, answer };
}

async function complete(
  kind: Kind,
  { number }: Promised,
  data: Record<string, unknown> = {},
): Promise<{ session: Data; transaction: Data }> {
  const session = await start(merchant, kind, data);
  await payAsBrowser(session.token, number);
  return { session, transaction: await verify(merchant, kind, session.id) };
}

/** Lets the gateway ask again as often as it takes after a lost or refused call: after 5 s, then 30 s. */
async function heal(): Promise<void> {
  await gateway.pass(6 * SECOND_MS);
  await gateway.pass(31 * SECOND_MS);
}

/** How often each event of a transaction was recorded. */
async function eventsOf(where: { transactionId: string } | { sessionId: string }): Promise<Record<string, number>> {
  const events = await gateway.database.client.event.findMany({ where, select: { type: true } });
  const counts: Record<string, number> = {};
  for (const { type } of events) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/** What the bank did for a payment, by kind: its own books, not our record of them. */
async function bankMovements(paymentCode: string, kind: string): Promise<number> {
  const { client } = gateway.database;
  const movement = await client.bankMovement.findFirst({ where: { id: paymentCode } });
  return client.bankMovement.count({ where: { paymentId: movement?.paymentId ?? paymentCode, kind } });
}

test('the table is about every published card', () => {
  expect(PROMISED_CARDS.map((card) => card.number).sort()).toEqual(TEST_CARDS.map((card) => card.number).sort());
});

interface Done {
  readonly session: Data;
  readonly seen: { readonly statuses: readonly number[]; readonly answer: Data };
  readonly payment: Data;
  /** Of a card that pays: what was done with its money and with the stored card, each as it was answered at once. */
  readonly money: {
    readonly refund: Data;
    readonly tooMuch: string;
    readonly charged: Record<string, unknown>;
    readonly charge: Data;
    readonly hold: Data;
    readonly key: string;
    readonly settle: Data;
  } | null;
}

async function doAll(card: Promised): Promise<Done> {
  const session = await start(merchant, 'PAYMENT', { attemptsMax: 2, storePaymentMethod: true });
  const seen = await payAsBrowser(session.token, card.number);
  const payment = await verify(merchant, 'PAYMENT', session.id);
  return { session, seen, payment, money: card.pays === undefined ? await moveMoney(card, payment) : null };
}

async function moveMoney(card: Promised, payment: Data): Promise<Done['money']> {
  const refund = (await merchant.data(REFUND, { by: { id: payment.id }, amount: '6000' })).transaction;
  // Whatever is not known to have failed stays claimed.
  const tooMuch = await merchant.code(REFUND, { by: { id: payment.id }, amount: '4001' });
  const charged = {
    paymentMethodId: payment.paymentMethod.id,
    merchantInternalTransactionCode: newCode('charge'),
    amount: '700',
    currency: 'USD',
  };
  const charge = (await merchant.data(CHARGE, { data: charged })).transaction;
  const { transaction: hold } = await complete('AUTHORIZATION', card);
  const key = newCode('settle');
  const settle = (await merchant.data(SETTLE, { by: { id: hold.id }, amount: '4000', key })).transaction;
  return { refund, tooMuch, charged, charge, hold, key, settle };
}

describe('with the card', () => {
  const done = new Map<string, Done>();

  // Once for all cards, so that the gateway asks again for all of them together.
  beforeAll(async () => {
    for (const card of tried) done.set(card.number, await doAll(card));
    await heal();
  }, 600_000);

  const doneWith = ({ number }: Promised): Done => {
    const found = done.get(number);
    if (found === undefined) throw new Error(`Nothing was done with ${number}.`);
    return found;
  };
  const moneyOf = (card: Promised): NonNullable<Done['money']> => {
    const { money } = doneWith(card);
    if (money === null) throw new Error(`${card.number} moved no money.`);
    return money;
  };

  test.each(tried)('$number a payment ends as promised', async (card) => {
    const { browser = [200], answer = 'succeeded', pays = 'SUCCEEDED', reason = null, failureCode = null, declineCode } = card;
    const { session, seen, payment } = doneWith(card);
    const isPaid = pays === 'SUCCEEDED';
    expect(seen.statuses).toEqual(browser);
    if (browser.at(-1) === 200)
      expect({ status: seen.answer.status, declineCode: seen.answer.declineCode }).toEqual({ status: answer, declineCode });
    expect(payment).toMatchObject({
      status: pays,
      failureCode,
      session: { status: isPaid ? 'COMPLETED' : 'ACTIVE', action: isPaid ? 'NONE' : 'COLLECT_PAYMENT_METHOD' },
    });
    expect(payment.decline?.reason ?? null).toBe(reason);
    expect((await verify(merchant, 'PAYMENT', session.id)).id).toBe(payment.id);
    const { attempts, transactions } = await read(session.id);
    expect({ attempts, payments: transactions.filter((transaction: Data) => transaction.action === 'PAYMENT') }).toMatchObject({
      attempts: 1,
      payments: [{ id: payment.id, status: pays }],
    });
    expect(await eventsOf({ transactionId: payment.id })).toMatchObject({ [`transaction.${pays.toLowerCase()}`]: 1 });
    expect((await eventsOf({ sessionId: session.id }))['session.completed'] ?? 0).toBe(isPaid ? 1 : 0);
    expect(await bankMovements(session.providerCode, 'ATTEMPT')).toBe(1);
  });

  test.each(succeeding)('$number a hold is settled as promised', async (card) => {
    const [atOnce, later = atOnce] = card.settle ?? ['SUCCEEDED'];
    const { hold, key, settle } = moneyOf(card);
    expect(hold).toMatchObject({ status: 'SUCCEEDED', hold: 'HELD', session: { status: 'COMPLETED', action: 'SETTLE_OR_VOID' } });
    const ended = await readMoney(settle.id);
    expect([settle.status, ended.status]).toEqual([atOnce, later]);
    expect(await readMoney(hold.id)).toMatchObject(
      later === 'SUCCEEDED' ? { hold: 'SETTLED', settledAmount: '4000' } : { hold: 'HELD', settledAmount: '0' },
    );
    expect((await merchant.data(SETTLE, { by: { id: hold.id }, amount: '4000', key })).transaction).toEqual(ended);
    expect(await bankMovements(hold.providerCode, 'CAPTURE')).toBe(1);
    expect(await eventsOf({ transactionId: settle.id })).toMatchObject({
      'transaction.pending': 1,
      [`transaction.${later.toLowerCase()}`]: 1,
    });
  });

  test.each(succeeding)('$number a refund in parts ends as promised', async (card) => {
    const [atOnce, later = atOnce] = card.refund ?? ['SUCCEEDED'];
    const { refund, tooMuch } = moneyOf(card);
    const { payment } = doneWith(card);
    const hasComeBack = later === 'FAILED';
    expect(tooMuch).toBe('AMOUNT_EXCEEDS_AVAILABLE');
    expect([refund.status, (await readMoney(refund.id)).status]).toEqual([atOnce, later]);
    expect((await readMoney(payment.id)).refundedAmount).toBe(hasComeBack ? '0' : '6000');
    expect(await bankMovements(payment.providerCode, 'REFUND')).toBe(1);
    const alerts = await gateway.database.client.event.findMany({ where: { transactionId: refund.id, isAlert: true } });
    expect(alerts.map((event) => event.type)).toEqual(hasComeBack ? ['transaction.failed'] : []);
    expect((await merchant.data(REFUND, { by: { id: payment.id } })).transaction.amount).toBe(hasComeBack ? '10000' : '4000');
  });

  test.each(succeeding)('$number a charge of the stored card ends as promised', async (card) => {
    const [atOnce, later = atOnce] = card.charge ?? ['SUCCEEDED'];
    const { charged, charge } = moneyOf(card);
    const ended = await readMoney(charge.id);
    expect([charge.status, ended.status]).toEqual([atOnce, later]);
    expect(ended).toMatchObject({ action: 'PAYMENT', amount: '700', paymentMethod: { id: charged['paymentMethodId'] } });
    expect(ended.decline?.reason ?? null).toBe(card.chargeReason ?? null);
    expect((await merchant.data(CHARGE, { data: charged })).transaction).toEqual(ended);
    expect(await gateway.database.client.bankPayment.count({ where: { reference: charge.id } })).toBe(1);
    const query = 'query M($id: ID!) { transactions(filter: { paymentMethodId: $id, actions: [PAYMENT] }) { totalCount } }';
    // The payment that stored it, and the charge.
    expect((await merchant.data(query, { id: charged['paymentMethodId'] })).transactions.totalCount).toBe(2);
  });
});

describe('beyond the table', () => {
  test.each(tried.filter((card) => card.answer === 'requires_action'))(
    '$number is declined when the challenge is failed',
    async (card) => {
      const session = await start(merchant, 'PAYMENT');
      await payAsBrowser(session.token, card.number, 'fail');
      expect(await verify(merchant, 'PAYMENT', session.id)).toMatchObject({
        status: 'DECLINED',
        decline: { reason: 'AUTHENTICATION_FAILED' },
      });
    },
  );

  test('a challenge that is left unanswered ends with its session', async () => {
    const session = await start(merchant, 'PAYMENT');
    await payAsBrowser(session.token, '4000000000003220', 'leave');
    expect(await verify(merchant, 'PAYMENT', session.id)).toMatchObject({
      status: 'PENDING',
      session: { action: 'AUTHENTICATE' },
    });
    await gateway.pass(31 * MINUTE_MS);
    await gateway.pass(20 * MINUTE_MS);
    expect(await verify(merchant, 'PAYMENT', session.id)).toMatchObject({
      status: 'EXPIRED',
      session: { status: 'EXPIRED', action: 'NONE' },
    });
  });

  test.each([
    ['4242424242424241', 'invalid_number'],
    ['4111111111111111', 'unknown_card'],
    ['42424242', 'invalid_number'],
  ])('%s is a mistake in the form and no attempt', async (number, code) => {
    const session = await start(merchant, 'PAYMENT');
    const { status, body } = await confirm(gateway.app, session.token, number);
    expect({ status, code: body.error.code, field: body.error.field }).toEqual({ status: 400, code, field: 'card.number' });
    expect(JSON.stringify(body) + gateway.logLines.join()).not.toContain(number);
    expect(await bankMovements(session.providerCode, 'ATTEMPT')).toBe(0);
    expect(
      await merchant.code('mutation V($by: ClientSessionSelector!) { verifyPaymentSession(by: $by) { id } }', {
        by: { id: session.id },
      }),
    ).toBe('SESSION_NOT_COMPLETED');
  });

  test('a security code of 000 is wrong for every card', async () => {
    const session = await start(merchant, 'PAYMENT');
    const body = JSON.stringify({
      token: session.token,
      card: { number: '4242 4242 4242 4242', expMonth: 12, expYear: 31, cvc: '000' },
    });
    const response = await gateway.app.fetch(
      new Request(`${PUBLIC_URL}/example/v1/confirm`, { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
    );
    expect(await response.json()).toEqual({ status: 'declined', declineCode: 'incorrect_cvc' });
  });

  test('a capture that failed leaves the hold, which is voided', async () => {
    const { transaction } = await complete('AUTHORIZATION', { number: '4000009900000079' });
    expect((await merchant.data(SETTLE, { by: { id: transaction.id } })).transaction).toMatchObject({
      status: 'FAILED',
      failureCode: 'capture_failed',
    });
    expect((await merchant.data(VOID, { by: { id: transaction.id } })).transaction.status).toBe('SUCCEEDED');
    expect(await readMoney(transaction.id)).toMatchObject({ hold: 'VOIDED', session: { action: 'NONE' } });
  });

  test.each(['4000009900000038', '4000009900000046', '4000009900000053', '4000009900000061'])(
    'a void with %s is healed too, once',
    async (number) => {
      const { transaction } = await complete('AUTHORIZATION', { number });
      const first = (await merchant.data(VOID, { by: { id: transaction.id } })).transaction;
      expect(first.status).toBe(number === '4000009900000061' ? 'PENDING' : 'UNKNOWN');
      await heal();
      expect((await readMoney(first.id)).status).toBe('SUCCEEDED');
      expect(await readMoney(transaction.id)).toMatchObject({ hold: 'VOIDED', session: { action: 'NONE' } });
      expect(await bankMovements(transaction.providerCode, 'VOID')).toBe(1);
    },
  );

  test('a hold that ran out is told by an event, and nothing can be settled any more', async () => {
    const { transaction, session } = await complete('AUTHORIZATION', { number: '4000009900000087' });
    expect(transaction.hold).toBe('HELD');
    await gateway.pass(61 * SECOND_MS);
    expect(await readMoney(transaction.id)).toMatchObject({
      hold: 'EXPIRED',
      settledAmount: '0',
      session: { status: 'COMPLETED', action: 'NONE' },
    });
    expect(await eventsOf({ sessionId: session.id })).toMatchObject({ 'transaction.hold_expired': 1 });
    for (const call of [SETTLE, VOID])
      expect(await merchant.code(call, { by: { id: transaction.id } })).toBe('INVALID_TRANSACTION_STATE');
  });

  test('a hold that ran out a moment ago is not settled, though no job has looked yet', async () => {
    const { transaction } = await complete('AUTHORIZATION', { number: '4000009900000087' });
    gateway.clock.advance(61 * SECOND_MS);
    expect(await merchant.code(SETTLE, { by: { id: transaction.id } })).toBe('INVALID_TRANSACTION_STATE');
    expect((await readMoney(transaction.id)).hold).toBe('EXPIRED');
  });

  test.each([
    ['4242424242424242', 1, 1],
    ['4000009900000095', 1, 2],
    ['4000009900000103', 2, 2],
    ['4000009900000111', 0, 0],
  ] as const)(
    '%s brings %i notifications in %i deliveries, and each kind of session is recorded once',
    async (number, notifications, deliveries) => {
      for (const kind of ['PAYMENT', 'AUTHORIZATION', 'ADD_PAYMENT_METHOD'] as const) {
        const session = await start(merchant, kind);
        await confirm(gateway.app, session.token, number);
        await gateway.pass(2 * SECOND_MS);
        await gateway.pass(5 * SECOND_MS);
        const stored = await gateway.database.client.webhookDelivery.findMany({
          where: { ...merchant.scope, providerCodes: { has: session.providerCode } },
        });
        expect({ notifications: stored.length, deliveries: stored.reduce((sum, row) => sum + row.deliveries, 0) }).toEqual({
          notifications,
          deliveries,
        });
        expect(stored.every((row) => row.verdict === 'PROCESSED')).toBe(true);
        // Where no notification comes, the payer's session waits for a verify or the poller.
        expect((await read(session.id)).status).toBe(notifications === 0 ? 'ACTIVE' : 'COMPLETED');
        const transaction = await verify(merchant, kind, session.id);
        expect((await read(session.id)).transactions).toHaveLength(1);
        const events = await eventsOf({ sessionId: session.id });
        expect(Object.values(events).every((count) => count === 1)).toBe(true);
        expect(events).toMatchObject({ 'session.completed': 1, 'transaction.succeeded': 1 });
        expect(transaction.status).toBe('SUCCEEDED');
      }
    },
  );

  test('a refund that came back gives its amount back, and can be made again', async () => {
    const { transaction } = await complete('PAYMENT', { number: '4000000000005126' });
    const first = (await merchant.data(REFUND, { by: { id: transaction.id } })).transaction;
    expect(first.status).toBe('SUCCEEDED');
    expect(await readMoney(transaction.id)).toMatchObject({ refundedAmount: '10000' });
    await gateway.pass(10 * SECOND_MS);
    expect(await readMoney(first.id)).toMatchObject({ status: 'FAILED', failureCode: 'refund_returned' });
    expect(await readMoney(transaction.id)).toMatchObject({ refundedAmount: '0' });
    expect((await merchant.data(REFUND, { by: { id: transaction.id }, amount: '10000' })).transaction.status).toBe('SUCCEEDED');
  });
});
