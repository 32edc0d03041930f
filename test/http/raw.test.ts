import { once } from 'node:events';
import { connect } from 'node:net';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEndpoint } from '../../src/endpoint/endpoint.ts';
import { type Listening, listen } from '../../src/http/listen.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { createHandler, type Handler, type Route } from '../../src/http/server.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { QUERY_LIMITS } from '../../src/kernel/query-limits.ts';
import { testConfig } from '../support/gateway.ts';

const logLines: string[] = [];
const log = createLogger({ level: 'debug', destination: { write: (line) => void logLines.push(line) } });
const CARD = '4242424242424242';

/** Answers like the console and the checkout do: by the normalised path. */
const pages: Route = (request) => {
  const { pathname } = new URL(request.url);
  return ['/console', '/console/session', '/checkout'].includes(pathname) ? new Response(`page ${pathname}`) : null;
};

function createTestHandler(consoleOrigin: string | null = null): Handler {
  const config = { ...testConfig(), publicUrl: 'https://pay.shop.example', consoleOrigin, metricsToken: 'a-long-enough-token' };
  const endpoint = createEndpoint(
    { log },
    {
      path: '/graphql',
      schema: buildSchema('type Query { echo(text: String): String }'),
      limits: QUERY_LIMITS,
      bodyBytesMax: 100_000,
      hasIntrospection: true,
      cors: false,
      createContext: async () => ({}),
      requireAccess: () => undefined,
    },
  );
  const database = { checkWrites: async () => 'writable' as const };
  const metrics = createMetrics();
  return createHandler({
    config,
    log,
    metrics,
    clock: systemClock,
    database,
    endpoints: [endpoint],
    routes: [pages],
  });
}

let plain: Listening;
let split: Listening;
beforeAll(async () => {
  const options = { host: '127.0.0.1', port: 0, requestTimeoutMs: 10_000 };
  plain = await listen(createTestHandler().listener, options);
  split = await listen(createTestHandler('https://console.shop.example').listener, options);
});
afterAll(async () => {
  await plain.close(0);
  await split.close(0);
});

interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** Everything that arrived. */
  readonly all: string;
}

/** Sends the bytes as they are and reads until the server ends the connection. */
async function sendRaw({ port }: Listening, bytes: string): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body, all: text };
}

const postOf = (path: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`;

const requestOf = (line: string, headers: readonly string[] = ['Host: pay.shop.example'], body = ''): string =>
  [line, ...headers, 'Connection: close', '', body].join('\r\n');

describe('a body that is too large', () => {
  const last = requestOf('GET /health/live HTTP/1.1');

  it.each([
    ['/webhooks/stripe/whp_1', 512 * 1_024],
    ['/checkout', 1_048_576],
  ])('at %s has more than %i bytes', async (path, bytesMax) => {
    // Written and read at once, as a client does that reads no answer before it has sent everything.
    expect((await sendRaw(plain, postOf(path, bytesMax) + last)).status).not.toBe(413);
    expect((await sendRaw(plain, postOf(path, bytesMax + 1) + last)).status).toBe(413);
  });

  it('is read to its end, so that the next request of the connection is answered', async () => {
    const { all } = await sendRaw(plain, postOf('/checkout', 2_000_000) + last);
    expect(all.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  it('ends the connection where it is more than twice as large', async () => {
    const { all, status, head } = await sendRaw(plain, postOf('/checkout', 2_200_000));
    expect(all.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413']);
    expect(status).toBe(413);
    expect(head.toLowerCase()).toContain('connection: close');
  });
});

describe('a request that cannot be served', () => {
  it.each<[string, number, string]>([
    ['an absolute target', 400, requestOf('GET http://elsewhere.test/health/live HTTP/1.1')],
    ['an absolute target with a user name', 400, requestOf('GET http://a:b@pay.shop.example/ HTTP/1.1')],
    ['an absolute target of another scheme', 400, requestOf('GET ftp://x/ HTTP/1.1')],
    ['OPTIONS *', 400, requestOf('OPTIONS * HTTP/1.1')],
    ['GET *', 400, requestOf('GET * HTTP/1.1')],
    ['TRACE', 405, requestOf('TRACE /graphql HTTP/1.1')],
    ['TRACE with an absolute target', 405, requestOf('TRACE http://x/ HTTP/1.1')],
    ['CONNECT', 405, requestOf('CONNECT pay.shop.example:443 HTTP/1.1')],
    ['CONNECT to a path', 405, requestOf('CONNECT /graphql HTTP/1.1')],
    ['no Host', 400, requestOf('GET /health/live HTTP/1.1', [])],
    ['two Hosts', 400, requestOf('GET /health/live HTTP/1.1', ['Host: a', 'Host: b'])],
    ['a Host with a space', 400, requestOf('GET /health/live HTTP/1.1', ['Host: a b'])],
    ['a Host with a path', 400, requestOf('GET /health/live HTTP/1.1', ['Host: a/b'])],
    ['a Host with a user name', 400, requestOf('GET /health/live HTTP/1.1', ['Host: a@b'])],
    ['a Host with an encoded letter', 400, requestOf('GET /health/live HTTP/1.1', ['Host: %61.test'])],
    ['a Host with a wrong port', 400, requestOf('GET /health/live HTTP/1.1', ['Host: a:port'])],
    ['a Host with open brackets', 400, requestOf('GET /health/live HTTP/1.1', ['Host: [::1'])],
    ['a Host of 10,000 letters', 400, requestOf('GET /health/live HTTP/1.1', [`Host: ${'a'.repeat(10_000)}`])],
    ['an unknown method', 400, requestOf('BREW /coffee HTTP/1.1')],
    ['a text', 400, 'NONSENSE\r\n\r\n'],
    ['a TLS handshake', 400, '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n'],
    ['too many headers', 431, requestOf('GET / HTTP/1.1', ['Host: a', `X-Long: ${'a'.repeat(20_000)}`])],
    ['two lengths', 400, requestOf('POST /graphql HTTP/1.1', ['Host: a', 'Content-Length: 1', 'Content-Length: 2'], 'xx')],
    ['an unknown expectation', 417, requestOf('GET / HTTP/1.1', ['Host: a', 'Expect: a-miracle'])],
    ['a method that the path does not take', 405, requestOf('DELETE /health/live HTTP/1.1')],
    ['no token for the metrics', 401, requestOf('GET /metrics HTTP/1.1')],
    ['an unknown path', 404, requestOf('GET //console HTTP/1.1')],
    ['an unknown path with an Upgrade', 404, requestOf('GET /ws HTTP/1.1', ['Host: a', 'Upgrade: h2c'])],
    ['another method at the API', 405, requestOf('PUT /graphql HTTP/1.1')],
    [
      'another type at the API',
      415,
      requestOf('POST /graphql HTTP/1.1', ['Host: a', 'Content-Type: text/plain', 'Content-Length: 2'], '{}'),
    ],
    ['no type at the API', 415, requestOf('POST /graphql HTTP/1.1', ['Host: a', 'Content-Length: 2'], '{}')],
    [
      'an Upgrade at the API',
      400,
      requestOf('GET /graphql HTTP/1.1', ['Host: a', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']),
    ],
  ])('is answered in words, and not as a bug: %s', async (_what, status, bytes) => {
    const before = logLines.length;
    const answer = await sendRaw(plain, bytes);
    expect(answer.status).toBe(status);
    expect(answer.head).toMatch(/content-type: application\/(json|graphql-response\+json)/i);
    if (status === 405) expect(answer.head).toMatch(/^allow: /im);
    expect(answer.body).toMatch(/"message":"[^"]{20,}/);
    expect(logLines.slice(before).filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  it('leaves the server as it was', async () => {
    expect((await sendRaw(plain, requestOf('GET /health/live HTTP/1.1'))).status).toBe(200);
    expect((await sendRaw(plain, 'GET /health/live HTTP/1.0\r\n\r\n')).status).toBe(200);
  });

  it('is logged with the beginning of its path only', async () => {
    await sendRaw(plain, requestOf(`GET /${'a'.repeat(12_000)} HTTP/1.1`));
    const line = logLines.find((entry) => entry.includes('/aaaa')) ?? '';
    expect(line.length).toBeGreaterThan(0);
    expect(line.length).toBeLessThan(600);
  });
});

const post = (type: string, body: string) =>
  fetch(`http://127.0.0.1:${plain.port}/graphql`, { method: 'POST', headers: { 'content-type': type }, body });

describe('a JSON body', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'APPLICATION/JSON; charset=UTF-8',
    'application/json;charset=utf-8',
    'application/json; charset=ISO-8859-1',
    ' application/json ; profile="x"',
  ])('is read under the type %s', async (type) => {
    const response = await post(type, '{"query":"{ echo }"}');
    expect([response.status, await response.json()]).toEqual([200, { data: { echo: null } }]);
  });

  it.each([
    `{"query":"{ echo }","variables":{"text":"${CARD}"`,
    `{"card":"${CARD}"}`,
    `{"${CARD}":1}`,
    `"${CARD}"`,
    CARD,
    `[${CARD}]`,
    `{'number': '${CARD}'}`,
    `4242 4242 4242 4242`,
    `{"query":"{ echo }","variables":"4242-4242-4242-4242"}`,
    `{"query":"{ echo }","secretKey":"sk_live_abcdefghijklmnop"`,
  ])('that cannot be read is repeated neither in the answer nor in the log: %s', async (body) => {
    const before = logLines.length;
    const response = await post('application/json', body);
    const text = await response.text();
    expect(response.status).toBe(400);
    const told = `${text}${logLines.slice(before).join('')}`;
    expect(told).not.toMatch(/4242|abcdefgh/);
    expect(JSON.parse(text).errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT' });
    expect(told).not.toContain('"level":"error"');
  });

  it.each(['variables', 'extensions'])('in the %s of a query string is not repeated either', async (name) => {
    const before = logLines.length;
    const address = `http://127.0.0.1:${plain.port}/graphql?query=%7Becho%7D&${name}=%7B%22card%22:${CARD}`;
    const response = await fetch(address);
    expect(response.status).toBe(400);
    expect(`${await response.text()}${logLines.slice(before).join('')}`).not.toContain('4242');
  });

  it('in a query string is read', async () => {
    const query = encodeURIComponent('query Q($text: String) { echo(text: $text) }');
    const response = await fetch(`http://127.0.0.1:${plain.port}/graphql?query=${query}&variables=%7B%22text%22:%22a%22%7D`);
    expect(response.status).toBe(200);
  });
});

describe('a console with an origin of its own', () => {
  const ofConsole = [
    'console.shop.example',
    'CONSOLE.shop.example',
    'console.shop.example.',
    'console.shop.example:443',
    'console.shop.example:80',
  ];
  const ofPayers = [
    'pay.shop.example',
    'PAY.Shop.example:443',
    'pay.shop.example.',
    '127.0.0.1:4000',
    'console.shop.example.evil.test',
  ];
  const spellings = (page: string) => {
    const [, first = '', rest = ''] = /^\/(.)(.*)$/.exec(page) ?? [];
    return [page, `/.${page}`, `/x/..${page}`, `/%2e${page}`, `/x/%2e%2e${page}`, `\\${page.slice(1)}`, `/.\\${first}${rest}`];
  };

  it.each(ofPayers)('is not at %s, however its path is spelled', async (host) => {
    for (const path of spellings('/console').filter((each) => each.startsWith('/'))) {
      const answer = await sendRaw(split, requestOf(`GET ${path} HTTP/1.1`, [`Host: ${host}`]));
      expect([path, answer.status]).toEqual([path, 404]);
    }
    expect((await sendRaw(split, requestOf('GET /./checkout HTTP/1.1', [`Host: ${host}`]))).status).toBe(200);
  });

  it.each(ofConsole)('shares nothing with payers at %s, however the path is spelled', async (host) => {
    const paths = [...spellings('/checkout'), '/console/../checkout', '/console/%2e%2e/checkout', '/console/..\\checkout'];
    for (const path of paths.filter((each) => each.startsWith('/'))) {
      const answer = await sendRaw(split, requestOf(`GET ${path} HTTP/1.1`, [`Host: ${host}`]));
      expect([path, answer.status]).toEqual([path, 404]);
    }
    expect((await sendRaw(split, requestOf('GET /./console HTTP/1.1', [`Host: ${host}`]))).status).toBe(200);
  });

  it.each(['//console', '/%63onsole', '/console%2F', '/console%2f..%2fcheckout', '/CONSOLE', '/console;x'])(
    'and payers both have nothing at %s',
    async (path) => {
      for (const host of ['pay.shop.example', 'console.shop.example'])
        expect((await sendRaw(split, requestOf(`GET ${path} HTTP/1.1`, [`Host: ${host}`]))).status).toBe(404);
    },
  );

  it('gives the API the path that was decided on', async () => {
    const body = '{"query":"{ echo }"}';
    const headers = ['Host: console.shop.example', 'Content-Type: application/json', `Content-Length: ${body.length}`];
    expect((await sendRaw(split, requestOf('POST /./graphql HTTP/1.1', headers, body))).status).toBe(200);
  });
});
