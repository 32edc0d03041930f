import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertEvents } from '../../src/events/store.ts';
import { HOUR_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { type Data, type Gateway, openGateway, type TestMerchant } from '../support/gateway.ts';
import { openReceiver, type Received, type Receiver } from '../support/receiver.ts';

const FIELDS = 'id url description eventTypes ordering scheme publicKey isEnabled disabledReason previousSecretUntil';
const CREATE = `mutation Create($data: CreateWebhookEndpointInput!) {
  result: createWebhookEndpoint(data: $data) { secret endpoint { ${FIELDS} } } }`;
const UPDATE = `mutation Update($data: UpdateWebhookEndpointInput!) { result: updateWebhookEndpoint(data: $data) { ${FIELDS} } }`;
const ROTATE = `mutation Rotate($data: RotateWebhookSecretInput!) {
  result: rotateWebhookSecret(data: $data) { secret endpoint { ${FIELDS} } } }`;
const DELETE = 'mutation Delete($id: ID!) { result: deleteWebhookEndpoint(id: $id) }';
const TEST = `mutation Test($id: ID!) {
  result: testWebhookEndpoint(id: $id) { isDelivered status response problem durationMs } }`;
const REPLAY =
  'mutation Replay($data: ReplayWebhookDeliveriesInput!) { result: replayWebhookDeliveries(data: $data) { count nextFrom } }';
const LIST = `{ webhookEndpoints { ${FIELDS} } }`;
const DELIVERIES = '{ webhookDeliveries(first: 100) { edges { node { id eventId status } } } }';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway({ sending: { random: () => 0.5 } });
});
afterAll(() => gateway.close());

const run = async (merchant: TestMerchant, text: string, variables: Record<string, unknown>): Promise<Data> =>
  (await merchant.data(text, variables)).result;

async function connected(data: Record<string, unknown> = {}) {
  const receiver = await openReceiver();
  const merchant = await gateway.newMerchant();
  const { secret, endpoint } = await run(merchant, CREATE, { data: { url: receiver.url, ...data } });
  return { receiver, merchant, secret: secret as string, endpoint };
}

async function append({ scope }: TestMerchant): Promise<void> {
  const { database, clock } = gateway;
  const event = { type: 'session.started', sessionId: randomUUID() } as const;
  await database.inTransaction((tx) => insertEvents(tx, { scope, source: 'API', now: clock.now() }, [event]));
}

/** What the independent package makes of a message. */
const signed = (secret: string, { body, headers }: Received): string =>
  new Webhook(secret).sign(String(headers['webhook-id']), new Date(Number(headers['webhook-timestamp']) * 1_000), body);
const signatureOf = (receiver: Receiver): string => String(receiver.received.at(-1)?.headers['webhook-signature']);

describe('an endpoint', () => {
  test('is created with its defaults, and its secret is shown this once', async () => {
    const { merchant, secret, endpoint, receiver } = await connected();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const defaults = { description: null, eventTypes: [], ordering: 'PER_SESSION', scheme: 'HMAC_SHA256', publicKey: null };
    expect(endpoint).toMatchObject({ url: receiver.url, ...defaults, isEnabled: true, previousSecretUntil: null });
    const listed = await merchant.query(LIST);
    expect(listed.data.webhookEndpoints).toEqual([endpoint]);
    expect(JSON.stringify(listed)).not.toContain(secret);
    await receiver.close();
  });

  test.each([
    ['an address of a private network', { url: 'https://10.1.2.3/hooks' }, 'data.url'],
    ['the metadata of a cloud', { url: 'http://169.254.169.254/latest' }, 'data.url'],
    ['another scheme', { url: 'ftp://shop.example/hooks' }, 'data.url'],
    ['a user in it', { url: 'https://user:secret@shop.example/hooks' }, 'data.url'],
    ['no text', { url: '' }, 'data.url'],
    ['a type that does not exist', { url: 'https://8.8.8.8/hooks', eventTypes: ['session.finished'] }, 'data.eventTypes.0'],
    ['a description with a card number', { url: 'https://8.8.8.8/', description: '4242 4242 4242 4242' }, 'data.description'],
  ])('is not created with %s', async (_what, data, path) => {
    const merchant = await gateway.newMerchant();
    const { errors } = await merchant.query(CREATE, { data });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
    expect(errors[0]?.extensions.issues?.map((issue) => issue.path.join('.'))).toEqual([path]);
    expect((await merchant.data(LIST)).webhookEndpoints).toEqual([]);
  });

  test('is one of 16 at most', async () => {
    const merchant = await gateway.newMerchant();
    const create = () => merchant.query(CREATE, { data: { url: 'https://8.8.8.8/hooks' } });
    const made = await Promise.all(Array.from({ length: 20 }, create));
    const refusals = made.flatMap(({ errors }) => errors.map(({ message }) => message));
    expect(refusals).toHaveLength(4);
    for (const message of refusals) expect(message).toContain('16 endpoints');
    expect((await merchant.data(LIST)).webhookEndpoints).toHaveLength(16);
  });

  test('of another merchant cannot be read, changed, tested, deleted or replayed', async () => {
    const { merchant, endpoint, receiver } = await connected();
    await append(merchant);
    await gateway.pass(0);
    const [{ node: delivery }] = (await merchant.data(DELIVERIES)).webhookDeliveries.edges;
    const other = await gateway.newMerchant();
    const { id } = endpoint;
    expect((await other.data(LIST)).webhookEndpoints).toEqual([]);
    expect((await other.data(DELIVERIES)).webhookDeliveries.edges).toEqual([]);
    for (const [text, variables] of [
      [UPDATE, { data: { id, url: 'https://8.8.8.8/' } }],
      [ROTATE, { data: { id } }],
      [DELETE, { id }],
      [TEST, { id }],
      [REPLAY, { data: { endpointId: id } }],
    ] as const) {
      expect(await other.code(text, variables)).toBe('WEBHOOK_ENDPOINT_NOT_FOUND');
    }
    expect(await other.code(REPLAY, { data: { deliveryId: delivery.id } })).toBe('WEBHOOK_DELIVERY_NOT_FOUND');
    expect((await merchant.data(LIST)).webhookEndpoints).toEqual([endpoint]);
    await gateway.pass(0);
    expect(receiver.received).toHaveLength(1);
    await receiver.close();
  });

  test('keeps what is not named in an update, and takes what is', async () => {
    const { merchant, endpoint, receiver } = await connected({ description: 'orders', eventTypes: ['session.started'] });
    const other = await openReceiver();
    receiver.respond(500);
    await append(merchant);
    await gateway.pass(0);
    const changed = await run(merchant, UPDATE, { data: { id: endpoint.id, url: other.url } });
    expect(changed).toEqual({ ...endpoint, url: other.url });
    const bare = await run(merchant, UPDATE, { data: { id: endpoint.id, description: null, eventTypes: [] } });
    expect(bare).toMatchObject({ description: null, eventTypes: [] });
    await gateway.pass(5 * SECOND_MS);
    expect([receiver.received.length, other.received.length]).toEqual([1, 1]);
    for (const one of [receiver, other]) await one.close();
  });

  test('that is deleted is told of nothing more', async () => {
    const { merchant, endpoint, receiver } = await connected();
    await append(merchant);
    expect(await run(merchant, DELETE, { id: endpoint.id })).toBe(endpoint.id);
    await append(merchant);
    await gateway.pass(0);
    expect(receiver.received).toEqual([]);
    expect((await merchant.data(DELIVERIES)).webhookDeliveries.edges).toEqual([]);
    await receiver.close();
  });

  test('shows what came of a test message', async () => {
    const { merchant, endpoint, receiver, secret } = await connected();
    expect(await run(merchant, TEST, { id: endpoint.id })).toMatchObject({ isDelivered: true, status: 200, problem: null });
    const [message] = receiver.received;
    expect(message).toMatchObject({ type: 'webhook.test', data: { session: null, sequence: null } });
    expect(signatureOf(receiver)).toBe(signed(secret, message as Received));
    receiver.respond(500);
    expect(await run(merchant, TEST, { id: endpoint.id })).toMatchObject({
      isDelivered: false,
      status: 500,
      response: 'status 500',
    });
    await receiver.close();
    const closed = await run(merchant, TEST, { id: endpoint.id });
    expect(closed).toMatchObject({ isDelivered: false, status: null });
    expect(closed.problem).toMatch(/\.$/);
  });
});

describe('a secret', () => {
  test('that was rotated signs beside the new one for as long as asked for', async () => {
    const { merchant, endpoint, receiver, secret: old } = await connected();
    const rotated = await run(merchant, ROTATE, { data: { id: endpoint.id, overlapHours: 2 } });
    const expectSigned = async (...secrets: string[]) => {
      await append(merchant);
      await gateway.pass(0);
      const message = receiver.received.at(-1) as Received;
      expect(signatureOf(receiver)).toBe(secrets.map((secret) => signed(secret, message)).join(' '));
    };
    await expectSigned(rotated.secret, old);
    await gateway.pass(2 * HOUR_MS - 1);
    await expectSigned(rotated.secret, old);
    await gateway.pass(1);
    await expectSigned(rotated.secret);
    await receiver.close();
  });

  test('that was rotated twice within the time leaves the first one signing', async () => {
    const { merchant, endpoint, receiver, secret: first } = await connected();
    const rotate = (overlapHours: number) => run(merchant, ROTATE, { data: { id: endpoint.id, overlapHours } });
    const [second, third] = [(await rotate(4)).secret, (await rotate(2)).secret];
    const expectSigned = async (...secrets: string[]) => {
      await append(merchant);
      await gateway.pass(0);
      const message = receiver.received.at(-1) as Received;
      expect(signatureOf(receiver)).toBe(secrets.map((secret) => signed(secret, message)).join(' '));
    };
    await expectSigned(third, second, first);
    await gateway.pass(2 * HOUR_MS);
    await expectSigned(third, first);
    await gateway.pass(2 * HOUR_MS);
    await expectSigned(third);
    await receiver.close();
  });

  test('that is rotated by several at once signs for each of them', async () => {
    const { merchant, endpoint, receiver, secret: first } = await connected();
    const rotated = await Promise.all([1, 2, 3].map(() => run(merchant, ROTATE, { data: { id: endpoint.id } })));
    await append(merchant);
    await gateway.pass(0);
    const message = receiver.received.at(-1) as Received;
    const all = [first, ...rotated.map(({ secret }) => secret as string)].map((secret) => signed(secret, message));
    expect(new Set(signatureOf(receiver).split(' '))).toEqual(new Set(all));
    await receiver.close();
  });

  test('becomes a key pair, whose public part is shown at any time', async () => {
    const { merchant, endpoint, receiver, secret: old } = await connected();
    const rotated = await run(merchant, ROTATE, { data: { id: endpoint.id, scheme: 'ED25519' } });
    expect(rotated).toMatchObject({ secret: null, endpoint: { scheme: 'ED25519' } });
    const [listed] = (await merchant.data(LIST)).webhookEndpoints;
    expect(listed.publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    await append(merchant);
    await gateway.pass(0);
    const [pair, shared] = signatureOf(receiver).split(' ');
    expect(pair).toMatch(/^v1a,/);
    expect(shared).toBe(signed(old, receiver.received.at(-1) as Received));
    await receiver.close();
  });

  test.each([0, 169])('is not kept for %d hours', async (overlapHours) => {
    const { merchant, endpoint, receiver } = await connected();
    const { errors } = await merchant.query(ROTATE, { data: { id: endpoint.id, overlapHours } });
    expect(errors[0]?.extensions.issues?.[0]?.path).toEqual(['data', 'overlapHours']);
    await receiver.close();
  });
});

describe('an endpoint that is enabled again', () => {
  const missed = async (sendsMissed: boolean) => {
    const { merchant, endpoint, receiver } = await connected();
    await append(merchant);
    await gateway.pass(0);
    receiver.respond(500);
    await append(merchant);
    await gateway.pass(0);
    await run(merchant, UPDATE, { data: { id: endpoint.id, isEnabled: false } });
    await append(merchant);
    await gateway.pass(HOUR_MS);
    receiver.respond(200);
    const before = receiver.received.length;
    await run(merchant, UPDATE, { data: { id: endpoint.id, isEnabled: true, sendsMissed } });
    await gateway.pass(0);
    const after = receiver.received.slice(before).map(({ id }) => id);
    const { edges } = (await merchant.data(DELIVERIES)).webhookDeliveries;
    await receiver.close();
    return { after, first: receiver.received[0]?.id, statuses: edges.map(({ node }: Data) => node.status).sort() };
  };

  test('is sent what it has missed, and nothing that it has', async () => {
    const { after, first, statuses } = await missed(true);
    expect(after).toHaveLength(2);
    expect(after).not.toContain(first);
    expect(statuses).toEqual(['DELIVERED', 'DELIVERED', 'DELIVERED']);
  });

  test('is sent what a transaction appended that was under way meanwhile', async ({ skip }) => {
    const { database } = gateway;
    skip(database.isEmbedded, 'it has one connection, on which nothing is under way meanwhile');
    const { merchant, endpoint, receiver } = await connected();
    await run(merchant, UPDATE, { data: { id: endpoint.id, isEnabled: false } });
    const event = { type: 'session.started', sessionId: randomUUID() } as const;
    const { scope } = merchant;
    const enabled = await database.inTransaction(async (tx) => {
      await insertEvents(tx, { scope, source: 'API', now: gateway.clock.now() }, [event]);
      const enabling = run(merchant, UPDATE, { data: { id: endpoint.id, isEnabled: true, sendsMissed: true } });
      const isEnabled = async () => (await merchant.data(LIST)).webhookEndpoints[0].isEnabled;
      await expect.poll(isEnabled, { timeout: 15_000 }).toBe(true);
      return { enabling };
    });
    await enabled.enabling;
    await gateway.pass(0);
    expect(receiver.received).toHaveLength(1);
    await receiver.close();
  });

  test('is sent nothing of it where that is not asked for', async () => {
    const { after, statuses } = await missed(false);
    expect(after).toEqual([]);
    expect(statuses).toEqual(['DELIVERED', 'DROPPED']);
  });
});

describe('a replay', () => {
  test('of one delivery sends it again under its id', async () => {
    const { merchant, receiver } = await connected();
    await append(merchant);
    await append(merchant);
    await gateway.pass(0);
    const [{ node }] = (await merchant.data(DELIVERIES)).webhookDeliveries.edges;
    expect(await run(merchant, REPLAY, { data: { deliveryId: node.id } })).toEqual({ count: 1, nextFrom: null });
    await gateway.pass(0);
    expect(receiver.received).toHaveLength(3);
    expect(receiver.received.at(-1)?.id).toBe(node.eventId);
    await receiver.close();
  });

  test('of what failed sends nothing else', async () => {
    const { merchant, endpoint, receiver } = await connected({ eventTypes: ['session.started'] });
    await append(merchant);
    await gateway.pass(0);
    receiver.respond(500);
    await append(merchant);
    for (let attempt = 0; attempt < 10; attempt += 1) await gateway.pass((24 * HOUR_MS) / 2);
    for (let attempt = 0; attempt < 10; attempt += 1) await gateway.pass((24 * HOUR_MS) / 2);
    const failed = receiver.received.at(-1)?.id;
    receiver.respond(200);
    await run(merchant, UPDATE, { data: { id: endpoint.id, isEnabled: true, sendsMissed: false } });
    expect(await run(merchant, REPLAY, { data: { endpointId: endpoint.id } })).toEqual({ count: 1, nextFrom: null });
    const before = receiver.received.length;
    await gateway.pass(0);
    expect(receiver.received.slice(before).map(({ id }) => id)).toEqual([failed]);
    await receiver.close();
  });

  test('of an endpoint sends what waits after a failure, with all that waits behind it', async () => {
    const { merchant, endpoint, receiver } = await connected();
    receiver.respond(500);
    const { database, clock } = gateway;
    const event = { type: 'session.started', sessionId: randomUUID() } as const;
    const origin = { scope: merchant.scope, source: 'API', now: clock.now() } as const;
    await database.inTransaction((tx) => insertEvents(tx, origin, [event, event, event]));
    for (const pauseMs of [0, 5 * SECOND_MS, HOUR_MS]) await gateway.pass(pauseMs);
    expect(receiver.received).toHaveLength(3);
    receiver.respond(200);
    await gateway.pass(0);
    expect(receiver.received).toHaveLength(3);
    expect((await run(merchant, REPLAY, { data: { endpointId: endpoint.id } })).count).toBeGreaterThan(0);
    await gateway.pass(0);
    expect(receiver.received.slice(3).map(({ data }) => data.sequence)).toEqual([1, 2, 3]);
    await receiver.close();
  });

  test('of a time sends all of it, also from before the endpoint was there', async () => {
    const merchant = await gateway.newMerchant();
    const receiver = await openReceiver();
    await append(merchant);
    await gateway.pass(HOUR_MS);
    const from = gateway.clock.now();
    await append(merchant);
    const { endpoint } = await run(merchant, CREATE, { data: { url: receiver.url } });
    await append(merchant);
    await gateway.pass(HOUR_MS);
    const to = gateway.clock.now();
    await append(merchant);
    await gateway.pass(0);
    expect(receiver.received).toHaveLength(2);
    expect(await run(merchant, REPLAY, { data: { endpointId: endpoint.id, from, to } })).toEqual({ count: 2, nextFrom: null });
    await gateway.pass(0);
    expect(receiver.received).toHaveLength(4);
    await receiver.close();
  });

  test.each([[{}], [{ deliveryId: randomUUID(), endpointId: randomUUID() }], [{ from: '2026-01-01T00:00:00Z' }]])(
    'of %j is refused, with what to give',
    async (data) => {
      const merchant = await gateway.newMerchant();
      const { errors } = await merchant.query(REPLAY, { data });
      expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
      expect(errors[0]?.message).toContain('`deliveryId`');
    },
  );
});
