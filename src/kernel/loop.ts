import type { Logger } from './log.ts';
import { within } from './within.ts';

/** Background work in rounds. Every piece of work that repeats in this process has this shape. */
export interface Loop {
  /** Begins the first round after the given time; at once by default. */
  start(afterMs?: number): void;
  /** Begins the next round now, or as soon as the one under way has ended. */
  wake(): void;
  /** Begins no further round, tells the one under way to stop, and waits for it for at most the limit. */
  stop(limitMs: number): Promise<void>;
}

export interface LoopOptions {
  /** For the log. */
  readonly name: string;
  readonly log: Logger;
  /** Between the end of a round and the beginning of the next; asked for each time where it changes. */
  readonly pauseMs: number | (() => number);
  /** A round that takes longer is left behind, and the next one begins after the pause. */
  readonly roundMsMax: number;
  /** Does what is due. The signal says that the round must take up nothing more: it took too long, or the loop stops. */
  round(signal: AbortSignal): Promise<unknown>;
}

/**
 * A loop that nothing ends but its stop: a round that throws is logged, a round that hangs is left behind, and neither keeps the next
 * one away. Rounds may overlap when one is left behind, so what they take up must be claimed.
 */
export function createLoop(options: LoopOptions): Loop {
  const { name, log } = options;
  const pauseMs = () => (typeof options.pauseMs === 'number' ? options.pauseMs : options.pauseMs());
  let state: 'new' | 'running' | 'stopped' = 'new';
  let timer: NodeJS.Timeout | undefined;
  let current: { readonly ended: Promise<void>; readonly controller: AbortController } | null = null;
  let isWoken = false;

  const schedule = (delayMs: number): void => {
    clearTimeout(timer);
    if (state !== 'running') return;
    timer = setTimeout(begin, delayMs);
    timer.unref();
  };
  const begin = (): void => {
    isWoken = false;
    const controller = new AbortController();
    const ended = runRound(options, controller).then(() => {
      current = null;
      schedule(isWoken ? 0 : pauseMs());
    });
    current = { ended, controller };
  };
  return {
    start(afterMs = 0) {
      if (state !== 'new') return;
      state = 'running';
      schedule(afterMs);
    },
    wake() {
      isWoken = true;
      if (current === null) schedule(0);
    },
    async stop(limitMs) {
      state = 'stopped';
      clearTimeout(timer);
      if (current === null) return;
      current.controller.abort();
      const ended = await within(limitMs, current.ended);
      if (ended === 'late') log.warn({ loop: name }, 'background work was still under way at the stop and was left behind');
    },
  };
}

/** Never throws. */
async function runRound({ name, log, roundMsMax, round }: LoopOptions, controller: AbortController): Promise<void> {
  try {
    // Started in a promise, so that a throw before its first wait is caught as well.
    const ended = await within(
      roundMsMax,
      Promise.resolve().then(() => round(controller.signal)),
    );
    if (ended === 'late') log.error({ loop: name, roundMsMax }, 'a round of background work took too long and was left behind');
  } catch (error) {
    log.error({ loop: name, error }, 'a round of background work failed');
  } finally {
    controller.abort();
  }
}
