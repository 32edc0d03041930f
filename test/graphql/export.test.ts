import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Deps } from '../../src/deps.ts';
import { createExportRoute } from '../../src/graphql/export.ts';
import { listen } from '../../src/http/listen.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { createHandler } from '../../src/http/server.ts';
import { addMs, MINUTE_MS, SECOND_MS, systemClock } from '../../src/kernel/clock.ts';
import { createKey } from '../../src/merchants/manage-keys.ts';
import { exportSessions } from '../../src/sessions/export.ts';
import { insertStarted, startedAt } from '../overview/ledger.ts';
import {
  type Answer,
  type Data,
  type Gateway,
  must,
  newCode,
  openGateway,
  PUBLIC_URL,
  paid,
  start,
  type TestMerchant,
  testConfig,
} from '../support/gateway.ts';
import { clearRows, insertRows, type Row, rowArbitrary, STATUSES, sortArbitrary } from '../support/paging.ts';
import { runsWhole } from '../support/template.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});

afterAll(() => gateway.close());

const COLUMNS =
  'id,createdAt,kind,status,amount,amountMinor,currency,merchantInternalTransactionCode,merchantInternalCustomerCode,transactionProvider,transactionProviderId,providerCode,attempts,storePaymentMethod,updatedAt,endedAt';

function toRequest(body: unknown, credential: string | null = merchant.secretKey, headers: Record<string, string> = {}): Request {
  const authorization = credential === null ? {} : { authorization: `Bearer ${credential}` };
  return new Request(`${PUBLIC_URL}/export/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** The rows of an export that must be answered, each by the names of its columns. */
async function read(body: unknown = {}, of: TestMerchant = merchant): Promise<Record<string, string>[]> {
  const response = await gateway.app.fetch(toRequest(body, of.secretKey));
  const text = await response.text();
  expect(response.status, text.slice(0, 500)).toBe(200);
  return parseCsv(text);
}

/** As RFC 4180 has it: CRLF behind every row, quotes doubled inside of quotes. */
function parseCsv(text: string): Record<string, string>[] {
  expect(text.endsWith('\r\n')).toBe(true);
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  const [names = [], ...cells] = rows;
  return cells.map((each) => Object.fromEntries(names.map((name, index) => [name, each[index] ?? ''])));
}

describe('an export of sessions', () => {
  test('is a file with a row for each, as the list shows it', async () => {
    const own = await gateway.newMerchant();
    const customer = { merchantInternalCustomerCode: newCode('customer') };
    const { session } = await paid(gateway, own, {
      data: { amount: '123456', currency: 'KWD', storePaymentMethod: true, customer },
    });
    const adding = await start(own, 'ADD_PAYMENT_METHOD', { currency: 'EUR' });
    const yen = await start(own, 'AUTHORIZATION', { amount: '250', currency: 'JPY' });
    const response = await gateway.app.fetch(toRequest({ sort: { field: 'AMOUNT', order: 'DESC' } }, own.secretKey));
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="sessions-2026-11-23.csv"');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const text = await response.text();
    expect(text.split('\r\n')[0]).toBe(COLUMNS);
    const at = gateway.clock.now().toISOString();
    const same = { createdAt: at, updatedAt: at, transactionProvider: 'EXAMPLE', transactionProviderId: own.accountId };
    expect(parseCsv(text)).toEqual([
      {
        ...same,
        id: session.id,
        kind: 'PAYMENT',
        status: 'COMPLETED',
        amount: '123.456',
        amountMinor: '123456',
        currency: 'KWD',
        merchantInternalTransactionCode: session.merchantInternalTransactionCode,
        ...customer,
        providerCode: session.providerCode,
        attempts: '1',
        storePaymentMethod: 'true',
        endedAt: at,
      },
      expect.objectContaining({
        ...same,
        id: yen.id,
        status: 'PENDING',
        amount: '250',
        amountMinor: '250',
        merchantInternalCustomerCode: '',
        storePaymentMethod: 'false',
        endedAt: '',
      }),
      expect.objectContaining({
        ...same,
        id: adding.id,
        kind: 'ADD_PAYMENT_METHOD',
        amount: '',
        amountMinor: '',
        storePaymentMethod: '',
      }),
    ]);
  });

  test('tells nothing that opens a session, and nothing of a person', async () => {
    const own = await gateway.newMerchant();
    const { session } = await paid(gateway, own, {
      data: { description: 'A present for Jane', metadata: { remark: 'fragile' }, device: { deviceIp: '203.0.113.77' } },
    });
    const text = await (await gateway.app.fetch(toRequest({}, own.secretKey))).text();
    for (const hidden of [session.token, 'Jane', 'Smith', 'jane@example.com', 'present', 'fragile', '203.0.113.77']) {
      expect(text).not.toContain(hidden);
    }
  });

  test('has a head and nothing else for a merchant without sessions', async () => {
    const own = await gateway.newMerchant();
    expect(await (await gateway.app.fetch(toRequest({}, own.secretKey))).text()).toBe(`${COLUMNS}\r\n`);
  });

  test('holds no other merchant’s sessions, and not those of the other side', async () => {
    const own = await gateway.newMerchant();
    await start(own, 'PAYMENT');
    const other = await gateway.newMerchant();
    const live = must(
      await createKey(
        gateway.app.deps,
        { ...own.scope, environment: 'LIVE' },
        { kind: 'SECRET', label: 'live', expiresAt: null },
      ),
    );
    for (const key of [other.secretKey, live.text]) {
      const text = await (await gateway.app.fetch(toRequest({ filter: { transactionProviders: ['EXAMPLE'] } }, key))).text();
      expect(text).toBe(`${COLUMNS}\r\n`);
    }
    expect(await read({}, own)).toHaveLength(1);
  });

  test('keeps texts whole and lets none of them be a formula', async () => {
    const own = await gateway.newMerchant();
    const codes = [
      '=1+1',
      '+1',
      '-1',
      '@SUM(A1)',
      '＝1',
      'a,b',
      'a "quoted" word',
      '"',
      "'",
      'a;b',
      'é ünï 漢字 🎁',
      ' spaced ',
      '=HYPERLINK("https://evil.example","x")',
      '123',
    ];
    for (const code of codes) await start(own, 'PAYMENT', { merchantInternalTransactionCode: code });
    const rows = await read({ sort: { field: 'CREATED_AT', order: 'ASC' } }, own);
    const shown = codes.map((code) => (/^[=+\-@＝]/.test(code) ? `'${code}` : code));
    expect(rows.map((row) => row['merchantInternalTransactionCode'])).toEqual(shown);
  });

  test('keeps a line break of a provider within its cell', async () => {
    const own = await gateway.newMerchant();
    const session = await start(own, 'PAYMENT');
    await gateway.database.client.session.updateMany({ where: { id: session.id }, data: { providerCode: 'two\nlines\r\n' } });
    expect(await read({}, own)).toMatchObject([{ id: session.id, providerCode: 'two\nlines\r\n' }]);
  });
});

describe('the filter and the sort of an export', () => {
  beforeEach(() => clearRows({ gateway, merchant }));

  const LIST = `query List($filter: ClientSessionFilter, $sort: ClientSessionSort) {
    clientSessions(filter: $filter, sort: $sort, first: 100) { edges { node { id } } } }`;

  test('are those of clientSessions, in every order', async () => {
    const rows: readonly Row[] = fc.sample(rowArbitrary, { numRuns: 90, seed: 5 });
    await insertRows({ gateway, merchant }, rows);
    const filters = fc.record(
      {
        statuses: fc.subarray([...STATUSES]),
        currencies: fc.subarray(['USD', 'JPY']),
        amountMin: fc.constantFrom('1', '2', 2),
        hasProviderError: fc.boolean(),
        isStuck: fc.boolean(),
        createdBefore: fc.constant('2026-11-01T00:00:00.002Z'),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.option(filters), fc.option(sortArbitrary), async (filter, sort) => {
        const listed = (await merchant.data(LIST, { filter, sort })).clientSessions.edges.map(({ node }: Data) => node.id);
        expect((await read({ filter, sort })).map((row) => row['id'])).toEqual(listed);
      }),
      { numRuns: 40 },
    );
  });

  test.each<[what: string, input: Record<string, unknown>]>([
    ['an unknown field', { filter: { colour: 'red' } }],
    ['a status that is none', { filter: { statuses: ['PAID'] } }],
    ['a negative amount', { filter: { amountMin: -1 } }],
    ['an amount that is too large', { filter: { amountMax: '9223372036854775808' } }],
    ['two things that are wrong', { filter: { amountMin: -1, merchantInternalTransactionCode: '' } }],
    ['a text for a filter', { filter: 'all' }],
    ['a time without a zone', { filter: { createdFrom: '2026-11-23' } }],
    ['an order that is none', { sort: { field: 'CREATED_AT', order: 'UP' } }],
    ['half of a sort', { sort: { field: 'CREATED_AT' } }],
  ])('are refused as those of clientSessions: %s', async (_what, input) => {
    const listed = await merchant.query(LIST, input);
    const response = await gateway.app.fetch(toRequest(input));
    const { errors } = (await response.json()) as Pick<Answer, 'errors'>;
    expect(response.status).toBe(400);
    expect(errors).toHaveLength(1);
    const { code, issues } = listed.errors[0]?.extensions ?? expect.fail();
    expect(errors[0]).toMatchObject({ message: listed.errors[0]?.message, extensions: { code, issues } });
  });
});

describe('an export is refused', () => {
  test.each<[what: string, make: () => Request, status: number, code: string]>([
    ['to nobody', () => toRequest({}, null), 401, 'UNAUTHENTICATED'],
    ['to a key that is unknown', () => toRequest({}, 'sk_test_unknown'), 401, 'UNAUTHENTICATED'],
    ['to a publishable key', () => toRequest({}, merchant.publishableKey), 403, 'FORBIDDEN'],
    [
      'as a form',
      () => toRequest('filter=1', undefined, { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'BAD_USER_INPUT',
    ],
    ['as a plain text', () => toRequest('{}', undefined, { 'content-type': 'text/plain' }), 415, 'BAD_USER_INPUT'],
    ['without a body', () => toRequest(''), 400, 'BAD_USER_INPUT'],
    ['as broken JSON', () => toRequest('{"filter":'), 400, 'BAD_USER_INPUT'],
    ['as a list', () => toRequest([]), 400, 'BAD_USER_INPUT'],
    ['as null', () => toRequest(null), 400, 'BAD_USER_INPUT'],
    ['with something else in it', () => toRequest({ fliter: {} }), 400, 'BAD_USER_INPUT'],
  ])('%s', async (_what, make, status, code) => {
    const response = await gateway.app.fetch(make());
    const { errors } = (await response.json()) as Pick<Answer, 'errors'>;
    expect(response.status).toBe(status);
    expect(errors).toMatchObject([{ message: expect.stringMatching(/.{20}/), extensions: { code } }]);
  });

  test('to a session’s own token', async () => {
    const { token } = await start(merchant, 'PAYMENT');
    expect((await gateway.app.fetch(toRequest({}, token))).status).toBe(403);
  });

  test('by any other method than POST', async () => {
    const response = await gateway.app.fetch(new Request(`${PUBLIC_URL}/export/sessions`));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('with 500 and without a word of the bug when its first page cannot be read', async () => {
    const broken = { ...gateway.app.deps, database: { ...gateway.database, client: failing(0) } } as Deps;
    const { fetch } = handlerOf(broken, 10_000);
    const response = await fetch(toRequest({}));
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] });
  });
});

/** A client that counts the statements which read sessions, and fails from one of them on. */
function counting(failsAt = Infinity) {
  const counted = { reads: 0 };
  const client = new Proxy(gateway.database.client, {
    get(target, name) {
      if (name !== '$queryRaw') return Reflect.get(target, name, target);
      return (...args: Parameters<typeof target.$queryRaw>) => {
        const isRead = String(args[0]).includes('ORDER BY');
        if (isRead) counted.reads += 1;
        if (counted.reads > failsAt) return Promise.reject(new Error('secret detail'));
        return target.$queryRaw(...args);
      };
    },
  });
  return { counted, client };
}

const failing = (at: number) => counting(at).client;

function handlerOf(deps: Deps, requestTimeoutMs: number) {
  const config = { ...testConfig(), requestTimeoutMs };
  const routes = [createExportRoute(deps)];
  const { database, log } = gateway;
  return createHandler({ config, log, database, endpoints: [], routes, metrics: createMetrics(), clock: systemClock });
}

describe('an export of many sessions', () => {
  // Large enough that a connection cannot hold the rest of it.
  const COUNT = runsWhole() ? 100_000 : 40_000;
  const PAGES = COUNT / 1_000;
  let shop: TestMerchant;

  beforeAll(async () => {
    shop = await gateway.newMerchant();
    await insertMany(shop, COUNT);
  });

  async function insertMany({ scope, accountId }: TestMerchant, count: number): Promise<void> {
    await gateway.database.client.$executeRaw`
      INSERT INTO sessions (id, merchant_id, environment, provider_account_id, provider, kind, status, phase, amount, currency, store_payment_method,
        code, token_fingerprint, token, token_expires_at, expires_at, attempts_max, attempts, version, created_at, updated_at)
      SELECT gen_random_uuid(), ${scope.merchantId}::uuid, ${scope.environment}, ${accountId}::uuid, 'EXAMPLE', 'PAYMENT', 'EXPIRED', 'closed', i, 'USD', false,
        repeat('order-', 40) || i, ${scope.merchantId} || i, '\\x00', at, at, 5, 0, 1, at, at
      FROM (SELECT i, timestamptz '2026-01-01' + i / 3 * interval '1 second' AS at FROM generate_series(1, ${count}::integer) AS i) AS made`;
  }

  function depsCounting(failsAt?: number) {
    const { counted, client } = counting(failsAt);
    const deps: Deps = { ...gateway.app.deps, database: { ...gateway.database, client } };
    return { counted, deps };
  }

  async function serve(deps: Deps, requestTimeoutMs: number) {
    const handler = handlerOf(deps, requestTimeoutMs);
    const server = await listen(handler.listener, { host: '127.0.0.1', port: 0, requestTimeoutMs: 10_000 });
    const ask = async (): Promise<IncomingMessage> => {
      const request = httpRequest(`http://127.0.0.1:${server.port}/export/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${shop.secretKey}` },
      });
      request.on('error', () => undefined);
      request.end('{}');
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.on('error', () => undefined);
      return response;
    };
    return { handler, server, ask };
  }

  test('reads a page when the one before was taken, and never holds more than that', async () => {
    const { counted, deps } = depsCounting();
    const response = await handlerOf(deps, 10_000).fetch(toRequest({}, shop.secretKey));
    const ids = new Set<string>();
    let chunks = 0;
    for await (const chunk of response.body ?? []) {
      chunks += 1;
      expect(counted.reads).toBeLessThanOrEqual(chunks);
      for (const line of new TextDecoder().decode(chunk).split('\r\n')) if (line.includes('EXPIRED')) ids.add(line.slice(0, 36));
    }
    expect(ids.size).toBe(COUNT);
    expect({ chunks, reads: counted.reads }).toEqual({ chunks: PAGES + 1, reads: PAGES });
  });

  test('comes whole over HTTP', async () => {
    const { deps } = depsCounting();
    const { server, ask } = await serve(deps, 10_000);
    let rows = -1;
    for await (const chunk of await ask()) rows += (chunk as Buffer).filter((byte) => byte === 10).length;
    expect(rows).toBe(COUNT);
    await server.close(0);
  });

  test('stops reading when the client goes away', async () => {
    const { counted, deps } = depsCounting();
    const { server, ask } = await serve(deps, 10_000);
    const response = await ask();
    await once(response, 'data');
    response.destroy();
    await server.close(5_000);
    const reads = counted.reads;
    expect(reads).toBeLessThan(PAGES);
    // A page that was asked for already may still arrive.
    await read({}, merchant);
    expect(counted.reads).toBeLessThanOrEqual(reads + 1);
  });

  test('cuts off a client that takes nothing, and reads no further', async () => {
    const { counted, deps } = depsCounting();
    const { server, ask } = await serve(deps, 1_000);
    const response = await ask();
    const requestId = String(response.headers['x-request-id']);
    response.pause();
    const isOver = () => gateway.logLines.some((line) => line.includes('"request"') && line.includes(requestId));
    await expect.poll(isOver, { timeout: 10_000 }).toBe(true);
    expect(counted.reads).toBeLessThan(PAGES);
    await closed(response);
    expect(response.complete).toBe(false);
    await server.close(0);
  });

  test('is cut at the end of a drain, so that half a file is not taken for a whole one', async () => {
    const { counted, deps } = depsCounting();
    const { handler, server, ask } = await serve(deps, 10_000);
    const lines = gateway.logLines.length;
    const response = await ask();
    await once(response, 'data');
    response.pause();
    handler.drain();
    await server.close(50);
    await closed(response);
    expect(response.complete).toBe(false);
    expect(counted.reads).toBeLessThan(PAGES);
    expect(gateway.logLines.slice(lines).filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
  });

  test('breaks off, and does not end, when a later page cannot be read', async () => {
    const { deps } = depsCounting(5);
    const { server, ask } = await serve(deps, 10_000);
    const response = await ask();
    const text: string[] = [];
    await expect(
      (async () => {
        for await (const chunk of response) text.push(String(chunk));
      })(),
    ).rejects.toThrow();
    expect(response.complete).toBe(false);
    expect(text.join('')).not.toContain('secret detail');
    expect(gateway.logLines.some((line) => line.includes('an answer could not be sent') && line.includes('secret detail'))).toBe(
      true,
    );
    await server.close(0);
  });

  test('holds each session once in the order of updates, however many change while it is read', async () => {
    const count = 4_500;
    for (const order of ['ASC', 'DESC'] as const) {
      const own = await gateway.newMerchant();
      await insertMany(own, count);
      const found: string[] = [];
      for await (const page of exportSessions(gateway.app.deps, own.scope, {
        filter: {},
        sort: { field: 'UPDATED_AT', order },
      })) {
        found.push(...page.map(({ session }) => session.id));
        // Some that stand in the file and some that do not yet. Their change was written a moment before it can be seen.
        const at = addMs(gateway.clock.now(), -SECOND_MS);
        await gateway.database.client.$executeRaw`
          UPDATE sessions SET updated_at = ${at} WHERE merchant_id = ${own.scope.merchantId}::uuid AND amount % 11 = ${found.length % 11}`;
        gateway.clock.advance(MINUTE_MS);
      }
      expect(found).toHaveLength(count);
      expect(new Set(found).size).toBe(count);
    }
  });

  test('breaks off where there are more sessions than a file may have', async () => {
    const own = await gateway.newMerchant();
    await insertMany(own, 1_500);
    const readMost = async (rowsMax: number) => {
      let rows = 0;
      const query = { filter: {}, sort: { field: 'AMOUNT', order: 'ASC' }, rowsMax } as const;
      for await (const page of exportSessions(gateway.app.deps, own.scope, query)) rows += page.length;
      return rows;
    };
    expect(await readMost(1_500)).toBe(1_500);
    await expect(readMost(1_499)).rejects.toThrow('at most 1499 sessions');
  });

  test('waits until one of the two that a side may have has ended', async () => {
    const own = await gateway.newMerchant();
    await insertMany(own, 1_001);
    const route = createExportRoute(gateway.app.deps);
    const ask = async () => (await route(toRequest({}, own.secretKey))) ?? expect.fail();
    const [first, second] = [await ask(), await ask()];
    const refused = await ask();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'TOO_MANY_REQUESTS' } }] });
    expect((await route(toRequest({ filter: { colour: 'red' } }, own.secretKey)))?.status).toBe(400);
    const other = await gateway.newMerchant();
    expect((await route(toRequest({}, other.secretKey)))?.status).toBe(200);
    await first.body?.cancel();
    const third = await ask();
    expect([third.status, (await ask()).status]).toEqual([200, 429]);
    expect((await second.text()).split('\r\n')).toHaveLength(1_001 + 2);
    expect((await ask()).status).toBe(200);
  });

  test('leaves no more than six to a gateway, and takes none of them for a file that cannot be read', async () => {
    const route = createExportRoute(gateway.app.deps);
    const broken = createExportRoute({ ...gateway.app.deps, database: { ...gateway.database, client: failing(0) } });
    for (let n = 0; n < 3; n += 1) await expect(broken(toRequest({}, shop.secretKey))).rejects.toThrow('secret detail');
    const statuses: (number | undefined)[] = [];
    for (let n = 0; n < 4; n += 1) {
      const own = await gateway.newMerchant();
      await insertMany(own, 1_001);
      for (let file = 0; file < 2; file += 1) statuses.push((await route(toRequest({}, own.secretKey)))?.status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429, 429]);
  });

  test.each([1_000, 1_001])('ends where the list ends: %d', async (count) => {
    const own = await gateway.newMerchant();
    await insertMany(own, count);
    await insertStarted({ gateway, merchant: await gateway.newMerchant() }, [startedAt(gateway.clock.now())]);
    expect(new Set((await read({}, own)).map((row) => row['id'])).size).toBe(count);
  });
});

/** Takes what is left until the connection is gone, in whichever way. */
async function closed(response: IncomingMessage): Promise<void> {
  const isClosed = new Promise((resolve) => response.once('close', resolve));
  response.resume();
  await isClosed;
}
