import { z } from 'zod';
import { holdsCardNumber } from '../kernel/card-number.ts';
import { isEmail, toE164 } from '../kernel/contact-forms.ts';
import { COUNTRY_NAMES, isSubdivisionWithin } from '../kernel/country.ts';
import { AMOUNT_MINOR_MAX } from '../kernel/money.ts';
import { isUrl } from '../kernel/url.ts';

/** Line breaks and tabs are fine in text; other control characters are never meant. */
const CONTROL_IN_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const CONTROL = /[\u0000-\u001f\u007f]/;
/** A lone half of a surrogate pair cannot be stored as UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u;
/**
 * BCP 47 with its extensions, Java's own form, or POSIX with a character set and a modifier: `en-US-u-hc-h12`, `zh_CN_#Hans`,
 * `sr_RS.UTF-8@latin`.
 */
const LOCALE = /^[A-Za-z]{1,8}(?:[-_]{1,2}#?[A-Za-z0-9]{1,8})*(?:\.[\w-]{1,20})?(?:@[\w=;-]{1,60})?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const LOCAL_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

const EMAIL_LENGTH_MAX = 254;
const PHONE_LENGTH_MAX = 50;
export const CODE_LENGTH_MAX = 255;
export const STATE_LENGTH_MAX = 100;
const LOCALE_LENGTH_MAX = 100;

/** A text of at most so many characters. No later check reads a longer one: patterns cost time in proportion to the text. */
export function short(lengthMax: number): z.ZodString {
  return z.string().max(lengthMax, { error: `This is longer than ${lengthMax} characters.`, abort: true });
}

/** Something a person or a program typed: not blank, not too long, storable. Kept as given. */
export function text(lengthMax: number, control: RegExp = CONTROL): z.ZodString {
  return short(lengthMax)
    .refine((value) => value.trim() !== '', { message: 'This is blank. Give a value, or leave an optional field out.' })
    .refine((value) => !control.test(value) && !LONE_SURROGATE.test(value), {
      message: 'This holds control characters or broken text.',
    });
}

/** Text in which people put card numbers by mistake. The message never repeats it. */
export function cardFreeText(lengthMax: number): z.ZodString {
  return text(lengthMax, CONTROL_IN_TEXT).refine((value) => !holdsCardNumber(value), {
    message: 'This holds what looks like a card number. Card numbers never pass through this API.',
  });
}

/** Where the schema has a text and not an enum. */
export const country = short(100).refine((value) => COUNTRY_NAMES.has(value), {
  message: 'This is not an ISO 3166-1 alpha-2 code such as US.',
});

/** Codes, selectors and keys. Never tested for card numbers: a code of digits may look like one by chance. */
export const code = text(CODE_LENGTH_MAX);

/** Of an address. A provider that takes less gets its beginning. */
export const addressLine = cardFreeText(1_000);

const emailText = short(EMAIL_LENGTH_MAX).refine(isEmail, { message: 'This is not an e-mail address.' });

/** Forms and autofill leave spaces around an address, which count for nothing. */
export const email = z.preprocess((value) => (typeof value === 'string' ? value.trim() : value), emailText);

export const phone = short(PHONE_LENGTH_MAX).refine((value) => toE164(value) !== null, {
  message: 'This is not a phone number with its country code, such as +1 212 555 0100.',
});

export const postalCode = text(20);

export const amount = z
  .bigint()
  .min(1n, 'The amount is 1 or more, in the smallest unit of the currency.')
  .max(AMOUNT_MINOR_MAX, 'The amount is at most 2^63−1.');

export const calendarDate = short(100).refine((value) => DATE.test(value) && isCalendarDate(value), {
  message: 'This is not a calendar date such as 1990-04-30.',
});

function isCalendarDate(value: string): boolean {
  const instant = new Date(`${value}T00:00:00.000Z`);
  // The 30th of February is read as the 2nd of March.
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(value) && value >= '1850-01-01';
}

export const locale = z.preprocess(
  (value) => (typeof value === 'string' ? firstLocale(value) : value),
  short(LOCALE_LENGTH_MAX).regex(LOCALE, 'This is not a locale such as en-US.'),
);

/** The first of a list as browsers send it: `en-US` of `en-US,en;q=0.9`. */
export function firstLocale<Text extends string | null>(value: Text): string | Text {
  return value === null ? value : (value.split(',', 1)[0] ?? '').replace(/;q=[\d.]{1,5}$/, '').trim();
}

export const identifier = text(100);

/** Where a payer comes back to: https, or http on the own machine, without a user name in it. */
const WEB_ADDRESS_LENGTH_MAX = 2_000;

export const webAddress = text(WEB_ADDRESS_LENGTH_MAX).refine(isWebAddress, {
  message: 'This is not an absolute https address (http only for localhost).',
});

/** As browsers read it: without default ports and line breaks, hosts in ASCII. Two spellings of one address become the same. */
export function normalizeWebAddress(value: string): string {
  return new URL(value).href;
}

function isWebAddress(value: string): boolean {
  if (!isUrl(value)) return false;
  const url = new URL(value);
  if (url.username !== '' || url.password !== '' || url.href.length > WEB_ADDRESS_LENGTH_MAX) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOCAL_HOSTS.includes(url.hostname));
}

const METADATA_KEYS_MAX = 50;
const METADATA_KEY_LENGTH_MAX = 40;
const METADATA_VALUE_LENGTH_MAX = 500;
// Made once: a rule costs more to make than to apply.
const METADATA_KEY = cardFreeText(METADATA_KEY_LENGTH_MAX);
const METADATA_VALUE = cardFreeText(METADATA_VALUE_LENGTH_MAX);

/**
 * Up to 50 facts of the merchant's own: texts under short names. A path never repeats a key that was refused. The rule sees the
 * object as it was sent: `z.record` leaves out a key `__proto__` without a word.
 */
export const metadata = z.custom<Record<string, unknown>>(isRecord, 'Metadata is an object.').check(({ value, issues }) => {
  const addIssue = (path: string[], message: string) => issues.push({ code: 'custom', path, message, input: value });
  const entries = Object.entries(value);
  if (entries.length > METADATA_KEYS_MAX) addIssue([], `There are more than ${METADATA_KEYS_MAX} keys.`);
  for (const [key, item] of entries.slice(0, METADATA_KEYS_MAX)) {
    const keyProblem = findKeyProblem(key);
    if (keyProblem !== null) addIssue([], `A key is refused. ${keyProblem}`);
    const problem = findTextProblem(METADATA_VALUE, item);
    if (problem !== null && item !== '') addIssue(keyProblem === null ? [key] : [], problem);
  }
});

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function findKeyProblem(key: string): string | null {
  // Many programs that read the metadata would lose this key, or take its value for the object's prototype.
  return key === '__proto__' ? 'Choose another name than `__proto__`.' : findTextProblem(METADATA_KEY, key);
}

function findTextProblem(rule: z.ZodString, value: unknown): string | null {
  const parsed = rule.safeParse(value);
  if (parsed.success) return null;
  return typeof value === 'string' ? (parsed.error.issues[0]?.message ?? null) : 'Metadata values are texts.';
}

/** Why a state does not fit its country, or null. A code is not looked up: no list of states is current for long. */
export function stateProblem(state: string, country: unknown): string | null {
  if (typeof country !== 'string' || !COUNTRY_NAMES.has(country) || isSubdivisionWithin(state, country)) return null;
  return 'This ISO 3166-2 code belongs to another country than the address.';
}

/** The rule for a field that may be left out. Forms send an empty text for what a person left empty, so that counts as left out. */
export function optional(rule: z.ZodType): z.ZodType {
  return z.preprocess((value) => (isBlank(value) ? null : value), rule.nullish()).nullish();
}

const isBlank = (value: unknown): boolean => typeof value === 'string' && value.trim() === '';

/** Null for what counts as left out. */
export function given(value: string | null | undefined): string | null {
  return value === null || value === undefined || isBlank(value) ? null : value;
}
