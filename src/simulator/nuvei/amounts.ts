import { currencyExponent } from '../../kernel/currency.ts';
import { fail, type NuveiFailure } from './errors.ts';

/** Amounts are decimal text of the main unit, 12 characters at most. The bank holds them in hundredths, whatever the currency. */

/** Whole numbers only (ActiveMerchant's list, read 2026-11). */
const WHOLE: ReadonlySet<string> = new Set(['CLP', 'KRW', 'JPY', 'ISK', 'MMK', 'PYG', 'UGX', 'VND', 'XAF', 'XOF']);

const LENGTH_MAX = 12;

/** Hundredths, or why the amount is refused. */
export function readAmount(amount: string, currency: string): bigint | NuveiFailure {
  if (currencyExponent(currency) === undefined) return fail('currency');
  const [, main, decimals = ''] = /^(\d+)(?:\.(\d{1,2}))?$/.exec(amount) ?? [];
  if (main === undefined || amount.length > LENGTH_MAX) return fail('amount');
  if (WHOLE.has(currency) && decimals !== '') return fail('amount', 'this currency has no decimals');
  return BigInt(main + decimals.padEnd(2, '0'));
}

export function writeAmount(hundredths: bigint, currency: string): string {
  const digits = hundredths.toString().padStart(3, '0');
  return WHOLE.has(currency) ? digits.slice(0, -2) : `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
