import type { Tx } from '../database/database.ts';
import { inScope, isAnyOf, ledgerConditions } from '../database/filter.ts';
import { allOf, BY_CREATION, countRows, readPage, type SortKey } from '../database/page.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { isId } from '../kernel/ids.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { SessionFilter, SessionSort } from './list.ts';
import type { Session, SessionSummary } from './session.ts';
import { SESSION_COLUMNS, type SessionFields, SUMMARY_COLUMNS, toSession } from './store.ts';
import { isStuck } from './stuck-store.ts';

type ListedRow = SessionFields | SessionSummary;

const SORT_KEYS: Readonly<Record<SessionSort['field'], SortKey<ListedRow>>> = {
  CREATED_AT: BY_CREATION,
  UPDATED_AT: { name: 'updatedAt', column: 'updated_at', type: 'instant', valueOf: (row) => row.updatedAt },
  AMOUNT: {
    name: 'amount',
    column: 'amount',
    type: 'amount',
    valueOf: (row) => ('amount' in row ? row.amount : row.amountMinor),
  },
};

export interface SessionPageQuery {
  readonly filter: SessionFilter;
  readonly sort: SessionSort;
  readonly page: PageRequest;
  readonly now: Date;
}

/** Refuses a cursor of another list or order. */
export async function readSessionPage(tx: Tx, scope: MerchantScope, query: SessionPageQuery): Promise<Result<Page<Session>>> {
  return readPage(tx, { ...(await pageOf(tx, scope, query)), columns: SESSION_COLUMNS, toNode: toSession });
}

/** The same with fewer columns. */
export async function readSummaryPage(
  tx: Tx,
  scope: MerchantScope,
  query: SessionPageQuery,
): Promise<Result<Page<SessionSummary>>> {
  return readPage(tx, { ...(await pageOf(tx, scope, query)), columns: SUMMARY_COLUMNS, toNode: (row: SessionSummary) => row });
}

async function pageOf(tx: Tx, scope: MerchantScope, query: SessionPageQuery) {
  const { sort, page } = query;
  const where = await conditions(tx, scope, query);
  return { table: 'sessions', where, sort: { key: SORT_KEYS[sort.field], order: sort.order }, page };
}

export async function countSessionRows(
  tx: Tx,
  scope: MerchantScope,
  asked: { filter: SessionFilter; now: Date },
): Promise<number> {
  return countRows(tx, 'sessions', await conditions(tx, scope, asked));
}

async function conditions(
  tx: Tx,
  scope: MerchantScope,
  { filter, now }: { filter: SessionFilter; now: Date },
): Promise<Prisma.Sql> {
  const all = ledgerConditions(scope, filter);
  if (filter.kinds !== undefined) all.push(isAnyOf('kind', filter.kinds));
  if (filter.hasProviderError !== undefined)
    all.push(Prisma.sql`(provider_error IS NOT NULL) = ${filter.hasProviderError}::boolean`);
  if (filter.isStarted !== undefined) all.push(Prisma.sql`(started_at IS NOT NULL) = ${filter.isStarted}::boolean`);
  if (filter.search !== undefined) all.push(await isFoundBy(tx, scope, filter.search));
  if (filter.isStuck !== undefined) all.push(filter.isStuck ? isStuck(now) : Prisma.sql`NOT ${isStuck(now)}`);
  if (filter.updatedFrom !== undefined) all.push(Prisma.sql`updated_at >= ${filter.updatedFrom}`);
  return allOf(all);
}

/** So many are found first and sorted then. More are met soon enough when the list is walked in its order. */
const LOOKED_UP_MAX = 20_000;
/** Behind every text that begins with the one before it: codes are compared byte by byte. */
const LAST_CHARACTER = '\u{10FFFF}';

/**
 * The merchant's code begins with the text, or the session's id, its provider code or its customer's code is the text. Each way has
 * an index, so that a look-up does not depend on how many sessions there are.
 */
async function isFoundBy(tx: Tx, scope: MerchantScope, text: string): Promise<Prisma.Sql> {
  const mine = inScope(scope);
  const ways = [
    Prisma.sql`${mine} AND code ~>=~ ${text} AND code ~<~ ${text + LAST_CHARACTER}`,
    Prisma.sql`${mine} AND customer_id = (SELECT id FROM customers WHERE ${mine} AND code = ${text})`,
    Prisma.sql`provider_code = ${text} AND provider_account_id IN (SELECT id FROM provider_accounts WHERE ${mine})`,
    ...(isId(text) ? [Prisma.sql`id = ${text}::uuid`] : []),
  ];
  const first = ways.map((way) => Prisma.sql`(SELECT FROM sessions WHERE ${way} LIMIT ${LOOKED_UP_MAX + 1})`);
  const [found] = await tx.$queryRaw<{ count: bigint }[]>`
    SELECT count(*) AS count FROM (${Prisma.join(first, ' UNION ALL ')}) AS found`;
  if (Number(found?.count ?? 0n) > LOOKED_UP_MAX) return Prisma.sql`(${Prisma.join(ways, ' OR ')})`;
  const all = ways.map((way) => Prisma.sql`SELECT id FROM sessions WHERE ${way}`);
  return Prisma.sql`id = ANY(ARRAY(${Prisma.join(all, ' UNION ALL ')}))`;
}
