import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatRoughly, parseAmount, toDecimal } from '../../src/console/format/money.ts';
import { formatDistance, formatDuration, fromLocalInput, toLocalInput } from '../../src/console/format/time.ts';
import { eventWords } from '../../src/console/format/words.ts';
import { describe as describeOutcome } from '../../src/console/session/actions.ts';
import { redact } from '../../src/console/session/redact.ts';

describe('an amount', () => {
  test.each([
    ['12.50', 'USD', '1250'],
    ['12,5', 'USD', '1250'],
    [' 12 ', 'USD', '1200'],
    ['0.01', 'USD', '1'],
    ['500', 'JPY', '500'],
    ['1.234', 'KWD', '1234'],
    ['92233720368547758.07', 'USD', '9223372036854775807'],
  ])('typed as %j in %s is %s', (text, currency, expected) => {
    expect(parseAmount(text, currency)).toBe(expected);
  });

  test.each([
    ['1,234', 'USD'],
    ['1,234', 'KWD'],
    ['1,234.50', 'USD'],
    ['1 234', 'USD'],
    ['12.505', 'USD'],
    ['12.5', 'JPY'],
    ['-3', 'USD'],
    ['1e3', 'USD'],
    ['', 'USD'],
    ['.', 'USD'],
    ['.5', 'USD'],
    ['twelve', 'USD'],
    ['12.', 'USD'],
  ])('typed as %j in %s is none', (text, currency) => {
    expect(parseAmount(text, currency)).toBeNull();
  });

  test('survives being written and typed again, whatever it is', () => {
    const currencies = fc.constantFrom('JPY', 'USD', 'KWD', 'CLF');
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 59n }), currencies, (minor, currency) => {
        expect(parseAmount(toDecimal(minor.toString(), currency), currency)).toBe(minor.toString());
      }),
    );
  });

  test.each([
    ['999999', '$9,999.99'],
    ['1000000', '$10,000'],
    ['123456789', '$1,234,568'],
    ['1234567890', '$12.3M'],
    ['9223372036854775807', '$92,200T'],
  ])('%s cents at a glance are %s', (minor, expected) => {
    expect(formatRoughly(minor, 'USD')).toBe(expected);
  });
});

describe('what became of a call', () => {
  const outcome = { action: 'PAYMENT', amount: '10000', currency: 'USD', decline: null, failureCode: null, id: '1' } as const;

  test('is never called harmless where the provider tells of something else than was asked for', () => {
    const told = describeOutcome({ ...outcome, status: 'ERROR', failureCode: 'MISMATCH: amount' });
    expect(told).toContain('error (MISMATCH: amount)');
    expect(told).not.toContain('No money moved');
    expect(describeOutcome({ ...outcome, status: 'FAILED' })).toBe('Payment of $100.00: failed. No money moved.');
  });
});

describe('a time', () => {
  test.each([
    [0.007, '7 ms'],
    [0, '0 ms'],
    [1, '1 s'],
    [59.6, '1 min'],
    [185, '3 min 5 s'],
    [3_600, '1 h'],
    [7_199, '2 h'],
    [7_800, '2 h 10 min'],
    [90_000, '1 d 1 h'],
  ])('of %s seconds is %s', (seconds, expected) => {
    expect(formatDuration(seconds)).toBe(expected);
  });

  test('is told from a given instant', () => {
    const from = new Date('2026-11-25T12:00:00Z');
    expect(formatDistance('2026-11-25T11:57:00Z', from)).toBe('3 minutes ago');
    expect(formatDistance('2026-11-25T11:59:50Z', from)).toBe('10 seconds ago');
    expect(formatDistance('2026-11-23T12:00:00Z', from)).toBe('2 days ago');
  });

  test('comes back from a field that knows no zone', () => {
    for (const iso of ['2026-03-29T01:30:00.000Z', '2026-07-01T00:00:00.000Z', '2026-12-31T23:59:00.000Z'])
      expect(fromLocalInput(toLocalInput(iso))).toBe(iso);
    expect([fromLocalInput(''), toLocalInput(''), fromLocalInput('soon')]).toEqual(['', '', '']);
  });
});

test('event types read as sentences', () => {
  expect(eventWords('transaction.hold_settled')).toBe('Transaction hold settled');
});

describe('a payload on the screen', () => {
  test('shows neither what opens something nor whose it is', () => {
    const shown = redact({
      provider: 'STRIPE',
      publishableKey: 'pk_test_123',
      clientSecret: 'pi_1_secret_2',
      sessionToken: 'abc',
      other: 'pi_3MtwBw_secret_YrKJUKribcBjcG8HVhfZluoGH',
      nested: { userToken: 'x', list: ['cst_abc', 'plain'], apiUrl: null, savePM: true },
      billingDetails: { name: 'Jane Smith', address: { city: 'New York' } },
      billing: { firstName: 'Jane', email: 'jane@example.com' },
    });
    const text = JSON.stringify(shown);
    for (const secret of ['secret_', 'abc', 'cst_', 'Jane', 'jane@', 'New York', '"x"']) expect(text).not.toContain(secret);
    expect(shown).toMatchObject({
      provider: 'STRIPE',
      publishableKey: 'pk_test_123',
      nested: { list: ['••••••', 'plain'], savePM: true },
    });
  });
});
