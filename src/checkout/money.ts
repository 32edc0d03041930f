/** Amounts as people of the payer's language write them. */

/** Decimals of the currencies that have not two, as the gateway writes them into the page: `JPY:0 KWD:3`. */
export function readDecimals(text: string): ReadonlyMap<string, number> {
  const entries = text.split(' ').map((entry) => entry.split(':'));
  return new Map(entries.flatMap(([code, decimals]) => (code && decimals ? [[code, Number(decimals)] as const] : [])));
}

/**
 * @param amountMinor in the smallest unit by ISO 4217, which browsers do not agree with for every currency
 * @param locale a language tag
 */
export function formatMoney(
  { amountMinor, currency }: { readonly amountMinor: string; readonly currency: string },
  decimalsOf: ReadonlyMap<string, number>,
  locale: string,
): string {
  const decimals = decimalsOf.get(currency) ?? 2;
  const digits = amountMinor.padStart(decimals + 1, '0');
  const decimal = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  const options = { style: 'currency', currency, minimumFractionDigits: decimals, maximumFractionDigits: decimals } as const;
  // As text, because it may be more than a number holds exactly.
  return new Intl.NumberFormat(locale, options).format(decimal as Intl.StringNumericLiteral);
}
