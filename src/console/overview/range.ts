export const RANGES = { day: '24 hours', week: '7 days', month: '30 days', quarter: '90 days' } as const;
export type RangeName = keyof typeof RANGES;

/** What the overview shows, as it stands in the address. */
export interface OverviewSearch {
  readonly range?: RangeName;
  readonly currency?: string;
}

export function parseRange(given: Readonly<Record<string, unknown>>): OverviewSearch {
  const { range, currency } = given;
  return {
    ...(typeof range === 'string' && Object.hasOwn(RANGES, range) && range !== 'week' ? { range: range as RangeName } : {}),
    ...(typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) ? { currency } : {}),
  };
}
