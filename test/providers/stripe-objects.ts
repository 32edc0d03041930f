import type { Stripe } from 'stripe';
import type { SessionReference } from '../../src/providers/provider.ts';

/** Objects of Stripe's as it answers them, with the fields that the adapter reads. */

export const CARD = { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2030 };
export const CARD_SUMMARY = { brand: 'visa', last4: '4242', expMonth: 12, expYear: 2030 };

export const SESSION: SessionReference = {
  sessionId: 'session',
  kind: 'PAYMENT',
  providerCode: 'pi_1',
  state: { intentId: 'pi_1', customerCode: null },
};

export function method(id = 'pm_1'): Stripe.PaymentMethod {
  return { id, object: 'payment_method', created: 90, card: CARD, customer: null } as unknown as Stripe.PaymentMethod;
}

export function charge(id: string, over: object = {}): Stripe.Charge {
  return {
    id,
    object: 'charge',
    amount: 1000,
    currency: 'usd',
    created: 100,
    status: 'succeeded',
    failure_code: null,
    outcome: null,
    payment_method_details: { type: 'card', card: CARD },
    ...over,
  } as unknown as Stripe.Charge;
}

export function failedCharge(id: string, declineCode: string, created = 100): Stripe.Charge {
  const outcome = { type: 'issuer_declined', reason: declineCode, advice_code: null };
  return charge(id, { status: 'failed', failure_code: 'card_declined', outcome, created });
}

export function intent(status: string, over: object = {}): Stripe.PaymentIntent {
  return {
    id: 'pi_1',
    object: 'payment_intent',
    status,
    amount: 1000,
    amount_received: status === 'succeeded' ? 1000 : 0,
    currency: 'usd',
    capture_method: 'automatic',
    cancellation_reason: null,
    client_secret: 'pi_1_secret_any',
    customer: null,
    last_payment_error: null,
    latest_charge: null,
    metadata: { session_id: 'session' },
    next_action: null,
    payment_method: null,
    setup_future_usage: null,
    ...over,
  } as unknown as Stripe.PaymentIntent;
}

export function setup(status: string, over: object = {}): Stripe.SetupIntent {
  return {
    id: 'seti_1',
    object: 'setup_intent',
    status,
    cancellation_reason: null,
    client_secret: 'seti_1_secret_any',
    customer: 'cus_1',
    last_setup_error: null,
    metadata: { session_id: 'session' },
    next_action: null,
    payment_method: null,
    ...over,
  } as unknown as Stripe.SetupIntent;
}
