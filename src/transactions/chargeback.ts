import type { Tx } from '../database/database.ts';
import type { EventSource } from '../events/event.ts';
import { insertEvents } from '../events/store.ts';
import { newId } from '../kernel/ids.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { type CallResult, callProvider } from '../operations/call.ts';
import type { Deps } from '../operations/deps.ts';
import { refuseFailedRead } from '../operations/refuse.ts';
import type { Dispute, Movement, MovementStatus, ProviderAccount } from '../providers/provider.ts';
import { applyToLocked, nextPoll } from './apply-movement.ts';
import { childOf } from './child.ts';
import { findChargeback, insertTransaction, lockTransaction } from './store.ts';
import type { Transaction } from './transaction.ts';

/** Asks a provider about one dispute. Refuses with PROVIDER_UNAVAILABLE or PROVIDER_REJECTED, and then nothing was changed. */
export async function fetchDispute(deps: Deps, account: ProviderAccount, disputeCode: string): Promise<Result<Dispute>> {
  const result: CallResult<Dispute> = await callProvider(deps, account, (call) =>
    deps.provider(account.provider).fetchDispute(call, disputeCode),
  );
  return result.isAnswered ? ok(result.answer) : refused(refuseFailedRead(result.failure, {}));
}

/**
 * Records a dispute as the CHARGEBACK of the transaction that was disputed, once, and brings it up to date. It is PENDING while
 * the payer's bank decides, SUCCEEDED when the payer has the money, CANCELED when the merchant keeps it. Each step raises an alert
 * event. The sums of the disputed transaction stay: whether a refund is still possible is for the provider to say.
 */
export async function applyDispute(
  deps: Deps,
  news: { disputedId: string; scope: MerchantScope; dispute: Dispute; source: EventSource },
): Promise<Transaction> {
  const { scope, dispute, source } = news;
  const observedAt = deps.clock.now();
  return deps.database.inTransaction(async (tx) => {
    const disputed = await lockTransaction(tx, scope, news.disputedId);
    if (disputed === null) throw new Error(`Transaction ${news.disputedId} does not exist.`);
    const known = await findChargeback(tx, disputed, dispute.providerCode);
    const transaction = known ?? (await recordChargeback(deps, tx, { disputed, dispute, source }));
    const locked = (await lockTransaction(tx, scope, transaction.id)) ?? transaction;
    return applyToLocked(deps, tx, { transaction: locked, news: { movement: toMovement(dispute), source, observedAt } });
  });
}

/** The same for a chargeback that is known: asked again because someone wants to know, or because a day has passed. */
export async function refreshDispute(
  deps: Deps,
  wanted: { transaction: Transaction; source: EventSource },
): Promise<Result<Transaction>> {
  const { transaction, source } = wanted;
  const { providerCode, relatedTransactionId } = transaction;
  if (providerCode === null || relatedTransactionId === null) return ok(transaction);
  const scope = scopeOf(transaction);
  const account = await deps.accounts.get(scope, transaction.providerAccountId);
  const dispute = await fetchDispute(deps, account, providerCode);
  if (!dispute.ok) return dispute;
  return ok(await applyDispute(deps, { disputedId: relatedTransactionId, scope, dispute: dispute.value, source }));
}

async function recordChargeback(
  deps: Deps,
  tx: Tx,
  news: { disputed: Transaction; dispute: Dispute; source: EventSource },
): Promise<Transaction> {
  const { disputed, dispute, source } = news;
  const now = deps.clock.now();
  const { amountMinor, currency } = dispute.money;
  const child = { id: newId(now), action: 'CHARGEBACK', amountMinor, idempotencyKey: null, inputFingerprint: null } as const;
  const { providerCode, reason } = dispute;
  const draft = childOf(disputed, child, now);
  const transaction = { ...draft, currency, providerCode, reason, nextCheckAt: nextPoll(draft, now) };
  await insertTransaction(tx, scopeOf(disputed), { transaction, now });
  const subject = { sessionId: disputed.sessionId, transactionId: transaction.id, customerId: disputed.customerId };
  const data = { action: 'CHARGEBACK', amount: amountMinor.toString(), currency, relatedTransactionId: disputed.id };
  deps.count('alerts', 'transaction.pending');
  await insertEvents(tx, { scope: scopeOf(disputed), source, now }, [
    { ...subject, type: 'transaction.pending', isAlert: true, data },
  ]);
  return { ...transaction, version: 1 };
}

const STATUSES: Readonly<Record<Dispute['status'], MovementStatus>> = {
  open: 'processing',
  lost: 'succeeded',
  won: 'canceled',
  unknown: 'unknown',
};

function toMovement({ providerCode, status, money }: Dispute): Movement {
  const nothing = { decline: null, failureCode: null, card: null, storedMethod: null, hold: null, capturableUntil: null };
  return { ...nothing, providerCode, status: STATUSES[status], money };
}
