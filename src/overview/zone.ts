import { addMs, DAY_MS } from '../kernel/clock.ts';

/** Names of the IANA database, not offsets such as +02:00, which some engines take as well. */
const ZONE_NAME = /^[A-Za-z][\w+\-/]{0,63}$/;

export function isTimeZone(name: string): boolean {
  if (!ZONE_NAME.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/**
 * When each day of the zone begins, from the day that holds `from` to the last one before `before`. Days have 24 hours, and 23
 * or 25 where clocks change; where midnight itself is left out, a day begins with the first instant that it has.
 */
export function startsOfDays({ from, before }: { from: Date; before: Date }, timeZone: string): readonly Date[] {
  const offsetAt = createOffsets(timeZone);
  const starts: Date[] = [];
  const firstDay = Math.floor((from.getTime() + offsetAt(from)) / DAY_MS);
  let offsetMs = offsetAt(addMs(from, -DAY_MS));
  for (let wall = firstDay * DAY_MS; ; wall += DAY_MS) {
    const start = startOfDay(wall, offsetMs, offsetAt);
    if (start >= before) return starts;
    // A zone that moved across the date line has left out a whole day.
    if (start.getTime() !== starts.at(-1)?.getTime()) starts.push(start);
    offsetMs = offsetAt(start);
  }
}

/** @param wall the midnight, as if the zone were UTC; `offsetBefore` is the offset that held the day before */
function startOfDay(wall: number, offsetBefore: number, offsetAt: (instant: Date) => number): Date {
  const byOldOffset = new Date(wall - offsetBefore);
  const offset = offsetAt(byOldOffset);
  if (offset === offsetBefore) return byOldOffset;
  const byNewOffset = new Date(wall - offset);
  // Otherwise clocks jump over midnight, at the instant when it would have been.
  return offsetAt(byNewOffset) === offset ? byNewOffset : byOldOffset;
}

/** How far the zone's clocks are ahead of UTC at an instant, in milliseconds. */
function createOffsets(timeZone: string): (instant: Date) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (instant) => {
    const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
    const wall = Date.UTC(year, month - 1, day, hour, minute, second);
    return wall - Math.floor(instant.getTime() / 1_000) * 1_000;
  };
}
