import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { newId } from '../kernel/ids.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { ProviderAccount, WebhookHint, WebhookRejection } from '../providers/provider.ts';
import type { RejectedWebhooks } from './read.ts';

export interface Delivery {
  readonly id: string;
  readonly merchantId: string;
  readonly environment: ProviderAccount['environment'];
  readonly providerAccountId: string;
  readonly providerCodes: readonly string[];
  readonly disputeCodes: readonly string[];
}

/**
 * Stores a verified notification once. What it names is asked for again, so that the body, which may hold personal data,
 * need not be kept. A repeated delivery only counts. Returns the delivery's id and whether it is new.
 */
export async function insertDelivery(
  tx: Tx,
  account: ProviderAccount,
  received: { hint: WebhookHint; now: Date },
): Promise<{ id: string; isNew: boolean }> {
  const { hint, now } = received;
  const id = newId(now);
  const [row] = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO webhook_deliveries (id, merchant_id, environment, provider_account_id, event_id, type, verdict, provider_codes,
      dispute_codes, deliveries, received_at)
    VALUES (${id}::uuid, ${account.merchantId}::uuid, ${account.environment}, ${account.id}::uuid, ${hint.eventId}, ${hint.type},
      'RECEIVED', ${[...hint.providerCodes]}, ${[...hint.disputeCodes]}, 1, ${now})
    ON CONFLICT (provider_account_id, event_id) DO UPDATE SET deliveries = webhook_deliveries.deliveries + 1
    RETURNING id`;
  if (row === undefined) throw new Error('The delivery was neither inserted nor found.');
  return { id: row.id, isNew: row.id === id };
}

export async function findDelivery(tx: Tx, id: string): Promise<Delivery | null> {
  const row = await tx.webhookDelivery.findUnique({ where: { id } });
  return row === null ? null : { ...row, environment: row.environment as Delivery['environment'] };
}

/** PROCESSED: something of ours was asked for again. IGNORED: nothing of ours was named. */
export async function saveVerdict(
  tx: Tx,
  delivery: Delivery,
  processed: { verdict: 'PROCESSED' | 'IGNORED'; now: Date },
): Promise<void> {
  await tx.webhookDelivery.updateMany({
    where: { id: delivery.id, merchantId: delivery.merchantId },
    data: { verdict: processed.verdict, processedAt: processed.now },
  });
}

/** Counts a notification that reached the account's address and was refused. Nothing of it is kept, so that nobody can fill the table. */
export async function countRejection(
  tx: Tx,
  account: ProviderAccount,
  rejected: { reason: WebhookRejection; now: Date },
): Promise<void> {
  const { reason, now } = rejected;
  await tx.$executeRaw`
    INSERT INTO webhook_rejections (merchant_id, environment, provider_account_id, reason, count, first_at, last_at)
    VALUES (${account.merchantId}::uuid, ${account.environment}, ${account.id}::uuid, ${reason}, 1, ${now}, ${now})
    ON CONFLICT (provider_account_id, reason) DO UPDATE
    SET count = LEAST(webhook_rejections.count, 2147483646) + 1, last_at = GREATEST(webhook_rejections.last_at, ${now})`;
}

/** Newest first. */
export async function listRejections(
  tx: Tx,
  scope: MerchantScope,
  accountIds: readonly string[],
): Promise<readonly RejectedWebhooks[]> {
  const rows = await tx.webhookRejection.findMany({
    where: { ...scopeOf(scope), providerAccountId: { in: [...accountIds] } },
    orderBy: [{ lastAt: 'desc' }, { reason: 'asc' }],
  });
  return rows.map(({ providerAccountId, reason, count, firstAt, lastAt }) => ({
    providerAccountId,
    reason: reason as WebhookRejection,
    count,
    firstAt,
    lastAt,
  }));
}

/** When each account was last notified of something; an account that never was is not among them. */
export async function listLastReceived(
  tx: Tx,
  scope: MerchantScope,
  accountIds: readonly string[],
): Promise<readonly { accountId: string; receivedAt: Date }[]> {
  return tx.$queryRaw<{ accountId: string; receivedAt: Date }[]>`
    SELECT account.id AS "accountId", newest.received_at AS "receivedAt"
    FROM unnest(${[...accountIds]}::uuid[]) AS account (id)
      CROSS JOIN LATERAL (SELECT received_at FROM webhook_deliveries
        WHERE provider_account_id = account.id AND ${inScope(scope)}
        ORDER BY received_at DESC LIMIT 1) AS newest`;
}
