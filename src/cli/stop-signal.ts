import type { Environment } from '../config.ts';
import { FIRST_PARENT } from './parent.ts';

/** SIGHUP is what a terminal sends when its window closes. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const PARENT_CHECK_MS = 250;

/** How this process learns that it is to end. */
export interface StopSignal {
  /** Waits for the first signal and returns its name. Until this is called, a signal ends the process at once. */
  received(): Promise<string>;
  /** Stops listening: from then on a signal ends the process at once. */
  forget(): void;
}

/**
 * A repeated signal does not cut off the work that the first one lets finish: at Ctrl-C both the terminal and npm send one.
 *
 * npm starts programs through a shell, which ends on SIGTERM and does not pass it on. A process that npm started therefore takes the
 * end of its parent for SIGTERM, also while it starts.
 */
export function createStopSignal(environment: Environment): StopSignal {
  const isFromNpm = environment['npm_execpath'] !== undefined || environment['npm_lifecycle_event'] !== undefined;
  const forgets: (() => void)[] = isFromNpm && FIRST_PARENT > 1 ? [followParent()] : [];
  return {
    received: () =>
      new Promise((resolve) => {
        for (const name of SIGNALS) {
          const listener = (): void => resolve(name);
          process.on(name, listener);
          forgets.push(() => process.removeListener(name, listener));
        }
      }),
    forget() {
      for (const forget of forgets) forget();
    },
  };
}

/** Sends this process SIGTERM when its parent has ended. Returns what stops that. */
function followParent(): () => void {
  const stop = (): void => clearInterval(timer);
  const check = (): void => {
    if (process.ppid === FIRST_PARENT) return;
    stop();
    process.kill(process.pid, 'SIGTERM');
  };
  const timer = setInterval(check, PARENT_CHECK_MS);
  timer.unref();
  check();
  return stop;
}
