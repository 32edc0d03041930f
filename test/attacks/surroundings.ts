import { type Attack, type Dialect, type Facts, posted, type Sent, times } from './attack.ts';

/** Heads of requests, and the paths that are no GraphQL. The codes are those of the body, where it has one: `null` for none. */
type Row = readonly [name: string, reason: string, request: Sent, codes?: Attack['codes']];

const LONG = 12_000;
const MEGABYTE = 900_000;
const ANY = [
  null,
  'BAD_USER_INPUT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'GRAPHQL_VALIDATION_FAILED',
  'QUERY_TOO_EXPENSIVE',
  'GRAPHQL_PARSE_FAILED',
  'PAYLOAD_TOO_LARGE',
] as const;
const get = (path: string, headers: Readonly<Record<string, string>> = {}): Sent => ({ method: 'GET', path, headers });
const graphql = { accept: 'application/json' };

const paths: readonly Row[] = [
  ...[
    'a',
    '/',
    '.',
    '../',
    '%41',
    '%00',
    '%E0%A4%A',
    '-',
    '@',
    'a@',
    'sk_test_',
    '1 '.replace(' ', '-'),
    '4242-',
    '?',
    '&a=1',
    'Bearer%20',
    'ä'.normalize(),
  ].map(
    (part): Row => [
      `a path of 12 kB of ${JSON.stringify(part)}`,
      'masks of the log are tried on it',
      get(encodePath(`/${part.repeat(LONG / part.length)}`)),
    ],
  ),
  ...[
    '/webhooks/stripe/',
    '/webhooks/nuvei/',
    '/example/challenge/',
    '/checkout/',
    '/console/',
    '/console/_/',
    '/graphql/',
    '/health/',
    '/metrics/',
    '/export/sessions/',
  ].map((path): Row => [`${path} with 12 kB behind it`, 'patterns of routes are tried on it', get(path + 'a-'.repeat(LONG / 2))]),
  [
    'a query string of 2,000 parts',
    'each becomes an entry',
    get(`/webhooks/nuvei/secret-of-nobody?${times(2_000, (n) => `a${n}=1`, '&')}`),
  ],
];

function encodePath(path: string): string {
  return path.replaceAll('ä', '%C3%A4').replaceAll(' ', '%20');
}

function queries({ path, list }: Dialect): readonly Row[] {
  const asked = (query: string, rest = '') => get(`${path}?query=${encodeURIComponent(query)}${rest}`, graphql);
  return [
    ['GET with 10 kB of fields', 'each is checked', asked(`{ ${'__typename '.repeat(900)} }`)],
    ['GET with 900 equal fields', 'each pair is compared', asked(`{ ${'a '.repeat(1_900)} }`)],
    [
      'GET with variables of 1,900 lists',
      'each is parsed',
      asked('{ __typename }', `&variables=${encodeURIComponent(`{"a":[${'[],'.repeat(1_500)}[]]}`)}`),
    ],
    ['GET with variables that are not JSON', 'messages repeated them', asked('{ __typename }', `&variables=${'x'.repeat(LONG)}`)],
    [
      'GET with extensions that are not JSON',
      'messages repeated them',
      asked('{ __typename }', `&extensions=${'%7B'.repeat(3_000)}`),
    ],
    [
      'GET with an operation name of 12 kB',
      'messages would repeat it',
      asked('{ __typename }', `&operationName=${'x'.repeat(LONG)}`),
    ],
    [
      'GET with a negative size in a skipped field',
      'it made the query cost less than nothing',
      asked(`{ ${list}(first: -2000000000) @skip(if: true) { totalCount } }`),
    ],
    [
      'GET with 2,000 unknown parameters',
      'each is looked at',
      get(`${path}?query=%7B__typename%7D&${times(1_500, (n) => `p${n}=1`, '&')}`, graphql),
    ],
    ['GET with broken escapes', 'decoding', get(`${path}?query=${'%E0%A4%A'.repeat(1_000)}`, graphql)],
  ].map(([name, reason, request]) => [name, reason, request, ANY] as Row);
}

function heads(dialect: Dialect): readonly Row[] {
  const asked = (headers: Readonly<Record<string, string>>) => posted(dialect.path, { query: '{ __typename }' }, headers);
  const typed = (type: string): Sent => ({ ...asked({}), headers: { 'content-type': type } });
  return [
    [
      'a credential of 12 kB',
      'patterns and look-ups',
      asked({ authorization: `Bearer ${'x'.repeat(LONG)}`, 'accrupay-api-secret': 'x'.repeat(100) }),
    ],
    ['a credential with 12 kB of spaces', 'patterns', asked({ authorization: `Bearer ${' '.repeat(LONG)}x` })],
    ['a secret of 12 kB', 'look-ups', asked({ 'accrupay-api-secret': 'x'.repeat(LONG) })],
    ['cookies of 12 kB', 'each is compared', asked({ cookie: 'a=b; '.repeat(LONG / 5), 'x-tollgate-console': 'x' })],
    ['an accept header of 2,000 types', 'each is compared', asked({ accept: times(1_000, () => 'a/b;q=0.1', ',') })],
    ['an accept header of nothing served', 'no type fits', asked({ accept: 'image/png' })],
    ['a request id of 12 kB', 'the log would hold it', asked({ 'x-request-id': 'x'.repeat(LONG) })],
    ['an origin of 12 kB', 'compared with a list', asked({ origin: `https://${'a.'.repeat(LONG / 2)}` })],
    ['a content type of 12 kB', 'patterns', typed(`application/json;${' '.repeat(LONG)}x`)],
    ['a content type in capitals', 'it is the same type', typed('Application/JSON')],
    ['a content type of a form', 'another origin can send it', typed('application/x-www-form-urlencoded')],
    ['a content type of parts', 'another origin can send it', typed(`multipart/form-data; boundary=${'-'.repeat(LONG)}`)],
    ['a language header of 12 kB', 'nothing reads it', asked({ 'accept-language': 'en;q=0.1,'.repeat(LONG / 9) })],
    ['an agent of 12 kB of digits', 'the log would hold it', asked({ 'user-agent': '4242 '.repeat(LONG / 5) })],
    ['a forwarded header of 12 kB', 'nothing reads it', asked({ 'x-forwarded-for': '1.1.1.1,'.repeat(LONG / 8) })],
    [
      '90 headers',
      'each becomes an entry',
      asked(Object.fromEntries(Array.from({ length: 90 }, (_, n) => [`x-header-${n}`, 'x'.repeat(100)]))),
    ],
    ['an encoding that is not known', 'nothing unpacks it', asked({ 'content-encoding': 'zstd' })],
  ].map(([name, reason, request]) => [name, reason, request, ANY] as Row);
}

const host = 'host: 127.0.0.1\r\n';
const line = (path: string) => `POST ${path} HTTP/1.1\r\n${host}content-type: application/json\r\n`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** What no library sends. */
function wires({ path }: Dialect): readonly Row[] {
  const wire = (...parts: readonly string[]): Sent => ({ path, parts });
  const body = '{"query":"{ __typename }"}';
  return [
    [
      'a body in 100,000 chunks',
      'each is an event',
      wire(
        `${line(path)}transfer-encoding: chunked\r\nconnection: close\r\n\r\n`,
        times(100_000, () => chunk(' '), ''),
        `${chunk(body)}0\r\n\r\n`,
      ),
    ],
    [
      'chunks beyond the limit',
      'reading goes on',
      wire(
        `${line(path)}transfer-encoding: chunked\r\nconnection: close\r\n\r\n`,
        ...Array.from({ length: 24 }, () => chunk(' '.repeat(50_000))),
        '0\r\n\r\n',
      ),
    ],
    ['a chunk of a size that is a lie', 'waiting', wire(`${line(path)}transfer-encoding: chunked\r\n\r\nfffffffffffffff\r\n{`)],
    [
      'a chunk size of 10 kB',
      'the parser reads it',
      wire(`${line(path)}transfer-encoding: chunked\r\n\r\n${'0'.repeat(10_000)}1\r\n`),
    ],
    ['a length that is no number', 'guessing', wire(`${line(path)}content-length: many\r\n\r\n{}`)],
    ['a length below zero', 'guessing', wire(`${line(path)}content-length: -1\r\n\r\n{}`)],
    ['two lengths', 'guessing', wire(`${line(path)}content-length: 2\r\ncontent-length: 3\r\n\r\n{}}`)],
    ['a length and chunks', 'guessing', wire(`${line(path)}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`)],
    ['a length of 10 GB', 'waiting for it', wire(`${line(path)}content-length: 10000000000\r\nconnection: close\r\n\r\n{}`)],
    [
      'a length that is too long',
      'waiting for it until the time is over',
      wire(`${line(path)}content-length: 100\r\nconnection: close\r\n\r\n{}`),
    ],
    ['a head of 20 kB', 'more than a head may hold', wire(`GET / HTTP/1.1\r\n${host}x: ${'x'.repeat(20_000)}\r\n\r\n`)],
    [
      '3,000 headers',
      'more than a head may hold',
      wire(`GET / HTTP/1.1\r\n${host}${times(3_000, () => 'a: b', '\r\n')}\r\n\r\n`),
    ],
    ['a head without an end', 'waiting for it', wire(`GET / HTTP/1.1\r\n${host}`)],
    ['no HTTP', 'guessing', wire('hello\r\n\r\n')],
    ['another version of HTTP', 'guessing', wire(`GET ${path} HTTP/9.9\r\n${host}\r\n`)],
    [
      'a path that is an address',
      'proxies are asked like that',
      wire(`GET http://127.0.0.1/health/live HTTP/1.1\r\n${host}connection: close\r\n\r\n`),
    ],
    ['OPTIONS of everything', 'it has no path', wire(`OPTIONS * HTTP/1.1\r\n${host}connection: close\r\n\r\n`)],
    ['TRACE', 'it is no method of a request object', wire(`TRACE / HTTP/1.1\r\n${host}connection: close\r\n\r\n`)],
    ['no host', 'the origin is told by it', wire(`GET /console HTTP/1.0\r\n\r\n`)],
    [
      'a host of 10 kB',
      'the origin is told by it',
      wire(`GET /console HTTP/1.1\r\nhost: ${'a.'.repeat(5_000)}\r\nconnection: close\r\n\r\n`),
    ],
  ];
}

function others(facts: Facts): readonly Row[] {
  const list = (count: number) => `[${'{},'.repeat(count)}{}]`;
  const bodies: readonly (readonly [string, string])[] = [
    ['300,000 lists', `{"filter":{"statuses":${list(299_000)}}}`],
    ['50,000 unknown fields', `{${times(50_000, (n) => `"f${n}":1`, ',')}}`],
    ['999 unknown fields', `{${times(999, (n) => `"f${n}":1`, ',')}}`],
    [
      'a text of 1 MB of digits',
      `{"filter":{"search":"${'1 '.repeat(MEGABYTE / 2)}"},"secretKey":"${'1 '.repeat(10)}","token":"x"}`,
    ],
    ['100,000 levels', '['.repeat(100_000)],
    ['1 MB that is not JSON', 'x'.repeat(MEGABYTE)],
    ['nothing', ''],
  ];
  const console = { origin: facts.url, 'x-tollgate-console': 'x' };
  const places: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['/export/sessions', {}],
    ['/console/session', console],
    [facts.webhookPath, { 'x-signature': 'x'.repeat(2_000), 'stripe-signature': `t=1,${'v1=a,'.repeat(1_000)}` }],
    ['/webhooks/stripe/no-such-secret-anywhere', { 'stripe-signature': `t=1,${'v1=a,'.repeat(1_000)}` }],
    ['/example/v1/confirm', {}],
    ['/example/v1/status', {}],
    ['/example/v1/challenge/none', {}],
    ['/checkout/none', {}],
    ['/no-such-path', {}],
  ];
  return places.flatMap(([path, headers]) =>
    bodies.map(
      ([name, body]): Row => [
        `POST ${path.replace(facts.webhookPath, '(the webhook)')} of ${name}`,
        'the route reads it',
        posted(path, body, headers),
        [...ANY, 'bad_request', 'invalid_request', 'PAYLOAD_TOO_LARGE'],
      ],
    ),
  );
}

/** Bodies that are looked at before anything proves who sent them. */
function notifications({ stripeWebhookPath, nuveiWebhookPath, webhookPath }: Facts): readonly Row[] {
  const deep = (levels: number, items: number) => `${'['.repeat(levels)}1${',1'.repeat(items)}${']'.repeat(levels)}`;
  const names = (count: number) => times(count, (n) => n.toString(36), '&');
  const stripe = (body: string, signature = 't=1,v1=00'): Sent =>
    posted(stripeWebhookPath, body, { 'stripe-signature': signature });
  const nuvei = (body: string): Sent => ({
    ...posted(nuveiWebhookPath, body),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const codes = [null, 'PAYLOAD_TOO_LARGE'];
  return (
    [
      ['1 MB at depth 500 for Stripe', 'it was written anew with 1 kB of spaces for each value: 4 s', stripe(deep(500, 495_000))],
      ['1 MB at depth 1,000 for Stripe', 'the text it was written as was too long', stripe(deep(1_000, 400_000))],
      ['500 kB at depth 500 for Stripe', 'the same below the limit of notifications', stripe(deep(500, 255_000))],
      ['60 kB at depth 500 for Stripe', 'the same below the limit of what is written anew', stripe(deep(500, 29_000))],
      ['60 kB at depth 20 for Stripe', 'the same within the limits of JSON', stripe(deep(20, 900))],
      ['60 kB of levels for Stripe', 'recursion', stripe(deep(30_000, 1))],
      ['60 kB of names for Stripe', 'each becomes a field', stripe(`{${times(900, (n) => `"${'f'.repeat(50)}${n}":1`, ',')}}`)],
      [
        '3,000 signatures for Stripe',
        'each is compared, with three bodies',
        stripe(deep(20, 900), `t=1${',v1=a'.repeat(2_500)}`),
      ],
      ['500 kB of text for Stripe', 'its hash is made', stripe(JSON.stringify('x'.repeat(520_000)))],
      ['160,000 names for Nuvei', 'each became a field: 300 ms', nuvei(names(160_000))],
      ['100,000 names for Nuvei', 'the same below the limit of notifications', nuvei(names(100_000))],
      ['15,000 names for Nuvei', 'the same below the limit of forms', nuvei(names(15_000))],
      ['500 names for Nuvei', 'as many as are read', nuvei(names(500))],
      ['500 kB of escapes for Nuvei', 'each is decoded', nuvei('%41'.repeat(170_000))],
      ['60 kB of escapes for Nuvei', 'the same below the limit of forms', nuvei('%41'.repeat(21_000))],
      [
        '3,000 names in a query for Nuvei',
        'each becomes a field',
        get(`${nuveiWebhookPath}?${times(2_000, (n) => `${n.toString(36)}=`, '&')}`),
      ],
      [
        '500 kB at depth 500 for EXAMPLE',
        'its hash is made',
        posted(webhookPath, deep(500, 255_000), { 'example-signature': `t=1,v1=${'0'.repeat(64)}` }),
      ],
    ] as const
  ).map(([name, reason, request]): Row => [name, reason, request, codes]);
}

export function surroundingAttacks(dialect: Dialect): readonly Attack[] {
  return [...queries(dialect), ...heads(dialect), ...wires(dialect)].map(toAttack);
}

/** Those that are of no dialect. */
export function pathAttacks(facts: Facts): readonly Attack[] {
  return [...paths, ...others(facts), ...notifications(facts)].map(toAttack);
}

function toAttack([name, reason, request, codes = ANY]: Row): Attack {
  return { name, reason, request, codes };
}
