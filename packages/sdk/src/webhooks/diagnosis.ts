import { fromBase64, fromUtf8, toUtf8 } from './bytes.ts';
import { WebhookVerificationError } from './errors.ts';
import { isSigned, type Signed } from './signature.ts';

/** The gateway's bodies are smaller. Larger ones are not searched for mistakes. */
const SEARCHED_BYTES_MAX = 65_536;

/** Says why no signature fits: which of the usual mistakes was made. */
export async function explainMismatch(signed: Signed, body: Uint8Array): Promise<WebhookVerificationError> {
  const { keys, signatures } = signed;
  const schemes = [...new Set(signatures.map(({ scheme }) => scheme))];
  if (!keys.some(({ scheme }) => schemes.includes(scheme))) {
    const needed = schemes.map((scheme) => (scheme === 'v1' ? 'v1: pass its whsec_ secret' : 'v1a: pass its whpk_ public key'));
    return new WebhookVerificationError('KEY_WRONG', `The endpoint signs by ${needed.join(', or by ')}.`);
  }
  const change = await findChange(signed, body);
  if (change !== null) {
    return new WebhookVerificationError(
      'BODY_CHANGED',
      `The key is right, but the body was changed on its way: ${change}. Verify the bytes of the request, before anything parses or rewrites them.`,
    );
  }
  const [what, them] = keys.length === 1 ? ['The key', 'it'] : [`None of the ${keys.length} keys`, 'them'];
  const fits = keys.length === 1 ? 'does not fit' : 'fits';
  return new WebhookVerificationError(
    'KEY_WRONG',
    `${what} ${fits} the signature. Compare ${them} with this endpoint: each has keys of its own, in TEST and in LIVE, and a rotation gives new ones. Otherwise the request is not from the gateway, or its content was changed.`,
  );
}

async function findChange(signed: Signed, body: Uint8Array): Promise<string | null> {
  if (body.length > SEARCHED_BYTES_MAX) return null;
  const text = fromUtf8(body);
  if (text === null) return null;
  for (const [change, original] of originalsOf(text)) {
    if (original !== null && original !== text && (await isSigned(signed, toUtf8(original)))) return change;
  }
  return null;
}

/** What the gateway may have written where this arrived, and the change that was made then. */
function* originalsOf(text: string): Generator<readonly [change: string, original: string | null]> {
  yield ['spaces or a byte order mark were put around it', text.trim()];
  const json = parse(text);
  yield ['it was parsed and written again as JSON', json === undefined ? null : JSON.stringify(json)];
  if (typeof json === 'string') yield ['it was written as JSON inside of a JSON text', json];
  const bytes = fromBase64(text.trim());
  yield ['it is in base64, as some platforms pass bodies; decode it first', bytes === null ? null : fromUtf8(bytes)];
  yield ['its letters were read in another encoding than UTF-8', fromLatin1(text)];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.trim());
  } catch {
    return undefined;
  }
}

/** The text whose UTF-8 was read as if each byte were a letter. */
function fromLatin1(text: string): string | null {
  if (/^[\0-\x7f]*$/.test(text) || !/^[\0-\xff]*$/.test(text)) return null;
  return fromUtf8(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
}
