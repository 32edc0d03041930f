import type { OverviewQuery, SessionStatus } from '../../generated/console/graphql.ts';
import { decimalsOf, toDecimal } from '../format/money.ts';
import type { RangeName } from './range.ts';

export type Overview = OverviewQuery['overview'];

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

/** What to ask the API for: whole hours or days up to now, in the zone of the screen. */
export function toRangeInput(range: RangeName, at: Date, timeZone: string) {
  const interval = isByHour(range) ? ('HOUR' as const) : ('DAY' as const);
  const earliest = new Date(at.getTime() - HOURS[range] * HOUR_MS);
  // The first day is shown whole, or its bar would be lower than it was.
  if (interval === 'DAY') earliest.setHours(24, 0, 0, 0);
  return { from: earliest.toISOString(), before: at.toISOString(), interval, timeZone };
}

/** Every hour or day of the range, the empty ones too. Days are of the zone of the screen and may have 23 or 25 hours. */
export function startsOf({ from, before }: Pick<Overview, 'from' | 'before'>, range: RangeName): readonly string[] {
  const starts: string[] = [];
  const end = Date.parse(before);
  for (let at = new Date(from); at.getTime() < end && starts.length < 500; at = nextStart(at, range))
    starts.push(at.toISOString());
  return starts;
}

function nextStart(at: Date, range: RangeName): Date {
  if (isByHour(range)) return new Date(at.getTime() + HOUR_MS);
  const next = new Date(at);
  next.setHours(24, 0, 0, 0);
  return next;
}

/** How many sessions started, by what became of them. */
export function countBars(overview: Overview, range: RangeName): readonly Bar[] {
  return toBars(overview, range, ({ status, count }) => [BAND_OF[status], count]);
}

/** What was completed in one currency, in its main unit: close enough to be painted, the exact sums stand in words. */
export function volumeBars(overview: Overview, range: RangeName, currency: string): readonly Bar[] {
  const decimals = decimalsOf(currency);
  return toBars(overview, range, (figure) => {
    const isMeant = figure.currency === currency && figure.status === 'COMPLETED';
    return ['Completed', isMeant ? Number(toDecimal(figure.amount, decimals)) : 0];
  });
}

function toBars(
  overview: Overview,
  range: RangeName,
  partOf: (figure: Overview['sessions'][number]) => readonly [band: Band, value: number],
): readonly Bar[] {
  const byStart = new Map<string, Record<string, number>>(startsOf(overview, range).map((start) => [start, {}]));
  for (const figure of overview.sessions) {
    const values = byStart.get(figure.start) ?? {};
    const [band, value] = partOf(figure);
    values[band] = (values[band] ?? 0) + value;
    byStart.set(figure.start, values);
  }
  return [...byStart].map(([start, values]) => ({ start, values })).sort((left, right) => (left.start < right.start ? -1 : 1));
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
export function volumeOf({ sessions }: Overview, currency: string): string {
  return sessions
    .filter((figure) => figure.currency === currency && figure.status === 'COMPLETED')
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n)
    .toString();
}

/** The share of ended sessions that were completed; null when none has ended. */
export function successOf({ providers }: Overview): number | null {
  const sum = (pick: (provider: Overview['providers'][number]) => number) =>
    providers.reduce((total, each) => total + pick(each), 0);
  const completed = sum((each) => each.completed);
  const ended = completed + sum(({ declined, canceled, expired, failed }) => declined + canceled + expired + failed);
  return ended === 0 ? null : completed / ended;
}
