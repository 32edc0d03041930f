import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brandOf, readCard, type Shaped, shapeCvc, shapeExpiry, shapeNumber, type Typed } from '../../src/checkout/card-input.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
type Shape = (before: string, typed: Typed) => Shaped;

/** Types into a field as a person does: a bar is where the caret stands, `<` deletes before it, `>` after it. */
function type(shape: Shape, keys: string, start = '|'): string {
  let field: Shaped = { text: start.replace('|', ''), caret: start.indexOf('|') };
  for (const key of keys) {
    const { text, caret } = field;
    const [from, to] = key === '<' ? [caret - 1, caret] : key === '>' ? [caret, caret + 1] : [caret, caret];
    const typed = text.slice(0, Math.max(0, from)) + (key === '<' || key === '>' ? '' : key) + text.slice(to);
    const at = key === '<' ? Math.max(0, from) : key === '>' ? caret : caret + 1;
    field = shape(text, { text: typed, caret: at, deleted: key === '<' ? 'before' : key === '>' ? 'after' : null });
  }
  return `${field.text.slice(0, field.caret)}|${field.text.slice(field.caret)}`;
}

describe('a card number', () => {
  it.each([
    ['4242424242424242', '|', '4242 4242 4242 4242|'],
    ['378282246310005', '|', '3782 822463 10005|'],
    ['4242 4242-4242.4242', '|', '4242 4242 4242 4242|'],
    ['abc42', '|', '42|'],
    ['42424242424242424242999', '|', '4242 4242 4242 4242 424|'],
    ['1', '42|42 4242', '421|4 2424 2'],
    ['9', '4242| 4242', '4242 9|424 2'],
    ['<', '4242 |4242', '424|4 242'],
    ['<<', '4242 |4242', '42|42 42'],
    ['>', '4242| 4242', '4242| 242'],
    ['<', '4242 4242|', '4242 424|'],
    ['<', '|4242', '|4242'],
  ])('typed as %j into %j reads %j', (keys, start, result) => {
    expect(type(shapeNumber, keys, start)).toBe(result);
  });

  it('pasted or filled in at once is shaped at once', () => {
    expect(shapeNumber('', { text: '4242424242424242', caret: 16, deleted: null })).toEqual({
      text: '4242 4242 4242 4242',
      caret: 19,
    });
  });

  it.each([
    ['full-width digits', '４２４２４２４２４２４２４２４２'],
    ['Arabic-Indic digits', '٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢'],
    ['Persian digits', '۴۲۴۲۴۲۴۲۴۲۴۲۴۲۴۲'],
    ['Devanagari digits', '४२४२४२४२४२४२४२४२'],
    ['Bengali digits', '৪২৪২৪২৪২৪২৪২৪২৪২'],
    ['Thai digits', '๔๒๔๒๔๒๔๒๔๒๔๒๔๒๔๒'],
    ['digits of five bytes', '𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐'],
    ['spaces', ' 4242 4242 4242 4242 '],
    ['full-width spaces', '４２４２　４２４２　４２４２　４２４２'],
    ['spaces that do not break', '4242\u00a04242\u00a04242\u202f4242'],
    ['dashes', '4242-4242–4242—4242'],
    ['dots and slashes', '4242.4242/4242.4242'],
    ['invisible marks', '\u200e4242\u200b4242\u2060424242\ufeff42\u202c'],
    ['line breaks', '4242\n4242\r\n4242\t4242'],
  ])('pasted with %s keeps every digit', (_what, pasted) => {
    expect(shapeNumber('', { text: pasted, caret: pasted.length, deleted: null })).toEqual({
      text: '4242 4242 4242 4242',
      caret: 19,
    });
    expect(readCard({ number: pasted, expiry: '１２／３１', cvc: '１２３' }, NOW)).toEqual({
      card: { number: '4242424242424242', month: 12, year: 2031, cvc: '123' },
    });
  });

  it('typed in full-width digits is shaped, with the caret behind the digit', () => {
    expect(type(shapeNumber, '９', '4242| 4242')).toBe('4242 9|424 2');
    expect(type(shapeExpiry, '１２３１')).toBe('12 / 31|');
    expect(type(shapeCvc, '１２٣')).toBe('123|');
    expect(type(shapeCvc, '12a34567')).toBe('1234|');
  });

  it('keeps the caret behind the digit that was typed, wherever it stands', () => {
    const digits = fc.stringMatching(/^\d{0,18}$/);
    fc.assert(
      fc.property(digits, fc.nat({ max: 22 }), fc.nat({ max: 9 }), (given, place, digit) => {
        const before = shapeNumber('', { text: given, caret: given.length, deleted: null }).text;
        const at = Math.min(place, before.length);
        const typed = `${before.slice(0, at)}${digit}${before.slice(at)}`;
        const { text, caret } = shapeNumber(before, { text: typed, caret: at + 1, deleted: null });
        const digitsBefore = (value: string) => value.replace(/\D/g, '').length;
        expect(digitsBefore(text.slice(0, caret))).toBe(digitsBefore(before.slice(0, at)) + 1);
        expect(text.replace(/\D/g, '')).toBe(typed.replace(/\D/g, ''));
      }),
    );
  });

  it('can always be deleted to its end', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,19}$/), (digits) => {
        expect(type(shapeNumber, `${digits}${'<'.repeat(digits.length)}`)).toBe('|');
      }),
    );
  });

  it.each([
    ['4242', 'visa'],
    ['5555', 'mastercard'],
    ['2221', 'mastercard'],
    ['3782', 'amex'],
    ['6011', 'discover'],
    ['9', null],
    ['', null],
  ])('that begins with %s is of %s', (number, brand) => {
    expect(brandOf(number)).toBe(brand);
  });
});

describe('an expiry', () => {
  it.each([
    ['1234', '|', '12 / 34|'],
    ['12/34', '|', '12 / 34|'],
    ['12 / 34', '|', '12 / 34|'],
    ['12 / 2034', '|', '12 / 2034|'],
    ['122034', '|', '12 / 2034|'],
    ['534', '|', '05 / 34|'],
    ['5/34', '|', '05 / 34|'],
    ['1/34', '|', '01 / 34|'],
    ['1', '|', '1|'],
    ['12', '|', '12 / |'],
    ['<', '12 / |', '1|'],
    ['<<', '12 / |', '|'],
    ['<', '12 / 3|', '12|'],
    ['<3', '12 / 4|', '12 / 3|'],
    ['<', '05 / |', '0|'],
    ['12345678', '|', '12 / 3456|'],
  ])('typed as %j into %j reads %j', (keys, start, result) => {
    expect(type(shapeExpiry, keys, start)).toBe(result);
  });

  it('is understood as browsers fill it in', () => {
    for (const text of ['12/34', '12/2034', '2034-12', '1234'])
      expect(shapeExpiry('', { text, caret: text.length, deleted: null }).text).toMatch(/^12 \/ (20)?34$/);
  });

  it('can always be deleted to its end', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,6}$/), (digits) => {
        expect(type(shapeExpiry, `${digits}${'<'.repeat(12)}`)).toBe('|');
      }),
    );
  });
});

describe('the card that was typed', () => {
  const form = { number: '4242 4242 4242 4242', expiry: '12 / 31', cvc: '123' };

  it.each(['12/31', '1231', '12 / 31', '12 / 2031', '12/2031', '12-31', '2031-12'])('is read with the expiry %s', (expiry) => {
    expect(readCard({ ...form, expiry }, NOW)).toEqual({
      card: { number: '4242424242424242', month: 12, year: 2031, cvc: '123' },
    });
  });

  it.each([
    [{ number: '' }, { number: 'number-missing' }],
    [{ number: '4242 4242 4242 4241' }, { number: 'number-wrong' }],
    [{ number: '4242' }, { number: 'number-wrong' }],
    [{ expiry: '' }, { expiry: 'expiry-missing' }],
    [{ expiry: '12' }, { expiry: 'expiry-wrong' }],
    [{ expiry: '13 / 31' }, { expiry: 'expiry-wrong' }],
    [{ expiry: '00 / 31' }, { expiry: 'expiry-wrong' }],
    [{ expiry: '12 / 203' }, { expiry: 'expiry-wrong' }],
    [{ expiry: '10 / 26' }, { expiry: 'expiry-past' }],
    [{ cvc: '' }, { cvc: 'cvc-wrong' }],
    [{ cvc: '12' }, { cvc: 'cvc-wrong' }],
    [{ cvc: '1234' }, { cvc: 'cvc-wrong' }],
    [
      { number: '', expiry: '', cvc: '' },
      { number: 'number-missing', expiry: 'expiry-missing', cvc: 'cvc-wrong' },
    ],
  ])('with %j is told %j', (wrong, problems) => {
    expect(readCard({ ...form, ...wrong }, NOW)).toEqual({ problems });
  });

  it('is good until its month is over, and an Amex may have four digits', () => {
    expect(readCard({ ...form, expiry: '11 / 26' }, NOW)).toHaveProperty('card');
    expect(readCard({ ...form, number: '378282246310005', cvc: '1234' }, NOW)).toHaveProperty('card');
  });
});
