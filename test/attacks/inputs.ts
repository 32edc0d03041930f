import { gzipSync } from 'node:zlib';
import { type Attack, type Dialect, posted, type Sent, times } from './attack.ts';

const INPUT = 'BAD_USER_INPUT';
/** A payer or nobody may be refused for the credential, before anything is said of the input. */
const REFUSED = [INPUT, 'UNAUTHENTICATED', 'FORBIDDEN'] as const;

type Row = readonly [name: string, reason: string, variables: string];

const list = (count: number, item: string) => `[${times(count, () => item, ',')}]`;
const fields = (count: number, value: string, name = 'f') => `{${times(count, (n) => `"${name}${n}":${value}`, ',')}}`;
const text = (value: string) => JSON.stringify(value);
const data = (value: string) => `{"data":${value}}`;
/** A good input but for one field, which zod or a scalar looks at. */
const good = {
  merchantInternalTransactionCode: 'attack',
  amount: '100',
  currency: 'USD',
  storePaymentMethod: false,
  billing: { billingFirstName: 'A', billingLastName: 'B', billingEmail: 'a@b.example', billingAddressCountry: 'US' },
};
const withField = (name: string, value: unknown) => data(JSON.stringify({ ...good, [name]: value }));
const withBilling = (name: string, value: unknown) => withField('billing', { ...good.billing, [name]: value });
const MEGABYTE = 900_000;

/** Variables of an operation that takes one rich object. */
const objects: readonly Row[] = [
  ['50,000 unknown fields', 'each was an error with a suggestion', data(fields(50_000, '1'))],
  ['999 unknown fields', 'each is an error with a suggestion', data(fields(999, '1'))],
  [
    '999 unknown fields with names like ours',
    'each is compared with every name',
    data(fields(999, '1', 'merchantInternalTransactionCod')),
  ],
  ['50,000 keys of metadata', 'each is looked at', withField('metadata', JSON.parse(fields(50_000, '"x"')))],
  [
    '900 keys of metadata with digits',
    'each is looked at for a card',
    withField('metadata', JSON.parse(fields(900, `"${'1 '.repeat(400)}"`))),
  ],
  ['metadata in metadata', 'recursion', withField('metadata', JSON.parse(`${'{"a":'.repeat(15)}1${'}'.repeat(15)}`))],
  [
    'digits and spaces of 1 MB in a name',
    'the look-up of card numbers took a second',
    withBilling('billingFirstName', '1 '.repeat(MEGABYTE / 2)),
  ],
  [
    'digits and spaces of 60 kB in a name',
    'the same below the limit of texts',
    withBilling('billingFirstName', '1 '.repeat(30_000)),
  ],
  ['digits of 60 kB in a description', 'the same in another field', withField('description', '4242'.repeat(15_000))],
  ['digits and dashes of 60 kB in a description', 'the same in another form', withField('description', '4242-'.repeat(12_000))],
  ['60 kB of digits in metadata', 'the same in another place', withField('metadata', { a: '1 '.repeat(30_000) })],
  ['60 kB of digits as a key of metadata', 'the same in a name', withField('metadata', { ['1 '.repeat(30_000)]: 'a' })],
  ['an e-mail of 60 kB of dots', 'patterns', withBilling('billingEmail', 'a.'.repeat(30_000))],
  ['an e-mail of 60 kB without an at', 'patterns', withBilling('billingEmail', 'a'.repeat(60_000))],
  ['an e-mail with a domain of 60 kB', 'patterns', withBilling('billingEmail', `a@${'b-'.repeat(30_000)}`)],
  ['a phone of 60 kB', 'patterns', withBilling('billingPhone', `+1${'2'.repeat(60_000)}`)],
  ['a state of 60 kB', 'patterns', withBilling('billingAddressState', 'US-'.repeat(20_000))],
  ['a postal code of 60 kB of spaces', 'trimming', withBilling('billingAddressPostalCode', ' '.repeat(60_000))],
  ['an address of 60 kB', 'parsing an address', withField('returnUrl', `https://a/${'%'.repeat(60_000)}`)],
  ['an address with 30,000 labels', 'parsing a host', withField('returnUrl', `https://${'a.'.repeat(30_000)}`)],
  ['an address of another script', 'encoding a host', withField('returnUrl', `https://${'ü'.repeat(60_000)}/`)],
  ['a code of 60 kB', 'patterns', withField('merchantInternalTransactionCode', 'x'.repeat(60_000))],
  ['a code of broken characters', 'patterns', withField('merchantInternalTransactionCode', '\ud800'.repeat(30_000))],
  ['a country of 60 kB', 'suggestions compare it with 249 countries', withBilling('billingAddressCountry', 'U'.repeat(60_000))],
  ['a currency of 60 kB', 'suggestions compare it with 170 currencies', withField('currency', 'U'.repeat(60_000))],
  ['an amount of 60,000 digits', 'digits become a number', withField('amount', '9'.repeat(60_000))],
  ['an amount of 1 MB of digits', 'digits become a number', withField('amount', '9'.repeat(MEGABYTE))],
  ['an amount of 1 MB of digits, not in quotes', 'digits become a number', data(`{"amount":${'9'.repeat(MEGABYTE)}}`)],
  ['an amount of 1e400000000', 'it is infinite', data('{"amount":1e400000000}')],
  ['an amount of 1e-400000000', 'it is zero', data('{"amount":1e-400000000}')],
  ['a fraction of 1 MB', 'digits become a number', data(`{"amount":0.${'1'.repeat(MEGABYTE)}}`)],
  ['an instant of 60 kB', 'patterns', withField('expiresAt', `2026-11-26T10:00:00.${'1'.repeat(60_000)}Z`)],
  ['an instant of 60 kB of digits', 'patterns', withField('expiresAt', '1'.repeat(60_000))],
  ['a day of birth of 60 kB', 'patterns', withField('user', { userBirthDate: '1'.repeat(60_000) })],
  ['a locale of 60 kB', 'patterns', withField('user', { userLocale: 'en-'.repeat(20_000) })],
  ['an IP address of 60 kB', 'patterns', withField('device', { deviceIp: ':'.repeat(60_000) })],
  ['a key of 1 MB', 'messages would repeat it', data(`{"${'k'.repeat(MEGABYTE)}":1}`)],
  ['50,000 equal keys', 'each is parsed', data(`{${times(50_000, () => '"a":1', ',')}}`)],
  ['__proto__ as a key', 'it must stay a key', data(`{"__proto__":${fields(900, '1')}}`)],
  ['a list where an object belongs', 'each element is tried', data(list(999, '{}'))],
  ['100,000 levels', 'recursion', data(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)],
  ['100,000 levels of lists', 'recursion', data(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)],
  ['a text of 100,000 emoji', 'two units each', withBilling('billingLastName', '😀'.repeat(100_000))],
  ['100,000 NUL characters', 'six characters each on the wire', withBilling('billingLastName', '\u0000'.repeat(100_000))],
];

/** 50 texts of 500 characters, and people to match, as every validator lets them pass until the last finds the currency. */
const digitsOf = (digit: string): string => {
  const text = (length: number) => `${digit} `.repeat(length).slice(0, length);
  const people = (name: string) => ({
    [`${name}FirstName`]: text(100),
    [`${name}LastName`]: text(100),
    [`${name}Email`]: 'a@b.example',
    [`${name}AddressCountry`]: 'US',
    [`${name}AddressCity`]: text(100),
    [`${name}AddressLine1`]: text(200),
    [`${name}AddressLine2`]: text(200),
  });
  const metadata = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, text(500)]));
  return data(
    JSON.stringify({
      ...good,
      currency: 'XYZ',
      billing: people('billing'),
      shipping: people('shipping'),
      user: people('user'),
      metadata,
    }),
  );
};

/** Variables of an operation that takes one rich object 30 times. */
const repeated: readonly Row[] = [
  ['30 starts of digits and spaces', 'each was searched for cards, without a credential too: 1.4 s', digitsOf('4')],
  ['30 starts of Indian digits and spaces', 'the value of each was looked for: 2.7 s', digitsOf('९')],
  ['30 starts without metadata', 'the same in names', digitsOf('९').replace(/,"metadata":\{[^}]*\}/, '')],
];

/** Variables of an operation that takes a list. */
const lists: readonly Row[] = [
  ['300,000 empty objects', 'each was an error of its own: 28 s, 39 MB', data(list(300_000, '{}'))],
  ['300,000 numbers', 'each was an error of its own: 20 s', data(list(300_000, '1'))],
  ['180,000 nulls', 'each was an error of its own', data(list(180_000, 'null'))],
  ['300,000 texts', 'each was an error of its own', data(list(300_000, '""'))],
  ['300,000 lists', 'each was an error of its own', data(list(300_000, '[]'))],
  ['450,000 commas', 'no JSON, and long', data(`[${','.repeat(450_000)}]`)],
  ['999 empty objects', 'each is an error of its own', data(list(999, '{}'))],
  ['999 numbers', 'each is an error of its own', data(list(999, '1'))],
  ['999 texts near a value', 'each is compared with every value', data(list(999, '"SUCCEEDEX"'))],
  ['900 texts of 900 characters', 'messages would repeat them', data(list(900, text('S'.repeat(900))))],
  ['lists of lists of lists', 'they multiply', data(list(60, list(60, list(60, '1'))))],
  ['a single value of 60 kB', 'it becomes a list', data(text('S'.repeat(60_000)))],
];

const PARAMS: readonly (readonly [name: string, reason: string, body: string | Uint8Array, codes: Attack['codes']])[] = [
  ['a list of 100,000 requests', 'batches', `[${times(100_000, () => '{}', ',')}]`, [INPUT]],
  ['a list of 10 requests', 'batches', `[${times(10, () => '{"query":"{ __typename }"}', ',')}]`, [INPUT]],
  ['1 MB that is not JSON', 'messages repeated it', 'x'.repeat(MEGABYTE), [INPUT]],
  ['1 MB of opening brackets', 'recursion', '['.repeat(MEGABYTE), [INPUT]],
  ['1 MB of a text without an end', 'messages repeated it', `"${'x'.repeat(MEGABYTE)}`, [INPUT]],
  ['1 MB of backslashes', 'each escapes the next', `{"query":"${'\\'.repeat(MEGABYTE)}"}`, [INPUT, 'QUERY_TOO_EXPENSIVE']],
  ['1 MB of quotes', 'each begins a text', '"'.repeat(MEGABYTE), [INPUT]],
  ['a body of 1 MB of spaces', 'nothing in it', ' '.repeat(MEGABYTE), [INPUT]],
  ['an empty body', 'nothing in it', '', [INPUT]],
  ['a number', 'no object', '1'.repeat(300), [INPUT]],
  ['a text', 'no object', '"{ __typename }"', [INPUT]],
  ['null', 'no object', 'null', [INPUT]],
  ['no query', 'nothing to run', '{}', [INPUT]],
  ['a query that is a list', 'no text', '{"query":["{ __typename }"]}', [INPUT]],
  [
    'an operation name of 1 MB',
    'messages would repeat it',
    `{"query":"{ __typename }","operationName":"${'x'.repeat(MEGABYTE)}"}`,
    [INPUT],
  ],
  ['an unknown parameter of 1 MB', 'messages repeated it', `{"query":"{ __typename }","${'x'.repeat(MEGABYTE)}":1}`, [INPUT]],
  ['extensions of 1 MB', 'nothing reads them', `{"query":"{ __typename }","extensions":{"a":"${'x'.repeat(MEGABYTE)}"}}`, [null]],
  [
    'extensions of 300,000 lists',
    'nothing reads them',
    `{"query":"{ __typename }","extensions":{"a":${list(290_000, '[]')}}}`,
    [INPUT],
  ],
  [
    'a persisted query that is not there',
    'there are none',
    `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"${'a'.repeat(64)}"}}}`,
    [INPUT],
  ],
  ['variables that are a list', 'no object', '{"query":"{ __typename }","variables":[1]}', [INPUT]],
  ['variables that are a text', 'no object', `{"query":"{ __typename }","variables":"${'x'.repeat(60_000)}"}`, [INPUT]],
  [
    '1,000 variables that nothing takes',
    'each is looked at',
    `{"query":"{ __typename }","variables":${fields(999, '1')}}`,
    [null],
  ],
  ['invalid UTF-8', 'each byte is replaced', new Uint8Array(MEGABYTE).fill(0xff), [INPUT]],
  ['UTF-16', 'half of it are NUL bytes', Buffer.from(JSON.stringify({ query: '{ __typename }' }), 'utf16le'), [INPUT]],
  ['a byte order mark', 'no JSON', `\ufeff{"query":"{ __typename }"}`, [INPUT, null]],
  ['more than a body may hold', 'reading it', `{"query":"{ __typename } ${'#'.repeat(1_200_000)}"}`, ['PAYLOAD_TOO_LARGE']],
];

export function inputAttacks(dialect: Dialect): readonly Attack[] {
  const send = (query: string, variables: string) =>
    posted(dialect.path, `{"query":${JSON.stringify(query)},"variables":${variables}}`);
  return [
    ...objects.map(([name, reason, variables]) => ({ name, reason, codes: REFUSED, request: send(dialect.start, variables) })),
    ...repeated.map(([name, reason, variables]) => ({ name, reason, codes: REFUSED, request: send(dialect.starts, variables) })),
    ...lists.map(([name, reason, variables]) => ({ name, reason, codes: REFUSED, request: send(dialect.choices, variables) })),
    ...PARAMS.map(([name, reason, body, codes]) => ({ name, reason, codes, request: posted(dialect.path, body) })),
    {
      name: 'a body that unpacks to 50 MB',
      reason: 'unpacking it',
      codes: [INPUT],
      request: posted(dialect.path, gzipSync(Buffer.alloc(50_000_000, 32)), { 'content-encoding': 'gzip' }),
    },
    {
      name: '150 variables that are wrong',
      reason: 'each is an error for each element',
      codes: [...REFUSED, 'GRAPHQL_VALIDATION_FAILED'],
      request: posted(dialect.path, {
        query: `query(${times(150, (n) => `$v${n}: [Int!]!`)}) { ${dialect.list}(first: 1) { totalCount } }`,
        variables: Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`v${n}`, ['x', 'y']])),
      }),
    } satisfies Attack & { request: Sent },
  ];
}
