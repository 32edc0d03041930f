import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import Tollgate, { COUNTRY_ISO_2, CURRENCY } from '../../packages/sdk/src/client/client.ts';
import { MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { openVendorLane } from '../accrupay/lanes.ts';
import { control } from '../simulator/simulator-world.ts';
import { CARDS, type Data, newCode, type TestMerchant } from '../support/gateway.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { openShop, type Shop } from './shop.ts';

const CREATE = `mutation Create($data: CreateWebhookEndpointInput!) {
  created: createWebhookEndpoint(data: $data) { secret endpoint { id } } }`;
const UPDATE = 'mutation Update($data: UpdateWebhookEndpointInput!) { updateWebhookEndpoint(data: $data) { id } }';
const DELIVERIES = '{ webhookDeliveries(first: 100) { totalCount edges { node { eventType status attemptsMade } } } }';
/** The shop's clock is the machine's. The gateway's begins behind it, so that all attempts of the test are within the tolerance. */
const BEHIND_MS = 4 * MINUTE_MS;
const STARTS_MAX = 10;
const ROUNDS_MAX = 60;

let gateway: ServedGateway;
let merchant: TestMerchant;
let simulator: Simulator;

beforeAll(async () => {
  gateway = await serveGateway();
  gateway.clock.advance(Date.now() - BEHIND_MS - gateway.clock.now().getTime());
  merchant = await gateway.newMerchant();
  const { database, clock, log, vault } = gateway;
  simulator = await createSimulator({ database, clock, sign: vault.fingerprint, log, host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await simulator.close();
  await gateway.close();
});

/** Faults of the vendors, each for the next calls of its kind. */
const FAULTS: readonly (readonly [call: string, fault: string, times: number])[] = [
  ['payment_intents.create', 'reset-after', 1],
  ['payment_intents.create', '429', 1],
  ['payment_intents.retrieve', '503', 2],
  ['refunds.create', '500-after', 1],
  ['openOrder', 'reset-before', 1],
  ['openOrder', 'html', 1],
  ['getPaymentStatus', '500', 1],
  ['refundTransaction', 'reset-after', 1],
];

/** Repeats the start, as any shop would, until the payer can pay. */
async function startUntilOpen(client: Tollgate, accountId: string, code: string): Promise<Data> {
  const data = {
    merchantInternalTransactionCode: code,
    amount: 10000n,
    currency: CURRENCY.USD,
    storePaymentMethod: false,
    billing: {
      billingFirstName: 'Jane',
      billingLastName: 'Smith',
      billingEmail: 'jane@example.com',
      billingAddressCountry: COUNTRY_ISO_2.US,
    },
  };
  for (let attempt = 1; attempt <= STARTS_MAX; attempt += 1) {
    const session = await client.transactions.clientSessions.payments
      .start({ merchantTransactionProviderId: accountId, data })
      .catch(() => null);
    if (session?.payload != null) return session;
    await gateway.pass(SECOND_MS);
  }
  throw new Error(`The session of ${code} did not open.`);
}

/** The vendors tell the gateway, and the gateway tells the shop, until the shop has these orders or the rounds are over. */
async function settleDown(shop: Shop, expected: Readonly<Record<string, unknown>>): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    await simulator.deliverDue();
    await gateway.pass(5 * SECOND_MS);
    if (isDeepStrictEqual(await shop.orders(), expected)) break;
  }
  expect(await shop.orders()).toEqual(expected);
}

test('each paid order is sent once and each refund booked once, whatever breaks at the vendors, on the way and in the shop', {
  timeout: 120_000,
}, async () => {
  const client = new Tollgate({ url: gateway.url, secretKey: merchant.secretKey });
  const { created } = await merchant.data(CREATE, { data: { url: 'http://127.0.0.1:49999/hooks' } });
  const open = async (): Promise<Shop> => {
    const shop = await openShop({ url: gateway.url, secretKey: merchant.secretKey }, created.secret);
    await merchant.data(UPDATE, { data: { id: created.endpoint.id, url: shop.hooks } });
    return shop;
  };
  let shop = await open();
  try {
    const lanes = [
      await openVendorLane(gateway, merchant, { provider: 'STRIPE', simulator }),
      await openVendorLane(gateway, merchant, { provider: 'NUVEI', simulator }),
    ];
    for (const [call, fault, times] of FAULTS) await control(simulator.url, 'faults', { body: { call, fault, times } });
    const expected: Record<string, unknown> = {};
    const pay = async (card: string, order: unknown): Promise<string[]> => {
      const codes = [];
      for (const { routing, pay: payAtVendor } of lanes) {
        const code = newCode();
        const { payload } = await startUntilOpen(client, routing.merchantTransactionProviderId, code);
        await payAtVendor({ token: payload.clientSecret ?? payload.sessionToken, payload }, card);
        expected[code] = order;
        codes.push(code);
      }
      return codes;
    };
    const shipped = { state: 'shipped', parcels: 1, refunds: 0 };

    const early = await pay(CARDS.approve, shipped);
    await settleDown(shop, expected);
    // The process ends, and with it all that it knew. What happens meanwhile waits.
    await shop.close();
    await pay(CARDS.approve, shipped);
    await pay(CARDS.decline, { state: 'open', parcels: 0, refunds: 0 });
    const late = await pay(CARDS.approve, shipped);
    await simulator.deliverDue();
    await gateway.pass(0);
    shop = await open();
    for (const code of early) delete expected[code];
    await settleDown(shop, expected);
    for (const code of [...early, ...late]) {
      const { transactions } = await client.transactions.clientSessions.getOne({ merchantInternalTransactionCode: code });
      const paid = transactions.find(({ status }) => status === 'SUCCEEDED');
      // A fault can hide the outcome from the caller; the gateway finds it out.
      await client.transactions.refundOne({ id: paid?.id, idempotencyKey: code });
      expected[code] = { state: 'refunded', parcels: 1, refunds: 1 };
    }
    await settleDown(shop, expected);
    const { webhookDeliveries } = await merchant.data(DELIVERIES);
    const deliveries: Data[] = webhookDeliveries.edges.map(({ node }: Data) => node);
    expect(new Set(deliveries.map(({ status }) => status))).toEqual(new Set(['DELIVERED']));
    expect(Math.max(...deliveries.map(({ attemptsMade }) => attemptsMade))).toBeGreaterThan(1);
  } finally {
    await shop.close();
  }
});
