import { maskCardNumbers } from './card-number.ts';

/**
 * How every secret of the gateway, of its vendors and of their libraries begins. What follows the beginning never reaches the log.
 * A test compares this list with the prefixes in the source.
 */
export const SECRET_PREFIXES = [
  'sk_test_',
  'sk_live_',
  'pk_test_',
  'pk_live_',
  // Restricted and ephemeral keys of Stripe.
  'rk_test_',
  'rk_live_',
  'ek_test_',
  'ek_live_',
  'whsec_',
  // Sessions, webhook addresses, sign-ins and their links.
  'cst_',
  'whp_',
  'cns_',
  'cnl_',
  'exm_tok_',
  'exm_chl_',
] as const;

const UUID = /([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/i;
/** A place where a word begins: no letter before, or an encoded character (`%23`), encoded again any few times (`%2523`). */
const START = '(?:(?<![A-Za-z0-9])|(?<=%(?:25){0,3}[0-9A-Fa-f]{2}))';
const PREFIX = `(${SECRET_PREFIXES.join('|')})`;
/** How fields and settings end that hold a secret. */
const SECRET_NAMES =
  '(?:secret|token|password|passwd|cvc|cvv|(?:secret|api|encryption|private|signing|access)[_-]?key|credentials?)';
/** A name of a domain, in any script. */
const DOMAIN = '[\\p{L}\\p{M}\\p{N}_-]{1,63}(?:\\.[\\p{L}\\p{M}\\p{N}_-]{1,63}){1,10}';

/**
 * Each begins at one place of a run or has bounded repetition, so that a long text costs time in proportion to its length. They
 * are tried on whole lines of JSON: what they blank never reaches over a quote that is not escaped.
 */
export const MASKS: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`${START}${PREFIX}[\\w+/=-]{4,}`, 'g'), '$1[redacted]'],
  // Behind letters as well, such as those of `\\n` in JSON: what is that long is no word.
  [new RegExp(`${PREFIX}[\\w+/=-]{20,}`, 'g'), '$1[redacted]'],
  // Client secrets, such as pi_…_secret_….
  [new RegExp(`${START}([a-z]{2,12}_[A-Za-z0-9]{1,100}_secret_)[\\w-]{4,}`, 'g'), '$1[redacted]'],
  [/\b(Bearer|Basic)\s{1,5}[\w.~+/=-]+/gi, '$1 [redacted]'],
  [/\b((?:proxy-)?authorization|(?:set-)?cookie)(: {0,3})[^\r\n"\\]{1,2000}/gi, '$1$2[redacted]'],
  // A user name and password in an address. The password ends at the last @ before a space, or at the first one behind a space.
  // What looks like a port is not a password.
  [
    /(?<![a-z])([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/:@"\\]{0,60}:(?!\d{1,5}(?:[/?#\s"\\]|$))(?:[^\s"\\]{1,200}|[^@"\\\r\n]{1,200})@/gi,
    '$1[redacted]@',
  ],
  [/(?<![a-z])([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"\\]{1,500}@/gi, '$1[redacted]@'],
  [new RegExp(`(${SECRET_NAMES}(?:=|%3D))[^\\s"\\\\&,;]{1,500}`, 'gi'), '$1[redacted]'],
  // A field of JSON, also of one that is quoted inside a text.
  [new RegExp(`(${SECRET_NAMES}\\\\{0,3}"\\s{0,3}:\\s{0,3}\\\\{0,3}")[^"\\\\]{1,500}`, 'gi'), '$1[redacted]'],
  [/((?:secret|api|encryption|private|signing|access)[_-]?key: {1,3})[^\s"\\&,;]{1,500}/gi, '$1[redacted]'],
  [/(\/webhooks\/(?:[\w-]{1,40}\/)?)[\w-]{16,}/g, '$1[redacted]'],
  [new RegExp(`\\\\{0,3}"[\\p{L}\\p{N}][^"\\\\]{0,63}\\\\{0,3}"@${DOMAIN}`, 'gu'), '[email]'],
  [new RegExp(`(?<![\\p{L}\\p{M}\\p{N}_.+%'-])[\\p{L}\\p{M}\\p{N}_.+%'-]+(?:@|%40)${DOMAIN}`, 'gu'), '[email]'],
];

/** What every text holds that a mask fits. Most lines hold none of it, and looking costs less than thirteen masks. */
export const SIGNS_OF_A_MASK =
  /[_@]|%40|:\/\/|bearer|basic|authorization|cookie|secret|token|passw|cvc|cvv|key|credential|webhooks/i;

/** The text without card numbers, keys, tokens and mail addresses. Ids of the gateway pass, whatever digits they hold. */
export function maskText(text: string): string {
  const masks = SIGNS_OF_A_MASK.test(text) ? MASKS : [];
  const masked = masks.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
  return masked
    .split(UUID)
    .map((part, index) => (index % 2 === 1 ? part : maskCardNumbers(part)))
    .join('');
}
