import { groupBy } from './group.ts';

/**
 * Where the numbers of each card scheme begin, and how many digits they have. Sources: ISO/IEC 7812 issuer ranges as the schemes
 * publish them, as known in 2026-11 (from general knowledge, not checked against the schemes' current documents). The table may
 * age without harm to payments: a number that it misses passes as text, and an id that it takes for a card would stop a payment.
 */
export interface CardRange {
  readonly scheme: string;
  /** First and last prefix of the range, with the same number of digits. */
  readonly from: string;
  readonly to: string;
  readonly lengths: readonly number[];
}

const FROM_14 = [14, 15, 16, 17, 18, 19];
const FROM_16 = [16, 17, 18, 19];

/** One line for each scheme: its prefixes, as `2221-2720` where they make a range. */
const ROWS: readonly (readonly [scheme: string, lengths: readonly number[], prefixes: string])[] = [
  // Visa no longer issues 13 digits, and German article numbers have 13 that begin with 4.
  ['Visa', [16, 19], '4'],
  ['Mastercard', [16], '51-55 2221-2720'],
  ['American Express', [15], '34 37'],
  ['Discover', [16, 19], '6011 622126-622925 644-649 65'],
  ['Diners Club', [14, 16, 19], '300-305 3095 36 38-39'],
  ['JCB', FROM_16, '3528-3589'],
  ['UnionPay', FROM_14, '62 81'],
  ['Maestro', FROM_14, '493698 50 56-58 63 67'],
  // So few digits are rare. Only prefixes that were issued count, because telephone numbers have twelve digits, and order numbers 13.
  ['Maestro', [12, 13], '5018 5020 5038 5893 6304 6759 6761-6763'],
  ['RuPay', [16], '353 356 508 60 65 81 82'],
  ['Mir', FROM_16, '2200-2204'],
  [
    'Elo',
    [16],
    '401178-401179 431274 438935 451416 457393 457631-457632 504175 506699-506778 509000-509999 627780 636297 636368 650031-651679 655000-655058',
  ],
  ['Hipercard', [13, 16, 19], '384100 384140 384160 606282 637095 637568 637599 637609 637612'],
  ['Troy', [16], '65 9792'],
  ['Verve', [16, 18, 19], '506099-506198 507865-507964 650002-650027'],
  ['UATP', [15], '1'],
  ['Dankort', [16], '4571 5019'],
  ['InterPayment', FROM_16, '636'],
  ['GPN', [16], '1946'],
  ['Borica', [16], '2205'],
  [
    'Shetab',
    [16],
    '502229 504172 504706 505785 505801 507677 585947 585983 589210 589463 603769 603799 606373 610433 621986 627353 636214 639346 991975',
  ],
  ['mada', [16], '588845-588851 636120 968201-968211'],
  ['Uzcard', [16], '5614 8600'],
  ['Humo', [16], '9860'],
  ['Belkart', [16], '9112'],
  ['ArCa', [16], '9051'],
];

export const CARD_RANGES: readonly CardRange[] = ROWS.flatMap(([scheme, lengths, prefixes]) =>
  prefixes.split(' ').map((range) => {
    const [from = range, to = from] = range.split('-');
    return { scheme, from, to, lengths };
  }),
);

/** By the first digit. A range never spans two of them. */
const RANGES_BY_DIGIT: ReadonlyMap<string, readonly CardRange[]> = groupBy(CARD_RANGES, ({ from }) => from.charAt(0));

/** Whether any scheme issues numbers of this many digits that begin so. The checksum is another question. */
export function isIssued(digits: string): boolean {
  const ranges = RANGES_BY_DIGIT.get(digits.charAt(0)) ?? [];
  return ranges.some(({ from, to, lengths }) => {
    if (!lengths.includes(digits.length)) return false;
    const prefix = digits.slice(0, from.length);
    return prefix >= from && prefix <= to;
  });
}
