import { lookUp } from '../../kernel/look-up.ts';
import type { Decline, DeclineAdvice, DeclineReason, Movement } from '../provider.ts';
import { shortCode } from './words.ts';

type Verdict = readonly [DeclineReason, DeclineAdvice];

const INSUFFICIENT_FUNDS: Verdict = ['INSUFFICIENT_FUNDS', 'LATER'];
const EXPIRED_CARD: Verdict = ['EXPIRED_CARD', 'NEVER'];
const INCORRECT_DATA: Verdict = ['INCORRECT_DATA', 'AFTER_CORRECTION'];
const LOST_OR_STOLEN: Verdict = ['LOST_OR_STOLEN', 'NEVER'];
const FRAUD_SUSPECTED: Verdict = ['FRAUD_SUSPECTED', 'NEVER'];
const AUTHENTICATION_REQUIRED: Verdict = ['AUTHENTICATION_REQUIRED', 'CUSTOMER_PRESENT'];
const AUTHENTICATION_FAILED: Verdict = ['AUTHENTICATION_FAILED', 'CUSTOMER_PRESENT'];
const LIMIT_EXCEEDED: Verdict = ['LIMIT_EXCEEDED', 'LATER'];
const DO_NOT_RETRY: Verdict = ['DO_NOT_RETRY', 'NEVER'];
const NOT_SUPPORTED: Verdict = ['NOT_SUPPORTED', 'NEVER'];
const TEMPORARY: Verdict = ['TEMPORARY', 'LATER'];
const GENERIC: Verdict = ['GENERIC', 'LATER'];

/**
 * Decline codes (docs.stripe.com/declines/codes), error codes that decline a card (docs.stripe.com/error-codes) and what
 * Radar says in `outcome.reason` (docs.stripe.com/api/charges/object), all of 2026-10. A word that is not here is GENERIC.
 */
const DECLINES: Readonly<Record<string, Verdict>> = {
  insufficient_funds: INSUFFICIENT_FUNDS,
  withdrawal_count_limit_exceeded: INSUFFICIENT_FUNDS,
  expired_card: EXPIRED_CARD,
  invalid_expiry_month: EXPIRED_CARD,
  invalid_expiry_year: EXPIRED_CARD,
  incorrect_address: INCORRECT_DATA,
  incorrect_cvc: INCORRECT_DATA,
  incorrect_number: INCORRECT_DATA,
  incorrect_pin: INCORRECT_DATA,
  incorrect_postal_code: INCORRECT_DATA,
  incorrect_zip: INCORRECT_DATA,
  invalid_cvc: INCORRECT_DATA,
  invalid_number: INCORRECT_DATA,
  invalid_pin: INCORRECT_DATA,
  lost_card: LOST_OR_STOLEN,
  pickup_card: LOST_OR_STOLEN,
  restricted_card: LOST_OR_STOLEN,
  stolen_card: LOST_OR_STOLEN,
  elevated_risk_level: FRAUD_SUSPECTED,
  fraudulent: FRAUD_SUSPECTED,
  highest_risk_level: FRAUD_SUSPECTED,
  merchant_blacklist: FRAUD_SUSPECTED,
  revocation_of_all_authorization: FRAUD_SUSPECTED,
  revocation_of_all_authorizations: FRAUD_SUSPECTED,
  revocation_of_authorization: FRAUD_SUSPECTED,
  rule: FRAUD_SUSPECTED,
  security_violation: FRAUD_SUSPECTED,
  stop_payment_order: FRAUD_SUSPECTED,
  authentication_not_handled: AUTHENTICATION_REQUIRED,
  authentication_required: AUTHENTICATION_REQUIRED,
  offline_pin_required: AUTHENTICATION_REQUIRED,
  online_or_offline_pin_required: AUTHENTICATION_REQUIRED,
  payment_intent_authentication_failure: AUTHENTICATION_FAILED,
  setup_intent_authentication_failure: AUTHENTICATION_FAILED,
  card_decline_rate_limit_exceeded: LIMIT_EXCEEDED,
  card_velocity_exceeded: LIMIT_EXCEEDED,
  charge_exceeds_source_limit: LIMIT_EXCEEDED,
  charge_exceeds_transaction_limit: LIMIT_EXCEEDED,
  charge_exceeds_weekly_limit: LIMIT_EXCEEDED,
  pin_try_exceeded: LIMIT_EXCEEDED,
  do_not_try_again: DO_NOT_RETRY,
  card_not_supported: NOT_SUPPORTED,
  currency_not_supported: NOT_SUPPORTED,
  invalid_account: NOT_SUPPORTED,
  invalid_amount: NOT_SUPPORTED,
  new_account_information_available: NOT_SUPPORTED,
  service_not_allowed: NOT_SUPPORTED,
  transaction_not_allowed: NOT_SUPPORTED,
  approve_with_id: TEMPORARY,
  issuer_not_available: TEMPORARY,
  processing_error: TEMPORARY,
  reenter_transaction: TEMPORARY,
  try_again_later: TEMPORARY,
  call_issuer: GENERIC,
  card_declined: GENERIC,
  do_not_honor: GENERIC,
  duplicate_transaction: GENERIC,
  generic_decline: GENERIC,
  no_action_taken: GENERIC,
  not_permitted: GENERIC,
};

/** The issuer's own advice wins over what the reason suggests (docs.stripe.com/declines, `advice_code`, 2026-10). */
const ADVICES: Readonly<Record<string, DeclineAdvice>> = {
  confirm_card_data: 'AFTER_CORRECTION',
  do_not_try_again: 'NEVER',
  try_again_later: 'LATER',
};

/** Codes of attempts that came to nothing without anybody's decision (docs.stripe.com/error-codes, 2026-10). */
const FAILED_CODES: readonly string[] = [
  'payment_intent_payment_attempt_expired',
  'payment_intent_payment_attempt_failed',
  'payment_method_provider_timeout',
  'processing_error',
  'setup_attempt_failed',
  'setup_intent_setup_attempt_expired',
];

/** A failed authentication has the type `invalid_request_error`, but it is the payer or the issuer who did not authenticate. */
const AUTHENTICATION_CODES: readonly string[] = ['payment_intent_authentication_failure', 'setup_intent_authentication_failure'];

/** The words that Stripe uses of an attempt that did not succeed, in an error or in a charge. */
export interface FailureWords {
  readonly type: string;
  readonly code: string | null | undefined;
  readonly declineCode: string | null | undefined;
  readonly adviceCode: string | null | undefined;
}

/** Whether the attempt was declined, and why, or failed for another reason than the issuer's decision. */
export function readFailure(words: FailureWords): Pick<Movement, 'status' | 'decline' | 'failureCode'> {
  const code = words.code ?? '';
  const isDeclined = words.type === 'card_error' || AUTHENTICATION_CODES.includes(code);
  if (isDeclined && !FAILED_CODES.includes(code)) return { status: 'declined', decline: toDecline(words), failureCode: null };
  return { status: 'failed', decline: null, failureCode: shortCode(code) ?? shortCode(words.type) ?? 'unknown' };
}

function toDecline({ code, declineCode, adviceCode }: FailureWords): Decline {
  // The library writes an empty decline code where there is none.
  const rawCode = shortCode(declineCode) ?? shortCode(code) ?? 'unknown';
  const [reason, usualAdvice] = lookUp(DECLINES, rawCode) ?? GENERIC;
  return { reason, advice: lookUp(ADVICES, adviceCode) ?? usualAdvice, rawCode };
}
