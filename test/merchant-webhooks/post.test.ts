import { getEventListeners } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import {
  createPoster,
  POST_FAILURES,
  type Poster,
  type PostLimits,
  type PostOutcome,
  type PostRequest,
} from '../../src/merchant-webhooks/post.ts';
import { readRetryAfter } from '../../src/merchant-webhooks/retry-after.ts';
import { type AddressSettings, readAddressRules } from '../../src/merchant-webhooks/rules.ts';
import { newSharedSecret, signMessage } from '../../src/merchant-webhooks/signing.ts';
import { createTestClock } from '../support/clock.ts';
import { CERTIFICATE } from './certificate.ts';
import { ID, listen, openProxy, openRaw, openReceiver, portOf, type Receiver } from './receivers.ts';

const TRIAL: AddressSettings = {
  publicUrl: 'http://127.0.0.1:4000',
  consoleOrigin: null,
  simulatorUrl: null,
  port: 4000,
  databaseUrl: null,
  webhookAllow: [],
  webhookProxyUrl: null,
};
const LIMITS: PostLimits = { connectMs: 400, totalMs: 1_000, bodyMs: 250, idleMs: 60_000 };
const BODY = '{"type":"session.completed","note":"für €"}';

interface Setting {
  readonly limits?: Partial<PostLimits>;
  readonly proxyUrl?: string;
  readonly clock?: Clock;
  readonly authorities?: readonly string[];
  /** What the name `shop.example` leads to. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

const posters: Poster[] = [];
afterEach(() => {
  for (const poster of posters.splice(0)) poster.close();
});

function openPoster({ limits, proxyUrl, clock, authorities, resolve }: Setting = {}): Poster {
  const settings = { ...TRIAL, webhookProxyUrl: proxyUrl ?? null };
  const poster = createPoster({
    rules: readAddressRules(settings, resolve ?? (async () => ['127.0.0.1'])),
    proxyUrl: proxyUrl ?? null,
    clock: clock ?? systemClock,
    version: '9.8.7',
    limits: { ...LIMITS, ...limits },
    authorities: authorities ?? [CERTIFICATE],
  });
  posters.push(poster);
  return poster;
}

const to = (port: number, more: Partial<PostRequest> = {}): PostRequest => ({
  endpointId: ID,
  environment: 'TEST',
  url: `http://shop.example:${port}/hooks?a=b`,
  headers: { 'webhook-id': ID },
  body: BODY,
  ...more,
});

const answer =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);

async function postTo(receiver: Receiver, setting?: Setting): Promise<PostOutcome> {
  return openPoster(setting).post(to(receiver.port));
}

describe('a request', () => {
  test('is a POST of the body as it was signed, with the headers of a message', async () => {
    await using receiver = await openReceiver(answer(204));
    const headers = { ...signMessage({ id: ID, sentAt: new Date(1_674_087_231_000), body: BODY }, [newSharedSecret()]) };
    expect(await openPoster().post(to(receiver.port, { headers }))).toEqual({
      kind: 'response',
      status: 204,
      durationMs: expect.any(Number),
      retryAfterMs: null,
      body: '',
    });
    expect(receiver.received).toEqual([
      {
        method: 'POST',
        url: '/hooks?a=b',
        body: BODY,
        serverName: null,
        headers: {
          ...headers,
          host: `shop.example:${receiver.port}`,
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(BODY)),
          'user-agent': 'Tollgate/9.8.7',
          connection: 'keep-alive',
        },
      },
    ]);
  });

  test.each([200, 201, 299, 400, 410, 429, 500, 503])('tells of the status %i', async (status) => {
    await using receiver = await openReceiver(answer(status, 'because'));
    expect(await postTo(receiver)).toMatchObject({ kind: 'response', status, body: 'because' });
  });

  test.each([301, 302, 303, 307, 308])('follows no redirect with status %i', async (status) => {
    await using elsewhere = await openReceiver(answer(200));
    await using receiver = await openReceiver(answer(status, '', { location: `http://127.0.0.1:${elsewhere.port}/` }));
    expect(await postTo(receiver)).toMatchObject({ kind: 'response', status });
    expect([receiver.opened(), elsewhere.opened()]).toEqual([1, 0]);
  });

  test('tells of the pause that the receiver asks for', async () => {
    await using receiver = await openReceiver(answer(429, '', { 'retry-after': '120' }));
    expect(await postTo(receiver)).toMatchObject({ status: 429, retryAfterMs: 120_000 });
  });

  test('measures how long it took', async () => {
    const clock = createTestClock();
    await using receiver = await openReceiver((_request, response) => {
      clock.advance(1_234);
      response.end();
    });
    expect(await postTo(receiver, { clock })).toMatchObject({ status: 200, durationMs: 1_234 });
  });

  test('that cannot be written fails without an exception', async () => {
    await using receiver = await openReceiver(answer(200));
    const outcome = await openPoster().post(to(receiver.port, { headers: { 'webhook-id': 'a\r\nb: c' } }));
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'unwritable' });
    expect(receiver.opened()).toBe(0);
  });
});

describe('the answer', () => {
  test.each([
    ['1,024 bytes', 'x'.repeat(1_024), 'x'.repeat(1_024)],
    ['more', 'x'.repeat(5_000), 'x'.repeat(1_024)],
    ['a character across the limit', `${'x'.repeat(1_023)}€`, 'x'.repeat(1_023)],
    ['NUL, which the database cannot hold', 'a\0b', 'a\uFFFDb'],
    ['bytes that are no text', Buffer.from([0x61, 0xff, 0xfe]), 'a\uFFFD\uFFFD'],
    ['many of them', Buffer.alloc(2_000, 0xff), '\uFFFD'.repeat(341)],
  ])('of %s is kept as text of 1,024 bytes at most', async (_what, body, kept) => {
    await using receiver = await openReceiver(answer(500, body));
    expect(await postTo(receiver)).toMatchObject({ status: 500, body: kept });
  });

  test('without an end is cut after 64 kB, and its connection is closed', async () => {
    let written = 0;
    await using receiver = await openReceiver((_request, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(16_384))) written += 16_384;
      };
      response.on('drain', more).on('error', () => undefined);
      more();
    });
    const outcome = await postTo(receiver, { limits: { bodyMs: 60_000, totalMs: 60_000 } });
    expect(outcome).toMatchObject({ kind: 'response', status: 200, body: 'x'.repeat(1_024) });
    await receiver.allClosed();
    expect(written).toBeLessThan(20_000_000);
  });

  test('that trickles is cut after its limit, and its connection is closed', async () => {
    await using receiver = await openReceiver((_request, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
      response.writeHead(200);
    });
    const outcome = await postTo(receiver);
    expect(outcome).toMatchObject({ kind: 'response', status: 200, body: expect.stringMatching(/^x+$/) });
    expect(outcome.durationMs).toBeLessThan(LIMITS.totalMs);
    await receiver.allClosed();
  });

  test('that trickles is cut at the end of the request, when that is earlier', async () => {
    await using receiver = await openReceiver((_request, response) => void response.writeHead(200).write('begun'));
    const outcome = await postTo(receiver, { limits: { totalMs: 500, bodyMs: 60_000 } });
    expect(outcome).toMatchObject({ kind: 'response', status: 200, body: 'begun' });
    await receiver.allClosed();
  });

  test('that breaks off keeps its status, and is not waited for', async () => {
    await using receiver = await openRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'));
    expect(await postTo(receiver, { limits: { totalMs: 60_000, bodyMs: 60_000 } })).toMatchObject({
      kind: 'response',
      status: 200,
      body: 'part',
    });
  });
});

describe('a receiver', () => {
  test('that accepts and never responds holds a request until its limit and no longer', async () => {
    await using receiver = await openReceiver(() => undefined);
    const outcome = await postTo(receiver, { limits: { totalMs: 500 } });
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'timeout' });
    expect(outcome.durationMs).toBeGreaterThanOrEqual(490);
    await receiver.allClosed();
  });

  test('that sends its status byte by byte holds a request until its limit and no longer', async () => {
    await using receiver = await openRaw((socket) => {
      const bytes = `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(1_000)}`.split('');
      const timer = setInterval(() => socket.write(bytes.shift() ?? 'y'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await postTo(receiver, { limits: { totalMs: 500 } })).toMatchObject({ kind: 'failed', reason: 'timeout' });
    await receiver.allClosed();
  });

  test('that sends interim responses for ever holds a request until its limit and no longer', async () => {
    await using receiver = await openRaw((socket) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 5);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await postTo(receiver, { limits: { totalMs: 500 } })).toMatchObject({ kind: 'failed', reason: 'timeout' });
    await receiver.allClosed();
  });

  test.each([
    ['resets the connection', 'reset', (socket: { resetAndDestroy(): unknown }) => void socket.resetAndDestroy()],
    ['closes it', 'reset', (socket: { end(): unknown }) => void socket.end()],
  ])('that %s is not asked a second time by the same attempt', async (_what, reason, meet) => {
    await using receiver = await openRaw((socket) => meet(socket));
    expect(await postTo(receiver)).toMatchObject({ kind: 'failed', reason });
    expect(receiver.opened()).toBe(1);
  });

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['headers without an end', `HTTP/1.1 200 OK\r\n${'name: value\r\n'.repeat(5_000)}`],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na'],
  ])('that speaks %s is refused', async (_what, text) => {
    await using receiver = await openRaw((socket) => void socket.write(text));
    expect(await postTo(receiver)).toMatchObject({ kind: 'failed', reason: 'protocol', detail: expect.stringMatching(/^HPE_/) });
    await receiver.allClosed();
  });

  test('that changes the protocol is refused', async () => {
    await using receiver = await openRaw(
      (socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    );
    expect(await postTo(receiver)).toMatchObject({ kind: 'failed', reason: 'reset' });
    await receiver.allClosed();
  });

  test('whose port is closed is told of by the code of the system', async () => {
    const server = await listen(createServer());
    const port = portOf(server);
    server.close();
    expect(await openPoster().post(to(port))).toMatchObject({ kind: 'failed', reason: 'connect', detail: 'ECONNREFUSED' });
  });

  test('whose name server never responds holds a request until the limit to connect', async () => {
    const poster = openPoster({ resolve: () => new Promise(() => undefined) });
    expect(await poster.post(to(8_080))).toMatchObject({ kind: 'failed', reason: 'connect_timeout' });
  });

  test('that hangs delays neither another endpoint at the same host nor more than 100 others', async () => {
    await using receiver = await openReceiver((request, response) => {
      if (request.headers['webhook-id'] === 'good') response.end();
    });
    const poster = openPoster({ limits: { totalMs: 3_000 } });
    const stuck = Array.from({ length: 100 }, (_, index) => poster.post(to(receiver.port, { endpointId: `dead-${index % 10}` })));
    const good = await poster.post(to(receiver.port, { endpointId: 'good', headers: { 'webhook-id': 'good' } }));
    expect(good).toMatchObject({ kind: 'response', status: 200 });
    expect(good.durationMs).toBeLessThan(2_000);
    poster.close();
    expect((await Promise.all(stuck)).every(({ kind }) => kind === 'failed')).toBe(true);
  });
});

describe('TLS', () => {
  const secure = (port: number) => to(port, { url: `https://shop.example:${port}/hooks` });

  test('asks for the name of the URL and checks the certificate for it, at the address that was judged', async () => {
    await using receiver = await openReceiver(answer(200), 'https');
    expect(await openPoster().post(secure(receiver.port))).toMatchObject({ kind: 'response', status: 200 });
    expect(receiver.received).toMatchObject([{ serverName: 'shop.example', headers: { host: `shop.example:${receiver.port}` } }]);
  });

  test.each([
    ['for another name', { url: 'https://other.example' }, [CERTIFICATE], 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['of an unknown authority', { url: 'https://shop.example' }, [], 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('refuses a certificate %s, and sends nothing', async (_what, { url }, authorities, detail) => {
    await using receiver = await openReceiver(answer(200), 'https');
    const outcome = await openPoster({ authorities }).post(to(receiver.port, { url: `${url}:${receiver.port}/` }));
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'tls', detail });
    expect(receiver.received).toEqual([]);
  });

  test('fails at a receiver without TLS', async () => {
    await using receiver = await openReceiver(answer(200));
    expect(await openPoster().post(secure(receiver.port))).toMatchObject({ kind: 'failed', reason: 'tls' });
  });

  test('fails at a receiver that resets the connection', async () => {
    await using receiver = await openRaw((socket) => void socket.resetAndDestroy());
    expect(await openPoster().post(secure(receiver.port))).toMatchObject({ kind: 'failed', reason: 'tls' });
  });

  test('at a receiver that never shakes hands holds a request until the limit to connect', async () => {
    await using receiver = await openRaw(() => undefined);
    expect(await openPoster().post(secure(receiver.port))).toMatchObject({ kind: 'failed', reason: 'connect_timeout' });
    await receiver.allClosed();
  });
});

describe('connections', () => {
  test('serve the next message of the same endpoint, and no other endpoint and environment', async () => {
    await using receiver = await openReceiver(answer(200, 'ok'), 'https');
    const poster = openPoster();
    const url = `https://shop.example:${receiver.port}/`;
    for (let count = 0; count < 20; count += 1) await poster.post(to(receiver.port, { url }));
    expect(receiver.opened()).toBe(1);
    await poster.post(to(receiver.port, { url, endpointId: 'another' }));
    expect(receiver.opened()).toBe(2);
  });

  test('are closed soon when they are not used', async () => {
    await using receiver = await openReceiver(answer(200));
    expect(await postTo(receiver, { limits: { idleMs: 100 } })).toMatchObject({ status: 200 });
    expect(receiver.open()).toBe(1);
    await receiver.allClosed();
  });

  test('are not closed while a response is awaited', async () => {
    await using receiver = await openReceiver((_request, response) => {
      setTimeout(() => response.end(), 400);
    });
    expect(await postTo(receiver, { limits: { idleMs: 100 } })).toMatchObject({ status: 200 });
  });

  test('kept without use are 256 at most, for however many endpoints', async () => {
    await using receiver = await openReceiver(answer(200));
    const poster = openPoster();
    for (let count = 0; count < 300; count += 1) await poster.post(to(receiver.port, { endpointId: `endpoint-${count}` }));
    expect(receiver.opened()).toBe(300);
    expect(receiver.open()).toBeGreaterThan(200);
    expect(receiver.open()).toBeLessThanOrEqual(257);
  });

  test('go to the addresses of one look at the name, and to no second one', async () => {
    await using receiver = await openReceiver(answer(200));
    const asked: string[] = [];
    const resolve = async (host: string) => {
      asked.push(host);
      return asked.length === 1 ? ['127.0.0.1'] : ['10.0.0.1'];
    };
    expect(await postTo(receiver, { resolve })).toMatchObject({ status: 200 });
    expect(asked).toEqual(['shop.example']);
  });

  test('are judged anew after a minute, also where messages never pause', async () => {
    await using receiver = await openReceiver(answer(200));
    const clock = createTestClock();
    const addresses = ['127.0.0.1'];
    const poster = openPoster({ clock, resolve: async () => addresses });
    expect(await poster.post(to(receiver.port))).toMatchObject({ status: 200 });
    addresses.push('10.0.0.1');
    clock.advance(59_000);
    expect(await poster.post(to(receiver.port))).toMatchObject({ status: 200 });
    clock.advance(2_000);
    expect(await poster.post(to(receiver.port))).toMatchObject({ status: 200 });
    expect(await poster.post(to(receiver.port))).toMatchObject({ reason: 'refused_address' });
    expect(receiver.opened()).toBe(1);
  });

  test('that the receiver closed at the moment of use are replaced within the same attempt', async () => {
    const messages: string[] = [];
    const met = new WeakSet<object>();
    await using receiver = await openRaw((socket, bytes) => {
      messages.push(/webhook-id: (\S+)/.exec(bytes)?.[1] ?? '');
      if (met.has(socket)) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      met.add(socket);
    });
    const poster = openPoster();
    expect(await poster.post(to(receiver.port))).toMatchObject({ status: 200 });
    expect(await poster.post(to(receiver.port))).toMatchObject({ status: 200 });
    expect(messages).toEqual([ID, ID, ID]);
    expect(receiver.opened()).toBe(2);
  });

  test('end with the sender', async () => {
    await using receiver = await openReceiver(answer(200));
    const poster = openPoster();
    await poster.post(to(receiver.port));
    poster.close();
    await receiver.allClosed();
    expect(receiver.open()).toBe(0);
  });
});

describe('a signal', () => {
  test('that was given before sends nothing', async () => {
    await using receiver = await openReceiver(answer(200));
    const outcome = await openPoster().post(to(receiver.port, { signal: AbortSignal.abort() }));
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'aborted' });
    expect(receiver.opened()).toBe(0);
  });

  test('ends a request at once, with its connection', async () => {
    const stop = new AbortController();
    await using receiver = await openReceiver(() => stop.abort());
    const outcome = await openPoster({ limits: { totalMs: 60_000 } }).post(to(receiver.port, { signal: stop.signal }));
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'aborted' });
    await receiver.allClosed();
  });

  test('is let go of when the request has ended', async () => {
    const { signal } = new AbortController();
    await using receiver = await openReceiver(answer(200));
    expect(await openPoster().post(to(receiver.port, { signal }))).toMatchObject({ status: 200 });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('ends many requests, which keep nothing of it', async () => {
    const warnings: string[] = [];
    const warn = (warning: Error) => warnings.push(warning.name);
    process.on('warning', warn);
    const stop = new AbortController();
    await using receiver = await openReceiver(() => {
      if (receiver.received.length === 30) stop.abort();
    });
    const poster = openPoster({ limits: { totalMs: 60_000, connectMs: 60_000 } });
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => poster.post(to(receiver.port, { signal: stop.signal }))));
    process.off('warning', warn);
    expect(new Set(outcomes.map((outcome) => 'reason' in outcome && outcome.reason))).toEqual(new Set(['aborted']));
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    expect(warnings).toEqual([]);
  });
});

describe('a proxy', () => {
  test.each(['http', 'https'] as const)('leads %s to a name that only the proxy knows, over one tunnel', async (scheme) => {
    await using receiver = await openReceiver(answer(200, 'ok'), scheme);
    await using proxy = await openProxy({ port: receiver.port });
    const poster = openPoster({
      proxyUrl: `http://corp:p%40ss@127.0.0.1:${proxy.port}`,
      resolve: () => Promise.reject(new Error('No name is resolved here.')),
    });
    const request = to(8_443, { url: `${scheme}://shop.example:8443/hooks` });
    for (let count = 0; count < 3; count += 1) expect(await poster.post(request)).toMatchObject({ status: 200, body: 'ok' });
    const login = `Basic ${Buffer.from('corp:p@ss').toString('base64')}`;
    expect(proxy.tunnels).toEqual([{ target: 'shop.example:8443', login }]);
    expect(receiver.received).toHaveLength(3);
    expect(receiver.received[0]).toMatchObject({ url: '/hooks', headers: { host: 'shop.example:8443' } });
    expect(receiver.received[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test('does not stand for the certificate of the receiver', async () => {
    await using receiver = await openReceiver(answer(200), 'https');
    await using proxy = await openProxy({ port: receiver.port });
    const poster = openPoster({ proxyUrl: `http://127.0.0.1:${proxy.port}` });
    const outcome = await poster.post(to(443, { url: 'https://other.example/' }));
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'tls', detail: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(receiver.received).toEqual([]);
  });

  test.each([403, 407, 502])('that refuses with %i is told of', async (status) => {
    await using proxy = await openProxy({ status });
    const poster = openPoster({ proxyUrl: `http://127.0.0.1:${proxy.port}` });
    expect(await poster.post(to(80))).toMatchObject({ kind: 'failed', reason: 'proxy', detail: `proxy_${status}` });
    expect(proxy.tunnels).toHaveLength(1);
    await proxy.allClosed();
  });

  test('that hangs up is asked once', async () => {
    await using proxy = await openRaw((socket) => void socket.destroy());
    const poster = openPoster({ proxyUrl: `http://127.0.0.1:${proxy.port}` });
    expect(await poster.post(to(80))).toMatchObject({ kind: 'failed', reason: 'proxy', detail: 'proxy_unreachable' });
    expect(proxy.opened()).toBe(1);
  });

  test('that never responds holds a request until the limit to connect, and its connection is closed', async () => {
    await using proxy = await openRaw(() => undefined);
    const poster = openPoster({ proxyUrl: `http://127.0.0.1:${proxy.port}` });
    expect(await poster.post(to(80))).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/^(connect_timeout|proxy)$/),
    });
    await proxy.allClosed();
  });

  test('is not asked for a forbidden address', async () => {
    await using proxy = await openProxy({ status: 502 });
    const poster = openPoster({ proxyUrl: `http://127.0.0.1:${proxy.port}` });
    for (const host of ['169.254.169.254', '10.0.0.1', '[::ffff:10.0.0.1]', '[fd00:ec2::254]', '2852039166']) {
      expect(await poster.post(to(80, { url: `http://${host}/` }))).toMatchObject({ kind: 'failed', reason: 'refused_address' });
    }
    expect(proxy.opened()).toBe(0);
  });

  test('is passed by on the way to this machine, where that may be reached', async () => {
    await using receiver = await openReceiver(answer(200));
    await using proxy = await openProxy({ status: 502 });
    const poster = openPoster({ proxyUrl: `http://127.0.0.1:${proxy.port}` });
    const url = `http://127.0.0.1:${receiver.port}/`;
    expect(await poster.post(to(receiver.port, { url }))).toMatchObject({ kind: 'response', status: 200 });
    expect(proxy.opened()).toBe(0);
  });
});

describe('Retry-After', () => {
  const now = new Date('2026-11-27T00:00:00.500Z');

  test.each([
    [undefined, null],
    ['', null],
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['9'.repeat(400), 30 * 86_400_000],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
    ['Fri, 27 Nov 2026 00:01:00 GMT', 59_500],
    ['Thu, 26 Nov 2026 00:00:00 GMT', 0],
    ['Fri, 27 Nov 2099 00:00:00 GMT', 30 * 86_400_000],
    ['Fri, 99 Nov 2026 00:00:00 GMT', null],
    ['2026-11-27', null],
  ])('%j asks for %j milliseconds', (header, pauseMs) => {
    expect(readRetryAfter(header, now)).toBe(pauseMs);
  });
});

test.each(Object.entries(POST_FAILURES))('the failure %s is told in sentences', (_reason, sentence) => {
  expect(sentence).toMatch(/^[A-Z].*\.$/);
});
