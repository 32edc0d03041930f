import { addMs, type Clock } from '../../src/kernel/clock.ts';

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  advance(durationMs: number): void;
}

export function createTestClock(start = '2026-11-23T12:00:00.000Z'): TestClock {
  let current = new Date(start);
  return {
    now: () => current,
    advance(durationMs) {
      current = addMs(current, durationMs);
    },
  };
}
