/**
 * What a limit counts: code points, the units of JavaScript's strings, or bytes of UTF-8. Where a vendor does not say what its
 * characters are, use `utf16`: no count of characters is higher.
 */
export type TextUnit = 'characters' | 'utf16' | 'bytes';

const COUNTS: Readonly<Record<TextUnit, (text: string) => number>> = {
  characters: (text) => Array.from(text).length,
  utf16: (text) => text.length,
  bytes: (text) => new TextEncoder().encode(text).length,
};

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The longest start of the text that is within the limit and ends between two characters as people see them, so that no emoji and no
 * accent is torn. Only a single one that is longer than the whole limit is cut between code points.
 */
export function cutText(text: string, lengthMax: number, unit: TextUnit = 'utf16'): string {
  const count = COUNTS[unit];
  if (count(text) <= lengthMax) return text;
  // Two UTF-16 units count as one at least, so what lies behind cannot fit and need not be divided.
  const head = text.slice(0, lengthMax * 2 + 1);
  const parts = Array.from(graphemes.segment(head), ({ segment }) => segment);
  return takeWithin(parts, lengthMax, count) || takeWithin(Array.from(head), lengthMax, count);
}

function takeWithin(parts: readonly string[], lengthMax: number, count: (text: string) => number): string {
  let taken = '';
  let length = 0;
  for (const part of parts) {
    length += count(part);
    if (length > lengthMax) break;
    taken += part;
  }
  return taken;
}
