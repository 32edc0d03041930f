import type { OverviewQuery, SessionStatus } from '../../generated/console/graphql.ts';
import { toDecimal } from '../format/money.ts';
import type { RangeName } from './range.ts';

export type Overview = OverviewQuery['overview'] & {
  /** The gateway does not know the screen's zone, so days are those of UTC. */
  readonly isInUtc?: boolean;
};

/** What the bars are made of, from the ground up. Open sessions are one band: which of them is opened says little here. */
export const BANDS = ['Completed', 'Open', 'Unknown', 'Declined', 'Error', 'Expired', 'Canceled'] as const;
export type Band = (typeof BANDS)[number];

const BAND_OF: Readonly<Record<SessionStatus, Band>> = {
  COMPLETED: 'Completed',
  PENDING: 'Open',
  ACTIVE: 'Open',
  UNKNOWN: 'Unknown',
  DECLINED: 'Declined',
  ERROR: 'Error',
  EXPIRED: 'Expired',
  CANCELED: 'Canceled',
};

/** One bar: where it stands in time, and how high each of its parts is. */
export interface Bar {
  readonly start: string;
  readonly values: Readonly<Record<string, number>>;
}

const HOURS: Readonly<Record<RangeName, number>> = { day: 24, week: 7 * 24, month: 30 * 24, quarter: 90 * 24 };
const HOUR_MS = 3_600_000;

export function isByHour(range: RangeName): boolean {
  return range === 'day' || range === 'week';
}

/** What to ask the API for: whole hours or days up to now, in the zone of the screen, or in UTC where the zone is null. */
export function toRangeInput(range: RangeName, at: Date, timeZone: string | null) {
  const interval = isByHour(range) ? ('HOUR' as const) : ('DAY' as const);
  const earliest = new Date(at.getTime() - HOURS[range] * HOUR_MS);
  // The first day is shown whole, or its bar would be lower than it was.
  const nextDay = timeZone === null ? nextMidnightInUtc : nextMidnight;
  const first = interval === 'DAY' ? nextDay(earliest) : earliest;
  return { from: first.toISOString(), before: at.toISOString(), interval, timeZone: timeZone ?? 'UTC' };
}

/** Every hour or day of the range, the empty ones too. Days are of the zone of the screen and may have 23 or 25 hours. */
export function startsOf(
  { from, before, isInUtc = false }: Pick<Overview, 'from' | 'before' | 'isInUtc'>,
  range: RangeName,
): readonly string[] {
  const nextDay = isInUtc ? nextMidnightInUtc : nextMidnight;
  const nextStart = (at: Date) => (isByHour(range) ? new Date(at.getTime() + HOUR_MS) : nextDay(at));
  const starts: string[] = [];
  const end = Date.parse(before);
  for (let at = new Date(from); at.getTime() < end && starts.length < 500; at = nextStart(at)) starts.push(at.toISOString());
  return starts;
}

/** The next midnight of the screen's zone. */
function nextMidnight(at: Date): Date {
  const next = new Date(at);
  next.setHours(24, 0, 0, 0);
  return next;
}

function nextMidnightInUtc(at: Date): Date {
  const next = new Date(at);
  next.setUTCHours(24, 0, 0, 0);
  return next;
}

/** How many sessions started, by what became of them. */
export function countBars(overview: Overview, range: RangeName): readonly Bar[] {
  return toBars(overview, range, ({ status, count }) => [BAND_OF[status], count]);
}

/** What was completed in one currency, in its main unit: close enough to be painted, the exact sums are those of `volumesOf`. */
export function volumeBars(overview: Overview, range: RangeName, currency: string): readonly Bar[] {
  const sessions = overview.sessions.filter((figure) => isVolume(figure, currency));
  return toBars({ ...overview, sessions }, range, ({ amount }) => ['Completed', Number(toDecimal(amount, currency))]);
}

/** The completed volume of a currency by the start of its hour or day, exact, in the smallest unit. */
export function volumesOf({ sessions }: Overview, currency: string): ReadonlyMap<string, bigint> {
  const volumes = new Map<string, bigint>();
  for (const figure of sessions.filter((each) => isVolume(each, currency)))
    volumes.set(figure.start, (volumes.get(figure.start) ?? 0n) + BigInt(figure.amount));
  return volumes;
}

function isVolume(figure: Overview['sessions'][number], currency: string): boolean {
  return figure.currency === currency && figure.status === 'COMPLETED';
}

function toBars(
  overview: Overview,
  range: RangeName,
  partOf: (figure: Overview['sessions'][number]) => readonly [band: Band, value: number],
): readonly Bar[] {
  const byStart = new Map<string, Record<string, number>>(startsOf(overview, range).map((start) => [start, {}]));
  for (const figure of overview.sessions) {
    const values = byStart.get(figure.start);
    if (values === undefined) continue;
    const [band, value] = partOf(figure);
    values[band] = (values[band] ?? 0) + value;
  }
  return [...byStart].map(([start, values]) => ({ start, values }));
}

export function totalsOf(bars: readonly Bar[]): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const { values } of bars) {
    for (const [band, value] of Object.entries(values)) totals.set(band, (totals.get(band) ?? 0) + value);
  }
  return totals;
}

/** The currencies in use, the one with most sessions first. */
export function currenciesOf({ sessions }: Overview): readonly string[] {
  const counts = new Map<string, number>();
  for (const { currency, count } of sessions) counts.set(currency, (counts.get(currency) ?? 0) + count);
  return [...counts].sort(([left, a], [right, b]) => b - a || (left < right ? -1 : 1)).map(([currency]) => currency);
}

/** The completed volume of a currency, exact, in the smallest unit. */
export function volumeOf(overview: Overview, currency: string): string {
  return [...volumesOf(overview, currency).values()].reduce((sum, volume) => sum + volume, 0n).toString();
}

/** The share of ended sessions that were completed; null when none has ended. */
export function successOf({ providers }: Overview): number | null {
  const sum = (pick: (provider: Overview['providers'][number]) => number) =>
    providers.reduce((total, each) => total + pick(each), 0);
  const completed = sum((each) => each.completed);
  const ended = completed + sum(({ declined, canceled, expired, failed }) => declined + canceled + expired + failed);
  return ended === 0 ? null : completed / ended;
}
