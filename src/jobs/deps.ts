import type { Database } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Count } from '../kernel/count.ts';
import type { Logger } from '../kernel/log.ts';

/** What jobs use. Each function takes its part. */
export interface Deps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly count: Count;
  /** Lets the job runner look for due work now instead of at its next round. */
  readonly wakeJobs: () => void;
}
