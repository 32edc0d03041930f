import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import {
  APPROVED,
  answerChallenge,
  ask,
  errorOf,
  openSimulatorWorld,
  type SimulatorWorld,
  type StripeCaller,
} from './simulator-world.ts';

let world: SimulatorWorld;
let caller: StripeCaller;
beforeAll(async () => {
  world = await openSimulatorWorld();
  caller = await world.newStripe();
});
afterAll(() => world.close());

const USD_10 = { amount: 1000, currency: 'usd' } as const;
const open = (params: object = {}) => caller.stripe.paymentIntents.create({ ...USD_10, ...params });
const read = (id: string) => caller.stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
const hold = async (card = APPROVED) => {
  const intent = await open({ capture_method: 'manual' });
  await caller.pay(intent, card);
  return intent;
};

describe('a browser', () => {
  it('pays with a card, and is told less than the server', async () => {
    const customer = await caller.stripe.customers.create({});
    const intent = await open({ customer: customer.id, metadata: { secret: 'of the merchant' } });
    const { status, body, headers } = await caller.pay(intent);
    expect([status, body.status, headers.get('access-control-allow-origin')]).toEqual([200, 'succeeded', '*']);
    for (const name of ['metadata', 'customer', 'latest_charge']) expect(body).not.toHaveProperty(name);
    expect(await read(intent.id)).toMatchObject({
      status: 'succeeded',
      amount_received: 1000,
      amount_capturable: 0,
      payment_method: expect.stringMatching(/^pm_\w{24}$/),
      latest_charge: { object: 'charge', paid: true, captured: true, amount_captured: 1000 },
    });
  });

  it('reads its intent with the secret, and no other', async () => {
    const intent = await open();
    const { url } = world.simulator;
    const path = `${url}/v1/payment_intents/${intent.id}?key=${caller.account.publishableKey}&client_secret=`;
    expect((await ask(path + intent.client_secret)).body).toMatchObject({ id: intent.id, status: 'requires_payment_method' });
    expect((await ask(path)).status).toBe(400);
    expect((await ask(`${path}${intent.id}_secret_wrong`)).body.error).toMatchObject({ param: 'client_secret' });
    expect((await caller.pay({ ...intent, client_secret: `${intent.id}_secret_wrong` })).status).toBe(400);
    expect((await ask(`${url}/v1/payment_intents/${intent.id}/confirm`, { method: 'OPTIONS' })).status).toBe(204);
    expect((await ask(`${url}/v1/refunds`, { method: 'OPTIONS' })).status).toBe(403);
  });

  it.each([
    ['4000000000000002', 'card_declined', 'generic_decline', 'generic_decline'],
    ['4000000000009995', 'card_declined', 'insufficient_funds', 'insufficient_funds'],
    ['4000000000009987', 'card_declined', 'lost_card', 'generic_decline'],
    ['4000000000009979', 'card_declined', 'stolen_card', 'generic_decline'],
    ['4100000000000019', 'card_declined', 'fraudulent', 'generic_decline'],
    ['4000000000000069', 'expired_card', 'expired_card', 'expired_card'],
    ['4000000000000127', 'incorrect_cvc', 'incorrect_cvc', 'incorrect_cvc'],
    ['4000000000000119', 'processing_error', 'processing_error', 'processing_error'],
  ])('is declined with %s by 402, and may try again', async (card, code, decline, told) => {
    const intent = await open();
    const { status, body } = await caller.pay(intent, card);
    expect([status, body.error]).toMatchObject([
      402,
      { type: 'card_error', code, decline_code: told, payment_intent: { id: intent.id } },
    ]);
    expect(body.error.payment_intent.last_payment_error.decline_code).toBe(told);
    expect(await read(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      payment_method: null,
      last_payment_error: { type: 'card_error', code, decline_code: decline, payment_method: { object: 'payment_method' } },
      latest_charge: { status: 'failed', failure_code: code },
    });
    expect((await caller.pay(intent)).body.status).toBe('succeeded');
    expect((await read(intent.id)).last_payment_error).toBeNull();
  });

  it.each([
    ['a number with a wrong digit', { number: '4242424242424241' }, 'incorrect_number'],
    ['a number that might be real', { number: '4111111111111111' }, 'card_declined'],
    ['a month that is none', { exp_month: '13' }, 'invalid_expiry_month'],
    ['a year that is over', { exp_year: '2020' }, 'invalid_expiry_year'],
    ['a short security code', { cvc: '1' }, 'invalid_cvc'],
  ])('is told of %s, which is no attempt', async (_what, card, code) => {
    const intent = await open();
    const fields = Object.entries(card).map(([name, value]) => [`payment_method_data[card][${name}]`, value]);
    const { status, body } = await caller.pay(intent, APPROVED, Object.fromEntries(fields));
    expect([status, body.error.code]).toEqual([402, code]);
    expect((await read(intent.id)).last_payment_error).toBeNull();
    expect((await caller.stripe.charges.list({ payment_intent: intent.id })).data).toEqual([]);
  });

  it('cannot pay twice, and a server cannot send card numbers', async () => {
    const intent = await open();
    await caller.pay(intent);
    expect((await caller.pay(intent)).body.error).toMatchObject({ code: 'payment_intent_unexpected_state' });
    const other = await open();
    const card = { type: 'card', card: { number: APPROVED, exp_month: 12, exp_year: 2034, cvc: '123' } };
    const sent = caller.stripe.paymentIntents.confirm(other.id, { payment_method_data: card });
    expect(await errorOf(sent)).toMatchObject({ statusCode: 400 });
  });

  it('waits while the decision takes time', async () => {
    const good = await open();
    const bad = await open();
    expect((await caller.pay(good, '4000009900000012')).body.status).toBe('processing');
    await caller.pay(bad, '4000009900000020');
    expect((await read(good.id)).latest_charge).toMatchObject({ status: 'pending' });
    world.clock.advance(3 * SECOND_MS);
    expect((await read(good.id)).status).toBe('succeeded');
    expect(await read(bad.id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'card_declined' },
    });
  });
});

describe('a challenge', () => {
  const challenged = async (more: Record<string, string> = {}) => {
    const intent = await open();
    const { body } = await caller.pay(intent, '4000000000003220', more);
    expect([body.status, body.next_action.type]).toEqual(['requires_action', 'redirect_to_url']);
    return { intent, url: body.next_action.redirect_to_url.url as string };
  };

  it('that is approved pays', async () => {
    const { intent, url } = await challenged();
    expect((await read(intent.id)).latest_charge).toBeNull();
    expect((await answerChallenge(url, 'approve')).body).toEqual({ phase: 'succeeded' });
    expect(await read(intent.id)).toMatchObject({ status: 'succeeded', next_action: null, latest_charge: { paid: true } });
  });

  it('that is failed leaves no charge, and another try', async () => {
    const { intent, url } = await challenged();
    await answerChallenge(url, 'fail');
    expect(await read(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      latest_charge: null,
      last_payment_error: { type: 'invalid_request_error', code: 'payment_intent_authentication_failure' },
    });
    expect((await caller.pay(intent)).body.status).toBe('succeeded');
  });

  it('that is left stays open', async () => {
    const { intent, url } = await challenged();
    await answerChallenge(url, 'leave');
    expect((await read(intent.id)).status).toBe('requires_action');
    expect((await answerChallenge(url, 'approve')).status).toBe(200);
  });

  it('has a page with buttons, which leads back to the shop', async () => {
    const { intent, url } = await challenged({ return_url: 'https://shop.example/done?cart=1' });
    const page = await ask(url);
    expect(page.body).toContain('card ending in 3220');
    for (const name of ['approve', 'fail', 'leave']) expect(page.body).toContain(`value="${name}"`);
    const form = { method: 'POST', body: new URLSearchParams({ result: 'approve' }), redirect: 'manual' } as const;
    const { status, headers } = await ask(url, form);
    const location = new URL(headers.get('location') ?? '');
    expect([status, location.host, location.searchParams.get('cart')]).toEqual([303, 'shop.example', '1']);
    expect(location.searchParams.get('payment_intent')).toBe(intent.id);
    expect(location.searchParams.get('payment_intent_client_secret')).toBe(intent.client_secret);
    expect(location.searchParams.get('redirect_status')).toBe('succeeded');
    expect((await ask(url)).status).toBe(409);
    expect((await ask(`${world.simulator.url}/simulator/challenge/exm_chl_none`)).status).toBe(404);
  });

  it('is over when the intent is canceled', async () => {
    const { intent, url } = await challenged();
    await caller.stripe.paymentIntents.cancel(intent.id);
    expect((await answerChallenge(url, 'approve')).status).toBe(409);
    expect(await read(intent.id)).toMatchObject({ status: 'canceled', next_action: null });
  });
});

describe('a hold', () => {
  it('is captured in part, once, with metadata', async () => {
    const intent = await hold();
    expect(await read(intent.id)).toMatchObject({ status: 'requires_capture', amount_capturable: 1000, amount_received: 0 });
    const over = caller.stripe.paymentIntents.capture(intent.id, { amount_to_capture: 1001 });
    expect(await errorOf(over)).toMatchObject({ code: 'amount_too_large', param: 'amount_to_capture' });
    const captured = await caller.stripe.paymentIntents.capture(intent.id, { amount_to_capture: 400, metadata: { settle: '1' } });
    expect(captured).toMatchObject({
      status: 'succeeded',
      amount_received: 400,
      amount_capturable: 0,
      metadata: { settle: '1' },
    });
    expect((await read(intent.id)).latest_charge).toMatchObject({ captured: true, amount_captured: 400, amount_refunded: 0 });
    expect(await errorOf(caller.stripe.paymentIntents.capture(intent.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    expect(await errorOf(caller.stripe.paymentIntents.cancel(intent.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
  });

  it('is canceled with a reason, and not captured then', async () => {
    const intent = await hold();
    const canceled = await caller.stripe.paymentIntents.cancel(intent.id, { cancellation_reason: 'requested_by_customer' });
    expect(canceled).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'requested_by_customer',
      canceled_at: expect.any(Number),
    });
    expect(await errorOf(caller.stripe.paymentIntents.capture(intent.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    expect(await errorOf(caller.stripe.paymentIntents.cancel(intent.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    expect((await read(intent.id)).latest_charge).toMatchObject({ status: 'succeeded', captured: false, amount_captured: 0 });
  });

  it('runs out after seven days of the simulator', async () => {
    const { account, stripe, pay } = await world.newStripe();
    const intent = await stripe.paymentIntents.create({ ...USD_10, capture_method: 'manual' });
    await pay(intent);
    const { latest_charge: charge } = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] });
    const { capture_before: until } = (charge as any).payment_method_details.card;
    expect(until * 1000).toBe(Math.floor((intent.created * 1000 + 7 * DAY_MS) / 1000) * 1000);
    await world.control('time', { advanceMs: 7 * DAY_MS - 60_000 });
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('requires_capture');
    await world.control('time', { advanceMs: 60_000 });
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'automatic',
      canceled_at: until,
    });
    const types = (await world.control(`webhooks?accountId=${account.id}`)).map(({ type }: any) => type);
    expect(types).toEqual(['payment_intent.amount_capturable_updated', 'charge.expired', 'payment_intent.canceled']);
  });

  it('whose capture the issuer turns down stays', async () => {
    const intent = await hold('4000009900000079');
    const error = await errorOf(caller.stripe.paymentIntents.capture(intent.id));
    expect(error).toMatchObject({ type: 'StripeCardError', code: 'processing_error', payment_intent: { id: intent.id } });
    expect((await read(intent.id)).status).toBe('requires_capture');
  });
});

describe('an intent that nobody paid', () => {
  it('is canceled, keeps what was declined, and takes no card any more', async () => {
    const intent = await open();
    await caller.pay(intent, '4000000000000002');
    const canceled = await caller.stripe.paymentIntents.cancel(intent.id, { cancellation_reason: 'abandoned' });
    expect(canceled).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'abandoned',
      last_payment_error: { code: 'card_declined' },
    });
    expect((await caller.pay(intent)).body.error.code).toBe('payment_intent_unexpected_state');
  });

  it('stays open for months', async () => {
    const intent = await open();
    world.clock.advance(90 * DAY_MS);
    expect((await read(intent.id)).status).toBe('requires_payment_method');
    expect((await caller.pay(intent)).body.status).toBe('succeeded');
  });
});

describe('a refund', () => {
  it('comes in parts, up to what was taken', async () => {
    const intent = await open();
    await caller.pay(intent);
    const refund = (amount?: number) =>
      caller.stripe.refunds.create({
        payment_intent: intent.id,
        ...(amount === undefined ? {} : { amount }),
        metadata: { n: '1' },
      });
    const first = await refund(600);
    expect(first).toMatchObject({
      object: 'refund',
      amount: 600,
      status: 'succeeded',
      payment_intent: intent.id,
      metadata: { n: '1' },
    });
    expect(await errorOf(refund(401))).toMatchObject({ statusCode: 400, code: 'amount_too_large' });
    expect((await refund()).amount).toBe(400);
    expect(await errorOf(refund(1))).toMatchObject({ statusCode: 400, code: 'charge_already_refunded' });
    expect((await caller.stripe.refunds.list({ payment_intent: intent.id })).data.map(({ amount }) => amount)).toEqual([
      400, 600,
    ]);
    expect(await caller.stripe.refunds.retrieve(first.id)).toMatchObject({ id: first.id, amount: 600 });
    expect((await read(intent.id)).latest_charge).toMatchObject({ refunded: true, amount_refunded: 1000 });
  });

  it('is refused while nothing was captured', async () => {
    const intent = await hold();
    const refund = () => caller.stripe.refunds.create({ payment_intent: intent.id });
    expect(await errorOf(refund())).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
    await caller.stripe.paymentIntents.capture(intent.id, { amount_to_capture: 300 });
    expect((await refund()).amount).toBe(300);
    expect(await errorOf(caller.stripe.refunds.create({}))).toMatchObject({ code: 'parameter_missing' });
    expect(await errorOf(caller.stripe.refunds.create({ charge: 'ch_none' }))).toMatchObject({ code: 'resource_missing' });
  });

  it.each([
    ['4000000000007726', 'pending', 'succeeded'],
    ['4000000000005126', 'succeeded', 'failed'],
  ])('on %s is %s first and %s later', async (card, now, later) => {
    const intent = await open();
    await caller.pay(intent, card);
    const { id, status } = await caller.stripe.refunds.create({ payment_intent: intent.id });
    expect(status).toBe(now);
    world.clock.advance(3 * SECOND_MS);
    expect((await caller.stripe.refunds.retrieve(id)).status).toBe(later);
  });
});
