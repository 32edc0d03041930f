import type { JobHandler } from '../jobs/job.ts';
import type { Deps } from './deps.ts';
import type { Delivery } from './store.ts';
import { findDelivery, verdictPart } from './store.ts';

/** Asks the provider again about whatever a delivery names. False when nothing of it is ours. */
export type ApplyHint = (delivery: Delivery) => Promise<boolean>;

/** Processes a stored notification. Throws while the provider cannot be asked, so that the job is tried again. */
export function createWebhookProcessor(deps: Pick<Deps, 'database' | 'clock' | 'count'>, applyHint: ApplyHint): JobHandler {
  return async (payload) => {
    const delivery = await findDelivery(deps.database.client, (payload as { id: string }).id);
    if (delivery === null) return [];
    const isOurs = await applyHint(delivery);
    if (!isOurs) deps.count('webhooks', 'ignored');
    const verdict = isOurs ? 'PROCESSED' : 'IGNORED';
    return [verdictPart(delivery, { verdict, now: deps.clock.now() })];
  };
}
