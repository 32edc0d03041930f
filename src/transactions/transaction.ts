import type {
  CardSummary,
  Decline,
  Environment,
  Hold,
  MovementStatus,
  ProviderName,
  SessionKind,
} from '../providers/provider.ts';

export const TRANSACTION_STATUSES = [
  'PENDING',
  'STARTED',
  'SUCCEEDED',
  'FAILED',
  'DECLINED',
  'CANCELED',
  'EXPIRED',
  'ERROR',
  'UNKNOWN',
] as const;
export type TransactionStatus = (typeof TRANSACTION_STATUSES)[number];

export const TRANSACTION_ACTIONS = [
  'PAYMENT',
  'ADD_PAYMENT_METHOD',
  'AUTHORIZATION',
  'SETTLE',
  'VOID',
  'REFUND',
  'CHARGEBACK',
] as const satisfies readonly (SessionKind | 'SETTLE' | 'VOID' | 'REFUND' | 'CHARGEBACK')[];
export type TransactionAction = (typeof TRANSACTION_ACTIONS)[number];

/**
 * One money movement: an attempt in a session, a charge of a stored method, or a settle, void, refund or chargeback of an
 * earlier one. Nobody here makes a chargeback: the payer disputed the earlier one at their bank.
 */
export interface Transaction {
  readonly id: string;
  readonly merchantId: string;
  readonly environment: Environment;
  readonly providerAccountId: string;
  readonly provider: ProviderName;
  readonly sessionId: string | null;
  readonly customerId: string | null;
  readonly paymentMethodId: string | null;
  /** The transaction that a settle, void, refund or chargeback acts on. */
  readonly relatedTransactionId: string | null;
  readonly action: TransactionAction;
  readonly status: TransactionStatus;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly merchantInternalTransactionCode: string | null;
  /** Position among the session's attempts, from 1; 0 tells of a session that closed without one; null outside sessions. */
  readonly attempt: number | null;
  readonly providerCode: string | null;
  /** The bank is, or may be, at work on it: only its own reference can tell what becomes of it. */
  readonly isProcessing: boolean;
  readonly decline: Decline | null;
  /** The provider's word for a failure that is not the issuer's decision. */
  readonly failureCode: string | null;
  /** The merchant's own words for a refund. */
  readonly reason: string | null;
  /** The card that was used; null until one was, and once the customer was erased. */
  readonly card: CardSummary | null;
  /** Authorizations only. */
  readonly hold: Hold | null;
  readonly capturableUntil: Date | null;
  readonly settledAmountMinor: bigint;
  readonly refundedAmountMinor: bigint;
  /** What live refunds claim: succeeded, pending and unknown ones together. */
  readonly refundReservedMinor: bigint;
  readonly observedAt: Date | null;
  readonly endedAt: Date | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What can happen to a transaction. LOST: the provider may have acted. REFUSED: it certainly did not and never will. */
export const TRANSACTION_SIGNALS = [
  'STARTED',
  'IN_PROGRESS',
  'SUCCEEDED',
  'DECLINED',
  'FAILED',
  'CANCELED',
  'EXPIRED',
  'REFUSED',
  'LOST',
] as const;
export type TransactionSignal = (typeof TRANSACTION_SIGNALS)[number];

export interface TransactionTransition {
  readonly to: TransactionStatus;
  /** A person should look: money moved after we had called it over, or came back. */
  readonly isAlert: boolean;
}

type Row = Readonly<Record<TransactionSignal, TransactionTransition>>;

const to = (status: TransactionStatus): TransactionTransition => ({ to: status, isAlert: false });
const alertTo = (status: TransactionStatus): TransactionTransition => ({ to: status, isAlert: true });

const ENDINGS = {
  SUCCEEDED: to('SUCCEEDED'),
  DECLINED: to('DECLINED'),
  FAILED: to('FAILED'),
  CANCELED: to('CANCELED'),
  EXPIRED: to('EXPIRED'),
  REFUSED: to('ERROR'),
} as const;

/** An ended transaction does not change, but money truth wins: a success that arrives late counts and raises an alert. */
function ended(status: TransactionStatus): Row {
  return {
    STARTED: to(status),
    IN_PROGRESS: to(status),
    SUCCEEDED: alertTo('SUCCEEDED'),
    DECLINED: to(status),
    FAILED: to(status),
    CANCELED: to(status),
    EXPIRED: to(status),
    REFUSED: to(status),
    LOST: to(status),
  };
}

export const TRANSACTION_TRANSITIONS: Readonly<Record<TransactionStatus, Row>> = {
  PENDING: { STARTED: to('STARTED'), IN_PROGRESS: to('PENDING'), LOST: to('UNKNOWN'), ...ENDINGS },
  STARTED: { STARTED: to('STARTED'), IN_PROGRESS: to('STARTED'), LOST: to('UNKNOWN'), ...ENDINGS },
  UNKNOWN: { STARTED: to('STARTED'), IN_PROGRESS: to('PENDING'), LOST: to('UNKNOWN'), ...ENDINGS },
  SUCCEEDED: {
    STARTED: to('SUCCEEDED'),
    IN_PROGRESS: to('SUCCEEDED'),
    SUCCEEDED: to('SUCCEEDED'),
    DECLINED: alertTo('SUCCEEDED'),
    FAILED: alertTo('SUCCEEDED'),
    CANCELED: alertTo('SUCCEEDED'),
    EXPIRED: alertTo('SUCCEEDED'),
    REFUSED: to('SUCCEEDED'),
    LOST: to('SUCCEEDED'),
  },
  FAILED: ended('FAILED'),
  DECLINED: ended('DECLINED'),
  CANCELED: ended('CANCELED'),
  EXPIRED: ended('EXPIRED'),
  ERROR: ended('ERROR'),
};

/** A refund is the one movement that can come back after it succeeded: the payer's bank returned it. */
const RETURNED_REFUND = alertTo('FAILED');

export function transitionTransaction(
  action: TransactionAction,
  from: TransactionStatus,
  signal: TransactionSignal,
): TransactionTransition {
  if (action === 'REFUND' && from === 'SUCCEEDED' && signal === 'FAILED') return RETURNED_REFUND;
  return TRANSACTION_TRANSITIONS[from][signal];
}

export function signalOfMovement(status: MovementStatus): TransactionSignal {
  switch (status) {
    case 'started':
      return 'STARTED';
    case 'authenticating':
    case 'processing':
      return 'IN_PROGRESS';
    case 'succeeded':
      return 'SUCCEEDED';
    case 'declined':
      return 'DECLINED';
    case 'failed':
      return 'FAILED';
    case 'canceled':
      return 'CANCELED';
    case 'expired':
      return 'EXPIRED';
    case 'unknown':
      return 'LOST';
  }
}

const LIVE_STATUSES: readonly TransactionStatus[] = ['PENDING', 'STARTED', 'UNKNOWN', 'SUCCEEDED'];

/** Whether the transaction moved money or still may: its amount stays claimed. */
export function isLive(status: TransactionStatus): boolean {
  return LIVE_STATUSES.includes(status);
}

/** Whether the provider may still change it. */
export function isUnsettled(status: TransactionStatus): boolean {
  return isLive(status) && status !== 'SUCCEEDED';
}
