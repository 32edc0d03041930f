import { decimalsOf } from '../../kernel/decimals.ts';
import * as money from '../../kernel/money.ts';

/** Amounts come and go in the smallest unit, as text: they may be larger than a number holds exactly. */

/** "123456" in a currency of 3 decimals is "123.456". */
export function toDecimal(minor: string, currency: string): string {
  return money.toDecimal({ amountMinor: BigInt(minor), currency });
}

/** An amount in the currency's own form, as the viewer's language writes it. */
export function formatMoney(minor: string, currency: string): string {
  return money.formatMoney({ amountMinor: BigInt(minor), currency });
}

const WHOLE_UNITS_FROM = 10_000;
const COMPACT_FROM = 10_000_000;

/** A sum at a glance: without the decimals where it is large, and with three digits where it is larger. */
export function formatRoughly(minor: string, currency: string): string {
  const decimal = toDecimal(minor, currency);
  const size = Math.abs(Number(decimal));
  if (size < WHOLE_UNITS_FROM) return formatMoney(minor, currency);
  const options =
    size < COMPACT_FROM ? { maximumFractionDigits: 0 } : ({ notation: 'compact', maximumSignificantDigits: 3 } as const);
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency, ...options });
  return format.format(decimal as Intl.StringNumericLiteral);
}

/**
 * What a person typed, in the smallest unit; null when it is no amount of the currency. A point or a comma begins the decimals:
 * marks between thousands are refused, because 1,234 would be two amounts in two countries. So is a comma before three decimals,
 * where a currency has them.
 */
export function parseAmount(text: string, currency: string): string | null {
  const decimals = decimalsOf(currency);
  const [, whole, mark, fraction = ''] = /^(\d{1,18})(?:([.,])(\d{1,4}))?$/.exec(text.trim()) ?? [];
  if (whole === undefined || fraction.length > decimals || (mark === ',' && fraction.length === 3)) return null;
  return BigInt(whole + fraction.padEnd(decimals, '0')).toString();
}
