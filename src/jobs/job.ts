import type { Part } from '../database/commit.ts';
import type { DueWork, Share } from '../kernel/due-work.ts';

/** One piece of deferred work. Its row is deleted when it has succeeded. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly payload: unknown;
  /** The provider account that it waits for, or its own id. */
  readonly lane: string;
  /** Attempts that were begun. */
  readonly attempts: number;
}

/**
 * Does the work of one kind of job. May be called again for the same job: after a crash, or when it throws. What it returns is written
 * in the commit that deletes the job.
 */
export type JobHandler = (payload: unknown) => Promise<readonly Part[]>;

/** Claims due work of one kind on the feature's own rows. What it returns is run at once, or not at all until its lease runs out. */
export type Sweep = (share: Share) => Promise<readonly DueWork[]>;

/** Does a bounded step of work that waits for no provider. Returns how much it did, so that the runner knows when to rest. */
export type Step = () => Promise<number>;
