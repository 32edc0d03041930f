import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CURRENCY_CODES } from '../../src/kernel/currency.ts';
import { fromStripeAmount, refuseAmount, toStripeAmount } from '../../src/providers/stripe/amounts.ts';

const money = (amountMinor: bigint, currency: string) => ({ amountMinor, currency });

describe('an amount for Stripe', () => {
  it.each([
    [10_000n, 'USD', 10_000],
    [10_000n, 'HUF', 10_000],
    [500n, 'JPY', 500],
    [500n, 'ISK', 50_000],
    [500n, 'UGX', 50_000],
    [50_000n, 'MGA', 500],
    [12_340n, 'KWD', 12_340],
    [99_999_999n, 'EUR', 99_999_999],
    [999_999n, 'ISK', 99_999_900],
    [150_000_000_00n, 'IDR', 15_000_000_000],
    [999_999_999_999n, 'IDR', 999_999_999_999],
    [99_999_990n, 'KWD', 99_999_990],
  ])('of %s %s is %s in its units, and comes back the same', (amountMinor, currency, units) => {
    expect(refuseAmount(money(amountMinor, currency))).toBeNull();
    expect(toStripeAmount(money(amountMinor, currency))).toBe(units);
    expect(fromStripeAmount(units, currency.toLowerCase())).toEqual(money(amountMinor, currency));
  });

  it.each([
    [0n, 'USD', 'Stripe takes between 0.01 USD and 999999.99 USD.'],
    [-1n, 'USD', 'Stripe takes between 0.01 USD and 999999.99 USD.'],
    [100_000_000n, 'USD', 'Stripe takes between 0.01 USD and 999999.99 USD.'],
    [1_000_000_000_000n, 'IDR', 'Stripe takes between 0.01 IDR and 9999999999.99 IDR.'],
    [100_000_000n, 'JPY', 'Stripe takes between 1 JPY and 99999999 JPY.'],
    [100_000_000n, 'KWD', 'Stripe takes between 0.010 KWD and 99999.999 KWD.'],
    [1_000_000n, 'ISK', 'Stripe takes between 1 ISK and 999999 ISK.'],
    [12_341n, 'KWD', 'Stripe takes multiples of 0.010 KWD.'],
    [50_001n, 'MGA', 'Stripe takes multiples of 1.00 MGA.'],
    [9_999_999_900n + 100n, 'MGA', 'Stripe takes between 1.00 MGA and 99999999.00 MGA.'],
    [1_000n, 'IQD', 'Stripe does not take IQD.'],
    [1_000n, 'LYD', 'Stripe does not take LYD.'],
    [10_000n, 'CLF', 'Stripe does not take CLF.'],
    [1n, 'XAU', 'Stripe does not take XAU.'],
    [1n, 'QQQ', 'Stripe does not take QQQ.'],
  ])('of %s %s is refused in words', (amountMinor, currency, words) => {
    expect(refuseAmount(money(amountMinor, currency))).toBe(words);
    expect(() => toStripeAmount(money(amountMinor, currency))).toThrow(words);
  });

  it('that is taken is a whole number in range and comes back the same, in every currency', () => {
    const amounts = fc.bigInt({ min: 1n, max: 20_000_000_000n });
    fc.assert(
      fc.property(fc.constantFrom(...CURRENCY_CODES), amounts, (currency, amountMinor) => {
        fc.pre(refuseAmount(money(amountMinor, currency)) === null);
        const units = toStripeAmount(money(amountMinor, currency));
        expect(Number.isInteger(units) && units >= 1 && units <= (currency === 'IDR' ? 999_999_999_999 : 99_999_999)).toBe(true);
        expect(fromStripeAmount(units, currency.toLowerCase())).toEqual(money(amountMinor, currency));
      }),
      { numRuns: 2_000 },
    );
  });

  it('that Stripe cannot have told is an alarm, not a rounded amount', () => {
    const impossible = expect.objectContaining({ category: 'PROGRAMMING_ERROR', rawCode: 'impossible_amount' }) as Error;
    expect(() => fromStripeAmount(12_345, 'isk')).toThrow(impossible);
    expect(() => fromStripeAmount(1.5, 'usd')).toThrow(impossible);
  });
});
