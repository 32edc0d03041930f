import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MINUTE_MS } from '../../src/kernel/clock.ts';
import { isSyncable } from '../../src/transactions/transaction.ts';
import {
  CARDS,
  CHARGE,
  confirm,
  type Data,
  type Gateway,
  newCode,
  openGateway,
  paid,
  REFUND,
  SETTLE,
  start,
  type TestMerchant,
  verify,
} from '../support/gateway.ts';
import { sampled } from '../support/template.ts';

/** What `allowedActions` says is what the calls then do: every state below is made anew for each call that is tried on it. */
let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

const data = { amount: '1000' };
const key = () => randomUUID();
const REFUND_PENDS = '4000000000007726';
const REFUND_RETURNS = '4000000000005126';
/** What a call on something that does not allow it is refused with. */
const NOT_ALLOWED = ['INVALID_TRANSACTION_STATE', 'AMOUNT_EXCEEDS_AVAILABLE', 'UNSUPPORTED', 'OPERATION_IN_PROGRESS'];

const pay = async (card: string = CARDS.approve): Promise<Data> => (await paid(gateway, merchant, { card, data })).transaction;
const hold = async (card: string = CARDS.approve): Promise<Data> =>
  (await paid(gateway, merchant, { kind: 'AUTHORIZATION', card, data })).transaction;
const call = async (text: string, transaction: Data, amount?: string): Promise<Data> =>
  (await merchant.data(text, { by: { id: transaction.id }, amount, key: key() })).transaction;

const STATES: Readonly<Record<string, () => Promise<Data>>> = {
  'a payment': () => pay(),
  'a declined payment': () => pay(CARDS.decline),
  'a payment that the bank decides later': () => pay(CARDS.asyncApprove),
  'a payment refunded in part': async () => {
    const payment = await pay();
    await call(REFUND, payment, '400');
    return payment;
  },
  'a payment refunded whole': async () => {
    const payment = await pay();
    await call(REFUND, payment);
    return payment;
  },
  'a payment whose refund is under way': async () => {
    const payment = await pay(REFUND_PENDS);
    await call(REFUND, payment, '999');
    return payment;
  },
  'a payment whose refund came back': async () => {
    const payment = await pay(REFUND_RETURNS);
    await call(REFUND, payment);
    await gateway.pass(10 * MINUTE_MS);
    return payment;
  },
  'a refund': async () => call(REFUND, await pay()),
  'a refund under way': async () => call(REFUND, await pay(REFUND_PENDS)),
  'a hold': () => hold(),
  'a declined hold': () => hold(CARDS.decline),
  'a hold that has run out': async () => {
    const held = await hold(CARDS.holdExpires);
    await gateway.pass(2 * MINUTE_MS);
    return held;
  },
  'a hold settled in part': async () => {
    const held = await hold();
    await call(SETTLE, held, '400');
    return held;
  },
  'a hold settled and refunded whole': async () => {
    const held = await hold();
    await call(REFUND, await call(SETTLE, held));
    return held;
  },
  'a hold whose settle failed': async () => {
    const held = await hold(CARDS.captureFails);
    await call(SETTLE, held);
    return held;
  },
  'a hold that was let go': async () => {
    const held = await hold();
    await merchant.data('mutation V($by: TransactionSelector!) { voidTransaction(by: $by) { id } }', { by: { id: held.id } });
    return held;
  },
  'a settle': async () => call(SETTLE, await hold(), '400'),
  'a stored card': async () => (await paid(gateway, merchant, { kind: 'ADD_PAYMENT_METHOD' })).transaction,
  'a charge of a stored card': async () => {
    const { transaction } = await paid(gateway, merchant, { data: { ...data, storePaymentMethod: true } });
    const charge = { paymentMethodId: transaction.paymentMethod.id, merchantInternalTransactionCode: newCode('charge') };
    return (await merchant.data(CHARGE, { data: { ...charge, amount: '500', currency: 'USD' } })).transaction;
  },
  'an expired session without an attempt': async () => {
    const session = await start(merchant, 'PAYMENT', data);
    await gateway.pass(60 * MINUTE_MS);
    return verify(merchant, 'PAYMENT', session.id);
  },
};

const MONEY_CALLS: Readonly<Record<string, string>> = {
  SETTLE: 'settleAuthorization(by: $by, amount: $amount, idempotencyKey: $key)',
  VOID: 'voidTransaction(by: $by, idempotencyKey: $key)',
  REFUND: 'refundTransaction(by: $by, amount: $amount, idempotencyKey: $key)',
};

async function allowed(id: string): Promise<Data[]> {
  const text = 'query A($by: TransactionSelector!) { transaction(by: $by) { allowedActions { action amountMax } } }';
  return (await merchant.data(text, { by: { id } })).transaction.allowedActions;
}

async function isTaken(action: string, id: string, amount?: string | null): Promise<boolean> {
  const declared = `$by: TransactionSelector!, $key: String${action === 'VOID' ? '' : ', $amount: BigInt'}`;
  const text = `mutation M(${declared}) { ${MONEY_CALLS[action]} { id } }`;
  const { errors } = await merchant.query(text, { by: { id }, key: key(), ...(action === 'VOID' ? {} : { amount }) });
  const code = errors[0]?.extensions.code;
  if (code !== undefined && !NOT_ALLOWED.includes(code)) throw new Error(`Not expected here: ${code}`);
  return code === undefined;
}

describe.each(sampled(Object.entries(STATES), 5))('of %s', (_state, make) => {
  test.each(Object.keys(MONEY_CALLS))('%s is allowed exactly when it is taken', async (action) => {
    const { id } = await make();
    const offer = (await allowed(id)).find((entry) => entry.action === action);
    expect({ action, isTaken: await isTaken(action, id, offer?.amountMax) }).toEqual({ action, isTaken: offer !== undefined });
  });

  test.each(['SETTLE', 'REFUND'])('one more than the most that %s takes is refused', async (action) => {
    const { id } = await make();
    const offer = (await allowed(id)).find((entry) => entry.action === action);
    const tooMuch = (BigInt(offer?.amountMax ?? 0) + 1n).toString();
    expect(await isTaken(action, id, tooMuch)).toBe(false);
  });
});

test.each([
  ['that its provider knows', { status: 'SUCCEEDED', providerCode: 'exm_1' }, true],
  ['whose answer was lost', { status: 'UNKNOWN', providerCode: null }, true],
  ['that was refused before it reached the provider', { status: 'ERROR', providerCode: null }, false],
] as const)('a transaction %s can be synced: %s is %s', (_name, transaction, expected) => {
  expect(isSyncable(transaction)).toBe(expected);
});

test('SYNC is allowed on what the provider knows', async () => {
  expect((await allowed((await pay()).id)).map(({ action }) => action)).toContain('SYNC');
});

describe('of a session', () => {
  const READ = 'query S($by: ClientSessionSelector!) { clientSession(by: $by) { status action allowedActions } }';
  const CANCEL = 'mutation C($by: ClientSessionSelector!) { cancelClientSession(by: $by) { status } }';
  const SESSIONS: Readonly<Record<string, () => Promise<Data>>> = {
    'that nobody opened': () => start(merchant, 'PAYMENT'),
    'after a decline': async () => tried(CARDS.decline),
    'that waits for the bank': async () => tried(CARDS.asyncApprove),
    'that waits for the payer’s bank page': async () => tried(CARDS.challenge),
    'that is paid': async () => tried(CARDS.approve),
    'that was canceled': async () => {
      const session = await start(merchant, 'PAYMENT');
      await merchant.data(CANCEL, { by: { id: session.id } });
      return session;
    },
    'that has expired': async () => {
      const session = await start(merchant, 'PAYMENT');
      await gateway.pass(60 * MINUTE_MS);
      return session;
    },
  };

  async function tried(card: string): Promise<Data> {
    const session = await start(merchant, 'PAYMENT');
    await confirm(gateway.app, session.token, card);
    await verify(merchant, 'PAYMENT', session.id);
    return session;
  }

  test.each(sampled(Object.entries(SESSIONS), 2))(
    '%s, CANCEL is allowed exactly when it ends the session',
    async (_state, make) => {
      const { id } = await make();
      const before = (await merchant.data(READ, { by: { id } })).clientSession;
      const { errors } = await merchant.query(CANCEL, { by: { id } });
      const after = (await merchant.data(READ, { by: { id } })).clientSession;
      const hasEnded = errors.length === 0 && after.status === 'CANCELED' && before.status !== 'CANCELED';
      expect({ status: before.status, hasEnded }).toEqual({
        status: before.status,
        hasEnded: before.allowedActions.includes('CANCEL'),
      });
    },
  );

  test.each(sampled(Object.entries(SESSIONS), 2))('%s, VERIFY is allowed exactly while it is open', async (_state, make) => {
    const { id } = await make();
    const session = (await merchant.data(READ, { by: { id } })).clientSession;
    const isOpen = ['PENDING', 'ACTIVE', 'UNKNOWN'].includes(session.status);
    expect(session.allowedActions.includes('VERIFY')).toBe(isOpen);
  });

  test('a browser is told of none', async () => {
    const session = await start(merchant, 'PAYMENT');
    const text = 'query S($by: ClientSessionSelector!) { clientSession(by: $by) { allowedActions } }';
    const answer = await merchant.query(text, { by: { token: session.token } }, session.token);
    expect(answer.data.clientSession.allowedActions).toEqual([]);
  });
});
