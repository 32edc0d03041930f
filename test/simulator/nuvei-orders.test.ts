import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { isSignedRightly, notificationChecksum } from '../../src/simulator/nuvei/checksum.ts';
import { type NuveiCaller, newNuveiAccount, nuveiCaller } from './nuvei-world.ts';
import { answerChallenge, ask, openSimulatorWorld, type SimulatorWorld } from './simulator-world.ts';

let world: SimulatorWorld;
let caller: NuveiCaller;
beforeAll(async () => {
  world = await openSimulatorWorld();
  const account = newNuveiAccount();
  await world.simulator.addAccount(account);
  caller = nuveiCaller(world, world.simulator.url, account);
});
afterAll(() => world.close());

const status = (sessionToken: string) => caller.call('getPaymentStatus', { sessionToken });
const details = (fields: object) => caller.call('getTransactionDetails', { ...fields });

describe('the checksums', () => {
  /** Vectors of the facts: the official SDKs, run with these values. */
  const account = {
    ...newNuveiAccount(),
    merchantId: '1234567890123456789',
    merchantSiteId: '123456',
    merchantSecretKey: 'SECRET',
  };
  const base = { merchantId: account.merchantId, merchantSiteId: '123456', timeStamp: '20260115103000' };
  const settle = {
    ...base,
    clientRequestId: 'req-2',
    clientUniqueId: 'uniq-1',
    amount: '100.00',
    currency: 'USD',
    relatedTransactionId: '7110000000001',
    authCode: '111222',
  };
  it.each([
    [
      'openOrder',
      { ...base, clientRequestId: 'req-1', amount: '100.00', currency: 'USD' },
      '3bbf07056682b81a4cd9f4043800f307c138eed1a16fd37ae7084210cd6eb027',
    ],
    [
      'getSessionToken',
      { ...base, clientRequestId: 'req-1' },
      'c7ee4b9b8d21a38528bfad25aa99fe953692575d6cc78b05898509fa70bee136',
    ],
    ['settleTransaction', settle, '22e2077117dd2f7fb8bb4cf03493bc11247c52b50cde66855d2ffa1a14af7dce'],
    [
      'settleTransaction',
      { ...settle, urlDetails: { notificationUrl: 'https://gw.example.com/hook' } },
      '5c458f403e40569f976effaf286c4ecb7f4c0149500b0f817b8c9522eff6c870',
    ],
    [
      'refundTransaction',
      {
        ...base,
        clientRequestId: 'req-3',
        clientUniqueId: 'uniq-1',
        amount: '40.00',
        currency: 'USD',
        relatedTransactionId: '7110000000002',
      },
      '6c450328f1e687a7dd5469a3ffecfcfeeac990ffa5290af7ca1b78ef5a9c42b6',
    ],
    [
      'voidTransaction',
      { ...base, clientRequestId: 'req-4', clientUniqueId: 'uniq-1', relatedTransactionId: '7110000000001' },
      '57430991c524bb14353364523e977cd32732e49a1621a563e38fe3dc9e51a63e',
    ],
    [
      'getUserUPOs',
      { ...base, userTokenId: 'user-1', clientRequestId: 'req-5' },
      'e8752e8e6a31101831fdbfd873ea56c3c93b490bb47e28a86dce12ad8962f798',
    ],
  ])('of %s agree with the vectors', (method, body, checksum) => {
    expect(isSignedRightly(method, { ...body, checksum }, account)).toBe(true);
    expect(isSignedRightly(method, { ...body, checksum, clientRequestId: 'other' }, account)).toBe(false);
  });

  it('of notifications agree with the vectors', () => {
    const own = {
      totalAmount: '100.00',
      currency: 'USD',
      responseTimeStamp: '2026-01-15.10:31:00',
      PPP_TransactionID: '9876543',
      Status: 'APPROVED',
      productId: 'NA',
    };
    expect(notificationChecksum(own, account)).toBe('8aa5103e7691268fd732e3cc3a79ac86b21de053f6ea7e42f7318e6c280f2170');
    const sap = {
      totalAmount: '115',
      currency: 'USD',
      responseTimeStamp: '2020-03-14.16:22:34',
      PPP_TransactionID: '3453459',
      Status: 'APPROVED',
      productId: 'NA',
    };
    expect(notificationChecksum(sap, { ...account, merchantSecretKey: 'THE_SECRET_KEY' })).toBe(
      'aaa9ad16c8ed9f172dff505e4eeb8929b9c77cfed3e38127d55d42e33a70c762',
    );
  });
});

describe('a call in the dialect of Nuvei', () => {
  it('is answered with status 200, also when it is refused', async () => {
    const { merchantId, merchantSiteId } = caller.account;
    const body = { merchantId, merchantSiteId, clientRequestId: 'r', timeStamp: '20260115103000', checksum: '0'.repeat(64) };
    const wrong = await caller.post('getSessionToken', body);
    expect([wrong.status, wrong.body]).toMatchObject([
      200,
      { status: 'ERROR', errCode: 1001, clientRequestId: 'r', version: '1.0' },
    ]);
    expect((await caller.post('getSessionToken', { ...body, merchantId: '999' })).body.errCode).toBe(1013);
    expect((await caller.post('getSessionToken', { ...body, merchantSiteId: '999' })).body.errCode).toBe(1022);
    expect((await caller.post('makeMoney', body)).body).toMatchObject({ status: 'ERROR', errCode: 1000 });
  });

  it.each([
    ['an amount in JSON that is no decimal', { amount: '10,00' }, 1040],
    ['three decimals', { amount: '10.001' }, 1040],
    ['decimals where the currency has none', { amount: '10.00', currency: 'JPY' }, 1040],
    ['a currency that is none', { currency: 'XYZ' }, 1041],
    ['a sale of 0', { amount: '0' }, 1040],
    ['an empty user', { userTokenId: '' }, 1019],
    ['a unique id that is too long', { clientUniqueId: 'x'.repeat(46) }, 1019],
    ['a state of three letters', { billingAddress: { state: 'NYC' } }, 1019],
  ])('refuses %s', async (_what, change, errCode) => {
    expect(await caller.openOrder(change)).toMatchObject({ status: 'ERROR', errCode });
  });
});

describe('an order', () => {
  it('is opened anew by each call, and nobody has paid it yet', async () => {
    const clientRequestId = randomUUID();
    const first = await caller.openOrder({ clientRequestId, clientUniqueId: 'u-1' });
    expect(first).toMatchObject({
      status: 'SUCCESS',
      errCode: 0,
      orderId: expect.stringMatching(/^\d{12}$/),
      clientUniqueId: 'u-1',
    });
    expect(first.sessionToken).toHaveLength(36);
    expect((await caller.openOrder({ clientRequestId })).orderId).not.toBe(first.orderId);
    expect(await status(first.sessionToken)).toMatchObject({ status: 'ERROR', errCode: 1140 });
    expect(await details({ clientUniqueId: 'u-1' })).toMatchObject({
      status: 'ERROR',
      errCode: 9146,
      reason: 'No transaction was found',
    });
  });

  it('is paid by a browser and read by status and by details', async () => {
    const clientUniqueId = randomUUID();
    const { orderId, sessionToken } = await caller.openOrder({ clientUniqueId });
    const paid = await caller.pay(sessionToken);
    const told = {
      transactionStatus: 'APPROVED',
      transactionType: 'Sale',
      transactionId: expect.stringMatching(/^711\d{16}$/),
      clientUniqueId,
    };
    expect(paid).toMatchObject({ status: 'SUCCESS', ...told, orderId, amount: '10.00', currency: 'USD', gwErrorCode: 0 });
    expect(paid.paymentOption.card).toMatchObject({ last4Digits: '4242', cardBrand: 'VISA', ccExpMonth: '12', ccExpYear: '34' });
    expect(await status(sessionToken)).toMatchObject({ ...told, transactionId: paid.transactionId });
    for (const by of [
      { transactionId: paid.transactionId },
      { clientUniqueId },
      { transactionId: paid.transactionId, clientUniqueId },
    ])
      expect(await details(by)).toMatchObject({
        status: 'SUCCESS',
        clientUniqueId,
        transactionDetails: {
          transactionId: paid.transactionId,
          transactionStatus: 'APPROVED',
          transactionType: 'Sale',
          processedAmount: '10.00',
        },
        paymentOption: { card: { last4Digits: '4242' } },
      });
    expect((await details({ transactionId: paid.transactionId, clientUniqueId: 'other' })).errCode).toBe(9146);
    expect(await caller.pay(sessionToken)).toMatchObject({ status: 'ERROR', errCode: 1058 });
  });

  it.each([
    ['4000000000000002', 'DECLINED', -1, 'Do Not Honor'],
    ['4000000000009995', 'DECLINED', -1, 'Insufficient Funds'],
    ['4000000000000069', 'DECLINED', -1, 'Expired Card'],
    ['4000000000000119', 'ERROR', -1100, 'processing error'],
  ])('with %s is %s, and may be tried again', async (card, transactionStatus, gwErrorCode, gwErrorReason) => {
    const { sessionToken } = await caller.openOrder();
    const told = { status: 'SUCCESS', transactionStatus, gwErrorCode, gwErrorReason };
    expect(await caller.pay(sessionToken, card)).toMatchObject(told);
    expect(await status(sessionToken)).toMatchObject(told);
    expect(await caller.pay(sessionToken)).toMatchObject({ transactionStatus: 'APPROVED' });
    expect(await status(sessionToken)).toMatchObject({ transactionStatus: 'APPROVED' });
  });

  it('ends after as many declines as its session allows', async () => {
    const { sessionToken } = await caller.openOrder({ sessionCardDeclineLimit: '2' });
    await caller.pay(sessionToken, '4000000000000002');
    await caller.pay(sessionToken, '4000000000000002');
    expect(await caller.pay(sessionToken)).toMatchObject({ status: 'ERROR', errCode: 1069 });
    expect(await status(sessionToken)).toMatchObject({ transactionStatus: 'DECLINED' });
  });

  it('is over 15 minutes of the simulator after it was opened', async () => {
    const clientUniqueId = randomUUID();
    const unpaid = await caller.openOrder();
    const { sessionToken } = await caller.openOrder({ clientUniqueId });
    await caller.pay(sessionToken);
    world.clock.advance(14 * MINUTE_MS);
    expect((await status(unpaid.sessionToken)).errCode).toBe(1140);
    expect((await status(sessionToken)).transactionStatus).toBe('APPROVED');
    await world.control('time', { advanceMs: MINUTE_MS });
    for (const token of [unpaid.sessionToken, sessionToken]) expect((await status(token)).errCode).toBe(1069);
    expect((await caller.pay(unpaid.sessionToken)).errCode).toBe(1069);
    expect((await details({ clientUniqueId })).transactionDetails.transactionStatus).toBe('APPROVED');
    expect((await status(randomUUID())).errCode).toBe(1061);
  });

  it.each([
    [{ cardNumber: '4242424242424241' }, 1004],
    [{ cardNumber: '4111111111111111' }, 1004],
    [{ expirationYear: '2020' }, 1029],
    [{ CVV: '1' }, 1062],
  ])('is not tried with the card data %j', async (change, errCode) => {
    const { sessionToken } = await caller.openOrder();
    const card = { cardNumber: '4242424242424242', expirationMonth: '12', expirationYear: '34', CVV: '123', ...change };
    expect(await caller.pay(sessionToken, '', { paymentOption: { card } })).toMatchObject({ status: 'ERROR', errCode });
    expect((await status(sessionToken)).errCode).toBe(1140);
  });

  it('is paid from any page, and opened from none', async () => {
    const { sessionToken } = await caller.openOrder();
    const { merchantId, merchantSiteId } = caller.account;
    const body = { merchantId, merchantSiteId, sessionToken, paymentOption: {} };
    expect((await caller.post('payment', body)).headers.get('access-control-allow-origin')).toBe('*');
    const preflight = (method: string) => ask(`${world.simulator.url}/ppp/api/v1/${method}.do`, { method: 'OPTIONS' });
    expect([(await preflight('payment')).status, (await preflight('openOrder')).status]).toEqual([204, 403]);
  });
});

describe('a challenge of Nuvei', () => {
  const challenge = async () => {
    const clientUniqueId = randomUUID();
    const { sessionToken } = await caller.openOrder({ clientUniqueId });
    const paid = await caller.pay(sessionToken, '4000000000003220');
    expect(paid).toMatchObject({ status: 'SUCCESS', transactionStatus: 'REDIRECT', transactionType: 'Auth3D' });
    return { clientUniqueId, sessionToken, url: paid.paymentOption.card.threeD.acsUrl as string };
  };

  it('that is approved pays', async () => {
    const { sessionToken, url } = await challenge();
    expect(await status(sessionToken)).toMatchObject({
      transactionStatus: 'REDIRECT',
      paymentOption: { card: { threeD: { acsUrl: url } } },
    });
    await answerChallenge(url, 'approve');
    expect(await status(sessionToken)).toMatchObject({ transactionStatus: 'APPROVED', transactionType: 'Sale' });
  });

  it('that is failed leaves nothing, not even a transaction', async () => {
    const { clientUniqueId, sessionToken, url } = await challenge();
    await answerChallenge(url, 'fail');
    expect((await status(sessionToken)).errCode).toBe(1140);
    expect((await details({ clientUniqueId })).errCode).toBe(9146);
    expect((await caller.pay(sessionToken)).transactionStatus).toBe('APPROVED');
  });

  it('that nobody answers is gone with its session', async () => {
    const { clientUniqueId, url } = await challenge();
    world.clock.advance(15 * MINUTE_MS);
    expect((await details({ clientUniqueId })).errCode).toBe(9146);
    expect((await answerChallenge(url, 'approve')).status).toBe(409);
  });

  it('has a page that thanks', async () => {
    const { url } = await challenge();
    const answered = await ask(url, { method: 'POST', body: new URLSearchParams({ result: 'approve' }) });
    expect([answered.status, answered.body]).toEqual([200, expect.stringContaining('Thank you')]);
  });

  it('leads back to where the payer came from, where the payment said so', async () => {
    const { sessionToken } = await caller.openOrder();
    const card = { cardNumber: '4000000000003220', expirationMonth: '12', expirationYear: '34', CVV: '123' };
    const threeD = { notificationURL: 'https://shop.example/done' };
    const paid = await caller.pay(sessionToken, '', { paymentOption: { card: { ...card, threeD } } });
    const { acsUrl } = paid.paymentOption.card.threeD;
    const answered = await ask(acsUrl, { method: 'POST', body: new URLSearchParams({ result: 'fail' }), redirect: 'manual' });
    expect([answered.status, answered.headers.get('location')]).toEqual([303, 'https://shop.example/done']);
  });

  it('of a decision that takes time is pending meanwhile', async () => {
    const { sessionToken } = await caller.openOrder();
    expect((await caller.pay(sessionToken, '4000009900000012')).transactionStatus).toBe('PENDING');
    world.clock.advance(3 * SECOND_MS);
    expect((await status(sessionToken)).transactionStatus).toBe('APPROVED');
  });
});
