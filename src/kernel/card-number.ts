import { isIssued } from './card-ranges.ts';
import { toAsciiDigits } from './digits.ts';

/** Digits in groups, as people type and paste card numbers: up to three separators apart, which may be invisible ones. */
const DIGIT_GROUPS = /\d+(?:[\s._–—\u200b-\u200d\u2060-]{1,3}\d+)*/g;
/** The same in a text that is only blanked: digits of any script, and more to separate them, line ends as JSON writes them among it. */
const MASKED_GROUPS = /\p{Nd}+(?:(?:[\s._–—\u200b-\u200d\u2060,/|+-]|\\[nrt]){1,8}\p{Nd}+)*/gu;
const CARD_DIGITS_MIN = 12;
const CARD_DIGITS_MAX = 19;
const EAN_DIGITS = 13;
/** E.164: a telephone number has at most this many digits. */
const PHONE_DIGITS_MAX = 15;
/** Seconds or milliseconds since 1970, with a counter behind them: no card is typed in groups of ten or thirteen digits first. */
const TIMESTAMP = /^1\d{9}(?:\d{3})?$/;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const IBAN_START = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}/g;
const IBAN_LENGTH_MIN = 15;

/**
 * Whether free text holds what is probably a card number: whole groups of digits that begin as an issuer's numbers do, have
 * the length of such a number, and pass Luhn. UUIDs, IBANs, article numbers (EAN-13) and telephone numbers with a plus are known as
 * what they are. About one in thirty other numbers of 16 digits still passes, so do not ask this of codes, ids and keys.
 */
export function holdsCardNumber(text: string): boolean {
  const plain = toAsciiDigits(text.normalize('NFKC')).replace(UUID, ' ').replace(IBAN_START, withoutIban);
  for (const { 0: run, index } of plain.matchAll(DIGIT_GROUPS)) {
    const groups = run.split(/\D+/);
    const isPhone = plain.charAt(index - 1) === '+';
    const found = findLuhnValid(groups, (digits, first) => {
      const isTimestamp = TIMESTAMP.test(groups[first] ?? '');
      const mayBePhone = isPhone && first === 0 && digits.length <= PHONE_DIGITS_MAX;
      return !isTimestamp && !mayBePhone && isIssued(digits) && !isArticleNumber(digits);
    });
    if (found) return true;
  }
  return false;
}

/**
 * The text with every number blanked that may be a card's, so that it can be logged or shown. Broader than `holdsCardNumber`: the
 * checksum alone decides, because a number that is blanked for nothing harms no payment.
 */
export function maskCardNumbers(text: string): string {
  return text.replace(MASKED_GROUPS, (run, at: number) => {
    if (!findLuhnValid(toAsciiDigits(run).split(/\D+/), mayBeCard)) return run;
    // A number of JSON, or several: with words in its place the line would be JSON no longer.
    const isNumber = /[[:,]/.test(text.charAt(at - 1)) && /[\],}]/.test(text.charAt(at + run.length));
    return isNumber ? '0' : '[card number]';
  });
}

const mayBeCard = (digits: string): boolean => digits.length > 12 || isIssued(digits);

export function isLuhnValid(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - ZERO;
    sum += index % 2 === 1 ? doubled(digit) : digit;
  }
  return digits.length > 0 && sum % 10 === 0;
}

/** EAN-13, and so ISBN-13: the digits, every second one three times, sum up to a multiple of ten. One of ten cards of 13 digits passes too. */
function isArticleNumber(digits: string): boolean {
  if (digits.length !== EAN_DIGITS) return false;
  const sum = Array.from(digits, Number).reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}

const ZERO = 48;

function doubled(digit: number): number {
  return digit > 4 ? digit * 2 - 9 : digit * 2;
}

/**
 * Whether consecutive whole groups together make 12 to 19 digits that pass Luhn and the test. A text of single digits makes eight
 * numbers of each, so Luhn is summed up once: from each digit on, with every second one doubled, and with the others doubled.
 * @param test gets the first group's index too
 */
function findLuhnValid(groups: readonly string[], test: (digits: string, first: number) => boolean): boolean {
  const digits = groups.join('');
  const sums = sumLuhn(digits);
  let start = 0;
  for (const [first, { length }] of groups.entries()) {
    let end = start;
    for (let group = first; group < groups.length && end - start < CARD_DIGITS_MAX; group += 1) {
      end += groups[group]?.length ?? 0;
      const isCardLength = end - start >= CARD_DIGITS_MIN && end - start <= CARD_DIGITS_MAX;
      const own = sums[end % 2];
      if (isCardLength && own !== undefined && ((own[end] ?? 0) - (own[start] ?? 0)) % 10 === 0) {
        if (test(digits.slice(start, end), first)) return true;
      }
    }
    start += length;
  }
  return false;
}

/** For numbers that end at an even and at an odd place: the checksum of the digits before each place. The last digit counts once. */
function sumLuhn(digits: string): readonly [Uint32Array, Uint32Array] {
  const [even, odd] = [new Uint32Array(digits.length + 1), new Uint32Array(digits.length + 1)];
  for (let at = 0; at < digits.length; at += 1) {
    const digit = digits.charCodeAt(at) - ZERO;
    const isOddPlace = at % 2 === 1;
    even[at + 1] = (even[at] ?? 0) + (isOddPlace ? digit : doubled(digit));
    odd[at + 1] = (odd[at] ?? 0) + (isOddPlace ? doubled(digit) : digit);
  }
  return [even, odd];
}

/** What follows the longest start of the text that is an IBAN by its check digits, or all of it. */
function withoutIban(text: string): string {
  for (let end = text.length; end >= IBAN_LENGTH_MIN; end -= 1) {
    const isBoundary = end === text.length || text.charAt(end) === ' ';
    if (isBoundary && isIban(text.slice(0, end).replaceAll(' ', ''))) return ` ${text.slice(end)}`;
  }
  return text;
}

/** ISO 13616: the check digits make the number, with its first four characters moved to the end and letters as 10 to 35, 1 modulo 97. */
function isIban(text: string): boolean {
  let remainder = 0;
  for (const character of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1 && text.length >= IBAN_LENGTH_MIN;
}
