import { groupBy } from '../kernel/group.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { WebhookRejection } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import { countDeliveries, listLastReceived, listRejections, readDeliveryPage } from './store.ts';

export const WEBHOOK_VERDICTS = ['RECEIVED', 'PROCESSED', 'IGNORED'] as const;
/** RECEIVED: not looked at yet. PROCESSED: what it names was asked for again. IGNORED: it names nothing of the merchant's. */
export type WebhookVerdict = (typeof WEBHOOK_VERDICTS)[number];

/** A verified notification from a provider, as its merchant may see it. */
export interface ReceivedWebhook {
  readonly id: string;
  readonly providerAccountId: string;
  /** The provider's own id of the event. */
  readonly eventId: string;
  readonly type: string;
  readonly verdict: WebhookVerdict;
  /** What it names, by the provider's references. */
  readonly providerCodes: readonly string[];
  /** How often it came. */
  readonly deliveries: number;
  readonly receivedAt: Date;
  readonly processedAt: Date | null;
}

/** Notifications that reached an account's address and were refused for one reason. */
export interface RejectedWebhooks {
  readonly providerAccountId: string;
  readonly reason: WebhookRejection;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** One page of the merchant's notifications, newest first. Refuses a cursor of another list. */
export async function listWebhooks(
  { database }: Pick<Deps, 'database'>,
  scope: MerchantScope,
  page: PageRequest,
): Promise<Result<Page<ReceivedWebhook>>> {
  return readDeliveryPage(database.client, scope, page);
}

export async function countWebhooks({ database }: Pick<Deps, 'database'>, scope: MerchantScope): Promise<number> {
  return database.inTurn(() => countDeliveries(database.client, scope));
}

/** By account, newest first. */
export async function readRejectedWebhooks(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  accountIds: readonly string[],
): Promise<Map<string, readonly RejectedWebhooks[]>> {
  return groupBy(await listRejections(deps.database.client, scope, accountIds), ({ providerAccountId }) => providerAccountId);
}

/** By account: when it was last notified of something. */
export async function readLastReceived(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  accountIds: readonly string[],
): Promise<Map<string, Date>> {
  const received = await listLastReceived(deps.database.client, scope, accountIds);
  return new Map(received.map(({ accountId, receivedAt }) => [accountId, receivedAt]));
}
