/** What is told of the time that is left, and when: quietly at first, and never by the browser's word alone. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Before that nobody needs to hurry. */
const SHOWN_MS_MAX = 10 * MINUTE_MS;
/** Whole minutes at which it is said aloud. */
const ANNOUNCED_MINUTES: readonly number[] = [5, 1];

export interface Countdown {
  /** `9:59`; null while there is time enough. */
  readonly text: string | null;
  readonly isUrgent: boolean;
  readonly isOver: boolean;
}

/** @param leftMs until the session's end, below zero after it */
export function countDown(leftMs: number): Countdown {
  const seconds = Math.max(0, Math.ceil(leftMs / SECOND_MS));
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return { text: leftMs <= SHOWN_MS_MAX ? clock : null, isUrgent: leftMs <= MINUTE_MS, isOver: leftMs <= 0 };
}

/** The whole minutes to say aloud, when the time that is left has just come down to them; null otherwise. */
export function announcedBetween(beforeMs: number, leftMs: number): number | null {
  const reached = ANNOUNCED_MINUTES.filter((minutes) => beforeMs > minutes * MINUTE_MS && leftMs <= minutes * MINUTE_MS);
  return leftMs <= 0 ? null : (reached.at(-1) ?? null);
}
