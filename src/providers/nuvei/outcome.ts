import { addMs, DAY_MS } from '../../kernel/clock.ts';
import { timeOfId } from '../../kernel/ids.ts';
import type { Money } from '../../kernel/money.ts';
import { type CardSummary, type Decline, type Movement, type MovementStatus, ProviderFailure } from '../provider.ts';
import { BARE_MOVEMENT } from '../shapes.ts';
import { fromNuveiAmount } from './amounts.ts';
import { CHALLENGE_WANTED, type DeclineWords, toDecline, toFailedAuthentication } from './declines.ts';
import type { NuveiTransaction } from './wire.ts';
import { plainReason } from './words.ts';

/** Nuvei's transactions in the words of the port. */

/** `transactionStatus` in upper case, as some flows write it in lower case (REST 1.0 documentation, read 2026-11). */
const STATUSES: Readonly<Record<string, MovementStatus>> = {
  APPROVED: 'succeeded',
  DECLINED: 'declined',
  // The gateway's own filters, not the issuer (general knowledge).
  ERROR: 'failed',
  PENDING: 'processing',
  PROCESSING: 'processing',
  REDIRECT: 'authenticating',
};

/** Steps of 3-D Secure. They move no money: approved, the payment itself is still to come (Nuvei's FAQ, read 2026-11). */
const AUTHENTICATION_TYPES: readonly string[] = ['InitAuth3D', 'Auth3D'];

/** What a movement of ours is there. A transaction of another type is not the one that was asked for. */
export const EXPECTED_TYPES = {
  PAYMENT: ['Sale'],
  AUTHORIZATION: ['Auth', 'PreAuth'],
  ADD_PAYMENT_METHOD: ['Auth'],
  SETTLE: ['Settle'],
  VOID: ['Void'],
  REFUND: ['Credit'],
} as const satisfies Record<string, readonly string[]>;
export type MovementKind = keyof typeof EXPECTED_TYPES;

export interface MovementContext {
  readonly kind: MovementKind;
  /** The amount that was asked for: told where Nuvei does not repeat it. Null where no money moves, or nobody knows. */
  readonly money: Money | null;
}

/** Throws where the transaction has no id, or an amount that is none. */
export function toMovement(transaction: NuveiTransaction, context: MovementContext): Movement {
  const providerCode = requireId(transaction);
  const status = statusOf(transaction, context.kind);
  const isAttempt = !isModification(context.kind);
  return {
    ...BARE_MOVEMENT,
    providerCode,
    status,
    money: context.kind === 'ADD_PAYMENT_METHOD' ? null : (moneyOf(transaction) ?? context.money),
    decline: status === 'declined' ? declineOf(transaction) : null,
    failureCode: status === 'failed' ? failureCodeOf(transaction) : null,
    card: isAttempt ? cardOf(transaction) : null,
  };
}

export function isExpectedType({ type }: NuveiTransaction, kind: MovementKind): boolean {
  const expected: readonly string[] = EXPECTED_TYPES[kind];
  // Answers to a call of one type leave it out at times.
  return type === null || expected.includes(type);
}

export function isAuthentication({ type }: NuveiTransaction): boolean {
  return type !== null && AUTHENTICATION_TYPES.includes(type);
}

function statusOf(transaction: NuveiTransaction, kind: MovementKind): MovementStatus {
  const status = STATUSES[transaction.status?.toUpperCase() ?? ''] ?? 'unknown';
  if (isAuthentication(transaction)) return status === 'succeeded' || status === 'processing' ? 'authenticating' : status;
  if (!isExpectedType(transaction, kind)) return 'unknown';
  // No payer is asked for a settle, a void or a refund, so a no to one is a failure and not a decline.
  return status === 'declined' && isModification(kind) ? 'failed' : status;
}

function isModification(kind: MovementKind): boolean {
  return kind === 'SETTLE' || kind === 'VOID' || kind === 'REFUND';
}

function requireId({ id }: NuveiTransaction): string {
  if (id !== null) return id;
  throw new ProviderFailure('PROGRAMMING_ERROR', 'Nuvei told of a transaction without its id.');
}

/** Null when no amount was told. */
export function moneyOf({ amount, currency }: NuveiTransaction): Money | null {
  if (amount === null || currency === null) return null;
  const money = fromNuveiAmount(amount, currency);
  if (money === null) throw new ProviderFailure('PROGRAMMING_ERROR', 'Nuvei told an amount that is none.');
  return money;
}

function declineOf(transaction: NuveiTransaction): Decline {
  const words: DeclineWords = {
    issuerCode: transaction.issuerDeclineCode,
    reason: transaction.gwErrorReason,
    networkAdvice: transaction.merchantAdviceCode,
    gatewayCode: gatewayCodeOf(transaction),
  };
  return isAuthentication(transaction) ? toFailedAuthentication(words) : toDecline(words);
}

/** The gateway's reason, or its codes where it gives none that is plain. */
export function failureCodeOf(transaction: NuveiTransaction): string {
  return plainReason(transaction.gwErrorReason) ?? gatewayCodeOf(transaction);
}

function gatewayCodeOf({ gwErrorCode, gwExtendedErrorCode }: NuveiTransaction): string {
  return `${gwErrorCode}/${gwExtendedErrorCode}`;
}

/** A charge without the payer that would need a challenge is over: nobody is there to answer it. */
export function withoutPayer(movement: Movement): Movement {
  return movement.status === 'authenticating' ? { ...movement, status: 'declined', decline: CHALLENGE_WANTED } : movement;
}

/** A hold is said to last this long. An assumption: schemes grant about 7 days, and Nuvei does not tell. */
export const HOLD_DAYS = 7;

export function withHold(movement: Movement, capturableUntil: Date): Movement {
  return movement.status === 'succeeded' ? { ...movement, hold: 'HELD', capturableUntil } : movement;
}

/** The hold of a stored method that was authorized: from when it was asked for, as our id of it tells. */
export function withStoredHold(movement: Movement, transactionId: string): Movement {
  return withHold(movement, addMs(timeOfId(transactionId), HOLD_DAYS * DAY_MS));
}

const BRANDS: Readonly<Record<string, string>> = {
  VISA: 'visa',
  MASTERCARD: 'mastercard',
  AMEX: 'amex',
  'AMERICAN EXPRESS': 'amex',
  DISCOVER: 'discover',
  DINERS: 'diners',
};

function cardOf({ card }: NuveiTransaction): CardSummary | null {
  const last4 = card?.last4Digits ?? card?.ccCardNumber?.slice(-4) ?? '';
  const expMonth = Number(card?.ccExpMonth ?? Number.NaN);
  const expYear = Number(card?.ccExpYear ?? Number.NaN);
  if (!/^\d{4}$/.test(last4) || !(expMonth >= 1 && expMonth <= 12) || Number.isNaN(expYear)) return null;
  const brand = card?.cardBrand ?? 'unknown';
  // The year has two digits there, as on the card.
  const century = expYear < 100 ? 2000 : 0;
  return { brand: BRANDS[brand.toUpperCase()] ?? brand.toLowerCase(), last4, expMonth, expYear: century + expYear };
}
