import { commit } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import type { EventSource, NewEvent } from '../events/event.ts';
import { eventsPart } from '../events/store.ts';
import { newId } from '../kernel/ids.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { type CallResult, callProvider } from '../operations/call.ts';
import { refuseFailedRead } from '../operations/refuse.ts';
import type { Dispute, Movement, MovementStatus, ProviderAccount } from '../providers/provider.ts';
import { BARE_MOVEMENT } from '../providers/shapes.ts';
import { applyToLocked, returnedTwice } from './apply-movement.ts';
import type { Deps } from './deps.ts';
import { childOf } from './draft.ts';
import { nextPoll } from './due.ts';
import { disputeSumPart, lockChargeback, lockTransaction, transactionPart } from './store.ts';
import { isReturnedTwice, type Transaction } from './transaction.ts';

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
 * event. While it is PENDING, UNKNOWN or SUCCEEDED its amount cannot be refunded; refunds that were made before it are an alert.
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
    const find = () => lockChargeback(tx, disputed, dispute.providerCode);
    // Concurrent news of one dispute meets the one row.
    const chargeback = (await find()) ?? (await recordChargeback(deps, tx, { disputed, dispute, source })) ?? (await find());
    if (chargeback === null) throw new Error(`Dispute ${dispute.providerCode} has no chargeback after one was recorded.`);
    return applyToLocked(deps, tx, { transaction: chargeback, news: { movement: toMovement(dispute), source, observedAt } });
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

/** Null when it is recorded already. */
async function recordChargeback(
  deps: Pick<Deps, 'clock' | 'count'>,
  tx: Tx,
  news: { disputed: Transaction; dispute: Dispute; source: EventSource },
): Promise<Transaction | null> {
  const { disputed, dispute, source } = news;
  const now = deps.clock.now();
  const { amountMinor, currency } = dispute.money;
  const child = { id: newId(now), action: 'CHARGEBACK', amountMinor, idempotencyKey: null, inputFingerprint: null } as const;
  const { providerCode, reason } = dispute;
  const draft = childOf(disputed, child, now);
  const transaction = { ...draft, currency, providerCode, reason, nextCheckAt: nextPoll(draft, now) };
  const countedMinor = currency === disputed.currency ? amountMinor : disputed.amountMinor;
  const counted = { ...disputed, disputedAmountMinor: disputed.disputedAmountMinor + countedMinor };
  const subject = { sessionId: disputed.sessionId, transactionId: transaction.id, customerId: disputed.customerId };
  const data = { action: 'CHARGEBACK', amount: amountMinor.toString(), currency, relatedTransactionId: disputed.id };
  const isTwice = dispute.status !== 'won' && isReturnedTwice(counted);
  const events: readonly NewEvent[] = [
    { ...subject, type: 'transaction.pending', isAlert: true, data },
    ...(isTwice ? [returnedTwice(counted)] : []),
  ];
  const others = [disputeSumPart(transaction, 'opened'), eventsPart({ scope: scopeOf(disputed), source, now }, events)];
  if (!(await commit(tx, transactionPart(scopeOf(disputed), { transaction, now }), others))) return null;
  for (const { type } of events) deps.count('alerts', type);
  return { ...transaction, version: 1 };
}

const STATUSES: Readonly<Record<Dispute['status'], MovementStatus>> = {
  open: 'processing',
  lost: 'succeeded',
  won: 'canceled',
  unknown: 'unknown',
};

/** Without an amount: it may change while the dispute goes on, and what was disputed first stands. */
function toMovement({ providerCode, status }: Dispute): Movement {
  return { ...BARE_MOVEMENT, providerCode, status: STATUSES[status] };
}
