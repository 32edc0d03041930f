import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as client from '../../packages/sdk/src/client/client.ts';
import { SESSION_KINDS } from '../../src/providers/provider.ts';
import { SESSION_ACTIONS, SESSION_STATUSES } from '../../src/sessions/session.ts';
import { TRANSACTION_STATUSES } from '../../src/transactions/transaction.ts';
import { CARDS, type Data, newCode, type TestMerchant } from '../support/gateway.ts';
import { payOver, type ServedGateway, serveGateway } from '../support/served.ts';
import { declaredNames, readSnippets, splitImport } from './seed.ts';

const { default: Tollgate, COUNTRY_ISO_2, CURRENCY, DEVICE_TYPE, TollgateError, TRANSACTION_PROVIDER } = client;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

let gateway: ServedGateway;
let merchant: TestMerchant;
let accrupay: client.Tollgate;

beforeAll(async () => {
  gateway = await serveGateway();
  ({ merchant, accrupay } = await newCaller());
});
afterAll(() => gateway.close());

async function newCaller() {
  const newOne = await gateway.newMerchant();
  return { merchant: newOne, accrupay: new Tollgate({ url: gateway.url, secretKey: newOne.secretKey }) };
}

/** Runs a snippet as a program of its own would: with the package's names, the environment, and what earlier ones declared. */
async function run(
  name: string,
  options: { earlier?: Data; change?: (code: string) => string; lines?: unknown[] } = {},
): Promise<Data> {
  const snippet = readSnippets().find((known) => known.name === name);
  if (snippet === undefined) throw new Error(`There is no snippet ${name}.`);
  const { code, names } = splitImport(options.change?.(snippet.code) ?? snippet.code);
  for (const imported of names) expect(client).toHaveProperty(imported);
  const scope = {
    accrupay,
    COUNTRY_ISO_2,
    CURRENCY,
    TRANSACTION_PROVIDER,
    process: { env: { ACCRUPAY_PROVIDER_ID: merchant.accountId } },
    console: { log: (line: unknown) => options.lines?.push(line) },
    ...options.earlier,
  };
  // The braces let a snippet declare again what an earlier one declared.
  const body = `{ ${code}\n return { ${declaredNames(code).join(', ')} }; }`;
  // There is no other way to the constructor of async functions.
  const AsyncFunction = async function () {}.constructor as new (...parts: string[]) => (...values: unknown[]) => Promise<Data>;
  return new AsyncFunction(...Object.keys(scope), body)(...Object.values(scope));
}

describe('the snippets, in the order of the document, over HTTP', () => {
  let payment: Data;
  let stored: Data;

  test('getBaseConfig answers the configuration of the account', async () => {
    const { config } = await run('getBaseConfig');
    expect(config).toMatchObject({
      transactionProvider: 'EXAMPLE',
      transactionProviderId: merchant.accountId,
      environment: 'TEST',
    });
    expect(config.sessionKinds).toEqual(expect.arrayContaining([...SESSION_KINDS]));
  });

  test('payments.start answers a session whose token the browser takes', async () => {
    ({ session: payment } = await run('payments.start'));
    expect(payment).toMatchObject({
      amount: 10000n,
      currency: 'USD',
      status: 'PENDING',
      action: 'COLLECT_PAYMENT_METHOD',
      kind: 'PAYMENT',
    });
    expect(payment).toMatchObject({
      merchantInternalTransactionCode: 'order-8821',
      storePaymentMethod: false,
      paymentMethod: null,
      transactions: [],
    });
    expect(payment.customer).toMatchObject({ merchantInternalCustomerCode: 'customer-4421' });
    expect(payment.id).toMatch(UUID);
    expect(payment.token).toMatch(/^cst_/);
    expect(payment.checkoutUrl).toBe(`${gateway.url}/checkout/${merchant.publicId}#${payment.token}`);
  });

  test('the same payments.start again answers the same session', async () => {
    expect((await run('payments.start')).session).toMatchObject({ id: payment.id, token: payment.token });
  });

  test('payments.verify answers the transaction that the browser brought about', async () => {
    expect(await payOver(gateway.url, payment.token, CARDS.approve)).toEqual({ status: 'succeeded' });
    const lines: unknown[] = [];
    const { transaction } = await run('payments.verify', { earlier: { session: payment }, lines });
    expect(transaction).toMatchObject({
      status: 'SUCCEEDED',
      action: 'PAYMENT',
      amount: 10000n,
      currency: 'USD',
      session: { id: payment.id, status: 'COMPLETED' },
    });
    expect(transaction).not.toHaveProperty('token');
    expect(lines).toEqual(['SUCCEEDED']);
  });

  test('paymentMethod.add.start answers a session without an amount', async () => {
    ({ session: stored } = await run('paymentMethod.add.start'));
    expect(stored).toMatchObject({ kind: 'ADD_PAYMENT_METHOD', merchantInternalTransactionCode: 'add-pm-3310', currency: 'USD' });
    expect(stored).not.toHaveProperty('amount');
    expect(stored).not.toHaveProperty('storePaymentMethod');
    expect(stored.customer.id).toBe(payment.customer.id);
  });

  test('paymentMethod.add.verify answers the stored method, which can be charged', async () => {
    await payOver(gateway.url, stored.token, CARDS.approve);
    const { result } = await run('paymentMethod.add.verify', { earlier: { session: stored } });
    expect(result).toMatchObject({ status: 'SUCCEEDED', action: 'ADD_PAYMENT_METHOD', amount: 0n });
    expect(result.paymentMethod.id).toMatch(UUID);
    const charged = await accrupay.transactions.payments.paymentMethod.charge({
      data: {
        paymentMethodId: result.paymentMethod.id,
        merchantInternalTransactionCode: 'renewal-1',
        amount: 990n,
        currency: CURRENCY.USD,
      },
    });
    expect(charged).toMatchObject({
      status: 'SUCCEEDED',
      action: 'PAYMENT',
      amount: 990n,
      paymentMethod: { id: result.paymentMethod.id },
    });
  });

  test('authorizations.start and verify answer a hold, and settle takes it', async () => {
    const { session } = await run('authorizations.start');
    expect(session).toMatchObject({ kind: 'AUTHORIZATION', amount: 25000n, storePaymentMethod: false, customer: null });
    await payOver(gateway.url, session.token, CARDS.approve);
    const { transaction } = await run('authorizations.verify', { earlier: { session } });
    expect(transaction).toMatchObject({
      status: 'SUCCEEDED',
      action: 'AUTHORIZATION',
      amount: 25000n,
      hold: 'HELD',
      session: { action: 'SETTLE_OR_VOID' },
    });
    const settled = await accrupay.transactions.authorizations.settle({ id: transaction.id, amount: 20000n });
    expect(settled).toMatchObject({
      status: 'SUCCEEDED',
      action: 'SETTLE',
      amount: 20000n,
      relatedTransaction: { id: transaction.id },
    });
    expect(await accrupay.transactions.getOne({ id: transaction.id })).toMatchObject({ hold: 'SETTLED', settledAmount: 20000n });
  });

  test('a hold can be released with authorizations.void instead', async () => {
    const { session } = await run('authorizations.start', { change: (code) => code.replace('auth-5540', 'auth-5541') });
    await payOver(gateway.url, session.token, CARDS.approve);
    const { transaction } = await run('authorizations.verify', { earlier: { session } });
    expect(await accrupay.transactions.authorizations.void({ id: transaction.id })).toMatchObject({
      status: 'SUCCEEDED',
      action: 'VOID',
    });
    expect(await accrupay.transactions.getOne({ id: transaction.id })).toMatchObject({ hold: 'VOIDED', settledAmount: 0n });
  });

  test('getOne answers the session with the id; its placeholder names none', async () => {
    await expect(run('getOne')).rejects.toMatchObject({ name: 'TollgateError', code: 'SESSION_NOT_FOUND' });
    const { session } = await run('getOne', { change: (code) => code.replace('session-id', payment.id) });
    expect(session).toMatchObject({
      id: payment.id,
      status: 'COMPLETED',
      amount: 10000n,
      transactions: [{ status: 'SUCCEEDED', amount: 10000n }],
    });
  });

  test('getMany answers a page and the total', async () => {
    const { data, total } = await run('getMany');
    expect(total).toBe(4);
    expect(data.map((session: Data) => session.merchantInternalTransactionCode).sort()).toEqual([
      'add-pm-3310',
      'auth-5540',
      'auth-5541',
      'order-8821',
    ]);
    expect(data.find((session: Data) => session.id === payment.id)).toMatchObject({ amount: 10000n, status: 'COMPLETED' });
  });

  test('every snippet of the copy was run here', () => {
    const names = [
      'getBaseConfig',
      'getOne',
      'getMany',
      'payments.start',
      'payments.verify',
      'paymentMethod.add.start',
      'paymentMethod.add.verify',
    ];
    expect(readSnippets().map(({ name }) => name)).toEqual([...names, 'authorizations.start', 'authorizations.verify']);
  });
});

const BILLING = {
  billingFirstName: 'Jane',
  billingLastName: 'Smith',
  billingEmail: 'jane@example.com',
  billingAddressCountry: COUNTRY_ISO_2.US,
};
const OPTIONAL_BILLING = {
  billingPhone: '+12125550100',
  billingAddressState: 'US-NY',
  billingAddressCity: 'New York',
  billingAddressLine1: '123 Main St',
  billingAddressLine2: 'Floor 2',
  billingAddressPostalCode: '10001',
};
const byEnum = { transactionProvider: TRANSACTION_PROVIDER.EXAMPLE } as const;
const newData = () => ({ merchantInternalTransactionCode: newCode(), currency: CURRENCY.USD, billing: BILLING });
const newPaidData = () => ({ ...newData(), amount: 5n, storePaymentMethod: false });

/** The three kinds of session under one shape, as the table of session types lists them. */
const kinds = () => {
  const { payments, paymentMethod, authorizations } = accrupay.transactions.clientSessions;
  return [
    { kind: 'PAYMENT', start: () => payments.start({ ...byEnum, data: newPaidData() }), verify: payments.verify },
    {
      kind: 'ADD_PAYMENT_METHOD',
      start: () => paymentMethod.add.start({ ...byEnum, data: newData() }),
      verify: paymentMethod.add.verify,
    },
    {
      kind: 'AUTHORIZATION',
      start: () => authorizations.start({ ...byEnum, data: newPaidData() }),
      verify: authorizations.verify,
    },
  ];
};

describe('the tables of the document', () => {
  const COMMON = [
    'id',
    'token',
    'tokenExpiresAt',
    'status',
    'action',
    'kind',
    'currency',
    'merchantInternalTransactionCode',
    'transactionProviderId',
  ];
  const RESPONSE_FIELDS = [...COMMON, 'payload', 'paymentMethod', 'transactionProvider', 'transactions'];

  test('every field of a session response is there, whether the session is started, read or listed', async () => {
    for (const { kind, start } of kinds()) {
      const started = await start();
      const read = await accrupay.transactions.clientSessions.getOne({ id: started.id });
      const { merchantInternalTransactionCode } = started;
      const [listed] = (await accrupay.transactions.clientSessions.getMany({ filter: { merchantInternalTransactionCode } })).data;
      const fields = kind === 'ADD_PAYMENT_METHOD' ? RESPONSE_FIELDS : [...RESPONSE_FIELDS, 'amount', 'storePaymentMethod'];
      for (const session of [started, read, listed]) {
        expect(Object.keys(session ?? {})).toEqual(expect.arrayContaining(fields));
        expect(session).toMatchObject({
          id: started.id,
          kind,
          transactionProviderId: merchant.accountId,
          transactionProvider: 'EXAMPLE',
        });
        expect(session?.tokenExpiresAt).toMatch(INSTANT);
        expect(SESSION_STATUSES).toContain(session?.status);
        expect(SESSION_ACTIONS).toContain(session?.action);
        expect(session?.payload).toMatchObject({ provider: 'EXAMPLE' });
        expect(session?.transactions).toEqual([]);
      }
    }
  });

  test('all four identifiers of verify name the session, in each kind', async () => {
    for (const { kind, start, verify } of kinds()) {
      const session = await start();
      await payOver(gateway.url, session.token, CARDS.approve);
      const { id, token, providerCode, merchantInternalTransactionCode } = session;
      const choices = [{ id }, { token }, { providerCode: providerCode ?? '' }, { merchantInternalTransactionCode }];
      const answers = await Promise.all(choices.map((choice) => verify(choice)));
      expect(new Set(answers.map((transaction) => transaction.id)).size).toBe(1);
      expect(answers[0]).toMatchObject({ action: kind, status: 'SUCCEEDED' });
      expect(TRANSACTION_STATUSES).toContain(answers[0]?.status);
    }
  });

  test('all identifiers of getOne name the session', async () => {
    const { id, token, providerCode, merchantInternalTransactionCode } =
      await accrupay.transactions.clientSessions.payments.start({ ...byEnum, data: newPaidData() });
    for (const choice of [{ id }, { token }, { providerCode: providerCode ?? '' }, { merchantInternalTransactionCode }]) {
      expect(await accrupay.transactions.clientSessions.getOne(choice)).toMatchObject({ id });
    }
  });

  test('the provider is named by exactly one of its two parameters', async () => {
    const { clientSessions } = accrupay.transactions;
    const byId = { merchantTransactionProviderId: merchant.accountId };
    expect(await clientSessions.getBaseConfig(byEnum)).toEqual(await clientSessions.getBaseConfig(byId));
    for (const choice of [{}, { ...byEnum, ...byId }]) {
      await expect(clientSessions.getBaseConfig(choice)).rejects.toThrow(TollgateError);
      await expect(clientSessions.payments.start({ ...choice, data: newPaidData() })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
      });
    }
    await expect(clientSessions.payments.verify({})).rejects.toThrow('exactly one');
    await expect(clientSessions.getOne({ id: 'a', token: 'b' })).rejects.toThrow('exactly one');
  });

  test('every optional field is taken and every required one is missed', async () => {
    const { payments } = accrupay.transactions.clientSessions;
    const data = {
      ...newPaidData(),
      billing: { ...BILLING, ...OPTIONAL_BILLING },
      customer: { merchantInternalCustomerCode: newCode('customer') },
    };
    const address = { FirstName: 'Jane', LastName: 'Smith', Email: 'jane@example.com', AddressCountry: COUNTRY_ISO_2.US };
    const prefixed = (prefix: string): Data =>
      Object.fromEntries(Object.entries(address).map(([name, value]) => [prefix + name, value]));
    const extra = { shipping: prefixed('shipping'), user: prefixed('user'), device: { deviceType: DEVICE_TYPE.DESKTOP } };
    expect(await payments.start({ ...byEnum, data: { ...data, ...extra } })).toMatchObject({ status: 'PENDING' });

    const without = (object: object, name: string): Data =>
      Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
    for (const name of ['merchantInternalTransactionCode', 'amount', 'currency', 'storePaymentMethod', 'billing']) {
      await expect(payments.start({ ...byEnum, data: without(newPaidData(), name) }), name).rejects.toThrow(name);
    }
    for (const name of Object.keys(BILLING)) {
      await expect(
        payments.start({ ...byEnum, data: { ...newPaidData(), billing: without(BILLING, name) } }),
        name,
      ).rejects.toThrow(name);
    }
  });

  test('a session that only stores a method takes neither amount nor storePaymentMethod', async () => {
    const { add } = accrupay.transactions.clientSessions.paymentMethod;
    for (const extra of [{ amount: 5n }, { storePaymentMethod: true }]) {
      const data = { ...newData(), ...extra };
      await expect(add.start({ ...byEnum, data })).rejects.toThrow(Object.keys(extra)[0]);
    }
  });
});

test('the status and not the absence of an error tells the outcome: a decline is answered, and the session goes on', async () => {
  const session = await accrupay.transactions.clientSessions.payments.start({ ...byEnum, data: newPaidData() });
  await expect(accrupay.transactions.clientSessions.payments.verify({ id: session.id })).rejects.toMatchObject({
    code: 'SESSION_NOT_COMPLETED',
  });
  await payOver(gateway.url, session.token, CARDS.insufficientFunds);
  const declined = await accrupay.transactions.clientSessions.payments.verify({ id: session.id });
  expect(declined).toMatchObject({
    status: 'DECLINED',
    decline: { reason: 'INSUFFICIENT_FUNDS' },
    session: { status: 'ACTIVE' },
  });
  await payOver(gateway.url, session.token, CARDS.approve);
  expect(await accrupay.transactions.clientSessions.payments.verify({ id: session.id })).toMatchObject({ status: 'SUCCEEDED' });
});
