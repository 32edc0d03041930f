import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { CARDS, newCode, type TestMerchant } from '../support/gateway.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { runsWhole } from '../support/template.ts';
import { type Lane, openExampleLane, openVendorLane } from './lanes.ts';
import { type AccruPay, BILLING, codeOf, openSdk, paymentData, sdk, startData, usePackage } from './sdk.ts';

/** The published @accrupay/node 0.15.1, unmodified, over HTTP. */

usePackage();

let gateway: ServedGateway;
let merchant: TestMerchant;
let accrupay: AccruPay;
let simulator: Simulator;
let lanes: Readonly<Record<string, Lane>>;

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant();
  ({ accrupay } = openSdk(gateway.url, merchant.secretKey));
  const { database, clock, log, vault } = gateway;
  simulator = await createSimulator({ database, clock, sign: vault.fingerprint, log, host: '127.0.0.1', port: 0 });
  lanes = {
    EXAMPLE: openExampleLane(gateway, merchant),
    STRIPE: await openVendorLane(gateway, merchant, { provider: 'STRIPE', simulator }),
    NUVEI: await openVendorLane(gateway, merchant, { provider: 'NUVEI', simulator }),
  };
});
afterAll(async () => {
  await simulator.close();
  await gateway.close();
});

describe.each(runsWhole() ? ['EXAMPLE', 'STRIPE', 'NUVEI'] : ['NUVEI'])('through %s, the SDK', (provider) => {
  let lane: Lane;
  beforeAll(() => {
    lane = lanes[provider] as Lane;
  });

  async function paid(data = paymentData(), card: string = CARDS.approve) {
    const { payments } = accrupay.transactions.clientSessions;
    const session = await payments.start({ ...lane.routing, data });
    await lane.pay(session, card);
    return { session, transaction: await payments.verify({ id: session.id }) };
  }

  async function stored(customerCode = newCode('customer')) {
    const { add } = accrupay.transactions.clientSessions.paymentMethod;
    const session = await add.start({ ...lane.routing, data: startData(customerCode) });
    await lane.pay(session, CARDS.approve);
    const { paymentMethod, ...transaction } = await add.verify({ id: session.id });
    if (paymentMethod == null) throw new Error('Nothing was stored.');
    return { session, transaction, paymentMethod };
  }

  const charge = (merchantCustomerPaymentMethodId: string, rest: { merchantInternalCustomerCode: string; amount?: bigint }) =>
    accrupay.transactions.payments.paymentMethod.charge({
      ...lane.routing,
      data: {
        merchantCustomerPaymentMethodId,
        merchantInternalTransactionCode: newCode('charge'),
        amount: 103n,
        currency: sdk.CURRENCY.USD,
        billing: BILLING,
        ...rest,
      },
    });

  test('reads the base config', async () => {
    const { provider: named, data } = await accrupay.transactions.clientSessions.getBaseConfig(lane.routing);
    expect(named).toBe(provider);
    expect(data.provider).toBe(provider);
    if ('publicKey' in data) expect(data.publicKey ?? 'none').toMatch(provider === 'STRIPE' ? /^pk_test_/ : /^none$/);
    else expect(data).toMatchObject({ merchantId: '1234567890123', merchantSiteId: '100001', env: 'int', environment: 'int' });
  });

  test('starts a payment, whose verify is refused until the payer pays and then answers the same each time', async () => {
    const { payments } = accrupay.transactions.clientSessions;
    const data = paymentData();
    const session = await payments.start({ ...lane.routing, data });
    expect(session).toMatchObject({
      action: 'PAYMENT',
      status: 'PENDING',
      amount: 10_300n,
      merchantInternalCustomerCode: data.merchantInternalCustomerCode,
      transactionProvider: { id: lane.routing.merchantTransactionProviderId, provider },
    });
    expect(session.token).toEqual(expect.stringMatching(/.{10}/));
    expect(session.createdAt).toBeInstanceOf(Date);
    expect(await codeOf(payments.verify({ id: session.id }))).toBe('@session/NOT_COMPLETED');
    await lane.pay(session, CARDS.approve);
    const transaction = await payments.verify({ id: session.id });
    expect(transaction).toMatchObject({ action: 'PAYMENT', status: 'SUCCEEDED', amount: 10_300n, refundedAmount: 0n });
    expect(transaction.succeededAt).toBeInstanceOf(Date);
    expect(transaction.code).not.toBe('');
    for (const name of [
      { token: session.token ?? '' },
      { providerCode: session.providerCode },
      { merchantInternalTransactionCode: data.merchantInternalTransactionCode },
      { id: session.id, token: session.token ?? '', providerCode: session.providerCode },
    ]) {
      expect((await payments.verify(name)).id).toBe(transaction.id);
      expect((await accrupay.transactions.clientSessions.getOne(name)).status).toBe('COMPLETED');
    }
  });

  test('gets a decline as a transaction, and the payer may try again', async () => {
    const { session, transaction } = await paid(paymentData(), CARDS.decline);
    expect(transaction).toMatchObject({ status: 'DECLINED', succeededAt: null });
    expect(transaction.providerError).toBeTruthy();
    expect(transaction.failedAt).toBeInstanceOf(Date);
    expect((await accrupay.transactions.clientSessions.getOne({ id: session.id })).status).toBe('ACTIVE');
  });

  test('stores a payment method with a payment', async () => {
    const { transaction } = await paid({ ...paymentData(), storePaymentMethod: true });
    expect(transaction.storePaymentMethod).toBe(true);
    expect(transaction.paymentMethodId).toBe(transaction.paymentMethod?.id);
    expect(transaction.paymentMethodType).toBe('CARD');
  });

  test('adds a card, charges it, and finds it in lists and by sync', async () => {
    const customerCode = newCode('customer');
    const { session, transaction, paymentMethod } = await stored(customerCode);
    expect(session).toMatchObject({ action: 'ADD_PAYMENT_METHOD', amount: 0n });
    expect(transaction).toMatchObject({ action: 'ADD_PAYMENT_METHOD', status: 'SUCCEEDED' });
    expect(paymentMethod).toMatchObject({ isEnabled: true, status: 'ENABLED', merchantInternalCustomerCode: customerCode });
    expect(paymentMethod.paymentMethodInfo).toMatchObject({ methodType: 'CARD', cardNumberMasked: '****4242' });
    const charged = await charge(paymentMethod.id, { merchantInternalCustomerCode: customerCode });
    expect(charged).toMatchObject({ action: 'PAYMENT', status: 'SUCCEEDED', amount: 103n, paymentMethodId: paymentMethod.id });

    const { paymentMethods } = accrupay;
    const synced = { ...lane.routing, providerCode: paymentMethod.providerCode, merchantInternalCustomerCode: customerCode };
    expect((await paymentMethods.getOne({ merchantCustomerPaymentMethodId: paymentMethod.id })).id).toBe(paymentMethod.id);
    expect((await paymentMethods.syncOne(synced)).id).toBe(paymentMethod.id);
    const { items, totalCount } = await paymentMethods.getMany({ merchantInternalCustomerCode: customerCode });
    expect(items.map(({ id }) => id)).toEqual([paymentMethod.id]);
    expect(totalCount).toBe(1);
    expect(await codeOf(paymentMethods.syncOne({ ...synced, merchantInternalCustomerCode: newCode() }))).toBe(
      '@payment-method/NOT_FOUND',
    );
  });

  test('is refused when it charges for the wrong customer or through another account', async () => {
    const { paymentMethod } = await stored();
    expect(await codeOf(charge(paymentMethod.id, { merchantInternalCustomerCode: newCode() }))).toBe('@payment-method/NOT_FOUND');
    expect(await codeOf(charge(newCode(), { merchantInternalCustomerCode: newCode() }))).toBe('@payment-method/NOT_FOUND');
  });

  test('refunds in parts up to what was paid, and one more is refused', async () => {
    const { transaction } = await paid();
    const refund = (amount: bigint) => accrupay.transactions.refundOne({ id: transaction.id, amount });
    expect(await refund(10_000n)).toMatchObject({
      action: 'REFUND',
      amount: 10_000n,
      relatedTransactionId: transaction.id,
      relatedTransaction: { id: transaction.id },
      providerRelatedCode: transaction.providerCode,
    });
    expect((await refund(300n)).amount).toBe(300n);
    expect(await codeOf(refund(1n))).toBe('@amount/EXCEEDS_AVAILABLE');
    const refunded = await accrupay.transactions.getOne({ id: transaction.id });
    expect(refunded.refundedAmount).toBe(10_300n);
    expect(refunded.refundedAt).toBeInstanceOf(Date);
  });

  test('voids a payment where the provider can, and is told where it cannot', async () => {
    const { transaction } = await paid();
    const voided = accrupay.transactions.voidOne({ id: transaction.id });
    if (provider === 'NUVEI') {
      expect(await voided).toMatchObject({ action: 'VOID', relatedTransactionId: transaction.id });
      expect((await accrupay.transactions.getOne({ id: transaction.id })).voidedAt).toBeInstanceOf(Date);
    } else {
      expect(await codeOf(voided)).toBe('@provider/UNSUPPORTED');
    }
  });

  test('finds a transaction by each identifier and syncs it', async () => {
    const { session, transaction } = await paid();
    const { id, providerCode } = transaction;
    const names = [{ id }, { providerCode }, { merchantInternalTransactionCode: session.merchantInternalTransactionCode ?? '' }];
    for (const name of names) {
      expect((await accrupay.transactions.getOne(name)).id).toBe(id);
      expect((await accrupay.transactions.syncOne({ ...lane.routing, ...name })).id).toBe(id);
    }
    const elsewhere = { merchantTransactionProviderId: newCode(), id };
    expect(await codeOf(accrupay.transactions.syncOne(elsewhere))).toBe('@transaction/NOT_FOUND');
    expect(await codeOf(accrupay.transactions.getOne({ id, providerCode: 'other' }))).toBe('@transaction/NOT_FOUND');
    expect(await codeOf(accrupay.transactions.getOne({}))).toBe('@input/INVALID');
  });

  test('gets amounts beyond 2^53 back exact, or refused before any call', async () => {
    const amount = 9_007_199_254_740_993n;
    const call = paid({ ...paymentData(), amount });
    if (provider === 'EXAMPLE') {
      const { session, transaction } = await call;
      expect([session.amount, transaction.amount]).toEqual([amount, amount]);
      const { items } = await accrupay.transactions.clientSessions.getMany({ amount });
      expect(items.map((item) => item.amount)).toEqual([amount]);
    } else {
      expect(await codeOf(call)).toBe('@amount/NOT_SUPPORTED');
    }
  });
});

describe('the SDK', () => {
  test('is told of a wrong secret once, by onAuthError', async () => {
    const { accrupay: stranger, reports } = openSdk(gateway.url, 'sk_test_wrong');
    await expect(stranger.transactions.getMany({})).rejects.toMatchObject({
      cause: { extensions: { code: 'UNAUTHENTICATED' } },
    });
    expect(reports).toEqual(['graphql', 'auth']);
  });

  test('reads the merchant and its provider accounts', async () => {
    expect(await accrupay.merchants.getCurrent({})).toMatchObject({
      publicId: merchant.publicId,
      name: 'Corner Shop',
      status: 'ACTIVE',
    });
    const { transactionProviders } = accrupay;
    const { items } = await transactionProviders.getMany({ status: sdk.MERCHANT_TRANSACTION_PROVIDER_STATUS.ENABLED });
    expect(items.map(({ id }) => id)).toContain(merchant.accountId);
    const { id, merchantId } = await transactionProviders.getOne({ merchantTransactionProviderId: merchant.accountId });
    expect({ id, merchantId }).toEqual({ id: merchant.accountId, merchantId: merchant.scope.merchantId });
    expect(await codeOf(transactionProviders.getOne({ merchantTransactionProviderId: newCode() }))).toBe('@provider/NOT_FOUND');
  });

  test('lists every state, action, currency and provider that it can name', async () => {
    const { clientSessions } = accrupay.transactions;
    const all = await clientSessions.getMany({ take: 100 });
    expect(all.totalCount).toBeGreaterThan(5);
    expect(all.items).toHaveLength(all.totalCount);
    let counted = 0;
    for (const providerStatus of Object.values(sdk.CLIENT_TRANSACTION_SESSION_STATUS)) {
      const { items, totalCount } = await clientSessions.getMany({ providerStatus });
      expect(items.map((item) => item.providerStatus)).toEqual(items.map(() => providerStatus));
      counted += totalCount;
    }
    expect(counted).toBe(all.totalCount);
    for (const action of Object.values(sdk.TRANSACTION_ACTION)) {
      const { items } = await accrupay.transactions.getMany({ action, take: 100 });
      expect(items.map((item) => item.action)).toEqual(items.map(() => action));
    }
    for (const status of Object.values(sdk.TRANSACTION_STATUS)) {
      const { items } = await accrupay.transactions.getMany({ statuses: [status] });
      expect(items.map((item) => item.status)).toEqual(items.map(() => status));
    }
    for (const currency of Object.values(sdk.CURRENCY)) {
      expect((await clientSessions.getMany({ currency })).totalCount).toBe(currency === sdk.CURRENCY.USD ? all.totalCount : 0);
      await accrupay.transactions.getMany({ currency });
    }
    for (const transactionProvider of Object.values(sdk.TRANSACTION_PROVIDER)) {
      await accrupay.transactions.getMany({ transactionProvider });
      await accrupay.paymentMethods.getMany({ transactionProvider });
      await accrupay.transactionProviders.getMany({ transactionProvider });
    }
    expect((await accrupay.transactions.getMany({ take: 1 })).items).toHaveLength(1);
  });

  test('pages by cursor and by offset, and sorts', async () => {
    const { clientSessions } = accrupay.transactions;
    const ascending = [{ field: 'createdAt', order: sdk.SORT_ORDER.ASC }];
    const first = await clientSessions.getMany({ first: 3, sorting: ascending });
    const second = await clientSessions.getMany({ first: 3, after: first.pageInfo.endCursor ?? '', sorting: ascending });
    const both = await clientSessions.getMany({ skip: 0, take: 6, sorting: ascending });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(both.items.map(({ id }) => id));
    const unknown = [{ field: 'shoeSize', order: sdk.SORT_ORDER.ASC }];
    expect(await codeOf(clientSessions.getMany({ sorting: unknown }))).toBe('@input/INVALID');
    expect(await codeOf(clientSessions.getMany({ take: 101 }))).toBe('@input/INVALID');
  });

  test('starts the same session again for the same code and input, and is refused for other input', async () => {
    const { payments } = accrupay.transactions.clientSessions;
    const by = { merchantTransactionProviderId: merchant.accountId };
    const data = paymentData();
    const { id } = await payments.start({ ...by, data });
    expect((await payments.start({ ...by, data })).id).toBe(id);
    expect(await codeOf(payments.start({ ...by, data: { ...data, amount: 1n } }))).toBe('@transaction/CODE_ALREADY_USED');
  });

  test('needs no provider where the merchant has one account, and is refused where it names none of the merchant', async () => {
    const { payments } = accrupay.transactions.clientSessions;
    const alone = openSdk(gateway.url, (await gateway.newMerchant()).secretKey).accrupay;
    expect((await alone.transactions.clientSessions.payments.start({ data: paymentData() })).transactionProvider.provider).toBe(
      'EXAMPLE',
    );
    const elsewhere = { merchantTransactionProviderId: newCode(), transactionProvider: sdk.TRANSACTION_PROVIDER.NUVEI };
    expect(await codeOf(payments.start({ ...elsewhere, data: paymentData() }))).toBe('@provider/NOT_FOUND');
    const byName = await payments.start({ transactionProvider: sdk.TRANSACTION_PROVIDER.NUVEI, data: paymentData() });
    expect(byName.transactionProvider.provider).toBe('NUVEI');
    expect(await codeOf(payments.start({ data: paymentData() }))).toBe('@provider/NOT_FOUND');
    const disagreeing = {
      merchantTransactionProviderId: merchant.accountId,
      transactionProvider: sdk.TRANSACTION_PROVIDER.NUVEI,
    };
    expect(await codeOf(payments.start({ ...disagreeing, data: paymentData() }))).toBe('@provider/NOT_FOUND');
  });

  test('is refused in the words of GraphQL for what does not fit the schema, and in our own for what breaks a rule', async () => {
    const { payments, paymentMethod } = accrupay.transactions.clientSessions;
    const by = { merchantTransactionProviderId: merchant.accountId };
    expect(await codeOf(paymentMethod.add.start({ ...by, data: paymentData() }))).toBe('BAD_USER_INPUT');
    expect(await codeOf(payments.start({ ...by, data: { ...paymentData(), amount: 0n } }))).toBe('@input/INVALID');
    expect(await codeOf(payments.verify({ id: newCode() }))).toBe('@session/NOT_FOUND');
    const { id } = await payments.start({ ...by, data: paymentData() });
    expect(await codeOf(paymentMethod.add.verify({ id }))).toBe('@session/WRONG_KIND');
  });

  test('takes the customer in the new way, in the old, and in both when they agree', async () => {
    const { payments } = accrupay.transactions.clientSessions;
    const by = { merchantTransactionProviderId: merchant.accountId };
    const { merchantInternalCustomerCode: code, ...data } = paymentData();
    const start = (named: object) => payments.start({ ...by, data: { ...data, ...named } as never });
    const { id } = await start({ customer: { merchantInternalCustomerCode: code } });
    expect((await start({ merchantInternalCustomerCode: code })).id).toBe(id);
    expect((await start({ merchantInternalCustomerCode: code, customer: { merchantInternalCustomerCode: code } })).id).toBe(id);
    const differing = { merchantInternalCustomerCode: newCode(), customer: { merchantInternalCustomerCode: code } };
    expect(await codeOf(start(differing))).toBe('@input/INVALID');
    const strict = { customer: { merchantInternalCustomerCode: newCode(), resolutionStrategy: 'MATCH_OR_FAIL' } };
    expect(await codeOf(start(strict))).toBe('@customer/NOT_FOUND');
  });

  test('gets one clear error for what Tollgate does not offer', async () => {
    const ach = { accountNumber: '1', routingNumber: '2' };
    const data = { ...paymentData(), ach } as never;
    expect(await codeOf(accrupay.transactions.payments.ach.initiate({ data }))).toBe('@provider/UNSUPPORTED');
    expect(await codeOf(accrupay.paymentPlans.getMany({}))).toBe('@provider/UNSUPPORTED');
  });
});
