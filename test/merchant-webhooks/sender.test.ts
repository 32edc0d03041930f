import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertEvents } from '../../src/events/store.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { createSender } from '../../src/merchant-webhooks/sender.ts';
import { type Data, type Gateway, openGateway, paid, type TestMerchant } from '../support/gateway.ts';
import { openReceiver, type Received } from '../support/receiver.ts';

const CREATE = `mutation Create($data: CreateWebhookEndpointInput!) {
  created: createWebhookEndpoint(data: $data) { secret endpoint { id url isEnabled publicKey } }
}`;
const ENDPOINTS = '{ webhookEndpoints { id isEnabled disabledReason failingSince lastSuccessAt } }';
const DELIVERIES = `query Deliveries($endpointId: ID, $sessionId: ID, $status: WebhookDeliveryStatus) {
  webhookDeliveries(endpointId: $endpointId, sessionId: $sessionId, status: $status, first: 100) {
    totalCount edges { node { id eventId eventType sequence status attemptsMade nextAttemptAt lastStatus
      attempts { at status failure response durationMs } } }
  }
}`;

const WAIT = { timeout: 15_000 };

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway({ sending: { random: () => 0.5 } });
});
afterAll(() => gateway.close());

/** A merchant with an endpoint that leads to a receiver of its own. */
async function connected(data: Record<string, unknown> = {}) {
  const receiver = await openReceiver();
  const merchant = await gateway.newMerchant();
  const { created } = await merchant.data(CREATE, { data: { url: receiver.url, ...data } });
  return { receiver, merchant, endpoint: created.endpoint, secret: created.secret as string };
}

async function deliveriesOf(merchant: TestMerchant, filter: Record<string, unknown> = {}): Promise<readonly Data[]> {
  const { webhookDeliveries } = await merchant.data(DELIVERIES, filter);
  return webhookDeliveries.edges.map(({ node }: Data) => node);
}

/** Events of a session of its own, appended in one commit. */
async function append(merchant: TestMerchant, count = 1, sessionId: string = randomUUID()): Promise<string> {
  const { database, clock } = gateway;
  const event = { type: 'session.started', sessionId } as const;
  await database.inTransaction((tx) =>
    insertEvents(
      tx,
      { scope: merchant.scope, source: 'API', now: clock.now() },
      Array.from({ length: count }, () => event),
    ),
  );
  return sessionId;
}

/** What the independent package makes of a message. The clock of the test is not the one that the package verifies by. */
const signed = (secret: string, { body, headers }: Pick<Received, 'body' | 'headers'>): string =>
  new Webhook(secret).sign(String(headers['webhook-id']), new Date(Number(headers['webhook-timestamp']) * 1_000), body);

describe('a payment', () => {
  test('is told to the endpoint in order, signed, and with nothing personal', async () => {
    const { receiver, merchant, secret, endpoint } = await connected();
    const data = {
      billing: {
        billingFirstName: 'Zerafina',
        billingLastName: 'Quill',
        billingEmail: 'z@quill.example',
        billingAddressCountry: 'US',
      },
    };
    const { session, transaction } = await paid(gateway, merchant, { data });
    await gateway.pass(0);
    const log = await merchant.data('{ events(first: 100) { edges { node { id type sequence sessionId } } } }');
    const events: Data[] = log.events.edges.map(({ node }: Data) => node);
    expect(receiver.received.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    expect(receiver.received.map(({ data: { sequence, previousSequence } }) => [sequence, previousSequence])).toEqual(
      events.map((_event, index) => [index + 1, index === 0 ? null : index]),
    );
    for (const { body, headers } of receiver.received) {
      expect(headers['webhook-signature']).toBe(signed(secret, { body, headers }));
      expect(body).not.toMatch(/Zerafina|Quill|quill/);
      expect(Buffer.byteLength(body)).toBeLessThan(4_096);
    }
    const completed = receiver.received.find(({ type }) => type === 'session.completed');
    expect(completed?.data.session).toMatchObject({ id: session.id, status: 'COMPLETED', currency: 'USD', kind: 'PAYMENT' });
    const succeeded = receiver.received.find(({ type }) => type === 'transaction.succeeded');
    expect(succeeded?.data.transaction).toMatchObject({ id: transaction.id, status: 'SUCCEEDED', action: 'PAYMENT' });
    expect(succeeded?.data.transaction.amount).toBe(String(session.amount));
    const all = await deliveriesOf(merchant, { endpointId: endpoint.id, sessionId: session.id });
    expect(new Set(all.map(({ status, attemptsMade, lastStatus }) => `${status} ${attemptsMade} ${lastStatus}`))).toEqual(
      new Set(['DELIVERED 1 200']),
    );
    await receiver.close();
  });

  test('is told to no endpoint of another merchant or environment, nor of other types', async () => {
    const [own, other] = [await connected({ eventTypes: ['session.completed'] }), await connected()];
    await paid(gateway, own.merchant);
    await gateway.pass(0);
    expect(own.receiver.received.map(({ type }) => type)).toEqual(['session.completed']);
    expect(own.receiver.received[0]?.data.previousSequence).toBe(null);
    expect(own.receiver.received[0]?.data.sequence).toBeGreaterThan(1);
    expect(other.receiver.received).toEqual([]);
    expect(await deliveriesOf(other.merchant)).toEqual([]);
    for (const { receiver } of [own, other]) await receiver.close();
  });
});

describe('a delivery that fails', () => {
  test('is attempted ten times within 75 hours and 35 minutes under one id, and each time signed anew', async () => {
    const { receiver, merchant, secret } = await connected({ eventTypes: ['session.started'] });
    receiver.respond(500);
    const start = gateway.clock.now();
    await append(merchant);
    await gateway.pass(0);
    for (const pauseMs of [
      5 * SECOND_MS,
      5 * MINUTE_MS,
      30 * MINUTE_MS,
      ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
    ]) {
      await gateway.pass(pauseMs - 1);
      const before = receiver.received.length;
      await gateway.pass(1);
      expect(receiver.received.length).toBe(before + 1);
    }
    await gateway.pass(30 * DAY_MS - (gateway.clock.now().getTime() - start.getTime()) - 1);
    expect(receiver.received).toHaveLength(10);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(10);
    for (const { body, headers } of receiver.received) {
      expect(headers['webhook-signature']).toBe(signed(secret, { body, headers }));
    }
    const [delivery] = await deliveriesOf(merchant);
    expect(delivery).toMatchObject({ status: 'FAILED', attemptsMade: 10, nextAttemptAt: null, lastStatus: 500 });
    expect(delivery.attempts).toHaveLength(10);
    expect(delivery.attempts[0]).toMatchObject({ status: 500, response: 'status 500', failure: null });
    await receiver.close();
  });

  test('waits as long as the receiver asks for, but at most twice the planned pause', async () => {
    const { receiver, merchant } = await connected();
    receiver.respond((_message, response) => void response.writeHead(429, { 'retry-after': '7' }).end());
    await append(merchant);
    await gateway.pass(0);
    await gateway.pass(7 * SECOND_MS - 1);
    expect(receiver.received).toHaveLength(1);
    receiver.respond((_message, response) => void response.writeHead(503, { 'retry-after': '86400' }).end());
    await gateway.pass(1);
    expect(receiver.received).toHaveLength(2);
    await gateway.pass(10 * MINUTE_MS);
    expect(receiver.received).toHaveLength(3);
    await receiver.close();
  });

  test('holds back what follows in its session only, and everything is told in order in the end', async () => {
    const { receiver, merchant, endpoint } = await connected();
    const [slow, quick] = [await append(merchant, 3), await append(merchant, 3)];
    const slowIds = new Set((await deliveriesOf(merchant, { sessionId: slow })).map(({ eventId }) => eventId));
    receiver.respond((message, response) => void response.writeHead(slowIds.has(message.id) ? 500 : 204).end());
    await gateway.pass(0);
    const told = () => receiver.received.map(({ id, data }) => `${slowIds.has(id) ? 'slow' : 'quick'} ${data.sequence}`);
    expect(told().filter((one) => one.startsWith('slow'))).toEqual(['slow 1']);
    expect(told().filter((one) => one.startsWith('quick'))).toEqual(['quick 1', 'quick 2', 'quick 3']);
    receiver.respond(200);
    await gateway.pass(5 * SECOND_MS);
    expect(told().filter((one) => one.startsWith('slow'))).toEqual(['slow 1', 'slow 1', 'slow 2', 'slow 3']);
    expect(await deliveriesOf(merchant, { endpointId: endpoint.id, sessionId: quick, status: 'PENDING' })).toEqual([]);
    await receiver.close();
  });

  test('holds back nothing where the endpoint asks for no order', async () => {
    const { receiver, merchant } = await connected({ ordering: 'NONE' });
    receiver.respond((message, response) => void response.writeHead(message.data.sequence === 1 ? 500 : 200).end());
    await append(merchant, 3);
    await gateway.pass(0);
    expect(receiver.received.map(({ data }) => data.sequence).sort()).toEqual([1, 2, 3]);
    await receiver.close();
  });
});

describe('an endpoint', () => {
  test('that responds with 410 is disabled, and told of nothing more', async () => {
    const { receiver, merchant } = await connected();
    receiver.respond(410);
    await append(merchant);
    await gateway.pass(0);
    await append(merchant);
    await gateway.pass(DAY_MS);
    expect(receiver.received).toHaveLength(1);
    const [endpoint] = (await merchant.data(ENDPOINTS)).webhookEndpoints;
    expect(endpoint).toMatchObject({ isEnabled: false, disabledReason: 'GONE' });
    const { events } = await merchant.data('{ events(first: 100) { edges { node { type isAlert } } } }');
    expect(events.edges.at(-1).node).toEqual({ type: 'session.started', isAlert: false });
    expect(events.edges.map(({ node }: Data) => node)).toContainEqual({ type: 'webhook_endpoint.disabled', isAlert: true });
    await receiver.close();
  });

  test('that fails for 120 hours is disabled, after an alert on the first and the third day; one success forgives', async () => {
    const { receiver, merchant } = await connected({ ordering: 'NONE' });
    const other = await openReceiver();
    await merchant.data(CREATE, {
      data: { url: other.url, eventTypes: ['webhook_endpoint.failing', 'webhook_endpoint.disabled'] },
    });
    const alerts = () => other.received.map(({ type }) => type);
    const failFor = async (hours: number) => {
      for (let hour = 0; hour < hours; hour += 6) {
        await append(merchant);
        await gateway.pass(6 * HOUR_MS);
      }
    };
    receiver.respond(500);
    await append(merchant);
    await gateway.pass(0);
    await failFor(24);
    expect(alerts()).toEqual(['webhook_endpoint.failing']);
    receiver.respond(200);
    await failFor(6);
    const [healthy] = (await merchant.data(ENDPOINTS)).webhookEndpoints;
    expect(healthy.failingSince).toBe(null);
    receiver.respond(500);
    await failFor(66);
    expect(alerts()).toEqual(['webhook_endpoint.failing', 'webhook_endpoint.failing']);
    await failFor(60);
    expect(alerts()).toEqual([
      'webhook_endpoint.failing',
      'webhook_endpoint.failing',
      'webhook_endpoint.failing',
      'webhook_endpoint.disabled',
    ]);
    const [disabled] = (await merchant.data(ENDPOINTS)).webhookEndpoints;
    expect(disabled).toMatchObject({ isEnabled: false, disabledReason: 'FAILING' });
    for (const one of [receiver, other]) await one.close();
  });

  test('that nobody answers at keeps no other endpoint waiting', async () => {
    const merchant = await gateway.newMerchant();
    const [hanging, good] = [await openReceiver(), await openReceiver()];
    for (const { url } of [hanging, good]) await merchant.data(CREATE, { data: { url } });
    const held: (() => void)[] = [];
    hanging.respond((_message, response) => void held.push(() => response.writeHead(200).end()));
    for (let index = 0; index < 12; index += 1) await append(merchant);
    const sender = createSender(gateway.app.deps, {});
    sender.start();
    await expect.poll(() => good.received.length, WAIT).toBe(12);
    // Eight at once, and no more until one has ended.
    expect(hanging.received).toHaveLength(8);
    hanging.respond(200);
    for (const answer of held) answer();
    await expect.poll(() => hanging.received.length, WAIT).toBe(12);
    await sender.stop(SECOND_MS);
    for (const one of [hanging, good]) await one.close();
  });
});

test('several processes share the work: each delivery is made by one of them', async () => {
  const { receiver, merchant } = await connected();
  for (let index = 0; index < 40; index += 1) await append(merchant);
  const senders = [gateway.app.sender, createSender(gateway.app.deps, {}), createSender(gateway.app.deps, {})];
  await Promise.all(senders.map((sender) => sender.runDue()));
  expect(receiver.received).toHaveLength(40);
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(40);
  await receiver.close();
});

test('a sender that is stopped ends what is under way, and the delivery is made again at once by another', async () => {
  const { receiver, merchant } = await connected();
  receiver.respond(() => {});
  await append(merchant);
  const sender = createSender(gateway.app.deps, {});
  const sending = sender.runDue();
  await expect.poll(() => receiver.received.length, WAIT).toBe(1);
  await sender.stop(100);
  await sending;
  receiver.respond(200);
  await gateway.pass(0);
  expect(receiver.received.map(({ id }) => id)).toHaveLength(2);
  const [delivery] = await deliveriesOf(merchant);
  expect(delivery.status).toBe('DELIVERED');
  await receiver.close();
});

test('a sender that runs finds new events by itself, and none once it is stopped', async () => {
  const { receiver, merchant } = await connected();
  const sender = createSender(gateway.app.deps);
  sender.start();
  await append(merchant);
  await expect.poll(() => receiver.received.length, WAIT).toBe(1);
  await sender.stop(SECOND_MS);
  await append(merchant);
  await gateway.pass(0);
  expect(receiver.received).toHaveLength(2);
  await receiver.close();
});

describe('a sender outlives', () => {
  test('a secret that cannot be opened: other endpoints are told, and it is tried again', async () => {
    const { receiver, merchant, endpoint } = await connected();
    const other = await openReceiver();
    await merchant.data(CREATE, { data: { url: other.url } });
    const { client } = gateway.database;
    const { secret } = await client.webhookEndpoint.findUniqueOrThrow({ where: { id: endpoint.id } });
    await client.webhookEndpoint.update({ where: { id: endpoint.id }, data: { secret: secret.map((byte) => byte ^ 1) } });
    await append(merchant);
    await gateway.pass(0);
    expect([receiver.received.length, other.received.length]).toEqual([0, 1]);
    expect(gateway.logLines.some((line) => line.includes('a webhook could not be sent'))).toBe(true);
    await client.webhookEndpoint.update({ where: { id: endpoint.id }, data: { secret } });
    await gateway.pass(MINUTE_MS);
    expect(receiver.received).toHaveLength(1);
    for (const one of [receiver, other]) await one.close();
  });

  test('a database that takes nothing when an attempt has ended: it is recorded later, and not made again', async () => {
    const { receiver, merchant } = await connected();
    const { database } = gateway.app.deps;
    let isAway = false;
    const away = () => Promise.reject(new Error('away'));
    const client = new Proxy(database.client, {
      get: (target, name) => (isAway && name === '$executeRaw' ? away : Reflect.get(target, name)),
    });
    const sender = createSender({ ...gateway.app.deps, database: { ...database, client } });
    receiver.respond((_message, response) => {
      isAway = true;
      response.writeHead(200).end();
    });
    await append(merchant);
    await expect(sender.runDue()).rejects.toThrow('away');
    isAway = false;
    await sender.runDue();
    await gateway.pass(HOUR_MS);
    expect(receiver.received).toHaveLength(1);
    expect(await deliveriesOf(merchant)).toMatchObject([{ status: 'DELIVERED', attemptsMade: 1 }]);
    await receiver.close();
  });
});
