import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
import {
  CURRENCIES,
  CUSTOMER_CODES,
  checkPages,
  clearRows,
  customers,
  idsOf,
  inOrder,
  insertRows,
  instant,
  KINDS,
  PAGES_MAX,
  type Row,
  rowArbitrary,
  STATUSES,
  sortArbitrary,
} from '../support/paging.ts';
import { testServerUrl } from '../support/template.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});

afterAll(() => gateway.close());

const LIST = `query List($filter: ClientSessionFilter, $sort: ClientSessionSort, $first: Int, $after: String, $last: Int, $before: String, $skip: Int, $take: Int) {
  clientSessions(filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before, skip: $skip, take: $take) {
    totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }`;

const read = async (args: object): Promise<Data> => (await merchant.data(LIST, { ...args })).clientSessions;
checkPages(() => ({ gateway, merchant }), read);

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
  isStuck: maybe(fc.boolean()),
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
    (wanted.hasProviderError === undefined || wanted.hasProviderError === (row.providerError !== null)) &&
    // All of them have expired long ago.
    (wanted.isStuck === undefined || wanted.isStuck === ['PENDING', 'ACTIVE'].includes(row.status))
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
  await clearRows({ gateway, merchant });
  const now = gateway.clock.now();
  const owner = { ...merchant.scope, createdAt: now, updatedAt: now };
  await gateway.database.client.customer.createMany({
    data: customers.map((id, n) => ({ ...owner, id, code: CUSTOMER_CODES[n] ?? null })),
  });
  const rows = fc.sample(rowArbitrary, { numRuns: 90, seed: 11 });
  await insertRows({ gateway, merchant }, rows);
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
      // Pages that are large enough to catch up with five writers.
      await follow(writer, from, 30);
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
