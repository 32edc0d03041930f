import type { MerchantScope } from '../kernel/scope.ts';

/** A delivery that this process may attempt now, with all that its message says. */
export interface DueDelivery extends MerchantScope {
  readonly id: string;
  readonly endpointId: string;
  /** The lease: no other process attempts the delivery before. */
  readonly leaseUntil: Date;
  /** Attempts before this one. */
  readonly attempts: number;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly isAlert: boolean;
    readonly sequence: number | null;
    readonly previousSequence: number | null;
    readonly customerId: string | null;
    readonly paymentMethodId: string | null;
    readonly createdAt: Date;
  };
  readonly session: Subject | null;
  readonly transaction:
    | (Subject & { readonly relatedTransactionId: string | null; readonly declineReason: string | null })
    | null;
}

interface Subject {
  readonly id: string;
  /** The kind of a session, the action of a transaction. */
  readonly kind: string;
  readonly status: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** The merchant's own code of a session, the provider's of a transaction. */
  readonly code: string | null;
  readonly customerId: string | null;
}

/**
 * The body of a message: ids, statuses, codes, and amounts as digits of the smallest unit; never a name, a mail address or a postal
 * address. Session and transaction are as they are now, which may be later than the event.
 */
export function toBody({
  environment,
  event,
  session,
  transaction,
}: Pick<DueDelivery, 'environment' | 'event' | 'session' | 'transaction'>): string {
  const { id: eventId, isAlert, sequence, previousSequence, customerId, paymentMethodId } = event;
  const data = {
    eventId,
    environment,
    isAlert,
    sequence,
    previousSequence,
    session: session && {
      id: session.id,
      kind: session.kind,
      status: session.status,
      amount: session.amountMinor.toString(),
      currency: session.currency,
      merchantInternalTransactionCode: session.code,
      customerId: session.customerId,
    },
    transaction: transaction && {
      id: transaction.id,
      action: transaction.kind,
      status: transaction.status,
      amount: transaction.amountMinor.toString(),
      currency: transaction.currency,
      providerCode: transaction.code,
      relatedTransactionId: transaction.relatedTransactionId,
      declineReason: transaction.declineReason,
    },
    paymentMethodId,
    customerId,
  };
  return JSON.stringify({ type: event.type, timestamp: event.createdAt.toISOString(), data });
}
