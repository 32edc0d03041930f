import { decimalsOf } from './decimals.ts';

/** An amount in the smallest unit of its currency (10000n USD is $100.00). */
export interface Money {
  readonly amountMinor: bigint;
  readonly currency: string;
}

/** The largest amount that is stored: 2^63 - 1, the range of PostgreSQL's bigint. */
export const AMOUNT_MINOR_MAX = 2n ** 63n - 1n;

export function equalMoney(left: Money, right: Money): boolean {
  return left.amountMinor === right.amountMinor && left.currency === right.currency;
}

/** The amount as a decimal in the currency's main unit, without a symbol: 123456n KWD is "123.456". Exact at any size. */
export function toDecimal(money: Money): string {
  const exponent = decimalsOf(money.currency);
  const digits = money.amountMinor.toString().padStart(exponent + 1, '0');
  return exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

const FORMATS_MAX = 500;
const formats = new Map<string, Intl.NumberFormat>();

/**
 * The amount as people of the language write it: "$100.00". Exact at any size, with the decimals of ISO 4217, which browsers do not
 * agree with for every currency.
 * @param locale a language tag; the machine's own language without one
 */
export function formatMoney(money: Money, locale?: string): string {
  const { currency } = money;
  const key = `${locale} ${currency}`;
  const decimals = decimalsOf(currency);
  const options = { style: 'currency', currency, minimumFractionDigits: decimals, maximumFractionDigits: decimals } as const;
  const format = formats.get(key) ?? new Intl.NumberFormat(locale, options);
  if (formats.size >= FORMATS_MAX) formats.clear();
  formats.set(key, format);
  // A text keeps every digit.
  return format.format(toDecimal(money) as Intl.StringNumericLiteral);
}
