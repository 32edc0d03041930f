import type { Stripe } from 'stripe';
import { lookUp } from '../../kernel/look-up.ts';
import type { Movement, MovementStatus, SessionReference } from '../provider.ts';
import { BARE_MOVEMENT } from '../shapes.ts';
import { fromStripeAmount } from './amounts.ts';
import { paymentAttempts, stateOf } from './attempts.ts';
import { shortCode } from './failures.ts';

/** A settle and a void have no object of their own at Stripe: their references are the intent's with one of these behind it. */
const SETTLE_SUFFIX = ':capture';
const VOID_SUFFIX = ':cancel';

/** What the status of an intent says of its capture, and of its cancellation (stripe 23.1.0, 2026-10). */
const SETTLE_STATUSES: Readonly<Record<string, MovementStatus>> = {
  succeeded: 'succeeded',
  processing: 'processing',
  requires_capture: 'failed',
  canceled: 'canceled',
};
const VOID_STATUSES: Readonly<Record<string, MovementStatus>> = {
  canceled: 'succeeded',
  requires_capture: 'failed',
  succeeded: 'failed',
};

/** Status of Refund (docs.stripe.com/api/refunds/object, 2026-10). */
const REFUND_STATUSES: Readonly<Record<string, MovementStatus>> = {
  succeeded: 'succeeded',
  pending: 'processing',
  requires_action: 'processing',
  failed: 'failed',
  canceled: 'canceled',
};

/** How a request names the movement that it is about. */
export interface Move {
  readonly session: SessionReference | null;
  readonly providerCode: string;
}

/** The intent behind a movement: its session's, or that of a charge, whose reference is the intent's. */
export function intentCodeOf({ session, providerCode }: Move): string {
  return session?.providerCode ?? providerCode.split(':', 1)[0] ?? '';
}

export function isSettleCode(providerCode: string): boolean {
  return providerCode.endsWith(SETTLE_SUFFIX);
}

export function toSettle(intent: Stripe.PaymentIntent): Movement {
  const status = lookUp(SETTLE_STATUSES, intent.status) ?? 'unknown';
  const providerCode = `${intent.id}${SETTLE_SUFFIX}`;
  const money = status === 'succeeded' ? fromStripeAmount(intent.amount_received, intent.currency) : null;
  return { ...BARE_MOVEMENT, providerCode, status, money, failureCode: status === 'failed' ? intent.status : null };
}

/** A capture that the payer's bank would not make. Nothing moved. */
export function toFailedSettle(intentCode: string, failureCode: string | null): Movement {
  return { ...BARE_MOVEMENT, providerCode: `${intentCode}${SETTLE_SUFFIX}`, status: 'failed', money: null, failureCode };
}

export function toVoid(intent: Stripe.PaymentIntent): Movement {
  const status = lookUp(VOID_STATUSES, intent.status) ?? 'unknown';
  const money = fromStripeAmount(intent.amount, intent.currency);
  const failureCode = status === 'failed' ? intent.status : null;
  return { ...BARE_MOVEMENT, providerCode: `${intent.id}${VOID_SUFFIX}`, status, money, failureCode };
}

export function toRefund(refund: Stripe.Refund): Movement {
  const status = lookUp(REFUND_STATUSES, refund.status) ?? 'unknown';
  const money = fromStripeAmount(refund.amount, refund.currency);
  const failureCode = status === 'failed' ? (shortCode(refund.failure_reason) ?? 'unknown') : null;
  return { ...BARE_MOVEMENT, providerCode: refund.id, status, money, failureCode };
}

/** A charge of a stored method is an intent of its own with one attempt. Its reference is the intent's. */
export function toCharge(intent: Stripe.PaymentIntent): Movement {
  const attempt = paymentAttempts(intent, []).at(-1);
  const money = fromStripeAmount(intent.amount, intent.currency);
  const status = intent.status === 'canceled' ? 'canceled' : 'unknown';
  if (attempt === undefined || stateOf(intent).phase === 'unknown')
    return { ...BARE_MOVEMENT, providerCode: intent.id, status, money };
  return { ...attempt, providerCode: intent.id };
}
