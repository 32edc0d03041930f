import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey, revokeKey } from '../../src/merchants/keys.ts';
import { MINUTE_MS } from '../../src/kernel/clock.ts';
import {
  type Answer,
  BILLING,
  CARDS,
  CHARGE,
  type Data,
  type Gateway,
  must,
  newCode,
  openGateway,
  paid,
  PUBLIC_URL,
  READ_SESSION,
  READ_TRANSACTION,
  REFUND,
  SETTLE,
  start,
  startInput,
  startText,
  type TestMerchant,
  verifyText,
  VOID,
} from '../support/gateway.ts';

const CARD_SPELLINGS = ['4242424242424242', '4242 4242 4242 4242', '4242-4242-4242-4242'] as const;
const CARD_IN_ANSWER = /4242\D?4242\D?4242\D?4242/;
/** Passes Luhn and has the length of a card, as one code in ten does. */
const LUHN = '4242424242424242';
/** Asks for statuses that tell requests that ran from those that did not. */
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
const NO_SUCH_ID = '018f0000-0000-7000-8000-000000000000';
const LONG = (length: number) => 'x'.repeat(length);

let gateway: Gateway;
let merchant: TestMerchant;
/** What exists before the first bad call, and must be all that exists after the last. */
let facts: Readonly<Record<'open' | 'authorizing' | 'foreign', Data>> &
  Readonly<Record<'payment' | 'declined' | 'held' | 'settled' | 'voided' | 'method' | 'detached' | 'expiredKey' | 'revokedKey', string>>;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant({ returnOrigins: ['https://shop.example'] });
  const other = await gateway.newMerchant();
  const ended = async (kind: 'PAYMENT' | 'AUTHORIZATION', card: string) => (await paid(gateway, merchant, { kind, card })).transaction.id;
  const stored = async () => (await paid(gateway, merchant, { kind: 'ADD_PAYMENT_METHOD' })).transaction.paymentMethod.id;
  const [settled, voided, detached] = [await ended('AUTHORIZATION', CARDS.approve), await ended('AUTHORIZATION', CARDS.approve), await stored()];
  await merchant.data(SETTLE, { by: { id: settled } });
  await merchant.data(VOID, { by: { id: voided } });
  await merchant.data('mutation Detach($id: ID!) { detachPaymentMethod(id: $id) { id } }', { id: detached });
  const key = { kind: 'SECRET', label: 'old', expiresAt: null } as const;
  const soon = new Date(gateway.clock.now().getTime() + 1);
  const expired = must(await createKey(gateway.app.deps, merchant.scope, { ...key, expiresAt: soon }));
  const revoked = must(await createKey(gateway.app.deps, merchant.scope, key));
  must(await revokeKey(gateway.app.deps, merchant.scope.merchantId, revoked.key.id));
  facts = {
    payment: await ended('PAYMENT', CARDS.approve),
    declined: await ended('PAYMENT', CARDS.decline),
    held: await ended('AUTHORIZATION', CARDS.approve),
    settled,
    voided,
    method: await stored(),
    detached,
    open: await start(merchant, 'PAYMENT'),
    authorizing: await start(merchant, 'AUTHORIZATION'),
    foreign: await start(other, 'PAYMENT'),
    expiredKey: expired.text,
    revokedKey: revoked.text,
  };
  await gateway.pass(MINUTE_MS);
});

afterAll(() => gateway.close());

const TABLES = ['sessions', 'transactions', 'operations', 'merchant_codes', 'customers', 'payment_methods', 'events', 'bank_payments', 'bank_movements'];

/** Every row of what money depends on, as one text: nothing was written when it stays the same. */
async function ledger(): Promise<unknown> {
  const parts = TABLES.map((table) => `SELECT '${table}' AS name, count(*)::int AS rows, md5(string_agg(t::text, '' ORDER BY t::text)) AS digest FROM ${table} t`);
  return gateway.database.client.$queryRawUnsafe(parts.join(' UNION ALL '));
}

/** The ledger as the last refusal left it; forgotten by tests that write. */
let known: unknown;

interface Refused {
  /** Where the answer says the problem is; none where the call as a whole is refused. */
  readonly paths?: readonly string[];
  /** What must not be repeated to anybody. */
  readonly hidden?: readonly string[];
}

/** Makes the call and holds what every refusal must keep. Returns the code of the one error, and its text. */
async function refuse(call: () => Promise<Answer>, { paths = [], hidden = [] }: Refused = {}): Promise<{ code: string | undefined; message: string; status: number }> {
  const before = (known ??= await ledger());
  const firstLine = gateway.logLines.length;
  const answer = await call();
  const lines = gateway.logLines.slice(firstLine).join('\n');
  const text = JSON.stringify(answer);
  known = await ledger();
  expect(known).toEqual(before);
  expect(lines).not.toMatch(/"level":"(error|fatal)"/);
  expect(text).not.toMatch(/\\n +at |node_modules|\.ts:\d|prisma|postgres/i);
  for (const place of [text, lines]) {
    expect(place).not.toMatch(CARD_IN_ANSWER);
    for (const value of hidden) expect(place).not.toContain(value);
  }
  expect(answer.errors).toHaveLength(1);
  const [error] = answer.errors;
  expect((error?.extensions.issues ?? []).map((issue) => issue.path.join('.')).sort()).toEqual([...paths].sort());
  for (const path of paths) expect(error?.extensions.issues?.some((issue) => issue.message.length > 10 && path === issue.path.join('.'))).toBe(true);
  return { code: error?.extensions.code, message: error?.message ?? '', status: answer.status };
}

/** A good start with one value changed deep inside; undefined removes it. */
function startWith(path: string, value: unknown): Record<string, unknown> {
  const input = structuredClone(startInput('PAYMENT')) as { data: Record<string, unknown> };
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.reduce<Record<string, unknown>>((at, key) => {
    at[key] ??= key === 'shipping' || key === 'user' ? contact(key) : {};
    return at[key] as Record<string, unknown>;
  }, input.data);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return input;
}

/** A table row with a title of bearable length. */
function rows(table: readonly (readonly [path: string, value: unknown])[]) {
  return table.map(([path, value]) => ({ path, value, shown: (JSON.stringify(value) ?? 'nothing').slice(0, 40) }));
}

function contact(prefix: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(BILLING).map(([name, value]) => [name.replace('billing', prefix), value]));
}

describe('a start is refused, with nothing written,', () => {
  test.each(rows([
    ['amount', undefined], ['amount', null], ['amount', '0'], ['amount', 0], ['amount', '-5'], ['amount', '9223372036854775808'],
    ['amount', 9007199254740993], ['amount', 1.5], ['amount', '10.00'], ['amount', 'abc'], ['amount', ''], ['amount', ['1']], ['amount', true],
    ['currency', undefined], ['currency', 'usd'], ['currency', 'ZZZ'], ['currency', 840],
    ['merchantInternalTransactionCode', undefined], ['merchantInternalTransactionCode', ''], ['merchantInternalTransactionCode', '  '],
    ['merchantInternalTransactionCode', LONG(256)], ['merchantInternalTransactionCode', 'a\u0000b'], ['merchantInternalTransactionCode', 'a\ud800b'],
    ['merchantInternalTransactionCode', 7], ['storePaymentMethod', undefined], ['storePaymentMethod', 'true'],
    ['billing', undefined], ['billing', 'Jane'], ['billing.billingFirstName', undefined], ['billing.billingFirstName', LONG(101)],
    ['billing.billingLastName', ' '], ['billing.billingEmail', 'jane@'], ['billing.billingEmail', `${LONG(250)}@example.com`],
    ['billing.billingPhone', '0049 171'], ['billing.billingPhone', '+123'], ['billing.billingPhone', `+1${'2'.repeat(15)}`],
    ['billing.billingAddressCountry', 'UK'], ['billing.billingAddressCountry', 'us'], ['billing.billingAddressState', 'US-QQ'],
    ['billing.billingAddressState', 'CA-QC'], ['billing.billingAddressLine1', LONG(201)], ['billing.nickname', 'JJ'],
    ['customer.merchantInternalCustomerCode', ''], ['customer.merchantInternalCustomerCode', LONG(256)],
    ['user.userBirthDate', '1990-02-30'], ['user.userLocale', 'english please'], ['shipping.shippingEmail', 'nobody'],
    ['device.deviceIp', '300.1.1.1'], ['device.deviceType', 'TOASTER'], ['device.deviceName', LONG(501)],
    ['returnUrl', 'shop.example/back'], ['returnUrl', 'http://shop.example/back'], ['returnUrl', 'javascript:alert(1)'], ['returnUrl', 'https://me:pw@shop.example/'],
    ['metadata', 'order'], ['metadata', ['a']], ['metadata.order', 12], ['metadata.order', { deep: 'er' }], ['metadata.order', LONG(501)],
    ['description', LONG(1001)], ['attemptsMax', 0], ['attemptsMax', 21], ['attemptsMax', '3'], ['expiresAt', 'tomorrow'], ['expiresAt', 1_764_000_000],
    ['expiresAt', '2020-01-01T00:00:00Z'], ['expiresAt', '2999-01-01T00:00:00Z'], ['expiresAt', '0000-01-01T00:00:00Z'],
  ]))('with $path = $shown', async ({ path, value }) => {
    const { code, message } = await refuse(() => merchant.query(startText('PAYMENT'), startWith(path, value)), { paths: [`data.${path}`] });
    expect(code).toBe('BAD_USER_INPUT');
    expect(message).toContain(path);
  });

  test.each<[what: string, provider: unknown, path: string]>([
    ['no provider selector', {}, 'provider'],
    ['two provider selectors', { transactionProvider: 'EXAMPLE', merchantTransactionProviderId: NO_SUCH_ID }, 'provider'],
    ['an unknown provider', { transactionProvider: 'PAYPAL' }, 'provider.transactionProvider'],
    ['a provider that is missing', undefined, 'provider'],
  ])('with %s', async (_what, provider, path) => {
    const input = { ...startInput('PAYMENT'), provider };
    expect((await refuse(() => merchant.query(startText('PAYMENT'), input), { paths: [path] })).code).toBe('BAD_USER_INPUT');
  });

  test.each<[what: string, input: () => Record<string, unknown>, code: string, message: RegExp]>([
    ['an account that does not exist', () => ({ ...startInput('PAYMENT'), provider: { merchantTransactionProviderId: NO_SUCH_ID } }), 'PROVIDER_ACCOUNT_NOT_FOUND', /provider account/],
    ['an account id that is none', () => ({ ...startInput('PAYMENT'), provider: { merchantTransactionProviderId: LUHN } }), 'PROVIDER_ACCOUNT_NOT_FOUND', /provider account/],
    ['a provider without an account', () => ({ ...startInput('PAYMENT'), provider: { transactionProvider: 'STRIPE' } }), 'PROVIDER_ACCOUNT_NOT_FOUND', /STRIPE/],
    ['a returnUrl that is not on the list', () => startWith('returnUrl', 'https://evil.example/back'), 'RETURN_URL_NOT_ALLOWED', /data\.returnUrl/],
    ['a returnUrl that only begins like one on the list', () => startWith('returnUrl', 'https://shop.example.evil.example/'), 'RETURN_URL_NOT_ALLOWED', /data\.returnUrl/],
    ['a code that a session has', () => startInput('PAYMENT', { merchantInternalTransactionCode: facts.open.merchantInternalTransactionCode, amount: '1' }), 'CODE_ALREADY_USED', /merchantInternalTransactionCode/],
  ])('with %s', async (_what, input, code, message) => {
    const refused = await refuse(() => merchant.query(startText('PAYMENT'), input()));
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
  });

  const names = ['FirstName', 'LastName', 'AddressCity', 'AddressLine1', 'AddressLine2', 'AddressState'];
  const fields = ['billing', 'shipping', 'user'].flatMap((prefix) => names.map((name) => `${prefix}.${prefix}${name}`));
  test.each([...fields, 'description', 'metadata.note'])('with a card number in %s, however it is typed', async (path) => {
    for (const card of CARD_SPELLINGS) {
      const call = () => merchant.query(startText('PAYMENT'), startWith(path, `Card ${card} please`));
      expect((await refuse(call, { paths: [`data.${path}`] })).message).toContain('card number');
    }
  });

  test('with a card number as a metadata key', async () => {
    for (const card of CARD_SPELLINGS) {
      expect((await refuse(() => merchant.query(startText('PAYMENT'), startWith('metadata', { [card]: 'x' })), { paths: ['data.metadata'] })).code).toBe('BAD_USER_INPUT');
    }
  });

  test('and every problem of one input is told at once, each with its path, also beside a wrong enum value', async () => {
    const input = startWith('currency', 'DOGE') as { data: Record<string, unknown>; provider: unknown };
    const billing = { ...BILLING, billingLastName: undefined, billingEmail: 'jane', billingAddressCountry: 'Mars', billingPhone: '12', billingAddressCity: CARD_SPELLINGS[1] };
    Object.assign(input.data, { amount: '0', attemptsMax: 0, metadata: { card: CARD_SPELLINGS[2], count: 3 }, returnUrl: 'nowhere', billing });
    input.provider = { transactionProvider: 'PAYPAL' };
    const inBilling = ['billingLastName', 'billingEmail', 'billingAddressCountry', 'billingPhone', 'billingAddressCity'].map((name) => `data.billing.${name}`);
    const inData = ['amount', 'attemptsMax', 'currency', 'metadata.card', 'metadata.count', 'returnUrl'].map((name) => `data.${name}`);
    const paths = [...inBilling, ...inData, 'provider.transactionProvider'];
    const { code, message } = await refuse(() => merchant.query(startText('PAYMENT'), input), { paths, hidden: ['DOGE', 'Mars', 'PAYPAL', 'nowhere'] });
    expect(code).toBe('BAD_USER_INPUT');
    expect(message).toContain(`${paths.length} problems`);
  });
});

describe('digits that only look like a card number are taken', () => {
  afterAll(() => {
    known = undefined;
  });

  test.each<[path: string, value: unknown]>([
    ['merchantInternalTransactionCode', LUHN], ['customer.merchantInternalCustomerCode', LUHN], ['billing.billingPhone', '+378282246310005'],
    ['device.deviceId', LUHN], ['user.userLegalIdentifier', LUHN], ['amount', '4242424242424242'], ['metadata.count', '1234567890123'], ['amount', '9223372036854775807'],
  ])('in %s as %j', async (path, value) => {
    expect((await merchant.data(startText('PAYMENT'), startWith(path, value))).session.status).toBe('PENDING');
  });

  test('in selectors and in an idempotencyKey', async () => {
    expect((await merchant.data(READ_SESSION, { by: { merchantInternalTransactionCode: LUHN } })).clientSession.merchantInternalTransactionCode).toBe(LUHN);
    expect((await merchant.data(REFUND, { by: { id: facts.payment }, amount: '1', key: LUHN })).transaction.status).toBe('SUCCEEDED');
  });
});

test('an amount and an instant in the query text are taken each time that the same text is sent', async () => {
  const expiresAt = new Date(gateway.clock.now().getTime() + 10 * MINUTE_MS).toISOString();
  const billing = 'billing: { billingFirstName: "J", billingLastName: "S", billingEmail: "j@example.com", billingAddressCountry: US }';
  const data = `data: { merchantInternalTransactionCode: "${newCode()}", amount: 1234, currency: USD, storePaymentMethod: false, expiresAt: "${expiresAt}", ${billing} }`;
  const text = `mutation { startPaymentSession(provider: { transactionProvider: EXAMPLE }, ${data}) { id amount expiresAt } }`;
  const inFilter = `query List($min: BigInt = 1234) { clientSessions(filter: { amountMin: $min, amountMax: "1234", createdFrom: "2026-01-01T00:00:00Z" }) { totalCount } }`;
  // The interpreter answers the first, the compiled program would answer the others.
  for (let run = 1; run <= 3; run += 1) {
    expect((await merchant.data(text)).startPaymentSession).toMatchObject({ amount: '1234', expiresAt });
    expect((await merchant.data(inFilter)).clientSessions.totalCount).toBe(1);
  }
  known = undefined;
});

describe('a call on what exists is refused, with nothing written:', () => {
  const chargeOf = (method: string, wish: Record<string, unknown> = {}) => ({
    data: { paymentMethodId: method, merchantInternalTransactionCode: newCode('charge'), amount: '500', currency: 'USD', ...wish },
  });
  const refund = `mutation Refund($by: TransactionSelector!, $amount: BigInt, $reason: String, $key: String) {
    refundTransaction(by: $by, amount: $amount, reason: $reason, idempotencyKey: $key) { id } }`;
  const cancel = 'mutation Cancel($by: ClientSessionSelector!) { cancelClientSession(by: $by) { id } }';
  const detach = 'mutation Detach($id: ID!) { detachPaymentMethod(id: $id) { id } }';
  const erase = 'mutation Erase($by: CustomerSelector!) { eraseCustomer(by: $by) { id } }';
  type Row = [what: string, text: string, variables: () => Record<string, unknown>, code: string, about: string | RegExp, paths?: readonly string[]];
  const byId = (id: () => string, rest: Record<string, unknown> = {}) => () => ({ by: { id: id() }, ...rest });

  test.each<Row>([
    ['an unknown session', READ_SESSION, () => ({ by: { id: NO_SUCH_ID } }), 'SESSION_NOT_FOUND', 'session'],
    ['a session id that is none', READ_SESSION, () => ({ by: { id: "' OR 1=1 --" } }), 'SESSION_NOT_FOUND', 'session'],
    ['an unknown token', READ_SESSION, () => ({ by: { token: 'cst_nothing' } }), 'SESSION_NOT_FOUND', 'session'],
    ['an unknown provider code', READ_SESSION, () => ({ by: { providerCode: 'exm_pay_nothing' } }), 'SESSION_NOT_FOUND', 'session'],
    ['two session selectors', READ_SESSION, () => ({ by: { id: facts.open.id, token: facts.open.token } }), 'BAD_USER_INPUT', 'by', ['by']],
    ['no session selector', READ_SESSION, () => ({ by: {} }), 'BAD_USER_INPUT', 'by', ['by']],
    ['a selector that is null', READ_SESSION, () => ({ by: { id: null } }), 'BAD_USER_INPUT', 'by', ['by.id']],
    ['a blank selector', READ_SESSION, () => ({ by: { merchantInternalTransactionCode: ' ' } }), 'BAD_USER_INPUT', 'merchantInternalTransactionCode', ['by.merchantInternalTransactionCode']],
    ['another merchant’s session', READ_SESSION, () => ({ by: { token: facts.foreign.token } }), 'SESSION_NOT_FOUND', 'session'],
    ['an unknown transaction', READ_TRANSACTION, () => ({ by: { id: NO_SUCH_ID } }), 'TRANSACTION_NOT_FOUND', 'transaction'],
    ['a transaction id that is none', READ_TRANSACTION, () => ({ by: { id: 'tx-1' } }), 'TRANSACTION_NOT_FOUND', 'transaction'],
    ['verify of another kind', verifyText('AUTHORIZATION'), byId(() => facts.open.id), 'WRONG_SESSION_KIND', /PAYMENT/],
    ['verify as a stored method', verifyText('ADD_PAYMENT_METHOD'), byId(() => facts.authorizing.id), 'WRONG_SESSION_KIND', /AUTHORIZATION/],
    ['verify before anything was tried', verifyText('PAYMENT'), byId(() => facts.open.id), 'SESSION_NOT_COMPLETED', 'payer'],
    ['cancel of an unknown session', cancel, () => ({ by: { id: NO_SUCH_ID } }), 'SESSION_NOT_FOUND', 'session'],
    ['settle of a payment', SETTLE, byId(() => facts.payment), 'INVALID_TRANSACTION_STATE', 'PAYMENT'],
    ['settle of more than is held', SETTLE, byId(() => facts.held, { amount: '10001' }), 'AMOUNT_EXCEEDS_AVAILABLE', 'amount'],
    ['settle of nothing', SETTLE, byId(() => facts.held, { amount: '0' }), 'BAD_USER_INPUT', 'amount', ['amount']],
    ['a second settle', SETTLE, byId(() => facts.settled), 'INVALID_TRANSACTION_STATE', 'SETTLED'],
    ['settle after a void', SETTLE, byId(() => facts.voided), 'INVALID_TRANSACTION_STATE', 'VOIDED'],
    ['void after a settle', VOID, byId(() => facts.settled), 'INVALID_TRANSACTION_STATE', 'SETTLED'],
    ['void of a captured payment', 'mutation V($by: TransactionSelector!) { voidTransaction(by: $by) { id } }', byId(() => facts.payment), 'UNSUPPORTED', 'Refund'],
    ['refund of more than was taken', refund, byId(() => facts.payment, { amount: '10001' }), 'AMOUNT_EXCEEDS_AVAILABLE', 'amount'],
    ['refund of a declined payment', refund, byId(() => facts.declined), 'INVALID_TRANSACTION_STATE', 'DECLINED'],
    ['refund of a hold', refund, byId(() => facts.held), 'INVALID_TRANSACTION_STATE', 'AUTHORIZATION'],
    ['a negative refund', refund, byId(() => facts.payment, { amount: -1 }), 'BAD_USER_INPUT', 'amount', ['amount']],
    ['a refund as a float', refund, byId(() => facts.payment, { amount: 0.5 }), 'BAD_USER_INPUT', 'amount', ['amount']],
    ['a card number as the reason', refund, byId(() => facts.payment, { reason: CARD_SPELLINGS[1] }), 'BAD_USER_INPUT', 'reason', ['reason']],
    ['a blank idempotencyKey', refund, byId(() => facts.payment, { key: ' ' }), 'BAD_USER_INPUT', 'idempotencyKey', ['idempotencyKey']],
    ['sync of an unknown transaction', 'mutation S($by: TransactionSelector!) { syncTransaction(by: $by) { id } }', () => ({ by: { id: NO_SUCH_ID } }), 'TRANSACTION_NOT_FOUND', 'transaction'],
    ['charge of a detached method', CHARGE, () => chargeOf(facts.detached), 'PAYMENT_METHOD_NOT_CHARGEABLE', 'DISABLED'],
    ['charge of an unknown method', CHARGE, () => chargeOf(NO_SUCH_ID), 'PAYMENT_METHOD_NOT_FOUND', 'payment method'],
    ['charge of a method id that is none', CHARGE, () => chargeOf('card-1'), 'PAYMENT_METHOD_NOT_FOUND', 'payment method'],
    ['charge of nothing', CHARGE, () => chargeOf(facts.method, { amount: 0 }), 'BAD_USER_INPUT', 'data.amount', ['data.amount']],
    ['charge of 2^63', CHARGE, () => chargeOf(facts.method, { amount: '9223372036854775808' }), 'BAD_USER_INPUT', 'data.amount', ['data.amount']],
    ['charge with a card number in the description', CHARGE, () => chargeOf(facts.method, { description: CARD_SPELLINGS[2] }), 'BAD_USER_INPUT', 'description', ['data.description']],
    ['charge with the code of a session', CHARGE, () => chargeOf(facts.method, { merchantInternalTransactionCode: facts.open.merchantInternalTransactionCode }), 'CODE_ALREADY_USED', 'merchantInternalTransactionCode'],
    ['detach of an unknown method', detach, () => ({ id: NO_SUCH_ID }), 'PAYMENT_METHOD_NOT_FOUND', 'payment method'],
    ['erase of an unknown customer', erase, () => ({ by: { merchantInternalCustomerCode: 'nobody' } }), 'CUSTOMER_NOT_FOUND', 'customer'],
    ['erase by two selectors', erase, () => ({ by: { id: NO_SUCH_ID, merchantInternalCustomerCode: 'nobody' } }), 'BAD_USER_INPUT', 'by', ['by']],
  ])('%s', async (_what, text, variables, code, about, paths = []) => {
    const refused = await refuse(() => merchant.query(text, variables()), { paths });
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(about instanceof RegExp ? about : new RegExp(about, 'i'));
  });

  test('a key that another call has used', async () => {
    const [by, key] = [{ id: facts.payment }, newCode('key')];
    await merchant.data(REFUND, { by, amount: '1', key });
    known = undefined;
    expect((await refuse(() => merchant.query(REFUND, { by, amount: '2', key }))).code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  test('cancel of a session that is paid', async () => {
    const { session } = await paid(gateway, merchant);
    known = undefined;
    expect((await refuse(() => merchant.query(cancel, { by: { id: session.id } }))).code).toBe('SESSION_NOT_CANCELABLE');
  });
});

describe('a list is refused', () => {
  const cursorOf = async (list: string) => (await merchant.data(`{ ${list} { edges { cursor } } }`))[list.split('(')[0] ?? ''].edges[0].cursor;
  const forged = (...parts: string[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  const list = (field: string) => `query List($after: String) { ${field} { edges { cursor } } }`;

  test.each<[args: string, paths: readonly string[]]>([
    ['first: 101', ['first']], ['last: 101', ['last']], ['take: 101', ['take']], ['first: -1', ['first']], ['skip: -1', ['skip']],
    ['first: 5, last: 5', ['last']], ['first: 5, take: 5', ['take']], ['before: "x"', ['before']], ['first: 5, after: "nonsense"', ['after']], ['last: 5, before: "e30"', ['before']],
    ['first: 5, after: ""', ['after']], ['filter: { amountMin: -1 }', ['filter.amountMin']], ['filter: { amountMax: "9223372036854775808" }', ['filter.amountMax']],
    ['filter: { merchantInternalCustomerCode: "" }', ['filter.merchantInternalCustomerCode']],
  ])('with %s', async (args, paths) => {
    expect((await refuse(() => merchant.query(`{ clientSessions(${args}) { edges { cursor } } }`), { paths })).code).toBe('BAD_USER_INPUT');
  });

  test.each(['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+10:00', '9999-12-31T23:59:59-10:00', 'yesterday', 5])('with a time that no column holds: %j', async (createdFrom) => {
    const query = 'query List($filter: ClientSessionFilter) { clientSessions(filter: $filter) { totalCount } }';
    const call = () => merchant.query(query, { filter: { createdFrom } });
    expect((await refuse(call, { paths: ['filter.createdFrom'] })).code).toBe('BAD_USER_INPUT');
  });

  test.each<[what: string, field: string, cursor: () => Promise<string> | string]>([
    ['with a cursor of transactions', 'clientSessions(after: $after, first: 5)', () => cursorOf('transactions')],
    ['with a cursor of another order', 'clientSessions(after: $after, first: 5)', () => cursorOf('clientSessions(sort: { field: AMOUNT, order: ASC })')],
    ['with a cursor of the events', 'customers(after: $after, first: 5)', () => cursorOf('events')],
    ['of events with a cursor of sessions', 'events(after: $after)', () => cursorOf('clientSessions')],
    ['of events with a number that is too long', 'events(after: $after)', () => forged('9'.repeat(19), '1')],
    ['with an amount in the cursor that no column holds', 'clientSessions(after: $after, first: 5, sort: { field: AMOUNT, order: ASC })', () => forged('amount', '9'.repeat(19), NO_SUCH_ID)],
    ['with a time in the cursor that no column holds', 'clientSessions(after: $after, first: 5)', () => forged('createdAt', '-271821-04-20T00:00:00.000Z', NO_SUCH_ID)],
  ])('%s', async (_what, field, cursor) => {
    const after = await cursor();
    expect((await refuse(() => merchant.query(list(field), { after }), { paths: ['after'] })).code).toBe('BAD_USER_INPUT');
  });
});

describe('a request is refused', () => {
  const post = (body: string, headers: Record<string, string> = {}) => ({ method: 'POST', body, headers: { ...JSON_HEADERS, authorization: `Bearer ${merchant.secretKey}`, ...headers } });
  const query = (text: string, headers?: Record<string, string>) => post(JSON.stringify({ query: text }), headers);
  const as = (credential: string) => query('{ clientSessions { totalCount } }', { authorization: credential });
  const nested = (depth: number) => `{ transaction(by: { id: "x" }) ${'{ relatedTransaction '.repeat(depth)}{ id }${' }'.repeat(depth)} }`;
  const many = (count: number) => `{ ${Array.from({ length: count }, (_, n) => `a${n}: merchant { name }`).join(' ')} }`;

  test.each<[what: string, init: () => RequestInit, status: number, code: string, path?: string]>([
    ['whose JSON is broken', () => post('{"query": "{ merchant'), 400, 'BAD_USER_INPUT'],
    ['whose JSON is a list', () => post('[{"query":"{ __typename }"}]'), 400, 'BAD_USER_INPUT'],
    ['whose JSON is a number', () => post('42'), 400, 'BAD_USER_INPUT'],
    ['without a query', () => post('{}'), 400, 'BAD_USER_INPUT'],
    ['whose variables are a text', () => post(JSON.stringify({ query: '{ __typename }', variables: 'none' })), 400, 'BAD_USER_INPUT'],
    ['that is a plain text', () => query('{ __typename }', { 'content-type': 'text/plain' }), 415, 'BAD_USER_INPUT'],
    ['that is a form', () => query('{ __typename }', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'BAD_USER_INPUT'],
    ['of 10 MB', () => post(JSON.stringify({ query: '{ __typename }', variables: { text: 'x'.repeat(10_000_000) } })), 413, 'PAYLOAD_TOO_LARGE'],
    ['that is no GraphQL', () => query('{ merchant {'), 400, 'GRAPHQL_PARSE_FAILED'],
    ['with an unknown field', () => query('{ merchant { secretKey } }'), 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['with a card number as a literal', () => query('mutation { refundTransaction(by: { id: 4242424242424242 }, reason: 4242424242424242) { id } }'), 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['with an unknown enum value as a literal', () => query('{ clientSessions(sort: { field: SIZE, order: ASC }) { totalCount } }'), 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['for an operation that it does not hold', () => post(JSON.stringify({ query: 'query A { __typename }', operationName: 'B' })), 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['with a query 50 deep', () => query(nested(50)), 400, 'QUERY_TOO_EXPENSIVE'],
    ['with 1,000 aliases', () => query(many(1_000)), 400, 'QUERY_TOO_EXPENSIVE'],
    ['with too many aliases in few tokens', () => query(many(31)), 400, 'QUERY_TOO_EXPENSIVE'],
    ['with too many tokens', () => query(`{ ${'__typename '.repeat(2_100)} }`), 400, 'QUERY_TOO_EXPENSIVE'],
    ['for too many fields', () => query('{ clientSessions(first: 100) { edges { node { transactions { relatedTransactions { relatedTransactions { relatedTransactions { id amount } } } } } } } }'), 400, 'QUERY_TOO_EXPENSIVE'],
    ['for a mutation by GET', () => ({ headers: { authorization: `Bearer ${merchant.secretKey}` } }), 405, 'BAD_USER_INPUT', `/graphql?query=${encodeURIComponent('mutation { detachPaymentMethod(id: "x") { id } }')}`],
    ['without a key', () => as(''), 200, 'UNAUTHENTICATED'],
    ['with a key of another scheme', () => as(`Basic ${Buffer.from(`${merchant.secretKey}:`).toString('base64')}`), 200, 'UNAUTHENTICATED'],
    ['with a wrong key', () => as(`Bearer ${merchant.secretKey.slice(0, -1)}_`), 200, 'UNAUTHENTICATED'],
    ['with a key that is far too long', () => as(`Bearer sk_test_${LONG(5_000)}`), 200, 'UNAUTHENTICATED'],
    ['with a revoked key', () => as(`Bearer ${facts.revokedKey}`), 200, 'UNAUTHENTICATED'],
    ['with an expired key', () => as(`Bearer ${facts.expiredKey}`), 200, 'UNAUTHENTICATED'],
    ['with a publishable key on a secret field', () => as(`Bearer ${merchant.publishableKey}`), 200, 'FORBIDDEN'],
    ['with a session token on a list', () => as(`Bearer ${facts.open.token}`), 200, 'FORBIDDEN'],
    ['with a session token on a foreign session', () => query(`{ clientSession(by: { token: "${facts.foreign.token}" }) { id } }`, { authorization: `Bearer ${facts.open.token}` }), 200, 'SESSION_NOT_FOUND'],
    ['with a publishable key on a session by id', () => query(`{ clientSession(by: { id: "${facts.open.id}" }) { id } }`, { authorization: `Bearer ${merchant.publishableKey}` }), 200, 'FORBIDDEN'],
  ])('%s', async (_what, init, status, code, path = '/graphql') => {
    const hidden = [merchant.secretKey, merchant.publishableKey, facts.revokedKey, facts.expiredKey, facts.open.token, facts.foreign.token];
    const call = async (): Promise<Answer> => {
      const response = await gateway.app.fetch(new Request(`${PUBLIC_URL}${path}`, init()));
      const answer = (await response.json()) as Answer;
      expect(new Set(answer.errors.map((error) => error.extensions.code))).toEqual(new Set([code]));
      // A query may be too deep and too costly at once; the rest of a refusal is held for the first of them.
      return { status: response.status, data: answer.data, errors: answer.errors.slice(0, 1) };
    };
    const refused = await refuse(call, { hidden });
    expect(refused.message).not.toBe('');
    expect(refused.status).toBe(status);
  });
});
