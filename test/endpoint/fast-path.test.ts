import { once } from 'node:events';
import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createEndpoint } from '../../src/endpoint/endpoint.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { QUERY_LIMITS } from '../../src/kernel/query-limits.ts';
import { bothWays, overPort } from '../support/over-port.ts';

const QUERY = 'query Echo($text: String) { echo(text: $text) }';
const URL_OF_ECHO = 'http://gateway.test/echo';
const JSON_TYPE = { 'content-type': 'application/json' };

interface Call {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly search?: string;
}

/** An endpoint that counts the requests that Yoga answers, and whose field waits for `release` where it is told to. */
function createEcho(corsOrigin: string | null = null) {
  const schema = buildSchema('type Query { echo(text: String): String }');
  let release = (): void => undefined;
  let byYoga = 0;
  const field = schema.getQueryType()?.getFields()['echo'];
  if (field === undefined) throw new Error('There is no such field.');
  field.resolve = async (_root, { text }) => {
    if (text === 'wait') await new Promise<void>((resolve) => (release = resolve));
    return text;
  };
  const endpoint = createEndpoint(
    { log: createLogger({ level: 'fatal', destination: { write: () => undefined } }) },
    {
      path: '/echo',
      schema,
      limits: QUERY_LIMITS,
      bodyBytesMax: 200_000,
      hasIntrospection: true,
      cors: corsOrigin === null ? false : { origin: corsOrigin, credentials: false },
      createContext: async () => ({}),
      requireAccess: () => undefined,
      plugins: [{ onResponse: () => void (byYoga += 1) }],
    },
  );
  const listener: RequestListener = (incoming, outgoing) => void endpoint(incoming, outgoing);
  const ask = bothWays(async (url, init) => endpoint.fetch(url, init), listener);
  return {
    endpoint,
    listener,
    release: () => release(),
    /** Sends a call whose document is known, and returns what came back and whether Yoga was asked over the port. */
    async send({ headers = {}, body = { query: QUERY, variables: { text: 'a' } }, search = '' }: Call) {
      await ask(URL_OF_ECHO, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ query: QUERY }) });
      byYoga = 0;
      const init = { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) };
      const response = await ask(`${URL_OF_ECHO}${search}`, init);
      return { response, isByYoga: byYoga === 3 };
    },
  };
}

describe('the fast path answers like Yoga', () => {
  it.each<[what: string, call: Call]>([
    ['a call', {}],
    ['a call with every parameter', { body: { query: QUERY, variables: null, operationName: 'Echo', extensions: { a: 1 } } }],
    ['a call with charset', { headers: { 'content-type': 'application/json; charset=UTF-8' } }],
    ['a call for the newer media type', { headers: { accept: 'application/graphql-response+json, application/json;q=0.9' } }],
    ['variables that do not fit', { body: { query: QUERY, variables: { text: { a: 1 } } } }],
    ['a text of other scripts', { body: { query: QUERY, variables: { text: '\ud800ä€😀' } } }],
  ])('%s', async (_what, call) => {
    expect((await createEcho().send(call)).isByYoga).toBe(false);
  });

  it.each<[what: string, call: Call]>([
    ['a document that is not valid', { body: { query: '{ other }' } }],
    ['an operation that the document does not hold', { body: { query: QUERY, operationName: 'Other' } }],
    ['a batch', { body: [{ query: QUERY }] }],
    ['a query that is no text', { body: { query: 5 } }],
    ['variables that are a list', { body: { query: QUERY, variables: [] } }],
    ['a parameter that nobody knows', { body: { query: QUERY, id: 'a' } }],
    ['a name of an operation that is too long', { body: { query: QUERY, operationName: 'a'.repeat(101) } }],
    ['a long body', { body: { query: QUERY, variables: { text: 'a'.repeat(65_536) } } }],
    ['a body that is too large', { body: { query: QUERY, variables: { text: 'a'.repeat(300_000) } } }],
    ['another content type', { headers: { 'content-type': 'application/graphql+json' } }],
    ['an encoded body', { headers: { 'content-encoding': 'identity' } }],
    ['a type that is not served', { headers: { accept: 'text/html' } }],
    ['a stream of events', { headers: { accept: 'text/event-stream' } }],
    ['more types than are read', { headers: { accept: `*/*${',a/b'.repeat(20)}` } }],
    ['a query string', { search: '?a=1' }],
  ])('and leaves %s to it', async (_what, call) => {
    expect((await createEcho().send(call)).isByYoga).toBe(true);
  });

  it('and leaves pages of other origins to it where some may call', async () => {
    const headers = { origin: 'https://shop.example' };
    expect((await createEcho().send({ headers })).isByYoga).toBe(false);
    const { response, isByYoga } = await createEcho('https://shop.example').send({ headers });
    expect([isByYoga, response.headers.get('access-control-allow-origin')]).toEqual([true, 'https://shop.example']);
  });

  it('and leaves a body without a length to it', async () => {
    const { listener, send } = createEcho();
    await send({});
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const chunked = httpRequest({ port, path: '/echo', method: 'POST', headers: JSON_TYPE });
    chunked.write(JSON.stringify({ query: QUERY }).slice(0, 5));
    chunked.end(JSON.stringify({ query: QUERY }).slice(5));
    const [response] = await once(chunked, 'response');
    let text = '';
    for await (const chunk of response) text += chunk;
    expect(JSON.parse(text)).toEqual({ data: { echo: null } });
    server.close();
  });
});

describe('the fast path', () => {
  it('says nothing more to a request that was answered meanwhile', async () => {
    const { endpoint, send, release } = createEcho();
    await send({});
    const late = overPort((incoming, outgoing) => {
      void endpoint(incoming, outgoing).then(() => outgoing.end('late'));
      void turn().then(() => outgoing.writeHead(504).write('too '));
    });
    const body = JSON.stringify({ query: QUERY, variables: { text: 'wait' } });
    const response = await late(URL_OF_ECHO, { method: 'POST', headers: JSON_TYPE, body });
    release();
    expect([response.status, await response.text()]).toEqual([504, 'too late']);
  });

  it('goes on when a client is gone before its body has come', async () => {
    const { listener, send } = createEcho();
    await send({});
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"que');
    await once(server, 'request');
    socket.destroy();
    await once(socket, 'close');
    expect((await send({})).response.status).toBe(200);
    server.close();
  });
});
