import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MINUTE_MS } from '../../src/kernel/clock.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { CARDS, type Data, newCode, type TestMerchant } from '../support/gateway.ts';
import { payOver, type ServedGateway, serveGateway } from '../support/served.ts';
import { REACT_0_1 } from './documents.ts';
import { openVendorLane } from './lanes.ts';
import { ACCRUPAY, type AccruPay, openSdk, paymentData, usePackage } from './sdk.ts';
import { REACT_HEADERS, sendOver } from './wire.ts';

/** What @accrupay/react 0.1.0 sends and needs back, at the wire: no secret, and only what a payment form needs. */

usePackage();

let gateway: ServedGateway;
let merchant: TestMerchant;
let accrupay: AccruPay;

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant();
  ({ accrupay } = openSdk(gateway.url, merchant.secretKey));
});
afterAll(() => gateway.close());

async function ask(query: string, variables: object): Promise<{ data: Data; code: string | null }> {
  const { status, body } = await sendOver(gateway.url, { query, variables, headers: REACT_HEADERS });
  expect(status).toBe(200);
  return { data: body.data && Object.values(body.data)[0], code: body.errors?.[0].extensions.code ?? null };
}

const open = (transactionSessionId: string) =>
  ask(REACT_0_1.session, { merchantPublicId: merchant.publicId, transactionSessionId });

const address = (prefix: string): object =>
  Object.fromEntries(
    Object.entries({ FirstName: 'Zerafina', LastName: 'Quill', Email: 'z@quill.example', AddressCountry: 'GB' }).map(
      ([name, value]) => [prefix + name, value],
    ),
  );

function start() {
  const user = { ...address('user'), userLegalIdentifier: 'LEGAL-7', userBirthDate: new Date('1990-04-30T00:00:00Z') };
  const people = { billing: address('billing'), shipping: address('shipping'), user, device: { deviceIp: '203.0.113.7' } };
  const data = { ...paymentData(), ...people } as never;
  return accrupay.transactions.clientSessions.payments.start({ merchantTransactionProviderId: merchant.accountId, data });
}

describe('the public session query', () => {
  test('answers token, base config and money of an open session, and nothing personal', async () => {
    const session = await start();
    expect(session).toMatchObject({ userLegalIdentifier: 'LEGAL-7', userBirthDate: new Date('1990-04-30T00:00:00Z') });
    const { data } = await open(session.id);
    expect(data).toMatchObject({
      provider: 'EXAMPLE',
      baseConfig: { __typename: 'MerchantClientTransactionSessionGenericBaseConfig', provider: 'EXAMPLE', publicKey: null },
      transactionSession: {
        id: session.id,
        token: session.token,
        action: 'PAYMENT',
        amount: '10300',
        payload: {},
        transactionProvider: { id: merchant.accountId, provider: 'EXAMPLE', applicationId: null },
      },
    });
    const text = JSON.stringify(data);
    for (const secret of ['Zerafina', 'quill', 'LEGAL-7', '203.0.113.7', '1990']) expect(text).not.toContain(secret);
    expect(text).not.toContain(session.merchantInternalTransactionCode);
    expect(text).not.toContain(session.merchantInternalCustomerCode);
  });

  test('makes a session ACTIVE, once', async () => {
    const { id } = await start();
    const status = async () => (await accrupay.transactions.clientSessions.getOne({ id })).status;
    expect(await status()).toBe('PENDING');
    expect((await open(id)).data.transactionSession.status).toBe('ACTIVE');
    const { startedAt } = await accrupay.transactions.clientSessions.getOne({ id });
    await open(id);
    expect(await accrupay.transactions.clientSessions.getOne({ id })).toMatchObject({ status: 'ACTIVE', startedAt });
  });

  test('answers no token once the session is over, paid or expired', async () => {
    const paid = await start();
    const expired = await start();
    await payOver(gateway.url, paid.token ?? '', CARDS.approve);
    await accrupay.transactions.clientSessions.payments.verify({ id: paid.id });
    expect((await open(paid.id)).data.transactionSession).toMatchObject({ status: 'COMPLETED', token: null });
    gateway.clock.advance(31 * MINUTE_MS);
    // Nobody has noticed yet that its time is over.
    expect((await open(expired.id)).data.transactionSession).toMatchObject({ status: 'PENDING', token: null });
    await gateway.app.jobs.runDue();
    expect((await open(expired.id)).data.transactionSession).toMatchObject({ status: 'EXPIRED', token: null });
  });

  test('answers transactions and stored method as null, however the question is put', async () => {
    const { id, token } = await start();
    await payOver(gateway.url, token ?? '', CARDS.approve);
    await accrupay.transactions.clientSessions.payments.verify({ id });
    const query = `query Q($p: String!, $s: String!) { clientPublicTransactionSession(merchantPublicId: $p, transactionSessionId: $s) {
      transactionSession { transactions { id } paymentMethod { id } paymentMethodId customerId providerError billingEmail } } }`;
    const { data } = await ask(query, { p: merchant.publicId, s: id });
    expect(new Set(Object.values(data.transactionSession))).toEqual(new Set([null]));
  });

  test('finds nothing of another merchant, and says the same of what does not exist', async () => {
    const other = await gateway.newMerchant();
    const { id } = await start();
    const answers = await Promise.all([
      ask(REACT_0_1.session, { merchantPublicId: other.publicId, transactionSessionId: id }),
      ask(REACT_0_1.session, { merchantPublicId: newCode(), transactionSessionId: id }),
      open(newCode()),
    ]);
    expect(answers.map(({ code }) => code)).toEqual(['@session/NOT_FOUND', '@session/NOT_FOUND', '@session/NOT_FOUND']);
    expect((await accrupay.transactions.clientSessions.getOne({ id })).status).toBe('PENDING');
  });
});

describe('on a simulated vendor', () => {
  let simulator: Simulator;

  beforeAll(async () => {
    const { database, clock, log, vault } = gateway;
    simulator = await createSimulator({ database, clock, sign: vault.fingerprint, log, host: '127.0.0.1', port: 0 });
  });
  afterAll(() => simulator.close());

  async function opened(provider: 'STRIPE' | 'NUVEI') {
    const other = await gateway.newMerchant();
    const lane = await openVendorLane(gateway, other, { provider, simulator });
    const { accrupay: caller } = openSdk(gateway.url, other.secretKey);
    const data = { ...paymentData(), billing: address('billing') } as never;
    const session = await caller.transactions.clientSessions.payments.start({ ...lane.routing, data });
    const look = async () =>
      (await ask(REACT_0_1.session, { merchantPublicId: other.publicId, transactionSessionId: session.id })).data;
    const pay = async () => {
      await lane.pay(session, CARDS.approve);
      await caller.transactions.clientSessions.payments.verify({ id: session.id });
    };
    return { session, look, pay };
  }

  test('NUVEI’s form gets its three settings, the token and the billing data, until the session is paid', async () => {
    const { session, look, pay } = await opened('NUVEI');
    expect(await look()).toMatchObject({
      provider: 'NUVEI',
      baseConfig: { provider: 'NUVEI', merchantId: '1234567890123', merchantSiteId: '100001', env: 'int' },
      transactionSession: {
        token: session.token,
        billingFirstName: 'Zerafina',
        billingEmail: 'z@quill.example',
        userEmail: null,
      },
    });
    await pay();
    expect((await look()).transactionSession).toMatchObject({ status: 'COMPLETED', token: null, billingFirstName: null });
  });

  test('STRIPE’s form gets the publishable key and the client secret, and no billing data', async () => {
    const { session, look } = await opened('STRIPE');
    const { baseConfig, transactionSession } = await look();
    expect(baseConfig).toMatchObject({ provider: 'STRIPE', publicKey: expect.stringMatching(/^pk_test_/) });
    expect(transactionSession).toMatchObject({ token: session.token, billingFirstName: null });
    expect(session.token).toMatch(/^pi_.+_secret_/);
  });
});

describe('the public base config query', () => {
  test('answers by provider, by session, and for a merchant with one account without either', async () => {
    const { id } = await start();
    const { publicId: merchantPublicId } = merchant;
    for (const more of [{ transactionProvider: 'EXAMPLE' }, { transactionSessionId: id }, {}]) {
      const { data } = await ask(REACT_0_1.baseConfig, { merchantPublicId, ...more });
      expect(data).toMatchObject({ provider: 'EXAMPLE', data: { provider: 'EXAMPLE' } });
    }
    const { code } = await ask(REACT_0_1.baseConfig, { merchantPublicId, transactionProvider: 'STRIPE' });
    expect(code).toBe('@provider/NOT_FOUND');
  });
});

describe('a browser of any origin', () => {
  test('is allowed by preflight to send the three headers, and not the secret', async () => {
    const response = await fetch(`${gateway.url}${ACCRUPAY}`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'accrupay-app-metadata,accrupay-sdk-name,accrupay-sdk-version,content-type',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toMatch(/^(\*|https:\/\/shop\.example)$/);
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    const allowed = response.headers.get('access-control-allow-headers')?.toLowerCase().split(/, ?/);
    expect(allowed?.sort()).toEqual(['accrupay-app-metadata', 'accrupay-sdk-name', 'accrupay-sdk-version', 'content-type']);
  });

  test('may read the answer', async () => {
    const response = await fetch(`${gateway.url}${ACCRUPAY}`, {
      method: 'POST',
      headers: { ...REACT_HEADERS, 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(response.headers.get('access-control-allow-origin')).toMatch(/^(\*|https:\/\/shop\.example)$/);
  });
});
