import { toAsciiDigits } from '../kernel/digits.ts';
import type { Card, Problem, Problems } from './banks/bank.ts';

/** What a payer types into the card form: put into shape while they type, and read when they pay. */

export interface Typed {
  readonly text: string;
  /** Where the caret stands, counted in characters from the start. */
  readonly caret: number;
  /** What the key took away, if anything: without it a separator that was deleted would come back for ever. */
  readonly deleted: 'before' | 'after' | null;
}

export interface Shaped {
  readonly text: string;
  readonly caret: number;
}

export type Brand = 'visa' | 'mastercard' | 'amex' | 'discover';

const BRANDS: readonly (readonly [Brand, RegExp])[] = [
  ['visa', /^4/],
  ['mastercard', /^(5[1-5]|2[2-7])/],
  ['amex', /^3[47]/],
  ['discover', /^(6011|64[4-9]|65)/],
];
const DIGITS_MAX = 19;
const DIGITS_MIN = 13;

/** The brand by the first digits, for the eye only. */
export function brandOf(number: string): Brand | null {
  const digits = digitsOf(number);
  return BRANDS.find(([, pattern]) => pattern.test(digits))?.[0] ?? null;
}

/** Groups of four, or of 4, 6 and 5 as on the card itself. The caret stays behind the digit that it stood behind. */
export function shapeNumber(before: string, typed: Typed): Shaped {
  const { text, caret } = withoutSeparatorDeleted(before, inAsciiDigits(typed));
  const digits = digitsOf(text).slice(0, DIGITS_MAX);
  const digitsBefore = Math.min(digitsOf(text.slice(0, caret)).length, digits.length);
  const shaped = group(digits);
  return { text: shaped, caret: placeBehind(shaped, digitsBefore, typed.deleted) };
}

function group(digits: string): string {
  const sizes = brandOf(digits) === 'amex' ? [4, 6, 5] : [4, 4, 4, 4, 3];
  const parts: string[] = [];
  let start = 0;
  for (const size of sizes) {
    if (start >= digits.length) break;
    parts.push(digits.slice(start, start + size));
    start += size;
  }
  return start < digits.length ? `${parts.join(' ')} ${digits.slice(start)}` : parts.join(' ');
}

/** Payers in Japan and in Arabic or Indic scripts may have digits of their own on the keyboard: they count as the plain ones. */
function inAsciiDigits(typed: Typed): Typed {
  return { ...typed, text: toAsciiDigits(typed.text), caret: toAsciiDigits(typed.text.slice(0, typed.caret)).length };
}

/** Deleting the space of `4242 |42` means the digit that it belongs to. */
function withoutSeparatorDeleted(before: string, { text, caret, deleted }: Typed): Shaped {
  const isSeparatorOnly = deleted !== null && text.length < before.length && digitsOf(text) === digitsOf(before);
  if (!isSeparatorOnly) return { text, caret };
  if (deleted === 'after') return { text: text.slice(0, caret) + text.slice(caret).replace(/\d/, ''), caret };
  const head = text.slice(0, caret).replace(/\d(?=\D*$)/, '');
  return { text: head + text.slice(caret), caret: head.length };
}

/** While typing the caret goes past a separator, while deleting it stays before it. */
function placeBehind(text: string, digitsBefore: number, deleted: Typed['deleted']): number {
  let position = 0;
  for (let seen = 0; position < text.length && seen < digitsBefore; position += 1) {
    if (/\d/.test(text.charAt(position))) seen += 1;
  }
  if (deleted !== null || digitsBefore === 0) return position;
  while (position < text.length && !/\d/.test(text.charAt(position))) position += 1;
  return position;
}

/** `MM / YY` while it is typed, or with four digits of the year; a month that can only be one digit is written with two. */
export function shapeExpiry(before: string, given: Typed): Shaped {
  const typed = inAsciiDigits(given);
  const { text, caret } = withoutSeparatorDeleted(before, typed);
  const iso = /^\s*(\d{4})-(\d{1,2})\s*$/.exec(text);
  if (iso !== null) return atEnd(`${iso[2]?.padStart(2, '0')} / ${iso[1]}`);
  const [monthText, year] = splitExpiry(text);
  const isDeleting = typed.deleted !== null;
  const isWritten = /^[2-9]$/.test(monthText) || (monthText === '1' && /\D/.test(text.trim()));
  const month = isWritten && !isDeleting ? monthText.padStart(2, '0') : monthText;
  const shaped = year !== '' || (month.length === 2 && !isDeleting) ? `${month} / ${year}` : month;
  const isAtEnd = caret >= text.trimEnd().length;
  if (isAtEnd) return atEnd(shaped);
  const added = month.length - monthText.length;
  const digitsBefore = digitsOf(text.slice(0, caret)).length + (caret >= monthText.length ? added : 0);
  return { text: shaped, caret: placeBehind(shaped, digitsBefore, typed.deleted) };
}

const atEnd = (text: string): Shaped => ({ text, caret: text.length });

/** Three or four digits. */
export function shapeCvc(_before: string, typed: Typed): Shaped {
  const { text, caret } = inAsciiDigits(typed);
  return { text: digitsOf(text).slice(0, 4), caret };
}

/** Month and year as digits, however they are divided. */
function splitExpiry(text: string): readonly [string, string] {
  const [, head = '', tail] = /^\D*(\d*)(?:\D+(\d*))?/.exec(text) ?? [];
  if (tail !== undefined && tail !== '' && head.length <= 2) return [head, tail.slice(0, 4)];
  const digits = head + (tail ?? '');
  const monthLength = /^[2-9]/.test(digits) ? 1 : 2;
  return [digits.slice(0, monthLength), digits.slice(monthLength, monthLength + 4)];
}

export interface CardForm {
  readonly number: string;
  readonly expiry: string;
  readonly cvc: string;
}

/** The card, or what is wrong with each field. @param nowMs by the gateway's clock: a card is good until its month is over */
export function readCard(form: CardForm, nowMs: number): { readonly card: Card } | { readonly problems: Problems } {
  const number = digitsOf(form.number);
  const expiry = readExpiry(toAsciiDigits(form.expiry));
  const cvc = digitsOf(form.cvc);
  const problems = {
    ...told('number', numberProblem(number)),
    ...told('expiry', expiryProblem(form.expiry, expiry, nowMs)),
    ...told('cvc', cvcProblem(cvc, number)),
  };
  if (expiry === null || Object.keys(problems).length > 0) return { problems };
  return { card: { number, ...expiry, cvc } };
}

function told(field: keyof Problems, problem: Problem | null): Problems {
  return problem === null ? {} : { [field]: problem };
}

function numberProblem(digits: string): Problem | null {
  if (digits === '') return 'number-missing';
  return digits.length >= DIGITS_MIN && digits.length <= DIGITS_MAX && isLuhnValid(digits) ? null : 'number-wrong';
}

function expiryProblem(text: string, expiry: Expiry | null, nowMs: number): Problem | null {
  if (text.trim() === '') return 'expiry-missing';
  if (expiry === null) return 'expiry-wrong';
  const now = new Date(nowMs);
  const isOver = expiry.year * 12 + expiry.month < now.getUTCFullYear() * 12 + now.getUTCMonth() + 1;
  return isOver ? 'expiry-past' : null;
}

function cvcProblem(cvc: string, number: string): Problem | null {
  const pattern = brandOf(number) === 'amex' ? /^\d{3,4}$/ : /^\d{3}$/;
  // A number that no brand is known of may have either.
  return (brandOf(number) === null ? /^\d{3,4}$/ : pattern).test(cvc) ? null : 'cvc-wrong';
}

interface Expiry {
  readonly month: number;
  readonly year: number;
}

/** `12/34`, `1234`, `12 / 2034`, `2034-12`. */
function readExpiry(text: string): Expiry | null {
  const [month, year] = splitExpiry(text);
  const iso = /^\s*(\d{4})-(\d{1,2})\s*$/.exec(text);
  const [monthText, yearText] = iso === null ? [month, year] : [iso[2] ?? '', iso[1] ?? ''];
  if (!/^(\d{2}|\d{4})$/.test(yearText)) return null;
  const found = { month: Number(monthText), year: Number(yearText) + (yearText.length === 2 ? 2000 : 0) };
  return found.month >= 1 && found.month <= 12 ? found : null;
}

function isLuhnValid(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits.charAt(digits.length - 1 - place));
    const doubled = place % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function digitsOf(text: string): string {
  return toAsciiDigits(text).replace(/\D/g, '');
}
