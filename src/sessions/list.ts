import type { Tx } from '../database/database.ts';
import { inScope, isAnyOf, type LedgerFilter, ledgerConditions } from '../database/filter.ts';
import { allOf, columnsOf, countRows, readPage, type SortKey } from '../database/page.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { isId } from '../kernel/ids.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import type { ProviderName, SessionKind } from '../providers/provider.ts';
import type { Session, SessionStatus } from './session.ts';
import { SESSION_FIELDS, type SessionFields, toSession } from './store.ts';
import { isStuck } from './stuck.ts';

export interface SessionFilter extends LedgerFilter {
  readonly statuses?: readonly SessionStatus[];
  readonly kinds?: readonly SessionKind[];
  readonly providers?: readonly ProviderName[];
  /** True: the provider reported an error; false: it did not. */
  readonly hasProviderError?: boolean;
  /** True: the payer has opened or tried it, or it has ended; false: nobody has. */
  readonly isStarted?: boolean;
  /** What a person would look for: see `isFoundBy`. */
  readonly search?: string;
  /** True: a person should look at it; false: nobody need. */
  readonly isStuck?: boolean;
  /** Inclusive. */
  readonly updatedFrom?: Date;
}

export interface SessionSort {
  readonly field: 'CREATED_AT' | 'UPDATED_AT' | 'AMOUNT';
  readonly order: 'ASC' | 'DESC';
}

const COLUMNS = columnsOf(SESSION_FIELDS);

const SORT_KEYS: Readonly<Record<SessionSort['field'], SortKey<SessionFields>>> = {
  CREATED_AT: { name: 'createdAt', column: 'created_at', type: 'instant', valueOf: (row) => row.createdAt },
  UPDATED_AT: { name: 'updatedAt', column: 'updated_at', type: 'instant', valueOf: (row) => row.updatedAt },
  AMOUNT: { name: 'amount', column: 'amount', type: 'amount', valueOf: (row) => row.amount },
};

/** One page of the merchant's sessions. Refuses a cursor of another list or order. */
export async function listSessions(
  deps: Pick<Deps, 'database' | 'clock'>,
  scope: MerchantScope,
  query: { filter: SessionFilter; sort: SessionSort; page: PageRequest },
): Promise<Result<Page<Session>>> {
  return readPage(deps.database.client, {
    table: 'sessions',
    columns: COLUMNS,
    where: await conditions(deps, scope, query.filter),
    sort: { key: SORT_KEYS[query.sort.field], order: query.sort.order },
    page: query.page,
    toNode: toSession,
  });
}

export async function countSessions(
  deps: Pick<Deps, 'database' | 'clock'>,
  scope: MerchantScope,
  filter: SessionFilter,
): Promise<number> {
  const where = await conditions(deps, scope, filter);
  return deps.database.inTurn(() => countRows(deps.database.client, 'sessions', where));
}

async function conditions(
  deps: Pick<Deps, 'database' | 'clock'>,
  scope: MerchantScope,
  filter: SessionFilter,
): Promise<Prisma.Sql> {
  const all = ledgerConditions(scope, filter);
  if (filter.kinds !== undefined) all.push(isAnyOf('kind', filter.kinds));
  if (filter.hasProviderError !== undefined)
    all.push(Prisma.sql`(provider_error IS NOT NULL) = ${filter.hasProviderError}::boolean`);
  if (filter.isStarted !== undefined) all.push(Prisma.sql`(started_at IS NOT NULL) = ${filter.isStarted}::boolean`);
  if (filter.search !== undefined) all.push(await isFoundBy(deps.database.client, scope, filter.search));
  if (filter.isStuck !== undefined)
    all.push(filter.isStuck ? isStuck(deps.clock.now()) : Prisma.sql`NOT ${isStuck(deps.clock.now())}`);
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
