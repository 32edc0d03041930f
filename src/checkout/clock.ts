/** The page's only source of time. The payer's clock may be wrong, so what counts is the gateway's, as its answers tell it. */
export interface PageClock {
  /** In milliseconds, by the gateway's clock as far as it is known. */
  nowMs(): number;
  /** @param date the `Date` header of an answer that has just come */
  learn(date: string | null): void;
}

/** Ticks on by the browser's monotonic clock, which nobody sets. */
export function createPageClock(): PageClock {
  let offsetMs = Date.now() - performance.now();
  return {
    nowMs: () => performance.now() + offsetMs,
    learn(date) {
      const toldMs = Date.parse(date ?? '');
      if (!Number.isNaN(toldMs)) offsetMs = toldMs - performance.now();
    },
  };
}
