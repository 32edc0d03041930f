import { Prisma } from '../generated/prisma/client.ts';
import type { Sql } from './sql.ts';

/**
 * One write of a commit: an INSERT, UPDATE or DELETE without RETURNING.
 * @param only the condition under which it writes; it stands in the statement's WHERE
 */
export type Part = (only: Prisma.Sql) => Prisma.Sql;

/** The part under further conditions. */
export function when(conditions: readonly Prisma.Sql[], part: Part): Part {
  return (only) => part(Prisma.join([...conditions, only], ' AND '));
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
  const parts = [first(ALWAYS), ...others.map((part) => part(isFirstWritten))];
  const written = parts.map((part, index) => Prisma.sql`${name(index)} AS (${part} RETURNING 1)`);
  const [row] = await tx.$queryRaw<[{ count: number }]>`
    WITH ${Prisma.join(written)} SELECT count(*)::integer AS count FROM ${name(0)}`;
  return row.count > 0;
}

/** Sends one part by itself. */
export function write(tx: Sql, part: Part): Promise<number> {
  return tx.$executeRaw(part(ALWAYS));
}
