import { insertJob } from '../jobs/store.ts';
import type { Deps } from '../operations/deps.ts';
import type { ProviderAccount, ProviderName, WebhookRejection, WebhookRequest } from '../providers/provider.ts';
import { countRejection, insertDelivery } from './store.ts';

export type RejectionReason = 'unknown-account' | WebhookRejection;
export type IntakeResult = { readonly isAccepted: true } | { readonly isAccepted: false; readonly reason: RejectionReason };

export const PROCESS_WEBHOOK = 'process-webhook';

export interface IntakeDeps extends Pick<Deps, 'database' | 'clock' | 'provider' | 'count' | 'wakeJobs'> {
  /** The account whose webhook path holds this secret. */
  readonly findAccountByWebhookSecret: (secret: string) => Promise<ProviderAccount | null>;
}

/**
 * Takes one notification: verifies the raw bytes before anything is parsed, stores it once with the job that will process
 * it, and returns, so that the provider is answered quickly. A notification is a hint and moves nothing by itself.
 */
export async function receiveWebhook(
  deps: IntakeDeps,
  notification: { provider: ProviderName; pathSecret: string; request: WebhookRequest },
): Promise<IntakeResult> {
  const account = await deps.findAccountByWebhookSecret(notification.pathSecret);
  if (account === null || account.provider !== notification.provider) return reject(deps, 'unknown-account');
  const now = deps.clock.now();
  const verdict = deps.provider(account.provider).verifyWebhook(account, notification.request, now);
  if (!verdict.isVerified) {
    await countRejection(deps.database.client, account, { reason: verdict.rejection, now });
    return reject(deps, verdict.rejection);
  }
  const isNew = await deps.database.inTransaction(async (tx) => {
    const delivery = await insertDelivery(tx, account, { hint: verdict.hint, now });
    const job = { kind: PROCESS_WEBHOOK, key: `${PROCESS_WEBHOOK}:${delivery.id}`, payload: { id: delivery.id }, runAt: now };
    if (delivery.isNew) await insertJob(tx, job, now);
    return delivery.isNew;
  });
  deps.count('webhooks', isNew ? 'accepted' : 'repeated');
  deps.wakeJobs();
  return { isAccepted: true };
}

function reject(deps: IntakeDeps, reason: RejectionReason): IntakeResult {
  deps.count('webhooks', reason);
  return { isAccepted: false, reason };
}
