import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsCardNumber, isLuhnValid, maskCardNumbers } from '../../src/kernel/card-number.ts';
import { CARD_RANGES, isIssued } from '../../src/kernel/card-ranges.ts';

/** A number with valid check digit: the prefix, then digits by the seed. */
function numberOf(prefix: string, length: number, seed: number): string {
  const next = randomOf(seed);
  let digits = prefix;
  while (digits.length < length - 1) digits += String(next(10));
  const check = '0123456789'.split('').find((digit) => isLuhnValid(digits + digit));
  return digits + check;
}

/** Numbers below the bound, the same ones in every run. */
function randomOf(seed: number): (bound: number) => number {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** First, last and middle prefixes of each scheme, by the schemes' own publications. */
const SCHEMES: readonly (readonly [scheme: string, prefixes: string, lengths: readonly number[]])[] = [
  ['Visa', '4 40 4111 4242 4571 49', [16, 19]],
  ['Mastercard', '51 52 53 54 55', [16]],
  ['Mastercard, second series', '2221 2229 223 229 23 26 270 271 2720', [16]],
  ['American Express', '34 37', [15]],
  ['Discover', '6011 644 649 65 622126 622925', [16, 19]],
  ['Diners Club', '300 305 3095 36 38 39', [14, 16, 19]],
  ['JCB', '3528 3530 3589', [16, 19]],
  ['UnionPay', '62 6210 6288 81', [16, 17, 18, 19]],
  ['Maestro', '5018 5020 5038 5893 6304 6759 6761 6762 6763', [12, 13, 14, 15, 16, 17, 18, 19]],
  ['RuPay', '60 65 81 82 508 353 356', [16]],
  ['Mir', '2200 2204', [16, 19]],
  ['Elo', '401178 401179 438935 457631 504175 506699 506778 509000 627780 636297 636368 650031 651679', [16]],
  ['Hipercard', '606282 384100 384140 384160 637095', [16]],
  ['Troy', '9792 65', [16]],
  ['Verve', '506099 506198 507865 507964 650002', [16, 19]],
  ['UATP', '1', [15]],
  ['Dankort', '5019 4571', [16]],
  ['InterPayment', '636', [16, 19]],
  ['Uzcard and Humo', '8600 9860', [16]],
  ['Belkart', '9112', [16]],
];

const spellings = (card: string): readonly string[] => [
  card,
  card.replace(/(.{4})(?=.)/g, '$1 '),
  card.replace(/(.{4})(?=.)/g, '$1-'),
  `${card.slice(0, 6)} ${card.slice(6)}`,
  Array.from(card).join(' '),
  card.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  card.replace(/\d/g, (digit) => String.fromCodePoint(0x0660 + Number(digit))),
];

describe('a card number in a text is found', () => {
  it.each(SCHEMES)('of %s', (_scheme, prefixes, lengths) => {
    const missed: string[] = [];
    prefixes.split(' ').forEach((prefix, row) => {
      for (const length of lengths) {
        const card = numberOf(prefix, length, row * 100 + length);
        for (const spelled of spellings(card)) if (!holdsCardNumber(`please take ${spelled}, thanks`)) missed.push(spelled);
        expect(maskCardNumbers(`paid by ${card}`)).toBe('paid by [card number]');
      }
    });
    expect(missed).toEqual([]);
  });

  it('beside an IBAN, a UUID and a telephone number, and behind other digits', () => {
    const card = '4242 4242 4242 4242';
    for (const other of ['DE89 3704 0044 0532 0130 00', '0b51a7f2-8b1c-4c9e-9a54-3f0f7d1c2b3a', '+49 151 23456789', 'order 17'])
      expect([holdsCardNumber(`${other} ${card}`), holdsCardNumber(`${card} ${other}`)]).toEqual([true, true]);
  });
});

describe('a number that no scheme issues is not taken for a card number', () => {
  it.each([
    ['a prefix that no scheme has', '7'],
    ['another prefix that no scheme has', '0'],
  ])('%s', (_what, prefix) => {
    for (const length of [12, 13, 14, 15, 16, 17, 18, 19]) expect(holdsCardNumber(numberOf(prefix, length, length))).toBe(false);
  });

  it('a prefix of one scheme with a length that it does not have', () => {
    const wrong = [
      numberOf('4', 14, 1),
      numberOf('4', 15, 2),
      numberOf('34', 16, 3),
      numberOf('51', 15, 4),
      numberOf('1', 16, 5),
    ];
    expect(wrong.filter(holdsCardNumber)).toEqual([]);
  });

  it('the right prefix and length with a wrong check digit', () => {
    expect(holdsCardNumber('4242 4242 4242 4241')).toBe(false);
  });
});

/**
 * Ids of other kinds and how many in a thousand may be taken for a card. 0 where the form itself tells them apart. What is only a row
 * of random digits can be told apart by prefix, length and checksum alone, which one number in thirty to sixty has by chance.
 */
const KINDS: readonly (readonly [
  kind: string,
  perMille: number,
  make: (next: (bound: number) => number, index: number) => string,
])[] = [
  ['milliseconds since 1970', 0, (next) => String(1_500_000_000_000 + next(450_000_000) * 1_000 + next(1_000))],
  ['microseconds since 1970', 0, (next) => `${1_500_000_000 + next(450_000_000)}${digitsBy(next, 6)}`],
  ['nanoseconds since 1970', 0, (next) => `${1_500_000_000 + next(450_000_000)}${digitsBy(next, 9)}`],
  ['orders named by milliseconds', 0, (next) => `ORD-${1_700_000_000_000 + next(90_000_000) * 1_000 + next(1_000)}-${next(999)}`],
  [
    'orders named by day and number',
    0,
    (next, index) => `20${10 + next(30)}${pad(1 + next(12), 2)}${pad(1 + next(28), 2)}-${pad(index, 6)}`,
  ],
  [
    'timestamps of 14 digits',
    0,
    (next) => `20${pad(next(60), 2)}${pad(1 + next(12), 2)}${pad(1 + next(28), 2)}${digitsBy(next, 6)}`,
  ],
  ['snowflakes of 19 digits', 0, (next) => `${1 + next(2)}${digitsBy(next, 18)}`],
  ['snowflakes of 18 digits', 20, (next) => `${1 + next(9)}${digitsBy(next, 17)}`],
  ['UUIDs', 0, (next) => uuidBy(next)],
  ['UUIDs of digits alone', 0, (next) => [8, 4, 4, 4, 12].map((length) => digitsBy(next, length)).join('-')],
  ['telephone numbers with a plus', 0, (next) => `+${1 + next(98)}${digitsBy(next, 9 + next(4))}`],
  ['telephone numbers in groups', 0, (next) => `+${1 + next(98)} ${digitsBy(next, 3)} ${digitsBy(next, 4)} ${digitsBy(next, 3)}`],
  ['IBANs', 0, (next) => ibanBy(next)],
  ['IBANs in groups of four', 0, (next) => ibanBy(next).replace(/(.{4})(?=.)/g, '$1 ')],
  ['EAN-13', 0, (next) => eanOf(digitsBy(next, 12))],
  ['EAN-13 of Germany', 0, (next) => eanOf(`40${digitsBy(next, 10)}`)],
  ['EAN-13 with the prefixes of Maestro', 0, (next) => eanOf(`${['5018', '6304', '6759'][next(3)]}${digitsBy(next, 8)}`)],
  ['EAN-13 in groups', 0, (next) => eanOf(digitsBy(next, 12)).replace(/^(.)(.{6})/, '$1 $2 ')],
  ['ISBN-13', 0, (next) => eanOf(`978${digitsBy(next, 9)}`)],
  ['ISBN-13 with hyphens', 0, (next) => eanOf(`979${digitsBy(next, 9)}`).replace(/^(.{3})(.)(.{4})(.{4})/, '$1-$2-$3-$4-')],
  ['orders of 13 digits that begin with 4', 0, (next) => `4${digitsBy(next, 12)}`],
  [
    'orders of a shop system with 13 digits',
    2,
    (next) => String(5_400_000_000_000 + next(1_300_000) * 1_000_000 + next(1_000_000)),
  ],
  ['orders of 8 to 20 random digits', 20, (next) => `1${digitsBy(next, 7 + next(13))}`],
  ['tracking numbers of UPS', 0, (next) => `1Z${digitsBy(next, 3)}AA${digitsBy(next, 11)}`],
  ['tracking numbers of 20 to 22 digits', 0, (next) => `94${digitsBy(next, 18 + next(3))}`],
  ['tracking numbers of the posts', 0, (next) => `RR${digitsBy(next, 9)}DE`],
  ['random digits as long as a card', 60, (next) => digitsBy(next, 16)],
];

function digitsBy(next: (bound: number) => number, length: number): string {
  return Array.from({ length }, () => next(10)).join('');
}

/** The twelve digits with the check digit of an EAN-13 behind them. */
function eanOf(twelve: string): string {
  const sum = Array.from(twelve, Number).reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 1 : 3), 0);
  return `${twelve}${(10 - (sum % 10)) % 10}`;
}

const pad = (value: number, length: number): string => String(value).padStart(length, '0');

function uuidBy(next: (bound: number) => number): string {
  const hex = (length: number) => Array.from({ length }, () => next(16).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
}

function ibanBy(next: (bound: number) => number): string {
  const account = digitsBy(next, 18);
  // DE is 1314; the check digits make the whole 1 modulo 97.
  const check = 98n - (BigInt(`${account}131400`) % 97n);
  return `DE${String(check).padStart(2, '0')}${account}`;
}

describe('ten thousand ids of other kinds', () => {
  const EACH = 500;
  const taken = KINDS.map(([kind, perMille, make], row) => {
    const next = randomOf(row + 1);
    const ids = Array.from({ length: EACH }, (_, index) => make(next, index));
    return { kind, perMille, ids: ids.filter((id) => holdsCardNumber(`order ${id}`)) };
  });

  it.each(taken)('$kind: at most $perMille in a thousand are taken for a card', ({ perMille, ids }) => {
    expect(ids.length, ids.slice(0, 5).join(', ')).toBeLessThanOrEqual((perMille * EACH) / 1_000);
  });

  it('of all together fewer than 1 in 100', () => {
    const total = KINDS.length * EACH;
    expect(total).toBeGreaterThanOrEqual(10_000);
    expect(taken.reduce((sum, { ids }) => sum + ids.length, 0)).toBeLessThan(total / 100);
  });
});

describe('the search for cards in groups of digits', () => {
  /** The check digit of EAN-13. */
  function isArticle(digits: string): boolean {
    let sum = 0;
    for (const [index, digit] of digits.split('').entries()) sum += Number(digit) * (index % 2 === 0 ? 1 : 3);
    return digits.length === 13 && sum % 10 === 0;
  }

  /** As it is said: each number of whole groups for itself. */
  function holdsCard(groups: readonly string[]): boolean {
    const numbers = groups.flatMap((_, first) =>
      groups.slice(first).map((_group, count) => groups.slice(first, first + count + 1).join('')),
    );
    return numbers.some((digits) => isIssued(digits) && isLuhnValid(digits) && !isArticle(digits));
  }

  it('finds what a look at each number finds', () => {
    const group = fc.stringMatching(/^[1-9]?[0-9]{0,5}[0-9]$/);
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 25 }), (groups) => {
        expect(holdsCardNumber(groups.join(' '))).toBe(holdsCard(groups));
      }),
      { numRuns: 3_000 },
    );
  });

  it('finds a card behind other groups', () => {
    for (const before of ['', '7 ', '12 3 ', '1 2 3 4 5 6 7 8 9 ']) {
      expect(holdsCardNumber(`${before}4242 4242 4242 4242 1`)).toBe(true);
      expect(maskCardNumbers(`${before}4242 4242 4242 4242`)).toBe('[card number]');
    }
  });

  it('knows ranges by one first digit', () => {
    for (const { from, to } of CARD_RANGES) expect(to.charAt(0)).toBe(from.charAt(0));
  });
});
