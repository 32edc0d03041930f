import { addMs, DAY_MS } from '../kernel/clock.ts';
import type { CardFacts } from './card-form.ts';
import { type BankRefusal, bankRefusal } from './refusal.ts';

/**
 * What the stored facts of a payment mean at a given moment. The bank has no timers: what happens later (a late decision, a
 * hold or payment that expires, a refund that comes back) follows from stored instants each time someone looks. Pure.
 */

export type BankPaymentKind = 'PAYMENT' | 'AUTHORIZATION' | 'STORE' | 'CHARGE';
export type BankMovementKind = 'ATTEMPT' | 'CAPTURE' | 'VOID' | 'REFUND';
export type StoredStatus = 'challenged' | 'processing' | 'succeeded' | 'declined' | 'failed';
export type BankMovementStatus = StoredStatus | 'canceled' | 'expired';
export type BankPhase = 'open' | 'challenged' | 'processing' | 'succeeded' | 'closed';
type BankHold = 'HELD' | 'SETTLED' | 'VOIDED' | 'EXPIRED';

export interface PaymentFacts {
  readonly id: string;
  readonly accountId: string;
  readonly reference: string;
  readonly kind: BankPaymentKind;
  /** 0n when a method is only stored. */
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly storeMethod: boolean;
  readonly customerReference: string | null;
  readonly operationId: string;
  readonly attemptsMax: number;
  /** Of the card used last. */
  readonly scenario: string | null;
  readonly returnUrl: string | null;
  /** Null for charges, which nobody completes. */
  readonly expiresAt: Date | null;
  readonly canceledAt: Date | null;
  readonly createdAt: Date;
}

export interface MovementFacts {
  readonly id: string;
  readonly paymentId: string;
  readonly kind: BankMovementKind;
  /** From 1, over all movements of the payment. */
  readonly position: number;
  readonly amountMinor: bigint;
  /** True until `settlesAt`; from then on `settledStatus` is. */
  readonly status: StoredStatus;
  readonly settledStatus: StoredStatus | null;
  readonly settlesAt: Date | null;
  /** Why it is declined, or will be. */
  readonly declineCode: string | null;
  readonly failureCode: string | null;
  readonly card: CardFacts | null;
  readonly methodId: string | null;
  readonly challengeId: string | null;
  readonly holdExpiresAt: Date | null;
  readonly createdAt: Date;
}

/** What a movement has only where something gives it. */
export const BARE_MOVEMENT = {
  card: null,
  methodId: null,
  challengeId: null,
  holdExpiresAt: null,
  settledStatus: null,
  settlesAt: null,
  declineCode: null,
  failureCode: null,
} as const satisfies Partial<MovementFacts>;

/** One payment with all its movements in order. */
export interface Ledger {
  readonly payment: PaymentFacts;
  readonly movements: readonly MovementFacts[];
}

export interface BankMovementView {
  readonly id: string;
  readonly paymentId: string;
  readonly paymentKind: BankPaymentKind;
  readonly kind: BankMovementKind;
  readonly status: BankMovementStatus;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly declineCode: string | null;
  readonly failureCode: string | null;
  readonly card: Omit<CardFacts, 'scenario'> | null;
  /** Set once the method is stored. */
  readonly methodId: string | null;
  /** Set while it waits for the payer. */
  readonly challengeId: string | null;
  readonly customerReference: string | null;
  /** Attempts that placed a hold only. */
  readonly hold: BankHold | null;
  readonly capturableUntil: Date | null;
}

export interface BankPaymentView {
  readonly id: string;
  readonly accountId: string;
  readonly reference: string;
  readonly kind: BankPaymentKind;
  readonly phase: BankPhase;
  /** Set when the phase is `closed`. */
  readonly closedAs: 'canceled' | 'expired' | 'declined' | null;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly attempts: readonly BankMovementView[];
  /** The challenge that waits for the payer. */
  readonly challengeId: string | null;
  readonly returnUrl: string | null;
}

export function viewPayment(ledger: Ledger, now: Date): BankPaymentView {
  const { id, accountId, reference, kind, amountMinor, currency, returnUrl } = ledger.payment;
  const { phase, closedAs } = phaseOf(ledger, now);
  const attempts = attemptsOf(ledger).map((attempt) => viewMovement(ledger, attempt, now));
  return {
    id,
    accountId,
    reference,
    kind,
    phase,
    closedAs,
    amountMinor,
    currency,
    returnUrl,
    attempts,
    challengeId: attempts.at(-1)?.challengeId ?? null,
  };
}

export function viewMovement(ledger: Ledger, movement: MovementFacts, now: Date): BankMovementView {
  const status = movementStatus(ledger, movement, now);
  const isHold = ledger.payment.kind === 'AUTHORIZATION' && movement.kind === 'ATTEMPT' && status === 'succeeded';
  return {
    id: movement.id,
    paymentId: movement.paymentId,
    paymentKind: ledger.payment.kind,
    kind: movement.kind,
    status,
    amountMinor: movement.amountMinor,
    currency: ledger.payment.currency,
    declineCode: status === 'declined' ? movement.declineCode : null,
    failureCode: status === 'failed' ? movement.failureCode : null,
    card: movement.card && withoutScenario(movement.card),
    methodId: status === 'succeeded' ? movement.methodId : null,
    challengeId: status === 'challenged' ? movement.challengeId : null,
    customerReference: ledger.payment.customerReference,
    hold: isHold ? holdOf(ledger, now) : null,
    capturableUntil: isHold ? movement.holdExpiresAt : null,
  };
}

function withoutScenario({ brand, last4, expMonth, expYear }: CardFacts): Omit<CardFacts, 'scenario'> {
  return { brand, last4, expMonth, expYear };
}

/** A success is final, whatever came after. An attempt that is being decided holds expiry back; a challenge does not. */
function phaseOf(ledger: Ledger, now: Date): Pick<BankPaymentView, 'phase' | 'closedAs'> {
  const { canceledAt, attemptsMax } = ledger.payment;
  const statuses = attemptsOf(ledger).map((attempt) => settledStatus(attempt, now));
  if (statuses.includes('succeeded')) return { phase: 'succeeded', closedAs: null };
  if (canceledAt !== null) return { phase: 'closed', closedAs: 'canceled' };
  const refusals = statuses.filter((status) => status === 'declined' || status === 'failed').length;
  if (refusals >= attemptsMax) return { phase: 'closed', closedAs: 'declined' };
  if (statuses.includes('processing')) return { phase: 'processing', closedAs: null };
  if (isPast(ledger.payment.expiresAt, now)) return { phase: 'closed', closedAs: 'expired' };
  return { phase: statuses.includes('challenged') ? 'challenged' : 'open', closedAs: null };
}

function movementStatus(ledger: Ledger, movement: MovementFacts, now: Date): BankMovementStatus {
  const status = settledStatus(movement, now);
  if (status !== 'challenged') return status;
  if (ledger.payment.canceledAt !== null) return 'canceled';
  return isPast(ledger.payment.expiresAt, now) ? 'expired' : 'challenged';
}

function settledStatus(movement: MovementFacts, now: Date): StoredStatus {
  return movement.settledStatus !== null && isPast(movement.settlesAt, now) ? movement.settledStatus : movement.status;
}

function isPast(instant: Date | null, now: Date): boolean {
  return instant !== null && now >= instant;
}

function attemptsOf(ledger: Ledger): readonly MovementFacts[] {
  return ledger.movements.filter((movement) => movement.kind === 'ATTEMPT');
}

/** What became of the hold; null where none was ever placed. */
function holdOf(ledger: Ledger, now: Date): BankHold | null {
  if (ledger.payment.kind !== 'AUTHORIZATION') return null;
  const placed = attemptsOf(ledger).find((attempt) => settledStatus(attempt, now) === 'succeeded');
  if (placed === undefined) return null;
  // Asked first, because a reversed capture is a void too.
  if (sumOf(ledger, 'VOID', now) !== null) return 'VOIDED';
  if (sumOf(ledger, 'CAPTURE', now) !== null) return 'SETTLED';
  return isPast(placed.holdExpiresAt, now) ? 'EXPIRED' : 'HELD';
}

/** What the live movements of a kind move together; null where there is none. Failed ones gave their amount back. */
function sumOf(ledger: Ledger, kind: BankMovementKind, now: Date): bigint | null {
  const live = ledger.movements.filter((movement) => {
    const status = settledStatus(movement, now);
    return movement.kind === kind && (status === 'succeeded' || status === 'processing');
  });
  return live.length === 0 ? null : live.reduce((sum, movement) => sum + movement.amountMinor, 0n);
}

/** Null when the payment takes another attempt. */
export function refuseAttempt(ledger: Ledger, now: Date): BankRefusal | null {
  const { phase, closedAs } = phaseOf(ledger, now);
  switch (phase) {
    case 'open':
      return null;
    case 'challenged':
    case 'processing':
      return bankRefusal('attempt_in_progress');
    case 'succeeded':
      return bankRefusal('payment_succeeded');
    case 'closed':
      return bankRefusal(closedAs === 'expired' ? 'payment_expired' : 'payment_closed');
  }
}

/** Null when the payment can be canceled, or is closed anyway. */
export function refuseCancel(ledger: Ledger, now: Date): BankRefusal | null {
  const { phase } = phaseOf(ledger, now);
  if (phase === 'succeeded') return bankRefusal('payment_succeeded');
  return phase === 'processing' ? bankRefusal('attempt_in_progress') : null;
}

export interface MoneyMove {
  readonly amountMinor: bigint;
  readonly currency: string;
}

/** Null when the hold can be captured: once, for all of it or less, which releases the rest. */
export function refuseCapture(ledger: Ledger, move: MoneyMove, now: Date): BankRefusal | null {
  if (holdOf(ledger, now) !== 'HELD') return bankRefusal('not_capturable');
  return refuseMoney(ledger, move, ledger.payment.amountMinor);
}

/** Null when the hold can be released. What was captured is refunded, not voided. */
export function refuseVoid(ledger: Ledger, now: Date): BankRefusal | null {
  return holdOf(ledger, now) === 'HELD' ? null : bankRefusal('not_voidable');
}

/** How long captured money can be taken back as if it had never moved: until the bank has handed it over. */
const REVERSE_MS_MAX = DAY_MS;

/** Null when the captured money can be taken back: all of it, within a day, while no refund of it lives. */
export function refuseReverse(ledger: Ledger, move: MoneyMove, now: Date): BankRefusal | null {
  const captured = capturedOf(ledger, now);
  const at = capturedAt(ledger, now);
  if (captured === null || at === null || isPast(addMs(at, REVERSE_MS_MAX), now)) return bankRefusal('not_voidable');
  if (sumOf(ledger, 'REFUND', now) !== null) return bankRefusal('not_voidable');
  if (move.amountMinor < captured) return bankRefusal('not_voidable');
  return refuseMoney(ledger, move, captured);
}

function capturedAt(ledger: Ledger, now: Date): Date | null {
  const kind = ledger.payment.kind === 'AUTHORIZATION' ? 'CAPTURE' : 'ATTEMPT';
  const taken = ledger.movements.find((movement) => movement.kind === kind && settledStatus(movement, now) === 'succeeded');
  return taken === undefined ? null : (taken.settlesAt ?? taken.createdAt);
}

/** Null when the amount can be given back: refunds may be several, together up to what was captured. */
export function refuseRefund(ledger: Ledger, move: MoneyMove, now: Date): BankRefusal | null {
  const captured = capturedOf(ledger, now);
  if (captured === null) return bankRefusal('not_refundable');
  return refuseMoney(ledger, move, captured - (sumOf(ledger, 'REFUND', now) ?? 0n));
}

function capturedOf(ledger: Ledger, now: Date): bigint | null {
  if (sumOf(ledger, 'VOID', now) !== null) return null;
  switch (ledger.payment.kind) {
    case 'PAYMENT':
    case 'CHARGE':
      return phaseOf(ledger, now).phase === 'succeeded' ? ledger.payment.amountMinor : null;
    case 'AUTHORIZATION':
      return sumOf(ledger, 'CAPTURE', now);
    case 'STORE':
      return null;
  }
}

function refuseMoney(ledger: Ledger, move: MoneyMove, leftMinor: bigint): BankRefusal | null {
  if (move.currency !== ledger.payment.currency) return bankRefusal('wrong_currency');
  return move.amountMinor <= leftMinor ? null : bankRefusal('amount_too_large');
}
