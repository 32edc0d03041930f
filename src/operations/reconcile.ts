import type { Deps } from './deps.ts';
import { runOperation } from './run.ts';
import { claimOperation, findDueOperations } from './store.ts';

/**
 * Makes one attempt at each operation whose pause is over or whose process died. Returns how many were attempted; at most
 * 20. Several gateways may do this at once: a claim goes to one.
 */
export async function reconcileDueOperations(deps: Deps): Promise<number> {
  const due = await findDueOperations(deps.database.client, deps.clock.now());
  let attempted = 0;
  for (const { id, ...scope } of due) {
    const operation = await claimOperation(deps, deps.database.client, { scope, id });
    if (operation === null) continue;
    await runOperation(deps, operation);
    attempted += 1;
  }
  return attempted;
}
