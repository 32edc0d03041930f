import type {
  DeclineAdvice,
  DeclineReason,
  EventSource,
  SessionAction,
  SessionKind,
  SessionStatus,
  TransactionAction,
  TransactionProvider,
  TransactionStatus,
} from '../../generated/console/graphql.ts';
import { DESCRIPTORS } from '../../providers/descriptors.ts';

/** The words of the API as people read them. They stay recognizable, because the same people read them in logs and code. */

export const SESSION_STATUSES = {
  PENDING: 'Pending',
  ACTIVE: 'Active',
  COMPLETED: 'Completed',
  DECLINED: 'Declined',
  CANCELED: 'Canceled',
  EXPIRED: 'Expired',
  ERROR: 'Error',
  UNKNOWN: 'Unknown',
} as const satisfies Record<SessionStatus, string>;

export const TRANSACTION_STATUSES = {
  PENDING: 'Pending',
  STARTED: 'Started',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  DECLINED: 'Declined',
  CANCELED: 'Canceled',
  EXPIRED: 'Expired',
  ERROR: 'Error',
  UNKNOWN: 'Unknown',
} as const satisfies Record<TransactionStatus, string>;

export const KINDS = {
  PAYMENT: 'Payment',
  AUTHORIZATION: 'Authorization',
  ADD_PAYMENT_METHOD: 'Stored method',
} as const satisfies Record<SessionKind, string>;

export const PROVIDERS = Object.fromEntries(Object.entries(DESCRIPTORS).map(([name, { label }]) => [name, label])) as Readonly<
  Record<TransactionProvider, string>
>;

export const MOVEMENTS = {
  PAYMENT: 'Payment',
  AUTHORIZATION: 'Authorization',
  ADD_PAYMENT_METHOD: 'Stored method',
  SETTLE: 'Settle',
  VOID: 'Void',
  REFUND: 'Refund',
  CHARGEBACK: 'Chargeback',
} as const satisfies Record<TransactionAction, string>;

export const NEXT_STEPS: Readonly<Record<SessionAction, string>> = {
  COLLECT_PAYMENT_METHOD: 'Waiting for the payer to enter a payment method.',
  AUTHENTICATE: 'Waiting for the payer to confirm at their bank.',
  WAIT: 'Nobody has to act: the provider or the gateway is at work.',
  SETTLE_OR_VOID: 'The money is held. Settle it to take it, or void it to let it go.',
  NONE: 'Nothing more is expected.',
};

export const DECLINE_REASONS: Readonly<Record<DeclineReason, string>> = {
  INSUFFICIENT_FUNDS: 'Insufficient funds',
  EXPIRED_CARD: 'Expired card',
  INCORRECT_DATA: 'Incorrect card data',
  LOST_OR_STOLEN: 'Lost or stolen card',
  FRAUD_SUSPECTED: 'Suspected fraud',
  AUTHENTICATION_REQUIRED: 'Authentication required',
  AUTHENTICATION_FAILED: 'Authentication failed',
  LIMIT_EXCEEDED: 'Limit exceeded',
  DO_NOT_RETRY: 'Do not retry',
  NOT_SUPPORTED: 'Not supported',
  TEMPORARY: 'Temporary problem at the bank',
  GENERIC: 'No reason given',
};

export const DECLINE_ADVICES: Readonly<Record<DeclineAdvice, string>> = {
  NEVER: 'The same payment method will not work again: ask for another one.',
  LATER: 'The same payment method may work after a while.',
  AFTER_CORRECTION: 'The same payment method may work once the payer corrects the data.',
  CUSTOMER_PRESENT: 'The same payment method may work when the payer takes part.',
};

export const SOURCES: Readonly<Record<EventSource, string>> = {
  API: 'API call',
  BROWSER: 'Payer’s browser',
  PROVIDER: 'Provider’s answer',
  WEBHOOK: 'Webhook',
  JOB: 'Background job',
  OPERATOR: 'Operator',
};

/** `transaction.hold_settled` as "Transaction hold settled". */
export function eventWords(type: string): string {
  const words = type.replaceAll('.', ' ').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export type Tone = 'good' | 'bad' | 'busy' | 'quiet' | 'warn';

export const STATUS_TONES: Readonly<Record<SessionStatus | TransactionStatus, Tone>> = {
  PENDING: 'busy',
  STARTED: 'busy',
  ACTIVE: 'busy',
  COMPLETED: 'good',
  SUCCEEDED: 'good',
  DECLINED: 'bad',
  FAILED: 'bad',
  ERROR: 'bad',
  CANCELED: 'quiet',
  EXPIRED: 'quiet',
  UNKNOWN: 'warn',
};
