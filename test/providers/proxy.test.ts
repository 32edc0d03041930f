import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createListener, type Server as Listener, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { maskText } from '../../src/kernel/masks.ts';
import { createNuveiProvider } from '../../src/providers/nuvei/nuvei.ts';
import { createOutboundFetch } from '../../src/providers/outbound.ts';
import { ProviderFailure } from '../../src/providers/provider.ts';
import { createStripeProvider } from '../../src/providers/stripe/stripe.ts';

/** A name that only the proxy knows. */
const HOST = 'api.provider.test';
const PASSWORD = 'p@ss word';
const LOGIN = `corp:${encodeURIComponent(PASSWORD)}`;
const DEADLINE_MS = 2_000;
const portOf = (server: Server | Listener) => (server.address() as AddressInfo).port;

let provider: Server;
let proxy: Server;
let cutting: Listener;
let silent: Listener;
let answer: { status: number; headers?: Record<string, string> } = { status: 200 };
const requests: { url: string; host: string }[] = [];
const tunnels: string[] = [];
const sockets = new Set<Socket>();

beforeAll(async () => {
  provider = createServer((request, response) => {
    requests.push({ url: request.url ?? '', host: request.headers.host ?? '' });
    const isStripe = request.url?.startsWith('/v1/') === true;
    const body = isStripe
      ? { object: 'list', data: [], has_more: false }
      : { status: 'SUCCESS', errCode: 0, sessionToken: 'token' };
    request.resume().on('end', () => response.writeHead(answer.status, answer.headers).end(JSON.stringify(body)));
  }).listen(0, '127.0.0.1');
  proxy = createServer((_request, response) => void response.writeHead(400).end()).listen(0, '127.0.0.1');
  proxy.on('connect', tunnel);
  cutting = createListener((socket) => socket.on('error', () => undefined).once('data', () => socket.destroy())).listen(
    0,
    '127.0.0.1',
  );
  silent = createListener((socket) => sockets.add(socket.on('error', () => undefined).resume())).listen(0, '127.0.0.1');
  await Promise.all([provider, proxy, cutting, silent].map((server) => once(server, 'listening')));
});
beforeEach(() => {
  answer = { status: 200 };
  requests.length = 0;
  tunnels.length = 0;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of [provider, proxy]) server.closeAllConnections();
  for (const server of [provider, proxy, cutting, silent]) server.close();
});

/** Lets in who has the password, and knows one host beside the one that it forbids. */
function tunnel(request: IncomingMessage, socket: Socket): void {
  tunnels.push(request.url ?? '');
  sockets.add(socket.on('error', () => undefined));
  const refuse = (status: string) => socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
  const expected = `Basic ${Buffer.from(`corp:${PASSWORD}`).toString('base64')}`;
  if (request.headers['proxy-authorization'] !== expected) return void refuse('407 Proxy Authentication Required');
  if (!request.url?.startsWith(HOST)) return void refuse('403 Forbidden');
  const upstream = connect(portOf(provider), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.pipe(socket).pipe(upstream);
  });
  upstream.on('error', () => socket.destroy());
}

const proxyAt = (server: Server | Listener, login = LOGIN) => `http://${login}@127.0.0.1:${portOf(server)}`;

function proxiesOf(environment: Record<string, string>) {
  const read = readConfig(environment);
  if (!read.ok) throw new Error(JSON.stringify(read.refusal));
  return read.value.proxies;
}

const CREDENTIALS = {
  STRIPE: { secretKey: 'sk_test_1', publishableKey: 'pk_test_1' },
  NUVEI: { merchantId: '1', merchantSiteId: '2', merchantSecretKey: 'secret-key' },
} as const;
const ID = '019aa3b0-0000-7000-8000-000000000001';

function open(name: 'STRIPE' | 'NUVEI', environment: Record<string, string>, baseUrl: string) {
  const outboundFetch = createOutboundFetch(proxiesOf(environment), DEADLINE_MS);
  const adapter =
    name === 'STRIPE'
      ? createStripeProvider({ deadlineMs: DEADLINE_MS, outboundFetch })
      : createNuveiProvider({ webhookUrl: () => 'https://gateway.example/hook', outboundFetch });
  const credentials = CREDENTIALS[name];
  const account = { id: ID, merchantId: ID, environment: 'TEST', provider: name, baseUrl, credentials } as const;
  const call = { account, signal: AbortSignal.timeout(DEADLINE_MS), now: new Date('2026-11-23T12:00:00Z') };
  return { adapter, call };
}

async function check(name: 'STRIPE' | 'NUVEI', environment: Record<string, string>, baseUrl = `http://${HOST}`) {
  const { adapter, call } = open(name, environment, baseUrl);
  return adapter.checkAccount(call).then(
    () => 'accepted' as const,
    (failure: unknown) => failure,
  );
}

async function refund(name: 'STRIPE' | 'NUVEI', environment: Record<string, string>, baseUrl = `http://${HOST}`) {
  const { adapter, call } = open(name, environment, baseUrl);
  const request = {
    transactionId: ID,
    providerCode: 'pi_1',
    session: null,
    money: { amountMinor: 100n, currency: 'USD' },
    reason: null,
  };
  const failure = await adapter
    .send('REFUND', { ...call, operationId: ID, idempotencyKey: ID, attempt: 1 }, request)
    .catch((thrown: unknown) => thrown);
  if (!(failure instanceof ProviderFailure)) throw new Error('The refund was answered.');
  return failure;
}

describe.each(['STRIPE', 'NUVEI'] as const)('%s behind a proxy', (name) => {
  test.each(['HTTP_PROXY', 'http_proxy'])('is reached through %s by a name that only the proxy knows', async (variable) => {
    expect(await check(name, { [variable]: proxyAt(proxy) })).toBe('accepted');
    expect(tunnels).toEqual([`${HOST}:80`]);
    expect(requests).toMatchObject([{ host: HOST }]);
  });

  test('is not reached without the proxy', async () => {
    expect(await check(name, {})).toMatchObject({ category: 'UNAVAILABLE' });
    expect(requests).toEqual([]);
  });

  test.each(['127.0.0.1', 'localhost'])('of this machine, at %s, is reached directly', async (host) => {
    expect(await check(name, { HTTP_PROXY: proxyAt(proxy) }, `http://${host}:${portOf(provider)}`)).toBe('accepted');
    expect([tunnels.length, requests.length]).toEqual([0, 1]);
  });

  test.each([HOST, '.provider.test', `other.test, ${HOST}:80`, '*', `*,x.test`])(
    'is asked directly with NO_PROXY=%s',
    async (list) => {
      const failure = await check(name, { HTTP_PROXY: proxyAt(proxy), NO_PROXY: list });
      expect(failure).toMatchObject({ category: 'UNAVAILABLE', rawCode: expect.not.stringContaining('proxy') });
      expect(tunnels).toEqual([]);
    },
  );

  test.each(['other.test', `${HOST}:8443`, '10.0.0.0/8'])('still goes through the proxy with NO_PROXY=%s', async (no_proxy) => {
    expect(await check(name, { HTTP_PROXY: proxyAt(proxy), no_proxy })).toBe('accepted');
  });

  test.each<[string, () => Record<string, string>, string, RegExp]>([
    ['another password', () => ({ HTTP_PROXY: proxyAt(proxy, 'corp:hunter2') }), 'proxy_407', /HTTP_PROXY.*password \(407\)/],
    ['no password', () => ({ http_proxy: `127.0.0.1:${portOf(proxy)}` }), 'proxy_407', /http_proxy.*password \(407\)/],
    [
      'nothing at its port',
      () => ({ HTTP_PROXY: 'http://corp:hunter2@127.0.0.1:2' }),
      'proxy_unreachable',
      /HTTP_PROXY.*reached/,
    ],
    [
      'an unknown name',
      () => ({ HTTP_PROXY: 'http://corp:hunter2@no.invalid:3128' }),
      'proxy_unreachable',
      /HTTP_PROXY.*reached/,
    ],
    ['a line that is cut', () => ({ HTTP_PROXY: proxyAt(cutting) }), 'proxy_unreachable', /HTTP_PROXY/],
    ['silence', () => ({ HTTP_PROXY: proxyAt(silent) }), 'proxy_unreachable', /HTTP_PROXY/],
    ['another protocol', () => ({ HTTP_PROXY: proxyAt(proxy).replace('http:', 'https:') }), 'proxy_unreachable', /HTTP_PROXY/],
  ])('certainly sent nothing where the proxy has %s', async (_what, environment, code, message) => {
    const failure = await refund(name, environment());
    expect([failure.category, failure.rawCode]).toEqual(['UNAVAILABLE', code]);
    expect(failure.message).toMatch(message);
    expect(`${failure.message} ${String(failure.cause)}`).not.toMatch(/hunter2|p@ss|p%40ss/);
    expect(requests).toEqual([]);
  });

  test('certainly sent nothing to a host that the proxy forbids', async () => {
    const failure = await refund(name, { HTTP_PROXY: proxyAt(proxy) }, 'http://forbidden.test');
    expect(failure).toMatchObject({
      category: 'UNAVAILABLE',
      rawCode: 'proxy_403',
      message: expect.stringContaining('HTTP_PROXY'),
    });
  });

  test('certainly sent nothing where the certificate behind the proxy is no certificate', async () => {
    const failure = await refund(name, { HTTPS_PROXY: proxyAt(proxy) }, `https://${HOST}`);
    expect(failure).toMatchObject({ category: 'UNAVAILABLE', message: expect.stringContaining('HTTPS_PROXY') });
    expect(tunnels).toEqual([`${HOST}:443`]);
  });

  test('uses HTTP_PROXY for https as well, unless HTTPS_PROXY names another', async () => {
    const only = await refund(name, { HTTP_PROXY: 'http://127.0.0.1:2' }, `https://${HOST}`);
    const both = await refund(name, { HTTP_PROXY: 'http://127.0.0.1:2', https_proxy: 'http://127.0.0.1:3' }, `https://${HOST}`);
    expect([only.message, both.message]).toEqual([expect.stringContaining('HTTP_PROXY'), expect.stringContaining('https_proxy')]);
  });

  test('follows no redirect to another host', async () => {
    answer = { status: 307, headers: { location: `http://127.0.0.1:${portOf(provider)}/elsewhere` } };
    await refund(name, { HTTP_PROXY: proxyAt(proxy) }).catch(() => undefined);
    expect(requests).toHaveLength(1);
  });

  test('gets each request once when the answer is lost in the tunnel', async () => {
    const lose = (request: IncomingMessage) => void request.socket.destroy();
    provider.prependListener('request', lose);
    const failure = await refund(name, { HTTP_PROXY: proxyAt(proxy) });
    provider.off('request', lose);
    expect([failure.category, requests.length]).toEqual(['UNKNOWN_OUTCOME', 1]);
  });
});

test('at STRIPE, a key that no header can hold is refused as certainly not sent through a proxy too', async () => {
  const { adapter, call } = open('STRIPE', { HTTP_PROXY: proxyAt(proxy) }, `http://${HOST}`);
  const account = { ...call.account, credentials: { secretKey: 'sk_test_\n1' } };
  const failure = await adapter.checkAccount({ ...call, account }).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ category: 'INVALID_REQUEST', rawCode: 'request_not_written' });
});

test('without a variable there is no other way than before', () => {
  expect(createOutboundFetch(proxiesOf({}), DEADLINE_MS)).toBeNull();
  expect(proxiesOf({ NO_PROXY: 'a.test', HTTPS_PROXY: '' })).toBeNull();
});

test('the log masks the password of a proxy', () => {
  expect(maskText(`connect ${proxyAt(proxy)}`)).not.toContain(LOGIN);
  expect(maskText('Proxy-Authorization: Basic Y29ycDpodW50ZXIy')).not.toContain('Y29ycDpodW50ZXIy');
});
