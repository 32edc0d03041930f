import { Prisma } from '../generated/prisma/client.ts';
import { addMs, HOUR_MS, MINUTE_MS } from '../kernel/clock.ts';
import { CANDIDATES_MAX, type Share } from '../kernel/due-work.ts';
import type { Tx } from './database.ts';

/** Tables whose rows carry the instant of their next look, `next_check_at`, and how many looks in a row have failed. */
type CheckedTable = 'sessions' | 'transactions';

export interface Claim {
  readonly now: Date;
  readonly share: Share;
}

/** A row that this process looks at now. It is due again when the lease runs out, should the process end before that. */
export interface Due {
  readonly id: string;
  readonly merchantId: string;
  readonly leaseUntil: Date;
  readonly failures: number;
}

const LEASE_MS = MINUTE_MS;

/** Takes rows that are due for a look within the share, oldest first, so that no other process takes them for a minute. */
export async function claimDue(tx: Tx, table: CheckedTable, { now, share }: Claim): Promise<readonly Due[]> {
  const leaseUntil = addMs(now, LEASE_MS);
  const name = Prisma.raw(table);
  const rows = await tx.$queryRaw<Omit<Due, 'leaseUntil'>[]>`
    UPDATE ${name} SET next_check_at = ${leaseUntil}
    WHERE id IN (SELECT id FROM (
      SELECT id, row_number() OVER (PARTITION BY provider_account_id ORDER BY next_check_at) AS place FROM (
        SELECT id, provider_account_id, next_check_at FROM ${name}
        WHERE next_check_at <= ${now} AND provider_account_id <> ALL(${[...share.busyAccounts]}::uuid[])
        ORDER BY next_check_at LIMIT ${CANDIDATES_MAX} FOR UPDATE SKIP LOCKED) AS candidates) AS placed
      WHERE place <= ${share.perAccount} ORDER BY place LIMIT ${share.limit})
    RETURNING id, merchant_id AS "merchantId", check_failures AS failures`;
  return rows.map((row) => ({ ...row, leaseUntil }));
}

/**
 * A condition-free assignment for news of a row: the next look comes at the given instant, or earlier if one is due earlier.
 * Callers who bring news can therefore never push a look back; only the job that makes it can, by `saveNextLook`.
 */
export function bringForward(nextCheckAt: Date | null): Prisma.Sql {
  return nextCheckAt === null
    ? Prisma.sql`next_check_at = NULL`
    : Prisma.sql`next_check_at = LEAST(next_check_at, ${nextCheckAt})`;
}

/** Ends a look that went well. Does nothing where news has scheduled another instant during the look. */
export async function saveNextLook(tx: Tx, table: CheckedTable, look: { due: Due; nextCheckAt: Date | null }): Promise<void> {
  const { due, nextCheckAt } = look;
  await tx.$executeRaw`
    UPDATE ${Prisma.raw(table)} SET check_failures = 0,
      next_check_at = CASE WHEN next_check_at = ${due.leaseUntil} THEN ${nextCheckAt}::timestamptz ELSE next_check_at END
    WHERE id = ${due.id}::uuid AND merchant_id = ${due.merchantId}::uuid AND (next_check_at = ${due.leaseUntil} OR check_failures > 0)`;
}

/** A day and a half of looks that all failed: the row itself is at fault, and a person must look. */
const FAILURES_MAX = 40;
const DOUBLINGS_MAX = 6;

/** Ends a look that broke off: the pause doubles from a minute to an hour. After 40 in a row there is no further look. */
export async function saveFailedLook(
  tx: Tx,
  table: CheckedTable,
  look: { due: Due; now: Date },
): Promise<'postponed' | 'parked'> {
  const { due, now } = look;
  const isParked = due.failures + 1 >= FAILURES_MAX;
  const pauseMs = Math.min(MINUTE_MS * 2 ** Math.min(due.failures, DOUBLINGS_MAX), HOUR_MS);
  const nextCheckAt = isParked ? null : addMs(now, pauseMs);
  const count = await tx.$executeRaw`
    UPDATE ${Prisma.raw(table)} SET check_failures = ${due.failures + 1}::integer, next_check_at = ${nextCheckAt}::timestamptz
    WHERE id = ${due.id}::uuid AND merchant_id = ${due.merchantId}::uuid AND next_check_at = ${due.leaseUntil}`;
  return isParked && count === 1 ? 'parked' : 'postponed';
}
