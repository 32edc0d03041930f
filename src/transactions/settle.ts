import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from './deps.ts';
import { endHold } from './end-hold.ts';
import type { TransactionSelector } from './store.ts';
import type { Transaction } from './transaction.ts';

export interface SettleInput {
  readonly by: TransactionSelector;
  /** At most what is held; the rest is released. Null settles all of it. */
  readonly amountMinor: bigint | null;
  readonly idempotencyKey: string | null;
}

/**
 * Takes the money that an authorization holds, once: what is not settled is released. Returns the SETTLE transaction,
 * whose status tells the outcome (UNKNOWN: the answer was lost and the gateway keeps asking). The same key and input give
 * the same transaction. Refuses with TRANSACTION_NOT_FOUND, INVALID_TRANSACTION_STATE, AMOUNT_EXCEEDS_AVAILABLE,
 * AMOUNT_NOT_SUPPORTED, UNSUPPORTED, OPERATION_IN_PROGRESS or IDEMPOTENCY_KEY_REUSED, and then nothing was sent.
 */
export async function settleAuthorization(deps: Deps, scope: MerchantScope, input: SettleInput): Promise<Result<Transaction>> {
  const { by, idempotencyKey, amountMinor } = input;
  return endHold(deps, scope, { kind: 'SETTLE', by, idempotencyKey, requestedMinor: amountMinor });
}
