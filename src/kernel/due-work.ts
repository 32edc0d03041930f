/** What a claim of due work may take, so that a slow account leaves room for the others. */
export interface Share {
  /** Provider accounts that have as much under way as they may. */
  readonly busyAccounts: readonly string[];
  /** How many rows of one account. */
  readonly perAccount: number;
  /** How many rows together. */
  readonly limit: number;
}

/** One piece of deferred work, most often a row that this process has claimed. */
export interface DueWork {
  /** The provider account that it waits for; another id where it waits for none. */
  readonly accountId: string;
  /** The signal says that the process ends: what only waits for better times gives up then. */
  run(signal: AbortSignal): Promise<unknown>;
}

/** How many due rows a claim looks at to find its share, oldest first. */
export const CANDIDATES_MAX = 200;
