import { startOfHour } from './overview.ts';

/** Where the figures of a range come from: hours that are rolled up, and sessions that are counted one by one. */
export interface Coverage {
  readonly from: Date;
  readonly before: Date;
  /** What is before this instant is rolled up; the hour of `from` where none of the range is. */
  readonly rolledUpBefore: Date;
  /** Hours before it of which the sessions are counted all the same: something changed since, or not all of the hour is meant. */
  readonly countedHours: readonly Date[];
}

/** Whether an hour goes on at the instant, and does not begin with it. */
function cutsHour(instant: Date): boolean {
  return instant > startOfHour(instant);
}

/** The hours that one of the instants cuts in two are counted one by one, as far as the range and what is rolled up reach. */
export function cutAt(coverage: Coverage, instants: readonly Date[]): Coverage {
  const first = startOfHour(coverage.from);
  const cut = instants.filter(cutsHour).map(startOfHour);
  const further = cut.filter((hour) => hour >= first && hour < coverage.rolledUpBefore);
  const counted = new Set([...coverage.countedHours, ...further].map((hour) => hour.getTime()));
  return { ...coverage, countedHours: [...counted].map((ms) => new Date(ms)) };
}
