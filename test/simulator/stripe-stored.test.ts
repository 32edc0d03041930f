import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  APPROVED,
  answerChallenge,
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
const read = (id: string) => caller.stripe.paymentIntents.retrieve(id);

describe('a stored card', () => {
  const store = async (card = APPROVED) => {
    const customer = await caller.stripe.customers.create({});
    const setup = await caller.stripe.setupIntents.create({ customer: customer.id, usage: 'off_session', metadata: { a: '1' } });
    const { body } = await caller.pay(setup, card);
    if (body.status === 'requires_action') await answerChallenge(body.next_action.redirect_to_url.url, 'approve');
    const done = await caller.stripe.setupIntents.retrieve(setup.id, { expand: ['payment_method'] });
    return { customer: customer.id, setup: done, method: (done.payment_method as any)?.id as string };
  };
  const charge = (customer: string, method: string, more: object = {}) =>
    caller.stripe.paymentIntents.create({
      ...USD_10,
      customer,
      payment_method: method,
      off_session: true,
      confirm: true,
      ...more,
    });

  it('is set up, charged off session, and detached', async () => {
    const { customer, setup, method } = await store();
    expect(setup).toMatchObject({
      object: 'setup_intent',
      status: 'succeeded',
      metadata: { a: '1' },
      payment_method: { customer },
    });
    const paid = await charge(customer, method, { metadata: { operation_id: 'x' } });
    expect(paid).toMatchObject({
      status: 'succeeded',
      amount_received: 1000,
      payment_method: method,
      metadata: { operation_id: 'x' },
    });
    expect((await caller.stripe.refunds.create({ payment_intent: paid.id })).amount).toBe(1000);
    expect((await caller.stripe.paymentMethods.detach(method)).customer).toBeNull();
    expect((await caller.stripe.paymentMethods.retrieve(method)).customer).toBeNull();
    expect(await errorOf(charge(customer, method))).toMatchObject({ statusCode: 400, param: 'payment_method' });
    expect(await errorOf(caller.stripe.paymentMethods.detach(method))).toMatchObject({ statusCode: 400 });
    expect(await errorOf(caller.stripe.paymentMethods.detach('pm_none'))).toMatchObject({ statusCode: 404 });
  });

  it('of a payment is kept when the intent says so', async () => {
    const customer = await caller.stripe.customers.create({});
    const kept = await open({ customer: customer.id, setup_future_usage: 'off_session' });
    const plain = await open({ customer: customer.id });
    await caller.pay(kept);
    await caller.pay(plain);
    const method = async (id: string) => caller.stripe.paymentMethods.retrieve(String((await read(id)).payment_method));
    expect((await method(kept.id)).customer).toBe(customer.id);
    expect((await method(plain.id)).customer).toBeNull();
    expect((await charge(customer.id, (await method(kept.id)).id)).status).toBe('succeeded');
    expect(await errorOf(charge(customer.id, (await method(plain.id)).id))).toMatchObject({ statusCode: 400 });
  });

  it.each([
    ['4000002760003184', 'authentication_required', 'authentication_required'],
    ['4000008260003178', 'card_declined', 'insufficient_funds'],
    ['4000000000000341', 'card_declined', 'generic_decline'],
  ])('%s is declined off session by 402 with the intent in it', async (card, code, decline) => {
    const { customer, method } = await store(card);
    const error = await errorOf(charge(customer, method, { metadata: { operation_id: 'y' } }));
    expect(error).toMatchObject({
      type: 'StripeCardError',
      statusCode: 402,
      code,
      decline_code: decline,
      payment_method: { id: method },
    });
    expect(error.payment_intent).toMatchObject({ status: 'requires_payment_method', metadata: { operation_id: 'y' } });
    expect(await read(error.payment_intent.id)).toMatchObject({ last_payment_error: { decline_code: decline } });
    const canceled = await caller.stripe.paymentIntents.cancel(error.payment_intent.id, { cancellation_reason: 'abandoned' });
    expect(canceled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned' });
  });

  it('of one customer is not charged for another', async () => {
    const { method } = await store();
    const other = await caller.stripe.customers.create({});
    expect(await errorOf(charge(other.id, method))).toMatchObject({
      statusCode: 400,
      code: 'resource_missing',
      param: 'payment_method',
    });
  });

  it('that is declined or fails its challenge is not stored, and may be tried again', async () => {
    const setup = await caller.stripe.setupIntents.create({ customer: (await caller.stripe.customers.create({})).id });
    const declined = await caller.pay(setup, '4000000000000002');
    expect([declined.status, declined.body.error.setup_intent.status]).toEqual([402, 'requires_payment_method']);
    const { body } = await caller.pay(setup, '4000002500003155');
    await answerChallenge(body.next_action.redirect_to_url.url, 'fail');
    const failed = await caller.stripe.setupIntents.retrieve(setup.id);
    expect(failed).toMatchObject({ status: 'requires_payment_method', payment_method: null });
    expect(failed.last_setup_error?.code).toBe('setup_intent_authentication_failure');
    expect((await caller.stripe.setupIntents.cancel(setup.id)).status).toBe('canceled');
    expect((await caller.pay(setup)).body.error.code).toBe('setup_intent_unexpected_state');
  });
});
