import { type Part, write } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import { tableOf } from '../database/table.ts';
import { type Job as JobRow, Prisma } from '../generated/prisma/client.ts';
import { addMs, HOUR_MS, MINUTE_MS } from '../kernel/clock.ts';
import { CANDIDATES_MAX, type Share } from '../kernel/due-work.ts';
import { newId } from '../kernel/ids.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Job } from './job.ts';

export interface NewJob {
  readonly kind: string;
  /** At most one waiting job has this key; a second one is dropped. */
  readonly key: string;
  readonly payload: JsonObject;
  /** The provider account that it waits for. */
  readonly lane: string;
  readonly runAt: Date;
}

const jobs = tableOf<JobRow>('jobs', Prisma.JobScalarFieldEnum, ['payload']);

/** Schedules work in the transaction that makes it necessary. */
export async function insertJob(tx: Tx, job: NewJob, now: Date): Promise<void> {
  await write(tx, jobPart(job, now));
}

/** The same as a part of a commit. */
export function jobPart(job: NewJob, now: Date): Part {
  const row = { ...job, id: newId(now), attempts: 0, createdAt: now };
  return (only) => Prisma.sql`${jobs.insertIf(only, row)} ON CONFLICT DO NOTHING`;
}

const LEASE_MS = MINUTE_MS;

/** Takes due jobs within the share, oldest first, so that no other process takes them for a minute. A parked one is never due. */
export async function claimDueJobs(tx: Tx, { now, share }: { now: Date; share: Share }): Promise<readonly Job[]> {
  return tx.$queryRaw<Job[]>`
    UPDATE jobs SET lease_until = ${addMs(now, LEASE_MS)}, attempts = attempts + 1
    WHERE id IN (SELECT id FROM (
      SELECT id, row_number() OVER (PARTITION BY lane ORDER BY run_at, id) AS place FROM (
        SELECT id, COALESCE(lane, id) AS lane, run_at FROM jobs
        WHERE run_at <= ${now} AND (lease_until IS NULL OR lease_until <= ${now})
          AND COALESCE(lane, id) <> ALL(${[...share.busyAccounts]}::uuid[])
        ORDER BY run_at, id LIMIT ${CANDIDATES_MAX} FOR UPDATE SKIP LOCKED) AS candidates) AS placed
      WHERE place <= ${share.perAccount} ORDER BY place, id LIMIT ${share.limit})
    RETURNING id, kind, payload, COALESCE(lane, id) AS lane, attempts`;
}

/** Deletes a job that has succeeded, as the first part of a commit. */
export function deletePart({ id }: Job): Part {
  return (only) => Prisma.sql`DELETE FROM jobs WHERE ${jobs.is({ id })} AND ${only}`;
}

/** Three days of failures: an hour and eight minutes of pauses that double, and then one attempt each hour. */
export const ATTEMPTS_MAX = 83;
const DOUBLINGS_MAX = 12;

/**
 * Puts a job that failed back, with a pause that doubles up to an hour. After its last attempt it is parked: it stays, and has no due
 * time. Does nothing where it is parked already, or where its lease has run out and another process has taken it since.
 */
export async function postponeJob(tx: Tx, job: Job, failure: { error: string; now: Date }): Promise<'postponed' | 'parked'> {
  const { id, attempts } = job;
  const isParked = attempts >= ATTEMPTS_MAX;
  const pauseMs = Math.min(1_000 * 2 ** Math.min(attempts, DOUBLINGS_MAX), HOUR_MS);
  const runAt = isParked ? null : addMs(failure.now, pauseMs);
  const changes = jobs.set({ runAt, leaseUntil: null, lastError: failure.error });
  const count = await tx.$executeRaw`UPDATE jobs SET ${changes} WHERE ${jobs.is({ id, attempts })} AND run_at IS NOT NULL`;
  return isParked && count === 1 ? 'parked' : 'postponed';
}

/** Whose provider account a job waits for. Null for a job that waits for none. */
export async function findOwner(tx: Tx, { lane }: Job): Promise<MerchantScope | null> {
  const [owner] = await tx.$queryRaw<MerchantScope[]>`
    SELECT merchant_id AS "merchantId", environment FROM provider_accounts WHERE id = ${lane}::uuid`;
  return owner ?? null;
}

const LISTED_MAX = 500;

/** A job that failed at least once. */
export interface FailedJob {
  readonly id: string;
  readonly kind: string;
  readonly state: 'PARKED' | 'RETRYING';
  readonly attempts: number;
  readonly lastError: string | null;
  readonly providerAccountId: string | null;
  readonly createdAt: Date;
  readonly nextAttemptAt: Date | null;
}

/** Oldest first, at most 500. */
export async function listFailedJobs(tx: Tx): Promise<readonly FailedJob[]> {
  return tx.$queryRaw<FailedJob[]>`
    SELECT id, kind, CASE WHEN run_at IS NULL THEN 'PARKED' ELSE 'RETRYING' END AS state, attempts, last_error AS "lastError",
      lane AS "providerAccountId", created_at AS "createdAt", run_at AS "nextAttemptAt"
    FROM jobs WHERE last_error IS NOT NULL OR run_at IS NULL ORDER BY created_at, id LIMIT ${LISTED_MAX}`;
}

/** Lets parked jobs run now, with all their attempts before them: one by its id or its key, or every one. Returns how many. */
export async function resumeJobs(tx: Tx, which: { id: string } | { key: string } | 'all', now: Date): Promise<number> {
  const changes = jobs.set({ runAt: now, leaseUntil: null, attempts: 0 });
  return tx.$executeRaw`UPDATE jobs SET ${changes} WHERE run_at IS NULL AND ${named(which)}`;
}

function named(which: { id: string } | { key: string } | 'all'): Prisma.Sql {
  if (which === 'all') return Prisma.sql`TRUE`;
  return 'id' in which ? jobs.is({ id: which.id }) : jobs.is({ key: which.key });
}

/** Drops a parked job. False when there is none. */
export async function deleteParkedJob(tx: Tx, id: string): Promise<boolean> {
  return (await tx.$executeRaw`DELETE FROM jobs WHERE ${jobs.is({ id, runAt: null })}`) === 1;
}
