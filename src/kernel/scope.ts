/** Whose data a call may touch: one merchant, on one side of the wall between TEST and LIVE. No store works without it. */
export interface MerchantScope {
  readonly merchantId: string;
  readonly environment: 'TEST' | 'LIVE';
}

/** The scope alone, of anything that has one: a whole row spread into a condition would ask for all of its fields. */
export function scopeOf({ merchantId, environment }: MerchantScope): MerchantScope {
  return { merchantId, environment };
}
