/** The only source of time. Everything that compares or stores an instant gets one passed in, so that tests can step it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

export function addMs(instant: Date, durationMs: number): Date {
  return new Date(instant.getTime() + durationMs);
}

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
