import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHARGE, newCode, paid, READ_SESSION, READ_TRANSACTION, REFUND, SETTLE, VOID, verifyText } from '../support/gateway.ts';
import { CARD_SPELLINGS, NO_SUCH_ID, openScene, type Scene } from './refusing.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});

afterAll(() => scene.gateway.close());

describe('a call on what exists is refused, with nothing written:', () => {
  const chargeOf = (method: string, wish: Record<string, unknown> = {}) => ({
    data: {
      paymentMethodId: method,
      merchantInternalTransactionCode: newCode('charge'),
      amount: '500',
      currency: 'USD',
      ...wish,
    },
  });
  const refund = `mutation Refund($by: TransactionSelector!, $amount: BigInt, $reason: String, $key: String) {
    refundTransaction(by: $by, amount: $amount, reason: $reason, idempotencyKey: $key) { id } }`;
  const cancel = 'mutation Cancel($by: ClientSessionSelector!) { cancelClientSession(by: $by) { id } }';
  const detach = 'mutation Detach($id: ID!) { detachPaymentMethod(id: $id) { id } }';
  const erase = 'mutation Erase($by: CustomerSelector!) { eraseCustomer(by: $by) { id } }';
  type Row = [
    what: string,
    text: string,
    variables: () => Record<string, unknown>,
    code: string,
    about: string | RegExp,
    paths?: readonly string[],
  ];
  const byId =
    (id: () => string, rest: Record<string, unknown> = {}) =>
    () => ({ by: { id: id() }, ...rest });

  test.each<Row>([
    ['an unknown session', READ_SESSION, () => ({ by: { id: NO_SUCH_ID } }), 'SESSION_NOT_FOUND', 'session'],
    ['a session id that is none', READ_SESSION, () => ({ by: { id: "' OR 1=1 --" } }), 'SESSION_NOT_FOUND', 'session'],
    ['an unknown token', READ_SESSION, () => ({ by: { token: 'cst_nothing' } }), 'SESSION_NOT_FOUND', 'session'],
    [
      'an unknown provider code',
      READ_SESSION,
      () => ({ by: { providerCode: 'exm_pay_nothing' } }),
      'SESSION_NOT_FOUND',
      'session',
    ],
    [
      'two session selectors',
      READ_SESSION,
      () => ({ by: { id: scene.facts.open.id, token: scene.facts.open.token } }),
      'BAD_USER_INPUT',
      'by',
      ['by'],
    ],
    ['no session selector', READ_SESSION, () => ({ by: {} }), 'BAD_USER_INPUT', 'by', ['by']],
    ['a selector that is null', READ_SESSION, () => ({ by: { id: null } }), 'BAD_USER_INPUT', 'by', ['by.id']],
    [
      'a blank selector',
      READ_SESSION,
      () => ({ by: { merchantInternalTransactionCode: ' ' } }),
      'BAD_USER_INPUT',
      'merchantInternalTransactionCode',
      ['by.merchantInternalTransactionCode'],
    ],
    [
      'another merchant’s session',
      READ_SESSION,
      () => ({ by: { token: scene.facts.foreign.token } }),
      'SESSION_NOT_FOUND',
      'session',
    ],
    ['an unknown transaction', READ_TRANSACTION, () => ({ by: { id: NO_SUCH_ID } }), 'TRANSACTION_NOT_FOUND', 'transaction'],
    ['a transaction id that is none', READ_TRANSACTION, () => ({ by: { id: 'tx-1' } }), 'TRANSACTION_NOT_FOUND', 'transaction'],
    ['verify of another kind', verifyText('AUTHORIZATION'), byId(() => scene.facts.open.id), 'WRONG_SESSION_KIND', /PAYMENT/],
    [
      'verify as a stored method',
      verifyText('ADD_PAYMENT_METHOD'),
      byId(() => scene.facts.authorizing.id),
      'WRONG_SESSION_KIND',
      /AUTHORIZATION/,
    ],
    [
      'verify before anything was tried',
      verifyText('PAYMENT'),
      byId(() => scene.facts.open.id),
      'SESSION_NOT_COMPLETED',
      'payer',
    ],
    ['cancel of an unknown session', cancel, () => ({ by: { id: NO_SUCH_ID } }), 'SESSION_NOT_FOUND', 'session'],
    ['settle of a payment', SETTLE, byId(() => scene.facts.payment), 'INVALID_TRANSACTION_STATE', 'PAYMENT'],
    [
      'settle of more than is held',
      SETTLE,
      byId(() => scene.facts.held, { amount: '10001' }),
      'AMOUNT_EXCEEDS_AVAILABLE',
      'amount',
    ],
    ['settle of nothing', SETTLE, byId(() => scene.facts.held, { amount: '0' }), 'BAD_USER_INPUT', 'amount', ['amount']],
    ['a second settle', SETTLE, byId(() => scene.facts.settled), 'INVALID_TRANSACTION_STATE', 'SETTLED'],
    ['settle after a void', SETTLE, byId(() => scene.facts.voided), 'INVALID_TRANSACTION_STATE', 'VOIDED'],
    ['void after a settle', VOID, byId(() => scene.facts.settled), 'INVALID_TRANSACTION_STATE', 'SETTLED'],
    [
      'void of a captured payment',
      'mutation V($by: TransactionSelector!) { voidTransaction(by: $by) { id } }',
      byId(() => scene.facts.payment),
      'UNSUPPORTED',
      'Refund',
    ],
    [
      'refund of more than was taken',
      refund,
      byId(() => scene.facts.payment, { amount: '10001' }),
      'AMOUNT_EXCEEDS_AVAILABLE',
      'amount',
    ],
    ['refund of a declined payment', refund, byId(() => scene.facts.declined), 'INVALID_TRANSACTION_STATE', 'DECLINED'],
    ['refund of a hold', refund, byId(() => scene.facts.held), 'INVALID_TRANSACTION_STATE', 'AUTHORIZATION'],
    ['a negative refund', refund, byId(() => scene.facts.payment, { amount: -1 }), 'BAD_USER_INPUT', 'amount', ['amount']],
    ['a refund as a float', refund, byId(() => scene.facts.payment, { amount: 0.5 }), 'BAD_USER_INPUT', 'amount', ['amount']],
    [
      'a card number as the reason',
      refund,
      byId(() => scene.facts.payment, { reason: CARD_SPELLINGS[1] }),
      'BAD_USER_INPUT',
      'reason',
      ['reason'],
    ],
    [
      'a blank idempotencyKey',
      refund,
      byId(() => scene.facts.payment, { key: ' ' }),
      'BAD_USER_INPUT',
      'idempotencyKey',
      ['idempotencyKey'],
    ],
    [
      'sync of an unknown transaction',
      'mutation S($by: TransactionSelector!) { syncTransaction(by: $by) { id } }',
      () => ({ by: { id: NO_SUCH_ID } }),
      'TRANSACTION_NOT_FOUND',
      'transaction',
    ],
    ['charge of a detached method', CHARGE, () => chargeOf(scene.facts.detached), 'PAYMENT_METHOD_NOT_CHARGEABLE', 'DISABLED'],
    ['charge of an unknown method', CHARGE, () => chargeOf(NO_SUCH_ID), 'PAYMENT_METHOD_NOT_FOUND', 'payment method'],
    ['charge of a method id that is none', CHARGE, () => chargeOf('card-1'), 'PAYMENT_METHOD_NOT_FOUND', 'payment method'],
    [
      'charge of nothing',
      CHARGE,
      () => chargeOf(scene.facts.method, { amount: 0 }),
      'BAD_USER_INPUT',
      'data.amount',
      ['data.amount'],
    ],
    [
      'charge of 2^63',
      CHARGE,
      () => chargeOf(scene.facts.method, { amount: '9223372036854775808' }),
      'BAD_USER_INPUT',
      'data.amount',
      ['data.amount'],
    ],
    [
      'charge with a card number in the description',
      CHARGE,
      () => chargeOf(scene.facts.method, { description: CARD_SPELLINGS[2] }),
      'BAD_USER_INPUT',
      'description',
      ['data.description'],
    ],
    [
      'charge with the code of a session',
      CHARGE,
      () => chargeOf(scene.facts.method, { merchantInternalTransactionCode: scene.facts.open.merchantInternalTransactionCode }),
      'CODE_ALREADY_USED',
      'merchantInternalTransactionCode',
    ],
    ['detach of an unknown method', detach, () => ({ id: NO_SUCH_ID }), 'PAYMENT_METHOD_NOT_FOUND', 'payment method'],
    [
      'erase of an unknown customer',
      erase,
      () => ({ by: { merchantInternalCustomerCode: 'nobody' } }),
      'CUSTOMER_NOT_FOUND',
      'customer',
    ],
    [
      'erase by two selectors',
      erase,
      () => ({ by: { id: NO_SUCH_ID, merchantInternalCustomerCode: 'nobody' } }),
      'BAD_USER_INPUT',
      'by',
      ['by'],
    ],
  ])('%s', async (_what, text, variables, code, about, paths = []) => {
    const refused = await scene.refuse(() => scene.merchant.query(text, variables()), { paths });
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(about instanceof RegExp ? about : new RegExp(about, 'i'));
  });

  test('a key that another call has used', async () => {
    const [by, key] = [{ id: scene.facts.payment }, newCode('key')];
    await scene.merchant.data(REFUND, { by, amount: '1', key });
    scene.forget();
    expect((await scene.refuse(() => scene.merchant.query(REFUND, { by, amount: '2', key }))).code).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
  });

  test('cancel of a session that is paid', async () => {
    const { session } = await paid(scene.gateway, scene.merchant);
    scene.forget();
    expect((await scene.refuse(() => scene.merchant.query(cancel, { by: { id: session.id } }))).code).toBe(
      'SESSION_NOT_CANCELABLE',
    );
  });
});

describe('a list is refused', () => {
  const cursorOf = async (list: string) =>
    (await scene.merchant.data(`{ ${list} { edges { cursor } } }`))[list.split('(')[0] ?? ''].edges[0].cursor;
  const forged = (...parts: string[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  const list = (field: string) => `query List($after: String) { ${field} { edges { cursor } } }`;

  test.each<[args: string, paths: readonly string[]]>([
    ['first: 101', ['first']],
    ['last: 101', ['last']],
    ['take: 101', ['take']],
    ['first: -1', ['first']],
    ['skip: -1', ['skip']],
    ['first: 5, last: 5', ['last']],
    ['first: 5, take: 5', ['take']],
    ['before: "x"', ['before']],
    ['first: 5, after: "nonsense"', ['after']],
    ['last: 5, before: "e30"', ['before']],
    ['first: 5, after: ""', ['after']],
    ['filter: { amountMin: -1 }', ['filter.amountMin']],
    ['filter: { amountMax: "9223372036854775808" }', ['filter.amountMax']],
    ['filter: { merchantInternalCustomerCode: "" }', ['filter.merchantInternalCustomerCode']],
  ])('with %s', async (args, paths) => {
    expect(
      (await scene.refuse(() => scene.merchant.query(`{ clientSessions(${args}) { edges { cursor } } }`), { paths })).code,
    ).toBe('BAD_USER_INPUT');
  });

  test.each(['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+10:00', '9999-12-31T23:59:59-10:00', 'yesterday', 5])(
    'with a time that no column holds: %j',
    async (createdFrom) => {
      const query = 'query List($filter: ClientSessionFilter) { clientSessions(filter: $filter) { totalCount } }';
      const call = () => scene.merchant.query(query, { filter: { createdFrom } });
      expect((await scene.refuse(call, { paths: ['filter.createdFrom'] })).code).toBe('BAD_USER_INPUT');
    },
  );

  test.each<[what: string, field: string, cursor: () => Promise<string> | string]>([
    ['with a cursor of transactions', 'clientSessions(after: $after, first: 5)', () => cursorOf('transactions')],
    [
      'with a cursor of another order',
      'clientSessions(after: $after, first: 5)',
      () => cursorOf('clientSessions(sort: { field: AMOUNT, order: ASC })'),
    ],
    ['with a cursor of the events', 'customers(after: $after, first: 5)', () => cursorOf('events')],
    ['of events with a cursor of sessions', 'events(after: $after)', () => cursorOf('clientSessions')],
    ['of events with a number that is too long', 'events(after: $after)', () => forged('9'.repeat(19), '1')],
    [
      'with an amount in the cursor that no column holds',
      'clientSessions(after: $after, first: 5, sort: { field: AMOUNT, order: ASC })',
      () => forged('amount', '9'.repeat(19), NO_SUCH_ID),
    ],
    [
      'with a time in the cursor that no column holds',
      'clientSessions(after: $after, first: 5)',
      () => forged('createdAt', '-271821-04-20T00:00:00.000Z', NO_SUCH_ID),
    ],
  ])('%s', async (_what, field, cursor) => {
    const after = await cursor();
    expect((await scene.refuse(() => scene.merchant.query(list(field), { after }), { paths: ['after'] })).code).toBe(
      'BAD_USER_INPUT',
    );
  });
});
