import { scopeOf } from '../kernel/scope.ts';
import type { NewTransaction } from './store.ts';
import type { Transaction } from './transaction.ts';

const NOTHING_KNOWN_YET = {
  paymentMethodId: null,
  relatedTransactionId: null,
  status: 'PENDING',
  attempt: null,
  providerCode: null,
  isProcessing: false,
  decline: null,
  failureCode: null,
  reason: null,
  card: null,
  hold: null,
  capturableUntil: null,
  settledAmountMinor: 0n,
  refundedAmountMinor: 0n,
  refundReservedMinor: 0n,
  disputedAmountMinor: 0n,
  observedAt: null,
  endedAt: null,
  erasedAt: null,
  version: 0,
  idempotencyKey: null,
  inputFingerprint: null,
  nextCheckAt: null,
} as const;

type Given = Omit<NewTransaction, keyof typeof NOTHING_KNOWN_YET | 'createdAt' | 'updatedAt'> & Partial<NewTransaction>;

/** A transaction about to be recorded: PENDING, and nothing known of it but what is given. */
export function draftTransaction(given: Given, now: Date): NewTransaction {
  return { ...NOTHING_KNOWN_YET, createdAt: now, updatedAt: now, ...given };
}

/** What every transaction of one session, or on one other transaction, has in common with it. */
export function inheritedFrom(
  origin: Pick<
    Transaction,
    | 'merchantId'
    | 'environment'
    | 'providerAccountId'
    | 'provider'
    | 'customerId'
    | 'currency'
    | 'merchantInternalTransactionCode'
    | 'erasedAt'
  >,
) {
  const { providerAccountId, provider, customerId, currency, merchantInternalTransactionCode, erasedAt } = origin;
  return { ...scopeOf(origin), providerAccountId, provider, customerId, currency, merchantInternalTransactionCode, erasedAt };
}

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
