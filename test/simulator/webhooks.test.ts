import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { errorOf, openSimulatorWorld, type SimulatorWorld, type StripeCaller } from './simulator-world.ts';

let world: SimulatorWorld;
let receiver: Server;
let status = 200;
let received: { headers: Record<string, string>; body: string }[] = [];
let url: string;
beforeAll(async () => {
  world = await openSimulatorWorld();
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => void (body += chunk.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await world.close();
});
beforeEach(() => {
  received = [];
  status = 200;
});

const USD_10 = { amount: 1000, currency: 'usd' } as const;

async function paid(caller: StripeCaller, card?: string, params: object = {}) {
  const intent = await caller.stripe.paymentIntents.create({ ...USD_10, ...params });
  await caller.pay(intent, card);
  return intent;
}

const typesOf = async (caller: StripeCaller): Promise<string[]> =>
  (await world.control(`webhooks?accountId=${caller.account.id}`)).map(({ type }: any) => type);

describe('an event', () => {
  it('is sent a little later, signed so that the library takes it', async () => {
    const caller = await world.newStripe(url);
    const intent = await paid(caller);
    expect(await world.simulator.deliverDue()).toBe(0);
    world.clock.advance(2 * SECOND_MS);
    expect(await world.simulator.deliverDue()).toBe(1);
    expect(await world.simulator.deliverDue()).toBe(0);
    const body = received[0]?.body ?? '';
    const header = received[0]?.headers['stripe-signature'] ?? '';
    const now = Math.floor(world.clock.now().getTime() / 1000);
    const verify = (secret: string) => caller.stripe.webhooks.constructEvent(body, header, secret, 300, undefined, now);
    const event = verify(caller.account.webhookSecret);
    expect(event).toMatchObject({
      id: expect.stringMatching(/^evt_\w{24}$/),
      object: 'event',
      type: 'payment_intent.succeeded',
      livemode: false,
      api_version: '2026-10-28.endive',
      data: { object: { object: 'payment_intent', id: intent.id, status: 'succeeded', amount_received: 1000 } },
    });
    expect(body).toBe(JSON.stringify(JSON.parse(body), null, 2));
    expect(() => verify('whsec_other')).toThrow('signature');
  });

  it('tells how things stood when it happened', async () => {
    const caller = await world.newStripe();
    const intent = await paid(caller, undefined, { capture_method: 'manual' });
    await caller.stripe.paymentIntents.capture(intent.id, { amount_to_capture: 400 });
    await caller.stripe.refunds.create({ payment_intent: intent.id });
    const events = await world.control(`webhooks?accountId=${caller.account.id}`);
    expect(
      events.map(({ type, body }: any) => [
        type,
        JSON.parse(body).data.object.status,
        JSON.parse(body).data.object.amount_received,
      ]),
    ).toEqual([
      ['payment_intent.amount_capturable_updated', 'requires_capture', 0],
      ['payment_intent.succeeded', 'succeeded', 400],
      ['refund.created', 'succeeded', undefined],
      ['charge.refunded', 'succeeded', undefined],
    ]);
    expect(events.every(({ paymentCode, deliveredAt }: any) => paymentCode === intent.id && deliveredAt === null)).toBe(true);
    const all = await world.control('webhooks');
    expect(all.slice(-4).map(({ eventId }: any) => eventId)).toEqual(events.map(({ eventId }: any) => eventId));
  });

  it.each([
    ['4000000000000002', ['payment_intent.payment_failed']],
    ['4000000000003220', ['payment_intent.requires_action']],
    ['4000009900000012', ['payment_intent.processing', 'payment_intent.succeeded']],
    ['4000009900000020', ['payment_intent.processing', 'payment_intent.payment_failed']],
    ['4000009900000103', ['payment_intent.succeeded', 'payment_intent.created']],
    ['4000009900000111', []],
  ])('of a payment with %s has the types %j', async (card, types) => {
    const caller = await world.newStripe();
    await paid(caller, card);
    world.clock.advance(3 * SECOND_MS);
    expect(await typesOf(caller)).toEqual(types);
  });

  it('of a setup, a canceled intent and refunds that change has a type too', async () => {
    const caller = await world.newStripe();
    const setup = await caller.stripe.setupIntents.create({ customer: (await caller.stripe.customers.create({})).id });
    await caller.pay(setup, '4000000000000002');
    await caller.pay(setup);
    const open = await caller.stripe.paymentIntents.create(USD_10);
    await caller.stripe.paymentIntents.cancel(open.id);
    const held = await paid(caller, undefined, { capture_method: 'manual' });
    await caller.stripe.paymentIntents.cancel(held.id);
    for (const card of ['4000000000007726', '4000000000005126']) {
      const { id } = await paid(caller, card);
      await caller.stripe.refunds.create({ payment_intent: id });
      world.clock.advance(3 * SECOND_MS);
    }
    expect(await typesOf(caller)).toEqual([
      'setup_intent.setup_failed',
      'setup_intent.succeeded',
      'payment_intent.canceled',
      'payment_intent.amount_capturable_updated',
      'payment_intent.canceled',
      'payment_intent.succeeded',
      'refund.created',
      'charge.refunded',
      'refund.updated',
      'payment_intent.succeeded',
      'refund.created',
      'charge.refunded',
      'refund.failed',
    ]);
  });

  it('is not made of a hold that was captured before it ran out', async () => {
    const caller = await world.newStripe();
    const intent = await paid(caller, '4000009900000087', { capture_method: 'manual' });
    await caller.stripe.paymentIntents.capture(intent.id);
    world.clock.advance(120 * SECOND_MS);
    expect(await typesOf(caller)).toEqual(['payment_intent.amount_capturable_updated', 'payment_intent.succeeded']);
  });

  it('comes twice under one id with the card that asks for it', async () => {
    const caller = await world.newStripe(url);
    await paid(caller, '4000009900000095');
    world.clock.advance(10 * SECOND_MS);
    expect(await world.simulator.deliverDue()).toBe(2);
    expect(received[0]?.body).toBe(received[1]?.body);
    expect(await typesOf(caller)).toHaveLength(1);
  });

  it('is sent again until it is taken, with a fresh signature', async () => {
    const caller = await world.newStripe(url);
    await paid(caller);
    world.clock.advance(2 * SECOND_MS);
    status = 500;
    expect(await world.simulator.deliverDue()).toBe(1);
    expect(await world.simulator.deliverDue()).toBe(0);
    world.clock.advance(60 * SECOND_MS);
    status = 200;
    expect(await world.simulator.deliverDue()).toBe(1);
    expect(received).toHaveLength(2);
    expect(received[0]?.headers['stripe-signature']).not.toBe(received[1]?.headers['stripe-signature']);
    world.clock.advance(DAY_MS);
    expect(await world.simulator.deliverDue()).toBe(0);
  });

  it('is given up after five tries', async () => {
    const caller = await world.newStripe(url);
    await paid(caller);
    status = 500;
    for (let day = 0; day < 8; day += 1) {
      world.clock.advance(DAY_MS);
      await world.simulator.deliverDue();
    }
    expect(received).toHaveLength(5);
    expect((await world.control(`webhooks?accountId=${caller.account.id}`))[0].deliveredAt).toBeNull();
  });
});

describe('a simulator that delivers by itself', () => {
  it('sends what is due without being asked, until it is closed', async () => {
    const own = await openSimulatorWorld();
    const caller = await own.newStripe(url);
    const intent = await paid(caller);
    own.clock.advance(2 * SECOND_MS);
    const arrived = new Promise<void>((resolve) => void receiver.once('request', () => resolve()));
    own.simulator.startDelivering();
    await arrived;
    await own.close();
    expect(received[0]?.body).toContain(intent.id);
  });
});

describe('a dispute', () => {
  it('is opened on a charge, told, decided once, and keeps refunds away', async () => {
    const caller = await world.newStripe();
    const intent = await paid(caller);
    const { latest_charge: charge } = await caller.stripe.paymentIntents.retrieve(intent.id);
    const { id } = await world.control('disputes', {
      accountId: caller.account.id,
      providerCode: charge,
      reason: 'product_not_received',
    });
    expect((await world.control('disputes', { accountId: caller.account.id, providerCode: `${intent.id}:capture` })).id).toBe(id);
    expect(await caller.stripe.disputes.retrieve(id)).toMatchObject({
      id: expect.stringMatching(/^dp_\w{24}$/),
      status: 'needs_response',
      amount: 1000,
      charge,
      payment_intent: intent.id,
      reason: 'product_not_received',
    });
    expect((await caller.stripe.charges.retrieve(String(charge))).disputed).toBe(true);
    expect(await errorOf(caller.stripe.refunds.create({ payment_intent: intent.id }))).toMatchObject({ code: 'charge_disputed' });
    await world.control(`disputes/${id}`, { status: 'won' });
    expect((await caller.stripe.disputes.retrieve(id)).status).toBe('won');
    await expect(world.control(`disputes/${id}`, { status: 'lost' })).rejects.toThrow('409');
    expect((await caller.stripe.refunds.create({ payment_intent: intent.id })).status).toBe('succeeded');
    const types = await typesOf(caller);
    expect(types.filter((type) => type.startsWith('charge.dispute'))).toEqual([
      'charge.dispute.created',
      'charge.dispute.closed',
    ]);
  });

  it('needs money that was taken', async () => {
    const caller = await world.newStripe();
    const intent = await paid(caller, undefined, { capture_method: 'manual' });
    const ask = (providerCode: string) => world.control('disputes', { accountId: caller.account.id, providerCode });
    await expect(ask(intent.id)).rejects.toThrow('409');
    await expect(ask('pi_none')).rejects.toThrow('409');
    await expect(world.control('disputes/dp_none', { status: 'won' })).rejects.toThrow('404');
  });
});
