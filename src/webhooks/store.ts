import type { Part } from '../database/commit.ts';
import type { Models, Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { countRows, readPage, type SortKey } from '../database/page.ts';
import { tableOf } from '../database/table.ts';
import { Prisma, type WebhookDelivery } from '../generated/prisma/client.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { ProviderAccount, WebhookHint, WebhookRejection } from '../providers/provider.ts';
import type { ReceivedWebhook, RejectedWebhooks } from './read.ts';

export interface Delivery {
  readonly id: string;
  readonly merchantId: string;
  readonly environment: ProviderAccount['environment'];
  readonly providerAccountId: string;
  readonly providerCodes: readonly string[];
  readonly disputeCodes: readonly string[];
}

const deliveries = tableOf<WebhookDelivery>('webhook_deliveries', Prisma.WebhookDeliveryScalarFieldEnum);

const DELIVERY = deliveries.pick(['id', 'merchantId', 'environment', 'providerAccountId', 'providerCodes', 'disputeCodes']);

/**
 * Stores a verified notification once, as the first part of a commit. What it names is asked for again, so that the body, which may
 * hold personal data, need not be kept.
 */
export function deliveryPart(account: ProviderAccount, received: { id: string; hint: WebhookHint; now: Date }): Part {
  const { hint, now: receivedAt, id } = received;
  const { eventId, type } = hint;
  const named = { providerCodes: [...hint.providerCodes], disputeCodes: [...hint.disputeCodes] };
  const row = { ...scopeOf(account), id, providerAccountId: account.id, eventId, type, ...named };
  return (only) => Prisma.sql`
    ${deliveries.insertIf(only, { ...row, verdict: 'RECEIVED', deliveries: 1, receivedAt })} ON CONFLICT DO NOTHING`;
}

/** Counts a delivery that came before. Returns the id of the first. */
export async function countRepeat(tx: Tx, account: ProviderAccount, { eventId }: WebhookHint): Promise<string> {
  const { merchantId, id: providerAccountId } = account;
  const [row] = await tx.$queryRaw<{ id: string }[]>`
    UPDATE webhook_deliveries SET deliveries = deliveries + 1 WHERE ${deliveries.is({ merchantId, providerAccountId, eventId })}
    RETURNING id`;
  if (row === undefined) throw new Error('The delivery was neither inserted nor found.');
  return row.id;
}

export async function findDelivery(tx: Tx, id: string): Promise<Delivery | null> {
  const [row] = await tx.$queryRaw<Delivery[]>`SELECT ${DELIVERY} FROM webhook_deliveries WHERE ${deliveries.is({ id })}`;
  return row ?? null;
}

/** As a part of a commit. PROCESSED: the gateway asked again for what it names. IGNORED: it names nothing that the gateway knows. */
export function verdictPart(delivery: Delivery, processed: { verdict: 'PROCESSED' | 'IGNORED'; now: Date }): Part {
  const { verdict, now: processedAt } = processed;
  const { id, merchantId } = delivery;
  return (only) => Prisma.sql`
    UPDATE webhook_deliveries SET ${deliveries.set({ verdict, processedAt })}
    WHERE ${deliveries.is({ id, merchantId })} AND ${only}`;
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
  models: Models,
  scope: MerchantScope,
  accountIds: readonly string[],
): Promise<readonly RejectedWebhooks[]> {
  const rows = await models.webhookRejection.findMany({
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

const SHOWN = deliveries.pick([
  'id',
  'providerAccountId',
  'eventId',
  'type',
  'verdict',
  'providerCodes',
  'deliveries',
  'receivedAt',
  'processedAt',
]);
const RECEIVED_AT: SortKey<ReceivedWebhook> = {
  name: 'receivedAt',
  column: 'received_at',
  type: 'instant',
  valueOf: (row) => row.receivedAt,
};

/** Newest first. Refuses a cursor of another list. */
export async function readDeliveryPage(tx: Tx, scope: MerchantScope, page: PageRequest): Promise<Result<Page<ReceivedWebhook>>> {
  return readPage<ReceivedWebhook, ReceivedWebhook>(tx, {
    table: 'webhook_deliveries',
    columns: SHOWN,
    where: inScope(scope),
    sort: { key: RECEIVED_AT, order: 'DESC' },
    page,
    toNode: (row) => row,
  });
}

export async function countDeliveries(tx: Tx, scope: MerchantScope): Promise<number> {
  return countRows(tx, 'webhook_deliveries', inScope(scope));
}
