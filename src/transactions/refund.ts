import { ok, type Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from './deps.ts';
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
  /** Whether an equal refund that is still under way is returned instead of made again. */
  readonly joinsEqual?: boolean;
}

/**
 * Pays captured money back; several partial refunds add up to at most what was captured. Of a settled authorization, its
 * settle is refunded. Returns the REFUND transaction, which may be PENDING for days at some providers. The same key and
 * input give the same transaction. Refuses with TRANSACTION_NOT_FOUND, INVALID_TRANSACTION_STATE, AMOUNT_EXCEEDS_AVAILABLE,
 * AMOUNT_NOT_SUPPORTED, UNSUPPORTED, OPERATION_IN_PROGRESS or IDEMPOTENCY_KEY_REUSED, and then nothing was sent.
 */
export async function refundTransaction(deps: Deps, scope: MerchantScope, input: RefundInput): Promise<Result<Transaction>> {
  const { by, amountMinor: requestedMinor, ...call } = input;
  const target = await findCaptured(deps, scope, by);
  return target.ok ? giveBack(deps, scope, { kind: 'REFUND', target: target.value, requestedMinor, ...call }) : target;
}

/**
 * `refundTransaction` for callers that have no key to send: each call is a refund of its own, but one that equals a refund still under
 * way (PENDING, STARTED or UNKNOWN) returns that one, because a caller whose answer was lost repeats itself.
 */
export async function refundOrJoin(
  deps: Deps,
  scope: MerchantScope,
  input: Omit<RefundInput, 'idempotencyKey' | 'joinsEqual'>,
): Promise<Result<Transaction>> {
  return refundTransaction(deps, scope, { ...input, idempotencyKey: null, joinsEqual: true });
}

/** Of a settled authorization its settle, of anything else itself. */
async function findCaptured(deps: Deps, scope: MerchantScope, by: TransactionSelector): Promise<Result<Transaction>> {
  const found = await findTransaction(deps, scope, by);
  if (!found.ok || found.value.action !== 'AUTHORIZATION') return found;
  const ending = await findLiveEnding(deps.database.client, found.value);
  return ending?.action === 'SETTLE' ? ok(ending) : found;
}
