import { Prisma } from '../generated/prisma/client.ts';
import { isId } from '../kernel/ids.ts';
import { decodeCursor, encodeCursor, type Page, type PageRequest, toPage } from '../kernel/paging.ts';
import { type Refusal, refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { Tx } from './database.ts';

/** What a list can be sorted by. The id breaks ties, so every order is total and a cursor is a place between two rows. */
export interface SortKey<Row> {
  /** Stands in the cursor beside the table. */
  readonly name: string;
  readonly column: string;
  readonly type: 'instant' | 'amount';
  readonly valueOf: (row: Row) => Date | bigint;
}

export const BY_CREATION: SortKey<{ readonly createdAt: Date }> = {
  name: 'createdAt',
  column: 'created_at',
  type: 'instant',
  valueOf: (row) => row.createdAt,
};

export interface PageQuery<Row, Node> {
  readonly table: string;
  /** The columns to read, as SQL; the id and the sort column among them. */
  readonly columns: Prisma.Sql;
  readonly where: Prisma.Sql;
  readonly sort: { readonly key: SortKey<Row>; readonly order: 'ASC' | 'DESC' };
  readonly page: PageRequest;
  readonly toNode: (row: Row) => Node;
}

/**
 * Reads one page by keyset: the database starts at the cursor's place in the index, so that every page costs the same,
 * however deep. Rows inserted meanwhile shift nothing. Refuses a cursor of another list or order.
 */
export async function readPage<Row extends { readonly id: string }, Node>(
  tx: Tx,
  query: PageQuery<Row, Node>,
): Promise<Result<Page<Node>>> {
  const { key, order } = query.sort;
  const isForward = query.page.direction === 'forward';
  const readsUpward = (order === 'ASC') === isForward;
  const start = query.page.cursor === null ? null : parsePosition(query, query.page.cursor);
  if (start === 'invalid') return refused(notACursor(isForward ? 'after' : 'before'));
  const column = Prisma.raw(key.column);
  const compare = Prisma.raw(readsUpward ? '>' : '<');
  const behind = start === null ? Prisma.empty : Prisma.sql`AND (${column}, id) ${compare} (${start.value}, ${start.id}::uuid)`;
  const direction = Prisma.raw(readsUpward ? 'ASC' : 'DESC');
  const rows = await tx.$queryRaw<Row[]>`
    SELECT ${query.columns} FROM ${Prisma.raw(query.table)} WHERE ${query.where} ${behind}
    ORDER BY ${column} ${direction}, id ${direction} LIMIT ${query.page.size + 1} OFFSET ${query.page.skip}`;
  return ok(toPage(query.page, rows, (row) => toEdge(query, row)));
}

/** How many rows meet the condition: as slow as they are many, so only asked where a caller wants the number. */
export async function countRows(tx: Tx, table: string, where: Prisma.Sql): Promise<number> {
  const [row] = await tx.$queryRaw<{ count: bigint }[]>`SELECT count(*) AS count FROM ${Prisma.raw(table)} WHERE ${where}`;
  return Number(row?.count ?? 0n);
}

/** Joins conditions with AND; an empty list is true. */
export function allOf(conditions: readonly Prisma.Sql[]): Prisma.Sql {
  return conditions.length === 0 ? Prisma.sql`TRUE` : Prisma.join([...conditions], ' AND ');
}

/** The refusal of a cursor that belongs elsewhere, at the argument that brought it. */
function notACursor(argument: 'after' | 'before'): Refusal {
  const message = 'This is not a cursor of this list in this order.';
  return { ...refusal('BAD_USER_INPUT', `${argument}: ${message}`), issues: [{ path: [argument], message }] };
}

type CursorQuery<Row> = Pick<PageQuery<Row, unknown>, 'table' | 'sort'>;

/** Tells lists and orders apart, so that a cursor of one is not read in another. */
function placeOf<Row>({ table, sort }: CursorQuery<Row>): string {
  return `${table}.${sort.key.name}`;
}

/** The cursor is made when it is asked for: few callers want that of every edge. */
function toEdge<Row extends { readonly id: string }, Node>(query: PageQuery<Row, Node>, row: Row) {
  return {
    node: query.toNode(row),
    get cursor() {
      return toCursor(query, row);
    },
  };
}

function toCursor<Row extends { readonly id: string }>(query: CursorQuery<Row>, row: Row): string {
  const value = query.sort.key.valueOf(row);
  return encodeCursor([placeOf(query), value instanceof Date ? value.toISOString() : value.toString(), row.id]);
}

const DIGITS = /^\d{1,19}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const BIGINT_MAX = 2n ** 63n - 1n;

/** Cursors travel through other hands: what a column cannot hold is no cursor of ours, and PostgreSQL would fail on it. */
function parsePosition<Row>(query: CursorQuery<Row>, cursor: string): { value: Date | bigint; id: string } | 'invalid' {
  const [place, text, id] = decodeCursor(cursor, 3) ?? [];
  if (place !== placeOf(query) || text === undefined || id === undefined || !isId(id)) return 'invalid';
  if (query.sort.key.type === 'amount') {
    return DIGITS.test(text) && BigInt(text) <= BIGINT_MAX ? { value: BigInt(text), id } : 'invalid';
  }
  const value = new Date(text);
  const isStorable = INSTANT.test(text) && !Number.isNaN(value.getTime()) && value.getUTCFullYear() > 0;
  return isStorable ? { value, id } : 'invalid';
}
