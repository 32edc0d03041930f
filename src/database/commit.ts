import { Prisma } from '../generated/prisma/client.ts';
import type { News } from './news.ts';
import type { Sql } from './sql.ts';

/**
 * One write of a commit: an INSERT, UPDATE or DELETE without RETURNING.
 * @param only the condition under which it writes; it stands in the statement's WHERE
 */
export interface Part {
  (only: Prisma.Sql): Prisma.Sql;
  /** For a part that appends events: the sessions they are of. It is written last, because it locks the count of these sessions. */
  readonly news?: News | undefined;
}

/** The part under further conditions. */
export function when(conditions: readonly Prisma.Sql[], part: Part): Part {
  return Object.assign((only: Prisma.Sql) => part(Prisma.join([...conditions, only], ' AND ')), { news: part.news });
}

const ALWAYS = Prisma.sql`TRUE`;

/**
 * Sends several writes as one statement, which PostgreSQL commits or undoes as a whole. The first part decides: where it writes no
 * row (a code that is taken, a version that has moved on), none of the others writes one.
 *
 * All parts see the database as it was before the statement, so that no part may depend on the rows of another one but the first.
 * @returns whether the first part has written a row. Another part may have found none that meets its own conditions
 */
export async function commit(tx: Sql, first: Part, others: readonly Part[] = []): Promise<boolean> {
  const name = (index: number) => Prisma.raw(`part_${index}`);
  const isFirstWritten = Prisma.sql`EXISTS (SELECT FROM ${name(0)})`;
  const plain = others.filter(({ news }) => news === undefined);
  const last = others.filter(({ news }) => news !== undefined);
  // PostgreSQL writes the parts in an order of its own, but reads a part to its end where a later one counts its rows.
  const isAllWritten = plain.map((_part, index) => Prisma.sql`(SELECT count(*) FROM ${name(index + 1)}) >= 0`);
  const afterAll = Prisma.join([isFirstWritten, ...isAllWritten], ' AND ');
  const parts = [first(ALWAYS), ...plain.map((part) => part(isFirstWritten)), ...last.map((part) => part(afterAll))];
  const written = parts.map((part, index) => Prisma.sql`${name(index)} AS (${part} RETURNING 1)`);
  const [row] = await tx.$queryRaw<[{ count: number }]>`
    WITH ${Prisma.join(written)} SELECT count(*)::integer AS count FROM ${name(0)}`;
  if (row.count > 0) for (const { news } of [first, ...others]) if (news !== undefined) tx.afterCommit(news);
  return row.count > 0;
}

/** Sends one part by itself. */
export async function write(tx: Sql, part: Part): Promise<number> {
  const count = await tx.$executeRaw(part(ALWAYS));
  if (part.news !== undefined) tx.afterCommit(part.news);
  return count;
}
