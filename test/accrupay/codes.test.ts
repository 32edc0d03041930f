import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CodeOwner, claimCode, findCode, freeCode } from '../../src/operations/code-store.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { BILLING, CARDS, type Data, newCode, type TestMerchant } from '../support/gateway.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { ask } from './ask.ts';
import { type Lane, openExampleLane, openVendorLane } from './lanes.ts';

/** In this dialect a code is unique for each provider; at `/graphql` it is unique for the merchant. */

let gateway: ServedGateway;
let merchant: TestMerchant;
let simulator: Simulator;
let example: Lane;
let nuvei: Lane;

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant();
  const { database, clock, log, vault } = gateway;
  simulator = await createSimulator({ database, clock, sign: vault.fingerprint, log, host: '127.0.0.1', port: 0 });
  example = openExampleLane(gateway, merchant);
  nuvei = await openVendorLane(gateway, merchant, { provider: 'NUVEI', simulator });
});
afterAll(async () => {
  await simulator.close();
  await gateway.close();
});

const START = `mutation Start($provider: String!, $data: MerchantApiClientTransactionPaymentSessionStartSchema!) {
  it: merchantApiClientTransactionPaymentSessionStartV2(merchantTransactionProviderId: $provider, data: $data) { id token status providerCode payload } }`;

interface Sent {
  readonly dialect: 'ACCRUPAY' | 'GRAPHQL';
  readonly lane: Lane;
  readonly code: string;
  readonly amount?: string;
}

/** The id of the session, or the code of the refusal. */
async function start({ dialect, lane, code, amount = '10000' }: Sent, of = merchant): Promise<string> {
  const id = lane.routing.merchantTransactionProviderId;
  const data = { merchantInternalTransactionCode: code, currency: 'USD', billing: BILLING, amount, storePaymentMethod: false };
  if (dialect === 'GRAPHQL') {
    const text = `mutation Start($id: ID!, $data: StartPaymentSessionInput!) {
      it: startPaymentSession(provider: { merchantTransactionProviderId: $id }, data: $data) { id } }`;
    return idOf(await of.query(text, { id, data }));
  }
  return idOf(await ask(gateway, { text: START, variables: { provider: id, data }, secret: of.secretKey }));
}

function idOf({ data, errors }: { data: Data; errors: readonly { extensions: { code: string }; message: string }[] }): string {
  const [error] = errors;
  if (error !== undefined) return error.extensions.code;
  return data.it.id;
}

const ID = /^[0-9a-f-]{36}$/;

describe('two starts with one code', () => {
  const dialects = ['ACCRUPAY', 'GRAPHQL'] as const;
  const cases = dialects.flatMap((first) =>
    dialects.flatMap((second) =>
      [true, false].flatMap((isSameProvider) =>
        [true, false].map((isSameInput) => ({ first, second, isSameProvider, isSameInput })),
      ),
    ),
  );

  test.each(cases)('$first then $second, same provider $isSameProvider, same input $isSameInput', async (given) => {
    const { first, second, isSameProvider, isSameInput } = given;
    const code = newCode();
    const earlier = await start({ dialect: first, lane: example, code });
    const lane = isSameProvider ? example : nuvei;
    const later = await start({ dialect: second, lane, code, amount: isSameInput ? '10000' : '10001' });
    expect(earlier).toMatch(ID);
    if (first === 'ACCRUPAY' && second === 'ACCRUPAY' && !isSameProvider) {
      expect(later).toMatch(ID);
      expect(later).not.toBe(earlier);
    } else if (isSameProvider && isSameInput) expect(later).toBe(earlier);
    else expect(later).toMatch(/CODE_ALREADY_USED$/);
  });

  test('that come at once, from both dialects and for both providers, never make a session beside one for all providers', async () => {
    for (let round = 0; round < 6; round += 1) {
      const code = newCode();
      const calls = [example, nuvei].flatMap((lane) => dialects.map((dialect) => start({ dialect, lane, code })));
      const made = new Set((await Promise.all(calls)).filter((answer) => ID.test(answer)));
      const rows = await gateway.database.client.session.findMany({ where: { code } });
      expect(new Set(rows.map(({ id }) => id))).toEqual(made);
      const isWhole = rows.some(({ dialect }) => dialect === 'GRAPHQL');
      expect(rows.length).toBeLessThanOrEqual(isWhole ? 1 : 2);
    }
  });
});

describe('a code that two providers have', () => {
  const VERIFY = `mutation Verify($by: String, $id: String) {
    it: merchantApiClientTransactionPaymentSessionVerify(merchantInternalTransactionCode: $by, id: $id) { id status } }`;
  const REFUND = `mutation Refund($by: String, $providerCode: String) {
    it: merchantApiTransactionRefund(amount: "10", merchantInternalTransactionCode: $by, providerCode: $providerCode) { id status } }`;
  const call = (text: string, variables: object) => ask(gateway, { text, variables, secret: merchant.secretKey });

  test('names neither: verify, refund and read refuse it and say so, and an id beside it is enough', async () => {
    const code = newCode();
    const sessions = [];
    for (const lane of [example, nuvei]) {
      const data = {
        merchantInternalTransactionCode: code,
        currency: 'USD',
        billing: BILLING,
        amount: '10000',
        storePaymentMethod: false,
      };
      const variables = { provider: lane.routing.merchantTransactionProviderId, data };
      const { data: answer, errors } = await call(START, variables);
      expect(errors).toEqual([]);
      await lane.pay(answer.it, CARDS.approve);
      sessions.push(answer.it);
    }
    const refusal =
      /^merchantInternalTransactionCode: this name has an object at .* each\. Name the one that you mean by its id\.$/;
    expect((await call(VERIFY, { by: code })).errors[0]?.message).toMatch(refusal);
    for (const { id } of sessions) {
      const { data, errors } = await call(VERIFY, { by: code, id });
      expect(errors).toEqual([]);
      expect(data.it.status).toBe('SUCCEEDED');
    }
    expect((await call(REFUND, { by: code })).errors[0]?.message).toMatch(refusal);
    const refused = await merchant.code(
      'query Read($code: String!) { clientSession(by: { merchantInternalTransactionCode: $code }) { id } }',
      { code },
    );
    expect(refused).toBe('BAD_USER_INPUT');
    const refund = 'mutation Refund($code: String!) { refundTransaction(by: { merchantInternalTransactionCode: $code }) { id } }';
    expect(await merchant.code(refund, { code })).toBe('BAD_USER_INPUT');
    expect(await gateway.database.client.transaction.count({ where: { code, action: 'REFUND' } })).toBe(0);
  });
});

describe('a code that another provider has', () => {
  const call = (text: string, variables: object) => ask(gateway, { text, variables, secret: merchant.secretKey });
  const STORE = `mutation Store($provider: String!, $data: MerchantApiClientTransactionAddPaymentMethodSessionStartSchema!) {
    it: merchantApiClientTransactionAddPaymentMethodSessionStart(merchantTransactionProviderId: $provider, data: $data) { id token payload } }`;
  const STORED = `mutation Stored($id: String!) { it: merchantApiClientTransactionAddPaymentMethodSessionVerify(id: $id) { paymentMethodId } }`;
  const CHARGE = `mutation Charge($data: MerchantApiServerPaymentMethodTransactionCreateSchema!) {
    it: merchantApiServerPaymentMethodTransactionCreate(data: $data) { id status } }`;

  test('is free for a charge of a stored method', async () => {
    const customer = { merchantInternalCustomerCode: newCode('customer') };
    const data = { merchantInternalTransactionCode: newCode(), currency: 'USD', billing: BILLING, customer };
    const provider = example.routing.merchantTransactionProviderId;
    const { data: started, errors } = await call(STORE, { provider, data });
    expect(errors).toEqual([]);
    await example.pay(started.it, CARDS.approve);
    const { paymentMethodId } = (await call(STORED, { id: started.it.id })).data.it;
    const code = newCode();
    await start({ dialect: 'ACCRUPAY', lane: nuvei, code });
    const money = { amount: '100', currency: 'USD', billing: BILLING };
    const charge = { ...money, merchantCustomerPaymentMethodId: paymentMethodId, merchantInternalTransactionCode: code };
    const charged = await call(CHARGE, { data: charge });
    expect(charged.errors).toEqual([]);
    expect(charged.data.it.status).toBe('SUCCEEDED');
    expect((await call(CHARGE, { data: charge })).data.it.id).toBe(charged.data.it.id);
  });

  test('does not hide the start that is repeated once its account is disabled', async () => {
    const shop = await gateway.newMerchant();
    const [first, second] = [
      openExampleLane(gateway, shop),
      await openVendorLane(gateway, shop, { provider: 'STRIPE', simulator }),
    ];
    const code = newCode();
    const ids = [];
    for (const lane of [first, second]) ids.push(await start({ dialect: 'ACCRUPAY', lane, code }, shop));
    expect(new Set(ids).size).toBe(2);
    const id = second.routing.merchantTransactionProviderId;
    await gateway.database.client.providerAccount.update({ where: { id }, data: { status: 'DISABLED' } });
    await gateway.pass(10_000);
    expect(await start({ dialect: 'ACCRUPAY', lane: second, code }, shop)).toBe(ids[1]);
    expect(await start({ dialect: 'ACCRUPAY', lane: second, code: newCode() }, shop)).not.toMatch(ID);
  });
});

describe('the table of codes', () => {
  const owner = (): CodeOwner => ({ ownerKind: 'SESSION', ownerId: randomUUID(), inputFingerprint: 'same' });
  const claim = (code: string, provider: string | null, by: CodeOwner) =>
    gateway.database.inTransaction((tx) => claimCode(tx, merchant.scope, { code, provider, ...by }));

  test('gives a code for all providers once each provider has given it back', async () => {
    const [code, stripe, nuveis, whole] = [newCode(), owner(), owner(), owner()];
    expect(await claim(code, 'STRIPE', stripe)).toBeNull();
    expect(await claim(code, 'NUVEI', nuveis)).toBeNull();
    expect(await claim(code, null, whole)).toMatchObject({ ownerId: nuveis.ownerId });
    await freeCode(gateway.database.client, merchant.scope, { code, ownerId: nuveis.ownerId });
    expect(await claim(code, null, whole)).toMatchObject({ ownerId: stripe.ownerId });
    await freeCode(gateway.database.client, merchant.scope, { code, ownerId: stripe.ownerId });
    expect(await claim(code, null, whole)).toBeNull();
    expect(await claim(code, 'STRIPE', stripe)).toMatchObject({ ownerId: whole.ownerId });
    await freeCode(gateway.database.client, merchant.scope, { code, ownerId: whole.ownerId });
    expect(await findCode(gateway.database.client, merchant.scope, { code, provider: 'STRIPE' })).toBeNull();
    expect(await claim(code, 'STRIPE', stripe)).toBeNull();
  });

  test('reads a row of an older version as a code for all providers', async () => {
    const [code, older] = [newCode(), owner()];
    const { merchantId, environment } = merchant.scope;
    await gateway.database.client.merchantCode.create({ data: { merchantId, environment, code, ...older } });
    for (const provider of ['STRIPE', null])
      expect(await claim(code, provider, owner())).toMatchObject({ ownerId: older.ownerId });
  });

  test('has one kind of owner when claims for one provider and for all come at once', async () => {
    for (let round = 0; round < 20; round += 1) {
      const code = newCode();
      const claims = ['STRIPE', null, 'NUVEI', null, 'STRIPE'].map((provider) => claim(code, provider, owner()));
      await Promise.all(claims);
      const rows = await gateway.database.client.merchantCode.findMany({ where: { code } });
      const whole = rows.filter(({ provider, ownerKind }) => provider === '' && ownerKind === 'SESSION');
      expect(rows.filter(({ provider }) => provider !== '').length > 0 && whole.length > 0).toBe(false);
      expect(rows.some(({ ownerKind }) => ownerKind === 'SESSION')).toBe(true);
    }
  });
});
