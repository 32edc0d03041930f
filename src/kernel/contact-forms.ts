import { domainToASCII } from 'node:url';
import { toAsciiDigits } from './digits.ts';

/** E-mail addresses and telephone numbers: the forms that people have, and those that vendors take. */

const EMAIL_LENGTH_MAX = 254;
const LOCAL_PART_LENGTH_MAX = 64;
/** Words without spaces and further signs, with dots anywhere: mobile carriers gave out `a..b@` and `.a.@` by the million. */
const WORDS = /^[^\s\p{Cc}\p{Zs}@"(),:;<>[\\\]]+$/u;
const QUOTED = /^"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])+"$/u;
const DOT_ATOM = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;

interface EmailParts {
  readonly local: string;
  /** In ASCII: `xn--bcher-kva.example` for `bücher.example`. */
  readonly domain: string;
}

function partsOf(address: string): EmailParts | null {
  const at = address.lastIndexOf('@');
  if (at < 1 || address.length > EMAIL_LENGTH_MAX || /\p{Surrogate}/u.test(address)) return null;
  const [local, host] = [address.slice(0, at), address.slice(at + 1)];
  if (local.length > LOCAL_PART_LENGTH_MAX || !(WORDS.test(local) || QUOTED.test(local))) return null;
  if (/[\s\p{Cc}]/u.test(host)) return null;
  const domain = domainToASCII(host);
  return HOST.test(domain) ? { local, domain } : null;
}

/** Whether mail can be sent to it, as far as its form tells: RFC 5322 and 6531, and what carriers gave out besides. */
export function isEmail(address: string): boolean {
  return partsOf(address) !== null;
}

/**
 * The address with its domain in ASCII, as every mail system takes it. One that is ASCII already, capitals included, and what is not
 * an address come back as they are: a request that was stored before must be sent again with the same bytes.
 */
export function toAsciiEmail(address: string): string {
  const parts = partsOf(address);
  const isAscii = parts !== null && /^[\x21-\x7e]+$/.test(address.slice(address.lastIndexOf('@')));
  return parts === null || isAscii ? address : `${parts.local}@${parts.domain}`;
}

/** Whether the part before the @ is of RFC 5321's plain form, which the strictest of checkers takes. */
export function isPlainEmail(address: string): boolean {
  const parts = partsOf(address);
  return parts !== null && DOT_ATOM.test(parts.local);
}

/** What people write between digits, and an extension behind them. */
const PHONE_SEPARATORS = /[\s().\-/‐-―\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069]/g;
const EXTENSION = /(?:;ext=|ext\.?|x|#)\d{1,7}$/i;
const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * `+12125550100` for `+1 (212) 555-0100`, `001 212 555 0100` and `tel:+1-212-555-0100`; an extension is left out. Null for a number
 * that names no country.
 */
export function toE164(phone: string): string | null {
  const typed = toAsciiDigits(phone.normalize('NFKC')).trim().replace(/^tel:/i, '');
  // `+44 (0)20 …`: the zero in brackets is dialled within the country only.
  const plain = typed.replace('(0)', '').replace(PHONE_SEPARATORS, '').replace(EXTENSION, '');
  const international = plain.replace(/^00(?=[1-9])/, '+');
  return E164.test(international) ? international : null;
}
