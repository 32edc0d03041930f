import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/kernel/clock.ts';
import { isTimeZone, startsOfDays } from '../../src/overview/zone.ts';

const startsOf = (from: string, before: string, timeZone: string): string[] =>
  startsOfDays({ from: new Date(from), before: new Date(before) }, timeZone).map((start) =>
    start.toISOString().replace(':00.000Z', 'Z'),
  );

describe('a day of a zone', () => {
  test.each<[zone: string, what: string, from: string, before: string, starts: readonly string[]]>([
    ['UTC', 'begins at midnight', '2026-03-01T00:00Z', '2026-03-03T00:00Z', ['2026-03-01T00:00Z', '2026-03-02T00:00Z']],
    ['UTC', 'may begin before the range', '2026-03-01T13:00Z', '2026-03-02T01:00Z', ['2026-03-01T00:00Z', '2026-03-02T00:00Z']],
    [
      'Europe/Berlin',
      'has 23 hours when clocks go forward',
      '2026-03-28T23:00Z',
      '2026-03-30T22:00Z',
      ['2026-03-28T23:00Z', '2026-03-29T22:00Z'],
    ],
    [
      'Europe/Berlin',
      'has 25 hours when clocks go back',
      '2026-10-24T22:00Z',
      '2026-10-27T00:00Z',
      ['2026-10-24T22:00Z', '2026-10-25T23:00Z', '2026-10-26T23:00Z'],
    ],
    ['America/New_York', 'lies behind UTC', '2026-11-01T03:00Z', '2026-11-01T06:00Z', ['2026-10-31T04:00Z', '2026-11-01T04:00Z']],
    [
      'Asia/Kolkata',
      'begins between two hours of UTC',
      '2026-05-01T18:00Z',
      '2026-05-02T19:00Z',
      ['2026-04-30T18:30Z', '2026-05-01T18:30Z', '2026-05-02T18:30Z'],
    ],
    [
      'Asia/Kathmandu',
      'begins at a quarter',
      '2026-05-01T18:00Z',
      '2026-05-01T19:00Z',
      ['2026-04-30T18:15Z', '2026-05-01T18:15Z'],
    ],
    [
      'Asia/Beirut',
      'begins at one where clocks leave midnight out',
      '2026-03-28T00:00Z',
      '2026-03-30T00:00Z',
      ['2026-03-27T22:00Z', '2026-03-28T22:00Z', '2026-03-29T21:00Z'],
    ],
    [
      'America/Havana',
      'begins with the first of two midnights',
      '2026-11-01T00:00Z',
      '2026-11-03T00:00Z',
      ['2026-10-31T04:00Z', '2026-11-01T04:00Z', '2026-11-02T05:00Z'],
    ],
    [
      'Pacific/Apia',
      'is left out where the zone crossed the date line',
      '2011-12-29T12:00Z',
      '2012-01-01T00:00Z',
      ['2011-12-29T10:00Z', '2011-12-30T10:00Z', '2011-12-31T10:00Z'],
    ],
    [
      'America/Los_Angeles',
      'may begin in another year',
      '1970-01-01T00:00Z',
      '1970-01-01T09:00Z',
      ['1969-12-31T08:00Z', '1970-01-01T08:00Z'],
    ],
  ])('of %s %s', (timeZone, _what, from, before, starts) => {
    expect(startsOf(from, before, timeZone)).toEqual(starts);
  });

  test('follows the one before without a gap, and its first instant is the first of its date', () => {
    // Stations that set their clocks back by hours in the middle of a night have had a date twice.
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone').filter((zone) => !zone.startsWith('Antarctica/')));
    const hours = fc.integer({ min: Date.parse('1985-01-01') / HOUR_MS, max: Date.parse('2035-01-01') / HOUR_MS });
    fc.assert(
      fc.property(zones, hours, fc.integer({ min: 1, max: 12 * 24 }), (timeZone, hour, length) => {
        const range = { from: new Date(hour * HOUR_MS), before: new Date((hour + length) * HOUR_MS) };
        const starts = startsOfDays(range, timeZone);
        const dateAt = (ms: number) => new Date(ms).toLocaleDateString('sv', { timeZone });
        expect(starts[0]?.getTime()).toBeLessThanOrEqual(range.from.getTime());
        for (const [index, start] of starts.entries()) {
          const next = starts[index + 1]?.getTime() ?? range.before.getTime();
          expect(next).toBeGreaterThan(start.getTime());
          expect(next - start.getTime()).toBeLessThanOrEqual(DAY_MS + 2 * HOUR_MS);
          expect(dateAt(start.getTime() - 1)).not.toBe(dateAt(start.getTime()));
          expect(dateAt(next - 1)).toBe(dateAt(start.getTime()));
        }
      }),
      { numRuns: 200 },
    );
  });
});

test.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])('%s is the name of a zone', (name) => {
  expect(isTimeZone(name)).toBe(true);
});

test.each(['', 'Europe', 'Berlin', '+02:00', '-05:00', 'Europe/Berlin ', "UTC'; --", 'UTC\n', 'x'.repeat(200)])(
  '%j is the name of none',
  (name) => {
    expect(isTimeZone(name)).toBe(false);
  },
);
