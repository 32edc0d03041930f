import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { HOOK, type NuveiCaller, newNuveiAccount, nuveiCaller, sha256 } from './nuvei-world.ts';
import { answerChallenge, openSimulatorWorld, type SimulatorWorld } from './simulator-world.ts';

let world: SimulatorWorld;
let caller: NuveiCaller;
beforeAll(async () => {
  world = await openSimulatorWorld();
  caller = await newCaller();
});
afterAll(() => world.close());

async function newCaller(): Promise<NuveiCaller> {
  const account = newNuveiAccount();
  await world.simulator.addAccount(account);
  return nuveiCaller(world, world.simulator.url, account);
}

const USD = { currency: 'USD' };
const ids = () => ({ clientRequestId: randomUUID(), clientUniqueId: randomUUID(), urlDetails: { notificationUrl: HOOK } });
const details = (fields: object) => caller.call('getTransactionDetails', { ...fields });

/** A paid order: its only transaction. */
async function paid(more: object = {}, card?: string) {
  const { sessionToken, orderId } = await caller.openOrder({ ...more });
  return { ...(await caller.pay(sessionToken, card)), sessionToken, orderId };
}
const sale = (card?: string) => paid({}, card);
const auth = (card?: string) => paid({ transactionType: 'Auth' }, card);
const settle = (relatedTransactionId: string, amount: string, more: object = {}) =>
  caller.call('settleTransaction', { ...ids(), ...USD, relatedTransactionId, amount, ...more });
const refund = (relatedTransactionId: string, amount: string, more: object = {}) =>
  caller.call('refundTransaction', { ...ids(), ...USD, relatedTransactionId, amount, ...more });
const voidIt = (relatedTransactionId: string, more: object = {}) =>
  caller.call('voidTransaction', { ...ids(), relatedTransactionId, ...more });

const APPROVED = { status: 'SUCCESS', transactionStatus: 'APPROVED' };
const GATEWAY_ERROR = { status: 'SUCCESS', transactionStatus: 'ERROR', gwErrorCode: -1100 };

describe('a settle', () => {
  it('takes a part of the hold, once, and is found by both ids', async () => {
    const { transactionId } = await auth();
    expect(await settle(transactionId, '10.01')).toMatchObject({ ...GATEWAY_ERROR, gwErrorReason: 'amount too large' });
    const move = ids();
    const settled = await settle(transactionId, '4.00', move);
    expect(settled).toMatchObject({
      ...APPROVED,
      transactionType: 'Settle',
      amount: '4.00',
      relatedTransactionId: transactionId,
    });
    for (const by of [{ clientUniqueId: move.clientUniqueId }, { transactionId: settled.transactionId }])
      expect((await details(by)).transactionDetails).toMatchObject({
        transactionType: 'Settle',
        relatedTransactionId: transactionId,
      });
    expect(await settle(transactionId, '1.00')).toMatchObject(GATEWAY_ERROR);
    expect(await voidIt(transactionId)).toMatchObject(GATEWAY_ERROR);
  });

  it('of what is no authorization, or of nothing, is refused', async () => {
    expect(await settle((await sale()).transactionId, '10.00')).toMatchObject(GATEWAY_ERROR);
    expect(await settle('7110000000000000000', '10.00')).toMatchObject({ status: 'ERROR', errCode: 1019 });
    expect(await settle((await auth()).transactionId, '0')).toMatchObject({ status: 'ERROR', errCode: 1040 });
  });

  it('that the issuer turns down is a transaction of its own', async () => {
    const { transactionId } = await auth('4000009900000079');
    const move = ids();
    expect(await settle(transactionId, '10.00', move)).toMatchObject({
      transactionStatus: 'DECLINED',
      gwErrorReason: 'capture failed',
    });
    expect((await details({ clientUniqueId: move.clientUniqueId })).transactionDetails.transactionStatus).toBe('DECLINED');
  });

  it('comes too late after seven days', async () => {
    const { transactionId } = await auth();
    world.clock.advance(7 * DAY_MS);
    expect(await settle(transactionId, '10.00')).toMatchObject(GATEWAY_ERROR);
  });
});

describe('a void', () => {
  it('releases a hold, all of it, with or without the amount', async () => {
    const { transactionId } = await auth();
    expect(await voidIt(transactionId, { amount: '9.00', ...USD })).toMatchObject({
      ...GATEWAY_ERROR,
      gwErrorReason: 'invalid amount',
    });
    expect(await voidIt(transactionId)).toMatchObject({ ...APPROVED, transactionType: 'Void', amount: '10.00' });
    expect(await settle(transactionId, '10.00')).toMatchObject(GATEWAY_ERROR);
    expect(await voidIt((await auth()).transactionId, { amount: '10.00', ...USD })).toMatchObject(APPROVED);
  });

  it('takes back a sale or a settle of the same day, after which nothing is refunded', async () => {
    const { transactionId } = await sale();
    expect(await voidIt(transactionId)).toMatchObject(APPROVED);
    expect(await refund(transactionId, '1.00')).toMatchObject(GATEWAY_ERROR);
    expect(await voidIt(transactionId)).toMatchObject(GATEWAY_ERROR);
    const settled = await settle((await auth()).transactionId, '4.00');
    expect(await voidIt(settled.transactionId)).toMatchObject({ ...APPROVED, amount: '4.00' });
    expect(await refund(settled.transactionId, '1.00')).toMatchObject(GATEWAY_ERROR);
  });

  it('of a sale comes too late after a day, or once something was refunded', async () => {
    const old = await sale();
    world.clock.advance(DAY_MS);
    expect(await voidIt(old.transactionId)).toMatchObject(GATEWAY_ERROR);
    const young = await sale();
    await refund(young.transactionId, '1.00');
    expect(await voidIt(young.transactionId)).toMatchObject(GATEWAY_ERROR);
  });
});

describe('a refund of Nuvei', () => {
  it('comes in parts, up to what was taken', async () => {
    const { transactionId } = await sale();
    expect(await refund(transactionId, '6.00')).toMatchObject({ ...APPROVED, transactionType: 'Credit', amount: '6.00' });
    expect(await refund(transactionId, '4.01')).toMatchObject(GATEWAY_ERROR);
    expect(await refund(transactionId, '4.00')).toMatchObject(APPROVED);
    expect(await refund((await auth()).transactionId, '1.00')).toMatchObject(GATEWAY_ERROR);
  });

  it('may be pending, or come back', async () => {
    const states = [];
    for (const card of ['4000000000007726', '4000000000005126']) {
      const { transactionStatus, transactionId } = await refund((await sale(card)).transactionId, '1.00');
      world.clock.advance(3 * SECOND_MS);
      states.push([transactionStatus, (await details({ transactionId })).transactionDetails.transactionStatus]);
    }
    expect(states).toEqual([
      ['PENDING', 'APPROVED'],
      ['APPROVED', 'DECLINED'],
    ]);
  });
});

describe('a used clientRequestId', () => {
  it('is refused, whatever the call, and moves nothing', async () => {
    const { transactionId } = await sale();
    const move = ids();
    const duplicate = { status: 'ERROR', reason: expect.stringContaining('clientRequestId') };
    expect(await refund(transactionId, '1.00', move)).toMatchObject(APPROVED);
    expect(await refund(transactionId, '1.00', move)).toMatchObject(duplicate);
    expect(await voidIt(transactionId, move)).toMatchObject(duplicate);
    expect(await refund(transactionId, '9.00')).toMatchObject(APPROVED);
  });

  it('of a call that was turned down is free', async () => {
    const { transactionId } = await sale();
    const move = ids();
    expect(await refund(transactionId, '10.01', move)).toMatchObject(GATEWAY_ERROR);
    expect(await refund(transactionId, '10.00', move)).toMatchObject(APPROVED);
  });

  it('is refused while its first call runs', async () => {
    const { transactionId } = await sale();
    const move = ids();
    const answers = await Promise.all(Array.from({ length: 4 }, () => refund(transactionId, '1.00', move)));
    expect(answers.map(({ status }) => status).sort()).toEqual(['ERROR', 'ERROR', 'ERROR', 'SUCCESS']);
  });

  it.each([
    ['4000009900000038', 'the answer', true],
    ['4000009900000046', 'the request', false],
  ])('with %s, which loses %s, is looked up by the unique id', async (card, _what, isExecuted) => {
    const { sessionToken } = await caller.openOrder();
    await caller.pay(sessionToken, card).catch(() => undefined);
    await caller.pay(sessionToken, card);
    const { transactionId } = await caller.call('getPaymentStatus', { sessionToken });
    const move = ids();
    await expect(refund(transactionId, '6.00', move)).rejects.toThrow('fetch failed');
    const found = await details({ clientUniqueId: move.clientUniqueId });
    expect(found.status).toBe(isExecuted ? 'SUCCESS' : 'ERROR');
    expect((await refund(transactionId, '6.00', move)).status).toBe(isExecuted ? 'ERROR' : 'SUCCESS');
    const tooMuch = ids();
    await refund(transactionId, '4.01', tooMuch).catch(() => undefined);
    expect(await refund(transactionId, '4.01', tooMuch)).toMatchObject(GATEWAY_ERROR);
  });
});

describe('a stored option', () => {
  const store = async (card?: string) => {
    const userTokenId = randomUUID();
    const { sessionToken } = await caller.openOrder({ amount: '0', transactionType: 'Auth', userTokenId });
    const answer = await caller.pay(sessionToken, card, { userTokenId });
    if (answer.transactionStatus === 'REDIRECT') await answerChallenge(answer.paymentOption.card.threeD.acsUrl, 'approve');
    const { transactionId, paymentOption } = await caller.call('getPaymentStatus', { sessionToken });
    return { userTokenId, transactionId, optionId: paymentOption.userPaymentOptionId as string };
  };
  const charge = async (from: { userTokenId: string; transactionId: string; optionId: string }, more: object = {}) => {
    const { sessionToken } = await caller.call('getSessionToken', { clientRequestId: randomUUID() });
    return caller.call('payment', {
      ...ids(),
      ...USD,
      sessionToken,
      amount: '7.00',
      userTokenId: from.userTokenId,
      isRebilling: '1',
      relatedTransactionId: from.transactionId,
      paymentOption: { userPaymentOptionId: from.optionId },
      ...more,
    });
  };

  it('comes of a zero authorization, is listed, charged, refunded and deleted', async () => {
    const stored = await store();
    expect(stored.optionId).toMatch(/^\d+$/);
    const { userTokenId, optionId } = stored;
    const list = () => caller.call('getUserUPOs', { userTokenId, clientRequestId: randomUUID() });
    expect((await list()).paymentMethods).toMatchObject([{ userPaymentOptionId: optionId, upoStatus: 'enabled' }]);
    const more = ids();
    const charged = await charge(stored, more);
    expect(charged).toMatchObject({
      ...APPROVED,
      transactionType: 'Sale',
      amount: '7.00',
      paymentOption: { userPaymentOptionId: optionId },
    });
    expect((await details({ clientUniqueId: more.clientUniqueId })).transactionDetails.transactionId).toBe(charged.transactionId);
    expect(await charge(stored, more)).toMatchObject({ status: 'ERROR', reason: expect.stringContaining('clientRequestId') });
    expect(await refund(charged.transactionId, '7.00')).toMatchObject(APPROVED);
    const remove = () => caller.call('deleteUPO', { userTokenId, clientRequestId: randomUUID(), userPaymentOptionId: optionId });
    expect((await remove()).status).toBe('SUCCESS');
    expect(await remove()).toMatchObject({ status: 'ERROR', errCode: 1011 });
    expect((await list()).paymentMethods).toEqual([]);
    expect(await charge(stored)).toMatchObject({ status: 'ERROR', errCode: 1011 });
  });

  it('comes of a paid order when the payer wants it, and only then', async () => {
    const userTokenId = randomUUID();
    const pay = async (more: object) => {
      const { sessionToken } = await caller.openOrder({ userTokenId });
      return (await caller.pay(sessionToken, undefined, { userTokenId, ...more })).paymentOption.userPaymentOptionId;
    };
    expect(await pay({})).toBe('');
    expect(await pay({ savePM: false })).toBe('');
    expect(await pay({ savePM: true })).toMatch(/^\d+$/);
  });

  it('is kept after a challenge too', async () => {
    const userTokenId = randomUUID();
    const { sessionToken } = await caller.openOrder({ userTokenId });
    const answer = await caller.pay(sessionToken, '4000002500003155', { userTokenId, savePM: true });
    await answerChallenge(answer.paymentOption.card.threeD.acsUrl, 'approve');
    const { paymentOption } = await caller.call('getPaymentStatus', { sessionToken });
    expect(paymentOption.userPaymentOptionId).toMatch(/^\d+$/);
  });

  it.each([
    ['4000002760003184', { transactionStatus: 'REDIRECT' }],
    ['4000008260003178', { transactionStatus: 'DECLINED', gwErrorReason: 'Insufficient Funds' }],
  ])('%s is charged later with %j', async (card, expected) => {
    expect(await charge(await store(card))).toMatchObject({ status: 'SUCCESS', ...expected });
  });

  it('needs its own user, and the transaction that it came of', async () => {
    const stored = await store();
    expect(await charge({ ...stored, userTokenId: 'other' })).toMatchObject({ status: 'ERROR', errCode: 1011 });
    expect(await charge({ ...stored, transactionId: '7110000000000000000' })).toMatchObject({ status: 'ERROR', errCode: 1019 });
  });
});

describe('a notification', () => {
  it('is a signed form to the URL of the order, and of the call for moves', async () => {
    caller = await newCaller();
    const { transactionId, orderId, clientUniqueId } = await auth();
    const move = { ...ids(), urlDetails: { notificationUrl: 'https://gateway.example/other' } };
    const settled = await settle(transactionId, '4.00', move);
    const events = await world.control(`webhooks?accountId=${caller.account.id}`);
    expect(events.map(({ url, method, paymentCode }: any) => [url, method, paymentCode])).toEqual([
      [HOOK, 'POST', orderId],
      ['https://gateway.example/other', 'POST', orderId],
    ]);
    const [first, second] = events.map(({ body }: any) => Object.fromEntries(new URLSearchParams(body)));
    const { merchantId, merchantSiteId, merchantSecretKey } = caller.account;
    expect(first).toMatchObject({
      ppp_status: 'OK',
      PPP_TransactionID: orderId,
      TransactionID: transactionId,
      Status: 'APPROVED',
      transactionType: 'Auth',
      totalAmount: '10.00',
      clientUniqueId,
      merchant_id: merchantId,
      merchant_site_id: merchantSiteId,
      responseTimeStamp: world.clock.now().toISOString().slice(0, 19).replace('T', '.'),
    });
    expect(second).toMatchObject({
      TransactionID: settled.transactionId,
      transactionType: 'Settle',
      relatedTransactionId: transactionId,
    });
    for (const form of [first, second]) {
      const { totalAmount, currency, responseTimeStamp, PPP_TransactionID, Status, productId } = form;
      const text = merchantSecretKey + totalAmount + currency + responseTimeStamp + PPP_TransactionID + Status + productId;
      expect(form.advanceResponseChecksum).toBe(sha256(text));
    }
  });

  it('is not sent of a challenge, whether it is open or failed', async () => {
    caller = await newCaller();
    const { paymentOption } = await sale('4000000000003220');
    await answerChallenge(paymentOption.card.threeD.acsUrl, 'fail');
    expect(await world.control(`webhooks?accountId=${caller.account.id}`)).toEqual([]);
  });

  it('of a chargeback names the payment, and details tell how it ended', async () => {
    caller = await newCaller();
    const { transactionId, orderId } = await sale();
    const { id } = await world.control('disputes', { accountId: caller.account.id, providerCode: transactionId });
    expect((await world.control('disputes', { accountId: caller.account.id, providerCode: orderId })).id).toBe(id);
    expect((await details({ transactionId: id })).transactionDetails).toMatchObject({
      transactionType: 'Chargeback',
      transactionStatus: 'PENDING',
      relatedTransactionId: transactionId,
      processedAmount: '10.00',
    });
    await world.control(`disputes/${id}`, { status: 'lost' });
    expect((await details({ transactionId: id })).transactionDetails.transactionStatus).toBe('APPROVED');
    const events = await world.control(`webhooks?accountId=${caller.account.id}`);
    const chargebacks = events.map(({ body }: any) => Object.fromEntries(new URLSearchParams(body))).slice(1);
    expect(
      chargebacks.map(({ transactionType, TransactionID, Status }: any) => [transactionType, TransactionID, Status]),
    ).toEqual([
      ['Chargeback', id, 'PENDING'],
      ['Chargeback', id, 'APPROVED'],
    ]);
  });
});
