import { lookUp } from '../../kernel/look-up.ts';
import type { Decline, DeclineAdvice, DeclineReason, Movement } from '../provider.ts';
import { byWord } from '../shapes.ts';
import { shortCode } from './failures.ts';

type Verdict = readonly [DeclineReason, DeclineAdvice];

const GENERIC: Verdict = ['GENERIC', 'LATER'];

/**
 * Decline codes (docs.stripe.com/declines/codes), error codes that decline a card (docs.stripe.com/error-codes) and what
 * Radar says in `outcome.reason` (docs.stripe.com/api/charges/object), all of 2026-10. A word that is not here is GENERIC.
 */
const DECLINES = byWord<Verdict>([
  [['INSUFFICIENT_FUNDS', 'LATER'], 'insufficient_funds withdrawal_count_limit_exceeded'],
  [['EXPIRED_CARD', 'NEVER'], 'expired_card invalid_expiry_month invalid_expiry_year'],
  [
    ['INCORRECT_DATA', 'AFTER_CORRECTION'],
    `incorrect_address incorrect_cvc incorrect_number incorrect_pin
    incorrect_postal_code incorrect_zip invalid_cvc invalid_number invalid_pin`,
  ],
  [['LOST_OR_STOLEN', 'NEVER'], 'lost_card pickup_card restricted_card stolen_card'],
  [
    ['FRAUD_SUSPECTED', 'NEVER'],
    `elevated_risk_level fraudulent highest_risk_level merchant_blacklist
    revocation_of_all_authorization revocation_of_all_authorizations revocation_of_authorization rule
    security_violation stop_payment_order`,
  ],
  [
    ['AUTHENTICATION_REQUIRED', 'CUSTOMER_PRESENT'],
    `authentication_not_handled authentication_required
    offline_pin_required online_or_offline_pin_required`,
  ],
  [
    ['AUTHENTICATION_FAILED', 'CUSTOMER_PRESENT'],
    `payment_intent_authentication_failure
    setup_intent_authentication_failure`,
  ],
  [
    ['LIMIT_EXCEEDED', 'LATER'],
    `card_decline_rate_limit_exceeded card_velocity_exceeded charge_exceeds_source_limit
    charge_exceeds_transaction_limit charge_exceeds_weekly_limit pin_try_exceeded`,
  ],
  [['DO_NOT_RETRY', 'NEVER'], 'do_not_try_again'],
  [
    ['NOT_SUPPORTED', 'NEVER'],
    `card_not_supported currency_not_supported invalid_account invalid_amount
    new_account_information_available service_not_allowed transaction_not_allowed`,
  ],
  [['TEMPORARY', 'LATER'], 'approve_with_id issuer_not_available processing_error reenter_transaction try_again_later'],
  [
    GENERIC,
    `call_issuer card_declined do_not_honor duplicate_transaction generic_decline no_action_taken
    not_permitted`,
  ],
]);

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
interface FailureWords {
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
