import { listCustomerCodes } from '../customers/store.ts';
import { addMs, MINUTE_MS } from '../kernel/clock.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from './deps.ts';
import { listSessions, type SessionFilter, type SessionSort } from './list.ts';
import type { Session } from './session.ts';

type ExportDeps = Pick<Deps, 'database' | 'clock'>;

/** What a list of sessions is asked for by. */
export interface ExportQuery {
  readonly filter: SessionFilter;
  readonly sort: SessionSort;
  /** 5,000,000 unless told. */
  readonly rowsMax?: number;
}

export interface ExportedSession {
  readonly session: Session;
  /** Null when the session belongs to no customer, or to one without a code. */
  readonly merchantInternalCustomerCode: string | null;
}

const ROWS_MAX = 5_000_000;
const PAGE_SIZE = 1_000;
/** A change bears the instant at which it was written, not the one at which others can see it. */
const OVERLAP_MS = 2 * MINUTE_MS;

/**
 * Every session that meets the filter, page by page in the order of the sort. No transaction is held: a session that starts, or
 * changes what the filter asks for, meanwhile may be in it or not. No other is missed, and none comes twice. Where the order is by
 * UPDATED_AT, those that change meanwhile come last. Throws where there are more than the most: what came until then is not all.
 */
export async function* exportSessions(
  deps: ExportDeps,
  scope: MerchantScope,
  query: ExportQuery,
): AsyncGenerator<readonly ExportedSession[]> {
  const { rowsMax = ROWS_MAX } = query;
  let count = 0;
  for await (const page of pagesOf(deps, scope, query)) {
    count += page.length;
    if (count > rowsMax)
      throw new Error(`An export has at most ${rowsMax} sessions. Ask for less by createdFrom and createdBefore.`);
    if (page.length > 0) yield withCustomerCodes(deps, scope, page);
  }
}

async function* pagesOf(deps: ExportDeps, scope: MerchantScope, query: ExportQuery): AsyncGenerator<readonly Session[]> {
  if (query.sort.field !== 'UPDATED_AT') return yield* walk(deps, scope, query);
  // Sessions that change move within this order while it is walked, over the walker or ahead of him.
  const isNew = createMemory();
  const updatedFrom = addMs(deps.clock.now(), -OVERLAP_MS);
  const changed: ExportQuery = { filter: { ...query.filter, updatedFrom }, sort: { field: 'UPDATED_AT', order: 'ASC' } };
  for (const each of [query, changed]) {
    for await (const page of walk(deps, scope, each)) yield page.filter(({ id }) => isNew(id));
  }
}

async function* walk(deps: ExportDeps, scope: MerchantScope, query: ExportQuery): AsyncGenerator<readonly Session[]> {
  let cursor: string | null = null;
  do {
    const page: PageRequest = { direction: 'forward', size: PAGE_SIZE, cursor, skip: 0 };
    const result: Result<Page<Session>> = await deps.database.inTurn(() => listSessions(deps, scope, { ...query, page }));
    if (!result.ok) throw new Error(`A page could not be read behind the one before: ${result.refusal.message}`);
    const { edges, hasNextPage } = result.value;
    cursor = hasNextPage ? (edges.at(-1)?.cursor ?? null) : null;
    yield edges.map(({ node }) => node);
  } while (cursor !== null);
}

async function withCustomerCodes(
  deps: ExportDeps,
  scope: MerchantScope,
  sessions: readonly Session[],
): Promise<readonly ExportedSession[]> {
  const ids = new Set(sessions.flatMap(({ customerId }) => (customerId === null ? [] : [customerId])));
  const codes = ids.size === 0 ? new Map<string, string>() : await listCustomerCodes(deps.database.client, scope, [...ids]);
  return sessions.map((session) => ({
    session,
    merchantInternalCustomerCode: session.customerId === null ? null : (codes.get(session.customerId) ?? null),
  }));
}

const MEMORY_SLOTS = 2 ** 12;

/**
 * Tells whether an id is asked about for the first time. Keeps 64 bits made of each, in a table without objects: five million need
 * 67 MB, and that any two of them are taken for one has a chance of one in a million.
 */
function createMemory(): (id: string) => boolean {
  let slots = new BigUint64Array(MEMORY_SLOTS);
  let count = 0;
  const insert = (table: BigUint64Array, key: bigint): boolean => {
    const mask = table.length - 1;
    for (let at = Number(key & 0xffff_ffffn) & mask; ; at = (at + 1) & mask) {
      if (table[at] === key) return false;
      if (table[at] !== 0n) continue;
      table[at] = key;
      return true;
    }
  };
  return (id) => {
    if (count * 4 > slots.length * 3) {
      const larger = new BigUint64Array(slots.length * 2);
      for (const key of slots) if (key !== 0n) insert(larger, key);
      slots = larger;
    }
    const isNew = insert(slots, toKey(id));
    if (isNew) count += 1;
    return isNew;
  };
}

/** 2^64 divided by the golden ratio: a factor that spreads ids which differ in few bits. */
const SPREAD = 0x9e37_79b9_7f4a_7c15n;

/** Of all 128 bits of an id; never 0, which stands for an empty slot. */
function toKey(id: string): bigint {
  const digits = id.replaceAll('-', '');
  const [upper, lower] = [BigInt(`0x${digits.slice(0, 16)}`), BigInt(`0x${digits.slice(16)}`)];
  return BigInt.asUintN(64, upper * SPREAD + lower) || 1n;
}
