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
  const { sessionId, paymentMethodId, card, id: relatedTransactionId, erasedAt } = parent;
  const fields = { ...inheritedFrom(parent), sessionId, paymentMethodId, card, relatedTransactionId, ...call };
  // A text of the merchant's is not kept beside a payer who was erased. What a dispute is called is the bank's word.
  const isTextErased = erasedAt !== null && call.action !== 'CHARGEBACK';
  return draftTransaction({ ...fields, reason: isTextErased ? null : (call.reason ?? null) }, now);
}
