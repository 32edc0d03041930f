import type { Tx } from '../database/database.ts';
import { newId } from '../kernel/ids.ts';
import type { ProviderAccount, WebhookHint } from '../providers/provider.ts';

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
