import type {
  Capabilities,
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
  /** What live disputes are about: open, lost and unknown ones together. May be more than the amount. */
  readonly disputedAmountMinor: bigint;
  readonly observedAt: Date | null;
  readonly endedAt: Date | null;
  /** When its personal data was blanked; news writes none of it back from then on. */
  readonly erasedAt: Date | null;
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

/** What may be asked of a transaction. */
export const TRANSACTION_CALLS = ['SETTLE', 'VOID', 'REFUND', 'SYNC'] as const;
export type TransactionCall = (typeof TRANSACTION_CALLS)[number];
export type MoneyCall = Exclude<TransactionCall, 'SYNC'>;

/** HELD: can be taken or let go. ENDING: a settle or void of it is under way. CAPTURED: was taken and can be given back. */
export type MoneyStanding = 'HELD' | 'ENDING' | 'CAPTURED' | 'NONE';

/** The calls that the money of a transaction allows. The API offers them from this table, and settle, void and refund refuse by it. */
export const CALLS_BY_STANDING: Readonly<Record<MoneyStanding, readonly MoneyCall[]>> = {
  HELD: ['SETTLE', 'VOID'],
  ENDING: [],
  CAPTURED: ['REFUND', 'VOID'],
  NONE: [],
};

type Money = Pick<Transaction, 'action' | 'status' | 'hold' | 'amountMinor' | 'refundReservedMinor' | 'disputedAmountMinor'>;

/** @param ending the live settle or void of an authorization; null where there is none */
export function standingOf(transaction: Money, ending: Pick<Transaction, 'status'> | null): MoneyStanding {
  const { action, status, hold } = transaction;
  if (action !== 'AUTHORIZATION') return isCaptured(transaction) ? 'CAPTURED' : 'NONE';
  if (ending !== null) return isUnsettled(ending.status) ? 'ENDING' : 'NONE';
  return status === 'SUCCEEDED' && hold === 'HELD' ? 'HELD' : 'NONE';
}

/** Whether money was taken in it, given back or not. */
function isCaptured({ action, status }: Pick<Transaction, 'action' | 'status'>): boolean {
  return (action === 'PAYMENT' || action === 'SETTLE') && status === 'SUCCEEDED';
}

/** What can still be given back: what was taken, less refunds that succeeded or are under way, less what is disputed. */
export function refundableMinor(transaction: Money): bigint {
  const { amountMinor, refundReservedMinor, disputedAmountMinor } = transaction;
  const leftMinor = amountMinor - refundReservedMinor - disputedAmountMinor;
  return isCaptured(transaction) && leftMinor > 0n ? leftMinor : 0n;
}

/** Whether refunds and disputes together are more than was taken: the payer may get money twice. */
export function isReturnedTwice({
  amountMinor,
  refundReservedMinor,
  disputedAmountMinor,
}: Pick<Money, 'amountMinor' | 'refundReservedMinor' | 'disputedAmountMinor'>): boolean {
  return disputedAmountMinor > 0n && refundReservedMinor > 0n && refundReservedMinor + disputedAmountMinor > amountMinor;
}

/** Whether the provider knows of the transaction and can still tell something of it. */
export function isSyncable({ status, providerCode }: Pick<Transaction, 'status' | 'providerCode'>): boolean {
  return providerCode !== null || isUnsettled(status);
}

/** Whether the provider has the call for a transaction of this standing. */
export function offersCall(capabilities: OfferedCalls, call: MoneyCall, standing: MoneyStanding): boolean {
  if (!capabilities.effects.includes(call)) return false;
  return call !== 'VOID' || standing !== 'CAPTURED' || capabilities.voidsPayments;
}

type OfferedCalls = Pick<Capabilities, 'effects' | 'voidsPayments'>;

export interface AllowedCall {
  readonly call: TransactionCall;
  /** The most that can be asked for; null where the call takes no amount. */
  readonly amountMaxMinor: bigint | null;
}

/**
 * Everything that may be asked of a transaction now, as the calls themselves would decide it.
 * @param ending the live settle or void of an authorization; null where there is none
 */
export function allowedTransactionCalls(
  transaction: Transaction,
  ending: Transaction | null,
  capabilities: OfferedCalls,
): readonly AllowedCall[] {
  const ofMoney = moneyCalls(transaction, ending, capabilities);
  // A settled authorization is refunded through its settle.
  const ofSettle = ending === null ? [] : moneyCalls(ending, null, capabilities).filter(({ call }) => call === 'REFUND');
  const sync = isSyncable(transaction) ? [{ call: 'SYNC', amountMaxMinor: null } as const] : [];
  return [...ofMoney, ...ofSettle, ...sync];
}

function moneyCalls(transaction: Transaction, ending: Transaction | null, capabilities: OfferedCalls): readonly AllowedCall[] {
  const standing = standingOf(transaction, ending);
  const leftMinor = standing === 'HELD' ? transaction.amountMinor : refundableMinor(transaction);
  return CALLS_BY_STANDING[standing]
    .filter((call) => offersCall(capabilities, call, standing))
    .flatMap((call): readonly AllowedCall[] => {
      // A void undoes the whole; a refund what is left.
      if (call === 'VOID') return leftMinor === transaction.amountMinor ? [{ call, amountMaxMinor: null }] : [];
      return leftMinor > 0n ? [{ call, amountMaxMinor: leftMinor }] : [];
    });
}
