import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { decodeJson, encodeJson } from './json.ts';
import type { MerchantScope } from './scope.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
/** What every sealed value begins with: two letters and the version of the format. The database holds its columns to it. */
export const SEAL_PREFIX = new Uint8Array([0x54, 0x47, 2]);
const KEY_ID_BYTES = 4;
const HEADER_BYTES = SEAL_PREFIX.length + KEY_ID_BYTES;

/** Every column that holds sealed values, by the table and column of the database. */
export const SEALED_COLUMNS = [
  'provider_accounts.credentials',
  'sessions.token',
  'sessions.payload',
  'sessions.provider_state',
  'sessions.client_token',
  'sessions.challenge_url',
  'operations.request',
  'webhook_endpoints.secret',
  'webhook_endpoints.previous_secret',
  'delivery_attempts.response',
] as const;
export type SealedColumn = (typeof SEALED_COLUMNS)[number];

/** Where a sealed value belongs. It opens nowhere else. */
export interface SealedPlace {
  readonly column: SealedColumn;
  /** The row, and the merchant and environment that it belongs to. */
  readonly row: MerchantScope & { readonly id: string };
}

export const FINGERPRINT_KINDS = [
  'api-key',
  'call',
  'session-token',
  'client-token',
  'webhook-path',
  'sign-in',
  'sign-in-link',
  'derived',
] as const;
export type FingerprintKind = (typeof FINGERPRINT_KINDS)[number];

/** Seals what must be read again (tokens, provider credentials) and fingerprints what must only be recognised (keys, tokens, inputs). */
export interface Vault {
  /** Which key this is, in hex. It stands in each sealed value. */
  readonly keyId: string;
  /** Proves the key without giving it away. The database keeps it from the first start on. */
  readonly checkValue: string;
  /** AES-256-GCM: a header with version and key id, nonce, tag and ciphertext in one. The header and the place are authenticated. */
  seal(place: SealedPlace, value: unknown): Uint8Array<ArrayBuffer>;
  /** The same for what `encodeJson` has made of a value. */
  sealJson(place: SealedPlace, json: string): Uint8Array<ArrayBuffer>;
  /** Throws when the bytes were changed, sealed under another key, or sealed for another place. */
  open(place: SealedPlace, sealed: Uint8Array): unknown;
  /**
   * HMAC-SHA256 in hex, keyed: useless without the key. The same text has another fingerprint for each kind. Without a kind it is
   * `derived`: what the test bank and the simulator derive their tokens by.
   */
  fingerprint(text: string, kind?: FingerprintKind): string;
}

/** @param masterKey 32 bytes; each purpose uses a key derived from it. */
export function createVault(masterKey: Uint8Array): Vault {
  if (masterKey.length !== 32) throw new Error('The encryption key must be 32 bytes.');
  const sealKey = deriveKey(masterKey, 'tollgate seal');
  const keyId = deriveKey(masterKey, 'tollgate key id').subarray(0, KEY_ID_BYTES);
  const header = Buffer.concat([SEAL_PREFIX, keyId]);
  const fingerprints = createFingerprints(masterKey);
  const sealJson = (place: SealedPlace, json: string) =>
    new Uint8Array(Buffer.concat([header, encrypt(sealKey, json, boundTo(header, place))]));
  return {
    keyId: Buffer.from(keyId).toString('hex'),
    checkValue: Buffer.from(deriveKey(masterKey, 'tollgate check')).toString('hex'),
    seal: (place, value) => sealJson(place, encodeJson(value)),
    sealJson,
    open(place, sealed) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      if (!bytes.subarray(0, HEADER_BYTES).equals(header)) {
        throw new Error(`A value of ${place.column} was sealed in another format or under another key.`);
      }
      return decodeJson(decrypt(sealKey, bytes.subarray(HEADER_BYTES), boundTo(header, place)));
    },
    fingerprint: fingerprints,
  };
}

/** What the first version sealed: bound to no place. For the one upgrade alone, which seals it again. */
export interface LegacyVault {
  open(sealed: Uint8Array): unknown;
}

export function createLegacyVault(masterKey: Uint8Array): LegacyVault {
  const sealKey = deriveKey(masterKey, 'tollgate seal');
  return {
    open: (sealed) => decodeJson(decrypt(sealKey, Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength), null)),
  };
}

function deriveKey(masterKey: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, '', purpose, 32));
}

function boundTo(header: Uint8Array, { column, row }: SealedPlace): Buffer {
  const place = JSON.stringify([column, row.merchantId, row.environment, row.id]);
  return Buffer.concat([header, Buffer.from(place, 'utf8')]);
}

function encrypt(key: Uint8Array, text: string, bound: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(bound);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

function decrypt(key: Uint8Array, bytes: Buffer, bound: Uint8Array | null): string {
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  if (bound !== null) decipher.setAAD(bound);
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
}

/**
 * Texts whose fingerprints the first version stored and that nothing can compute again. They keep its formula, each kind for texts
 * of its own form alone, so that no text has one fingerprint under two kinds.
 */
const FIRST_FORMULA: Readonly<Partial<Record<FingerprintKind, RegExp>>> = { 'api-key': /^[sp]k_/, call: /^\{/ };

function createFingerprints(masterKey: Uint8Array): Vault['fingerprint'] {
  const firstKey = deriveKey(masterKey, 'tollgate fingerprint');
  const keys = new Map(FINGERPRINT_KINDS.map((kind) => [kind, deriveKey(masterKey, `tollgate fingerprint ${kind}`)]));
  return (text, kind = 'derived') => {
    const key = FIRST_FORMULA[kind]?.test(text) === true ? firstKey : (keys.get(kind) ?? firstKey);
    return createHmac('sha256', key).update(text).digest('hex');
  };
}

/** A random secret with a prefix that tells its kind: 256 bits in URL-safe base64. */
export function newSecret(prefix: string): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`;
}

/** Compares without telling by its duration where the texts differ. */
export function equalSecret(left: string, right: string): boolean {
  const leftBytes = Buffer.from(left);
  const rightBytes = Buffer.from(right);
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}
