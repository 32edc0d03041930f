import { fromBase64, join, toUtf8 } from './bytes.ts';
import { WebhookVerificationError } from './errors.ts';
import type { SentHeaders } from './headers.ts';
import type { Key, Scheme } from './keys.ts';

export interface Signature {
  readonly scheme: Scheme;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** More than the gateway sends while keys change. Further ones are left out, so that a header cannot make us calculate for long. */
const SIGNATURES_MAX = 16;
const LENGTHS: Readonly<Record<Scheme, number>> = { v1: 32, v1a: 64 };

/** The signatures of a header such as `v1,… v1a,…`. Versions that are not known are left out, as the standard asks. */
export function readSignatures(header: string): readonly Signature[] {
  const parts = header.split(' ', SIGNATURES_MAX);
  const signatures = parts.flatMap((part): Signature[] => {
    const [, scheme, text = ''] = /^(v1a?),(.+)$/.exec(part) ?? [];
    const bytes = fromBase64(text);
    return (scheme === 'v1' || scheme === 'v1a') && bytes?.length === LENGTHS[scheme] ? [{ scheme, bytes }] : [];
  });
  if (signatures.length > 0) return signatures;
  throw new WebhookVerificationError(
    'HEADER_MALFORMED',
    'webhook-signature holds no whole signature: it should be such as "v1,…" or "v1a,…" with base64 behind the comma. Pass the header as it came.',
  );
}

export interface Signed {
  readonly sent: SentHeaders;
  readonly signatures: readonly Signature[];
  readonly keys: readonly Key[];
}

/** Whether one of the keys made one of the signatures over this body. The runtime compares, in constant time. */
export async function isSigned({ sent, signatures, keys }: Signed, body: Uint8Array): Promise<boolean> {
  const content = join(toUtf8(`${sent.id}.${sent.timestamp}.`), body);
  // Those that every runtime can check come first.
  const pairs = (['v1', 'v1a'] as const).flatMap((scheme) =>
    keys
      .filter((key) => key.scheme === scheme)
      .flatMap((key) => signatures.filter((signature) => signature.scheme === scheme).map((signature) => ({ key, signature }))),
  );
  for (const { key, signature } of pairs) {
    const isMatch = key.scheme === 'v1' ? isHmac(key, signature, content) : isEd25519(key, signature, content);
    if (await isMatch) return true;
  }
  return false;
}

async function isHmac(key: Key, signature: Signature, content: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const { subtle } = globalThis.crypto;
  const imported = await subtle.importKey('raw', key.bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  return subtle.verify('HMAC', imported, signature.bytes, content);
}

async function isEd25519(key: Key, signature: Signature, content: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const { subtle } = globalThis.crypto;
  try {
    const imported = await subtle.importKey('raw', key.bytes, { name: 'Ed25519' }, false, ['verify']);
    return await subtle.verify({ name: 'Ed25519' }, imported, signature.bytes, content);
  } catch (error) {
    if (error instanceof Error && error.name === 'DataError') {
      throw new WebhookVerificationError('KEY_MALFORMED', 'The whpk_ key is no public key of Ed25519. Copy it again.', error);
    }
    throw new WebhookVerificationError(
      'RUNTIME_UNSUPPORTED',
      'The WebCrypto of this runtime has no Ed25519, which v1a signatures need. Use a newer runtime, or let the endpoint sign by v1 and pass its whsec_ secret.',
      error,
    );
  }
}
