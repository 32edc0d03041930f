import { currencyExponent } from '../../kernel/currency.ts';
import type { Money } from '../../kernel/money.ts';

/**
 * Nuvei takes amounts as decimal text of the main unit: "100.00" (REST 1.0 documentation and the official server SDKs, read
 * 2026-11). An amount has at most 12 characters there.
 */
const AMOUNT_LENGTH_MAX = 12;

/**
 * Currencies of whole numbers, as the integration of ActiveMerchant has them (read 2026-11). MMK has two decimals in ISO 4217,
 * so its last two digits must be zero. Other currencies without decimals in ISO 4217 are sent as whole numbers as well.
 */
const WHOLE_CURRENCIES: readonly string[] = ['CLP', 'KRW', 'JPY', 'ISK', 'MMK', 'PYG', 'UGX', 'VND', 'XAF', 'XOF'];

/** Decimals of the text. Unsure: no source tells of three; such amounts are sent with two while the third is zero. */
const DECIMALS_MAX = 2;

const DECIMAL = /^(\d{1,15})(?:\.(\d{1,4}))?$/;

/** Null when Nuvei can take the amount, else why not. */
export function refuseAmount(money: Money): string | null {
  const exponent = currencyExponent(money.currency);
  if (exponent === undefined || exponent > 3) return `NUVEI takes no amounts in ${money.currency}.`;
  if (money.amountMinor < 1n) return 'The amount must be at least 1.';
  const dropped = exponent - decimalsOf(money.currency, exponent);
  if (money.amountMinor % 10n ** BigInt(dropped) !== 0n) {
    return `In ${money.currency} NUVEI takes only amounts that end in ${'0'.repeat(dropped)}.`;
  }
  return toNuveiAmount(money).length > AMOUNT_LENGTH_MAX
    ? `The amount is longer than NUVEI’s ${AMOUNT_LENGTH_MAX} characters.`
    : null;
}

/** For an amount that `refuseAmount` lets pass. Decimals of zero are left out where they alone make it too long, as in rupiah. */
export function toNuveiAmount({ amountMinor, currency }: Money): string {
  const exponent = currencyExponent(currency) ?? DECIMALS_MAX;
  const decimals = decimalsOf(currency, exponent);
  const digits = (amountMinor / 10n ** BigInt(exponent - decimals)).toString();
  if (decimals === 0) return digits;
  const padded = digits.padStart(decimals + 1, '0');
  const [main, fraction] = [padded.slice(0, -decimals), padded.slice(-decimals)];
  const text = `${main}.${fraction}`;
  return text.length > AMOUNT_LENGTH_MAX && !/[1-9]/.test(fraction) ? main : text;
}

/** Null when the text is no amount of the currency. */
export function fromNuveiAmount(amount: string, currency: string): Money | null {
  const exponent = currencyExponent(currency);
  const [, main, decimals = ''] = DECIMAL.exec(amount) ?? [];
  if (exponent === undefined || main === undefined) return null;
  if (/[1-9]/.test(decimals.slice(exponent))) return null;
  return { amountMinor: BigInt(main + decimals.slice(0, exponent).padEnd(exponent, '0')), currency };
}

function decimalsOf(currency: string, exponent: number): number {
  return WHOLE_CURRENCIES.includes(currency) ? 0 : Math.min(exponent, DECIMALS_MAX);
}
