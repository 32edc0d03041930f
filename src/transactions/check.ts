import type { Tx } from '../database/database.ts';
import { type Due, saveFailedLook, saveNextLook } from '../database/due.ts';
import { insertEvents } from '../events/store.ts';
import { addMs, DAY_MS } from '../kernel/clock.ts';
import type { DueWork, Share } from '../kernel/due-work.ts';
import { scopeOf } from '../kernel/scope.ts';
import { callProvider } from '../operations/call.ts';
import { refuseFailedRead } from '../operations/refuse.ts';
import { applyDispute } from './chargeback.ts';
import type { Deps } from './deps.ts';
import {
  isAskedForDisputes,
  isDisputeLookDue,
  isGivenUp,
  nextDisputeLook,
  nextPoll,
  nextRefundLook,
  repeatDisputeLook,
} from './due.ts';
import { claimDueTransactions } from './store.ts';
import { referenceOf, refreshTransaction } from './sync.ts';
import { isUnsettled, type Transaction } from './transaction.ts';

/**
 * Claims looks at transactions that are due: those in progress at their provider, and holds that may have run out. A look that breaks off pauses its own transaction only, and is parked with an alert when it
 * breaks off for more than a day.
 */
export async function checkDueTransactions(deps: Deps, share: Share): Promise<readonly DueWork[]> {
  const claimed = await claimDueTransactions(deps.database.client, { now: deps.clock.now(), share });
  return claimed.map(({ transaction, due }) => ({
    accountId: transaction.providerAccountId,
    run: () => look(deps, transaction, due),
  }));
}

async function look(deps: Deps, transaction: Transaction, due: Due): Promise<void> {
  try {
    await saveNextLook(deps.database.client, 'transactions', { due, nextCheckAt: await checkTransaction(deps, transaction) });
  } catch (error) {
    deps.log.error({ transactionId: transaction.id, error }, 'a transaction could not be checked');
    await postpone(deps, transaction, due);
  }
}

async function postpone(deps: Deps, transaction: Transaction, due: Due): Promise<void> {
  const now = deps.clock.now();
  await deps.database.inTransaction(async (tx) => {
    if ((await saveFailedLook(tx, 'transactions', { due, now })) === 'postponed') return;
    await recordParked(deps, tx, transaction);
  });
}

/** An alert: the gateway asks about the transaction no more. */
async function recordParked(deps: Pick<Deps, 'count' | 'clock'>, tx: Tx, transaction: Transaction): Promise<void> {
  deps.count('alerts', 'transaction.parked');
  const { id: transactionId, sessionId, customerId, action } = transaction;
  await insertEvents(tx, { scope: scopeOf(transaction), source: 'JOB', now: deps.clock.now() }, [
    { transactionId, sessionId, customerId, type: 'transaction.parked', isAlert: true, data: { action } },
  ]);
}

/** Not every provider reports that a hold has run out: it is asked for so long after the hold's end. */
const HOLD_WATCHED_MS = DAY_MS;

/** Returns when to look again; null when never. */
async function checkTransaction(deps: Deps, claimed: Transaction): Promise<Date | null> {
  const provider = deps.provider(claimed.provider);
  if (isAskedForDisputes(provider, claimed) && isDisputeLookDue(claimed, deps.clock.now())) return lookForDisputes(deps, claimed);
  const refreshed = await refreshTransaction(deps, claimed, 'JOB');
  const now = deps.clock.now();
  const transaction = refreshed.ok ? refreshed.value : claimed;
  const { status, hold, capturableUntil } = transaction;
  const isHoldWatched = hold === 'HELD' && now < addMs(capturableUntil ?? now, HOLD_WATCHED_MS);
  const isWatchedRefund = transaction.action === 'REFUND' && status === 'SUCCEEDED';
  if (isWatchedRefund) return nextRefundLook(transaction, now);
  const isWatched = !refreshed.ok || isUnsettled(status) || isHoldWatched;
  if (!isWatched) return nextDisputeLook(provider, transaction, now);
  if (!isGivenUp(transaction, now)) return nextPoll(transaction, now);
  await deps.database.inTransaction((tx) => recordParked(deps, tx, transaction));
  return null;
}

/**
 * Asks the provider for the disputes of a captured payment and records what is new, so that a dispute is noticed without a
 * notification. Returns when to ask again; null when never.
 */
export async function lookForDisputes(deps: Deps, disputed: Transaction): Promise<Date | null> {
  const provider = deps.provider(disputed.provider);
  const scope = scopeOf(disputed);
  const reference = await referenceOf(deps, scope, disputed);
  if (reference === null) return null;
  const account = await deps.accounts.get(scope, disputed.providerAccountId);
  const result = await callProvider(deps, account, (call) => provider.findDisputes(call, reference));
  const now = deps.clock.now();
  if (!result.isAnswered) {
    const isAway = refuseFailedRead(result.failure, {}).code === 'PROVIDER_UNAVAILABLE';
    return isAway ? repeatDisputeLook(provider, disputed, now) : nextDisputeLook(provider, disputed, now);
  }
  for (const dispute of result.answer) await applyDispute(deps, { disputedId: disputed.id, scope, dispute, source: 'JOB' });
  return nextDisputeLook(provider, disputed, now);
}
