import type { JobHandler } from '../jobs/job.ts';
import type { Deps } from '../operations/deps.ts';
import type { Delivery } from './store.ts';
import { findDelivery, saveVerdict } from './store.ts';

/** Asks the provider again about whatever a delivery names. False when nothing of it is ours. */
export type ApplyHint = (deps: Deps, delivery: Delivery) => Promise<boolean>;

/** Processes a stored notification. Throws while the provider cannot be asked, so that the job is tried again. */
export function createWebhookProcessor(applyHint: ApplyHint): JobHandler {
  return async (deps, payload) => {
    const delivery = await findDelivery(deps.database.client, (payload as { id: string }).id);
    if (delivery === null) return;
    const isOurs = await applyHint(deps, delivery);
    if (!isOurs) deps.count('webhooks', 'ignored');
    const verdict = isOurs ? 'PROCESSED' : 'IGNORED';
    await saveVerdict(deps.database.client, delivery, { verdict, now: deps.clock.now() });
  };
}
