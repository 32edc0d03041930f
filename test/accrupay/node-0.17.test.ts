import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CARDS, type Data, newCode, type TestMerchant } from '../support/gateway.ts';
import { payOver, type ServedGateway, serveGateway } from '../support/served.ts';
import { NODE_0_17 } from './documents.ts';
import { BILLING } from './sdk.ts';
import { NODE_HEADERS, sendOver } from './wire.ts';

/** What @accrupay/node 0.17.0 sends and needs back, at the wire. */

let gateway: ServedGateway;
let merchant: TestMerchant;
let routing: { merchantTransactionProviderId: string };

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant();
  routing = { merchantTransactionProviderId: merchant.accountId };
});
afterAll(() => gateway.close());

async function call(name: keyof typeof NODE_0_17, variables: object = {}): Promise<{ data: Data; code: string | null }> {
  const headers = { ...NODE_HEADERS, 'accrupay-api-secret': merchant.secretKey };
  const { status, type, body } = await sendOver(gateway.url, { query: NODE_0_17[name], variables, headers });
  expect({ status, type }).toEqual({ status: 200, type: 'application/graphql-response+json; charset=utf-8' });
  expect(body).toHaveProperty('data');
  if (body.errors === undefined) return { data: Object.values(body.data)[0], code: null };
  expect(body.data).toBeNull();
  expect(body.errors).toHaveLength(1);
  expect(typeof body.errors[0].message).toBe('string');
  return { data: null, code: body.errors[0].extensions.code };
}

const newData = (more: object = {}) => ({
  merchantInternalTransactionCode: newCode(),
  amount: '25000',
  currency: 'USD',
  storePaymentMethod: false,
  billing: BILLING,
  ...more,
});

async function authorized(data = newData()): Promise<{ started: Data; verified: Data; transaction: Data }> {
  const { data: started } = await call('authorizationStart', { ...routing, data });
  await payOver(gateway.url, started.session.token, CARDS.approve);
  const { data: verified } = await call('authorizationVerify', { id: started.session.id });
  return { started, verified, transaction: verified.transactions[0] };
}

async function stored(code: string): Promise<Data> {
  const customer = { merchantInternalCustomerCode: code };
  const { amount: _amount, storePaymentMethod: _store, ...data } = newData({ customer });
  const { data: session } = await call('addStart', { ...routing, data });
  await payOver(gateway.url, session.token, CARDS.approve);
  return (await call('addVerify', { token: session.token })).data.paymentMethod;
}

describe('authorizations', () => {
  test('start and verify answer a context, and verify is refused until the payer has tried', async () => {
    const customer = { merchantInternalCustomerCode: newCode('customer') };
    const { data: started } = await call('authorizationStart', { ...routing, data: newData({ customer }) });
    expect(started).toMatchObject({
      session: { action: 'AUTHORIZATION', kind: 'CLIENT', status: 'PENDING', amount: '25000', ...customer },
      transactionProvider: { id: merchant.accountId, provider: 'EXAMPLE' },
      transactions: [],
      customer: { ...customer, transactionProviderId: merchant.accountId },
      paymentMethod: null,
    });
    expect((await call('authorizationVerify', { id: started.session.id })).code).toBe('@session/NOT_COMPLETED');
    await payOver(gateway.url, started.session.token, CARDS.approve);
    for (const name of [{ id: started.session.id }, { token: started.session.token }]) {
      expect((await call('authorizationVerify', name)).data).toMatchObject({
        session: { id: started.session.id, status: 'COMPLETED', transactions: [{ action: 'AUTHORIZATION' }] },
        transactions: [{ action: 'AUTHORIZATION', status: 'SUCCEEDED', clientTransactionSession: { id: started.session.id } }],
      });
    }
  });

  test('settle takes a part and releases the rest: the transaction is the new SETTLE', async () => {
    const { verified, transaction } = await authorized();
    const tooMuch = await call('settle', { id: transaction.id, amount: '25001' });
    expect(tooMuch.code).toBe('@amount/EXCEEDS_AVAILABLE');
    const { data } = await call('settle', { id: transaction.id, amount: '20000' });
    expect(data).toMatchObject({
      transaction: { action: 'SETTLE', status: 'SUCCEEDED', amount: '20000', relatedTransaction: { id: transaction.id } },
      session: { id: verified.session.id },
      transactionProvider: { id: merchant.accountId },
      customer: null,
    });
    expect((await call('settle', { id: transaction.id, amount: '1' })).code).toBe('@transaction/INVALID_STATE');
  });

  test('void releases the hold, found by any of its identifiers', async () => {
    for (const name of ['id', 'providerCode', 'merchantInternalTransactionCode']) {
      const { transaction } = await authorized();
      const { data } = await call('void', { [name]: transaction[name] });
      expect(data.transaction).toMatchObject({ action: 'VOID', relatedTransactionId: transaction.id, amount: '25000' });
      expect((await call('void', { id: transaction.id })).code).toBe('@transaction/INVALID_STATE');
    }
  });
});

describe('server sessions', () => {
  test('hold money on a stored card, verify by each identifier, settle', async () => {
    const method = await stored(newCode('customer'));
    const { storePaymentMethod: _store, ...money } = newData();
    const data = { ...money, merchantCustomerPaymentMethodId: method.id };
    const { data: context } = await call('serverStart', { ...routing, data });
    const [transaction] = context.transactions;
    expect(context).toMatchObject({
      session: {
        kind: 'SERVER',
        action: 'AUTHORIZATION',
        status: 'COMPLETED',
        amount: '25000',
        token: null,
        paymentMethodId: method.id,
      },
      transactions: [
        { action: 'AUTHORIZATION', status: 'SUCCEEDED', paymentMethodId: method.id, clientTransactionSessionId: null },
      ],
      paymentMethod: { id: method.id },
      customer: { id: method.customerId },
    });
    expect((await call('serverStart', { ...routing, data })).data.session.id).toBe(context.session.id);
    for (const name of ['id', 'providerCode', 'merchantInternalTransactionCode']) {
      const verified = (await call('serverVerify', { [name]: context.session[name] })).data;
      expect(verified.session).toMatchObject({ id: context.session.id, status: 'COMPLETED' });
    }
    const { data: settled } = await call('settle', { id: transaction.id, amount: '25000' });
    expect(settled).toMatchObject({
      transaction: { action: 'SETTLE', status: 'SUCCEEDED' },
      session: { kind: 'SERVER', id: context.session.id, transactions: [{ action: 'AUTHORIZATION' }, { action: 'SETTLE' }] },
    });
  });

  test('verify only what they started', async () => {
    const { transaction } = await authorized();
    expect((await call('serverVerify', { id: transaction.id })).code).toBe('@session/WRONG_KIND');
    expect((await call('serverVerify', { id: newCode() })).code).toBe('@transaction/NOT_FOUND');
  });
});

describe('lists', () => {
  test('sessions by kind and customer, with their transactions', async () => {
    const code = newCode('customer');
    await authorized(newData({ customer: { merchantInternalCustomerCode: code }, storePaymentMethod: true }));
    const { data } = await call('customerResolve', { selector: { merchantInternalCustomerCode: code }, ...routing });
    const listed = (await call('sessions', { kind: 'CLIENT', customerId: data.id, take: 100 })).data;
    expect(listed.totalCount).toBe(1);
    expect(listed.edges[0].node).toMatchObject({
      kind: 'CLIENT',
      customerId: data.id,
      transactions: [{ action: 'AUTHORIZATION' }],
    });
    const { providerCustomerCode } = listed.edges[0].node;
    expect((await call('sessions', { providerCustomerCode, customerId: data.id })).data.totalCount).toBe(1);
    expect((await call('sessions', { providerCustomerCode: 'other' })).data.totalCount).toBe(0);
    expect((await call('sessions', { kind: 'SERVER' })).data).toMatchObject({ totalCount: 0, edges: [] });
    expect((await call('transactions', { customerId: data.id, take: 100 })).data.totalCount).toBe(1);
    expect((await call('methods', { customerId: data.id })).data.totalCount).toBe(1);
    expect((await call('methods', { initialTransactionId: newCode() })).data.totalCount).toBe(0);
  });

  test('transactions by whether they were reverted or disputed', async () => {
    const { transaction } = await authorized();
    const reverted = async (flag: boolean) =>
      (await call('transactions', { reverted: flag, take: 100 })).data.edges.map((edge: Data) => edge.node.id);
    expect(await reverted(true)).not.toContain(transaction.id);
    expect(await reverted(false)).toContain(transaction.id);
    await call('void', { id: transaction.id });
    expect(await reverted(true)).toContain(transaction.id);
    expect((await call('transactions', { disputed: true })).data.totalCount).toBe(0);
    expect((await call('transactions', { disputed: false })).data.totalCount).toBeGreaterThan(0);
  });
});

describe('customers', () => {
  const contact = { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.com', addressCountry: 'GB' };

  test('are created, once for each code, and resolved', async () => {
    const merchantInternalCustomerCode = newCode('customer');
    const { data: created } = await call('customerCreate', { ...routing, data: { merchantInternalCustomerCode, ...contact } });
    expect(created).toMatchObject({ merchantInternalCustomerCode, ...contact, providerStatus: 'ENABLED' });
    const again = { ...routing, data: { merchantInternalCustomerCode } };
    expect((await call('customerCreate', again)).data).toMatchObject({ id: created.id, ...contact });
    const selector = { merchantInternalCustomerCode };
    for (const more of [{}, { id: created.id, resolutionStrategy: 'STRICT' }, { providerCode: created.providerCode }]) {
      expect((await call('customerResolve', { ...routing, selector: { ...selector, ...more } })).data.id).toBe(created.id);
    }
    for (const more of [{ id: newCode() }, { resolutionStrategy: 'STRICT' }, { providerCode: 'cus_other' }]) {
      expect((await call('customerResolve', { ...routing, selector: { ...selector, ...more } })).code).toBe(
        '@customer/NOT_FOUND',
      );
    }
  });

  test('that nobody knows are made by AUTO and MATCH_OR_CREATE only', async () => {
    const resolve = (resolutionStrategy?: string) =>
      call('customerResolve', {
        ...routing,
        selector: { merchantInternalCustomerCode: newCode('customer'), resolutionStrategy },
      });
    expect((await resolve()).data.firstName).toBeNull();
    expect((await resolve('MATCH_OR_CREATE')).code).toBeNull();
    expect((await resolve('MATCH_OR_FAIL')).code).toBe('@customer/NOT_FOUND');
  });

  test('have their stored methods synced by selector', async () => {
    const code = newCode('customer');
    const method = await stored(code);
    const customer = { merchantInternalCustomerCode: code };
    const one = { ...routing, providerCode: method.providerCode, customer };
    expect((await call('methodSync', one)).data).toMatchObject({ id: method.id, paymentMethodInfo: { expirationMonth: 12 } });
    expect((await call('methodSyncAll', { ...routing, customer })).data.map((found: Data) => found.id)).toEqual([method.id]);
  });
});

test('the merchant is answered with what 0.17.0 selects', async () => {
  expect((await call('merchant')).data).toMatchObject({ publicId: merchant.publicId, entityType: 'COMPANY', email: '' });
});

test('an answer with a wrong or missing secret is 200 with UNAUTHENTICATED and data null', async () => {
  for (const secret of ['sk_test_wrong', merchant.publishableKey, null]) {
    const headers = { ...NODE_HEADERS, ...(secret !== null && { 'accrupay-api-secret': secret }) };
    const { status, body } = await sendOver(gateway.url, { query: NODE_0_17.merchant, headers });
    expect({ status, data: body.data, codes: body.errors.map((error: Data) => error.extensions.code) }).toEqual({
      status: 200,
      data: null,
      codes: ['UNAUTHENTICATED'],
    });
  }
});

test('every answer is 200, also for queries that do not parse or fit, whatever is accepted', async () => {
  const headers = { 'accrupay-api-secret': merchant.secretKey, 'accrupay-app-metadata': 'nonsense' };
  const cases = [
    ['query {', 'GRAPHQL_PARSE_FAILED'],
    ['{ merchantApi { shoeSize } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['mutation { merchantApiTransactionRefund(id: "x", amount: "0100") { id } }', 'BAD_USER_INPUT'],
    ['{ merchantApiTransaction(id: "x") { id } }', '@transaction/NOT_FOUND'],
  ];
  for (const accept of ['*/*', 'application/json', NODE_HEADERS.accept]) {
    for (const [query = '', code] of cases) {
      const { status, body } = await sendOver(gateway.url, { query, headers: { ...headers, accept } });
      expect({ status, data: body.data, code: body.errors[0].extensions.code }).toEqual({ status: 200, data: null, code });
    }
  }
});

test('amounts are taken as strings, as numbers and as literals of either kind', async () => {
  const start = (amount: unknown) => call('paymentStart', { ...routing, data: newData({ amount }) });
  expect((await start(8750)).data.amount).toBe('8750');
  expect((await start('8750')).data.amount).toBe('8750');
  expect((await start('0100')).code).toBe('BAD_USER_INPUT');
  expect((await start(1.5)).code).toBe('BAD_USER_INPUT');
  const headers = { 'accrupay-api-secret': merchant.secretKey };
  for (const amount of ['1', '"1"']) {
    const query = `{ merchantApiClientTransactionSessions(amount: ${amount}) { totalCount } }`;
    expect((await sendOver(gateway.url, { query, headers })).body.data.merchantApiClientTransactionSessions.totalCount).toBe(0);
  }
});
