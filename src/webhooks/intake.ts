import { commit } from '../database/commit.ts';
import { jobPart, resumeJobs } from '../jobs/store.ts';
import { newId } from '../kernel/ids.ts';
import type { ProviderAccount, ProviderName, WebhookRejection, WebhookRequest } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import { countRejection, countRepeat, deliveryPart } from './store.ts';

export type RejectionReason = 'unknown-account' | WebhookRejection;
export type IntakeResult = { readonly isAccepted: true } | { readonly isAccepted: false; readonly reason: RejectionReason };

export const PROCESS_WEBHOOK = 'process-webhook';

export interface IntakeDeps extends Pick<Deps, 'database' | 'clock' | 'provider' | 'count' | 'wakeJobs'> {
  /** The account whose webhook path holds this secret. */
  readonly findAccountByWebhookSecret: (secret: string) => Promise<ProviderAccount | null>;
}

/**
 * Takes one notification: verifies the raw bytes before anything is parsed, stores it once with the job that will process
 * it, and returns, so that the provider is answered quickly. A notification is a hint and moves nothing by itself. One that comes
 * again lets its job run again, should that be parked.
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
  const { client } = deps.database;
  const id = newId(now);
  const job = { kind: PROCESS_WEBHOOK, key: keyOf(id), payload: { id }, lane: account.id, runAt: now };
  const isNew = await commit(client, deliveryPart(account, { id, hint: verdict.hint, now }), [jobPart(job, now)]);
  if (!isNew) await resumeJobs(client, { key: keyOf(await countRepeat(client, account, verdict.hint)) }, now);
  deps.count('webhooks', isNew ? 'accepted' : 'repeated');
  deps.wakeJobs();
  return { isAccepted: true };
}

/** Of the job that processes a delivery. */
function keyOf(deliveryId: string): string {
  return `${PROCESS_WEBHOOK}:${deliveryId}`;
}

function reject(deps: IntakeDeps, reason: RejectionReason): IntakeResult {
  deps.count('webhooks', reason);
  return { isAccepted: false, reason };
}
