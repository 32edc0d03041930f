/** The only source of time. Everything that compares or stores an instant gets one passed in, so that tests can step it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock that follows another machine's: the machine's own plus how far that one is ahead. */
export interface AlignedClock extends Clock {
  readonly machine: Clock;
  /** How far the other machine's clock is ahead of this one's, in milliseconds. */
  aheadMs(): number;
  /** Takes effect when it differs from what is set by more than the noise of a measurement. */
  align(aheadMs: number): void;
}

const NOISE_MS = 50;

export function createAlignedClock(machine: Clock): AlignedClock {
  let offsetMs = 0;
  return {
    machine,
    aheadMs: () => offsetMs,
    now: () => addMs(machine.now(), offsetMs),
    align(aheadMs) {
      if (Math.abs(aheadMs - offsetMs) > NOISE_MS) offsetMs = aheadMs;
    },
  };
}

export function addMs(instant: Date, durationMs: number): Date {
  return new Date(instant.getTime() + durationMs);
}

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
