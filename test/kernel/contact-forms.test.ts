import { describe, expect, it } from 'vitest';
import { isEmail, isPlainEmail, toAsciiEmail, toE164 } from '../../src/kernel/contact-forms.ts';

describe('an e-mail address', () => {
  it.each([
    ['jane@example.com', 'jane@example.com', true],
    ['jane+shop@example.co.uk', 'jane+shop@example.co.uk', true],
    ["o'neil@example.ie", "o'neil@example.ie", true],
    ['kunde@bücher.example', 'kunde@xn--bcher-kva.example', true],
    ['kunde@xn--bcher-kva.example', 'kunde@xn--bcher-kva.example', true],
    ['info@例え.jp', 'info@xn--r8jz45g.jp', true],
    ['a..b@docomo.ne.jp', 'a..b@docomo.ne.jp', false],
    ['.a.@docomo.ne.jp', '.a.@docomo.ne.jp', false],
    ['用户@例え.jp', '用户@xn--r8jz45g.jp', false],
    ['"john doe"@example.com', '"john doe"@example.com', false],
    ['jane@mail.photography', 'jane@mail.photography', true],
    ['Jane@EXAMPLE.COM', 'Jane@EXAMPLE.COM', true],
    ['a@b.co', 'a@b.co', true],
  ])('%s is taken, and is %s for a vendor', (address, ascii, isPlain) => {
    expect([isEmail(address), toAsciiEmail(address), isPlainEmail(address)]).toEqual([true, ascii, isPlain]);
  });

  it.each([
    '',
    'jane',
    'jane@',
    '@example.com',
    'jane@localhost',
    'jane smith@example.com',
    'jane@exa mple.com',
    'jane@@example.com',
    'jane@-example.com',
    'jane@example..com',
    'jane@192.168.0.1',
    'jane@example.com\u0000',
    'jane\n@example.com',
    `${'a'.repeat(65)}@example.com`,
    'jane@example.com, joe@example.com',
    'Jane <jane@example.com>',
  ])('%j is refused', (address) => {
    expect(isEmail(address)).toBe(false);
  });
});

describe('a telephone number', () => {
  it.each([
    ['+12125550100', '+12125550100'],
    ['+1 212 555 0100', '+12125550100'],
    ['+1 (212) 555-0100', '+12125550100'],
    ['+1.212.555.0100 ext. 12', '+12125550100'],
    ['001 212 555 0100', '+12125550100'],
    ['+44 (0)20 7946 0958', '+442079460958'],
    ['+49/151/23456789', '+4915123456789'],
    ['tel:+49-151-23456789', '+4915123456789'],
    ['\u202a+81 90 1234 5678\u202c', '+819012345678'],
    ['＋８１　９０　１２３４　５６７８', '+819012345678'],
    ['+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧', '+966501234567'],
  ])('%s is %s for a vendor', (phone, e164) => {
    expect(toE164(phone)).toBe(e164);
  });

  it.each(['212-555-0100', '+0125550100', '+123', `+1${'2'.repeat(15)}`, 'call me', '0049 171', '+1 212 HELLO'])(
    '%j is refused',
    (phone) => {
      expect(toE164(phone)).toBeNull();
    },
  );
});
