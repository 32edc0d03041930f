import { addMs, HOUR_MS } from '../kernel/clock.ts';
import { pruneAttempts, pruneDeleted } from './delivery-store.ts';
import type { Deps } from './deps.ts';
import { pruneEndpoints } from './store.ts';

/**
 * Deletes attempts that are older than 30 days, and what was left of deleted endpoints, once an hour. Each call returns how many rows
 * it has deleted: none where nothing is due.
 */
export function createPruner(deps: Pick<Deps, 'database' | 'clock'>): () => Promise<number> {
  let nextAt = deps.clock.now();
  return async () => {
    const now = deps.clock.now();
    if (now < nextAt) return 0;
    const { client } = deps.database;
    const pruned = (await pruneAttempts(client, now)) + (await pruneDeleted(client));
    await pruneEndpoints(client);
    if (pruned === 0) nextAt = addMs(now, HOUR_MS);
    return pruned;
  };
}
