import { insertEvents } from '../events/store.ts';
import type { Deps } from './deps.ts';
import type { WebhookEndpoint } from './endpoint.ts';
import type { PostOutcome } from './post.ts';
import { healthAfter } from './schedule.ts';
import { type EndpointChange, saveEndpoint } from './store.ts';

/**
 * Notes what an attempt says about its endpoint. One that has failed for a day, and again after three, raises an alert; one that has failed
 * for five days without a success is disabled, and so is one that responds with 410.
 */
export async function noteHealth(
  deps: Pick<Deps, 'database' | 'count' | 'log'>,
  endpoint: WebhookEndpoint,
  { outcome, now }: { outcome: PostOutcome; now: Date },
): Promise<void> {
  const health = healthAfter(endpoint, outcome, now);
  switch (health.kind) {
    case 'unchanged':
      return;
    case 'succeeded':
      await save({ failingSince: null, failureAlerts: 0, lastSuccessAt: now });
      return;
    case 'failing':
      await save({ failingSince: now });
      return;
    case 'alert':
      return alert({ failureAlerts: endpoint.failureAlerts + 1 }, 'webhook_endpoint.failing');
    case 'disabled':
      return alert({ disabledAt: now, disabledReason: health.reason }, 'webhook_endpoint.disabled');
  }

  // Nothing is written where the endpoint was changed since: the attempt may have gone to another URL.
  async function save(change: EndpointChange): Promise<void> {
    await saveEndpoint(deps.database.client, endpoint, { change, now });
  }

  async function alert(change: EndpointChange, type: 'webhook_endpoint.failing' | 'webhook_endpoint.disabled'): Promise<void> {
    const { id: endpointId, failingSince } = endpoint;
    const data = { endpointId, failingSince: failingSince?.toISOString() ?? null, reason: change.disabledReason ?? null };
    const isFirst = await deps.database.inTransaction(async (tx) => {
      // Another process may have been first.
      if ((await saveEndpoint(tx, endpoint, { change, now })) === null) return false;
      await insertEvents(tx, { scope: endpoint, source: 'JOB', now }, [{ type, isAlert: true, data }]);
      return true;
    });
    if (!isFirst) return;
    deps.count('alerts', type);
    deps.log.warn({ endpointId, type }, 'a webhook endpoint of a merchant does not take its messages');
  }
}
