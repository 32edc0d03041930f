import type { NewTransaction } from './store.ts';
import type { Transaction } from './transaction.ts';

/** A settle, void or refund about to be recorded on the transaction that it acts on. */
export function childOf(
  parent: Transaction,
  call: {
    id: string;
    action: 'SETTLE' | 'VOID' | 'REFUND';
    amountMinor: bigint;
    idempotencyKey: string | null;
    fingerprint: string;
    reason?: string | null;
  },
): NewTransaction {
  return {
    id: call.id,
    merchantId: parent.merchantId,
    environment: parent.environment,
    providerAccountId: parent.providerAccountId,
    provider: parent.provider,
    sessionId: parent.sessionId,
    customerId: parent.customerId,
    paymentMethodId: parent.paymentMethodId,
    relatedTransactionId: parent.id,
    action: call.action,
    status: 'PENDING',
    amountMinor: call.amountMinor,
    currency: parent.currency,
    merchantInternalTransactionCode: parent.merchantInternalTransactionCode,
    attempt: null,
    providerCode: null,
    decline: null,
    failureCode: null,
    reason: call.reason ?? null,
    card: parent.card,
    hold: null,
    capturableUntil: null,
    observedAt: null,
    endedAt: null,
    idempotencyKey: call.idempotencyKey,
    inputFingerprint: call.fingerprint,
    nextCheckAt: null,
  };
}
