/** Whose data a call may touch: one merchant, on one side of the wall between TEST and LIVE. No store works without it. */
export interface MerchantScope {
  readonly merchantId: string;
  readonly environment: 'TEST' | 'LIVE';
}
