import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import Tollgate, { type Fetch, TollgateError } from '../../packages/sdk/src/client/client.ts';
import { cutAfterEachMessage } from '../live/reader.ts';
import { CARDS, confirm, type Gateway, openGateway, paid, start, type TestMerchant, verify } from '../support/gateway.ts';
import { servedAt } from '../support/over-port.ts';

let gateway: Gateway;
let merchant: TestMerchant;
let url: string;
beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
  url = await servedAt(gateway.app.listener);
});
afterAll(async () => {
  gateway.app.drain();
  await gateway.close();
});

const clientOf = (fetch?: Fetch, secretKey = merchant.secretKey) => new Tollgate({ url, secretKey, ...(fetch && { fetch }) });

describe('subscribe.session', () => {
  test('goes on over cuts until the loop is left, and gives amounts as bigint', async () => {
    const session = await start(merchant, 'PAYMENT');
    const versions: number[] = [];
    for await (const { version, session: now } of clientOf(cutAfterEachMessage).subscribe.session({ id: session.id })) {
      versions.push(version);
      expect(now).toMatchObject({ id: session.id, amount: 10000n });
      if (now.status === 'COMPLETED') break;
      await confirm(gateway.app, session.token, CARDS.approve);
      await verify(merchant, 'PAYMENT', session.id);
    }
    expect(versions.length).toBeGreaterThan(1);
    expect(versions).toEqual([...new Set(versions)].sort((left, right) => left - right));
    await expect.poll(() => gateway.app.deps.streams.count).toBe(0);
  });

  test('ends by its signal while it waits', async () => {
    const session = await start(merchant, 'PAYMENT');
    const ending = new AbortController();
    const seen: number[] = [];
    for await (const { version } of clientOf().subscribe.session({ id: session.id }, { signal: ending.signal })) {
      seen.push(version);
      setImmediate(() => ending.abort());
    }
    expect(seen).toHaveLength(1);
  });
});

describe('subscribe.events', () => {
  test('misses none and repeats none over cuts', async () => {
    const own = await gateway.newMerchant();
    const { events } = clientOf(cutAfterEachMessage, own.secretKey).subscribe;
    const read: string[] = [];
    let sessionId = '';
    for await (const { event } of events()) {
      if (event === null) sessionId = (await paid(gateway, own)).session.id;
      else read.push(event.id);
      if (event?.type === 'session.completed') break;
    }
    const { edges } = (await own.data('{ events(first: 100) { edges { node { id type sessionId } } } }')).events;
    const last = edges.findIndex(({ node }: { node: { type: string } }) => node.type === 'session.completed');
    expect(read).toEqual(edges.slice(0, last + 1).map(({ node }: { node: { id: string } }) => node.id));
    expect(edges[last].node.sessionId).toBe(sessionId);
  });
});

describe('what ends a subscription', () => {
  const firstOf = async (client: Tollgate, id: string) => {
    for await (const change of client.subscribe.session({ id })) return change;
    return null;
  };

  test('is what no retry can mend', async () => {
    let told: string | null = null;
    const onAuthError = ({ code }: TollgateError) => void (told = code);
    const client = new Tollgate({ url, secretKey: 'sk_test_nobody', onAuthError });
    await expect(firstOf(client, 'x')).rejects.toMatchObject({ name: 'TollgateError', code: 'UNAUTHENTICATED' });
    expect(told).toBe('UNAUTHENTICATED');
    await expect(firstOf(clientOf(), 'x')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    const silent: Fetch = async (...[address, init]) => {
      const { status, headers, text } = await fetch(address, init);
      return { status, headers, text };
    };
    await expect(firstOf(clientOf(silent), (await start(merchant, 'PAYMENT')).id)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });

  test('is not a gateway that is away, full or broken', async () => {
    const { id } = await start(merchant, 'PAYMENT');
    const replies = [
      () => Promise.reject(new TypeError('fetch failed')),
      () => Promise.resolve(new Response('busy', { status: 429, headers: { 'retry-after': '0' } })),
      () => Promise.resolve(new Response('away', { status: 503 })),
      () =>
        Promise.resolve(
          new Response('event: next\ndata: {"errors":[{"message":"No.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}\n\n', {
            headers: { 'content-type': 'text/event-stream' },
          }),
        ),
    ];
    const shaky: Fetch = (...[address, init]) => replies.shift()?.() ?? fetch(address, init);
    expect(await firstOf(clientOf(shaky), id)).toMatchObject({ session: { id } });
    expect(replies).toEqual([]);
  });
});
