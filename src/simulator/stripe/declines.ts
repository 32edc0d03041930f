import { AUTHENTICATION_FAILED } from '../../bank/attempt.ts';
import type { BankMovementView } from '../../bank/payment.ts';
import type { StripeError } from './errors.ts';

/** The bank's words for a refused attempt in Stripe's: `code` is the class, `decline_code` the issuer's word. */

type Words = Pick<StripeError, 'type' | 'code' | 'decline_code'>;

const declined = (decline_code: string): Words => ({ type: 'card_error', code: 'card_declined', decline_code });
/** Codes that are a class of their own repeat themselves as the issuer's word. */
const own = (code: string): Words => ({ type: 'card_error', code, decline_code: code });

const WORDS: Readonly<Record<string, Words>> = {
  generic_decline: declined('generic_decline'),
  insufficient_funds: declined('insufficient_funds'),
  lost_card: declined('lost_card'),
  stolen_card: declined('stolen_card'),
  fraudulent: declined('fraudulent'),
  expired_card: own('expired_card'),
  incorrect_cvc: own('incorrect_cvc'),
  processing_error: own('processing_error'),
  authentication_required: own('authentication_required'),
  // Assumption: Stripe knows no partial approvals for plain accounts; its nearest word stands for it.
  partial_approval_unsupported: declined('card_not_supported'),
  // Told as an invalid request, although it is the payer who failed.
  [AUTHENTICATION_FAILED]: { type: 'invalid_request_error', code: 'payment_intent_authentication_failure' },
};

/** What a shopper must not learn of the card in their hand. */
const NEVER_TOLD: ReadonlySet<string> = new Set(['lost_card', 'stolen_card', 'fraudulent']);

/** Whom an object or an error is for: a browser is told less. */
export type Audience = 'server' | 'browser';

/** Null for an attempt that was not refused. */
export function wordsOf(
  attempt: BankMovementView,
  { intent, audience }: { intent: 'payment_intent' | 'setup_intent'; audience: Audience },
): StripeError | null {
  const code = attempt.declineCode ?? attempt.failureCode;
  if (code === null) return null;
  const shown = audience === 'browser' && NEVER_TOLD.has(code) ? 'generic_decline' : code;
  const words = WORDS[shown] ?? declined('generic_decline');
  const message = code === AUTHENTICATION_FAILED ? 'The payer could not be authenticated.' : 'The card was declined.';
  // The failed challenge of a setup carries the setup's name.
  return { ...words, ...(words.code && { code: words.code.replace('payment_intent', intent) }), message };
}

/** Whether the issuer was asked at all: only then there is a charge. */
export function reachedIssuer(attempt: BankMovementView): boolean {
  switch (attempt.status) {
    case 'processing':
    case 'succeeded':
    case 'failed':
      return true;
    case 'declined':
      return attempt.declineCode !== AUTHENTICATION_FAILED;
    case 'challenged':
    case 'canceled':
    case 'expired':
      return false;
  }
}
