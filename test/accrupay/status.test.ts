import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Data, newCode, type TestMerchant } from '../support/gateway.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { ACCRUPAY } from './sdk.ts';

/** The SDKs lose the errors of every answer that is not HTTP 200, so each answer of the endpoint is, whatever was wrong with the request. */

let gateway: ServedGateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends the bytes as they are and reads until the server ends the connection. */
async function sendRaw(url: string, bytes: string): Promise<RawAnswer> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  const [head = '', rest = ''] = text.split('\r\n\r\n');
  // Without the lengths of chunks around it.
  const [body = rest] = /\{.*\}/s.exec(rest) ?? [];
  return { status: Number(head.split(' ')[1]), head, body };
}

interface Request {
  readonly method?: string;
  readonly search?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

function toBytes({ method = 'POST', search = '', headers = JSON_TYPE, body }: Request): string {
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const secret = { 'accrupay-api-secret': merchant.secretKey };
  const lines = Object.entries({ Host: '127.0.0.1', ...secret, ...length, ...headers, Connection: 'close' });
  return [`${method} ${ACCRUPAY}${search} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', body ?? ''].join(
    '\r\n',
  );
}

const query = (text: string, more: object = {}): string => JSON.stringify({ query: text, ...more });
const NO_SUCH = '{ merchantApiTransaction(id: "none") { id } }';
const DEEP = `{ merchantApiTransaction(id: "none") { ${'relatedTransaction { '.repeat(40)} id ${'}'.repeat(40)} } }`;

const BAD = 'BAD_USER_INPUT';

const CASES: readonly [what: string, code: string, Request][] = [
  ['a body that is not JSON', BAD, { body: '{"query":' }],
  ['a body that is a text', BAD, { body: '"{ merchantApi { id } }"' }],
  ['a batch', BAD, { body: `[${query(NO_SUCH)}]` }],
  ['an empty body', BAD, { body: '' }],
  ['no body', BAD, {}],
  ['no query', BAD, { body: '{}' }],
  ['a query that is not a text', BAD, { body: '{"query":1}' }],
  ['variables that are no object', BAD, { body: query(NO_SUCH, { variables: 1 }) }],
  ['a query that does not parse', 'GRAPHQL_PARSE_FAILED', { body: query('{') }],
  ['a query that does not fit the schema', 'GRAPHQL_VALIDATION_FAILED', { body: query('{ nothing }') }],
  ['an operation that is not there', 'GRAPHQL_VALIDATION_FAILED', { body: query(NO_SUCH, { operationName: 'Other' }) }],
  [
    'a variable of another type',
    BAD,
    { body: query('query Q($id: String) { merchantApiTransaction(id: $id) { id } }', { variables: { id: 1 } }) },
  ],
  [
    'no variable where one is needed',
    BAD,
    { body: query('query Q($id: String!) { merchantApiTransactionProvider(merchantTransactionProviderId: $id) { id } }') },
  ],
  [
    'no secret',
    'UNAUTHENTICATED',
    { body: query('{ merchantApi { id } }'), headers: { ...JSON_TYPE, 'accrupay-api-secret': '' } },
  ],
  [
    'a wrong secret',
    'UNAUTHENTICATED',
    { body: query('{ merchantApi { id } }'), headers: { ...JSON_TYPE, 'accrupay-api-secret': 'sk_test_no' } },
  ],
  ['a transaction that is not there', '@transaction/NOT_FOUND', { body: query(NO_SUCH) }],
  ['payment plans', '@provider/UNSUPPORTED', { body: query('{ merchantApiPaymentPlans { totalCount } }') }],
  ['a query that is too deep', '@request/TOO_EXPENSIVE', { body: query(DEEP) }],
  ['a query that is too long', '@request/TOO_EXPENSIVE', { body: query(`{ merchantApi { id } } #${'a'.repeat(70_000)}`) }],
  ['a body that is too large', '@request/TOO_LARGE', { body: query(NO_SUCH, { extensions: { a: 'a'.repeat(2_000_000) } }) }],
  ['the type of a text', BAD, { body: query(NO_SUCH), headers: { 'Content-Type': 'text/plain' } }],
  ['the type of a form', BAD, { body: 'query=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }],
  ['the type of a GraphQL text', BAD, { body: NO_SUCH, headers: { 'Content-Type': 'application/graphql' } }],
  ['no type', BAD, { body: query(NO_SUCH), headers: {} }],
  ['too many accepted types', BAD, { body: query(NO_SUCH), headers: { ...JSON_TYPE, Accept: 'a/b,'.repeat(50) } }],
  ['only types that are not served', BAD, { body: query(NO_SUCH), headers: { ...JSON_TYPE, Accept: 'image/png' } }],
  ['GET without a query', BAD, { method: 'GET' }],
  ['GET with a mutation', BAD, { method: 'GET', search: '?query=mutation%7BmerchantApiTransactionVoid%7Bid%7D%7D' }],
  ['GET with variables that are not JSON', BAD, { method: 'GET', search: '?query=%7BmerchantApi%7Bid%7D%7D&variables=%7B' }],
  ['PUT', BAD, { method: 'PUT', body: query(NO_SUCH) }],
  ['PATCH', BAD, { method: 'PATCH', body: query(NO_SUCH) }],
  ['DELETE', BAD, { method: 'DELETE' }],
];

/** What all three clients accept: 0.15.1 sends the first. */
const ACCEPTED = ['*/*', 'application/graphql-response+json,application/json;q=0.9'];

function expectOk({ status, head, body }: RawAnswer): Data {
  expect([status, body]).toEqual([200, expect.stringMatching(/^\{/)]);
  expect(head).toMatch(/^content-type: application\/(json|graphql-response\+json)/im);
  return JSON.parse(body);
}

describe('HTTP 200, no data and a coded error for', () => {
  test.each(CASES)('%s', async (_what, code, request) => {
    for (const Accept of ACCEPTED) {
      const answer = expectOk(
        await sendRaw(gateway.url, toBytes({ ...request, headers: { Accept, ...(request.headers ?? JSON_TYPE) } })),
      );
      expect(Object.keys(answer).sort()).toEqual(['data', 'errors']);
      expect(answer.data).toBeNull();
      expect(answer.errors[0].message).toMatch(/.{20,}/);
      expect(answer.errors[0].extensions).toMatchObject({ code, category: expect.stringMatching(/^[A-Z_]+$/) });
    }
  });

  test('a body that is too large and comes in chunks', async () => {
    const text = query(NO_SUCH, { extensions: { a: 'a'.repeat(2_000_000) } });
    const head = toBytes({ headers: { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' } });
    const answer = expectOk(await sendRaw(gateway.url, `${head}${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`));
    expect(answer).toMatchObject({ data: null, errors: [{ extensions: { code: '@request/TOO_LARGE' } }] });
  });

  test('an answer that takes too long', async () => {
    const never = new Promise<never>(() => undefined);
    const slow = await serveGateway(
      { requestTimeoutMs: 1_500 },
      { wrapProvider: (provider) => ({ ...provider, send: () => never }) },
    );
    try {
      const { secretKey } = await slow.newMerchant();
      const billing = 'billingFirstName: "A", billingLastName: "B", billingEmail: "a@b.example", billingAddressCountry: US';
      const data = `{ merchantInternalTransactionCode: "${newCode()}", amount: "100", currency: USD, storePaymentMethod: false, billing: { ${billing} } }`;
      const body = query(`mutation { merchantApiClientTransactionPaymentSessionStartV2(data: ${data}) { id } }`);
      const answer = expectOk(
        await sendRaw(slow.url, toBytes({ body, headers: { ...JSON_TYPE, 'accrupay-api-secret': secretKey } })),
      );
      expect(answer).toMatchObject({ data: null, errors: [{ extensions: { code: '@request/TIMED_OUT' } }] });
    } finally {
      await slow.close();
    }
  });
});

test('a preflight keeps its own status, and data keeps its form', async () => {
  const preflight = { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST' };
  expect((await sendRaw(gateway.url, toBytes({ method: 'OPTIONS', headers: preflight }))).status).toBe(204);
  const answer = expectOk(await sendRaw(gateway.url, toBytes({ body: query('{ merchantApi { id } }') })));
  expect(answer).toEqual({ data: { merchantApi: { id: merchant.scope.merchantId } } });
});
