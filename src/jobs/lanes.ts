import { MINUTE_MS } from '../kernel/clock.ts';
import type { DueWork, Share } from '../kernel/due-work.ts';
import type { Logger } from '../kernel/log.ts';
import { within } from '../kernel/within.ts';

/** Work that runs side by side, bounded for each provider account and in all. */
export interface Lanes {
  /** What may be claimed now. */
  share(): Share;
  start(work: DueWork): void;
  has(accountId: string): boolean;
  /** How many pieces of work are under way. */
  size(): number;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** So much of one account runs at once: a provider that does not respond holds this many and no more. */
const ACCOUNT_MAX = 4;
export const CLAIMED_PER_ACCOUNT = 2;
/** Waiting for a provider holds no connection, so this may be many more than there are connections. */
const TOTAL_MAX = 64;
const CLAIMED_MAX = 20;
/** Each call of a row has a limit of its own. This one covers everything else. */
const WORK_MS_MAX = 5 * MINUTE_MS;

export interface LanesOptions {
  readonly log: Logger;
  /** Called when an account that was busy, or all together, can take more. */
  readonly onRoom: () => void;
  /** Says that the process ends. */
  readonly signal: AbortSignal;
}

export function createLanes({ log, onRoom, signal }: LanesOptions): Lanes {
  const counts = new Map<string, number>();
  const running = new Set<Promise<void>>();
  const isBusy = (count: number) => count > ACCOUNT_MAX - CLAIMED_PER_ACCOUNT;
  return {
    share: () => ({
      busyAccounts: [...counts].filter(([, count]) => isBusy(count)).map(([accountId]) => accountId),
      perAccount: CLAIMED_PER_ACCOUNT,
      limit: Math.min(TOTAL_MAX - running.size, CLAIMED_MAX),
    }),
    start(work) {
      const { accountId } = work;
      counts.set(accountId, (counts.get(accountId) ?? 0) + 1);
      const ended = runWork(log, work, signal).then(() => {
        const count = counts.get(accountId) ?? 1;
        const hadNoRoom = isBusy(count) || running.size >= TOTAL_MAX;
        if (count === 1) counts.delete(accountId);
        else counts.set(accountId, count - 1);
        running.delete(ended);
        if (hadNoRoom) onRoom();
      });
      running.add(ended);
    },
    has: (accountId) => counts.has(accountId),
    size: () => running.size,
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

/** Never throws. */
async function runWork(log: Logger, { accountId, run }: DueWork, signal: AbortSignal): Promise<void> {
  try {
    const ended = await within(
      WORK_MS_MAX,
      Promise.resolve().then(() => run(signal)),
    );
    if (ended === 'late') log.error({ accountId }, 'a piece of background work took too long and was left behind');
  } catch (error) {
    log.error({ accountId, error }, 'a piece of background work failed');
  }
}
