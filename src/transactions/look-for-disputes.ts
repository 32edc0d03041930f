import { scopeOf } from '../kernel/scope.ts';
import { callProvider } from '../operations/call.ts';
import { refuseFailedRead } from '../operations/refuse.ts';
import { applyDispute } from './chargeback.ts';
import type { Deps } from './deps.ts';
import { nextDisputeLook, repeatDisputeLook } from './dispute-schedule.ts';
import { referenceOf } from './sync.ts';
import type { Transaction } from './transaction.ts';

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
