/** Amounts come and go in the smallest unit, as text: they may be larger than a number holds exactly. */

/** Decimals of the currencies that have not two, as the gateway counts them: `JPY:0 KWD:3`. */
export function parseDecimals(text: string): ReadonlyMap<string, number> {
  const entries = text.split(' ').map((entry) => entry.split(':'));
  return new Map(entries.map(([currency = '', decimals]) => [currency, Number(decimals)]));
}

const known: ReadonlyMap<string, number> =
  typeof document === 'undefined' ? new Map() : parseDecimals(document.body.dataset['decimals'] ?? '');

export function decimalsOf(currency: string, decimals = known): number {
  return decimals.get(currency) ?? 2;
}

/** "123456" with 3 decimals is "123.456". */
export function toDecimal(minor: string, decimals: number): string {
  const [sign, digits] = minor.startsWith('-') ? ['-', minor.slice(1)] : ['', minor];
  const padded = digits.padStart(decimals + 1, '0');
  return decimals === 0 ? `${sign}${padded}` : `${sign}${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`;
}

const formats = new Map<string, Intl.NumberFormat>();

/** An amount in the currency's own form, as the viewer's language writes it. */
export function formatMoney(minor: string, currency: string): string {
  const decimals = decimalsOf(currency);
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const format = formats.get(currency) ?? new Intl.NumberFormat(undefined, { style: 'currency', currency, ...options });
  formats.set(currency, format);
  return write(format, toDecimal(minor, decimals));
}

const WHOLE_UNITS_FROM = 10_000;
const COMPACT_FROM = 10_000_000;

/** A sum at a glance: without the decimals where it is large, and with three digits where it is larger. */
export function formatRoughly(minor: string, currency: string): string {
  const decimal = toDecimal(minor, decimalsOf(currency));
  const size = Math.abs(Number(decimal));
  if (size < WHOLE_UNITS_FROM) return formatMoney(minor, currency);
  const options =
    size < COMPACT_FROM ? { maximumFractionDigits: 0 } : ({ notation: 'compact', maximumSignificantDigits: 3 } as const);
  return write(new Intl.NumberFormat(undefined, { style: 'currency', currency, ...options }), decimal);
}

/** A text keeps every digit; TypeScript knows only its numeric forms. */
function write(format: Intl.NumberFormat, decimal: string): string {
  return format.format(decimal as unknown as number);
}

/**
 * What a person typed, in the smallest unit; null when it is no amount of so many decimals. A point or a comma begins the
 * decimals: marks between thousands are refused, because 1,234 would be two amounts in two countries.
 */
export function parseAmount(text: string, decimals: number): string | null {
  const [, whole, fraction = ''] = /^(\d{1,18})(?:[.,](\d{1,4}))?$/.exec(text.trim()) ?? [];
  if (whole === undefined || fraction.length > decimals) return null;
  return BigInt(whole + fraction.padEnd(decimals, '0')).toString();
}
