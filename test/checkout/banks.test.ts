import { describe, expect, it } from 'vitest';
import { declineCodeOf, type Intent, type IntentError, problemsOf, statusOf } from '../../src/checkout/banks/intent.ts';

describe('an intent of Stripe’s', () => {
  it.each<[Intent, unknown]>([
    [{ status: 'requires_payment_method' }, { phase: 'open', declineCode: null }],
    [
      { status: 'requires_payment_method', last_payment_error: { decline_code: 'insufficient_funds' } },
      { phase: 'open', declineCode: 'insufficient_funds' },
    ],
    [
      { status: 'requires_payment_method', last_setup_error: { code: 'expired_card' } },
      { phase: 'open', declineCode: 'expired_card' },
    ],
    [{ status: 'requires_confirmation' }, { phase: 'open', declineCode: null }],
    [
      { status: 'requires_action', next_action: { redirect_to_url: { url: 'https://bank.test/' } } },
      { phase: 'challenged', url: 'https://bank.test/' },
    ],
    // A challenge that only Stripe's own script can show: it does so when the payer tries again.
    [
      { status: 'requires_action', next_action: {} },
      { phase: 'open', declineCode: null },
    ],
    [{ status: 'processing' }, { phase: 'processing' }],
    [{ status: 'requires_capture' }, { phase: 'succeeded' }],
    [{ status: 'succeeded' }, { phase: 'succeeded' }],
    [{ status: 'canceled' }, { phase: 'closed' }],
    // A word that is new must not invite to pay again.
    [{ status: 'contemplating' }, { phase: 'processing' }],
  ])('%j means %j', (intent, status) => {
    expect(statusOf(intent)).toEqual(status);
  });

  it.each<[IntentError, string | null]>([
    [{ code: 'card_declined', decline_code: 'lost_card' }, 'lost_card'],
    [{ code: 'payment_intent_authentication_failure' }, 'authentication_failed'],
    [{ code: 'setup_intent_authentication_failure' }, 'authentication_failed'],
    [{}, null],
  ])('that failed with %j was declined as %s', (error, code) => {
    expect(declineCodeOf(error)).toBe(code);
  });

  it('that was only mistyped names the field', () => {
    expect(problemsOf({ code: 'incorrect_number' })).toEqual({ number: 'number-wrong' });
    expect(problemsOf({ code: 'invalid_expiry_year' })).toEqual({ expiry: 'expiry-past' });
    expect(problemsOf({ code: 'card_declined' })).toBeNull();
  });
});
