/** Text whose digits are those of a keyboard: full-width, Arabic-Indic, Devanagari and all other decimal digits become 0 to 9. */
export function toAsciiDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Decimal_Number}/gu, (digit) => {
    const known = values.get(digit);
    if (known !== undefined) return known;
    const value = String(valueOf(digit.codePointAt(0) ?? 0));
    values.set(digit, value);
    return value;
  });
}

/** The value of each digit that was met: as many as Unicode has, which are some hundreds. */
const values = new Map<string, string>();

/** Unicode keeps the ten digits of each script in order and without a gap, so the distance to the start of the run tells the value. */
function valueOf(codePoint: number): number {
  let distance = 0;
  while (distance < RUN_LENGTH_MAX && /\p{Decimal_Number}/u.test(String.fromCodePoint(codePoint - distance - 1))) distance += 1;
  return distance % 10;
}

/** The longest run: five styles of mathematical digits in a row. */
const RUN_LENGTH_MAX = 50;
