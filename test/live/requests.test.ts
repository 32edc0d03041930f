import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Data, type Gateway, openGateway, PUBLIC_URL, start, type TestMerchant } from '../support/gateway.ts';
import { overPort } from '../support/over-port.ts';
import { FOLLOW, subscribe } from './reader.ts';

let gateway: Gateway;
let merchant: TestMerchant;
let session: Data;
beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
  session = await start(merchant, 'PAYMENT');
});
afterAll(() => gateway.close());

const by = (text: string) => `subscription { clientSessionChanged(${text}) { version } }`;
const DEEP = `subscription { eventAppended { ${'event { '.repeat(30)} id ${'} '.repeat(30)} } }`;

/** A subscription with what is wrong with it, and the code that its stream says. */
const BAD: readonly (readonly [what: string, query: string, code: string])[] = [
  ['no selector', by('by: {}'), 'BAD_USER_INPUT'],
  ['two ways to select', by('by: { id: "a", token: "b" }'), 'BAD_USER_INPUT'],
  ['a negative version', by('by: { id: "a" }, afterVersion: -1'), 'BAD_USER_INPUT'],
  ['a version that is a text', by('by: { id: "a" }, afterVersion: "1"'), 'GRAPHQL_VALIDATION_FAILED'],
  ['a version that is too large', by('by: { id: "a" }, afterVersion: 3000000000'), 'GRAPHQL_VALIDATION_FAILED'],
  ['an unknown session', by('by: { id: "a" }'), 'SESSION_NOT_FOUND'],
  ['an empty cursor', 'subscription { eventAppended(after: "") { cursor } }', 'BAD_USER_INPUT'],
  ['a cursor that is too long', `subscription { eventAppended(after: "${'a'.repeat(501)}") { cursor } }`, 'BAD_USER_INPUT'],
  ['two root fields', 'subscription { a: eventAppended { cursor } b: eventAppended { cursor } }', 'GRAPHQL_VALIDATION_FAILED'],
  ['a root field of introspection', 'subscription { __typename }', 'GRAPHQL_VALIDATION_FAILED'],
  ['a field that is skipped', 'subscription { eventAppended @skip(if: true) { cursor } }', 'GRAPHQL_VALIDATION_FAILED'],
  [
    'a fragment that is not included',
    'subscription { ... @include(if: false) { eventAppended { cursor } } }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'a skipped field in a fragment',
    'subscription { ...F } fragment F on Subscription { eventAppended @skip(if: true) { cursor } }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['an unknown field', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
  ['too much depth', DEEP, 'QUERY_TOO_EXPENSIVE'],
  ['a query that is none', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
];

describe('a subscription that is refused', () => {
  test.each(BAD)('for %s says so in its stream and completes', async (_what, query, code) => {
    const reader = await subscribe(gateway.app, merchant.secretKey, { query });
    const event = await reader.next();
    expect(event).toMatchObject({ event: 'next', data: { errors: [{ extensions: { code } }] } });
    expect(reader.response.status).toBe(200);
    expect(await reader.next()).toMatchObject({ event: 'complete', data: null });
    expect(await reader.next()).toBeNull();
    expect(gateway.app.deps.streams.count).toBe(0);
  });

  test.each([
    ['nobody', () => null, 'UNAUTHENTICATED'],
    ['a publishable key', () => merchant.publishableKey, 'FORBIDDEN'],
    ['a session’s token', () => session.token as string, 'FORBIDDEN'],
  ])('the log is not open to %s', async (_who, credential, code) => {
    const reader = await subscribe(gateway.app, credential(), { query: FOLLOW, variables: { after: 'nonsense' } });
    expect(await reader.next()).toMatchObject({ data: { errors: [{ extensions: { code } }] } });
  });

  const ask = (path: string, init: RequestInit) => overPort(gateway.app.listener)(`${PUBLIC_URL}${path}`, init);
  const headers = () => ({ authorization: `Bearer ${merchant.secretKey}`, 'content-type': 'application/json' });

  test('for a client that takes no stream says so by the status', async () => {
    const body = JSON.stringify({ query: FOLLOW });
    const response = await ask('/graphql', { method: 'POST', headers: { ...headers(), accept: 'application/json' }, body });
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    const parts = await ask('/graphql', { method: 'POST', headers: { ...headers(), accept: 'multipart/mixed' }, body });
    expect(parts.status).toBe(406);
    expect(gateway.app.deps.streams.count).toBe(0);
  });

  test('for GET says so by the status', async () => {
    const query = new URLSearchParams({ query: FOLLOW });
    const response = await ask(`/graphql?${query}`, { headers: { ...headers(), accept: 'text/event-stream' } });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('for a body that is no JSON says so by the status', async () => {
    const response = await ask('/graphql', { method: 'POST', headers: { ...headers(), accept: 'text/event-stream' }, body: '{' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });
});

describe('a request that takes only streams', () => {
  test('gets the one result of a query, and completes', async () => {
    const reader = await subscribe(gateway.app, merchant.secretKey, {
      query: '{ events(first: 1) { edges { node { type } } } }',
    });
    expect(await reader.next()).toMatchObject({ event: 'next', id: null, data: { data: { events: { edges: [{}] } } } });
    expect(await reader.next()).toMatchObject({ event: 'complete' });
    expect(await reader.next()).toBeNull();
  });
});

describe('a subscription among the requests', () => {
  test('is counted apart and measured to its beginning', async () => {
    const metrics = async () => (await gateway.app.fetch(new Request(`${PUBLIC_URL}/metrics`))).text();
    const reader = await subscribe(gateway.app, merchant.secretKey, { query: FOLLOW });
    await reader.data();
    expect(await metrics()).toMatch(/^tollgate_http_streams_open 1$/m);
    const lines = () => gateway.logLines.filter((line) => line.includes(reader.response.headers.get('x-request-id') ?? '?'));
    expect(lines().filter((line) => line.includes('a stream begins'))).toHaveLength(1);
    await reader.leave();
    await expect.poll(metrics).toMatch(/^tollgate_http_streams_open 0$/m);
    expect(lines().filter((line) => line.includes('a stream has ended'))).toHaveLength(1);
  });

  test('outlives the limit of a request', async () => {
    const own = await openGateway({ config: { requestTimeoutMs: 2_000 } });
    const owner = await own.newMerchant();
    const reader = await subscribe(own.app, owner.secretKey, { query: FOLLOW });
    await reader.data();
    // One that is never sent whole, and that began later, is over before.
    const unfinished = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{')) });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: unfinished, duplex: 'half' as const };
    expect((await overPort(own.app.listener)(`${PUBLIC_URL}/graphql`, init)).status).toBe(504);
    await start(owner, 'PAYMENT');
    expect((await reader.data()).entry.event.type).toBe('session.created');
    own.app.drain();
    await own.close();
  });
});
