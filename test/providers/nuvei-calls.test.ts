import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addMs, HOUR_MS, MINUTE_MS } from '../../src/kernel/clock.ts';
import { newId } from '../../src/kernel/ids.ts';
import { findCredentialProblem } from '../../src/providers/credentials.ts';
import { CHECKSUM_FIELDS, checksumOf, type NuveiMethod } from '../../src/providers/nuvei/checksum.ts';
import type { ChargeRequest, StartSessionRequest } from '../../src/providers/provider.ts';
import {
  APPROVED_SALE,
  categoryOf,
  effectOf,
  type FakeNuvei,
  MOVEMENT,
  NOW,
  openFakeNuvei,
  readOf,
  SECRET,
  SESSION_ID,
  sessionOf,
  WEBHOOK_URL,
} from './nuvei-fake.ts';

let fake: FakeNuvei;
beforeAll(async () => {
  fake = await openFakeNuvei();
});
afterAll(() => fake.close());
beforeEach(() => {
  fake.requests.length = 0;
});

const START: StartSessionRequest = {
  sessionId: SESSION_ID,
  kind: 'PAYMENT',
  merchantInternalTransactionCode: 'order-1',
  money: { amountMinor: 1000n, currency: 'USD' },
  currency: 'USD',
  storePaymentMethod: false,
  customerId: null,
  providerCustomerCode: null,
  billing: {
    firstName: 'Jane',
    lastName: 'Doe'.repeat(20),
    email: 'jane@example.com',
    phone: null,
    address: { line1: '1 Main St', line2: null, city: 'New York', state: 'US-NY', postalCode: '10001', country: 'US' },
  },
  shipping: null,
  deviceIp: '203.0.113.7',
  description: null,
  returnUrl: 'https://shop.example.com/return',
  attemptsMax: 3,
  expiresAt: addMs(NOW, 15 * MINUTE_MS),
};

const IDS = { merchantId: '1234567890123456789', merchantSiteId: '123456', timeStamp: '20260115103000' };

function lastFields(): Record<string, any> {
  const { method = '', fields: { checksum, ...fields } = {} } = fake.requests.at(-1) ?? {};
  const names = CHECKSUM_FIELDS[method as NuveiMethod] ?? [];
  expect(checksum).toBe(checksumOf(names, fields, SECRET));
  return { method, ...fields };
}

describe('a start', () => {
  it('opens an order, signed and without a field that has nothing to say', async () => {
    const call = effectOf(fake);
    const started = await fake.provider.send('START', call, START);
    const billing = {
      firstName: 'Jane',
      lastName: `${'Doe'.repeat(13)}D`,
      email: 'jane@example.com',
      address: '1 Main St',
      city: 'New York',
      state: 'NY',
      zip: '10001',
      country: 'US',
    };
    expect(lastFields()).toEqual({
      method: 'openOrder',
      ...IDS,
      clientRequestId: call.idempotencyKey,
      clientUniqueId: SESSION_ID,
      amount: '10.00',
      currency: 'USD',
      transactionType: 'Sale',
      billingAddress: billing,
      deviceDetails: { ipAddress: '203.0.113.7' },
      urlDetails: {
        notificationUrl: WEBHOOK_URL,
        successUrl: 'https://shop.example.com/return',
        failureUrl: 'https://shop.example.com/return',
        pendingUrl: 'https://shop.example.com/return',
      },
      merchantDetails: { customField1: 'order-1' },
      preventOverride: '1',
      sessionCardDeclineLimit: '3',
    });
    expect(started).toEqual({
      providerCode: '471268418',
      clientToken: '9610a8f6-44cf-4c4f-976a-005da69a2a3b',
      clientTokenExpiresAt: addMs(NOW, 15 * MINUTE_MS),
      providerCustomerCode: null,
      payload: {
        provider: 'NUVEI',
        env: 'int',
        merchantId: IDS.merchantId,
        merchantSiteId: IDS.merchantSiteId,
        apiUrl: fake.account.baseUrl,
        sessionToken: '9610a8f6-44cf-4c4f-976a-005da69a2a3b',
        orderId: '471268418',
        savePM: false,
        billing,
      },
      state: sessionOf('PAYMENT').state,
    });
    expect(JSON.stringify(started)).not.toContain(SECRET);
  });

  it.each([
    ['AUTHORIZATION', START.money, 'Auth', '10.00'],
    ['ADD_PAYMENT_METHOD', null, 'Auth', '0'],
  ] as const)('of a session of kind %s', async (kind, money, transactionType, amount) => {
    const request = { ...START, kind, money, storePaymentMethod: true, customerId: 'customer' };
    const started = await fake.provider.send('START', effectOf(fake), request);
    expect(lastFields()).toMatchObject({ transactionType, amount, userTokenId: 'customer', isRebilling: '0' });
    expect(started.providerCustomerCode).toBe('customer');
    expect(started.payload).toMatchObject({ userTokenId: 'customer', savePM: true });
    expect(started.state).toMatchObject({ amount, storedFor: 'customer' });
  });

  it.each([
    ['US-NY', 'NY'],
    ['NY', 'NY'],
    ['DE-BY', 'BY'],
    ['GB-ENG', undefined],
    ['New York', undefined],
    [null, undefined],
  ])('tells the state %s as %s', async (state, told) => {
    const billing = { ...START.billing, address: { ...START.billing.address, state } };
    await fake.provider.send('START', effectOf(fake), { ...START, billing });
    expect(lastFields()['billingAddress'].state).toBe(told);
  });

  it('is stamped with the time of its operation, not of the attempt', async () => {
    const operationId = newId(addMs(NOW, -HOUR_MS));
    await fake.provider.send('START', { ...effectOf(fake), operationId }, START);
    expect(lastFields()['timeStamp']).toBe('20260115093000');
  });

  it('that was lost is as good as never made', async () => {
    expect(await fake.provider.findByOperation('START', effectOf(fake), START)).toBe('absent');
    expect(fake.requests).toEqual([]);
  });
});

const MONEY = { amountMinor: 1000n, currency: 'USD' };
const TRANSACTION_ID = '019bc0f0-0000-7000-8000-000000000002';
const MOVE = { transactionId: TRANSACTION_ID, providerCode: '711', session: null, money: MONEY, reason: null };

const MOVES = [
  ['SETTLE', 'settleTransaction', 'Settle', { amount: '10.00', currency: 'USD' }],
  ['VOID', 'voidTransaction', 'Void', {}],
  ['REFUND', 'refundTransaction', 'Credit', { amount: '10.00', currency: 'USD', comment: 'broken' }],
] as const;

describe.each(MOVES)('a %s', (kind, method, transactionType, amounts) => {
  const request = { ...MOVE, reason: 'broken' };
  const approved = { transactionStatus: 'APPROVED', transactionType, transactionId: '712' };

  it('names what it acts on, and is answered as a movement', async () => {
    fake.says(method, approved);
    const call = effectOf(fake);
    expect(await fake.provider.send(kind, call, request)).toEqual({ ...MOVEMENT, providerCode: '712' });
    expect(lastFields()).toEqual({
      method,
      ...IDS,
      clientRequestId: call.idempotencyKey,
      clientUniqueId: TRANSACTION_ID,
      relatedTransactionId: '711',
      urlDetails: { notificationUrl: WEBHOOK_URL },
      ...amounts,
    });
  });

  it('sends the same bytes at every attempt, whenever that is', async () => {
    fake.says(method, approved);
    const call = effectOf(fake);
    await fake.provider.send(kind, call, request);
    await fake.provider.send(kind, { ...call, now: addMs(NOW, HOUR_MS), attempt: 2 }, request);
    expect(fake.requests[1]?.text).toBe(fake.requests[0]?.text);
  });

  it.each([
    ['DECLINED', 'failed'],
    ['ERROR', 'failed'],
    ['PENDING', 'processing'],
    ['BLESSED', 'unknown'],
  ])('that is %s is %s, and no decline of a payer', async (transactionStatus, status) => {
    fake.says(method, { ...approved, transactionStatus, gwErrorReason: 'No' });
    const failureCode = status === 'failed' ? 'No' : null;
    expect(await fake.provider.send(kind, effectOf(fake), request)).toMatchObject({ status, failureCode, decline: null });
  });

  it('is found again by our id of it', async () => {
    const find = () => fake.provider.findByOperation(kind, effectOf(fake), request);
    fake.says('getTransactionDetails', { transactionDetails: approved });
    expect(await find()).toEqual({ found: { ...MOVEMENT, providerCode: '712' } });
    expect(lastFields()).toEqual({ method: 'getTransactionDetails', ...IDS, clientUniqueId: TRANSACTION_ID });
    fake.says('getTransactionDetails', { transactionDetails: { ...approved, transactionType: 'Sale' } });
    expect(await find()).toBe('cannot-tell');
    for (const errCode of [9146, 7777]) {
      fake.says('getTransactionDetails', { status: 'ERROR', errCode, reason: 'No transaction details returned' });
      expect(await find()).toBe('absent');
    }
    fake.says('getTransactionDetails', { status: 'ERROR', errCode: 7777, reason: 'Something else' });
    expect(await categoryOf(find())).toBe('INVALID_REQUEST');
  });

  it('is fetched by Nuvei’s id of it', async () => {
    const movement = { action: kind, providerCode: '712', transactionId: TRANSACTION_ID, session: null };
    const details = { ...approved, transactionId: undefined, processedAmount: '10.00', processedCurrency: 'USD' };
    fake.says('getTransactionDetails', { transactionDetails: details });
    expect(await fake.provider.fetchMovement(readOf(fake), movement)).toEqual({ ...MOVEMENT, providerCode: '712' });
    expect(lastFields()).toEqual({ method: 'getTransactionDetails', ...IDS, transactionId: '712' });
    fake.says('getTransactionDetails', { status: 'ERROR', errCode: 9146, reason: '' });
    expect(await categoryOf(fake.provider.fetchMovement(readOf(fake), movement))).toBe('NOT_FOUND');
  });
});

const METHOD = { providerCode: '53959318', providerCustomerCode: 'customer', originCode: '7110' };
const CHARGE: ChargeRequest = {
  transactionId: TRANSACTION_ID,
  merchantInternalTransactionCode: 'order-2',
  method: METHOD,
  money: MONEY,
  customerId: 'customer',
  billing: null,
  description: null,
};

describe('a charge', () => {
  const sale = { ...APPROVED_SALE, clientUniqueId: TRANSACTION_ID };

  it('fetches a token and pays with the stored method, on the merchant’s wish', async () => {
    fake.says('payment', sale);
    const call = effectOf(fake);
    const movement = await fake.provider.send('CHARGE', call, CHARGE);
    const card = { brand: 'visa', last4: '2535', expMonth: 9, expYear: 2030 };
    expect(movement).toEqual({ ...MOVEMENT, card });
    expect(fake.requests.map(({ method }) => method)).toEqual(['getSessionToken', 'payment']);
    expect(fake.requests[0]?.fields['clientRequestId']).toBe(`${call.idempotencyKey}:token`);
    expect(lastFields()).toEqual({
      method: 'payment',
      ...IDS,
      sessionToken: 'token-1',
      clientRequestId: call.idempotencyKey,
      clientUniqueId: TRANSACTION_ID,
      amount: '10.00',
      currency: 'USD',
      transactionType: 'Sale',
      userTokenId: 'customer',
      isRebilling: '1',
      relatedTransactionId: '7110',
      paymentOption: { userPaymentOptionId: '53959318' },
      urlDetails: { notificationUrl: WEBHOOK_URL },
      merchantDetails: { customField1: 'order-2' },
    });
  });

  it('that the issuer wants a challenge for is declined, by whatever it is asked about', async () => {
    fake.says('payment', { ...sale, transactionStatus: 'REDIRECT' });
    const decline = { reason: 'AUTHENTICATION_REQUIRED', advice: 'CUSTOMER_PRESENT', rawCode: 'REDIRECT' };
    const declined = { status: 'declined', decline };
    expect(await fake.provider.send('CHARGE', effectOf(fake), CHARGE)).toMatchObject(declined);
    const challenged = { ...sale, transactionStatus: 'REDIRECT', transactionType: 'Auth3D' };
    fake.says('getTransactionDetails', { transactionDetails: challenged });
    const found = await fake.provider.findByOperation('CHARGE', effectOf(fake), CHARGE);
    expect(found).toMatchObject({ found: declined });
    const reference = { action: 'PAYMENT', providerCode: '711', transactionId: TRANSACTION_ID, session: null } as const;
    expect(await fake.provider.fetchMovement(readOf(fake), reference)).toMatchObject(declined);
  });

  it('whose token did not come moved nothing', async () => {
    fake.says('getSessionToken', 'reset');
    expect(await categoryOf(fake.provider.send('CHARGE', effectOf(fake), CHARGE))).toBe('UNAVAILABLE');
    fake.says('getSessionToken', { sessionToken: 'token-1' });
  });

  it('whose answer was lost has an unknown outcome', async () => {
    fake.says('payment', 'reset');
    expect(await categoryOf(fake.provider.send('CHARGE', effectOf(fake), CHARGE))).toBe('UNKNOWN_OUTCOME');
  });
});

describe('a detach', () => {
  it('deletes the method of its user', async () => {
    const call = effectOf(fake);
    expect(await fake.provider.send('DETACH', call, { method: METHOD })).toBeNull();
    const named = { userTokenId: 'customer', clientRequestId: call.idempotencyKey, userPaymentOptionId: '53959318' };
    expect(lastFields()).toEqual({ method: 'deleteUPO', ...IDS, ...named });
  });

  it.each([
    [[], { found: null }],
    [[{ userPaymentOptionId: 53959318, upoStatus: 'enabled' }], 'absent'],
    [[{ userPaymentOptionId: '53959318', upoStatus: 'deleted' }], { found: null }],
    [[{ userPaymentOptionId: '1', upoStatus: 'enabled' }], { found: null }],
  ])('has happened when the user’s list %j no longer has the method', async (paymentMethods, expected) => {
    fake.says('getUserUPOs', { paymentMethods });
    expect(await fake.provider.findByOperation('DETACH', effectOf(fake), { method: METHOD })).toEqual(expected);
  });

  it('of a method without a user is refused without a call', async () => {
    const method = { ...METHOD, providerCustomerCode: null };
    expect(await categoryOf(fake.provider.send('DETACH', effectOf(fake), { method }))).toBe('INVALID_REQUEST');
    expect(fake.requests).toEqual([]);
  });
});

describe('a dispute', () => {
  const chargeback = {
    transactionType: 'Chargeback',
    relatedTransactionId: '711',
    processedAmount: '10.00',
    processedCurrency: 'USD',
  };

  it.each([
    ['APPROVED', 'lost'],
    ['PENDING', 'open'],
    ['DECLINED', 'won'],
    ['BLESSED', 'unknown'],
  ])('that is %s is %s', async (transactionStatus, status) => {
    fake.says('getTransactionDetails', { transactionDetails: { ...chargeback, transactionStatus, gwErrorReason: '10.4' } });
    const dispute = await fake.provider.fetchDispute(readOf(fake), '722');
    expect(dispute).toEqual({ providerCode: '722', paymentCodes: ['711'], status, money: MONEY, reason: '10.4' });
  });

  it('with a reason that is about somebody has none', async () => {
    const gwErrorReason = 'Card 4242424242424242 of Jane Smith';
    fake.says('getTransactionDetails', { transactionDetails: { ...chargeback, transactionStatus: 'PENDING', gwErrorReason } });
    expect(await fake.provider.fetchDispute(readOf(fake), '722')).toMatchObject({ status: 'open', reason: null });
  });

  it('that is none is not found', async () => {
    fake.says('getTransactionDetails', { transactionDetails: { ...chargeback, transactionType: 'Sale' } });
    expect(await categoryOf(fake.provider.fetchDispute(readOf(fake), '711'))).toBe('NOT_FOUND');
  });
});

describe('an account', () => {
  const good = { merchantId: '1', merchantSiteId: '2', merchantSecretKey: 'abcdef' };

  it.each([
    [good, null],
    [{ ...good, merchantId: 'x-SECRET' }, 'merchantId'],
    [{ ...good, merchantSiteId: '' }, 'merchantSiteId'],
    [{ ...good, merchantSecretKey: 'has a space' }, 'merchantSecretKey'],
    [{}, 'merchantId'],
  ])('with %j is judged by the form of its credentials, without their values', (credentials, named) => {
    const verdict = findCredentialProblem(fake.provider.descriptor, 'TEST', credentials);
    if (named === null) expect(verdict).toBeNull();
    else expect(verdict).toMatch(new RegExp(`^${named} `));
    expect(verdict ?? '').not.toMatch(/x-SECRET|has a space/);
  });

  it('is tried with a session token, which moves nothing', async () => {
    await fake.provider.checkAccount(readOf(fake));
    expect(fake.requests.map(({ method }) => method)).toEqual(['getSessionToken']);
    lastFields();
    fake.says('getSessionToken', { status: 'ERROR', errCode: 1001, reason: 'Invalid checksum' });
    expect(await categoryOf(fake.provider.checkAccount(readOf(fake)))).toBe('PROVIDER_AUTH');
    fake.says('getSessionToken', { sessionToken: 'token-1' });
  });

  it('shows a browser no secret', () => {
    expect(fake.provider.baseConfig({ ...fake.account, environment: 'LIVE' })).toEqual({
      provider: 'NUVEI',
      environment: 'LIVE',
      env: 'prod',
      merchantId: IDS.merchantId,
      merchantSiteId: IDS.merchantSiteId,
      apiUrl: fake.account.baseUrl,
    });
  });
});

describe('a cancel', () => {
  it('is not offered, and not sent', async () => {
    expect(await categoryOf(fake.provider.send('CANCEL', effectOf(fake), sessionOf('PAYMENT')))).toBe('UNSUPPORTED');
    expect(fake.requests).toEqual([]);
  });
});
