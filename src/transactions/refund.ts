import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import { giveBack } from './give-back.ts';
import { findTransaction } from './read.ts';
import { findLiveEnding, type TransactionSelector } from './store.ts';

import type { Transaction } from './transaction.ts';

export interface RefundInput {
  readonly by: TransactionSelector;
  /** Null refunds all that is left. */
  readonly amountMinor: bigint | null;
  /** The merchant's own words; passed on where the provider takes them. */
  readonly reason: string | null;
  readonly idempotencyKey: string | null;
}

/**
 * Pays captured money back; several partial refunds add up to at most what was captured. Of a settled authorization, its
 * settle is refunded. Returns the REFUND transaction, which may be PENDING for days at some providers. The same key and
 * input give the same transaction. Refuses with TRANSACTION_NOT_FOUND, INVALID_TRANSACTION_STATE, AMOUNT_EXCEEDS_AVAILABLE,
 * AMOUNT_NOT_SUPPORTED, UNSUPPORTED, OPERATION_IN_PROGRESS or IDEMPOTENCY_KEY_REUSED, and then nothing was sent.
 */
export async function refundTransaction(deps: Deps, scope: MerchantScope, input: RefundInput): Promise<Result<Transaction>> {
  const found = await findTransaction(deps, scope, input.by);
  if (!found.ok) return found;
  const settle = found.value.action === 'AUTHORIZATION' ? await findLiveEnding(deps.database.client, found.value) : null;
  const target = settle?.action === 'SETTLE' ? settle : found.value;
  const { amountMinor, reason, idempotencyKey } = input;
  return giveBack(deps, scope, { target, kind: 'REFUND', requestedMinor: amountMinor, reason, idempotencyKey });
}
