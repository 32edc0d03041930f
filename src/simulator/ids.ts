import { createHash } from 'node:crypto';

/** Ids look like the vendors' and follow from what they belong to, so that the same call gives the same id on every attempt. */

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A hash of the parts in the given alphabet. */
function derive(parts: readonly string[], alphabet: string, length: number): string {
  const base = BigInt(alphabet.length);
  let rest = BigInt(`0x${createHash('sha256').update(parts.join('\n')).digest('hex')}`);
  let text = '';
  while (text.length < length) {
    text += alphabet[Number(rest % base)];
    rest /= base;
  }
  return text;
}

const WORD_LENGTH = 24;

/** Such as `pi_` and 24 letters and digits. */
export function wordId(prefix: string, ...parts: readonly string[]): string {
  return `${prefix}${derive([prefix, ...parts], LETTERS, WORD_LENGTH)}`;
}

/** Digits only, of the given length including the prefix. */
export function numberId(prefix: string, length: number, ...parts: readonly string[]): string {
  return `${prefix}${derive([prefix, ...parts], '0123456789', length - prefix.length)}`;
}
