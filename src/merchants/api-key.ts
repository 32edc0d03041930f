import type { MerchantScope } from '../kernel/scope.ts';

/** SECRET opens everything of one merchant and side; PUBLISHABLE opens what a browser may see. */
export const KEY_KINDS = ['SECRET', 'PUBLISHABLE'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** A key as it is kept: its text is shown once, when it is made, and stored nowhere. */
export interface ApiKey {
  readonly id: string;
  readonly scope: MerchantScope;
  readonly kind: KeyKind;
  /** The first characters and the last, so that people can tell keys apart. */
  readonly hint: string;
  readonly label: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** Exact to a minute. */
  readonly lastUsedAt: Date | null;
}

export interface Credential {
  readonly kind: KeyKind;
  readonly scope: MerchantScope;
  readonly keyId: string;
}

/** A key that `authenticate` remembers. */
export interface KnownKey {
  readonly key: ApiKey;
  usedAt: Date | null;
}

export function isInForce(key: ApiKey, now: Date): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);
}
