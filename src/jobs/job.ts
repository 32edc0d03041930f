import type { Deps } from '../operations/deps.ts';

/** One piece of deferred work. Its row is deleted when it has succeeded. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly payload: unknown;
  /** Attempts that were begun. */
  readonly attempts: number;
}

/** Does the work of one kind of job. May be called again for the same job: after a crash, or when it throws. */
export type JobHandler = (deps: Deps, payload: unknown) => Promise<void>;

/** Finds and does due work of one kind on the feature's own rows. Returns how much it did, so that the runner knows when to rest. */
export type Sweep = (deps: Deps) => Promise<number>;
