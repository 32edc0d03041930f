import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CURRENCY_CODES } from '../../src/kernel/currency.ts';
import { fromNuveiAmount, refuseAmount, toNuveiAmount } from '../../src/providers/nuvei/amounts.ts';

describe('an amount for Nuvei', () => {
  it.each([
    [1n, 'USD', '0.01'],
    [10000n, 'USD', '100.00'],
    [100n, 'JPY', '100'],
    [500n, 'DJF', '500'],
    [1200n, 'MMK', '12'],
    [1230n, 'KWD', '1.23'],
    [999_999_999_99n, 'USD', '999999999.99'],
    [999_999_999_00n, 'IDR', '999999999.00'],
    [1_500_000_000_00n, 'IDR', '1500000000'],
    [999_999_999_999_00n, 'IDR', '999999999999'],
  ])('of %s %s is written as %s', (amountMinor, currency, text) => {
    expect(refuseAmount({ amountMinor, currency })).toBeNull();
    expect(toNuveiAmount({ amountMinor, currency })).toBe(text);
  });

  it.each([
    [0n, 'USD', 'at least 1'],
    [-1n, 'USD', 'at least 1'],
    [1234n, 'MMK', 'that end in 00.'],
    [1234n, 'KWD', 'that end in 0.'],
    [10_000n, 'CLF', 'takes no amounts in CLF'],
    [10_000n, 'ZZZ', 'takes no amounts in ZZZ'],
    [9_999_999_999_99n, 'USD', '12 characters'],
    [1_000_000_000_000_00n, 'IDR', '12 characters'],
  ])('of %s %s is refused, and why is told', (amountMinor, currency, words) => {
    expect(refuseAmount({ amountMinor, currency })).toContain(words);
  });

  it('that is not refused comes back as it went out, within 12 characters', () => {
    const money = fc.record({ amountMinor: fc.bigInt(1n, 10n ** 13n), currency: fc.constantFrom(...CURRENCY_CODES) });
    fc.assert(
      fc.property(money, (asked) => {
        fc.pre(refuseAmount(asked) === null);
        const text = toNuveiAmount(asked);
        expect(text.length).toBeLessThanOrEqual(12);
        expect(fromNuveiAmount(text, asked.currency)).toEqual(asked);
      }),
    );
  });

  it.each([
    ['100', 'USD', 10000n],
    ['100.5', 'USD', 10050n],
    ['100.00', 'JPY', 100n],
    ['1.230', 'KWD', 1230n],
    ['0', 'USD', 0n],
  ])('that Nuvei tells as %s %s is understood', (text, currency, amountMinor) => {
    expect(fromNuveiAmount(text, currency)).toEqual({ amountMinor, currency });
  });

  it.each([
    ['100.001', 'USD'],
    ['0.5', 'JPY'],
    ['-1.00', 'USD'],
    ['1,000.00', 'USD'],
    ['', 'USD'],
    ['1e3', 'USD'],
    ['1.00', 'ZZZ'],
  ])('that Nuvei tells as "%s" %s is none', (text, currency) => {
    expect(fromNuveiAmount(text, currency)).toBeNull();
  });
});
