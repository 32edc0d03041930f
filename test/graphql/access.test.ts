import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import Tollgate from '../../packages/sdk/src/client/client.ts';
import { type Answer, CARDS, confirm, type Gateway, openGateway, PUBLIC_URL, type TestMerchant } from '../support/gateway.ts';
import { EXAMPLE_PROVIDER, GOOD_DATA } from './server-support.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});

afterAll(() => gateway.close());

function ask(credential: string | null, text: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  return merchant.query(text, variables, credential);
}

const START = `mutation Start($provider: TransactionProviderSelector!, $data: StartPaymentSessionInput!) {
  startPaymentSession(provider: $provider, data: $data) { id token status action kind amount checkoutUrl payload metadata attemptsMax }
}`;

async function start(code: string): Promise<Record<string, unknown>> {
  const data = { ...GOOD_DATA, merchantInternalTransactionCode: code, metadata: { order: code } };
  const answer = await ask(merchant.secretKey, START, { provider: EXAMPLE_PROVIDER, data });
  expect(answer.errors).toEqual([]);
  return answer.data.startPaymentSession;
}

const READ = `query Read($by: ClientSessionSelector!) {
  clientSession(by: $by) {
    __typename id token status action payload checkoutUrl metadata
    billing { billingFirstName billingAddressCountry } shipping { shippingFirstName } user { userFirstName } device { deviceIp }
    customer { id } events { type } transactions { id } transactionProvider
    ... on PaymentSession { amount storePaymentMethod }
  }
}`;

describe('a session, by who reads it', () => {
  // Three times: the interpreter answers the first, the compiled program the others.
  test.each([1, 2, 3])('a secret key sees everything (run %i)', async (run) => {
    const session = await start(`secret-${run}`);
    const { data } = await ask(merchant.secretKey, READ, { by: { id: session['id'] } });
    expect(data.clientSession).toMatchObject({
      __typename: 'PaymentSession',
      status: 'PENDING',
      action: 'COLLECT_PAYMENT_METHOD',
      amount: '10000',
      storePaymentMethod: false,
      billing: { billingFirstName: 'Jane', billingAddressCountry: 'US' },
      metadata: { order: `secret-${run}` },
      customer: { id: expect.any(String) },
      checkoutUrl: `${PUBLIC_URL}/checkout/${merchant.publicId}#${String(session['token'])}`,
    });
    expect(data.clientSession.events).not.toEqual([]);
  });

  test.each(['token', 'publishable'] as const)(
    'a browser with the %s sees the session without personal data and opens it',
    async (kind) => {
      const session = await start(`browser-${kind}`);
      const token = String(session['token']);
      const { data } = await ask(kind === 'token' ? token : merchant.publishableKey, READ, { by: { token } });
      expect(data.clientSession).toMatchObject({
        id: session['id'],
        status: 'ACTIVE',
        amount: '10000',
        billing: null,
        shipping: null,
        user: null,
        device: null,
        customer: null,
        metadata: {},
        events: [],
      });
    },
  );

  test('a browser is never told that a card is lost or stolen', async () => {
    const session = await start('stolen');
    const token = String(session['token']);
    await confirm(gateway.app, token, '4000000000009979');
    const query = `query($by: ClientSessionSelector!) { clientSession(by: $by) { transactions { status decline { reason rawCode } relatedTransactions { id } customer { id } } } }`;
    await merchant.query('mutation($by: ClientSessionSelector!) { verifyPaymentSession(by: $by) { id } }', { by: { token } });
    const seen = async (credential: string) =>
      (await ask(credential, query, { by: { token } })).data.clientSession.transactions[0].decline;
    expect(await seen(token)).toEqual({ reason: 'GENERIC', rawCode: null });
    expect(await seen(merchant.secretKey)).toMatchObject({ reason: 'LOST_OR_STOLEN', rawCode: expect.any(String) });
  });

  test('a token opens its own session only, and nothing else', async () => {
    const [own, other] = [await start('own'), await start('other')];
    const token = String(own['token']);
    const codeOf = async (query: string, variables: Record<string, unknown> = {}) =>
      (await ask(token, query, variables)).errors[0]?.extensions.code;
    expect(await codeOf(READ, { by: { token: other['token'] } })).toBe('SESSION_NOT_FOUND');
    expect(await codeOf(READ, { by: { id: own['id'] } })).toBe('FORBIDDEN');
    expect(await codeOf('{ clientSessions { totalCount } }')).toBe('FORBIDDEN');
    expect(await codeOf('{ baseConfig(provider: { transactionProvider: EXAMPLE }) { config } }')).toBe('FORBIDDEN');
    expect(await codeOf('{ merchant { returnOrigins } }')).toBe('FORBIDDEN');
    expect((await ask(token, '{ merchant { name environment } }')).data).toEqual({
      merchant: { name: 'Corner Shop', environment: 'TEST' },
    });
  });

  test('a publishable key reads baseConfig and starts nothing', async () => {
    const config = await ask(
      merchant.publishableKey,
      '{ baseConfig(provider: { transactionProvider: EXAMPLE }) { transactionProvider environment sessionKinds config } }',
    );
    expect(config.data.baseConfig).toMatchObject({ transactionProvider: 'EXAMPLE', environment: 'TEST' });
    const answer = await ask(merchant.publishableKey, START, {
      provider: EXAMPLE_PROVIDER,
      data: { ...GOOD_DATA, merchantInternalTransactionCode: 'no' },
    });
    expect(answer.errors[0]?.extensions.code).toBe('FORBIDDEN');
  });

  test('nobody reads anything without a credential', async () => {
    for (const credential of [null, 'sk_test_wrong', 'cst_wrong', '']) {
      const answer = await ask(credential, '{ merchant { name } }');
      expect(answer.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    }
  });
});

describe('a field that the credential does not open', () => {
  const bad = { provider: EXAMPLE_PROVIDER, data: { ...GOOD_DATA, currency: 'XYZ', amount: '-1' } };

  /** One error, and the code of it. */
  async function refusedAs(credential: string | null, text: string, variables: Record<string, unknown> = {}) {
    const { data, errors } = await ask(credential, text, variables);
    expect(data).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions.issues).toBeUndefined();
    return errors[0]?.extensions.code;
  }

  test('is refused before anything is said of its input, however often it is asked for', async () => {
    const { token } = (await start('closed')) as { token: string };
    const repeated =
      START.replace(/startPaymentSession.*$/s, '') +
      Array.from({ length: 30 }, (_, index) => `a${index}: startPaymentSession(provider: $provider, data: $data) { id }`).join(
        ' ',
      ) +
      ' }';
    for (const text of [START, repeated]) {
      expect(await refusedAs(null, text, bad)).toBe('UNAUTHENTICATED');
      expect(await refusedAs(token, text, bad)).toBe('FORBIDDEN');
      expect(await refusedAs(merchant.publishableKey, text, bad)).toBe('FORBIDDEN');
      expect((await ask(merchant.secretKey, text, bad)).errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
  });

  test('is found in fragments, beside open fields and where it is skipped', async () => {
    const { token } = (await start('fragments')) as { token: string };
    const list = 'clientSessions(first: 101) { totalCount }';
    for (const text of [
      `{ merchant { name } ${list} }`,
      `{ ... { ${list} } }`,
      `{ ...A } fragment A on Query { ...B } fragment B on Query { merchant { name } ${list} }`,
      `{ ... on Query @skip(if: true) { ${list} } }`,
      `query($no: Boolean = false) { clientSessions(first: 101) @include(if: $no) { totalCount } }`,
    ]) {
      expect(await refusedAs(token, text)).toBe('FORBIDDEN');
      expect(await refusedAs(null, text)).toBe('UNAUTHENTICATED');
    }
  });

  test('does not keep open fields from being asked for in fragments', async () => {
    const { token } = (await start('open')) as { token: string };
    const text =
      '{ ...A __typename } fragment A on Query { ... { merchant { name } } ...B } fragment B on Query { merchant { publicId } }';
    expect((await ask(token, text)).data).toEqual({
      __typename: 'Query',
      merchant: { name: 'Corner Shop', publicId: merchant.publicId },
    });
  });
});

describe('the client', () => {
  const connect = () =>
    new Tollgate({
      url: PUBLIC_URL,
      secretKey: merchant.secretKey,
      fetch: (url, { method, headers, body }) => gateway.app.fetch(new Request(url, { method, headers, body })),
    });

  test('starts each kind of session, reads it by each of its names, lists and cancels it', async () => {
    const { clientSessions } = connect().transactions;
    const data = {
      ...GOOD_DATA,
      currency: 'USD',
      merchantInternalTransactionCode: 'client-1',
      amount: 12345678901234567890n % 2n ** 63n,
    } as const;
    const billing = { ...GOOD_DATA.billing, billingAddressCountry: 'US' } as const;
    const provider = { transactionProvider: 'EXAMPLE' } as const;
    const payment = await clientSessions.payments.start({ ...provider, data: { ...data, billing } });
    expect(payment.amount).toBe(data.amount);
    const authorization = await clientSessions.authorizations.start({
      ...provider,
      data: { ...data, billing, merchantInternalTransactionCode: 'client-2' },
    });
    expect(authorization.kind).toBe('AUTHORIZATION');
    const { amount: _amount, storePaymentMethod: _store, ...rest } = data;
    const added = await clientSessions.paymentMethod.add.start({
      ...provider,
      data: { ...rest, billing, merchantInternalTransactionCode: 'client-3' },
    });
    expect(added.kind).toBe('ADD_PAYMENT_METHOD');
    for (const by of [
      { id: payment.id },
      { token: payment.token },
      { merchantInternalTransactionCode: 'client-1' },
      { providerCode: payment.providerCode ?? '' },
    ]) {
      expect((await clientSessions.getOne(by)).id).toBe(payment.id);
    }
    const { data: listed, total } = await clientSessions.getMany({ take: 100, skip: 0 });
    const ids = listed.map((session) => session.id);
    expect(ids).toEqual(expect.arrayContaining([payment.id, authorization.id, added.id]));
    expect(total).toBe(ids.length);
    await expect(clientSessions.payments.verify({ id: payment.id })).rejects.toMatchObject({ code: 'SESSION_NOT_COMPLETED' });
    expect((await clientSessions.cancel({ id: payment.id })).status).toBe('CANCELED');
  });

  test('follows the money: pay and refund, hold and settle, hold and void, store and charge', async () => {
    const { clientSessions, authorizations, payments, ...transactions } = connect().transactions;
    const provider = { transactionProvider: 'EXAMPLE' } as const;
    const billing = { ...GOOD_DATA.billing, billingAddressCountry: 'US' } as const;
    const dataOf = (code: string) =>
      ({ merchantInternalTransactionCode: code, amount: 10_000n, currency: 'USD', storePaymentMethod: false, billing }) as const;
    const pay = (session: { token: string }) => confirm(gateway.app, session.token, CARDS.approve);

    await pay(await clientSessions.payments.start({ ...provider, data: dataOf('flow-1') }));
    const paid = await clientSessions.payments.verify({ merchantInternalTransactionCode: 'flow-1' });
    expect(paid).toMatchObject({ status: 'SUCCEEDED', amount: 10_000n, refundableAmount: 10_000n });
    const refund = await transactions.refundOne({ id: paid.id, amount: 4_000n, reason: 'One ticket less' });
    expect(refund).toMatchObject({ action: 'REFUND', status: 'SUCCEEDED', amount: 4_000n, relatedTransaction: { id: paid.id } });
    expect(await transactions.getOne({ id: paid.id })).toMatchObject({ refundedAmount: 4_000n, refundableAmount: 6_000n });

    await pay(await clientSessions.authorizations.start({ ...provider, data: dataOf('flow-2') }));
    const held = await clientSessions.authorizations.verify({ merchantInternalTransactionCode: 'flow-2' });
    expect((await clientSessions.getOne({ merchantInternalTransactionCode: 'flow-2' })).action).toBe('SETTLE_OR_VOID');
    expect(await authorizations.settle({ id: held.id, amount: 7_500n })).toMatchObject({
      action: 'SETTLE',
      status: 'SUCCEEDED',
      amount: 7_500n,
    });
    expect(await transactions.syncOne({ id: held.id })).toMatchObject({ hold: 'SETTLED', settledAmount: 7_500n });

    await pay(await clientSessions.authorizations.start({ ...provider, data: dataOf('flow-3') }));
    const released = await clientSessions.authorizations.verify({ merchantInternalTransactionCode: 'flow-3' });
    expect(await authorizations.void({ id: released.id })).toMatchObject({ action: 'VOID', status: 'SUCCEEDED' });

    const { amount: _amount, storePaymentMethod: _store, ...stored } = dataOf('flow-4');
    await pay(await clientSessions.paymentMethod.add.start({ ...provider, data: stored }));
    const added = await clientSessions.paymentMethod.add.verify({ merchantInternalTransactionCode: 'flow-4' });
    const data = {
      paymentMethodId: added.paymentMethod?.id ?? '',
      merchantInternalTransactionCode: 'flow-5',
      amount: 500n,
      currency: 'USD',
    } as const;
    expect(await payments.paymentMethod.charge({ data })).toMatchObject({ action: 'PAYMENT', status: 'SUCCEEDED', amount: 500n });
    expect(await payments.paymentMethod.charge({ data })).toMatchObject({ merchantInternalTransactionCode: 'flow-5' });
  });
});
