import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertEvents } from '../../src/events/store.ts';
import {
  type Data,
  type Gateway,
  newCode,
  openGateway,
  start,
  startInput,
  startText,
  type TestMerchant,
} from '../support/gateway.ts';
import { testServerUrl } from '../support/template.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});

afterAll(() => gateway.close());

const SORT_FIELDS = ['CREATED_AT', 'UPDATED_AT', 'AMOUNT'] as const;
const ORDERS = ['ASC', 'DESC'] as const;
const STATUSES = ['PENDING', 'ACTIVE', 'COMPLETED', 'DECLINED', 'ERROR'] as const;
const KINDS = ['PAYMENT', 'AUTHORIZATION', 'ADD_PAYMENT_METHOD'] as const;
const CURRENCIES = ['USD', 'JPY', 'KWD'] as const;
const START_MS = Date.parse('2026-11-01T00:00:00.000Z');

/** A session as the table will hold it. Few different values, so that most rows tie with others. */
interface Row {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly amount: number;
  readonly status: (typeof STATUSES)[number];
  readonly kind: (typeof KINDS)[number];
  readonly currency: (typeof CURRENCIES)[number];
  readonly customer: number | null;
  readonly providerError: string | null;
  readonly code: string;
}

const instant = fc.integer({ min: 0, max: 3 }).map((step) => START_MS + step);
const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  id: fc.uuid(),
  createdAt: instant,
  updatedAt: instant,
  amount: fc.integer({ min: 1, max: 3 }),
  status: fc.constantFrom(...STATUSES),
  kind: fc.constantFrom(...KINDS),
  currency: fc.constantFrom(...CURRENCIES),
  customer: fc.constantFrom(null, 0, 1),
  providerError: fc.constantFrom(null, 'processing_error'),
  code: fc.constantFrom('same', 'other').chain((code) => fc.uuid().map((id) => `${code}-${id}`)),
});
const rowsArbitrary = (max: number) => fc.uniqueArray(rowArbitrary, { maxLength: max, selector: (row) => row.id });
const sortArbitrary = fc.record({ field: fc.constantFrom(...SORT_FIELDS), order: fc.constantFrom(...ORDERS) });
type Sort = { readonly field: (typeof SORT_FIELDS)[number]; readonly order: (typeof ORDERS)[number] };

const customers = [randomUUID(), randomUUID()] as const;
const CUSTOMER_CODES: readonly string[] = ['first customer', 'second customer'];

/** Straight into the table: the gateway itself could not make so many ties. */
async function insertRows(rows: readonly Row[]): Promise<void> {
  const { merchantId, environment } = merchant.scope;
  const list = rows.map((row) => ({
    ...row,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
    customer: row.customer === null ? null : customers[row.customer],
  }));
  await gateway.database.client.$executeRaw`
    INSERT INTO sessions (id, merchant_id, environment, provider_account_id, provider, kind, status, phase, amount, currency, store_payment_method, code,
      customer_id, token_fingerprint, token, token_expires_at, expires_at, attempts_max, attempts, provider_error, version, created_at, updated_at)
    SELECT (r->>'id')::uuid, ${merchantId}::uuid, ${environment}, ${merchant.accountId}::uuid, 'EXAMPLE', r->>'kind', r->>'status', 'closed', (r->>'amount')::bigint,
      r->>'currency', false, r->>'code', (r->>'customer')::uuid, r->>'id', '\\x00', (r->>'createdAt')::timestamptz, (r->>'createdAt')::timestamptz, 5, 0,
      r->>'providerError', 1, (r->>'createdAt')::timestamptz, (r->>'updatedAt')::timestamptz
    FROM jsonb_array_elements(${JSON.stringify(list)}::jsonb) AS r`;
}

async function clearRows(): Promise<void> {
  await gateway.database.client.$executeRaw`DELETE FROM sessions WHERE merchant_id = ${merchant.scope.merchantId}::uuid`;
}

function inOrder(rows: readonly Row[], { field, order }: Sort): string[] {
  const keyOf = (row: Row) => ({ CREATED_AT: row.createdAt, UPDATED_AT: row.updatedAt, AMOUNT: row.amount })[field];
  const sorted = [...rows]
    .sort((left, right) => keyOf(left) - keyOf(right) || (left.id < right.id ? -1 : 1))
    .map((row) => row.id);
  return order === 'ASC' ? sorted : sorted.reverse();
}

const LIST = `query List($filter: ClientSessionFilter, $sort: ClientSessionSort, $first: Int, $after: String, $last: Int, $before: String, $skip: Int, $take: Int) {
  clientSessions(filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before, skip: $skip, take: $take) {
    totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }`;

const read = async (args: Record<string, unknown>): Promise<Data> => (await merchant.data(LIST, args)).clientSessions;
const idsOf = (page: Data): string[] => page.edges.map((edge: { node: { id: string } }) => edge.node.id);

interface Walk {
  readonly way: 'forward' | 'backward' | 'skip';
  readonly size: number;
  readonly sort: Sort;
  /** Runs between two pages. */
  readonly between?: (page: number) => Promise<void>;
}

const PAGES_MAX = 200;

/** Reads the whole list page by page, as long as the gateway says that there is more. */
async function walk({ way, size, sort, between }: Walk): Promise<Data[]> {
  const pages: Data[] = [];
  for (let number = 0; number < PAGES_MAX; number += 1) {
    const last = pages.at(-1)?.pageInfo;
    const args = {
      forward: { first: size, after: last?.endCursor ?? null },
      backward: { last: size, before: last?.startCursor ?? null },
      skip: { take: size, skip: number * size },
    }[way];
    const page = await read({ sort, ...args });
    pages.push(page);
    if (!(way === 'backward' ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage))
      return way === 'backward' ? pages.reverse() : pages;
    await between?.(number);
  }
  throw new Error('The list never ends.');
}

const walkArbitrary = fc.record({ size: fc.integer({ min: 1, max: 12 }), sort: sortArbitrary });

describe('the pages of a list', () => {
  beforeEach(clearRows);

  test.each(['forward', 'backward', 'skip'] as const)('make up the whole set in order, read %s', async (way) => {
    await fc.assert(
      fc
        .asyncProperty(rowsArbitrary(36), walkArbitrary, async (rows, { size, sort }) => {
          await insertRows(rows);
          const pages = await walk({ way, size, sort });
          const expected = inOrder(rows, sort);
          expect(pages.flatMap(idsOf)).toEqual(expected);
          let passed = 0;
          for (const page of pages) {
            expect(page.totalCount).toBe(rows.length);
            expect(page.pageInfo.hasPreviousPage).toBe(passed > 0);
            passed += page.edges.length;
            expect(page.pageInfo.hasNextPage).toBe(passed < rows.length);
            expect([page.pageInfo.startCursor, page.pageInfo.endCursor]).toEqual([
              page.edges[0]?.cursor ?? null,
              page.edges.at(-1)?.cursor ?? null,
            ]);
            expect(page.edges.length).toBeLessThanOrEqual(size);
          }
        })
        .beforeEach(clearRows),
      { numRuns: 25 },
    );
  });

  test.each(SORT_FIELDS.flatMap((field) => ORDERS.map((order) => [field, order] as const)))(
    'hold 150 rows by %s %s, nearly all of them ties',
    async (field, order) => {
      const rows = fc.sample(rowArbitrary, { numRuns: 150, seed: 7 });
      await insertRows(rows);
      for (const way of ['forward', 'backward', 'skip'] as const) {
        const pages = await walk({ way, size: 40, sort: { field, order } });
        expect(pages.flatMap(idsOf)).toEqual(inOrder(rows, { field, order }));
        expect(pages).toHaveLength(4);
      }
    },
  );

  test('by cursor miss and repeat none of the original rows while others are inserted', async () => {
    await fc.assert(
      fc
        .asyncProperty(
          fc.constantFrom('forward', 'backward'),
          rowsArbitrary(24),
          fc.array(rowsArbitrary(4), { maxLength: 6 }),
          walkArbitrary,
          async (way, rows, later, { size, sort }) => {
            await insertRows(rows);
            const fresh = later.map((batch) => batch.map((row) => ({ ...row, id: randomUUID() })));
            const pages = await walk({
              way,
              size,
              sort,
              between: (page) => insertRows(fresh[page] ?? []),
            });
            const original = new Set(rows.map((row) => row.id));
            const seen = pages.flatMap(idsOf);
            expect(seen.filter((id) => original.has(id))).toEqual(inOrder(rows, sort));
            expect(new Set(seen).size).toBe(seen.length);
          },
        )
        .beforeEach(clearRows),
      { numRuns: 25 },
    );
  });

  test('by skip miss none of the original rows while others are inserted', async () => {
    await fc.assert(
      fc
        .asyncProperty(
          rowsArbitrary(24),
          fc.array(rowsArbitrary(4), { maxLength: 6 }),
          walkArbitrary,
          async (rows, later, { size, sort }) => {
            await insertRows(rows);
            const fresh = later.map((batch) => batch.map((row) => ({ ...row, id: randomUUID() })));
            const seen = new Set(
              (await walk({ way: 'skip', size, sort, between: (page) => insertRows(fresh[page] ?? []) })).flatMap(idsOf),
            );
            expect(rows.filter((row) => !seen.has(row.id))).toEqual([]);
          },
        )
        .beforeEach(clearRows),
      { numRuns: 20 },
    );
  });

  test('are empty, and say so, where the list is, and behind its end', async () => {
    const nothing = {
      edges: [],
      totalCount: 0,
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    };
    for (const args of [{}, { first: 5 }, { last: 5 }, { take: 5 }, { first: 0 }]) expect(await read(args)).toEqual(nothing);
    await insertRows(fc.sample(rowArbitrary, { numRuns: 3, seed: 1 }));
    expect(await read({ skip: 3, take: 5 })).toMatchObject({
      edges: [],
      totalCount: 3,
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
    const { endCursor } = (await read({ first: 3 })).pageInfo;
    expect(await read({ first: 5, after: endCursor })).toMatchObject({
      edges: [],
      totalCount: 3,
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
  });

  test('have 20 rows, newest first, when nothing is asked for', async () => {
    const rows = fc.sample(rowArbitrary, { numRuns: 45, seed: 2 });
    await insertRows(rows);
    expect(idsOf(await read({}))).toEqual(inOrder(rows, { field: 'CREATED_AT', order: 'DESC' }).slice(0, 20));
    expect(idsOf(await read({ skip: 20 }))).toEqual(inOrder(rows, { field: 'CREATED_AT', order: 'DESC' }).slice(20, 40));
  });
});

/** Mostly nothing, so that a filter of a dozen conditions still finds rows. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const filterArbitrary = fc.record({
  statuses: maybe(fc.subarray([...STATUSES])),
  kinds: maybe(fc.subarray([...KINDS])),
  currencies: maybe(fc.subarray([...CURRENCIES])),
  transactionProviders: maybe(fc.subarray(['EXAMPLE', 'STRIPE'])),
  isOwnAccount: maybe(fc.boolean()),
  amountMin: maybe(fc.integer({ min: 0, max: 4 })),
  amountMax: maybe(fc.integer({ min: 0, max: 4 })),
  createdFrom: maybe(instant),
  createdBefore: maybe(instant),
  code: maybe(fc.nat(40)),
  customer: maybe(fc.constantFrom(0, 1, 2)),
  hasProviderError: maybe(fc.boolean()),
});
type Wanted = typeof filterArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** The plain meaning of a filter. */
function meets(row: Row, wanted: Wanted, code: string | undefined): boolean {
  return (
    (wanted.statuses?.includes(row.status) ?? true) &&
    (wanted.kinds?.includes(row.kind) ?? true) &&
    (wanted.currencies?.includes(row.currency) ?? true) &&
    (wanted.transactionProviders?.includes('EXAMPLE') ?? true) &&
    wanted.isOwnAccount !== false &&
    row.amount >= (wanted.amountMin ?? 0) &&
    row.amount <= (wanted.amountMax ?? Infinity) &&
    row.createdAt >= (wanted.createdFrom ?? 0) &&
    row.createdAt < (wanted.createdBefore ?? Infinity) &&
    (code === undefined || row.code === code) &&
    (wanted.customer === undefined || row.customer === wanted.customer) &&
    (wanted.hasProviderError === undefined || wanted.hasProviderError === (row.providerError !== null))
  );
}

function toFilter(
  { isOwnAccount, code: _code, customer, createdFrom, createdBefore, ...same }: Wanted,
  code: string | undefined,
): Record<string, unknown> {
  return {
    ...same,
    ...(isOwnAccount === undefined ? {} : { merchantTransactionProviderId: isOwnAccount ? merchant.accountId : randomUUID() }),
    ...(code === undefined ? {} : { merchantInternalTransactionCode: code }),
    ...(customer === undefined ? {} : { merchantInternalCustomerCode: CUSTOMER_CODES[customer] ?? 'nobody' }),
    ...(createdFrom === undefined ? {} : { createdFrom: new Date(createdFrom).toISOString() }),
    ...(createdBefore === undefined ? {} : { createdBefore: new Date(createdBefore).toISOString() }),
  };
}

test('a filter finds what a plain filter in memory finds, in order, and counts it', async () => {
  await clearRows();
  const now = gateway.clock.now();
  const owner = { ...merchant.scope, createdAt: now, updatedAt: now };
  await gateway.database.client.customer.createMany({
    data: customers.map((id, n) => ({ ...owner, id, code: CUSTOMER_CODES[n] ?? null })),
  });
  const rows = fc.sample(rowArbitrary, { numRuns: 90, seed: 11 });
  await insertRows(rows);
  let found = 0;
  await fc.assert(
    fc.asyncProperty(filterArbitrary, sortArbitrary, async (wanted, sort) => {
      const code = wanted.code === undefined ? undefined : (rows[wanted.code]?.code ?? 'nothing');
      const page = await read({ filter: toFilter(wanted, code), sort, first: 100 });
      const expected = inOrder(
        rows.filter((row) => meets(row, wanted, code)),
        sort,
      );
      found += expected.length;
      expect({ ids: idsOf(page), count: page.totalCount }).toEqual({ ids: expected, count: expected.length });
    }),
    { numRuns: 150 },
  );
  expect(found).toBeGreaterThan(100);
});

const EVENTS =
  'query Events($first: Int, $after: String) { events(first: $first, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }';

/** Reads on from a cursor until nothing is left, or nothing can be told yet. */
async function follow(reader: TestMerchant, from: { cursor: string | null; seen: string[] }, size: number): Promise<void> {
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { edges, pageInfo } = (await reader.data(EVENTS, { first: size, after: from.cursor })).events;
    from.seen.push(...edges.map((edge: Data) => edge.node.id));
    from.cursor = pageInfo.endCursor ?? from.cursor;
    if (!pageInfo.hasNextPage) return;
  }
}

describe('the event log, read on from the last cursor,', () => {
  const stored = async (of: TestMerchant) =>
    (
      await gateway.database.client.event.findMany({
        where: of.scope,
        orderBy: [{ xid: 'asc' }, { seq: 'asc' }],
        select: { id: true },
      })
    ).map((row) => row.id);

  test('misses and repeats nothing while writers run at the same time', async () => {
    const writer = await gateway.newMerchant();
    const writers = { areDone: false };
    const write = Promise.all(
      Array.from({ length: 5 }, async () => {
        for (let round = 0; round < 6; round += 1) {
          const { id } = await start(writer, 'PAYMENT');
          await writer.data('mutation C($by: ClientSessionSelector!) { cancelClientSession(by: $by) { id } }', { by: { id } });
        }
      }),
    ).finally(() => {
      writers.areDone = true;
    });
    const from = { cursor: null, seen: [] as string[] };
    let reads = 0;
    while (!writers.areDone) {
      await follow(writer, from, 7);
      reads += 1;
    }
    await write;
    const all = await stored(writer);
    // Events of younger transactions are held back while an older one of anybody is open.
    await expect.poll(async () => (await follow(writer, from, 7), from.seen.length), { timeout: 10_000 }).toBe(all.length);
    expect(from.seen).toEqual(all);
    expect(reads).toBeGreaterThan(1);
    expect(all.length).toBeGreaterThanOrEqual(30 * 4);
  });

  // The embedded database has one connection, so that nothing can overtake there.
  test.skipIf(testServerUrl() === null)('misses no event of a transaction that began first and ended last', async () => {
    const writer = await gateway.newMerchant();
    const from = { cursor: null, seen: [] as string[] };
    const events = [{ type: 'session.created' as const }];
    await gateway.database.inTransaction(async (slow) => {
      await insertEvents(slow, { scope: writer.scope, source: 'API', now: gateway.clock.now() }, events);
      await writer.data(startText('PAYMENT'), startInput('PAYMENT', { merchantInternalTransactionCode: newCode() }));
      await follow(writer, from, 3);
    });
    const all = await stored(writer);
    await expect.poll(async () => (await follow(writer, from, 3), from.seen.length), { timeout: 10_000 }).toBe(all.length);
    expect(from.seen).toEqual(all);
  });
});
