import type { Deps } from '../operations/deps.ts';
import { nextPoll } from './apply-movement.ts';
import { claimDueTransactions, saveNextCheck } from './store.ts';
import { refreshTransaction } from './sync.ts';
import { isUnsettled, type Transaction } from './transaction.ts';

/**
 * Looks at transactions that are due: those in progress at their provider, and holds that may have run out. Returns how
 * many it looked at; at most 20.
 */
export async function checkDueTransactions(deps: Deps): Promise<number> {
  const due = await claimDueTransactions(deps.database.client, deps.clock.now());
  for (const transaction of due) {
    await checkTransaction(deps, transaction).catch((error: unknown) => {
      deps.log.error({ transactionId: transaction.id, error }, 'a transaction could not be checked');
    });
  }
  return due.length;
}

async function checkTransaction(deps: Deps, transaction: Transaction): Promise<void> {
  const refreshed = await refreshTransaction(deps, transaction, 'JOB');
  if (!refreshed.ok) return;
  const isStillOpen = isUnsettled(refreshed.value.status) || refreshed.value.hold === 'HELD';
  const now = deps.clock.now();
  const nextCheckAt = isStillOpen ? nextPoll(transaction, now) : null;
  await saveNextCheck(deps.database.client, refreshed.value, nextCheckAt);
}
