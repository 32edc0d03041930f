import type { JsonObject } from '../kernel/json.ts';

/** Who brought the news. */
export const EVENT_SOURCES = ['API', 'BROWSER', 'PROVIDER', 'WEBHOOK', 'JOB', 'OPERATOR'] as const;
export type EventSource = (typeof EVENT_SOURCES)[number];

/**
 * Everything that is recorded. `session.<status>` and `transaction.<status>`: a status was reached. `….parked`: the gateway has
 * stopped trying by itself, and a person must look.
 * `transaction.returned_twice`: refunds and disputes of it are together more than was taken.
 */
export const EVENT_TYPES = [
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
  'session.parked',
  'transaction.parked',
  'transaction.returned_twice',
  'operation.parked',
  'job.parked',
  'payment_method.stored',
  'payment_method.detached',
  'customer.erased',
  'webhook_endpoint.failing',
  'webhook_endpoint.disabled',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** The event that tells that a status was reached. */
export function reached<Subject extends 'session' | 'transaction', Status extends string>(
  subject: Subject,
  status: Status,
): `${Subject}.${Lowercase<Status>}` {
  return `${subject}.${status.toLowerCase() as Lowercase<Status>}`;
}

/** One entry of the append-only log. Holds ids and plain facts, never a name, an address, a token or a card. */
export interface GatewayEvent {
  readonly id: string;
  readonly type: EventType;
  readonly source: EventSource;
  /** A person should look at it. */
  readonly isAlert: boolean;
  readonly sessionId: string | null;
  readonly transactionId: string | null;
  readonly customerId: string | null;
  /** The place among the events of its session, from 1 without gaps. Null for an event of no session. */
  readonly sequence: number | null;
  readonly data: JsonObject;
  readonly createdAt: Date;
}

export interface NewEvent {
  readonly type: EventType;
  readonly isAlert?: boolean;
  readonly sessionId?: string | null;
  readonly transactionId?: string | null;
  readonly customerId?: string | null;
  readonly data?: JsonObject;
}
