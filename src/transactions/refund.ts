import { ok, type Result } from '../kernel/result.ts';
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
  const target = await findCaptured(deps, scope, input.by);
  if (!target.ok) return target;
  const { amountMinor, reason, idempotencyKey } = input;
  return giveBack(deps, scope, { target: target.value, kind: 'REFUND', requestedMinor: amountMinor, reason, idempotencyKey });
}

/**
 * `refundTransaction` for callers that have no key to send: each call is a refund of its own, but one that equals a refund still under
 * way (PENDING, STARTED or UNKNOWN) returns that one, because a caller whose answer was lost repeats itself.
 */
export async function refundOrJoin(
  deps: Deps,
  scope: MerchantScope,
  input: Omit<RefundInput, 'idempotencyKey'>,
): Promise<Result<Transaction>> {
  const target = await findCaptured(deps, scope, input.by);
  if (!target.ok) return target;
  const { amountMinor: requestedMinor, reason } = input;
  const call = { kind: 'REFUND', requestedMinor, reason, idempotencyKey: null, joinsEqual: true } as const;
  return giveBack(deps, scope, { ...call, target: target.value });
}

/** Of a settled authorization its settle, of anything else itself. */
async function findCaptured(deps: Deps, scope: MerchantScope, by: TransactionSelector): Promise<Result<Transaction>> {
  const found = await findTransaction(deps, scope, by);
  if (!found.ok || found.value.action !== 'AUTHORIZATION') return found;
  const ending = await findLiveEnding(deps.database.client, found.value);
  return ending?.action === 'SETTLE' ? ok(ending) : found;
}
