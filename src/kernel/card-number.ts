/** Digits in groups, as people type and paste card numbers: up to three separators apart, which may be invisible ones. */
const DIGIT_GROUPS = /\d+(?:[\s._–—\u200b-\u200d\u2060-]{1,3}\d+)*/g;
const CARD_DIGITS_MIN = 13;
const CARD_DIGITS_MAX = 19;

/**
 * Whether free text holds what is probably a card number: whole groups of digits that make 13 to 19 together and pass Luhn.
 * Never ask this of codes, ids, phones or keys: one in ten of them passes Luhn by chance.
 */
export function holdsCardNumber(text: string): boolean {
  for (const [run] of text.normalize('NFKC').matchAll(DIGIT_GROUPS)) {
    if (findCardNumber(run.split(/\D+/)) !== undefined) return true;
  }
  return false;
}

/** The text with every probable card number blanked, so that it can be logged. */
export function maskCardNumbers(text: string): string {
  return text.replace(DIGIT_GROUPS, (run) => (findCardNumber(run.split(/\D+/)) === undefined ? run : '[card number]'));
}

export function isLuhnValid(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return digits.length > 0 && sum % 10 === 0;
}

function findCardNumber(groups: readonly string[]): string | undefined {
  for (let start = 0; start < groups.length; start += 1) {
    let digits = '';
    for (let end = start; end < groups.length && digits.length < CARD_DIGITS_MAX; end += 1) {
      digits += groups[end];
      const isCardLength = digits.length >= CARD_DIGITS_MIN && digits.length <= CARD_DIGITS_MAX;
      if (isCardLength && isLuhnValid(digits)) return digits;
    }
  }
  return undefined;
}
