import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Data, Gateway, TestMerchant } from './gateway.ts';

const SORT_FIELDS = ['CREATED_AT', 'UPDATED_AT', 'AMOUNT'] as const;
const ORDERS = ['ASC', 'DESC'] as const;
export const STATUSES = ['PENDING', 'ACTIVE', 'COMPLETED', 'DECLINED', 'ERROR'] as const;
export const KINDS = ['PAYMENT', 'AUTHORIZATION', 'ADD_PAYMENT_METHOD'] as const;
export const CURRENCIES = ['USD', 'JPY', 'KWD'] as const;
const START_MS = Date.parse('2026-11-01T00:00:00.000Z');

/** Where rows are put. */
export interface Place {
  readonly gateway: Gateway;
  readonly merchant: TestMerchant;
}

/** A session as the table will hold it. Few different values, so that most rows tie with others. */
export interface Row {
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

export const instant = fc.integer({ min: 0, max: 3 }).map((step) => START_MS + step);
export const rowArbitrary: fc.Arbitrary<Row> = fc.record({
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
export const sortArbitrary = fc.record({ field: fc.constantFrom(...SORT_FIELDS), order: fc.constantFrom(...ORDERS) });
export type Sort = { readonly field: (typeof SORT_FIELDS)[number]; readonly order: (typeof ORDERS)[number] };

export const customers = [randomUUID(), randomUUID()] as const;
export const CUSTOMER_CODES: readonly string[] = ['first customer', 'second customer'];

/** Straight into the table: the gateway itself could not make so many ties. */
export async function insertRows({ gateway, merchant }: Place, rows: readonly Row[]): Promise<void> {
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

export async function clearRows({ gateway, merchant }: Place): Promise<void> {
  await gateway.database.client.$executeRaw`DELETE FROM sessions WHERE merchant_id = ${merchant.scope.merchantId}::uuid`;
}

export function inOrder(rows: readonly Row[], { field, order }: Sort): string[] {
  const keyOf = (row: Row) => ({ CREATED_AT: row.createdAt, UPDATED_AT: row.updatedAt, AMOUNT: row.amount })[field];
  const sorted = [...rows]
    .sort((left, right) => keyOf(left) - keyOf(right) || (left.id < right.id ? -1 : 1))
    .map((row) => row.id);
  return order === 'ASC' ? sorted : sorted.reverse();
}

export const idsOf = (page: Data): string[] => page.edges.map((edge: { node: { id: string } }) => edge.node.id);

/** Reads one page of the merchant's sessions in the words of a dialect. */
export type ReadPage = (args: PageArgs) => Promise<Data>;

export interface PageArgs {
  readonly sort?: Sort;
  readonly first?: number;
  readonly after?: string | null;
  readonly last?: number;
  readonly before?: string | null;
  readonly skip?: number;
  readonly take?: number;
}

interface Walk {
  readonly way: 'forward' | 'backward' | 'skip';
  readonly size: number;
  readonly sort: Sort;
  /** Runs between two pages. */
  readonly between?: (page: number) => Promise<void>;
}

export const PAGES_MAX = 200;

/** Reads the whole list page by page, as long as the gateway says that there is more. */
async function walk(read: ReadPage, { way, size, sort, between }: Walk): Promise<Data[]> {
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

/** What every dialect's list of sessions must keep: nothing is missed, repeated or out of order, whichever way it is read. */
export function checkPages(place: () => Place, read: ReadPage): void {
  describe('the pages of a list', () => {
    beforeEach(() => clearRows(place()));

    test.each(['forward', 'backward', 'skip'] as const)('make up the whole set in order, read %s', async (way) => {
      await fc.assert(
        fc
          .asyncProperty(rowsArbitrary(36), walkArbitrary, async (rows, { size, sort }) => {
            await insertRows(place(), rows);
            const pages = await walk(read, { way, size, sort });
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
          .beforeEach(() => clearRows(place())),
        { numRuns: 25 },
      );
    });

    test.each(SORT_FIELDS.flatMap((field) => ORDERS.map((order) => [field, order] as const)))(
      'hold 150 rows by %s %s, nearly all of them ties',
      async (field, order) => {
        const rows = fc.sample(rowArbitrary, { numRuns: 150, seed: 7 });
        await insertRows(place(), rows);
        for (const way of ['forward', 'backward', 'skip'] as const) {
          const pages = await walk(read, { way, size: 40, sort: { field, order } });
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
              await insertRows(place(), rows);
              const fresh = later.map((batch) => batch.map((row) => ({ ...row, id: randomUUID() })));
              const pages = await walk(read, {
                way,
                size,
                sort,
                between: (page) => insertRows(place(), fresh[page] ?? []),
              });
              const original = new Set(rows.map((row) => row.id));
              const seen = pages.flatMap(idsOf);
              expect(seen.filter((id) => original.has(id))).toEqual(inOrder(rows, sort));
              expect(new Set(seen).size).toBe(seen.length);
            },
          )
          .beforeEach(() => clearRows(place())),
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
              await insertRows(place(), rows);
              const fresh = later.map((batch) => batch.map((row) => ({ ...row, id: randomUUID() })));
              const seen = new Set(
                (
                  await walk(read, { way: 'skip', size, sort, between: (page) => insertRows(place(), fresh[page] ?? []) })
                ).flatMap(idsOf),
              );
              expect(rows.filter((row) => !seen.has(row.id))).toEqual([]);
            },
          )
          .beforeEach(() => clearRows(place())),
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
      await insertRows(place(), fc.sample(rowArbitrary, { numRuns: 3, seed: 1 }));
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
      await insertRows(place(), rows);
      expect(idsOf(await read({}))).toEqual(inOrder(rows, { field: 'CREATED_AT', order: 'DESC' }).slice(0, 20));
      expect(idsOf(await read({ skip: 20 }))).toEqual(inOrder(rows, { field: 'CREATED_AT', order: 'DESC' }).slice(20, 40));
    });
  });
}
