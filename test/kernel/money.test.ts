import { describe, expect, test } from 'vitest';
import { formatMoney, toDecimal } from '../../src/kernel/money.ts';

describe('an amount', () => {
  test.each([
    [0n, 'USD', '0.00'],
    [7n, 'USD', '0.07'],
    [123_456n, 'USD', '1234.56'],
    [123_456n, 'JPY', '123456'],
    [123_456n, 'KWD', '123.456'],
    [9_223_372_036_854_775_807n, 'USD', '92233720368547758.07'],
  ])('of %s %s is %s', (amountMinor, currency, expected) => {
    expect(toDecimal({ amountMinor, currency })).toBe(expected);
  });

  test.each([
    [10_000n, 'USD', 'en-US', '$100.00'],
    [1_234_567n, 'JPY', 'en-US', '¥1,234,567'],
    [1_234_567n, 'EUR', 'de-DE', '12.345,67 €'],
    [1_234_567n, 'KWD', 'en-US', 'KWD 1,234.567'],
    [5n, 'USD', 'en-US', '$0.05'],
    [9_223_372_036_854_775_807n, 'USD', 'en-US', '$92,233,720,368,547,758.07'],
  ])('of %s %s is written in %s as %s', (amountMinor, currency, locale, text) => {
    expect(formatMoney({ amountMinor, currency }, locale).replaceAll('\u00A0', ' ')).toBe(text);
  });

  test('has the decimals of ISO 4217 where an engine thinks otherwise', () => {
    // Engines write Iraqi dinars without decimals; ISO 4217 gives them three.
    expect(formatMoney({ amountMinor: 1_500n, currency: 'IQD' }, 'en-US')).toContain('1.500');
  });
});
