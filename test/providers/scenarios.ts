import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import {
  CARDS,
  CHARGE,
  type Data,
  newCode,
  READ_SESSION,
  READ_TRANSACTION,
  REFUND,
  SETTLE,
  startInput,
  startText,
  VOID,
  verify,
  verifyText,
} from '../support/gateway.ts';
import { describeFaults } from './scenario-faults.ts';
import { openScenarioLab, type ScenarioLab, type Vendor } from './scenario-lab.ts';
import { describeWebhooks } from './scenario-webhooks.ts';

/** What a merchant lives through with a real provider, through GraphQL, over the vendor's wire. One suite for every vendor. */
export function describeScenarios(vendor: Vendor): void {
  describe(`${vendor.provider} through the API`, () => {
    let lab: ScenarioLab;
    beforeAll(async () => {
      lab = await openScenarioLab(vendor);
    });
    afterAll(() => lab.close());
    const suite = () => lab;
    describe('a payment', () => describePayments(suite));
    describe('an authorization', () => describeHolds(suite));
    describe('a stored card', () => describeMethods(suite));
    describe('an amount', () => describeAmounts(suite));
    describe('a caller among many', () => describeConcurrency(suite));
    describe('a fault', () => describeFaults(suite));
    describe('a webhook', () => describeWebhooks(suite));
  });
}

export type Suite = () => ScenarioLab;

export const readSession = async (lab: ScenarioLab, id: string): Promise<Data> =>
  (await lab.merchant.data(READ_SESSION, { by: { id } })).clientSession;
export const readTransaction = async (lab: ScenarioLab, id: string): Promise<Data> =>
  (await lab.merchant.data(READ_TRANSACTION, { by: { id } })).transaction;
const call = async (lab: ScenarioLab, text: string, variables: Record<string, unknown>): Promise<Data> =>
  (await lab.merchant.data(text, variables)).transaction;

function describePayments(lab: Suite): void {
  it('is started, paid and verified', async () => {
    const { session, transaction } = await lab().paid('PAYMENT');
    expect(session).toMatchObject({ status: 'PENDING', providerCode: expect.any(String) });
    expect(transaction).toMatchObject({
      action: 'PAYMENT',
      status: 'SUCCEEDED',
      amount: '10000',
      session: { status: 'COMPLETED' },
    });
    expect((await readSession(lab(), session.id)).events.map(({ type }: Data) => type)).toEqual([
      'session.created',
      'session.started',
      'transaction.succeeded',
      'session.completed',
    ]);
  });

  it('can be tried again after a decline, whose reason and advice are ours', async () => {
    const session = await lab().start('PAYMENT');
    await lab().pay(session, CARDS.insufficientFunds);
    const declined = await verify(lab().merchant, 'PAYMENT', session.id);
    expect(declined).toMatchObject({
      status: 'DECLINED',
      decline: { reason: 'INSUFFICIENT_FUNDS', advice: 'LATER', rawCode: expect.any(String) },
      session: { status: 'ACTIVE', action: 'COLLECT_PAYMENT_METHOD' },
    });
    await lab().pay(session, CARDS.approve);
    const paid = await verify(lab().merchant, 'PAYMENT', session.id);
    expect(paid).toMatchObject({ status: 'SUCCEEDED', session: { status: 'COMPLETED' } });
    expect(paid.id).not.toBe(declined.id);
    expect((await readSession(lab(), session.id)).transactions).toHaveLength(2);
  });

  it.each([
    ['approve', /^SUCCEEDED$/, 'COMPLETED'],
    // Nuvei forgets an attempt whose challenge failed.
    ['fail', /^(DECLINED|CANCELED)$/, 'ACTIVE'],
  ] as const)('whose challenge is answered with %s is one attempt and %s', async (result, status, sessionStatus) => {
    const session = await lab().start('PAYMENT');
    await lab().pay(session, CARDS.challenge);
    const waiting = await verify(lab().merchant, 'PAYMENT', session.id);
    expect(waiting).toMatchObject({ status: 'PENDING', session: { status: 'ACTIVE', action: 'AUTHENTICATE' } });
    const { challengeUrl } = await readSession(lab(), session.id);
    await lab().answerChallenge(challengeUrl, result);
    const after = await verify(lab().merchant, 'PAYMENT', session.id);
    expect(after).toMatchObject({ id: waiting.id, status: expect.stringMatching(status), session: { status: sessionStatus } });
    if (after.status === 'DECLINED') expect(after.decline.reason).toBe('AUTHENTICATION_FAILED');
    expect((await readSession(lab(), session.id)).transactions).toHaveLength(1);
  });

  it('is refunded in parts up to what was paid', async () => {
    const { transaction } = await lab().paid('PAYMENT');
    const by = { id: transaction.id };
    expect(await call(lab(), REFUND, { by, amount: '6000', key: newCode() })).toMatchObject({
      status: 'SUCCEEDED',
      amount: '6000',
    });
    expect(await lab().merchant.code(REFUND, { by, amount: '4001', key: newCode() })).toBe('AMOUNT_EXCEEDS_AVAILABLE');
    expect(await call(lab(), REFUND, { by, key: newCode() })).toMatchObject({ status: 'SUCCEEDED', amount: '4000' });
    expect((await readTransaction(lab(), transaction.id)).refundedAmount).toBe('10000');
  });

  it('that nobody makes ends: the session expires, and the card is refused afterwards', async () => {
    const session = await lab().start('PAYMENT');
    for (let round = 0; round < 4; round += 1) await lab().pass(20 * MINUTE_MS);
    expect((await readSession(lab(), session.id)).status).toBe('EXPIRED');
    await lab().pay(session, CARDS.approve);
    await lab().pass(HOUR_MS);
    expect((await verify(lab().merchant, 'PAYMENT', session.id)).status).toBe('EXPIRED');
  });

  it('that the merchant cancels can be paid no more', async () => {
    const session = await lab().start('PAYMENT');
    const cancel = 'mutation Cancel($by: ClientSessionSelector!) { cancelClientSession(by: $by) { status action } }';
    const { cancelClientSession: canceled } = await lab().merchant.data(cancel, { by: { id: session.id } });
    expect(['CANCELED', 'PENDING', 'ACTIVE']).toContain(canceled.status);
    for (let round = 0; round < 4; round += 1) await lab().pass(20 * MINUTE_MS);
    expect((await readSession(lab(), session.id)).status).toBe('CANCELED');
    await lab().pay(session, CARDS.approve);
    expect((await verify(lab().merchant, 'PAYMENT', session.id)).status).toBe('CANCELED');
  });

  it('that is disputed gets one chargeback with an alert, and the end of the dispute', async () => {
    const { session, transaction } = await lab().paid('PAYMENT');
    const dispute = await lab().dispute(transaction.providerCode);
    const chargebacks = async () =>
      (await readSession(lab(), session.id)).transactions.filter(({ action }: Data) => action === 'CHARGEBACK');
    for (const webhook of await lab().webhooks(session.providerCode)) {
      await lab().deliver(webhook);
      await lab().deliver(webhook);
    }
    await lab().pass(SECOND_MS);
    expect(await chargebacks()).toMatchObject([{ action: 'CHARGEBACK', status: 'PENDING', amount: '10000' }]);
    const { events } = await readSession(lab(), session.id);
    expect(events.filter(({ isAlert }: Data) => isAlert)).toHaveLength(1);
    await lab().endDispute(dispute, 'lost');
    await lab().pass(DAY_MS + MINUTE_MS);
    expect(await chargebacks()).toMatchObject([{ status: 'SUCCEEDED' }]);
  });
}

function describeHolds(lab: Suite): void {
  it('is settled in part, once, and what was settled can be refunded', async () => {
    const { transaction } = await lab().paid('AUTHORIZATION');
    expect(transaction).toMatchObject({ action: 'AUTHORIZATION', status: 'SUCCEEDED', hold: 'HELD' });
    const by = { id: transaction.id };
    const settle = await call(lab(), SETTLE, { by, amount: '4000', key: newCode() });
    expect(settle).toMatchObject({ action: 'SETTLE', status: 'SUCCEEDED', amount: '4000' });
    expect(await readTransaction(lab(), transaction.id)).toMatchObject({ hold: 'SETTLED', settledAmount: '4000' });
    expect(await lab().merchant.code(SETTLE, { by, amount: '1', key: newCode() })).toBe('INVALID_TRANSACTION_STATE');
    const refund = await call(lab(), REFUND, { by: { id: settle.id }, amount: '4000', key: newCode() });
    expect(refund).toMatchObject({ status: 'SUCCEEDED', amount: '4000' });
  });

  it('is voided, and cannot be settled then', async () => {
    const { transaction } = await lab().paid('AUTHORIZATION');
    const by = { id: transaction.id };
    expect(await call(lab(), VOID, { by, key: newCode() })).toMatchObject({ action: 'VOID', status: 'SUCCEEDED' });
    expect((await readTransaction(lab(), transaction.id)).hold).toBe('VOIDED');
    expect(await lab().merchant.code(SETTLE, { by, key: newCode() })).toBe('INVALID_TRANSACTION_STATE');
  });

  it('whose hold runs out is EXPIRED, and cannot be settled', async () => {
    const { transaction } = await lab().paid('AUTHORIZATION');
    await lab().pass(7 * DAY_MS + HOUR_MS);
    await lab().pass(HOUR_MS);
    expect((await readTransaction(lab(), transaction.id)).hold).toBe('EXPIRED');
    expect(await lab().merchant.code(SETTLE, { by: { id: transaction.id }, key: newCode() })).toBe('INVALID_TRANSACTION_STATE');
  });

  it('that is declined holds nothing', async () => {
    const { transaction } = await lab().paid('AUTHORIZATION', CARDS.decline);
    expect(transaction).toMatchObject({ status: 'DECLINED', hold: null, decline: { reason: 'GENERIC' } });
  });
}

function describeMethods(lab: Suite): void {
  const charge = (paymentMethodId: string, data: Record<string, unknown> = {}): Promise<Data> => {
    const merchantInternalTransactionCode = newCode('charge');
    const input = { paymentMethodId, merchantInternalTransactionCode, amount: '2500', currency: 'USD', ...data };
    return call(lab(), CHARGE, { data: input });
  };

  it('is charged without the payer, and the charge refunded', async () => {
    const customer = { customer: { merchantInternalCustomerCode: newCode('customer') } };
    const { transaction } = await lab().paid('ADD_PAYMENT_METHOD', CARDS.approve, customer);
    expect(transaction).toMatchObject({
      action: 'ADD_PAYMENT_METHOD',
      status: 'SUCCEEDED',
      paymentMethod: { id: expect.any(String) },
    });
    const charged = await charge(transaction.paymentMethod.id);
    expect(charged).toMatchObject({ action: 'PAYMENT', status: 'SUCCEEDED', amount: '2500', session: null });
    const refund = await call(lab(), REFUND, { by: { id: charged.id }, amount: '1000', key: newCode() });
    expect(refund).toMatchObject({ status: 'SUCCEEDED', amount: '1000' });
  });

  it('can be stored with a payment, twice for one customer, who is one customer there', async () => {
    const data = { storePaymentMethod: true, customer: { merchantInternalCustomerCode: newCode('customer') } };
    const first = await lab().paid('PAYMENT', CARDS.approve, data);
    const second = await lab().paid('PAYMENT', '5555555555554444', data);
    expect(first.transaction.paymentMethod.id).not.toBe(second.transaction.paymentMethod.id);
    const { client } = lab().database;
    const ids = [first.transaction.paymentMethod.id, second.transaction.paymentMethod.id];
    const methods = await client.paymentMethod.findMany({ where: { id: { in: ids } } });
    expect(new Set(methods.map(({ providerCustomerCode }) => providerCustomerCode)).size).toBe(1);
    expect(await charge(second.transaction.paymentMethod.id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('of a customer who was deleted at the provider can be stored anew', async () => {
    const customer = { merchantInternalCustomerCode: newCode('customer') };
    await lab().paid('ADD_PAYMENT_METHOD', CARDS.approve, { customer });
    const { client } = lab().database;
    const { count } = await client.providerCustomer.updateMany({
      where: {
        customerId: (await client.customer.findFirstOrThrow({ where: { code: customer.merchantInternalCustomerCode } })).id,
      },
      data: { providerCode: 'cus_deleted' },
    });
    expect(count).toBe(1);
    if (lab().vendor.provider === 'STRIPE') {
      const input = startInput('ADD_PAYMENT_METHOD', { customer });
      const variables = { ...input, provider: { merchantTransactionProviderId: lab().account.id } };
      expect(await lab().merchant.code(startText('ADD_PAYMENT_METHOD'), variables)).toBe('PROVIDER_REJECTED');
    }
    const { transaction } = await lab().paid('ADD_PAYMENT_METHOD', CARDS.approve, { customer });
    expect(transaction).toMatchObject({ status: 'SUCCEEDED', paymentMethod: { id: expect.any(String) } });
  });

  it('whose issuer wants the payer is a decline with that reason', async () => {
    const session = await lab().start('ADD_PAYMENT_METHOD');
    await lab().pay(session, '4000002760003184');
    await verify(lab().merchant, 'ADD_PAYMENT_METHOD', session.id);
    await lab().answerChallenge((await readSession(lab(), session.id)).challengeUrl, 'approve');
    const stored = await verify(lab().merchant, 'ADD_PAYMENT_METHOD', session.id);
    expect(await charge(stored.paymentMethod.id)).toMatchObject({
      status: 'DECLINED',
      decline: { reason: 'AUTHENTICATION_REQUIRED', advice: 'CUSTOMER_PRESENT' },
    });
  });

  it('that is declined later says so, and one that was detached is charged no more', async () => {
    const { transaction } = await lab().paid('ADD_PAYMENT_METHOD', '4000000000000341');
    expect(await charge(transaction.paymentMethod.id)).toMatchObject({ status: 'DECLINED' });
    const detach = 'mutation Detach($id: ID!) { detachPaymentMethod(id: $id) { status } }';
    expect(await lab().merchant.data(detach, { id: transaction.paymentMethod.id })).toEqual({
      detachPaymentMethod: { status: 'DISABLED' },
    });
    const data = { paymentMethodId: transaction.paymentMethod.id, amount: '1', currency: 'USD' };
    const again = { data: { ...data, merchantInternalTransactionCode: newCode() } };
    expect(await lab().merchant.code(CHARGE, again)).toBe('PAYMENT_METHOD_NOT_CHARGEABLE');
  });
}

function describeAmounts(lab: Suite): void {
  it.each([
    ['JPY', '5000'],
    ['KWD', '1230'],
    ['USD', '1'],
    ['ISK', '700'],
  ])('in %s of %s comes back exactly', async (currency, amount) => {
    const { transaction } = await lab().paid('PAYMENT', CARDS.approve, { currency, amount });
    expect(transaction).toMatchObject({ status: 'SUCCEEDED', currency, amount });
  });

  it.each([
    ['KWD', '1234'],
    ['USD', (2n ** 60n).toString()],
    ['USD', (2n ** 63n - 1n).toString()],
  ])('in %s of %s is refused before any call', async (currency, amount) => {
    const before = (await lab().requests()).length;
    const input = startInput('PAYMENT', { currency, amount });
    const variables = { ...input, provider: { merchantTransactionProviderId: lab().account.id } };
    expect(await lab().merchant.code(startText('PAYMENT'), variables)).toBe('AMOUNT_NOT_SUPPORTED');
    expect((await lab().requests()).length).toBe(before);
  });
}

function describeConcurrency(lab: Suite): void {
  it('leaves one transaction and one set of events, however many ask at once', async () => {
    const session = await lab().start('PAYMENT');
    await lab().pay(session, CARDS.approve);
    const webhooks = await lab().webhooks(session.providerCode);
    expect(webhooks.length).toBeGreaterThan(0);
    const by = { id: session.id };
    const asked = Array.from({ length: 8 }, () => lab().merchant.data(verifyText('PAYMENT'), { by }));
    const told = Array.from({ length: 8 }, () => webhooks.map((webhook) => lab().deliver(webhook))).flat();
    const [answers] = await Promise.all([Promise.all(asked), Promise.all(told), lab().app.jobs.runDue()]);
    await lab().pass(SECOND_MS);
    expect(new Set(answers.map(({ transaction }) => transaction.id)).size).toBe(1);
    const { transactions, events } = await readSession(lab(), session.id);
    expect(transactions).toHaveLength(1);
    expect(events.map(({ type }: Data) => type)).toEqual([
      'session.created',
      'session.started',
      'transaction.succeeded',
      'session.completed',
    ]);
  });
}
