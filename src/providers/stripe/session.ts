import type { Stripe } from 'stripe';
import type { ClosedReason, SessionOutcome, SessionReference } from '../provider.ts';
import { fromStripeAmount } from './amounts.ts';
import { idOf } from './ask.ts';
import { EXPIRY_REASONS, paymentAttempts, setupAttempts, stateOf } from './attempts.ts';

/** The whole truth of one session: its intent with what was expanded, and the charges of it. */
export interface SessionNews {
  readonly intent: Stripe.PaymentIntent | Stripe.SetupIntent;
  readonly charges: readonly Stripe.Charge[];
}

export function toSessionOutcome({ intent, charges }: SessionNews, session: SessionReference, observedAt: Date): SessionOutcome {
  const { phase } = stateOf(intent);
  const isPayment = intent.object === 'payment_intent';
  return {
    phase,
    closedReason: phase === 'closed' ? closedReasonOf(intent) : null,
    observedAt,
    providerCode: intent.id,
    sessionId: echoedSessionId(intent, session),
    money: isPayment ? fromStripeAmount(intent.amount, intent.currency) : null,
    attempts: isPayment ? paymentAttempts(intent, charges) : setupAttempts(intent),
    challengeUrl: phase === 'authenticating' ? (intent.next_action?.redirect_to_url?.url ?? null) : null,
  };
}

function closedReasonOf({ cancellation_reason: reason }: SessionNews['intent']): ClosedReason {
  return EXPIRY_REASONS.includes(reason) ? 'expired' : 'canceled';
}

/**
 * The session that the intent was made for; '' when it is not ours, or belongs to another customer by now. Without a customer
 * code in the state, the payer was erased: then the metadata decides alone, which only the account's secret key can write.
 */
function echoedSessionId({ metadata, customer }: SessionNews['intent'], { state }: SessionReference): string {
  const { customerCode } = state;
  const isSameCustomer = customerCode === undefined || idOf(customer) === customerCode;
  return isSameCustomer ? (metadata?.['session_id'] ?? '') : '';
}
