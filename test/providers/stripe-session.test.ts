import type { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';
import type { SessionOutcome, SessionReference } from '../../src/providers/provider.ts';
import { toSessionOutcome } from '../../src/providers/stripe/session.ts';
import { CARD_SUMMARY, charge, failedCharge, intent, method, SESSION, setup } from './stripe-objects.ts';

const NOW = new Date('2026-11-23T12:00:00Z');
const USD_1000 = { amountMinor: 1000n, currency: 'USD' };

interface Told {
  readonly charges?: readonly Stripe.Charge[];
  readonly session?: SessionReference;
}

const outcomeOf = (told: Stripe.PaymentIntent | Stripe.SetupIntent, { charges = [], session = SESSION }: Told = {}) =>
  toSessionOutcome({ intent: told, charges }, session, NOW);
const codesAndStatuses = ({ attempts }: SessionOutcome) => attempts.map(({ providerCode, status }) => [providerCode, status]);
const cardError = (over: object = {}) => ({
  type: 'card_error',
  code: 'card_declined',
  decline_code: 'insufficient_funds',
  charge: 'ch_1',
  payment_method: method(),
  ...over,
});

describe('a session at Stripe', () => {
  it('awaits its payer, with what was asked for', () => {
    expect(outcomeOf(intent('requires_payment_method'))).toEqual({
      phase: 'awaiting',
      closedReason: null,
      observedAt: NOW,
      providerCode: 'pi_1',
      sessionId: 'session',
      money: USD_1000,
      attempts: [],
      challengeUrl: null,
    });
  });

  it('is paid by its charge', () => {
    const outcome = outcomeOf(intent('succeeded', { latest_charge: charge('ch_1'), payment_method: method() }));
    expect(outcome.phase).toBe('succeeded');
    expect(outcome.attempts).toEqual([
      {
        providerCode: 'ch_1',
        replaces: 'pm_1',
        status: 'succeeded',
        money: USD_1000,
        decline: null,
        failureCode: null,
        card: CARD_SUMMARY,
        storedMethod: null,
        hold: null,
        capturableUntil: null,
      },
    ]);
  });

  it('tells what was received, so that another amount is seen', () => {
    const [attempt] = outcomeOf(intent('succeeded', { amount_received: 400, latest_charge: charge('ch_1') })).attempts;
    expect(attempt?.money).toEqual({ amountMinor: 400n, currency: 'USD' });
  });

  it('goes by the method until there is a charge', () => {
    const method_ = { payment_method: method('pm_7') };
    const action = { next_action: { type: 'redirect_to_url', redirect_to_url: { url: 'https://bank.test/3ds' } } };
    const challenged = outcomeOf(intent('requires_action', { ...method_, ...action }));
    expect([challenged.phase, challenged.challengeUrl]).toEqual(['authenticating', 'https://bank.test/3ds']);
    expect(codesAndStatuses(challenged)).toEqual([['pm_7', 'authenticating']]);
    expect(codesAndStatuses(outcomeOf(intent('requires_confirmation', method_)))).toEqual([['pm_7', 'started']]);
    expect(codesAndStatuses(outcomeOf(intent('processing', method_)))).toEqual([['pm_7', 'processing']]);
    const pending = { ...method_, latest_charge: charge('ch_2', { status: 'pending' }) };
    expect(codesAndStatuses(outcomeOf(intent('processing', pending)))).toEqual([['ch_2', 'processing']]);
  });

  it('leaves the challenge to the browser where Stripe gives no address', () => {
    const action = { payment_method: 'pm_1', next_action: { type: 'use_stripe_sdk' } };
    expect(outcomeOf(intent('requires_action', action))).toMatchObject({ phase: 'authenticating', challengeUrl: null });
  });

  it('is not over with a decline, and tells of each in order', () => {
    const third = failedCharge('ch_3', 'generic_decline', 102);
    const error = cardError({ charge: 'ch_3', decline_code: 'expired_card' });
    const told = intent('requires_payment_method', { last_payment_error: error, latest_charge: third });
    // As Stripe lists them: the newest first.
    const charges = [third, failedCharge('ch_2', 'lost_card', 101), failedCharge('ch_1', 'insufficient_funds', 101)];
    const outcome = outcomeOf(told, { charges });
    expect(outcome.phase).toBe('awaiting');
    expect(codesAndStatuses(outcome)).toEqual([
      ['ch_1', 'declined'],
      ['ch_2', 'declined'],
      ['ch_3', 'declined'],
    ]);
    const reasons = outcome.attempts.map(({ decline }) => decline?.reason);
    expect(reasons).toEqual(['INSUFFICIENT_FUNDS', 'LOST_OR_STOLEN', 'EXPIRED_CARD']);
    expect(outcome.attempts[0]).toMatchObject({ money: USD_1000, card: CARD_SUMMARY });
  });

  it('tells of a failed authentication under the method that the challenge was told under', () => {
    const error = {
      type: 'invalid_request_error',
      code: 'payment_intent_authentication_failure',
      payment_method: method('pm_2'),
    };
    const told = intent('requires_payment_method', {
      last_payment_error: error,
      latest_charge: failedCharge('ch_1', 'lost_card'),
    });
    const outcome = outcomeOf(told);
    expect(codesAndStatuses(outcome)).toEqual([
      ['ch_1', 'declined'],
      ['pm_2', 'declined'],
    ]);
    expect(outcome.attempts[1]).toMatchObject({
      decline: { reason: 'AUTHENTICATION_FAILED' },
      money: USD_1000,
      card: CARD_SUMMARY,
    });
  });

  it('counts only failed charges of the list: of the other one the intent tells', () => {
    const told = intent('requires_payment_method', {
      last_payment_error: cardError(),
      latest_charge: failedCharge('ch_1', 'insufficient_funds'),
    });
    expect(codesAndStatuses(outcomeOf(told, { charges: [charge('ch_2')] }))).toEqual([['ch_1', 'declined']]);
  });

  it('keeps a decline that the list does not show yet', () => {
    const told = intent('requires_payment_method', { last_payment_error: cardError({ charge: 'ch_9' }), latest_charge: 'ch_9' });
    expect(codesAndStatuses(outcomeOf(told))).toEqual([['ch_9', 'declined']]);
  });

  it('shows declines before the attempt that paid', () => {
    const told = intent('succeeded', { latest_charge: charge('ch_2', { created: 200 }) });
    const outcome = outcomeOf(told, { charges: [charge('ch_2'), failedCharge('ch_1', 'lost_card')] });
    expect(codesAndStatuses(outcome)).toEqual([
      ['ch_1', 'declined'],
      ['ch_2', 'succeeded'],
    ]);
  });

  it.each([
    ['abandoned', 'canceled'],
    ['requested_by_customer', 'canceled'],
    ['a_reason_of_next_year', 'canceled'],
    ['automatic', 'expired'],
    ['expired', 'expired'],
  ])('that was canceled as %s is %s', (cancellation_reason, closedReason) => {
    expect(outcomeOf(intent('canceled', { cancellation_reason }))).toMatchObject({ phase: 'closed', closedReason, attempts: [] });
  });

  it('in a status that is not in the table is unknown, never in progress', () => {
    for (const status of ['requires_patience', 'constructor']) {
      expect(outcomeOf(intent(status))).toMatchObject({ phase: 'unknown', closedReason: null, attempts: [] });
    }
  });

  it('of another session, of none, or of another customer is not ours', () => {
    expect(outcomeOf(intent('succeeded', { metadata: { session_id: 'other' } })).sessionId).toBe('other');
    expect(outcomeOf(intent('succeeded', { metadata: {} })).sessionId).toBe('');
    expect(outcomeOf(intent('succeeded', { customer: 'cus_2' })).sessionId).toBe('');
    const session = { ...SESSION, state: { intentId: 'pi_1', customerCode: 'cus_1' } };
    expect(outcomeOf(intent('succeeded', { customer: { id: 'cus_1' } }), { session }).sessionId).toBe('session');
    expect(outcomeOf(intent('succeeded'), { session }).sessionId).toBe('');
  });

  it('of a payer who was erased is known by its metadata, whichever customer it has', () => {
    const session = { ...SESSION, state: { intentId: 'pi_1' } };
    for (const customer of ['cus_1', { id: 'cus_1' }, null]) {
      expect(outcomeOf(intent('succeeded', { customer }), { session }).sessionId).toBe('session');
      const other = intent('succeeded', { customer, metadata: { session_id: 'other' } });
      expect(outcomeOf(other, { session }).sessionId).toBe('other');
      expect(outcomeOf(intent('succeeded', { customer, metadata: {} }), { session }).sessionId).toBe('');
    }
  });
});

describe('a hold at Stripe', () => {
  const held = {
    type: 'card',
    card: { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2030, capture_before: 1_796_000_000 },
  };
  const manual = { capture_method: 'manual', latest_charge: charge('ch_1', { payment_method_details: held }) };
  const holdOf = (status: string, over: object = {}) => {
    const outcome = outcomeOf(intent(status, { ...manual, ...over }));
    return { phase: outcome.phase, ...outcome.attempts.at(-1) };
  };

  it('is held until Stripe lets it go', () => {
    const capturableUntil = new Date(1_796_000_000_000);
    expect(holdOf('requires_capture')).toMatchObject({
      phase: 'succeeded',
      status: 'succeeded',
      hold: 'HELD',
      money: USD_1000,
      capturableUntil,
    });
    expect(holdOf('requires_capture', { latest_charge: charge('ch_1') })).toMatchObject({ hold: 'HELD', capturableUntil: null });
  });

  it('that was settled in part keeps the amount that was authorized', () => {
    expect(holdOf('succeeded', { amount_received: 400 })).toMatchObject({ hold: 'SETTLED', money: USD_1000 });
  });

  it.each([
    ['requested_by_customer', 'VOIDED'],
    ['automatic', 'EXPIRED'],
    ['expired', 'EXPIRED'],
  ])('that ended as %s is %s, and the authorization has succeeded all the same', (cancellation_reason, hold) => {
    expect(holdOf('canceled', { cancellation_reason })).toMatchObject({ phase: 'succeeded', status: 'succeeded', hold });
  });

  it('was never there when the last charge had failed', () => {
    const latest_charge = failedCharge('ch_1', 'lost_card');
    const outcome = outcomeOf(intent('canceled', { ...manual, latest_charge, cancellation_reason: 'abandoned' }));
    expect([outcome.phase, outcome.closedReason]).toEqual(['closed', 'canceled']);
    expect(codesAndStatuses(outcome)).toEqual([['ch_1', 'declined']]);
  });
});

describe('a method that is stored at Stripe', () => {
  const session: SessionReference = {
    ...SESSION,
    kind: 'ADD_PAYMENT_METHOD',
    providerCode: 'seti_1',
    state: { intentId: 'seti_1', customerCode: 'cus_1' },
  };
  const storedMethod = { providerCode: 'pm_1', providerCustomerCode: 'cus_1', originCode: null };

  it('comes from a setup, with no money', () => {
    const outcome = outcomeOf(setup('succeeded', { payment_method: method() }), { session });
    expect(outcome).toMatchObject({ phase: 'succeeded', providerCode: 'seti_1', sessionId: 'session', money: null });
    expect(outcome.attempts).toMatchObject([
      { providerCode: 'pm_1', status: 'succeeded', money: null, card: CARD_SUMMARY, storedMethod },
    ]);
  });

  it('comes from a payment that was to store it, and from no other', () => {
    const paid = { latest_charge: charge('ch_1'), payment_method: method(), customer: 'cus_1' };
    const storing = intent('succeeded', { ...paid, setup_future_usage: 'off_session' });
    expect(outcomeOf(storing).attempts).toMatchObject([{ storedMethod }]);
    expect(outcomeOf(intent('succeeded', paid)).attempts).toMatchObject([{ storedMethod: null }]);
  });

  it('is not stored by an attempt that failed', () => {
    const last_setup_error = { type: 'card_error', code: 'card_declined', decline_code: 'lost_card', payment_method: method() };
    const outcome = outcomeOf(setup('requires_payment_method', { last_setup_error }), { session });
    expect(outcome.phase).toBe('awaiting');
    expect(outcome.attempts).toMatchObject([
      { providerCode: 'pm_1', status: 'declined', decline: { reason: 'LOST_OR_STOLEN' }, money: null, storedMethod: null },
    ]);
  });

  it.each([
    ['requires_confirmation', 'awaiting', 'started'],
    ['requires_action', 'authenticating', 'authenticating'],
    ['processing', 'processing', 'processing'],
  ])('is %s', (status, phase, attempt) => {
    const outcome = outcomeOf(setup(status, { payment_method: 'pm_1' }), { session });
    expect([outcome.phase, codesAndStatuses(outcome)]).toEqual([phase, [['pm_1', attempt]]]);
  });

  it('is not stored any more once the setup is canceled', () => {
    const outcome = outcomeOf(setup('canceled', { cancellation_reason: 'abandoned' }), { session });
    expect(outcome).toMatchObject({ phase: 'closed', closedReason: 'canceled', attempts: [] });
  });
});
