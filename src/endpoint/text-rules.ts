import { isIP } from 'node:net';
import { iso31661, iso31662 } from 'iso-3166';
import { z } from 'zod';
import { holdsCardNumber } from '../kernel/card-number.ts';
import { AMOUNT_MINOR_MAX } from '../kernel/money.ts';

/** Line breaks and tabs are fine in text; other control characters are never meant. */
const CONTROL_IN_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const CONTROL = /[\u0000-\u001f\u007f]/;
/** A lone half of a surrogate pair cannot be stored as UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const PHONE = /^\+[1-9]\d{6,14}$/;
const SUBDIVISION = /^[A-Z]{2}-[A-Z0-9]{1,3}$/;
const COUNTRY = /^[A-Z]{2}$/;
const LOCALE = /^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const LOCAL_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

export const CODE_LENGTH_MAX = 255;
export const STATE_LENGTH_MAX = 100;

const SUBDIVISION_CODES: ReadonlySet<string> = new Set(iso31662.map((subdivision) => subdivision.code));

/** Something a person or a program typed: not blank, not too long, storable. Kept as given. */
function text(lengthMax: number, control: RegExp = CONTROL): z.ZodString {
  return z
    .string()
    .refine((value) => value.trim() !== '', { message: 'This is blank. Give a value, or leave an optional field out.' })
    .max(lengthMax, `This is longer than ${lengthMax} characters.`)
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

const COUNTRY_CODES: ReadonlySet<string> = new Set(iso31661.map(({ alpha2 }) => alpha2));

/** Where the schema has a text and not an enum. */
export const country = z
  .string()
  .refine((value) => COUNTRY_CODES.has(value), { message: 'This is not an ISO 3166-1 alpha-2 code such as US.' });

/** Codes, selectors and keys. Never tested for card numbers: one in ten codes made of a timestamp would look like one. */
export const code = text(CODE_LENGTH_MAX);

export const email = z.email('This is not an e-mail address.').max(254, 'This is longer than 254 characters.');

export const phone = z.string().regex(PHONE, 'This is not a phone number in E.164 form, such as +12125550100.');

export const postalCode = text(20);

export const amount = z
  .bigint()
  .min(1n, 'The amount is 1 or more, in the smallest unit of the currency.')
  .max(AMOUNT_MINOR_MAX, 'The amount is at most 2^63−1.');

export const calendarDate = z
  .string()
  .refine((value) => DATE.test(value) && isCalendarDate(value), { message: 'This is not a calendar date such as 1990-04-30.' });

function isCalendarDate(value: string): boolean {
  const instant = new Date(`${value}T00:00:00.000Z`);
  // The 30th of February is read as the 2nd of March.
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(value) && value >= '1850-01-01';
}

export const locale = z.string().max(35).regex(LOCALE, 'This is not a locale such as en-US.');

export const ipAddress = z.string().refine((value) => isIP(value) !== 0, { message: 'This is not an IPv4 or IPv6 address.' });

export const identifier = text(100);

export const shortText = text(500);

/** Where a payer comes back to: https, or http on the own machine, without a user name in it. */
export const webAddress = text(2_000).refine(isWebAddress, {
  message: 'This is not an absolute https address (http only for localhost).',
});

function isWebAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOCAL_HOSTS.includes(url.hostname));
}

const METADATA_KEYS_MAX = 50;
const METADATA_KEY_LENGTH_MAX = 40;
const METADATA_VALUE_LENGTH_MAX = 500;

/** Up to 50 facts of the merchant's own: texts under short names. A path never repeats a key that was refused. */
export const metadata = z.record(z.string(), z.unknown()).check(({ value, issues }) => {
  const addIssue = (path: string[], message: string) => issues.push({ code: 'custom', path, message, input: value });
  const entries = Object.entries(value);
  if (entries.length > METADATA_KEYS_MAX) addIssue([], `There are more than ${METADATA_KEYS_MAX} keys.`);
  for (const [key, item] of entries.slice(0, METADATA_KEYS_MAX)) {
    const keyProblem = findTextProblem(key, METADATA_KEY_LENGTH_MAX);
    if (keyProblem !== null) addIssue([], `A key is refused. ${keyProblem}`);
    const problem = findTextProblem(item, METADATA_VALUE_LENGTH_MAX);
    if (problem !== null && item !== '') addIssue(keyProblem === null ? [key] : [], problem);
  }
});

function findTextProblem(value: unknown, lengthMax: number): string | null {
  const parsed = cardFreeText(lengthMax).safeParse(value);
  if (parsed.success) return null;
  return typeof value === 'string' ? (parsed.error.issues[0]?.message ?? null) : 'Metadata values are texts.';
}

/**
 * Why a state does not fit its country, or null. The ISO 3166-2 form is checked against the standard's list; any other text
 * is taken as it is.
 */
export function stateProblem(state: string, country: unknown): string | null {
  if (!SUBDIVISION.test(state)) return null;
  if (!SUBDIVISION_CODES.has(state)) return 'This has the form of an ISO 3166-2 code and is none.';
  const isKnownCountry = typeof country === 'string' && COUNTRY.test(country);
  if (isKnownCountry && !state.startsWith(`${country}-`))
    return 'This ISO 3166-2 code belongs to another country than the address.';
  return null;
}
