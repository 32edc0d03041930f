import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { watchSession } from '../../src/live/watch-session.ts';
import { findSession } from '../../src/sessions/read.ts';
import {
  CARDS,
  confirm,
  type Data,
  type Gateway,
  must,
  openGateway,
  paid,
  start,
  type TestMerchant,
  verify,
} from '../support/gateway.ts';
import { servedAt } from '../support/over-port.ts';
import { cutAfterEachMessage, subscribe, WATCH } from './reader.ts';

let gateway: Gateway;
let merchant: TestMerchant;
beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(async () => {
  gateway.app.drain();
  await gateway.close();
});

const watching = (token: string, after?: number) => ({ query: WATCH, variables: { by: { token }, after } });

describe('clientSessionChanged', () => {
  test('sends the session now and after each change, with the version in the data and as the id', async () => {
    const session = await start(merchant, 'PAYMENT');
    const reader = await subscribe(gateway.app, session.token, watching(session.token));
    expect(reader.response.status).toBe(200);
    expect(Object.fromEntries(reader.response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    const first = await reader.next();
    expect(first).toMatchObject({ event: 'next', data: { data: { change: { session: { id: session.id, status: 'ACTIVE' } } } } });
    expect(first?.id).toBe(`${first?.data?.data.change.version}`);
    await confirm(gateway.app, session.token, CARDS.approve);
    await verify(merchant, 'PAYMENT', session.id);
    let change = (await reader.data()).change;
    while (change.session.status !== 'COMPLETED') change = (await reader.data()).change;
    expect(change.version).toBeGreaterThan(Number(first?.id));
    await reader.leave();
  });

  test('sends nothing for a version that the reader knows, and the newest state for an older one', async () => {
    const { session } = await paid(gateway, merchant);
    const by = { token: session.token };
    const all = await subscribe(gateway.app, merchant.publishableKey, { query: WATCH, variables: { by } });
    const { version } = (await all.data()).change;
    await all.leave();
    const known = await subscribe(gateway.app, merchant.publishableKey, { query: WATCH, variables: { by, after: version } });
    const older = await subscribe(gateway.app, merchant.publishableKey, { query: WATCH, variables: { by, after: version - 1 } });
    expect((await older.data()).change).toMatchObject({ version, session: { status: 'COMPLETED' } });
    expect(await Promise.race([known.next(), older.leave().then(() => 'nothing yet')])).toBe('nothing yet');
    await known.leave();
  });

  test('ends with the last state, and sends none twice, when the connection is cut after every message', async () => {
    const session = await start(merchant, 'PAYMENT');
    const versions: number[] = [];
    let seen: Data = null;
    const readOne = async (): Promise<void> => {
      const reader = await subscribe(gateway.app, session.token, watching(session.token, seen?.version));
      seen = (await reader.data()).change;
      await reader.leave();
      versions.push(seen.version);
    };
    await readOne();
    await confirm(gateway.app, session.token, CARDS.decline);
    await verify(merchant, 'PAYMENT', session.id);
    await readOne();
    await confirm(gateway.app, session.token, CARDS.approve);
    await verify(merchant, 'PAYMENT', session.id);
    while (seen.session.status !== 'COMPLETED') await readOne();
    expect(seen.session.attempts).toBe(2);
    expect(versions).toEqual([...new Set(versions)].sort((left, right) => left - right));
  });

  test('does so for the client of graphql-sse too', async () => {
    const session = await start(merchant, 'PAYMENT');
    const variables: Record<string, unknown> = { by: { token: session.token } };
    const client = createClient({
      url: `${await servedAt(gateway.app.listener)}/graphql`,
      headers: { authorization: `Bearer ${session.token}` },
      fetchFn: cutAfterEachMessage,
      retry: () => Promise.resolve(),
    });
    const versions: number[] = [];
    for await (const { data } of client.iterate<Data>({ query: WATCH, variables })) {
      versions.push(data.change.version);
      variables['after'] = data.change.version;
      if (data.change.session.status === 'COMPLETED') break;
      await confirm(gateway.app, session.token, CARDS.approve);
      await verify(merchant, 'PAYMENT', session.id);
    }
    client.dispose();
    expect(versions.length).toBeGreaterThan(1);
    expect(versions).toEqual([...new Set(versions)].sort((left, right) => left - right));
  });

  test('keeps nothing for a slow reader but the newest state', async () => {
    const { deps } = gateway.app;
    const { id, token } = await start(merchant, 'PAYMENT');
    const session = must(await findSession(deps, merchant.scope, { id }));
    const holder = { kind: 'TOKEN', id } as const;
    const states = must(watchSession(deps, { holder, session, afterVersion: session.version, isByToken: false }));
    for (const card of [CARDS.decline, CARDS.decline, CARDS.approve]) {
      await confirm(gateway.app, token, card);
      await verify(merchant, 'PAYMENT', id);
    }
    const { value } = await states.next();
    expect(value.result).toMatchObject({ ok: true, value: { session: { status: 'COMPLETED', attempts: 3 } } });
    const more = states.next();
    await states.return?.();
    expect(await more).toEqual({ done: true, value: undefined });
  });

  test('shows what its credential may see, and its own session only', async () => {
    const session = await start(merchant, 'PAYMENT');
    const [sibling, other] = [await start(merchant, 'PAYMENT'), await gateway.newMerchant()];
    const query = `subscription Watch($by: ClientSessionSelector!) {
      clientSessionChanged(by: $by) { session { metadata billing { billingEmail } events { id } } } }`;
    const see = async (credential: string, by: object) => {
      const reader = await subscribe(gateway.app, credential, { query, variables: { by } });
      const { data, errors } = (await reader.next())?.data ?? {};
      await reader.leave();
      return errors?.[0]?.extensions.code ?? data.clientSessionChanged.session;
    };
    expect((await see(merchant.secretKey, { id: session.id })).billing.billingEmail).toBe('jane@example.com');
    const hidden = { metadata: {}, billing: null, events: [] };
    expect(await see(session.token, { token: session.token })).toEqual(hidden);
    expect(await see(merchant.publishableKey, { token: session.token })).toEqual(hidden);
    expect(await see(merchant.publishableKey, { id: session.id })).toBe('FORBIDDEN');
    expect(await see(session.token, { id: session.id })).toBe('FORBIDDEN');
    expect(await see(sibling.token, { token: session.token })).toBe('SESSION_NOT_FOUND');
    expect(await see(other.publishableKey, { token: session.token })).toBe('SESSION_NOT_FOUND');
    expect(await see(other.secretKey, { id: session.id })).toBe('SESSION_NOT_FOUND');
    expect(await see(other.secretKey, { token: session.token })).toBe('SESSION_NOT_FOUND');
  });

  test('ends where the time of the token that opens it is over', async () => {
    const own = await openGateway();
    const session = await start(await own.newMerchant(), 'PAYMENT');
    const reader = await subscribe(own.app, session.token, watching(session.token));
    await reader.data();
    own.clock.advance(Date.parse(session.tokenExpiresAt) + 3_600_000 - own.clock.now().getTime());
    await own.database.client.$executeRaw`UPDATE sessions SET version = version + 1 WHERE id = ${session.id}::uuid`;
    const end = await reader.next();
    expect(end === null ? null : end.data?.errors?.[0]?.extensions.code).toSatisfy(
      (code) => code === null || code === 'SESSION_NOT_FOUND',
    );
    own.app.drain();
    await own.close();
  });

  test('masks a bug in the stream as in every other answer, and ends', async () => {
    const session = await start(merchant, 'PAYMENT');
    const query = `subscription Watch($by: ClientSessionSelector!) { clientSessionChanged(by: $by) { session { token } } }`;
    const reader = await subscribe(gateway.app, merchant.secretKey, { query, variables: { by: { id: session.id } } });
    expect((await reader.data()).clientSessionChanged.session.token).toBe(session.token);
    await gateway.database.client.$executeRaw`
      UPDATE sessions SET token = '\\x00'::bytea, version = version + 1 WHERE id = ${session.id}::uuid`;
    const { data: message } = (await reader.next()) ?? {};
    expect(message?.data).toBeNull();
    expect(message?.errors?.[0]).toMatchObject({
      message: 'Something broke in the gateway. Quote the request id to its operator.',
      path: ['clientSessionChanged', 'session', 'token'],
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: reader.response.headers.get('x-request-id') },
    });
    expect(await reader.next()).toMatchObject({ event: 'complete' });
    expect(await reader.next()).toBeNull();
  });
});
