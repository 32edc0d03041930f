import { draftTransaction, inheritedFrom } from './draft.ts';
import type { NewTransaction } from './store.ts';
import type { Transaction } from './transaction.ts';

export interface ChildCall {
  readonly id: string;
  readonly action: 'SETTLE' | 'VOID' | 'REFUND' | 'CHARGEBACK';
  readonly amountMinor: bigint;
  readonly idempotencyKey: string | null;
  readonly inputFingerprint: string | null;
  readonly reason?: string | null;
}

/** A settle, void, refund or chargeback about to be recorded on the transaction that it acts on. */
export function childOf(parent: Transaction, call: ChildCall, now: Date): NewTransaction {
  const { sessionId, paymentMethodId, card, id: relatedTransactionId } = parent;
  return draftTransaction({ ...inheritedFrom(parent), sessionId, paymentMethodId, card, relatedTransactionId, ...call }, now);
}
