import { Prisma } from '../generated/prisma/client.ts';
import type { Sql } from './sql.ts';

/** Invariant 12: the tables in the order of their locks, and the order of the rows in each. */
const ORDERS = {
  customers: 'id',
  operations: 'id',
  sessions: 'id',
  // What acts on others was recorded after them.
  transactions: `action = 'CHARGEBACK', created_at DESC, id DESC`,
  payment_methods: 'id',
} as const;
export type LockedTable = keyof typeof ORDERS;

const TABLES = Object.keys(ORDERS);

/**
 * The condition that there is such a row, which is then held to the end of the statement's transaction. In a commit it stands
 * before the first part, whose own row is locked after it.
 */
export function held(table: LockedTable, where: Prisma.Sql, strength: 'UPDATE' | 'SHARE' = 'UPDATE'): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT FROM ${Prisma.raw(table)} WHERE ${where} FOR ${Prisma.raw(strength)})`;
}

/** Transactions that hold the row of a session, and so are the only ones that append its events. */
const holdingSessions = new WeakSet<Sql>();

/**
 * To be called once a transaction has locked the count of a session's events. That is its last lock, unless it holds the session: the
 * holder of the session would wait for the count, and this one for what that holder has.
 */
export function countsLocked(tx: Sql): void {
  if (!holdingSessions.has(tx)) reached.set(tx, TABLES.length);
}

/** The last table of that order in which a transaction has locked rows. */
const reached = new WeakMap<Sql, number>();

/**
 * Waits for other writers of these rows to finish, then reads them, held until the transaction ends. Throws where the transaction
 * has locked rows of a later table: two transactions that lock in different orders could wait for each other.
 * @param wanted `SHARE` holds the rows against writers only
 */
export async function lockRows<Row>(
  tx: Sql,
  table: LockedTable,
  wanted: { columns: Prisma.Sql; where: Prisma.Sql; strength?: 'SHARE' },
): Promise<readonly Row[]> {
  const place = TABLES.indexOf(table);
  if (place < (reached.get(tx) ?? 0)) throw new Error(`Rows of ${table} must be locked before those of other tables.`);
  reached.set(tx, place);
  if (table === 'sessions') holdingSessions.add(tx);
  const { columns, where, strength = 'UPDATE' } = wanted;
  return tx.$queryRaw<Row[]>`
    SELECT ${columns} FROM ${Prisma.raw(table)} WHERE ${where} ORDER BY ${Prisma.raw(ORDERS[table])} FOR ${Prisma.raw(strength)}`;
}
