import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, errorOf, openSimulatorWorld, type SimulatorWorld, type StripeCaller } from './simulator-world.ts';

let world: SimulatorWorld;
let caller: StripeCaller;
beforeAll(async () => {
  world = await openSimulatorWorld();
  caller = await world.newStripe();
});
afterAll(() => world.close());

const USD_10 = { amount: 1000, currency: 'usd' } as const;

describe('a call in the dialect of Stripe', () => {
  it('answers objects with ids, statuses and headers as Stripe does', async () => {
    const intent = await caller.stripe.paymentIntents.create({ ...USD_10, metadata: { order: '7' } });
    expect(intent).toMatchObject({
      object: 'payment_intent',
      id: expect.stringMatching(/^pi_\w{24}$/),
      client_secret: expect.stringMatching(/^pi_\w{24}_secret_\w{25}$/),
      status: 'requires_payment_method',
      amount: 1000,
      currency: 'usd',
      capture_method: 'automatic_async',
      metadata: { order: '7' },
      livemode: false,
      latest_charge: null,
    });
    expect(intent.lastResponse).toMatchObject({
      requestId: expect.stringMatching(/^req_\w{14}$/),
      apiVersion: '2026-10-28.endive',
    });
    expect(await caller.stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      id: intent.id,
      client_secret: intent.client_secret,
    });
  });

  it.each([
    ['payment_method_types', { payment_method_types: ['card'] }, 'payment_method_types_no_longer_supported'],
    ['an unknown parameter', { colour: 'red' }, 'parameter_unknown'],
    ['an unknown parameter inside another', { shipping: { name: 'x', address: { planet: 'x' } } }, 'parameter_unknown'],
    ['an amount that is no whole number', { amount: 10.5 }, 'parameter_invalid_integer'],
    ['an amount of 0', { amount: 0 }, 'parameter_invalid_integer'],
    ['nine digits', { amount: 100_000_000 }, 'amount_too_large'],
    ['a customer that is not there', { customer: 'cus_none' }, 'resource_missing'],
    ['three decimals whose last is not 0', { amount: 1001, currency: 'kwd' }, 'parameter_invalid_integer'],
    ['decimals where the currency has none', { amount: 1050, currency: 'isk' }, 'parameter_invalid_integer'],
  ])('refuses %s', async (_what, change, code) => {
    const error = await errorOf(caller.stripe.paymentIntents.create({ ...USD_10, ...change } as any));
    expect(error).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400, code });
  });

  it.each([
    [100_000_000, 'usd', 'amount_too_large'],
    [1_000_000_000_000, 'idr', 'amount_too_large'],
    [501, 'isk', 'parameter_invalid_integer'],
    [12_341, 'kwd', 'parameter_invalid_integer'],
  ])('refuses the amount %i in %s with %s', async (amount, currency, code) => {
    expect(await errorOf(caller.stripe.paymentIntents.create({ amount, currency }))).toMatchObject({ code });
  });

  it.each([
    [99_999_999, 'usd'],
    [999_999_999_999, 'idr'],
    [500, 'ugx'],
    [1, 'clp'],
  ])('takes the amount %i in %s', async (amount, currency) => {
    expect(await caller.stripe.paymentIntents.create({ amount, currency })).toMatchObject({ amount, currency });
  });

  it('refuses an empty text, a missing amount and two rules for methods', async () => {
    const create = (params: object) => errorOf(caller.stripe.paymentIntents.create(params as any));
    expect(await create({ ...USD_10, description: '' })).toMatchObject({ code: 'parameter_invalid_empty', param: 'description' });
    expect(await create({ currency: 'usd' })).toMatchObject({ code: 'parameter_missing', param: 'amount' });
    const both = { allowed_payment_method_types: ['card'], automatic_payment_methods: { enabled: true } };
    expect(await create({ ...USD_10, ...both })).toMatchObject({ statusCode: 400, param: 'allowed_payment_method_types' });
    expect(await create({ ...USD_10, off_session: true })).toMatchObject({ statusCode: 400, param: 'off_session' });
  });

  it('answers 404 for an id or a path that names nothing', async () => {
    expect(await errorOf(caller.stripe.paymentIntents.retrieve('pi_none'))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    });
    expect(await errorOf(caller.stripe.refunds.retrieve('re_none'))).toMatchObject({ statusCode: 404, code: 'resource_missing' });
    const answer = await caller.raw('payouts');
    expect([answer.status, answer.body.error.type]).toEqual([404, 'invalid_request_error']);
  });

  it('answers 401 without a key, with a wrong one, and with the publishable one', async () => {
    const { url } = world.simulator;
    expect(await errorOf(createClient(url, 'sk_test_wrong').balance.retrieve())).toMatchObject({
      type: 'StripeAuthenticationError',
    });
    const published = createClient(url, caller.account.publishableKey);
    expect(await errorOf(published.paymentIntents.create(USD_10))).toMatchObject({
      statusCode: 401,
      code: 'secret_key_required',
    });
    expect((await fetch(`${url}/v1/balance`)).status).toBe(401);
    expect((await caller.stripe.balance.retrieve()).object).toBe('balance');
  });

  it('keeps the objects of one account from another', async () => {
    const intent = await caller.stripe.paymentIntents.create(USD_10);
    const other = await world.newStripe();
    expect(await errorOf(other.stripe.paymentIntents.retrieve(intent.id))).toMatchObject({ code: 'resource_missing' });
    expect((await other.stripe.paymentIntents.list()).data).toEqual([]);
  });

  it('expands what is asked for and refuses what cannot be', async () => {
    const customer = await caller.stripe.customers.create({ email: 'jane@example.com', metadata: { code: '1' } });
    const intent = await caller.stripe.paymentIntents.create({ ...USD_10, customer: customer.id, expand: ['customer'] });
    expect(intent.customer).toMatchObject({ id: customer.id, email: 'jane@example.com' });
    await caller.pay(intent);
    const expand = ['latest_charge.payment_method', 'payment_method'];
    const paid = await caller.stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge', 'payment_method'] });
    expect(paid.latest_charge).toMatchObject({
      object: 'charge',
      payment_method_details: { card: { brand: 'visa', last4: '4242' } },
    });
    expect(paid.payment_method).toMatchObject({
      object: 'payment_method',
      card: { last4: '4242', exp_month: 12, exp_year: 2034 },
    });
    expect(await caller.stripe.paymentIntents.retrieve(intent.id, { expand })).toBeTruthy();
    const wrong = caller.stripe.paymentIntents.retrieve(intent.id, { expand: ['weather'] });
    expect(await errorOf(wrong)).toMatchObject({ statusCode: 400, param: 'expand' });
  });

  it('changes a customer, keeping what was not named', async () => {
    const { id } = await caller.stripe.customers.create({ metadata: { customer_id: 'c1' } });
    await caller.stripe.customers.update(id, { email: 'a@example.com', name: 'A B' });
    expect(await caller.stripe.customers.retrieve(id)).toMatchObject({
      email: 'a@example.com',
      name: 'A B',
      metadata: { customer_id: 'c1' },
    });
    expect(await errorOf(caller.stripe.customers.update('cus_none', { name: 'x' }))).toMatchObject({ statusCode: 404 });
  });
});

describe('a list', () => {
  it('is newest first, by pages, and by customer and time', async () => {
    const { stripe } = await world.newStripe();
    const customer = await stripe.customers.create({});
    const ids: string[] = [];
    for (let made = 0; made < 5; made += 1) {
      world.clock.advance(10_000);
      ids.unshift((await stripe.paymentIntents.create({ ...USD_10, ...(made === 2 ? { customer: customer.id } : {}) })).id);
    }
    const first = await stripe.paymentIntents.list({ limit: 2 });
    expect([first.data.map(({ id }) => id), first.has_more]).toEqual([ids.slice(0, 2), true]);
    const last = await stripe.paymentIntents.list({ limit: 3, starting_after: ids[1] ?? '' });
    expect([last.data.map(({ id }) => id), last.has_more]).toEqual([ids.slice(2), false]);
    const before = await stripe.paymentIntents.list({ limit: 2, ending_before: ids[4] ?? '' });
    expect([before.data.map(({ id }) => id), before.has_more]).toEqual([ids.slice(2, 4), true]);
    expect((await stripe.paymentIntents.list({ customer: customer.id })).data.map(({ id }) => id)).toEqual([ids[2]]);
    const created = (await stripe.paymentIntents.retrieve(ids[1] ?? '')).created;
    const since = await stripe.paymentIntents.list({ created: { gte: created } });
    expect(since.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const between = await stripe.paymentIntents.list({ created: { gt: created - 20, lt: created } });
    expect(between.data.map(({ id }) => id)).toEqual([ids[2]]);
  });

  it('can be walked to its end by the library', async () => {
    const { stripe } = await world.newStripe();
    for (let made = 0; made < 7; made += 1) await stripe.paymentIntents.create(USD_10);
    const seen = new Set<string>();
    for await (const { id } of stripe.paymentIntents.list({ limit: 3 })) seen.add(id);
    expect(seen.size).toBe(7);
  });

  it('of charges tells every attempt that reached the issuer', async () => {
    const intent = await caller.stripe.paymentIntents.create(USD_10);
    await caller.pay(intent, '4000000000000002');
    await caller.pay(intent, '4000000000009995');
    await caller.pay(intent);
    const { data } = await caller.stripe.charges.list({ payment_intent: intent.id, limit: 20 });
    expect(data.map(({ status, failure_code, outcome }) => [status, failure_code, outcome?.reason])).toEqual([
      ['succeeded', null, null],
      ['failed', 'card_declined', 'insufficient_funds'],
      ['failed', 'card_declined', 'generic_decline'],
    ]);
    const paid = await caller.stripe.paymentIntents.retrieve(intent.id);
    expect(paid.latest_charge).toBe(data[0]?.id);
    expect((await caller.stripe.charges.list({ payment_intent: intent.id, limit: 1 })).has_more).toBe(true);
    expect((await caller.stripe.charges.retrieve(data[1]?.id ?? '')).payment_intent).toBe(intent.id);
  });
});
