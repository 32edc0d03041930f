import { addMs, DAY_MS, HOUR_MS } from '../kernel/clock.ts';
import type { DeclineReason, ProviderName } from '../providers/provider.ts';
import { isOpen, type SessionStatus } from '../sessions/session.ts';
import { startsOfDays } from './zone.ts';

export type Interval = 'HOUR' | 'DAY';

/** Which sessions the figures are about: those that started in it. */
export interface OverviewRange {
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly before: Date;
  /** Of HOUR, the range is whole hours. */
  readonly interval: Interval;
  /** Whose days are meant, by its IANA name. */
  readonly timeZone: string;
}

/** Sessions of one currency and status that started within one hour or day. */
export interface SessionFigure {
  /** When the hour or day begins. */
  readonly start: Date;
  readonly currency: string;
  readonly status: SessionStatus;
  readonly count: number;
  readonly amountMinor: bigint;
}

export interface ProviderFigure {
  readonly provider: ProviderName;
  readonly started: number;
  readonly completed: number;
  readonly declined: number;
  readonly canceled: number;
  readonly expired: number;
  readonly failed: number;
  readonly open: number;
  /** Of those that have ended, 0 to 1; null while none has. */
  readonly successRate: number | null;
}

export interface DeclineFigure {
  readonly reason: DeclineReason;
  readonly count: number;
}

export interface DurationBucket {
  /** Inclusive. */
  readonly fromSeconds: number;
  /** Exclusive; null for the last bucket, which has no end. */
  readonly beforeSeconds: number | null;
  readonly count: number;
}

export interface TimeToCompletion {
  readonly count: number;
  /** Null when nothing was completed, as p90. */
  readonly medianSeconds: number | null;
  readonly p90Seconds: number | null;
  readonly buckets: readonly DurationBucket[];
}

/** Sessions that have not ended. */
export interface OpenSessions {
  readonly pending: number;
  readonly active: number;
  readonly unknown: number;
  readonly stuck: number;
}

/** How long a range may be, so that no answer is longer than a chart is wide. A day of a zone may have an hour more. */
export const RANGE_DAYS_MAX: Readonly<Record<Interval, number>> = { HOUR: 14, DAY: 400 };

export function isTooLong({ from, before, interval }: OverviewRange): boolean {
  return before.getTime() - from.getTime() > RANGE_DAYS_MAX[interval] * DAY_MS + (interval === 'DAY' ? HOUR_MS : 0);
}

/** The hour that an instant lies in. */
export function startOfHour(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / HOUR_MS) * HOUR_MS);
}

/** By HOUR, the whole hours that hold the range. By DAY it stays as it is: in some zones a day begins within an hour of UTC. */
export function roundRange(range: OverviewRange): OverviewRange {
  if (range.interval === 'DAY') return range;
  return { ...range, from: startOfHour(range.from), before: startOfHour(addMs(range.before, HOUR_MS - 1)) };
}

/** When each hour or day of the range begins, oldest first. The first day may begin before the range does. */
export function startsOf(range: OverviewRange): readonly Date[] {
  switch (range.interval) {
    case 'DAY':
      return startsOfDays(range, range.timeZone);
    case 'HOUR': {
      const hours = (range.before.getTime() - range.from.getTime()) / HOUR_MS;
      return Array.from({ length: hours }, (_, index) => addMs(range.from, index * HOUR_MS));
    }
  }
}

/** Lower bounds of the buckets in which times to completion are counted. Counts that are stored bear them. */
export const BUCKETS_FROM_SECONDS: readonly number[] = [
  0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1_200, 1_800, 2_700, 3_600, 7_200, 14_400,
  43_200, 86_400,
];

/** @param counts by the lower bound of their bucket; a bucket without a session may be missing */
export function toTimeToCompletion(counts: ReadonlyMap<number, number>): TimeToCompletion {
  const buckets = BUCKETS_FROM_SECONDS.map((fromSeconds, index) => ({
    fromSeconds,
    beforeSeconds: BUCKETS_FROM_SECONDS[index + 1] ?? null,
    count: counts.get(fromSeconds) ?? 0,
  }));
  return {
    count: buckets.reduce((sum, { count }) => sum + count, 0),
    medianSeconds: estimateQuantile(buckets, 0.5),
    p90Seconds: estimateQuantile(buckets, 0.9),
    buckets,
  };
}

/**
 * The time within which the given share was completed, as if the sessions of a bucket were spread evenly over it: off by less than
 * the width of the bucket. Within the last bucket, its lower bound. Null when nothing was completed.
 */
export function estimateQuantile(buckets: readonly DurationBucket[], share: number): number | null {
  const wanted = share * buckets.reduce((sum, { count }) => sum + count, 0);
  let passed = 0;
  for (const { fromSeconds, beforeSeconds, count } of buckets) {
    if (count > 0 && passed + count >= wanted) {
      if (beforeSeconds === null) return fromSeconds;
      return fromSeconds + ((wanted - passed) / count) * (beforeSeconds - fromSeconds);
    }
    passed += count;
  }
  return null;
}

export interface ProviderCount {
  readonly provider: ProviderName;
  readonly status: SessionStatus;
  readonly count: number;
}

/** One figure for each provider, the one with most sessions first. */
export function toProviderFigures(counts: readonly ProviderCount[]): readonly ProviderFigure[] {
  const providers = [...new Set(counts.map(({ provider }) => provider))];
  return providers
    .map((provider) =>
      toProviderFigure(
        provider,
        counts.filter((each) => each.provider === provider),
      ),
    )
    .sort((left, right) => right.started - left.started || left.provider.localeCompare(right.provider));
}

function toProviderFigure(provider: ProviderName, counts: readonly ProviderCount[]): ProviderFigure {
  const countOf = (isMeant: (status: SessionStatus) => boolean): number =>
    counts.reduce((sum, { status, count }) => sum + (isMeant(status) ? count : 0), 0);
  const completed = countOf((status) => status === 'COMPLETED');
  const ended = countOf((status) => !isOpen(status));
  return {
    provider,
    started: countOf(() => true),
    completed,
    declined: countOf((status) => status === 'DECLINED'),
    canceled: countOf((status) => status === 'CANCELED'),
    expired: countOf((status) => status === 'EXPIRED'),
    failed: countOf((status) => status === 'ERROR'),
    open: countOf(isOpen),
    successRate: ended === 0 ? null : completed / ended,
  };
}
