import type { Stripe } from 'stripe';
import { SECOND_MS } from '../../kernel/clock.ts';
import { lookUp } from '../../kernel/look-up.ts';
import type { CardSummary, Hold, Movement, MovementStatus, SessionPhase, StoredMethod } from '../provider.ts';
import { BARE_MOVEMENT } from '../shapes.ts';
import { fromStripeAmount } from './amounts.ts';
import { expanded, idOf } from './ask.ts';
import { readFailure } from './declines.ts';

/** What an intent's status says of its session, and of the attempt in it that is not over or has succeeded. */
interface IntentState {
  readonly phase: SessionPhase;
  /** Null when the status tells of no such attempt. */
  readonly attempt: MovementStatus | null;
}

/** Status of PaymentIntent and SetupIntent (stripe 23.1.0, 2026-10). */
const INTENT_STATES: Readonly<Record<string, IntentState>> = {
  requires_payment_method: { phase: 'awaiting', attempt: null },
  requires_confirmation: { phase: 'awaiting', attempt: 'started' },
  requires_action: { phase: 'authenticating', attempt: 'authenticating' },
  processing: { phase: 'processing', attempt: 'processing' },
  requires_capture: { phase: 'succeeded', attempt: 'succeeded' },
  succeeded: { phase: 'succeeded', attempt: 'succeeded' },
  canceled: { phase: 'closed', attempt: null },
};

const ENDED_HOLD: IntentState = { phase: 'succeeded', attempt: 'succeeded' };

export function stateOf(intent: Stripe.PaymentIntent | Stripe.SetupIntent): IntentState {
  if (intent.object === 'payment_intent' && isEndedHold(intent)) return ENDED_HOLD;
  return lookUp(INTENT_STATES, intent.status) ?? { phase: 'unknown', attempt: null };
}

/** An authorization that was given and then let go: the attempt has succeeded all the same. */
function isEndedHold({ status, latest_charge: charge }: Stripe.PaymentIntent): boolean {
  return status === 'canceled' && expanded(charge)?.status === 'succeeded';
}

/** Stripe's reasons for an intent that ended because its time was over (stripe 23.1.0, 2026-10). */
export const EXPIRY_REASONS: readonly (string | null)[] = ['automatic', 'expired'];

/**
 * The attempts to pay an intent, oldest first.
 *
 * @param charges of the intent; only those that failed count, as the intent tells of the one that did not. May lack the last.
 */
export function paymentAttempts(intent: Stripe.PaymentIntent, charges: readonly Stripe.Charge[]): readonly Movement[] {
  const { attempt } = stateOf(intent);
  const failures = failedAttempts(intent, charges);
  if (attempt === null) return failures;
  const current = currentAttempt(intent, attempt);
  return [...failures.filter(({ providerCode }) => providerCode !== current.providerCode), current];
}

/** The attempt that is in progress, or that has paid. */
function currentAttempt(intent: Stripe.PaymentIntent, status: MovementStatus): Movement {
  const charge = expanded(intent.latest_charge);
  const isCharged = status === 'succeeded' || (status === 'processing' && charge?.status === 'pending');
  const method = expanded(intent.payment_method);
  const methodCode = idOf(intent.payment_method) ?? intent.id;
  return {
    ...BARE_MOVEMENT,
    // Before there is a charge, the payer's method is all that tells one attempt from the next.
    providerCode: isCharged ? (idOf(intent.latest_charge) ?? methodCode) : methodCode,
    replaces: isCharged ? methodCode : null,
    status,
    money: fromStripeAmount(amountOf(intent), intent.currency),
    card: toCard(charge?.payment_method_details?.card) ?? toCard(method?.card),
    storedMethod: status === 'succeeded' ? storedMethodOf(intent) : null,
    ...(intent.capture_method === 'manual' && status === 'succeeded' ? holdOf(intent) : {}),
  };
}

/** What was paid; of an authorization what was held, however much of it was captured. */
function amountOf({ status, amount, amount_received: received, capture_method: captured }: Stripe.PaymentIntent): number {
  return status === 'succeeded' && captured !== 'manual' ? received : amount;
}

function storedMethodOf(intent: Stripe.PaymentIntent): StoredMethod | null {
  return intent.setup_future_usage === null ? null : toStoredMethod(intent);
}

/** Stripe keeps by itself what later charges must refer to, so the origin is not kept here. */
function toStoredMethod(intent: Stripe.PaymentIntent | Stripe.SetupIntent): StoredMethod | null {
  const providerCode = idOf(intent.payment_method);
  const providerCustomerCode = idOf(intent.customer);
  if (providerCode === null || providerCustomerCode === null) return null;
  return { providerCode, providerCustomerCode, originCode: null };
}

function holdOf(intent: Stripe.PaymentIntent): { hold: Hold | null; capturableUntil: Date | null } {
  const captureBefore = expanded(intent.latest_charge)?.payment_method_details?.card?.capture_before;
  return {
    hold: intent.status === 'canceled' ? endOfHold(intent) : (lookUp(HOLDS, intent.status) ?? null),
    capturableUntil: typeof captureBefore === 'number' ? new Date(captureBefore * SECOND_MS) : null,
  };
}

const HOLDS: Readonly<Record<string, Hold>> = { requires_capture: 'HELD', succeeded: 'SETTLED' };

function endOfHold({ cancellation_reason: reason }: Stripe.PaymentIntent): Hold {
  return EXPIRY_REASONS.includes(reason) ? 'EXPIRED' : 'VOIDED';
}

/** Every attempt that came to nothing: the failed charges, and the last error where it came before there was a charge. */
function failedAttempts(intent: Stripe.PaymentIntent, charges: readonly Stripe.Charge[]): readonly Movement[] {
  const error = intent.last_payment_error;
  const latest = expanded(intent.latest_charge);
  const known = latest === null ? charges : [latest, ...charges.filter(({ id }) => id !== latest.id)];
  // Stripe lists the newest first, and two in one second have the same time.
  const failed = known
    .filter(({ status }) => status === 'failed')
    .toReversed()
    .sort((left, right) => left.created - right.created);
  const attempts = failed.map((charge) => toFailedCharge(charge, error));
  if (error === null || failed.some(({ id }) => id === error.charge)) return attempts;
  const money = fromStripeAmount(intent.amount, intent.currency);
  return [...attempts, { ...toFailedAttempt(error, intent.id), money }];
}

function toFailedCharge(charge: Stripe.Charge, error: Stripe.PaymentIntent.LastPaymentError | null): Movement {
  const { outcome, failure_code: code } = charge;
  const words =
    error?.charge === charge.id
      ? wordsOf(error)
      : { type: 'card_error', code, declineCode: outcome?.reason, adviceCode: outcome?.advice_code };
  return {
    ...BARE_MOVEMENT,
    ...readFailure(words),
    providerCode: charge.id,
    replaces: charge.payment_method,
    money: fromStripeAmount(charge.amount, charge.currency),
    card: toCard(charge.payment_method_details?.card),
  };
}

type LastError = Stripe.PaymentIntent.LastPaymentError | Stripe.SetupIntent.LastSetupError;

/** An attempt that failed before there was a charge, or whose charge is not known here. */
function toFailedAttempt(error: LastError, intentId: string): Movement {
  return {
    ...BARE_MOVEMENT,
    ...readFailure(wordsOf(error)),
    providerCode: error.charge ?? error.payment_method?.id ?? intentId,
    card: toCard(error.payment_method?.card),
  };
}

function wordsOf({ type, code, decline_code: declineCode, advice_code: adviceCode }: LastError) {
  return { type, code, declineCode, adviceCode };
}

/** The attempts to store a method: Stripe tells of the last one only. No money moves. */
export function setupAttempts(intent: Stripe.SetupIntent): readonly Movement[] {
  const { attempt: status } = stateOf(intent);
  const error = intent.last_setup_error;
  const failures = error === null ? [] : [toFailedAttempt(error, intent.id)];
  if (status === null) return failures;
  const method = expanded(intent.payment_method);
  const current: Movement = {
    ...BARE_MOVEMENT,
    providerCode: idOf(intent.payment_method) ?? intent.id,
    status,
    card: toCard(method?.card),
    storedMethod: status === 'succeeded' ? toStoredMethod(intent) : null,
  };
  return [...failures.filter(({ providerCode }) => providerCode !== current.providerCode), current];
}

interface StripeCard {
  readonly brand: string | null;
  readonly last4: string | null;
  readonly exp_month: number;
  readonly exp_year: number;
}

function toCard(card: StripeCard | null | undefined): CardSummary | null {
  if (card === null || card === undefined || card.last4 === null) return null;
  return { brand: card.brand ?? 'unknown', last4: card.last4, expMonth: card.exp_month, expYear: card.exp_year };
}
