import { addMs, HOUR_MS } from '../kernel/clock.ts';
import { pruneAttempts } from './delivery-store.ts';
import type { Deps } from './deps.ts';

/** Deletes attempts that are older than 30 days, once an hour. Each call returns how many it has deleted: none where nothing is due. */
export function createPruner(deps: Pick<Deps, 'database' | 'clock'>): () => Promise<number> {
  let nextAt = deps.clock.now();
  return async () => {
    const now = deps.clock.now();
    if (now < nextAt) return 0;
    const pruned = await pruneAttempts(deps.database.client, now);
    if (pruned === 0) nextAt = addMs(now, HOUR_MS);
    return pruned;
  };
}
