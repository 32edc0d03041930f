import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import Tollgate from '../../packages/sdk/src/client/client.ts';
import {
  createInbox,
  createMemoryStore,
  type EventReader,
  verify as verifyMessage,
  type WebhookEvent,
  WebhookGapError,
} from '../../packages/sdk/src/webhooks/webhooks.ts';
import { CARDS, REFUND, start, type TestMerchant, verify } from '../support/gateway.ts';
import { openReceiver } from '../support/receiver.ts';
import { payOver, type ServedGateway, serveGateway } from '../support/served.ts';
import { bodyOf } from './messages.ts';

const CREATE = `mutation Create($data: CreateWebhookEndpointInput!) {
  created: createWebhookEndpoint(data: $data) { secret endpoint { id } } }`;

const SESSION_ID = randomUUID();
const idOf = (sequence: number) => `019aa3b0-0000-7000-8000-${`${sequence}`.padStart(12, '0')}`;

/** A message of the one session, as the gateway sends it to an endpoint that gets every type. */
function message(sequence: number, data: Record<string, unknown> = {}): WebhookEvent {
  const { type, timestamp, data: facts } = JSON.parse(bodyOf('session.active'));
  const previousSequence = sequence === 1 ? null : sequence - 1;
  const session = { ...facts.session, id: SESSION_ID };
  return { type, timestamp, data: { ...facts, eventId: idOf(sequence), sequence, previousSequence, session, ...data } };
}

/** A gateway whose log has this many events of the session, and counts how often it is asked. */
function gatewayWith(count: number) {
  const asked: string[] = [];
  const events = Array.from({ length: count }, (_, index) => ({
    id: idOf(index + 1),
    type: index % 2 === 0 ? 'session.active' : 'session.processing',
    source: 'JOB',
    isAlert: false,
    sessionId: SESSION_ID,
    transactionId: null,
    customerId: null,
    sequence: index + 1,
    data: {},
    createdAt: '2026-11-27T00:00:00.000Z',
  }));
  const session = { __typename: 'PaymentSession', id: SESSION_ID, amount: 10000n, customer: null, transactions: [], events };
  const client = {
    events: {
      ofSession: async ({ id }: { id: string }) => {
        asked.push(id);
        if (count === 0) throw Object.assign(new Error('No session.'), { code: 'SESSION_NOT_FOUND' });
        return session;
      },
    },
  } as unknown as EventReader;
  return { client, asked };
}

/** An inbox that keeps the sequences that it handles. */
function openInbox(count: number, options: { types?: readonly string[]; fail?: (sequence: number) => void } = {}) {
  const handled: (number | null)[] = [];
  const { client, asked } = gatewayWith(count);
  const store = createMemoryStore();
  const inbox = createInbox({ client, store, types: options.types });
  const receive = (event: WebhookEvent) =>
    inbox.receive(event, async ({ data }) => {
      // Others have their turn meanwhile.
      await new Promise(setImmediate);
      options.fail?.(data.sequence ?? 0);
      handled.push(data.sequence);
    });
  return { receive, handled, asked, store };
}

describe('the inbox', () => {
  test('hands on what arrives in order, and asks the gateway for nothing', async () => {
    const { receive, handled, asked } = openInbox(3);
    for (const sequence of [1, 2, 3]) await receive(message(sequence));
    expect(handled).toEqual([1, 2, 3]);
    expect(asked).toEqual([]);
  });

  test('fetches what was missed, and hands it on before', async () => {
    const { receive, handled, asked } = openInbox(5);
    await receive(message(1));
    const due = await receive(message(5));
    expect(handled).toEqual([1, 2, 3, 4, 5]);
    expect(due.map(({ data }) => [data.sequence, data.previousSequence])).toEqual([
      [2, 1],
      [3, 2],
      [4, 3],
      [5, 4],
    ]);
    expect(asked).toEqual([SESSION_ID]);
  });

  test('fetches from the start where it knows nothing of a session', async () => {
    const { receive, handled } = openInbox(3);
    const [first] = await receive(message(3));
    expect(handled).toEqual([1, 2, 3]);
    expect(first?.data.previousSequence).toBeNull();
  });

  test('takes a sequence for complete where the endpoint does not get what is between', async () => {
    const { receive, handled, asked } = openInbox(5);
    await receive(message(1));
    await receive(message(5, { previousSequence: 1 }));
    expect(handled).toEqual([1, 5]);
    expect(asked).toEqual([]);
  });

  test('fetches the types of the endpoint only, where it is told them', async () => {
    const { receive, handled } = openInbox(7, { types: ['session.active'] });
    await receive(message(1));
    const due = await receive(message(7, { previousSequence: 5 }));
    expect(handled).toEqual([1, 3, 5, 7]);
    expect(due.map(({ data }) => data.previousSequence)).toEqual([1, 3, 5]);
  });

  test('ignores a duplicate, and what arrives after its successor', async () => {
    const { receive, handled, asked } = openInbox(3);
    await receive(message(3));
    for (const sequence of [3, 2, 1]) expect(await receive(message(sequence))).toEqual([]);
    expect(handled).toEqual([1, 2, 3]);
    // For the gap, and for each place before the last one.
    expect(asked).toHaveLength(3);
  });

  test('hands on new events at known places, as after a restore of the gateway, and goes on from there', async () => {
    const { receive, handled, store } = openInbox(3);
    for (const sequence of [1, 2, 3]) await receive(message(sequence));
    store.set(SESSION_ID, 5, 'an event that was lost');
    const again = message(4, { eventId: randomUUID() });
    expect(await receive(again)).toEqual([again]);
    expect(await receive(again)).toEqual([]);
    const replaced = message(5, { eventId: randomUUID() });
    await receive(replaced);
    store.set(SESSION_ID, 5, 'an event that was lost');
    expect(await receive(replaced)).toEqual([replaced]);
    await receive(message(6));
    expect(handled).toEqual([1, 2, 3, 4, 5, 5, 6]);
  });

  test('takes all at known places for duplicates with a store that keeps the sequence alone', async () => {
    const sequences = new Map<string, number>();
    const { client, asked } = gatewayWith(3);
    const set = (key: string, sequence: number) => void sequences.set(key, sequence);
    const inbox = createInbox({ client, store: { get: (key) => sequences.get(key), set } });
    await inbox.receive(message(2, { previousSequence: null }), () => {});
    for (const sequence of [1, 2]) {
      expect(await inbox.receive(message(sequence, { eventId: randomUUID() }), () => {})).toEqual([]);
    }
    expect(asked).toEqual([]);
  });

  test('handles an event of no session once', async () => {
    const { receive, handled } = openInbox(0);
    const alone = message(1, { session: null, sequence: null, previousSequence: null });
    for (const event of [alone, alone, message(1, { ...alone.data, eventId: randomUUID() })]) await receive(event);
    expect(handled).toEqual([null, null]);
  });

  test('goes on behind the last success when a handler fails', async () => {
    let isDown = true;
    const fail = (sequence: number) => {
      if (isDown && sequence === 3) throw new Error('The database is down.');
    };
    const { receive, handled } = openInbox(4, { fail });
    await expect(receive(message(4))).rejects.toThrow('The database is down.');
    expect(handled).toEqual([1, 2]);
    isDown = false;
    await receive(message(4));
    expect(handled).toEqual([1, 2, 3, 4]);
  });

  test('handles each event once and in order when all arrive at once, in any order', async () => {
    const { receive, handled } = openInbox(6);
    await Promise.all([4, 1, 6, 2, 2, 5, 3].map((sequence) => receive(message(sequence))));
    expect(handled).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('throws what the client throws, and remembers nothing then', async () => {
    const handled: unknown[] = [];
    const client = { events: { ofSession: () => Promise.reject(new Error('The gateway did not answer.')) } };
    const inbox = createInbox({ client, store: createMemoryStore() });
    for (const _attempt of [1, 2]) {
      await expect(inbox.receive(message(2), (event) => handled.push(event))).rejects.toThrow('The gateway did not answer.');
    }
    expect(handled).toEqual([]);
  });

  test('lets an event wait that arrives while an earlier one has its turn, and forgets the session with the last', async () => {
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const under: number[] = [];
    const most: number[] = [];
    const forgotten = vi.spyOn(Map.prototype, 'delete');
    const { client } = gatewayWith(3);
    const inbox = createInbox({ client, store: { get: () => 0, set: () => {} } });
    const receive = (sequence: number) =>
      inbox.receive(message(sequence, { previousSequence: null }), async () => {
        most.push(under.push(sequence));
        if (sequence === 2) await gate;
        await new Promise(setImmediate);
        under.pop();
      });
    const [first, second] = [receive(1), receive(2)];
    await first;
    const third = receive(3);
    await new Promise(setImmediate);
    expect(forgotten).not.toHaveBeenCalledWith(SESSION_ID);
    open();
    await Promise.all([second, third]);
    expect(most).toEqual([1, 1, 1]);
    expect(forgotten.mock.calls.filter(([key]) => key === SESSION_ID)).toHaveLength(1);
    forgotten.mockRestore();
  });

  test('handles no event before a gap that the gateway cannot close', async () => {
    const { receive, handled } = openInbox(2);
    const error = await receive(message(5)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WebhookGapError);
    expect(error).toMatchObject({ sessionId: SESSION_ID, missing: 3, message: expect.stringContaining('same merchant') });
    expect(handled).toEqual([]);
    await expect(openInbox(0).receive(message(2))).rejects.toThrow(WebhookGapError);
  });
});

test('the memory store keeps 100,000 keys and forgets the oldest', () => {
  const store = createMemoryStore();
  for (let key = 0; key <= 100_000; key += 1) store.set(`${key}`, 1, 'event');
  store.set('1', 2, 'event');
  store.set('new', 1, 'event');
  const sequences = ['0', '1', '2', '3'].map((key) => store.get(key)?.sequence);
  expect(sequences).toEqual([undefined, 2, undefined, 1]);
});

describe('a gap is closed from the log of a real gateway', () => {
  let gateway: ServedGateway;
  let merchant: TestMerchant;
  beforeAll(async () => {
    gateway = await serveGateway();
    merchant = await gateway.newMerchant();
  });
  afterAll(() => gateway.close());

  test('with all that the events of a payment hold', async () => {
    const session = await start(merchant, 'PAYMENT');
    await payOver(gateway.url, session.token, CARDS.approve);
    await verify(merchant, 'PAYMENT', session.id);
    const client = new Tollgate({ url: gateway.url, secretKey: merchant.secretKey });
    const logged = (await client.events.ofSession({ id: session.id }))?.events ?? [];
    const last = logged.length;
    expect(logged.map(({ sequence }) => sequence)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    const handled: WebhookEvent[] = [];
    const data = { session: { ...message(1).data.session, id: session.id }, sequence: last + 1, previousSequence: last };
    const inbox = createInbox({ client, store: createMemoryStore() });
    const unknown = inbox.receive(message(1, { ...data, sequence: last + 2, previousSequence: last + 1 }), () => {});
    await expect(unknown).rejects.toThrow(WebhookGapError);
    await inbox.receive(message(1, data), (event) => void handled.push(event));
    expect(handled.map(({ data: { eventId } }) => eventId).slice(0, -1)).toEqual(logged.map(({ id }) => id));
    const completed = handled.find(({ type }) => type === 'session.completed');
    const { id, merchantInternalTransactionCode, currency } = session;
    expect(completed).toMatchObject({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: {
        environment: 'TEST',
        isAlert: false,
        session: { id, kind: 'PAYMENT', status: 'COMPLETED', amount: session.amount, currency, merchantInternalTransactionCode },
      },
    });
    const paid = handled.find(({ type }) => type === 'transaction.succeeded');
    expect(paid?.data.transaction).toMatchObject({ action: 'PAYMENT', status: 'SUCCEEDED', amount: session.amount, currency });
    expect(Object.keys(paid?.data ?? {}).sort()).toEqual(Object.keys(message(1).data).sort());
  });

  test('with the very messages that the gateway would have sent', async () => {
    const receiver = await openReceiver();
    const connected = await gateway.newMerchant();
    const { created } = await connected.data(CREATE, { data: { url: receiver.url } });
    const session = await start(connected, 'PAYMENT', {
      customer: { merchantInternalCustomerCode: 'customer-1' },
      storePaymentMethod: true,
    });
    await payOver(gateway.url, session.token, CARDS.decline);
    await verify(connected, 'PAYMENT', session.id);
    await payOver(gateway.url, session.token, CARDS.approve);
    const { id } = await verify(connected, 'PAYMENT', session.id);
    await connected.data(REFUND, { by: { id }, amount: '1234', key: 'refund-1' });
    await gateway.pass(0);
    const sent = await Promise.all(
      receiver.received.map(({ body, headers }) =>
        verifyMessage(body, headers, { keys: created.secret, now: gateway.clock.now }),
      ),
    );
    expect(sent.length).toBeGreaterThan(5);
    const client = new Tollgate({ url: gateway.url, secretKey: connected.secretKey });
    const handled = await createInbox({ client, store: createMemoryStore() }).receive(sent.at(-1) as WebhookEvent, () => {});
    // Each is as it was when it was sent, so all are compared as they are now.
    expect(sent.map(({ data }) => data.sequence)).toEqual(sent.map((_event, index) => index + 1));
    expect(handled).toEqual(sent);
    await receiver.close();
  });

  test('of another merchant, nothing is found', async () => {
    const session = await start(merchant, 'PAYMENT');
    const stranger = await gateway.newMerchant();
    const client = new Tollgate({ url: gateway.url, secretKey: stranger.secretKey });
    const inbox = createInbox({ client, store: createMemoryStore() });
    const data = { session: { ...message(1).data.session, id: session.id }, sequence: 2, previousSequence: 1 };
    await expect(inbox.receive(message(2, data), () => {})).rejects.toMatchObject({ name: 'WebhookGapError', missing: 1 });
    expect(await inbox.receive(message(1, { ...data, sequence: 1, previousSequence: null }), () => {})).toHaveLength(1);
  });
});
