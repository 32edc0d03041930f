import { fromBase64 } from './bytes.ts';
import { WebhookVerificationError } from './errors.ts';

/** How a signature is made: HMAC-SHA256 with a shared secret, or Ed25519. */
export type Scheme = 'v1' | 'v1a';

export interface Key {
  readonly scheme: Scheme;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;
const PUBLIC_BYTES = 32;

/** What people pass by mistake, by its beginning. */
const MISTAKEN: readonly (readonly [prefix: string, what: string])[] = [
  ['whsk_', 'the private key, which the gateway alone may have; pass the endpoint’s public key, which begins with whpk_'],
  ['sk_', 'an API key; pass the endpoint’s own secret, which begins with whsec_'],
  ['pk_', 'an API key; pass the endpoint’s own secret, which begins with whsec_'],
];

/** Messages name a key by its place and never show it. */
export function readKeys(keys: readonly unknown[]): readonly Key[] {
  if (keys.length === 0) throw malformed('No key was passed: pass the secret of the endpoint.');
  return keys.map((key, index) => readKey(key, keys.length === 1 ? 'The key' : `Key ${index + 1} of ${keys.length}`));
}

function readKey(key: unknown, name: string): Key {
  if (typeof key !== 'string' || key.trim() === '') throw malformed(`${name} has no value: is the environment variable set?`);
  const text = key.trim();
  if (text.startsWith('whsec_')) {
    const bytes = fromBase64(text.slice('whsec_'.length));
    if (bytes !== null && bytes.length >= SECRET_BYTES_MIN && bytes.length <= SECRET_BYTES_MAX) return { scheme: 'v1', bytes };
    throw malformed(`${name} begins with whsec_ and goes on with something else than a secret. Copy it again, to its end.`);
  }
  if (text.startsWith('whpk_')) {
    const bytes = fromBase64(text.slice('whpk_'.length));
    if (bytes?.length === PUBLIC_BYTES) return { scheme: 'v1a', bytes };
    throw malformed(`${name} begins with whpk_ and goes on with something else than a public key. Copy it again, to its end.`);
  }
  const mistaken = MISTAKEN.find(([prefix]) => text.startsWith(prefix));
  if (mistaken !== undefined) throw malformed(`${name} is ${mistaken[1]}.`);
  throw malformed(`${name} begins with neither whsec_ nor whpk_. Copy the whole key of the endpoint, with its beginning.`);
}

function malformed(message: string): WebhookVerificationError {
  return new WebhookVerificationError('KEY_MALFORMED', message);
}
