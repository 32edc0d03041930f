import { BILLING, startInput } from './gateway.ts';

export const LONG = (length: number) => 'x'.repeat(length);

/** Values that a start is refused with, by where they stand. */
export const BAD_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  amount: [undefined, null, '0', 0, '-5', '9223372036854775808', 9007199254740993, 1.5, '10.00', 'abc', '', ['1'], true],
  currency: [undefined, 'usd', 'ZZZ', 840],
  merchantInternalTransactionCode: [undefined, '', '  ', LONG(256), 'a\u0000b', 'a\ud800b', 7],
  storePaymentMethod: [undefined, 'true'],
  billing: [undefined, 'Jane'],
  'billing.billingFirstName': [undefined, LONG(101)],
  'billing.billingLastName': [LONG(101)],
  'billing.billingEmail': ['jane@', 'jane @example.com', `${LONG(250)}@example.com`],
  'billing.billingPhone': ['0049 171', '+123', '212-555-0100', `+1${'2'.repeat(15)}`],
  'billing.billingAddressCountry': ['UK', 'us', 'XKX'],
  'billing.billingAddressState': ['CA-QC', 'DE-BE'],
  'billing.billingAddressLine1': [LONG(1_001)],
  'billing.nickname': ['JJ'],
  'customer.merchantInternalCustomerCode': ['', LONG(256)],
  'user.userBirthDate': ['1990-02-30'],
  'user.userLocale': ['english please', 'zh_CN_##Hans', '*'],
  'shipping.shippingEmail': ['nobody'],
  'device.deviceIp': ['300.1.1.1', '203.0.113.7:port', '203.0.113.7:123456', 'unknown, localhost', '[]', ','],
  'device.deviceType': ['TOASTER'],
  'device.deviceId': [LONG(1_001)],
  returnUrl: ['shop.example/back', 'http://shop.example/back', 'javascript:alert(1)', 'https://me:pw@shop.example/'],
  metadata: ['order', ['a']],
  'metadata.order': [12, { deep: 'er' }, LONG(501)],
  description: [LONG(1001)],
  attemptsMax: [0, 21, '3'],
  expiresAt: ['tomorrow', 1_764_000_000, '2020-01-01T00:00:00Z', '2999-01-01T00:00:00Z', '0000-01-01T00:00:00Z'],
};

/** A good start with one value changed deep inside; undefined removes it. */
export function startWith(path: string, value: unknown): Record<string, unknown> {
  const input = structuredClone(startInput('PAYMENT')) as { data: Record<string, unknown> };
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.reduce<Record<string, unknown>>((at, key) => {
    at[key] ??= key === 'shipping' || key === 'user' ? contact(key) : {};
    return at[key] as Record<string, unknown>;
  }, input.data);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return input;
}

/** One row for each value, with a title of bearable length. */
export function rowsOf(table: typeof BAD_VALUES) {
  return Object.entries(table).flatMap(([path, values]) =>
    values.map((value) => ({ path, value, shown: (JSON.stringify(value) ?? 'nothing').slice(0, 40) })),
  );
}

function contact(prefix: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(BILLING).map(([name, value]) => [name.replace('billing', prefix), value]));
}
