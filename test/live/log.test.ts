import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Data, type Gateway, openGateway, paid, start, type TestMerchant } from '../support/gateway.ts';
import { servedAt } from '../support/over-port.ts';
import { cutAfterEachMessage, FOLLOW, type Reader, subscribe } from './reader.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const LIST = 'query List($after: String) { events(first: 100, after: $after) { edges { cursor node { id } } } }';

/** An event is seen once no older writing transaction of the whole server is open, also one of another test. */
async function wholeLog(merchant: TestMerchant): Promise<Data> {
  const count = await gateway.database.client.event.count({ where: { merchantId: merchant.scope.merchantId } });
  return vi.waitFor(async () => {
    const { edges } = (await merchant.data(LIST)).events;
    expect(edges).toHaveLength(count);
    return edges;
  }, 30_000);
}

describe('eventAppended', () => {
  test('begins at the end of the log where no cursor is given, and names that place first', async () => {
    const merchant = await gateway.newMerchant();
    await paid(gateway, merchant);
    const edges = await wholeLog(merchant);
    const reader = await subscribe(gateway.app, merchant.secretKey, { query: FOLLOW });
    expect((await reader.data()).entry).toEqual({ cursor: edges.at(-1).cursor, event: null });
    const session = await start(merchant, 'PAYMENT');
    const next = await reader.next();
    expect(next).toMatchObject({ data: { data: { entry: { event: { type: 'session.created', sessionId: session.id } } } } });
    expect(next?.id).toBe(next?.data?.data.entry.cursor);
    await reader.leave();
  });

  test('begins before the first event where the log is empty', async () => {
    const merchant = await gateway.newMerchant();
    const reader = await subscribe(gateway.app, merchant.secretKey, { query: FOLLOW });
    const { cursor } = (await reader.data()).entry;
    await reader.leave();
    await start(merchant, 'PAYMENT');
    const later = await subscribe(gateway.app, merchant.secretKey, { query: FOLLOW, variables: { after: cursor } });
    expect((await later.data()).entry.event.type).toBe('session.created');
    await later.leave();
  });

  test('loses nothing and repeats nothing when the connection is cut after every message', async () => {
    const merchant = await gateway.newMerchant();
    const read: string[] = [];
    let after: string | null = null;
    const readOne = async (): Promise<void> => {
      const reader: Reader = await subscribe(gateway.app, merchant.secretKey, { query: FOLLOW, variables: { after } });
      const { cursor, event } = (await reader.data()).entry;
      await reader.leave();
      after = cursor;
      if (event !== null) read.push(event.id);
    };
    await readOne();
    await Promise.all([paid(gateway, merchant), paid(gateway, merchant), start(merchant, 'AUTHORIZATION')]);
    const all = (await merchant.data(LIST)).events.edges.map(({ node }: Data) => node.id);
    for (const _each of all) await readOne();
    expect(read).toEqual(all);
  });

  test('loses nothing and repeats nothing for the client of graphql-sse whose connection is cut after every message', async () => {
    const merchant = await gateway.newMerchant();
    const { cursor } = await placeOf(merchant.secretKey);
    await Promise.all([paid(gateway, merchant), paid(gateway, merchant)]);
    const all = (await merchant.data(LIST)).events.edges.map(({ node }: Data) => node.id);
    const variables = { after: cursor };
    const client = createClient({
      url: `${await servedAt(gateway.app.listener)}/graphql`,
      headers: { authorization: `Bearer ${merchant.secretKey}` },
      fetchFn: cutAfterEachMessage,
      retry: () => Promise.resolve(),
    });
    const read: string[] = [];
    for await (const { data } of client.iterate<Data>({ query: FOLLOW, variables })) {
      // The client sends the same request again: what it knows by now is a variable of it.
      variables.after = data.entry.cursor;
      read.push(data.entry.event.id);
      if (read.length === all.length) break;
    }
    client.dispose();
    expect(read).toEqual(all);
  });

  test('refuses a cursor that is none, and one of another merchant, as an error in the stream', async () => {
    const [merchant, other] = [await gateway.newMerchant(), await gateway.newMerchant()];
    await start(other, 'PAYMENT');
    const foreign = (await other.data(LIST)).events.edges[0].cursor;
    for (const after of ['nonsense', foreign]) {
      const reader = await subscribe(gateway.app, merchant.secretKey, { query: FOLLOW, variables: { after } });
      expect(await reader.next()).toMatchObject({
        event: 'next',
        data: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
      });
      expect(await reader.next()).toMatchObject({ event: 'complete' });
      expect(await reader.next()).toBeNull();
    }
  });

  test('shows no event of another merchant', async () => {
    const [merchant, other] = [await gateway.newMerchant(), await gateway.newMerchant()];
    const reader = await subscribe(gateway.app, merchant.secretKey, { query: FOLLOW });
    await reader.data();
    await paid(gateway, other);
    const session = await start(merchant, 'PAYMENT');
    expect((await reader.data()).entry.event.sessionId).toBe(session.id);
    await reader.leave();
  });
});

async function placeOf(secretKey: string): Promise<{ cursor: string }> {
  const reader = await subscribe(gateway.app, secretKey, { query: FOLLOW });
  const { entry } = await reader.data();
  await reader.leave();
  return entry;
}
