/** ISO 4217 codes of the currencies whose smallest unit is no hundredth, by its decimals (list of 2025-05). */
const CODES: Readonly<Record<number, string>> = {
  0: `BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XAG XAU XBA XBB XBC XBD XDR XOF XPD XPF XPT XSU XTS
    XUA XXX`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/** The decimals of those currencies by their code. */
export const OTHER_DECIMALS: ReadonlyMap<string, number> = new Map(
  Object.entries(CODES).flatMap(([decimals, codes]) => codes.split(/\s+/).map((code) => [code, Number(decimals)] as const)),
);

/** Decimals of the currency's smallest unit: 2 for USD, 0 for JPY, 3 for KWD. A code that is unknown counts as having 2. */
export function decimalsOf(currency: string): number {
  return OTHER_DECIMALS.get(currency) ?? 2;
}
