import type { BankMovementStatus, BankMovementView, BankPaymentKind, BankPaymentView, BankPhase } from '../../bank/payment.ts';
import type { BankRefusal, BankRefusalCode } from '../../bank/refusal.ts';
import { lookUp } from '../../kernel/look-up.ts';
import type { Money } from '../../kernel/money.ts';
import {
  type Decline,
  type DeclineAdvice,
  type DeclineReason,
  type FailureCategory,
  type Movement,
  type MovementStatus,
  ProviderFailure,
  type SessionOutcome,
  type SessionPhase,
} from '../provider.ts';

/** The bank speaks of declines as card processors do; these are the gateway's words for them. */
const DECLINES: Readonly<Record<string, readonly [DeclineReason, DeclineAdvice]>> = {
  generic_decline: ['GENERIC', 'LATER'],
  insufficient_funds: ['INSUFFICIENT_FUNDS', 'LATER'],
  lost_card: ['LOST_OR_STOLEN', 'NEVER'],
  stolen_card: ['LOST_OR_STOLEN', 'NEVER'],
  expired_card: ['EXPIRED_CARD', 'NEVER'],
  incorrect_cvc: ['INCORRECT_DATA', 'AFTER_CORRECTION'],
  fraudulent: ['FRAUD_SUSPECTED', 'NEVER'],
  authentication_required: ['AUTHENTICATION_REQUIRED', 'CUSTOMER_PRESENT'],
  authentication_failed: ['AUTHENTICATION_FAILED', 'CUSTOMER_PRESENT'],
  partial_approval_unsupported: ['NOT_SUPPORTED', 'NEVER'],
};

export function toDecline(rawCode: string): Decline {
  const [reason, advice] = lookUp(DECLINES, rawCode) ?? (['GENERIC', 'LATER'] as const);
  return { reason, advice, rawCode };
}

const NEVER_TOLD: readonly DeclineReason[] = ['LOST_OR_STOLEN', 'FRAUD_SUSPECTED'];

/** The code that the shopper may see: whoever holds a stolen card must not learn that it is known as stolen. */
export function shopperCode(rawCode: string): string {
  return NEVER_TOLD.includes(toDecline(rawCode).reason) ? 'generic_decline' : rawCode;
}

/** The bank's answers in the words of the port. */

const PHASES: Readonly<Record<BankPhase, SessionPhase>> = {
  open: 'awaiting',
  challenged: 'authenticating',
  processing: 'processing',
  succeeded: 'succeeded',
  closed: 'closed',
};

const STATUSES: Readonly<Record<BankMovementStatus, MovementStatus>> = {
  challenged: 'authenticating',
  processing: 'processing',
  succeeded: 'succeeded',
  declined: 'declined',
  failed: 'failed',
  canceled: 'canceled',
  expired: 'expired',
};

const CATEGORIES: Readonly<Record<BankRefusalCode, FailureCategory>> = {
  invalid_number: 'INVALID_REQUEST',
  unknown_card: 'INVALID_REQUEST',
  invalid_expiry: 'INVALID_REQUEST',
  invalid_cvc: 'INVALID_REQUEST',
  unknown_token: 'NOT_FOUND',
  unknown_payment: 'NOT_FOUND',
  unknown_movement: 'NOT_FOUND',
  unknown_method: 'NOT_FOUND',
  unknown_challenge: 'NOT_FOUND',
  payment_succeeded: 'CONFLICT',
  payment_closed: 'CONFLICT',
  payment_expired: 'CONFLICT',
  attempt_in_progress: 'CONFLICT',
  not_capturable: 'CONFLICT',
  not_voidable: 'CONFLICT',
  not_refundable: 'CONFLICT',
  amount_too_large: 'INVALID_REQUEST',
  wrong_currency: 'INVALID_REQUEST',
  key_reused: 'PROGRAMMING_ERROR',
  rate_limited: 'RATE_LIMITED',
  answer_lost: 'UNKNOWN_OUTCOME',
  bank_error: 'UNKNOWN_OUTCOME',
};

export function toFailure(refusal: BankRefusal): ProviderFailure {
  return new ProviderFailure(CATEGORIES[refusal.code], refusal.message, refusal.code);
}

export function challengeUrlOf(publicUrl: string, challengeId: string): string {
  return `${publicUrl}/example/challenge/${challengeId}`;
}

export function toSessionOutcome(payment: BankPaymentView, { publicUrl, now }: { publicUrl: string; now: Date }): SessionOutcome {
  return {
    phase: PHASES[payment.phase],
    closedReason: payment.closedAs,
    observedAt: now,
    providerCode: payment.id,
    sessionId: payment.reference,
    money: toMoney(payment.kind, payment),
    attempts: payment.attempts.map(toMovement),
    challengeUrl: payment.challengeId === null ? null : challengeUrlOf(publicUrl, payment.challengeId),
  };
}

export function toMovement(view: BankMovementView): Movement {
  return {
    providerCode: view.id,
    status: STATUSES[view.status],
    money: toMoney(view.paymentKind, view),
    decline: view.declineCode === null ? null : toDecline(view.declineCode),
    failureCode: view.failureCode,
    card: view.card,
    storedMethod:
      view.methodId === null
        ? null
        : { providerCode: view.methodId, providerCustomerCode: view.customerReference, originCode: view.id },
    hold: view.hold,
    capturableUntil: view.capturableUntil,
  };
}

function toMoney(kind: BankPaymentKind, { amountMinor, currency }: Money): Money | null {
  return kind === 'STORE' ? null : { amountMinor, currency };
}
