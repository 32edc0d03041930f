import type { MerchantScope } from '../kernel/scope.ts';
import { scopeOf } from '../kernel/scope.ts';
import type { Vault } from '../kernel/secret.ts';
import type { Scheme, WebhookEndpoint } from './endpoint.ts';
import { newSharedSecret, newSigningPair, publicKeyOf } from './signing.ts';

type Place = MerchantScope & { readonly id: string };

const placeOf = (endpoint: Place, column: 'secret' | 'previous_secret') =>
  ({ column: `webhook_endpoints.${column}`, row: { ...scopeOf(endpoint), id: endpoint.id } }) as const;

/** A new secret, sealed for its row. */
export function newKey(vault: Vault, endpoint: Place, scheme: Scheme): { readonly text: string; readonly sealed: Uint8Array } {
  const text = scheme === 'HMAC_SHA256' ? newSharedSecret() : newSigningPair().secretKey;
  return { text, sealed: vault.seal(placeOf(endpoint, 'secret'), text) };
}

/** The secret in the place of the one before it. */
export function retireKey(vault: Vault, endpoint: WebhookEndpoint): Uint8Array {
  return vault.seal(placeOf(endpoint, 'previous_secret'), vault.open(placeOf(endpoint, 'secret'), endpoint.sealedSecret));
}

/** The secrets that sign at an instant, the newest first. */
export function signingKeys(vault: Vault, endpoint: WebhookEndpoint, now: Date): readonly string[] {
  const { sealedSecret, sealedPreviousSecret: previous, previousUntil } = endpoint;
  const keys = [vault.open(placeOf(endpoint, 'secret'), sealedSecret) as string];
  if (previous !== null && previousUntil !== null && now < previousUntil)
    keys.push(vault.open(placeOf(endpoint, 'previous_secret'), previous) as string);
  return keys;
}

/** What a receiver verifies by: the public key of a key pair; null for a shared secret, which is shown once. */
export function shownKey(vault: Vault, endpoint: WebhookEndpoint): string | null {
  if (endpoint.scheme === 'HMAC_SHA256') return null;
  return publicKeyOf(vault.open(placeOf(endpoint, 'secret'), endpoint.sealedSecret) as string);
}
