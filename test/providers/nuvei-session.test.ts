import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addMs, DAY_MS, MINUTE_MS } from '../../src/kernel/clock.ts';
import {
  APPROVED_SALE,
  categoryOf,
  type FakeAnswer,
  type FakeNuvei,
  MOVEMENT,
  NOW,
  openFakeNuvei,
  readOf,
  SESSION_ID,
  sessionOf,
} from './nuvei-fake.ts';

let fake: FakeNuvei;
beforeAll(async () => {
  fake = await openFakeNuvei();
});
afterAll(() => fake.close());

const NOTHING_PAID = { status: 'ERROR', errCode: 1140, reason: 'A payment was not performed during this session' };
const SESSION_OVER = { status: 'ERROR', errCode: 1069, reason: 'Session expired' };
const NO_TRANSACTION = { status: 'ERROR', errCode: 9146, reason: 'No transaction details returned for the provided id.' };
const LATER = addMs(NOW, 26 * MINUTE_MS);
const CARD = { brand: 'visa', last4: '2535', expMonth: 9, expYear: 2030 };

beforeEach(() => {
  fake.says('getPaymentStatus', NOTHING_PAID);
  fake.says('getTransactionDetails', NO_TRANSACTION);
});

/** As getTransactionDetails tells it: the transaction inside, under names of its own. */
function asDetails(transaction: Readonly<Record<string, unknown>>): FakeAnswer {
  const { paymentOption, clientUniqueId, amount, currency, ...rest } = transaction;
  const transactionDetails = { ...rest, processedAmount: amount, processedCurrency: currency };
  return { clientUniqueId, paymentOption, transactionDetails };
}

describe('a session at Nuvei', () => {
  it('is asked for by its token, and awaits a payer while nothing was paid', async () => {
    const outcome = await fake.provider.fetchSession(readOf(fake), sessionOf('PAYMENT'));
    expect(outcome).toEqual({
      phase: 'awaiting',
      closedReason: null,
      observedAt: NOW,
      providerCode: '471268418',
      sessionId: null,
      money: { amountMinor: 1000n, currency: 'USD' },
      attempts: [],
      challengeUrl: null,
    });
    const { method, fields } = fake.requests.at(-1) ?? {};
    expect([method, fields]).toEqual([
      'getPaymentStatus',
      {
        merchantId: '1234567890123456789',
        merchantSiteId: '123456',
        sessionToken: '9610a8f6-44cf-4c4f-976a-005da69a2a3b',
      },
    ]);
  });

  it('succeeds with what Nuvei approved', async () => {
    fake.says('getPaymentStatus', APPROVED_SALE);
    const outcome = await fake.provider.fetchSession(readOf(fake), sessionOf('PAYMENT'));
    expect(outcome).toMatchObject({ phase: 'succeeded', sessionId: SESSION_ID });
    // A method that was not to be stored is not reported, although Nuvei keeps one.
    expect(outcome.attempts).toEqual([{ ...MOVEMENT, card: CARD }]);
  });

  it('tells of the amount that Nuvei took, not of the one that was asked for', async () => {
    fake.says('getPaymentStatus', { ...APPROVED_SALE, amount: '9.00' });
    const { attempts, money } = await fake.provider.fetchSession(readOf(fake), sessionOf('PAYMENT'));
    expect([attempts[0]?.money?.amountMinor, money?.amountMinor]).toEqual([900n, 1000n]);
  });

  it('stores a method for the user it was asked for', async () => {
    fake.says('getPaymentStatus', { ...APPROVED_SALE, transactionType: 'Auth', amount: '0' });
    const outcome = await fake.provider.fetchSession(readOf(fake), sessionOf('ADD_PAYMENT_METHOD', { storedFor: 'customer' }));
    const storedMethod = { providerCode: '53959318', providerCustomerCode: 'customer', originCode: MOVEMENT.providerCode };
    expect(outcome).toMatchObject({ phase: 'succeeded', money: null });
    expect(outcome.attempts).toEqual([{ ...MOVEMENT, money: null, card: CARD, storedMethod }]);
  });

  it('that places a hold holds for an assumed seven days', async () => {
    const auth = { ...APPROVED_SALE, transactionType: 'Auth' };
    fake.says('getPaymentStatus', auth);
    const session = sessionOf('AUTHORIZATION');
    const capturableUntil = addMs(NOW, 7 * DAY_MS);
    const outcome = await fake.provider.fetchSession(readOf(fake), session);
    expect(outcome.attempts[0]).toMatchObject({ status: 'succeeded', hold: 'HELD', capturableUntil });
    fake.says('getPaymentStatus', SESSION_OVER);
    fake.says('getTransactionDetails', asDetails(auth));
    const later = await fake.provider.fetchSession(readOf(fake, capturableUntil), session);
    // Nobody knows whether it has run out: Nuvei decides when it is settled.
    expect(later.attempts[0]).toMatchObject({ status: 'succeeded', hold: 'HELD', capturableUntil });
  });

  it.each([
    ['DECLINED', 'Sale', 'awaiting', 'declined', null],
    ['declined', 'Sale', 'awaiting', 'declined', null],
    ['ERROR', 'Sale', 'awaiting', 'failed', 'Do not honor'],
    ['PENDING', 'Sale', 'processing', 'processing', null],
    ['PROCESSING', 'Sale', 'processing', 'processing', null],
    ['REDIRECT', 'Sale', 'authenticating', 'authenticating', null],
    ['APPROVED', 'InitAuth3D', 'authenticating', 'authenticating', null],
    ['APPROVED', 'Auth3D', 'authenticating', 'authenticating', null],
    ['DECLINED', 'Auth3D', 'awaiting', 'declined', null],
    ['APPROVED', 'Auth', 'unknown', 'unknown', null],
    ['APPROVED', 'Credit', 'unknown', 'unknown', null],
    ['BLESSED', 'Sale', 'unknown', 'unknown', null],
    [undefined, 'Sale', 'unknown', 'unknown', null],
  ])('whose last transaction is %s %s is %s', async (transactionStatus, transactionType, phase, status, failureCode) => {
    fake.says('getPaymentStatus', { ...APPROVED_SALE, transactionStatus, transactionType, gwErrorReason: 'Do not honor' });
    const outcome = await fake.provider.fetchSession(readOf(fake), sessionOf('PAYMENT'));
    expect(outcome.phase).toBe(phase);
    expect(outcome.attempts).toMatchObject([{ status, failureCode }]);
    expect(outcome.attempts[0]?.decline !== null).toBe(status === 'declined');
  });

  it('tells where the payer goes to authenticate', async () => {
    const card = { ...APPROVED_SALE.paymentOption.card, threeD: { acsUrl: 'https://acs.example.com/1' } };
    fake.says('getPaymentStatus', { ...APPROVED_SALE, transactionStatus: 'REDIRECT', paymentOption: { card } });
    const outcome = await fake.provider.fetchSession(readOf(fake), sessionOf('PAYMENT'));
    expect(outcome.challengeUrl).toBe('https://acs.example.com/1');
  });

  it('whose answer has no client id or another one is told as it came', async () => {
    fake.says('getPaymentStatus', { ...APPROVED_SALE, clientUniqueId: '' });
    expect((await fake.provider.fetchSession(readOf(fake), sessionOf('PAYMENT'))).sessionId).toBeNull();
    fake.says('getPaymentStatus', { ...APPROVED_SALE, clientUniqueId: 'other' });
    expect((await fake.provider.fetchSession(readOf(fake), sessionOf('PAYMENT'))).sessionId).toBe('other');
  });

  it('with a transaction that lacks its id, or an amount that is none, is refused', async () => {
    fake.says('getPaymentStatus', { ...APPROVED_SALE, transactionId: '' });
    expect(await categoryOf(fake.provider.fetchSession(readOf(fake), sessionOf('PAYMENT')))).toBe('PROGRAMMING_ERROR');
    fake.says('getPaymentStatus', { ...APPROVED_SALE, amount: '10.001' });
    expect(await categoryOf(fake.provider.fetchSession(readOf(fake), sessionOf('PAYMENT')))).toBe('PROGRAMMING_ERROR');
  });

  it('with a state of another provider is refused without a call', async () => {
    const before = fake.requests.length;
    const foreign = { ...sessionOf('PAYMENT'), state: { intentId: 'pi_1' } };
    expect(await categoryOf(fake.provider.fetchSession(readOf(fake), foreign))).toBe('PROGRAMMING_ERROR');
    expect(fake.requests).toHaveLength(before);
  });
});

describe('a session whose life is over', () => {
  it.each([
    ['nothing paid', NOTHING_PAID],
    ['session over', SESSION_OVER],
    ['token no good', { status: 'ERROR', errCode: 1064, reason: 'Invalid session token' }],
  ])('(%s) is looked up by our id, and has expired when nothing is found', async (_what, answer) => {
    fake.says('getPaymentStatus', answer);
    const outcome = await fake.provider.fetchSession(readOf(fake, LATER), sessionOf('PAYMENT'));
    expect(outcome).toMatchObject({ phase: 'closed', closedReason: 'expired', attempts: [] });
    const { method, fields } = fake.requests.at(-1) ?? {};
    expect([method, fields]).toEqual([
      'getTransactionDetails',
      {
        merchantId: '1234567890123456789',
        merchantSiteId: '123456',
        clientUniqueId: SESSION_ID,
        timeStamp: '20260115105600',
        checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
  });

  it.each([
    ['APPROVED', 'Sale', 'succeeded', null, 'succeeded'],
    ['DECLINED', 'Sale', 'closed', 'declined', 'declined'],
    ['ERROR', 'Sale', 'closed', 'failed', 'failed'],
    ['PENDING', 'Sale', 'processing', null, 'processing'],
    ['REDIRECT', 'Sale', 'closed', 'expired', 'expired'],
    ['APPROVED', 'Auth3D', 'closed', 'expired', 'expired'],
    ['BLESSED', 'Sale', 'unknown', null, 'unknown'],
  ])('with a last transaction %s %s is %s', async (transactionStatus, transactionType, phase, closedReason, status) => {
    fake.says('getPaymentStatus', SESSION_OVER);
    fake.says('getTransactionDetails', asDetails({ ...APPROVED_SALE, transactionStatus, transactionType }));
    const outcome = await fake.provider.fetchSession(readOf(fake, LATER), sessionOf('PAYMENT'));
    expect(outcome).toMatchObject({ phase, closedReason, sessionId: SESSION_ID });
    expect(outcome.attempts).toMatchObject([{ status, money: { amountMinor: 1000n, currency: 'USD' }, card: CARD }]);
  });

  it('before its time, by Nuvei’s word alone, is unknown when nothing is found, and else not over yet', async () => {
    fake.says('getPaymentStatus', SESSION_OVER);
    expect(await categoryOf(fake.provider.fetchSession(readOf(fake), sessionOf('PAYMENT')))).toBe('NOT_FOUND');
    fake.says('getTransactionDetails', asDetails({ ...APPROVED_SALE, transactionStatus: 'DECLINED' }));
    const outcome = await fake.provider.fetchSession(readOf(fake), sessionOf('PAYMENT'));
    // Another attempt may have been made that does not show yet.
    expect(outcome).toMatchObject({ phase: 'awaiting', attempts: [{ status: 'declined' }] });
  });

  it('may still be told of for ten minutes, in which nothing is believed to be missing', async () => {
    fake.says('getPaymentStatus', SESSION_OVER);
    const soon = addMs(NOW, 16 * MINUTE_MS);
    const outcome = await fake.provider.fetchSession(readOf(fake, soon), sessionOf('PAYMENT'));
    expect(outcome).toMatchObject({ phase: 'awaiting', closedReason: null, attempts: [] });
    fake.says('getTransactionDetails', asDetails({ ...APPROVED_SALE, transactionStatus: 'REDIRECT' }));
    const waiting = await fake.provider.fetchSession(readOf(fake, soon), sessionOf('PAYMENT'));
    expect(waiting.phase).toBe('authenticating');
  });
});

describe('a decline of Nuvei', () => {
  it.each([
    [{ gwErrorReason: 'Do not honor' }, 'GENERIC', 'LATER', 'Do not honor'],
    [{ gwErrorReason: 'Insufficient Funds' }, 'INSUFFICIENT_FUNDS', 'LATER', 'Insufficient Funds'],
    [{ gwErrorReason: 'LOST/STOLEN' }, 'LOST_OR_STOLEN', 'NEVER', 'LOST/STOLEN'],
    [{ gwErrorReason: 'Decline', issuerDeclineCode: '51' }, 'INSUFFICIENT_FUNDS', 'LATER', 'Decline'],
    [{ gwErrorReason: 'Decline', issuerDeclineCode: '1a' }, 'AUTHENTICATION_REQUIRED', 'CUSTOMER_PRESENT', 'Decline'],
    [{ gwErrorReason: 'Decline', issuerDeclineCode: 'ZZ' }, 'GENERIC', 'LATER', 'Decline'],
    [{ gwErrorReason: 'Do not honor', merchantAdviceCode: '03' }, 'GENERIC', 'NEVER', 'Do not honor'],
    [{ gwErrorReason: 'something new' }, 'GENERIC', 'LATER', 'something new'],
    [{ gwErrorReason: 'x'.repeat(300) }, 'GENERIC', 'LATER', '-1/0'],
    [{ gwErrorReason: 'Blocked: 4242424242424242' }, 'GENERIC', 'LATER', '-1/0'],
    [{ gwErrorReason: 'Blocked: ４２４２ ４２４２' }, 'GENERIC', 'LATER', '-1/0'],
    [{ gwErrorReason: 'Blocked: jane@example.com', gwExtendedErrorCode: 7 }, 'GENERIC', 'LATER', '-1/7'],
    [{ gwErrorReason: 'Declined by Jane Smith', issuerDeclineCode: '51' }, 'INSUFFICIENT_FUNDS', 'LATER', '51'],
    [{ gwErrorReason: 'JANE SMITH', issuerDeclineCode: '4242424242424242' }, 'GENERIC', 'LATER', '-1/0'],
    [{ gwErrorReason: '' }, 'GENERIC', 'LATER', 'declined'],
    [{ gwErrorReason: 'Decline', transactionType: 'Auth3D' }, 'AUTHENTICATION_FAILED', 'CUSTOMER_PRESENT', 'Decline'],
  ])('told as %j is %s', async (words, reason, advice, rawCode) => {
    fake.says('getPaymentStatus', { ...APPROVED_SALE, transactionStatus: 'DECLINED', gwErrorCode: -1, ...words });
    const outcome = await fake.provider.fetchSession(readOf(fake), sessionOf('PAYMENT'));
    expect(outcome.attempts[0]?.decline).toEqual({ reason, advice, rawCode });
  });
});
