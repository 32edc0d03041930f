import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BUCKETS_FROM_SECONDS,
  estimateQuantile,
  isTooLong,
  type OverviewRange,
  roundRange,
  startsOf,
  toProviderFigures,
  toTimeToCompletion,
} from '../../src/overview/overview.ts';
import { chooseStaleHours } from '../../src/overview/roll-up.ts';
import type { ChangedHour } from '../../src/overview/store.ts';

const rangeOf = (from: string, before: string, rest: Partial<OverviewRange> = {}): OverviewRange => ({
  from: new Date(from),
  before: new Date(before),
  interval: 'DAY',
  timeZone: 'UTC',
  ...rest,
});

describe('a range', () => {
  test.each([
    ['10:00:00.000', '11:00:00.000', '10:00', '11:00'],
    ['10:00:00.001', '11:00:00.001', '10:00', '12:00'],
    ['10:59:59.999', '11:59:59.999', '10:00', '12:00'],
  ])('from %s to %s by hour is rounded to the whole hours that hold it', (from, before, wholeFrom, wholeBefore) => {
    const range = rangeOf(`2026-11-23T${from}Z`, `2026-11-23T${before}Z`);
    expect(roundRange({ ...range, interval: 'HOUR' })).toMatchObject({
      from: new Date(`2026-11-23T${wholeFrom}Z`),
      before: new Date(`2026-11-23T${wholeBefore}Z`),
    });
    expect(roundRange(range)).toEqual(range);
  });

  test('by hour has every hour, and at most 14 days of them', () => {
    const fortnight = rangeOf('2026-11-01T00:00Z', '2026-11-15T00:00Z', { interval: 'HOUR' });
    expect(isTooLong(fortnight)).toBe(false);
    expect(startsOf(fortnight)).toHaveLength(336);
    expect(startsOf(fortnight).at(-1)).toEqual(new Date('2026-11-14T23:00Z'));
    expect(isTooLong({ ...fortnight, before: new Date('2026-11-15T01:00Z') })).toBe(true);
  });

  test('by day is at most 400 days long, of whatever length they are', () => {
    const days = { interval: 'DAY', timeZone: 'Europe/Berlin' } as const;
    // Over two autumns and one spring.
    const long = rangeOf('2025-09-30T22:00Z', '2026-11-04T23:00Z', days);
    expect(isTooLong(long)).toBe(false);
    expect(startsOf(long)).toHaveLength(400);
    expect(isTooLong({ ...long, before: new Date('2026-11-05T00:00Z') })).toBe(true);
  });
});

describe('the time to completion', () => {
  const bucketed = (seconds: readonly number[]): Map<number, number> => {
    const counts = new Map<number, number>();
    for (const second of seconds) {
      const bucket = BUCKETS_FROM_SECONDS.findLast((from) => from <= second) ?? 0;
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    return counts;
  };

  test('is told by the same buckets every time, each beginning where the last ended', () => {
    const { buckets, count, medianSeconds, p90Seconds } = toTimeToCompletion(new Map());
    expect({ count, medianSeconds, p90Seconds }).toEqual({ count: 0, medianSeconds: null, p90Seconds: null });
    expect(buckets[0]).toEqual({ fromSeconds: 0, beforeSeconds: 1, count: 0 });
    for (const [index, bucket] of buckets.entries()) expect(bucket.beforeSeconds).toBe(buckets[index + 1]?.fromSeconds ?? null);
  });

  test('is estimated within the bucket that holds the exact value', () => {
    const share = fc.constantFrom(0.5, 0.9);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 1, maxLength: 60 }), share, (seconds, wanted) => {
        const exact = [...seconds].sort((left, right) => left - right)[Math.ceil(wanted * seconds.length) - 1] ?? Number.NaN;
        const { buckets, count } = toTimeToCompletion(bucketed(seconds));
        const holding = buckets.find(
          ({ fromSeconds, beforeSeconds }) => fromSeconds <= exact && exact < (beforeSeconds ?? Infinity),
        );
        const estimate = estimateQuantile(buckets, wanted) ?? Number.NaN;
        expect(count).toBe(seconds.length);
        expect(estimate).toBeGreaterThanOrEqual(holding?.fromSeconds ?? Number.NaN);
        expect(estimate).toBeLessThanOrEqual(holding?.beforeSeconds ?? 86_400);
      }),
    );
  });

  test('is read between the ends of a bucket', () => {
    expect(toTimeToCompletion(new Map([[60, 4]]))).toMatchObject({ medianSeconds: 75, p90Seconds: 87 });
    expect(toTimeToCompletion(new Map([[86_400, 1]]))).toMatchObject({ medianSeconds: 86_400, p90Seconds: 86_400 });
  });
});

test('a provider’s success rate counts what has ended, and is unknown while nothing has', () => {
  const figures = toProviderFigures([
    { provider: 'STRIPE', status: 'PENDING', count: 3 },
    { provider: 'EXAMPLE', status: 'COMPLETED', count: 6 },
    { provider: 'EXAMPLE', status: 'DECLINED', count: 1 },
    { provider: 'EXAMPLE', status: 'EXPIRED', count: 2 },
    { provider: 'EXAMPLE', status: 'CANCELED', count: 2 },
    { provider: 'EXAMPLE', status: 'ERROR', count: 1 },
    { provider: 'EXAMPLE', status: 'UNKNOWN', count: 1 },
  ]);
  expect(figures).toEqual([
    {
      provider: 'EXAMPLE',
      started: 13,
      completed: 6,
      declined: 1,
      canceled: 2,
      expired: 2,
      failed: 1,
      open: 1,
      successRate: 0.5,
    },
    { provider: 'STRIPE', started: 3, completed: 0, declined: 0, canceled: 0, expired: 0, failed: 0, open: 3, successRate: null },
  ]);
});

describe('the hours that a step counts anew', () => {
  const at = (ms: number) => new Date(Date.parse('2026-11-23T12:00Z') + ms);
  const limits = { sessionsMax: 10, changesMax: 4 };
  const changed = (...each: [hour: number, first: number, last: number, sessions: number, changes: number][]): ChangedHour[] =>
    each.map(([hour, first, last, sessions, changes]) => ({
      hour: at(hour * 3_600_000),
      firstChangeAt: at(first),
      lastChangeAt: at(last),
      sessions,
      changes,
    }));

  test('are all that changed, when few did', () => {
    const hours = changed([-9, 0, 5, 4, 2], [-8, 1, 1, 4, 1]);
    expect(chooseStaleHours(hours, limits)).toEqual({ batches: [hours.map(({ hour }) => hour)], changesBefore: null });
    expect(chooseStaleHours([], limits)).toEqual({ batches: [], changesBefore: null });
  });

  test('are those that changed first, when they hold too many sessions, and the mark stops before the next', () => {
    const hours = changed([-9, 0, 5, 4, 1], [-8, 1, 2, 4, 1], [-7, 3, 3, 4, 1]);
    expect(chooseStaleHours(hours, limits)).toEqual({ batches: [[hours[0]?.hour, hours[1]?.hour]], changesBefore: at(3) });
    const [large] = changed([-9, 7, 7, 5_000, 1]);
    expect(chooseStaleHours([large ?? expect.fail(), ...changed([-8, 8, 8, 1, 1])], limits)).toEqual({
      batches: [[large?.hour]],
      changesBefore: at(8),
    });
  });

  test('that changed at one instant go together, in as many statements as they need', () => {
    const hours = changed([-9, 5, 5, 8, 1], [-8, 5, 5, 8, 1], [-7, 5, 5, 2, 1], [-6, 6, 6, 1, 1]);
    const [first, second, third] = hours.map(({ hour }) => hour);
    expect(chooseStaleHours(hours, limits)).toEqual({ batches: [[first], [second, third]], changesBefore: at(6) });
  });

  test('let the mark move behind the last change that was read, when there may be more', () => {
    const hours = changed([-9, 0, 5, 4, 3], [-8, 1, 9, 4, 1]);
    expect(chooseStaleHours(hours, limits)).toMatchObject({ changesBefore: at(10) });
  });
});
