import { describe, expect, test } from 'vitest';
import { createMerchantServer, EXAMPLE_PROVIDER, GOOD_DATA, PASSED, post, START } from './server-support.ts';

const { server, lines } = createMerchantServer();

/** Changes one value deep in the good input; undefined removes it. */
function withValue(path: string, value: unknown): Record<string, unknown> {
  const data = structuredClone(GOOD_DATA) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.reduce<Record<string, unknown>>((at, key) => (at[key] ??= {}) as Record<string, unknown>, data);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return data;
}

async function issuesOf(data: unknown, provider: unknown = EXAMPLE_PROVIDER) {
  const answer = await post(server, START, { provider, data });
  const error = answer.errors?.[0];
  return {
    code: error?.extensions.code,
    paths: (error?.extensions.issues ?? []).map((issue) => issue.path.join('.')),
    text: JSON.stringify(answer),
  };
}

const CARD = '4242 4242 4242 4242';
const LONG = (length: number) => 'x'.repeat(length);

describe('a start is refused with the path of what is wrong', () => {
  test.each([
    ['amount', '0'],
    ['amount', '-1'],
    ['amount', '9223372036854775808'],
    ['amount', 1e21],
    ['amount', 9007199254740993],
    ['amount', 1.5],
    ['amount', '12.5'],
    ['amount', true],
    ['amount', null],
    ['amount', undefined],
    ['currency', 'XYZ'],
    ['currency', 'usd'],
    ['currency', undefined],
    ['storePaymentMethod', 'yes'],
    ['storePaymentMethod', undefined],
    ['merchantInternalTransactionCode', ''],
    ['merchantInternalTransactionCode', '   '],
    ['merchantInternalTransactionCode', LONG(256)],
    ['merchantInternalTransactionCode', 'a\u0000b'],
    ['merchantInternalTransactionCode', undefined],
    ['billing', undefined],
    ['billing', null],
    ['billing', 'Jane'],
    ['billing.billingFirstName', CARD],
    ['billing.billingLastName', LONG(101)],
    ['billing.billingEmail', 'jane'],
    ['billing.billingEmail', ''],
    ['billing.billingEmail', `${LONG(250)}@example.com`],
    ['billing.billingPhone', '212-555-0100'],
    ['billing.billingPhone', '+0125550100'],
    ['billing.billingAddressCountry', 'USA'],
    ['billing.billingAddressState', 'DE-BE'],
    ['billing.billingAddressState', LONG(101)],
    ['billing.billingAddressCity', '4242424242424242'],
    ['billing.billingAddressLine1', `card ${CARD}`],
    ['billing.billingAddressLine2', '4242-4242-4242-4242'],
    ['billing.billingAddressPostalCode', LONG(21)],
    ['billing.unknownField', 'x'],
    ['customer.merchantInternalCustomerCode', LONG(256)],
    ['device.deviceIp', '999.1.1.1'],
    ['device.deviceType', 'FRIDGE'],
    ['description', CARD],
    ['description', LONG(1001)],
    ['metadata.note', CARD],
    ['metadata.note', 5],
    ['metadata.note', LONG(501)],
    ['metadata', 'text'],
    ['attemptsMax', 0],
    ['attemptsMax', 21],
    ['attemptsMax', 1.5],
    ['expiresAt', 'tomorrow'],
    ['expiresAt', 1764000000],
    ['returnUrl', 'http://shop.example/back'],
    ['returnUrl', 'javascript:alert(1)'],
    ['returnUrl', '/back'],
    ['returnUrl', 'https://user:password@shop.example/'],
  ])('%s as %j', async (path, value) => {
    const { code, paths, text } = await issuesOf(withValue(path, value));
    expect({ code, paths }).toEqual({ code: 'BAD_USER_INPUT', paths: [`data.${path}`] });
    if (typeof value === 'string' && value.trim().length > 3) expect(text).not.toContain(value);
  });

  test.each([
    ['a metadata key that is a card number', { [CARD]: 'x' }],
    ['a metadata key that is too long', { [LONG(41)]: 'x' }],
    ['51 metadata keys', Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`key${n}`, 'x']))],
  ])('%s', async (_name, metadata) => {
    const { code, paths, text } = await issuesOf(withValue('metadata', metadata));
    expect({ code, paths }).toEqual({ code: 'BAD_USER_INPUT', paths: ['data.metadata'] });
    expect(text).not.toContain(CARD);
  });

  test.each([
    ['no provider', {}],
    ['two providers', { merchantTransactionProviderId: 'a', transactionProvider: 'EXAMPLE' }],
    ['a provider that is null', { transactionProvider: null }],
  ])('%s', async (_name, provider) => {
    const { code, paths } = await issuesOf(GOOD_DATA, provider);
    expect(code).toBe('BAD_USER_INPUT');
    expect(paths[0]).toMatch(/^provider/);
  });
});

describe('what looks odd and is right passes the checks', () => {
  test.each([
    ['amount', 9007199254740991],
    ['amount', '9223372036854775807'],
    ['amount', 1],
    ['currency', 'XAU'],
    ['billing.billingAddressState', 'NY'],
    ['billing.billingAddressState', 'New York'],
    ['billing.billingAddressState', null],
    ['billing.billingAddressPostalCode', '4242424242424242'],
    ['billing.billingFirstName', 'Zoë-Marie O’Neill'],
    ['billing.billingFirstName', ''],
    ['billing.billingLastName', ' '],
    ['billing.billingEmail', ' jane@example.com '],
    ['device', { deviceIp: '203.0.113.7:51234, 10.0.0.1', deviceBrowser: LONG(600) }],
    ['merchantInternalTransactionCode', '4242424242424242'],
    ['customer.merchantInternalCustomerCode', '4242424242424242'],
    ['metadata', { order: '8821', empty: '' }],
    ['description', 'Two tickets\nfor Saturday, 1234567890123'],
    ['returnUrl', 'http://localhost:3000/back'],
    ['returnUrl', 'https://shop.example/back?order=1'],
    ['expiresAt', '2099-01-01T00:00:00+02:00'],
    ['device', { deviceIp: '2001:db8::1', deviceType: 'TABLET' }],
    ['shipping', null],
  ])('%s as %j', async (path, value) => {
    expect((await issuesOf(withValue(path, value))).code).toBe(PASSED);
  });
});

describe('every problem is told at once', () => {
  test('those that GraphQL’s types find and those of our own rules, in one answer', async () => {
    const data = withValue('currency', 'XYZ');
    Object.assign(data, { amount: '0', attemptsMax: 99, description: CARD });
    Object.assign(data['billing'] as object, {
      billingEmail: 'jane',
      billingAddressState: 'US-XX',
      billingAddressCountry: 'Mars',
    });
    delete (data['billing'] as Record<string, unknown>)['billingLastName'];
    const { code, paths, text } = await issuesOf(data);
    expect(code).toBe('BAD_USER_INPUT');
    expect(paths.sort()).toEqual([
      'data.amount',
      'data.attemptsMax',
      'data.billing.billingAddressCountry',
      'data.billing.billingEmail',
      'data.billing.billingLastName',
      'data.currency',
      'data.description',
    ]);
    expect(text).not.toMatch(/4242|Mars|XYZ/);
  });

  test('those of several variables', async () => {
    const { paths } = await issuesOf(withValue('billing.billingEmail', 'jane'), { transactionProvider: 'PAYPAL' });
    expect(paths.sort()).toEqual(['data.billing.billingEmail', 'provider.transactionProvider']);
  });

  test('and nothing of it reaches the log', () => {
    expect(lines).toEqual([]);
  });
});

describe('a value in the query text', () => {
  test('is refused by the schema, without a card number in the message', async () => {
    const query = 'mutation { refundTransaction(by: { id: 4242424242424242 }, reason: 4242424242424242) { id } }';
    const answer = await post(server, query);
    expect(answer.errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(answer.errors?.map((error) => error.message).join()).not.toContain('4242424242424242');
  });

  test('is checked by the same rules as a variable', async () => {
    const query =
      'mutation { refundTransaction(by: { id: "x" }, amount: 0, reason: "4242 4242 4242 4242", idempotencyKey: " ") { id } }';
    const answer = await post(server, query);
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['amount'] }, { path: ['reason'] }, { path: ['idempotencyKey'] }],
    });
  });
});

describe('paging arguments', () => {
  test.each([
    ['first: 101', ['first']],
    ['first: -1', ['first']],
    ['take: 101, skip: -1', ['skip', 'take']],
    ['first: 5, last: 5', ['last']],
    ['first: 5, take: 5', ['take']],
    ['after: "x", skip: 3', ['skip']],
    ['before: "x"', ['before']],
    [
      'first: 200, filter: { amountMin: -1, merchantInternalCustomerCode: "" }',
      ['filter.amountMin', 'filter.merchantInternalCustomerCode', 'first'],
    ],
  ])('%s is refused', async (args, paths) => {
    const answer = await post(server, `{ clientSessions(${args}) { totalCount } }`);
    expect(answer.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(answer.errors?.[0]?.extensions.issues?.map((issue) => issue.path.join('.')).sort()).toEqual(paths);
  });

  test.each(['first: 0', 'first: 100, after: "x"', 'last: 3, before: "x"', 'last: 3', 'skip: 40, take: 20', 'skip: 40', ''])(
    '%s is fine',
    async (args) => {
      const answer = await post(server, `{ clientSessions${args === '' ? '' : `(${args})`} { totalCount } }`);
      expect(answer.errors?.[0]?.extensions.code).toBe(PASSED);
    },
  );
});
