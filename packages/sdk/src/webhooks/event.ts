import type {
  Currency,
  DeclineReason,
  SessionKind,
  SessionStatus,
  TransactionAction,
  TransactionStatus,
} from '../generated/graphql.ts';

const SESSION_EVENTS = [
  'session.created',
  'session.started',
  'session.authenticating',
  'session.processing',
  'session.closing',
  'session.mismatched',
  'session.paid_twice',
  'session.pending',
  'session.active',
  'session.completed',
  'session.declined',
  'session.canceled',
  'session.expired',
  'session.error',
  'session.unknown',
  'session.erased',
  'session.parked',
] as const;

const TRANSACTION_EVENTS = [
  'transaction.pending',
  'transaction.started',
  'transaction.succeeded',
  'transaction.failed',
  'transaction.declined',
  'transaction.canceled',
  'transaction.expired',
  'transaction.error',
  'transaction.unknown',
  'transaction.hold_settled',
  'transaction.hold_voided',
  'transaction.hold_expired',
  'transaction.parked',
  'transaction.returned_twice',
] as const;

const OTHER_EVENTS = [
  'operation.parked',
  'job.parked',
  'payment_method.stored',
  'payment_method.detached',
  'customer.erased',
  'webhook_endpoint.failing',
  'webhook_endpoint.disabled',
] as const;

/** Sent when somebody tests the endpoint. It stands in no log. */
const TEST_EVENT = 'webhook.test';

/** Every type of the gateway's log, in this version. */
export const WEBHOOK_EVENT_TYPES = [...SESSION_EVENTS, ...TRANSACTION_EVENTS, ...OTHER_EVENTS] as const;
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];

/** The session as it was when the message was sent, which may be later than the event. */
export interface WebhookSession {
  readonly id: string;
  readonly kind: SessionKind;
  readonly status: SessionStatus;
  /** Digits, in the smallest unit of the currency: "10000" in USD is $100.00. "0" where a payment method is only stored. */
  readonly amount: string;
  readonly currency: Currency;
  /** The shop’s own code, such as the number of the order. */
  readonly merchantInternalTransactionCode: string;
  readonly customerId: string | null;
}

/** The transaction as it was when the message was sent, which may be later than the event. */
export interface WebhookTransaction {
  readonly id: string;
  readonly action: TransactionAction;
  readonly status: TransactionStatus;
  /** Digits, in the smallest unit of the currency. */
  readonly amount: string;
  readonly currency: Currency;
  readonly providerCode: string | null;
  readonly relatedTransactionId: string | null;
  readonly declineReason: DeclineReason | null;
}

export interface WebhookData {
  /** The same over all attempts and replays, and the same as in the gateway’s log. */
  readonly eventId: string;
  readonly environment: 'TEST' | 'LIVE';
  /** A person should look at it. */
  readonly isAlert: boolean;
  /** The place among the events of its session, from 1 without gaps. Null for an event of no session. */
  readonly sequence: number | null;
  /** The place of the session’s event before this one that the endpoint gets. Null when this is the first. */
  readonly previousSequence: number | null;
  readonly session: WebhookSession | null;
  readonly transaction: WebhookTransaction | null;
  readonly paymentMethodId: string | null;
  readonly customerId: string | null;
}

interface Message<Type extends string, Data extends WebhookData = WebhookData> {
  readonly type: Type;
  /** When it happened, as in 2026-11-27T00:00:00.000Z. */
  readonly timestamp: string;
  readonly data: Data;
}

type SessionData = WebhookData & { readonly session: WebhookSession; readonly sequence: number };
type TransactionData = WebhookData & { readonly transaction: WebhookTransaction };

/**
 * A type that this version of the SDK does not know: any text. It is written as a pattern that no known type has, so that
 * comparing with a known type decides what the event holds. Take it as a `string` to compare it with others.
 */
export type UnknownEventType = `${string} (of a newer gateway)`;

/** An event of a gateway that is newer than this SDK. Answer 2xx, and leave it alone. */
export type UnknownWebhookEvent = Message<UnknownEventType>;

/** What an event is about follows from its type: `session.…` has a session, `transaction.…` has a transaction. */
export type KnownWebhookEvent =
  | { [Type in (typeof SESSION_EVENTS)[number]]: Message<Type, SessionData> }[(typeof SESSION_EVENTS)[number]]
  | { [Type in (typeof TRANSACTION_EVENTS)[number]]: Message<Type, TransactionData> }[(typeof TRANSACTION_EVENTS)[number]]
  | { [Type in (typeof OTHER_EVENTS)[number]]: Message<Type> }[(typeof OTHER_EVENTS)[number]]
  | Message<typeof TEST_EVENT>;

export type WebhookEvent = KnownWebhookEvent | UnknownWebhookEvent;

/** Whether this version of the SDK knows the type of the event. */
export function isKnownEvent(event: WebhookEvent): event is KnownWebhookEvent {
  return event.type === TEST_EVENT || (WEBHOOK_EVENT_TYPES as readonly string[]).includes(event.type);
}
