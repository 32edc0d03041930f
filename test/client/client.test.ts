import { describe, expect, expectTypeOf, test } from 'vitest';
import Tollgate, {
  COUNTRY_ISO_2,
  CURRENCY,
  type Fetch,
  TollgateError,
  TollgateNetworkError,
  TRANSACTION_PROVIDER,
} from '../../packages/sdk/src/client/client.ts';
import { CURRENCY_CODES } from '../../src/kernel/currency.ts';

interface Sent {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: { query: string; variables: Record<string, unknown> };
}

type Reply = { status?: number; body?: unknown; headers?: Record<string, string> } | 'reset';

/** A gateway that answers as told, one reply per attempt, and keeps what it was sent. */
function createGateway(
  replies: readonly Reply[],
  options: { retries?: number; onAuthError?: (error: TollgateError) => void } = {},
) {
  const sent: Sent[] = [];
  const fetch: Fetch = async (url, request) => {
    const reply = replies[Math.min(sent.length, replies.length - 1)] ?? 'reset';
    sent.push({ url, headers: request.headers, body: JSON.parse(request.body) as Sent['body'] });
    if (reply === 'reset') throw new TypeError('fetch failed');
    const { status = 200, body, headers = {} } = reply;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return { status, headers: { get: (name) => headers[name] ?? null }, text: async () => text };
  };
  return { tollgate: new Tollgate({ url: 'http://gateway.test', secretKey: 'sk_test_x', fetch, ...options }), sent };
}

const refused = (code: string, extensions: object = {}): Reply => ({
  body: { errors: [{ message: 'No.', extensions: { code, ...extensions } }], data: null },
});

const DATA = {
  merchantInternalTransactionCode: 'order-8821',
  amount: 10000n,
  currency: CURRENCY.USD,
  storePaymentMethod: false,
  billing: {
    billingFirstName: 'Jane',
    billingLastName: 'Smith',
    billingEmail: 'jane@example.com',
    billingAddressCountry: COUNTRY_ISO_2.US,
  },
};

describe('amounts', () => {
  test('go out as strings of digits and come back as bigint, also beyond 2^53', async () => {
    const { tollgate, sent } = createGateway([
      {
        body: { data: { startPaymentSession: { id: 's', amount: '9007199254740993', transactions: [{ refundedAmount: '5' }] } } },
      },
    ]);
    const session = await tollgate.transactions.clientSessions.payments.start({
      transactionProvider: TRANSACTION_PROVIDER.EXAMPLE,
      data: { ...DATA, amount: 9007199254740993n },
    });
    expect(sent[0]?.body.variables['data']).toMatchObject({ amount: '9007199254740993' });
    expect(session.amount).toBe(9007199254740993n);
    expect(session.transactions[0]?.refundedAmount).toBe(5n);
    expectTypeOf(session.amount).toEqualTypeOf<bigint>();
  });

  test('stay as they are in payload and metadata, which are not ours', async () => {
    const foreign = { payload: { amount: '5' }, metadata: { amount: '6' } };
    const { tollgate } = createGateway([{ body: { data: { clientSession: foreign } } }]);
    expect(await tollgate.transactions.clientSessions.getOne({ id: 's' })).toEqual(foreign);
  });
});

describe('a call that got no answer', () => {
  test('is sent again with the same key and the same body', async () => {
    const done: Reply = { body: { data: { settleAuthorization: { id: 't' } } } };
    const { tollgate, sent } = createGateway(['reset', { status: 503, body: '' }, done]);
    await tollgate.transactions.authorizations.settle({ id: 'a', amount: 5n });
    expect(sent).toHaveLength(3);
    expect(sent[0]?.body.variables['idempotencyKey']).toMatch(/^[0-9a-f-]{36}$/);
    expect(sent[1]?.body).toEqual(sent[0]?.body);
    expect(sent[2]?.body).toEqual(sent[0]?.body);
  });

  test('ends in a network error after its retries, with the number of attempts', async () => {
    const { tollgate, sent } = createGateway(['reset'], { retries: 1 });
    const failure = await tollgate.transactions.getOne({ id: 't' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TollgateNetworkError);
    expect(failure).toMatchObject({ attempts: 2, status: null });
    expect(sent).toHaveLength(2);
  });

  test('is not sent again when the gateway has refused it', async () => {
    const { tollgate, sent } = createGateway([refused('CODE_ALREADY_USED', { details: { sessionId: 's' } })]);
    const failure = await tollgate.transactions.getOne({ id: 't' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TollgateError);
    expect(failure).toMatchObject({ code: 'CODE_ALREADY_USED', details: { sessionId: 's' }, issues: [] });
    expect(sent).toHaveLength(1);
  });
});

describe('errors', () => {
  test('carry code, issues and the id of the request', async () => {
    const issues = [{ path: ['data', 'amount'], message: 'Too small.' }];
    const { tollgate } = createGateway([refused('BAD_USER_INPUT', { issues, requestId: 'r-1' })]);
    const failure = await tollgate.transactions.getOne({ id: 't' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'BAD_USER_INPUT', issues, requestId: 'r-1' });
  });

  test('UNAUTHENTICATED is told to onAuthError once for each call', async () => {
    const told: string[] = [];
    const { tollgate } = createGateway([refused('UNAUTHENTICATED')], { onAuthError: (error) => told.push(error.code) });
    await expect(tollgate.transactions.getOne({ id: 't' })).rejects.toThrow(TollgateError);
    expect(told).toEqual(['UNAUTHENTICATED']);
  });

  test('an answer that is not GraphQL is told as such, with its status', async () => {
    const { tollgate } = createGateway([{ status: 404, body: '<html>' }]);
    await expect(tollgate.transactions.getOne({ id: 't' })).rejects.toMatchObject({
      code: 'UNEXPECTED_ANSWER',
      message: expect.stringContaining('404'),
    });
  });
});

describe('selectors', () => {
  const { tollgate, sent } = createGateway([{ body: { data: {} } }]);

  test('an environment variable that is not set is told before anything is sent', async () => {
    const call = tollgate.transactions.clientSessions.getBaseConfig({
      merchantTransactionProviderId: process.env['NO_SUCH_VARIABLE'],
    });
    await expect(call).rejects.toThrow(/merchantTransactionProviderId.*environment variable/);
    expect(sent).toEqual([]);
  });

  test('two names at once are refused', async () => {
    await expect(tollgate.transactions.getOne({ id: 'a', providerCode: 'b' })).rejects.toThrow('exactly one');
  });

  test('a missing secret key or url is refused when the client is made', () => {
    expect(() => new Tollgate({ url: 'http://gateway.test', secretKey: undefined })).toThrow('secretKey');
    expect(() => new Tollgate({ url: undefined, secretKey: 'sk_test_x' })).toThrow('url');
  });
});

test('lists answer their data and the total', async () => {
  const page = { edges: [{ node: { id: 'a' } }], pageInfo: { hasNextPage: false }, totalCount: 41 };
  const { tollgate, sent } = createGateway([{ body: { data: { clientSessions: page } } }]);
  const { data, total } = await tollgate.transactions.clientSessions.getMany({ take: 20, skip: 0 });
  expect({ data, total }).toEqual({ data: [{ id: 'a' }], total: 41 });
  expect(sent[0]).toMatchObject({
    url: 'http://gateway.test/graphql',
    headers: { authorization: 'Bearer sk_test_x' },
    body: { variables: { take: 20, skip: 0 } },
  });
});

test('CURRENCY holds every currency of the gateway', () => {
  expect(Object.values(CURRENCY).sort()).toEqual([...CURRENCY_CODES]);
});
