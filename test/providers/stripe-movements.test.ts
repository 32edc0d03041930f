import type { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';
import { toCharge, toRefund, toSettle, toVoid } from '../../src/providers/stripe/movements.ts';
import { CARD_SUMMARY, charge, intent, method } from './stripe-objects.ts';

const USD = (amountMinor: bigint) => ({ amountMinor, currency: 'USD' });
const manual = { capture_method: 'manual', latest_charge: charge('ch_1') };

describe('a settle at Stripe', () => {
  it('is what was captured of its intent', () => {
    const settle = toSettle(intent('succeeded', { ...manual, amount_received: 400 }));
    expect(settle).toMatchObject({ providerCode: 'pi_1:capture', status: 'succeeded', money: USD(400n), failureCode: null });
  });

  it.each([
    ['processing', 'processing'],
    ['requires_capture', 'failed'],
    ['canceled', 'canceled'],
    ['a_status_of_next_year', 'unknown'],
  ])('whose intent is %s is %s, and tells of no money', (status, movement) => {
    expect(toSettle(intent(status, manual))).toMatchObject({ status: movement, money: null });
  });
});

describe('a void at Stripe', () => {
  it.each([
    ['canceled', 'succeeded'],
    ['requires_capture', 'failed'],
    ['succeeded', 'failed'],
    ['a_status_of_next_year', 'unknown'],
  ])('whose intent is %s is %s', (status, movement) => {
    expect(toVoid(intent(status, manual))).toMatchObject({ providerCode: 'pi_1:cancel', status: movement, money: USD(1000n) });
  });
});

describe('a refund at Stripe', () => {
  it.each([
    ['succeeded', 'succeeded', null],
    ['pending', 'processing', null],
    ['requires_action', 'processing', null],
    ['failed', 'failed', 'expired_or_canceled_card'],
    ['canceled', 'canceled', null],
    [null, 'unknown', null],
    ['a_status_of_next_year', 'unknown', null],
  ])('that is %s is %s', (status, movement, failureCode) => {
    const refund = { id: 're_1', status, amount: 600, currency: 'usd', failure_reason: 'expired_or_canceled_card' };
    const told = toRefund(refund as unknown as Stripe.Refund);
    expect(told).toMatchObject({ providerCode: 're_1', status: movement, money: USD(600n), failureCode });
  });
});

describe('a charge of a stored method at Stripe', () => {
  it('is its intent', () => {
    const told = toCharge(intent('succeeded', { latest_charge: charge('ch_1') }));
    expect(told).toMatchObject({ providerCode: 'pi_1', status: 'succeeded', money: USD(1000n), card: CARD_SUMMARY });
    expect(toCharge(intent('processing', { payment_method: 'pm_1' }))).toMatchObject({
      providerCode: 'pi_1',
      status: 'processing',
    });
  });

  it('that was declined is told by the intent in the error', () => {
    const last_payment_error = {
      type: 'card_error',
      code: 'authentication_required',
      decline_code: 'authentication_required',
      charge: 'ch_1',
      payment_method: method(),
    };
    const told = toCharge(intent('requires_payment_method', { last_payment_error, latest_charge: 'ch_1' }));
    expect(told).toMatchObject({
      providerCode: 'pi_1',
      status: 'declined',
      money: USD(1000n),
      decline: { reason: 'AUTHENTICATION_REQUIRED', advice: 'CUSTOMER_PRESENT' },
      card: CARD_SUMMARY,
    });
  });

  it.each([
    ['canceled', 'canceled'],
    ['requires_payment_method', 'unknown'],
    ['a_status_of_next_year', 'unknown'],
  ])('whose intent is %s without a word about an attempt is %s', (status, movement) => {
    expect(toCharge(intent(status))).toMatchObject({ providerCode: 'pi_1', status: movement, money: USD(1000n) });
  });
});
