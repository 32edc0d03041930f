import { describe, expect, it } from 'vitest';
import { readFailure } from '../../src/providers/stripe/declines.ts';

const decline = (declineCode: string | null, rest: { code?: string; adviceCode?: string } = {}) =>
  readFailure({ type: 'card_error', code: rest.code ?? 'card_declined', declineCode, adviceCode: rest.adviceCode });

describe('a decline of Stripe', () => {
  it.each([
    ['insufficient_funds', 'INSUFFICIENT_FUNDS', 'LATER'],
    ['expired_card', 'EXPIRED_CARD', 'NEVER'],
    ['incorrect_cvc', 'INCORRECT_DATA', 'AFTER_CORRECTION'],
    ['lost_card', 'LOST_OR_STOLEN', 'NEVER'],
    ['fraudulent', 'FRAUD_SUSPECTED', 'NEVER'],
    ['highest_risk_level', 'FRAUD_SUSPECTED', 'NEVER'],
    ['authentication_required', 'AUTHENTICATION_REQUIRED', 'CUSTOMER_PRESENT'],
    ['card_velocity_exceeded', 'LIMIT_EXCEEDED', 'LATER'],
    ['do_not_try_again', 'DO_NOT_RETRY', 'NEVER'],
    ['currency_not_supported', 'NOT_SUPPORTED', 'NEVER'],
    ['issuer_not_available', 'TEMPORARY', 'LATER'],
    ['do_not_honor', 'GENERIC', 'LATER'],
    ['a_word_of_next_year', 'GENERIC', 'LATER'],
    ['constructor', 'GENERIC', 'LATER'],
  ])('for %s is %s', (rawCode, reason, advice) => {
    expect(decline(rawCode)).toEqual({ status: 'declined', decline: { reason, advice, rawCode }, failureCode: null });
  });

  it('without a decline code goes by the error code', () => {
    for (const empty of [null, '']) {
      expect(decline(empty, { code: 'expired_card' }).decline).toMatchObject({ reason: 'EXPIRED_CARD', rawCode: 'expired_card' });
    }
  });

  it.each([
    ['do_not_try_again', 'NEVER'],
    ['try_again_later', 'LATER'],
    ['confirm_card_data', 'AFTER_CORRECTION'],
    ['advice_of_next_year', 'LATER'],
  ])('follows the advice %s of the issuer', (adviceCode, advice) => {
    expect(decline('generic_decline', { adviceCode }).decline?.advice).toBe(advice);
  });

  it('never carries a sentence as its code', () => {
    expect(decline('The card of Jane Doe was declined.').decline?.rawCode).toBe('card_declined');
  });
});

describe('an attempt that nobody declined', () => {
  it('is declined when the payer did not authenticate, although Stripe calls it an invalid request', () => {
    const words = { type: 'invalid_request_error', declineCode: undefined, adviceCode: undefined };
    for (const code of ['payment_intent_authentication_failure', 'setup_intent_authentication_failure']) {
      expect(readFailure({ ...words, code })).toMatchObject({
        status: 'declined',
        decline: { reason: 'AUTHENTICATION_FAILED', advice: 'CUSTOMER_PRESENT', rawCode: code },
      });
    }
  });

  it.each([
    ['card_error', 'processing_error', 'processing_error'],
    ['card_error', 'payment_method_provider_timeout', 'payment_method_provider_timeout'],
    ['invalid_request_error', 'payment_intent_payment_attempt_expired', 'payment_intent_payment_attempt_expired'],
    ['api_error', undefined, 'api_error'],
    ['an error of next year', undefined, 'unknown'],
  ])('%s %s has failed', (type, code, failureCode) => {
    const words = { type, code, declineCode: undefined, adviceCode: undefined };
    expect(readFailure(words)).toEqual({ status: 'failed', decline: null, failureCode });
  });
});
