import { isId } from '../kernel/ids.ts';
import type { Deps } from './deps.ts';
import { deleteParkedJob, type FailedJob, listFailedJobs, resumeJobs } from './store.ts';

type OperatorDeps = Pick<Deps, 'database' | 'clock' | 'log' | 'wakeJobs'>;

/** Deferred work that failed: PARKED ones wait for an operator, RETRYING ones are attempted again. Oldest first, at most 500. */
export async function listJobs(deps: Pick<Deps, 'database'>): Promise<readonly FailedJob[]> {
  return listFailedJobs(deps.database.client);
}

/** Lets one parked job run again, or all of them. Returns how many. */
export async function retryJobs(deps: OperatorDeps, which: { id: string } | 'all'): Promise<number> {
  if (which !== 'all' && !isId(which.id)) return 0;
  const count = await resumeJobs(deps.database.client, which, deps.clock.now());
  deps.wakeJobs();
  return count;
}

/** Gives one parked job up for good. False when there is none. */
export async function discardJob(deps: OperatorDeps, id: string): Promise<boolean> {
  const isDiscarded = isId(id) && (await deleteParkedJob(deps.database.client, id));
  if (isDiscarded) deps.log.warn({ jobId: id }, 'an operator gave a parked job up');
  return isDiscarded;
}
