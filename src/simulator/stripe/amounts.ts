import { invalid, type StripeReply } from './errors.ts';

/**
 * Amounts come in Stripe's own smallest unit, which is not ISO 4217's everywhere (docs.stripe.com/currencies, stored copy of 2023-06). The
 * bank keeps the number as it came.
 */

/** Two decimals on the wire whose digits must be 00. */
const WHOLE_IN_HUNDREDTHS: ReadonlySet<string> = new Set(['isk', 'ugx']);
/** Three decimals on the wire whose last digit must be 0. */
const TENTHS_OF_CENTS: ReadonlySet<string> = new Set(['bhd', 'jod', 'kwd', 'omr', 'tnd']);

/** Twelve digits in rupiah, eight in every other currency. */
const maximumOf = (currency: string): number => (currency === 'idr' ? 999_999_999_999 : 99_999_999);

/** Null for an amount that a charge in the currency can have. */
export function refuseAmount(amount: number, currency: string): StripeReply | null {
  const step = WHOLE_IN_HUNDREDTHS.has(currency) ? 100 : TENTHS_OF_CENTS.has(currency) ? 10 : 1;
  if (amount % step !== 0) {
    return invalid(`The amount must be divisible by ${step} in ${currency}.`, {
      code: 'parameter_invalid_integer',
      param: 'amount',
    });
  }
  if (amount <= maximumOf(currency)) return null;
  return invalid(`The amount must be at most ${maximumOf(currency)} in ${currency}.`, {
    code: 'amount_too_large',
    param: 'amount',
  });
}
