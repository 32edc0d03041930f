import type { Tx } from '../database/database.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { addMs, HOUR_MS, MINUTE_MS } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Job } from './job.ts';

export interface NewJob {
  readonly kind: string;
  /** At most one waiting job has this key; a second one is dropped. */
  readonly key: string;
  readonly payload: JsonObject;
  readonly runAt: Date;
}

/** Schedules work in the transaction that makes it necessary. */
export async function insertJob(tx: Tx, job: NewJob, now: Date): Promise<void> {
  const row = { ...job, payload: job.payload as Prisma.InputJsonObject, id: newId(now), attempts: 0, createdAt: now };
  await tx.job.createMany({ data: [row], skipDuplicates: true });
}

const LEASE_MS = MINUTE_MS;
const BATCH = 20;

/** Takes due jobs, oldest first, so that no other process takes them for a minute; at most 20. */
export async function claimDueJobs(tx: Tx, now: Date): Promise<readonly Job[]> {
  return tx.$queryRaw<Job[]>`
    UPDATE jobs SET lease_until = ${addMs(now, LEASE_MS)}, attempts = attempts + 1
    WHERE id IN (SELECT id FROM jobs WHERE run_at <= ${now} AND (lease_until IS NULL OR lease_until <= ${now})
      ORDER BY run_at, id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
    RETURNING id, kind, payload, attempts`;
}

export async function deleteJob(tx: Tx, id: string): Promise<void> {
  await tx.job.deleteMany({ where: { id } });
}

/** Puts a job that failed back, with a pause that doubles up to an hour. It is never dropped. */
export async function postponeJob(tx: Tx, job: Job, failure: { error: string; now: Date }): Promise<void> {
  const pauseMs = Math.min(1_000 * 2 ** Math.min(job.attempts, 12), HOUR_MS);
  await tx.job.updateMany({
    where: { id: job.id },
    data: { runAt: addMs(failure.now, pauseMs), leaseUntil: null, lastError: failure.error },
  });
}
