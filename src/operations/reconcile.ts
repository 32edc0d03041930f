import type { DueWork, Share } from '../kernel/due-work.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from './deps.ts';
import { recordParked } from './park.ts';
import { runOperation } from './run.ts';
import { claimOperation, findDueOperations, postponeOperation } from './store.ts';

/**
 * Lists operations whose pause is over or whose process died, for one attempt each. An attempt claims its operation first: several
 * gateways may do this at once, and one that is stopped leaves what it has not begun as it was. One that breaks off postpones its own
 * operation only.
 */
export async function reconcileDueOperations(deps: Deps, share: Share): Promise<readonly DueWork[]> {
  const due = await findDueOperations(deps.database.client, { now: deps.clock.now(), share });
  return due.map(({ id, providerAccountId: accountId, ...scope }) => ({ accountId, run: () => attempt(deps, scope, id) }));
}

async function attempt(deps: Deps, scope: MerchantScope, id: string): Promise<void> {
  try {
    const operation = await claimOperation(deps, deps.database.client, { scope, id });
    if (operation !== null) await runOperation(deps, operation);
  } catch (error) {
    deps.log.error({ operationId: id, error }, 'an operation could not be run');
    await postpone(deps, scope, id);
  }
}

async function postpone(deps: Deps, scope: MerchantScope, id: string): Promise<void> {
  await deps.database.inTransaction(async (tx) => {
    const parked = await postponeOperation(deps, tx, { scope, id });
    if (parked !== null) await recordParked(deps, tx, { scope, operation: parked, failure: 'gateway_error' });
  });
}
