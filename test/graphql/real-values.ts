import { BILLING, newCode } from '../support/gateway.ts';

/** What real people and wallets send, by the field of a start. Each must start a session at every provider. */
export const REAL_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  billingFirstName: [
    'Madonna',
    "D'Arcy",
    'D’Arcy',
    'José',
    'Zoe\u0308',
    'Nguyễn Thị',
    '李',
    'محمد',
    'Jean-Luc',
    'X Æ A-12',
    '👩‍🚀 Ada',
    'กำธร',
    'O',
    'Dr. h. c. Anna-Maria Magdalena von und zu Hohenstein-Löwenberg',
    '',
    ' ',
  ],
  billingLastName: [
    '',
    "O'Neil",
    'van der Berg',
    'Müller-Lüdenscheidt',
    'de la Cruz y Martínez',
    'Ó Súilleabháin',
    '王',
    'Jr.',
    '👨‍👩‍👧‍👦',
    ' ',
  ],
  billingEmail: [
    'kunde@bücher.example',
    'a..b@docomo.ne.jp',
    '.a.@docomo.ne.jp',
    'jane+shop@example.com',
    "o'neil@example.ie",
    'x@mail.photography',
    'info@例え.jp',
    '"john doe"@example.com',
    '用户@例え.jp',
    'Jane.Smith@EXAMPLE.CO.UK',
    `${'a'.repeat(64)}@${'b'.repeat(60)}.example.com`,
    'jane_smith-99@sub.mail.example.museum',
    'jane@example.com ',
    '\u00a0jane@example.com\n',
  ],
  billingPhone: [
    '',
    null,
    '+1 212 555 0100',
    '+1 (212) 555-0100',
    '+44 (0)20 7946 0958',
    '0049 151 23456789',
    'tel:+49-151-23456789',
    '+8613800138000',
    '＋８１ ９０ １２３４ ５６７８',
    '+1.212.555.0100 ext. 12',
    '+91 98765 43210',
  ],
  billingAddressCountry: ['XK', 'NO', 'US', 'PR', 'HK', 'SJ', 'CW', 'AX', 'GG', 'TW'],
  billingAddressLine1: [
    '',
    'Prinzregentenstraße 22/3. Stock',
    '1600 Pennsylvania Ave NW',
    '〒100-0001 東京都千代田区千代田1-1 皇居',
    'Calle 8 #12-34, Apto 5º',
    'c/o Müller\nHinterhaus',
    '🏠 on the hill',
    `${'x'.repeat(59)}😀 and more`,
    'Plot 12, behind the old mill, '.repeat(15),
    `${'x'.repeat(996)}👩‍🚀`,
  ],
  billingAddressLine2: ['', null, 'Apt. 4B', 'z. Hd. Frau Özdemir'],
  billingAddressCity: [
    '',
    'Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch',
    "L'Aquila",
    'São Paulo',
    '北京',
    'Прага',
  ],
  billingAddressPostalCode: ['', null, 'sw1a 1aa', 'SW1A 1AA', 'D-10115', '100-0001', 'k1a0b1', '00000', '١٢٣٤٥', '12345-6789'],
  userLocale: [
    '',
    'en',
    'en-US',
    'en_US',
    'en-US-u-hc-h12',
    'zh-Hant-TW',
    'sr_RS@latin',
    'de_DE.UTF-8',
    'de-CH-1901',
    'x-klingon',
    'sl-rozaj-biske-1994',
    'zh_CN_#Hans',
    'zh__#Hant',
    'sr_BA_#Latn',
    'th_TH_TH_#u-nu-thai',
    'no_NO_NY',
    'en-US,en;q=0.9,de;q=0.8',
  ],
  userBirthDate: ['', null, '1990-04-30'],
  userLegalIdentifier: ['', '123-45-6789', null],
  deviceIp: [
    '',
    null,
    '2001:db8::1',
    '203.0.113.7',
    '::ffff:203.0.113.7',
    '203.0.113.7:51234',
    '[2001:db8::1]:443',
    '203.0.113.7, 10.0.0.1',
    'unknown, 203.0.113.7:80',
    ' 203.0.113.7 ',
  ],
  deviceBrowser: [
    '',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X)',
    null,
    `Mozilla/5.0 [FBAN/FBIOS;${'FBAV/500.0;'.repeat(60)}]`,
    'Phone\u0000\ud83d\n1',
  ],
  deviceOS: ['iOS 26', 'x'.repeat(2_000)],
  deviceName: ['', 'Jane’s phone 📱', '📱'.repeat(400)],
  deviceId: ['', null, 'f'.repeat(300)],
  returnUrl: ['', null],
  description: ['', '1 × Käsespätzle, "extra scharf" 🌶️', `${'d'.repeat(254)}👨‍👩‍👧‍👦`],
  metadata: [
    {},
    { order: String(1_732_630_431_000), empty: '' },
    { tracking: '1Z999AA10123456784', iban: 'DE89 3704 0044 0532 0130 00' },
    { note: 'Größe 42, Artikel 4006381333931' },
    { ean: '4001686301265', gtin: '5018123456784', order: '5466783121601', book: '978-0-306-40615-7' },
    { snowflake: '1310000000000000001' },
  ],
};

/** States of the countries whose lists changed or that have two codes. */
export const REAL_STATES: readonly (readonly [country: string, state: string | null])[] = [
  ['NO', 'NO-32'],
  ['NO', 'NO-30'],
  ['IN', 'IN-TS'],
  ['IN', 'IN-TG'],
  ['FR', 'FR-20R'],
  ['FR', 'FR-69M'],
  ['US', 'US-NY'],
  ['US', 'US-XX'],
  ['US', 'NY'],
  ['US', 'New York'],
  ['PR', 'PR-SJ'],
  ['PR', 'US-PR'],
  ['MX', 'MX-CMX'],
  ['MX', 'MX-DIF'],
  ['LV', 'LV-007'],
  ['LV', 'LV-111'],
  ['KZ', 'KZ-33'],
  ['KZ', 'KZ-ALM'],
  ['HK', 'HK-HK'],
  ['HK', 'CN-HK'],
  ['XK', 'XK-01'],
  ['XK', 'RS-KM'],
  ['GB', ''],
  ['DE', null],
  ['JP', '東京都'],
];

/** One start for each row of values: the first of every field together, then the second of every field, and so on. */
export function starts(): readonly { data: Record<string, unknown>; title: string }[] {
  const rows = Math.max(...Object.values(REAL_VALUES).map((values) => values.length));
  const mixed = Array.from({ length: rows }, (_, row) => {
    const given = Object.entries(REAL_VALUES).map(([field, values]) => [field, values[row % values.length]] as const);
    return { data: dataOf(Object.fromEntries(given)), title: `row ${row + 1} of every field` };
  });
  const states = REAL_STATES.map(([country, state]) => ({
    data: dataOf({ billingAddressCountry: country, billingAddressState: state }),
    title: `${state} in ${country}`,
  }));
  return [...mixed, ...states];
}

export function dataOf(fields: Record<string, unknown>): Record<string, unknown> {
  const of = (prefix: string) => Object.fromEntries(Object.entries(fields).filter(([name]) => name.startsWith(prefix)));
  const billing = { ...BILLING, ...of('billing') };
  const user = Object.fromEntries(Object.entries(billing).map(([name, value]) => [name.replace('billing', 'user'), value]));
  const shipping = Object.fromEntries(
    Object.entries(billing).map(([name, value]) => [name.replace('billing', 'shipping'), value]),
  );
  const { returnUrl, description, metadata } = fields;
  return {
    billing,
    shipping,
    user: { ...user, ...of('user') },
    device: of('device'),
    customer: { merchantInternalCustomerCode: newCode('person') },
    storePaymentMethod: true,
    ...(returnUrl === undefined ? {} : { returnUrl }),
    ...(description === undefined ? {} : { description }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
