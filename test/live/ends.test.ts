import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECOND_MS } from '../../src/kernel/clock.ts';
import { revokeKey } from '../../src/merchants/manage-keys.ts';
import { type Gateway, must, openGateway, PUBLIC_URL, start, type TestMerchant } from '../support/gateway.ts';
import { overPort } from '../support/over-port.ts';
import { FOLLOW, type Reader, subscribe, WATCH } from './reader.ts';

const LIFE_MS = 900 * SECOND_MS;

async function withGateway(streamLimits: Record<string, number>, run: (gateway: Gateway) => Promise<void>): Promise<void> {
  const own = await openGateway({ streamLimits });
  try {
    await run(own);
  } finally {
    own.app.drain();
    await own.close();
  }
}

let gateway: Gateway;
let merchant: TestMerchant;
beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

const follow = (from: Gateway, { secretKey }: TestMerchant) => subscribe(from.app, secretKey, { query: FOLLOW });
const watch = (from: Gateway, { token }: { token: string }) =>
  subscribe(from.app, token, { query: WATCH, variables: { by: { token } } });

/** Resolves when the gateway holds so many streams. */
async function untilOpen({ app }: Gateway, count: number): Promise<void> {
  await expect.poll(() => app.deps.streams.count, { timeout: 5_000, interval: 5 }).toBe(count);
}

async function expectTooMany(reader: Reader): Promise<void> {
  expect(reader.response.status).toBe(429);
  expect(reader.response.headers.get('retry-after')).toBe('5');
  expect(reader.response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(await reader.response.json()).toMatchObject({ errors: [{ extensions: { code: 'TOO_MANY_REQUESTS' } }] });
}

describe('the limits of streams', () => {
  test('a token holds three, and gets a place back when a reader goes away', async () => {
    const session = await start(merchant, 'PAYMENT');
    const readers = [await watch(gateway, session), await watch(gateway, session), await watch(gateway, session)];
    await expectTooMany(await watch(gateway, session));
    const other = await watch(gateway, await start(merchant, 'PAYMENT'));
    expect(other.response.status).toBe(200);
    await readers[0]?.leave();
    await untilOpen(gateway, 3);
    expect((await watch(gateway, session)).response.status).toBe(200);
  });

  test('a key and the process hold as many as they may', () =>
    withGateway({ perKey: 2, perProcess: 3 }, async (own) => {
      const [first, second] = [await own.newMerchant(), await own.newMerchant()];
      await follow(own, first);
      await follow(own, first);
      await expectTooMany(await follow(own, first));
      expect((await follow(own, second)).response.status).toBe(200);
      await expectTooMany(await follow(own, second));
    }));
});

test('the payers of a shop do not share the places of its publishable key', () =>
  withGateway({ perKey: 2 }, async (own) => {
    const owner = await own.newMerchant();
    const pay = ({ token }: { token: string }) =>
      subscribe(own.app, owner.publishableKey, { query: WATCH, variables: { by: { token } } });
    const sessions = [await start(owner, 'PAYMENT'), await start(owner, 'PAYMENT')];
    const statuses = [];
    for (const session of [...sessions, ...sessions, ...sessions]) statuses.push((await pay(session)).response.status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200]);
    await expectTooMany(await pay(sessions[0]));
  }));

describe('the end of a stream', () => {
  test('comes when its time is over, without a word, so that its reader subscribes again', () =>
    withGateway({ lifeMs: LIFE_MS }, async (own) => {
      const reader = await follow(own, await own.newMerchant());
      await reader.data();
      own.clock.advance(LIFE_MS - 1);
      const young = await follow(own, await own.newMerchant());
      await young.data();
      own.clock.advance(1);
      expect(await reader.next()).toBeNull();
      expect(own.app.deps.streams.count).toBe(1);
    }));

  test('comes within seconds of the revocation of its key, as an error and for good', async () => {
    const owner = await gateway.newMerchant();
    const session = await start(owner, 'PAYMENT');
    const byKey = { query: WATCH, variables: { by: { token: session.token } } };
    const reader = await subscribe(gateway.app, owner.publishableKey, byKey);
    await reader.data();
    const kept = await follow(gateway, owner);
    await kept.data();
    const keys = (await owner.data('{ apiKeys { id kind } }')).apiKeys;
    const { id } = keys.find((key: { kind: string }) => key.kind === 'PUBLISHABLE');
    must(await revokeKey(gateway.app.deps, owner.scope, id));
    expect(await reader.next()).toMatchObject({ event: 'next', data: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } });
    expect(await reader.next()).toMatchObject({ event: 'complete' });
    expect(await reader.next()).toBeNull();
    await start(owner, 'PAYMENT');
    expect((await kept.data()).entry.event.type).toBe('session.created');
    await kept.leave();
  });

  test('comes at once when the gateway drains, and no further one begins there', () =>
    withGateway({}, async (own) => {
      const reader = await follow(own, await own.newMerchant());
      await reader.data();
      own.app.drain();
      expect(await reader.next()).toBeNull();
      const late = await follow(own, await own.newMerchant());
      expect(late.response.status).toBe(503);
      expect(late.response.headers.get('retry-after')).toBe('1');
      expect(await late.response.json()).toMatchObject({ errors: [{ extensions: { code: 'SHUTTING_DOWN' } }] });
    }));

  test('comes with its reader, also where that leaves while there is nothing to send', () =>
    withGateway({}, async (own) => {
      const owner = await own.newMerchant();
      const readers = await Promise.all([follow(own, owner), follow(own, owner), watch(own, await start(owner, 'PAYMENT'))]);
      await untilOpen(own, 3);
      await Promise.all(readers.map((reader) => reader.leave()));
      await untilOpen(own, 0);
    }));

  test('comes with its reader, also where that leaves before the first word', () =>
    withGateway({}, async (own) => {
      const { secretKey } = await own.newMerchant();
      const headers = { accept: 'text/event-stream', 'content-type': 'application/json', authorization: `Bearer ${secretKey}` };
      const body = JSON.stringify({ query: FOLLOW });
      const ask = async (): Promise<string> => {
        const leaving = new AbortController();
        const asked = overPort(own.app.listener)(`${PUBLIC_URL}/graphql`, {
          method: 'POST',
          headers,
          body,
          signal: leaving.signal,
        });
        // The request is on its way, and the context of its operation is being made.
        await new Promise((resolve) => setImmediate(resolve));
        leaving.abort();
        return asked.then(
          () => 'answered',
          () => 'left',
        );
      };
      const ends = await Promise.all(Array.from({ length: 20 }, ask));
      expect(ends).toContain('left');
      await untilOpen(own, 0);
      const reader = await follow(own, await own.newMerchant());
      expect(await reader.data()).toMatchObject({ entry: { event: null } });
      await reader.leave();
      await untilOpen(own, 0);
    }));
});
