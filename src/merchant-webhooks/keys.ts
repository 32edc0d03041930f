import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
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

/** A secret that was replaced, and until when it signs as well. In milliseconds since 1970. */
interface RetiredKey {
  readonly key: string;
  readonly untilMs: number;
}

const RETIRED_MAX = 5;

/** The secrets that go on signing after a rotation: the one until now, and those before it whose time is not over; at most five. */
export function retireKey(vault: Vault, endpoint: WebhookEndpoint, { now, until }: { now: Date; until: Date }): Uint8Array {
  const key = vault.open(placeOf(endpoint, 'secret'), endpoint.sealedSecret) as string;
  const retired: readonly RetiredKey[] = [{ key, untilMs: until.getTime() }, ...retiredKeys(vault, endpoint, now)];
  return vault.seal(placeOf(endpoint, 'previous_secret'), retired.slice(0, RETIRED_MAX));
}

function retiredKeys(vault: Vault, endpoint: WebhookEndpoint, now: Date): readonly RetiredKey[] {
  const { sealedPreviousSecret: sealed, previousUntil } = endpoint;
  if (sealed === null || previousUntil === null || now >= previousUntil) return [];
  const all = vault.open(placeOf(endpoint, 'previous_secret'), sealed) as readonly RetiredKey[];
  return all.filter(({ untilMs }) => now.getTime() < untilMs);
}

/** The secrets that sign at an instant, the newest first. */
export function signingKeys(vault: Vault, endpoint: WebhookEndpoint, now: Date): readonly string[] {
  const current = vault.open(placeOf(endpoint, 'secret'), endpoint.sealedSecret) as string;
  return [current, ...retiredKeys(vault, endpoint, now).map(({ key }) => key)];
}

/** What a receiver verifies by: the public key of a key pair; null for a shared secret, which is shown once. */
export function shownKey(vault: Vault, endpoint: WebhookEndpoint): string | null {
  if (endpoint.scheme === 'HMAC_SHA256') return null;
  return publicKeyOf(vault.open(placeOf(endpoint, 'secret'), endpoint.sealedSecret) as string);
}
