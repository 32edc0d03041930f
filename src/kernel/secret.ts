import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { decodeJson, encodeJson } from './json.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/** Seals what must be read again (tokens, provider credentials) and fingerprints what must only be recognised (keys, tokens, inputs). */
export interface Vault {
  /** AES-256-GCM: nonce, tag and ciphertext in one. */
  seal(value: unknown): Uint8Array<ArrayBuffer>;
  /** Throws when the bytes were changed or sealed under another key. */
  open(sealed: Uint8Array): unknown;
  /** HMAC-SHA256 in hex, keyed: useless to whoever has only the database. */
  fingerprint(text: string): string;
}

/** @param masterKey 32 bytes; sealing and fingerprints use keys derived from it. */
export function createVault(masterKey: Uint8Array): Vault {
  if (masterKey.length !== 32) throw new Error('The encryption key must be 32 bytes.');
  const sealKey = new Uint8Array(hkdfSync('sha256', masterKey, '', 'tollgate seal', 32));
  const fingerprintKey = new Uint8Array(hkdfSync('sha256', masterKey, '', 'tollgate fingerprint', 32));
  return {
    seal(value) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, sealKey, nonce);
      const body = Buffer.concat([cipher.update(encodeJson(value), 'utf8'), cipher.final()]);
      return new Uint8Array(Buffer.concat([nonce, cipher.getAuthTag(), body]));
    },
    open(sealed) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const decipher = createDecipheriv(CIPHER, sealKey, bytes.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const body = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      return decodeJson(body.toString('utf8'));
    },
    fingerprint(text) {
      return createHmac('sha256', fingerprintKey).update(text).digest('hex');
    },
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
