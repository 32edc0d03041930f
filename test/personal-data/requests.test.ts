import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eraseRequest, eraseState } from '../../src/personal-data/requests.ts';
import type { EffectKind } from '../../src/providers/provider.ts';
import { CARDS, CHARGE, newCode, REFUND, SETTLE, verify } from '../support/gateway.ts';
import { type ErasureLab, type OpenedSession, openErasureLab } from './lab.ts';

describe('a request that was recorded by an earlier version', () => {
  const state = { intentId: 'pi_1', customerCode: 'cus_1' };
  const reference = { sessionId: 'session', kind: 'PAYMENT', providerCode: 'pi_1', state };
  const move = { transactionId: 'id', providerCode: 'pi_1', session: reference, money: { amountMinor: 1n, currency: 'USD' } };

  test.each([
    ['CANCEL', reference],
    ['SETTLE', move],
    ['VOID', { ...move, isHold: true }],
    ['REFUND', { ...move, reason: null }],
  ] as [EffectKind, object][])('%s loses what names the payer, and may be sent again because that is never sent', (kind, old) => {
    const { request, hasChanged } = eraseRequest(kind, old);
    expect(hasChanged).toBe(false);
    const text = (value: object) => JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}` : part));
    expect(text(request)).toBe(text(old).replace(',"customerCode":"cus_1"', ''));
  });

  test('without a session stays as it is', () => {
    const bare = { ...move, session: null };
    expect(eraseRequest('SETTLE', bare)).toEqual({ request: bare, hasChanged: false });
  });

  test('a state says nothing of the customer, and not that there is none', () => {
    expect(eraseState(state)).toEqual({ intentId: 'pi_1' });
  });
});

const REFUND_WITH_REASON = `mutation R($by: TransactionSelector!) {
  transaction: refundTransaction(by: $by, amount: "1", reason: "returned by Quillfeather") { id } }`;

/** A bug of the erasure: requests without an answer kept what Stripe calls the person. */
describe('requests without an answer', () => {
  let lab: ErasureLab;
  beforeAll(async () => {
    lab = await openErasureLab('STRIPE');
  });
  afterAll(() => lab.close());

  async function openRequests(): Promise<readonly { kind: string; text: string }[]> {
    const rows = await lab.database.client.operation.findMany({ where: { request: { not: null } }, orderBy: { kind: 'asc' } });
    return rows.map(({ id, kind, merchantId, request }) => {
      const place = { column: 'operations.request', row: { merchantId, environment: 'TEST', id } } as const;
      const opened = lab.vault.open(place, request ?? new Uint8Array());
      return { kind, text: JSON.stringify(opened, (_key, part) => (typeof part === 'bigint' ? `${part}` : part)) };
    });
  }
  const naming = async () => (await openRequests()).filter(({ text }) => text.includes('cus_')).map(({ kind }) => kind);

  async function openOf(customerCode: string, kind: 'PAYMENT' | 'AUTHORIZATION', card: string | null): Promise<OpenedSession> {
    const customer = { merchantInternalCustomerCode: customerCode };
    const session = { ...(await lab.open(kind, { customer, storePaymentMethod: kind === 'PAYMENT' })), customerCode };
    if (card !== null) await lab.pay(session, card);
    return session;
  }

  test('name the payer where a card or money could not be found without it, and nowhere once they are answered', async () => {
    const customerCode = newCode('customer');
    const paid = await openOf(customerCode, 'PAYMENT', CARDS.approve);
    const held = await openOf(customerCode, 'AUTHORIZATION', CARDS.approve);
    const open = await openOf(customerCode, 'PAYMENT', null);
    const payment = await verify(lab.merchant, 'PAYMENT', paid.id);
    const hold = await verify(lab.merchant, 'AUTHORIZATION', held.id);
    lab.setAway('UNKNOWN_OUTCOME');
    const amount = '100';
    await lab.merchant.data(REFUND, { by: { id: payment.id }, amount });
    await lab.merchant.data(SETTLE, { by: { id: hold.id } });
    const charge = { paymentMethodId: payment.paymentMethod.id, merchantInternalTransactionCode: newCode() };
    await lab.merchant.data(CHARGE, { data: { ...charge, amount, currency: 'USD' } });
    await lab.erase('eraseCustomer', open);
    expect((await openRequests()).map(({ kind }) => kind)).toEqual(['CANCEL', 'CHARGE', 'DETACH', 'REFUND', 'SETTLE']);
    expect(await naming()).toEqual(['CHARGE', 'DETACH']);

    lab.setAway(null);
    await lab.wait();
    expect(await openRequests()).toEqual([]);
    expect((await lab.read(open)).status).toBe('CANCELED');
    expect(await lab.ownBooks()).toEqual(await lab.bankBooks());
  });

  test('that are recorded while the erasure commits hold nothing that it took out', async () => {
    const { merchant, app } = lab;
    const paid = await openOf(newCode('customer'), 'PAYMENT', CARDS.approve);
    const held = await openOf(newCode('customer'), 'AUTHORIZATION', CARDS.approve);
    const payment = await verify(merchant, 'PAYMENT', paid.id);
    const hold = await verify(merchant, 'AUTHORIZATION', held.id);
    const { reference } = app.deps.sessions;
    const sessions = app.deps.sessions as { reference: typeof reference };
    lab.setAway('UNKNOWN_OUTCOME');
    for (const [text, id, session] of [
      [REFUND_WITH_REASON, payment.id, paid],
      [SETTLE, hold.id, held],
    ]) {
      sessions.reference = async (scope, sessionId) => {
        const read = await reference(scope, sessionId);
        await lab.erase('eraseClientSession', session);
        return read;
      };
      const { transaction } = await merchant.data(text, { by: { id } });
      sessions.reference = reference;
      expect(await lab.database.client.transaction.findFirst({ where: { id: transaction.id } })).toMatchObject({
        card: null,
        reason: null,
        erasedAt: expect.any(Date),
      });
    }
    expect(await naming()).toEqual([]);
    expect((await openRequests()).filter(({ text }) => text.includes('Quillfeather'))).toEqual([]);
    lab.setAway(null);
    await lab.wait();
    expect(await lab.ownBooks()).toEqual(await lab.bankBooks());
  });
});
