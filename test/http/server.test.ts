import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGraphqlServer } from '../../src/graphql/server.ts';
import { type Listening, listen } from '../../src/http/listen.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { createHandler, type Handler, type HandlerOptions, type Route } from '../../src/http/server.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { type Gateway, openGateway, testConfig } from '../support/gateway.ts';

let gateway: Gateway;
let listening: Listening;
let origin: string;
/** Ends a request to /slow. */
let finishSlow: (() => void) | undefined;
let slowStarted: (() => void) | undefined;

/** Of /pouring: how many pieces were asked for, and whether they were given up. */
let poured = 0;
let pourEnded = false;

const routes: Route[] = [
  (request) => {
    if (!request.url.endsWith('/dripping')) return null;
    let drops = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        controller.enqueue(Buffer.from('drip '));
        drops += 1;
        if (drops === 8) controller.close();
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/csv' } });
  },
  (request) => {
    if (!request.url.endsWith('/breaking')) return null;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from('the beginning')),
      pull: () => Promise.reject(new Error('the pipe burst')),
    });
    return new Response(body);
  },
  (request) => {
    if (!request.url.endsWith('/pouring')) return null;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        poured += 1;
        controller.enqueue(Buffer.alloc(1_000_000));
      },
      cancel() {
        pourEnded = true;
      },
    });
    return new Response(body);
  },
  (request) => (request.url.endsWith('/broken') ? Promise.reject(new Error('secret detail')) : null),
  async (request) => (request.url.endsWith('/echo') ? new Response(await request.text()) : null),
  async (request) => {
    if (!request.url.endsWith('/slow')) return null;
    slowStarted?.();
    await new Promise<void>((resolve) => {
      finishSlow = resolve;
    });
    return new Response('done');
  },
];

function createTestHandler(
  options: Partial<HandlerOptions> & { requestTimeoutMs?: number; metricsToken?: string } = {},
): Handler {
  const { requestTimeoutMs, metricsToken, ...rest } = options;
  const config = {
    ...testConfig(),
    bodyBytesMax: 1_000,
    requestTimeoutMs: requestTimeoutMs ?? 10_000,
    metricsToken: metricsToken ?? null,
  };
  const { database, log } = gateway;
  const endpoints = [createGraphqlServer(gateway.app.deps, config)];
  return createHandler({ config, log, database, endpoints, routes, metrics: createMetrics(), clock: systemClock, ...rest });
}

async function serve(handler: Handler): Promise<Listening> {
  return listen(handler.listener, { host: '127.0.0.1', port: 0, requestTimeoutMs: 10_000 });
}

beforeAll(async () => {
  gateway = await openGateway();
  listening = await serve(createTestHandler());
  origin = `http://127.0.0.1:${listening.port}`;
});
afterAll(async () => {
  await listening.close(0);
  await gateway.close();
});

const graphqlPost = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{ __typename }"}' };

describe('the HTTP server', () => {
  it('answers GraphQL and everything else on one port', async () => {
    const graphql = await fetch(`${origin}/graphql`, graphqlPost);
    expect(await graphql.json()).toEqual({ data: { __typename: 'Query' } });
    expect(await (await fetch(`${origin}/echo`, { method: 'POST', body: 'hello' })).text()).toBe('hello');
    expect((await fetch(`${origin}/nothing-here`)).status).toBe(404);
  });

  it('dates its answers by the clock that they speak of, whichever way they come', async () => {
    const handler = createTestHandler({ clock: { now: () => new Date('2026-11-23T12:00:00Z') } });
    const served = await serve(handler);
    const date = 'Mon, 23 Nov 2026 12:00:00 GMT';
    for (const path of ['/graphql', '/nothing-here']) {
      const overPort = await fetch(`http://127.0.0.1:${served.port}${path}`, path === '/graphql' ? graphqlPost : {});
      const inProcess = await handler.fetch(new Request(`http://gateway.test${path}`, path === '/graphql' ? graphqlPost : {}));
      expect([overPort.headers.get('date'), inProcess.headers.get('date')]).toEqual([date, date]);
    }
    await served.close(0);
  });

  it('forbids frames by the older header too, unless a policy names who may', async () => {
    const policies = ["frame-ancestors 'none'", 'frame-ancestors https://shop.test'];
    const framing: Route = ({ url }) =>
      new Response('', { headers: { 'content-security-policy': policies[Number(url.at(-1))] ?? '' } });
    const handler = createTestHandler({ routes: [framing] });
    const served = await serve(handler);
    for (const [index, expected] of ['SAMEORIGIN', null].entries()) {
      const overPort = await fetch(`http://127.0.0.1:${served.port}/${index}`);
      const inProcess = await handler.fetch(new Request(`http://gateway.test/${index}`));
      expect([overPort.headers.get('x-frame-options'), inProcess.headers.get('x-frame-options')]).toEqual([expected, expected]);
    }
    await served.close(0);
  });

  it.each(['/graphql', '/echo'])('gives %s an id for the caller to quote, or takes the one that is sent', async (path) => {
    const made = await fetch(`${origin}${path}`, graphqlPost);
    expect(made.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
    const taken = await fetch(`${origin}${path}`, {
      ...graphqlPost,
      headers: { ...graphqlPost.headers, 'x-request-id': 'order-42' },
    });
    expect(taken.headers.get('x-request-id')).toBe('order-42');
    const spoiled = await fetch(`${origin}${path}`, {
      ...graphqlPost,
      headers: { ...graphqlPost.headers, 'x-request-id': 'a b"c' },
    });
    expect(spoiled.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
  });

  it('sends headers that keep browsers careful', async () => {
    for (const path of ['/graphql', '/echo', '/health/live']) {
      const { headers } = await fetch(`${origin}${path}`);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  it.each(['/graphql', '/echo'])('refuses a body at %s that is too large, declared or not', async (path) => {
    const large = JSON.stringify({ query: '{ __typename }', padding: 'x'.repeat(2_000) });
    const declared = await fetch(`${origin}${path}`, { ...graphqlPost, body: large });
    expect(declared.status).toBe(413);
    expect(await declared.json()).toMatchObject({ errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] });
    expect(await postChunked(`${origin}${path}`, large)).toBe(413);
  });

  it('tells nothing of what broke, but the id to find it in the log', async () => {
    const response = await fetch(`${origin}/broken`);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).toContain('INTERNAL_SERVER_ERROR');
    expect(text).not.toContain('secret detail');
    const requestId = response.headers.get('x-request-id') ?? '';
    expect(text).toContain(requestId);
    expect(gateway.logLines.some((line) => line.includes(requestId) && line.includes('secret detail'))).toBe(true);
  });

  it('logs each request with a path that holds no secret', async () => {
    const response = await fetch(`${origin}/webhooks/example/whp_${'s'.repeat(43)}?key=abc`, { method: 'POST' });
    const requestId = response.headers.get('x-request-id') ?? '';
    await expect.poll(() => gateway.logLines.find((line) => line.includes(requestId))).toBeDefined();
    const line = gateway.logLines.find((entry) => entry.includes(requestId)) ?? '';
    expect(JSON.parse(line)).toMatchObject({ method: 'POST', path: expect.stringContaining('/webhooks/example/'), status: 404 });
    expect(line).not.toContain('ssss');
    expect(line).not.toContain('abc');
  });

  it('answers 504 when a request takes too long', async () => {
    const late = await serve(createTestHandler({ requestTimeoutMs: 50 }));
    const response = await fetch(`http://127.0.0.1:${late.port}/slow`);
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'REQUEST_TIMED_OUT' } }] });
    finishSlow?.();
    await late.close(0);
  });

  it('lets an answer that is being sent take longer than a request may', async () => {
    const late = await serve(createTestHandler({ requestTimeoutMs: 50 }));
    const response = await fetch(`http://127.0.0.1:${late.port}/dripping`);
    expect(response.headers.get('content-type')).toBe('text/csv');
    expect(await response.text()).toBe('drip '.repeat(8));
    await late.close(0);
  });

  it('cuts an answer whose body breaks off, so that it is not taken for whole', async () => {
    await expect(fetch(`${origin}/breaking`).then((response) => response.text())).rejects.toThrow();
    await expect.poll(() => gateway.logLines.some((line) => line.includes('the pipe burst'))).toBe(true);
    expect((await fetch(`${origin}/health/live`)).status).toBe(200);
  });

  it('cuts whoever takes nothing of an answer within the limit of a request', async () => {
    const strict = await serve(createTestHandler({ requestTimeoutMs: 300 }));
    const socket = connect(strict.port, '127.0.0.1');
    socket.pause();
    socket.on('error', () => undefined);
    poured = 0;
    socket.write('GET /pouring HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => pourEnded, { timeout: 10_000 }).toBe(true);
    expect(poured).toBeGreaterThan(0);
    socket.destroy();
    await strict.close(0);
  });

  it('survives what is not a request of this server', async () => {
    for (const line of ['GET http://elsewhere.test/ HTTP/1.1', 'GET //double HTTP/1.1', 'OPTIONS * HTTP/1.1', 'NONSENSE']) {
      const socket = connect(listening.port, '127.0.0.1');
      socket.end(`${line}\r\nHost: x\r\nConnection: close\r\n\r\n`);
      socket.resume();
      await once(socket, 'close');
    }
    expect((await fetch(`${origin}/health/live`)).status).toBe(200);
  });
});

describe('health', () => {
  it('is ready while the database takes writes, and says why it is not', async () => {
    const ready = createTestHandler();
    expect((await ready.fetch(new Request('http://x/health/ready'))).status).toBe(200);
    const cutOff = createTestHandler({ database: { checkWrites: async () => 'read-only' as const } });
    const refused = await cutOff.fetch(new Request('http://x/health/ready'));
    expect([refused.status, await refused.json()]).toEqual([503, { status: 'database-read-only' }]);
    expect((await cutOff.fetch(new Request('http://x/health/live'))).status).toBe(200);
  });

  it('is not ready while the process drains, but requests are still answered', async () => {
    const handler = createTestHandler();
    handler.drain();
    expect((await handler.fetch(new Request('http://x/health/ready'))).status).toBe(503);
    expect((await handler.fetch(new Request('http://x/graphql', graphqlPost))).status).toBe(200);
  });
});

describe('a drain', () => {
  it('finishes requests under way, closes idle connections, and says meanwhile that it is not ready', async () => {
    const handler = createTestHandler();
    const server = await serve(handler);
    const url = `http://127.0.0.1:${server.port}`;
    const started = new Promise<void>((resolve) => {
      slowStarted = resolve;
    });
    const underWay = fetch(`${url}/slow`);
    await started;
    handler.drain();
    const idle = connect(server.port, '127.0.0.1');
    await once(idle, 'connect');
    idle.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(idle, 'data');
    const idleEnded = once(idle.resume(), 'close');
    const closed = server.close(30_000);
    await idleEnded;
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, ready.headers.get('connection')]).toEqual([503, 'close']);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    finishSlow?.();
    expect(await (await underWay).text()).toBe('done');
    await closed;
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });

  it('cuts what does not finish within its limit', async () => {
    const server = await serve(createTestHandler());
    const started = new Promise<void>((resolve) => {
      slowStarted = resolve;
    });
    const underWay = fetch(`http://127.0.0.1:${server.port}/slow`);
    underWay.catch(() => undefined);
    await started;
    await server.close(10);
    await expect(underWay).rejects.toThrow();
    finishSlow?.();
  });
});

describe('metrics', () => {
  it('show how far the clock of the database is ahead', async () => {
    const { text } = await createMetrics({ clockSkewMs: () => -1_500 }).render();
    expect(text).toContain('tollgate_clock_skew_seconds -1.5');
  });

  it('count requests by route and status, and never by path', async () => {
    const handler = createTestHandler();
    await handler.fetch(new Request('http://x/graphql', graphqlPost));
    await handler.fetch(new Request('http://x/some/secret/path'));
    const text = await (await handler.fetch(new Request('http://x/metrics'))).text();
    expect(text).toContain('tollgate_http_request_duration_seconds_count{route="graphql",method="POST",status="200"} 1');
    expect(text).toContain('route="other",method="GET",status="404"');
    expect(text).not.toContain('secret');
  });

  it('count what operations report', async () => {
    const metrics = createMetrics();
    metrics.count('webhooks', 'accepted');
    metrics.count('webhooks', 'accepted');
    expect((await metrics.render()).text).toContain('tollgate_webhooks_total{verdict="accepted"} 2');
  });

  it('are behind their token where one is set', async () => {
    const handler = createTestHandler({ metricsToken: 'a-long-enough-token' });
    const statusWith = async (authorization: string) =>
      (await handler.fetch(new Request('http://x/metrics', { headers: { authorization } }))).status;
    expect(await statusWith('Bearer wrong')).toBe(401);
    expect(await statusWith('Bearer a-long-enough-token')).toBe(200);
  });
});

/** Without a length, as a stream of chunks. */
async function postChunked(url: string, body: string): Promise<number | undefined> {
  const request = httpRequest(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
  });
  request.on('error', () => undefined);
  request.write(body.slice(0, 500));
  request.end(body.slice(500));
  const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
  response.resume();
  return response.statusCode;
}
