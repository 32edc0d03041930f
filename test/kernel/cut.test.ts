import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutText, type TextUnit } from '../../src/kernel/cut.ts';

const COUNTS: Readonly<Record<TextUnit, (text: string) => number>> = {
  characters: (text) => Array.from(text).length,
  utf16: (text) => text.length,
  bytes: (text) => Buffer.byteLength(text),
};
const UNITS = Object.keys(COUNTS) as TextUnit[];

const FAMILY = '👨‍👩‍👧‍👦';
const graphemes = (text: string): string[] =>
  Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment);

describe('a text that is cut', () => {
  it.each([
    ['abcdef', 3, 'utf16', 'abc'],
    ['ab😀cd', 3, 'utf16', 'ab'],
    ['ab😀cd', 3, 'characters', 'ab😀'],
    ['ab😀cd', 5, 'bytes', 'ab'],
    ['ab😀cd', 6, 'bytes', 'ab😀'],
    ['Zoe\u0308 Muster', 3, 'utf16', 'Zo'],
    ['Zoe\u0308 Muster', 4, 'utf16', 'Zoe\u0308'],
    [`x${FAMILY}y`, 5, 'utf16', 'x'],
    ['🇩🇪🇫🇷🇮🇹', 6, 'utf16', '🇩🇪'],
    ['กำนัน', 2, 'utf16', 'กำ'],
    ['short', 10, 'bytes', 'short'],
    ['', 3, 'utf16', ''],
  ] as const)('%j to %i %s is %j', (text, lengthMax, unit, cut) => {
    expect(cutText(text, lengthMax, unit)).toBe(unit === 'utf16' ? cutText(text, lengthMax) : cut);
    expect(cutText(text, lengthMax, unit)).toBe(cut);
  });

  it('is cut between code points where one character alone is longer than the limit', () => {
    expect(cutText(FAMILY, 4)).toBe('👨‍');
    expect(cutText(`e${'\u0301'.repeat(50)}`, 10, 'characters')).toBe(`e${'\u0301'.repeat(9)}`);
  });

  it('is a start of the text, within the limit in its unit, whole characters, and as long as it can be', () => {
    const piece = fc.constantFrom('a', 'ß', 'é', 'e\u0301', '😀', FAMILY, '🇩🇪', '한', 'ก็', '\r\n', '👍🏽', ' ');
    const texts = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(texts, fc.integer({ min: 26, max: 60 }), fc.constantFrom(...UNITS), (text, lengthMax, unit) => {
        const cut = cutText(text, lengthMax, unit);
        const whole = graphemes(text);
        const taken = graphemes(cut);
        expect(text.startsWith(cut)).toBe(true);
        expect(COUNTS[unit](cut)).toBeLessThanOrEqual(lengthMax);
        expect(whole.slice(0, taken.length)).toEqual(taken);
        if (cut !== text) expect(COUNTS[unit](cut + (whole[taken.length] ?? ''))).toBeGreaterThan(lengthMax);
      }),
      { numRuns: 500 },
    );
  });
});
