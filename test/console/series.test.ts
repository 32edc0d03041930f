import { describe, expect, test } from 'vitest';
import {
  countBars,
  currenciesOf,
  type Overview,
  startsOf,
  successOf,
  toRangeInput,
  totalsOf,
  volumeBars,
  volumeOf,
} from '../../src/console/overview/series.ts';

const hour = (index: number) => new Date(Date.UTC(2026, 10, 25, index)).toISOString();
const overview: Overview = {
  from: hour(0),
  before: hour(3),
  sessions: [
    { start: hour(0), currency: 'USD', status: 'COMPLETED', count: 2, amount: '1050' },
    { start: hour(0), currency: 'USD', status: 'PENDING', count: 1, amount: '500' },
    { start: hour(0), currency: 'EUR', status: 'ACTIVE', count: 4, amount: '900' },
    { start: hour(2), currency: 'EUR', status: 'COMPLETED', count: 1, amount: '9007199254740993' },
    { start: hour(2), currency: 'EUR', status: 'DECLINED', count: 1, amount: '70' },
  ],
  providers: [
    {
      transactionProvider: 'EXAMPLE',
      started: 9,
      completed: 3,
      declined: 1,
      canceled: 0,
      expired: 0,
      failed: 0,
      open: 5,
      successRate: 0.75,
    },
  ],
  declines: [],
  timeToCompletion: { count: 0, medianSeconds: null, p90Seconds: null, buckets: [] },
  open: { pending: 1, active: 4, unknown: 0, stuck: 0 },
};

describe('the bars of the overview', () => {
  test('stand at every hour, also where nothing happened', () => {
    const bars = countBars(overview, 'day');
    expect(bars).toEqual([
      { start: hour(0), values: { Completed: 2, Open: 5 } },
      { start: hour(1), values: {} },
      { start: hour(2), values: { Completed: 1, Declined: 1 } },
    ]);
    expect([...totalsOf(bars)]).toEqual([
      ['Completed', 3],
      ['Open', 5],
      ['Declined', 1],
    ]);
  });

  test('show the volume of one currency, completed only', () => {
    expect(volumeBars(overview, 'day', 'USD').map(({ values }) => values['Completed'] ?? 0)).toEqual([10.5, 0, 0]);
  });

  test('are summed up to the last unit', () => {
    expect([volumeOf(overview, 'USD'), volumeOf(overview, 'EUR'), volumeOf(overview, 'JPY')]).toEqual([
      '1050',
      '9007199254740993',
      '0',
    ]);
    expect(currenciesOf(overview)).toEqual(['EUR', 'USD']);
    expect(successOf(overview)).toBe(0.75);
    expect(successOf({ ...overview, providers: [] })).toBeNull();
  });
});

describe('the time that is asked for', () => {
  const at = new Date('2026-11-25T12:34:56Z');

  test('is hours up to now for a day or a week', () => {
    expect(toRangeInput('day', at, 'Europe/Berlin')).toEqual({
      from: '2026-11-24T12:34:56.000Z',
      before: at.toISOString(),
      interval: 'HOUR',
      timeZone: 'Europe/Berlin',
    });
  });

  test('begins with a whole day for longer', () => {
    const { from, interval } = toRangeInput('quarter', at, 'UTC');
    const start = new Date(from);
    expect([interval, start.getHours(), start.getMinutes()]).toEqual(['DAY', 0, 0]);
    expect(at.getTime() - start.getTime()).toBeGreaterThan(89 * 86_400_000);
  });

  test('has a bar for each day, as the screen’s zone has them', () => {
    const from = new Date(2026, 2, 28);
    const before = new Date(2026, 3, 2);
    const starts = startsOf({ from: from.toISOString(), before: before.toISOString() }, 'month').map((start) => new Date(start));
    expect(starts.map((start) => start.getDate())).toEqual([28, 29, 30, 31, 1]);
    expect(starts.every((start) => start.getHours() === 0)).toBe(true);
  });

  test('is by the days of UTC where the gateway does not know the zone', () => {
    const { from, timeZone } = toRangeInput('quarter', at, null);
    expect([timeZone, from]).toEqual(['UTC', '2026-08-28T00:00:00.000Z']);
    const range = { from: '2026-03-28T00:00:00.000Z', before: '2026-03-30T12:00:00.000Z', isInUtc: true };
    expect(startsOf(range, 'month')).toEqual([
      '2026-03-28T00:00:00.000Z',
      '2026-03-29T00:00:00.000Z',
      '2026-03-30T00:00:00.000Z',
    ]);
  });
});
