import type { JobHandler } from '../jobs/job.ts';
import type { Deps } from '../operations/deps.ts';
import type { Delivery } from './store.ts';
import { findDelivery, saveVerdict } from './store.ts';

/** Asks the provider again about whatever the reference names. False when nothing of ours has it. */
export type Refresh = (deps: Deps, delivery: Delivery, providerCode: string) => Promise<boolean>;

/** Processes a stored notification. Throws while the provider cannot be asked, so that the job is tried again. */
export function createWebhookProcessor(refresh: Refresh): JobHandler {
  return async (deps, payload) => {
    const delivery = await findDelivery(deps.database.client, (payload as { id: string }).id);
    if (delivery === null) return;
    let isOurs = false;
    for (const providerCode of delivery.providerCodes) {
      if (await refresh(deps, delivery, providerCode)) isOurs = true;
    }
    if (!isOurs) deps.count('webhooks', 'ignored');
    const verdict = isOurs ? 'PROCESSED' : 'IGNORED';
    await saveVerdict(deps.database.client, delivery, { verdict, now: deps.clock.now() });
  };
}
