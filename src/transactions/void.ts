import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from './deps.ts';
import { endHold } from './end-hold.ts';
import { giveBack } from './give-back.ts';
import { findTransaction } from './read.ts';
import type { TransactionSelector } from './store.ts';
import type { Transaction } from './transaction.ts';

export interface VoidInput {
  readonly by: TransactionSelector;
  readonly idempotencyKey: string | null;
}

/**
 * Lets the money go that an authorization holds. Returns the VOID transaction. Keys and refusals are those of
 * `settleAuthorization`; at most one settle or void of an authorization can ever succeed.
 */
export async function voidAuthorization(deps: Deps, scope: MerchantScope, input: VoidInput): Promise<Result<Transaction>> {
  return endHold(deps, scope, { ...input, kind: 'VOID', requestedMinor: null });
}

/**
 * Undoes a transaction before its money was paid out: the hold of an authorization, or, where the provider can, a whole
 * payment. Refuses with UNSUPPORTED where only a refund is possible; other keys and refusals as in `voidAuthorization`.
 */
export async function voidTransaction(deps: Deps, scope: MerchantScope, input: VoidInput): Promise<Result<Transaction>> {
  const found = await findTransaction(deps, scope, input.by);
  if (!found.ok) return found;
  if (found.value.action === 'AUTHORIZATION') return voidAuthorization(deps, scope, input);
  return giveBack(deps, scope, {
    target: found.value,
    kind: 'VOID',
    requestedMinor: null,
    reason: null,
    idempotencyKey: input.idempotencyKey,
  });
}
