import { insertEvents } from '../events/store.ts';
import type { Deps } from './deps.ts';
import type { Job } from './job.ts';
import { findOwner, postponeJob } from './store.ts';

/**
 * Puts a job that failed back. Once it has used up its attempts it waits for an operator: as an alert of its merchant, in the metrics
 * and in the log. Safe to repeat where the outcome of a commit is unknown: there is one alert.
 */
export async function putBack(deps: Pick<Deps, 'database' | 'clock' | 'count' | 'log'>, job: Job, error: string): Promise<void> {
  const { id: jobId, kind } = job;
  const now = deps.clock.now();
  const parked = await deps.database.inTransaction(async (tx) => {
    if ((await postponeJob(tx, job, { error, now })) === 'postponed') return null;
    const scope = await findOwner(tx, job);
    const event = { type: 'job.parked', isAlert: true, data: { jobId, kind, failure: error } } as const;
    if (scope !== null) await insertEvents(tx, { scope, source: 'JOB', now }, [event]);
    return { scope };
  });
  if (parked === null) return;
  deps.count('jobs_parked', kind);
  if (parked.scope !== null) deps.count('alerts', 'job.parked');
  deps.log.error({ jobId, kind, attempts: job.attempts }, 'a job is parked: see `tollgate jobs list`');
}
