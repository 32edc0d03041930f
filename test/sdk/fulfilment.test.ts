import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import Tollgate from '../../packages/sdk/src/client/client.ts';
import { CARDS, newCode, REFUND, start, type TestMerchant, verify } from '../support/gateway.ts';
import { payOver, type ServedGateway, serveGateway } from '../support/served.ts';
import { bodyOf, type Message, newSecret, signed } from './messages.ts';
import { openShop, type Shop } from './shop.ts';

const [OLDER, NEWER] = [newSecret(), newSecret()];

let gateway: ServedGateway;
let merchant: TestMerchant;
let shop: Shop;

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant();
  shop = await openShop({ url: gateway.url, secretKey: merchant.secretKey }, `${OLDER},${NEWER}`);
});
afterAll(async () => {
  await shop.close();
  await gateway.close();
});

async function post({ body, headers }: Message): Promise<{ status: number; text: string }> {
  const response = await fetch(shop.hooks, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text() };
}

async function send(message: Message): Promise<number> {
  return (await post(message)).status;
}

/** The messages of all that happened to a session, as the gateway would send them now. */
async function messagesOf(id: string): Promise<readonly Message[]> {
  const client = new Tollgate({ url: gateway.url, secretKey: merchant.secretKey });
  const { events, transactions, ...found } = await client.events.ofSession({ id });
  return events.map(({ id: eventId, type, sequence, transactionId }) => {
    const transaction = transactions.find((known) => known.id === transactionId) ?? null;
    const previousSequence = sequence === 1 ? null : (sequence ?? 0) - 1;
    const facts = { ...found, amount: '10000', customerId: null, customer: undefined };
    const data = {
      eventId,
      sequence,
      previousSequence,
      session: facts,
      transaction: transaction && { ...transaction, amount: '1' },
    };
    return signed(bodyOf(type, data), [NEWER], new Date());
  });
}

async function pay(): Promise<{ id: string; code: string; transactionId: string }> {
  const code = newCode();
  const { id, token } = await start(merchant, 'PAYMENT', { merchantInternalTransactionCode: code });
  await payOver(gateway.url, token, CARDS.approve);
  const { id: transactionId } = await verify(merchant, 'PAYMENT', id);
  return { id, code, transactionId };
}

describe('the shop of examples/fulfilment', () => {
  test('sends one parcel for a payment, however often each message comes', async () => {
    const { id, code } = await pay();
    const messages = await messagesOf(id);
    expect(messages.length).toBeGreaterThan(2);
    for (const message of messages) for (const _time of [1, 2]) expect(await send(message)).toBe(204);
    expect((await shop.orders())[code]).toEqual({ state: 'shipped', parcels: 1, refunds: 0 });
  });

  test('learns from the gateway what never came', async () => {
    const { id, code, transactionId } = await pay();
    await merchant.data(REFUND, { by: { id: transactionId }, key: newCode() });
    const messages = await messagesOf(id);
    // Only the last one arrives.
    expect(await send(messages.at(-1) as Message)).toBe(204);
    expect((await shop.orders())[code]).toEqual({ state: 'refunded', parcels: 1, refunds: 1 });
    expect(await Promise.all(messages.map(send))).toEqual(messages.map(() => 204));
    expect((await shop.orders())[code]).toEqual({ state: 'refunded', parcels: 1, refunds: 1 });
  });

  test('drops an order that is canceled', async () => {
    const code = newCode();
    const { id } = await start(merchant, 'PAYMENT', { merchantInternalTransactionCode: code });
    await merchant.data('mutation ($id: ID!) { cancelClientSession(by: { id: $id }) { id } }', { id });
    for (const message of await messagesOf(id)) await send(message);
    expect((await shop.orders())[code]).toEqual({ state: 'dropped', parcels: 0, refunds: 0 });
  });

  test('refuses what another key signed, and says why', async () => {
    const message = signed(bodyOf('session.completed'), [newSecret()], new Date());
    expect(await post(message)).toEqual({ status: 400, text: expect.stringContaining('None of the 2 keys fits') });
    expect(Object.keys(await shop.orders())).not.toContain('order-8821 für Zoë');
  });

  test('asks for another attempt when it cannot learn what it missed', async () => {
    const message = signed(bodyOf('session.completed', { sequence: 2, previousSequence: 1 }), [OLDER], new Date());
    expect(await post(message)).toEqual({ status: 500, text: expect.stringContaining('is missing and was not found') });
  });

  test('has about 60 lines', () => {
    const lines = readFileSync(new URL('../../examples/fulfilment/shop.mjs', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeLessThanOrEqual(66);
  });
});
