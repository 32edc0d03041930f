import type { EventSource } from '../events/event.ts';
import type { Result } from '../kernel/result.ts';
import { ok, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { callProvider } from '../operations/call.ts';
import { refuseFailedRead } from '../operations/refuse.ts';
import type { MovementReference } from '../providers/provider.ts';
import { applyMovement } from './apply-movement.ts';
import { refreshDispute } from './chargeback.ts';
import type { Deps } from './deps.ts';
import { resumeTransaction } from './money-call.ts';
import { findTransaction } from './read.ts';
import type { TransactionSelector } from './store.ts';
import { isSyncable, isUnsettled, type Transaction } from './transaction.ts';

/**
 * Asks the provider for the outcome of a transaction, applies it and returns the transaction as it stands afterwards. Changes nothing where nothing is new. Refuses with
 * TRANSACTION_NOT_FOUND, OPERATION_IN_PROGRESS, or PROVIDER_UNAVAILABLE when the provider does not answer.
 */
export async function syncTransaction(deps: Deps, scope: MerchantScope, by: TransactionSelector): Promise<Result<Transaction>> {
  const found = await findTransaction(deps, scope, by);
  return found.ok ? refreshTransaction(deps, found.value, 'API') : found;
}

/** The same for whoever holds the transaction already: the job runner and webhooks. */
export async function refreshTransaction(
  deps: Deps,
  transaction: Transaction,
  source: EventSource,
): Promise<Result<Transaction>> {
  if (!isSyncable(transaction)) return ok(transaction);
  const scope = scopeOf(transaction);
  if (transaction.attempt !== null && transaction.sessionId !== null) {
    const refreshed = await deps.sessions.refresh(scope, transaction.sessionId);
    return refreshed.ok ? findTransaction(deps, scope, { id: transaction.id }) : refreshed;
  }
  if (transaction.action === 'CHARGEBACK') return refreshDispute(deps, { transaction, source });
  if (!isUnsettled(transaction.status)) return fetchTransaction(deps, transaction, source);
  const resumed = await resumeTransaction(deps, scope, transaction.id);
  // Its own answer has just settled it, or still none has come.
  if (!resumed.ok || !isUnsettled(resumed.value.status) || resumed.value.providerCode === null) return resumed;
  return fetchTransaction(deps, resumed.value, source);
}

async function fetchTransaction(deps: Deps, transaction: Transaction, source: EventSource): Promise<Result<Transaction>> {
  const scope = scopeOf(transaction);
  const reference = await referenceOf(deps, scope, transaction);
  if (reference === null) return ok(transaction);
  const account = await deps.accounts.get(scope, transaction.providerAccountId);
  const result = await callProvider(deps, account, (call) => deps.provider(account.provider).fetchMovement(call, reference));
  if (!result.isAnswered) return refused(refuseFailedRead(result.failure, { transactionId: transaction.id }));
  const observedAt = deps.clock.now();
  const news = { scope, transactionId: transaction.id, movement: result.answer, source, observedAt };
  return ok(await deps.database.inTransaction((tx) => applyMovement(deps, tx, news)));
}

/** How the provider is asked for a movement; null when it cannot be. */
export async function referenceOf(
  deps: Pick<Deps, 'sessions'>,
  scope: MerchantScope,
  transaction: Transaction,
): Promise<MovementReference | null> {
  const { action, providerCode, id: transactionId, sessionId } = transaction;
  if (providerCode === null || action === 'ADD_PAYMENT_METHOD' || action === 'CHARGEBACK') return null;
  const session = sessionId === null ? null : await deps.sessions.reference(scope, sessionId);
  return { action, providerCode, transactionId, session };
}
