import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { tableOf } from '../database/table.ts';
import { type WebhookEndpoint as EndpointRow, Prisma } from '../generated/prisma/client.ts';
import { isId } from '../kernel/ids.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Environment } from '../providers/provider.ts';
import type { DisabledReason, Ordering, Scheme, WebhookEndpoint } from './endpoint.ts';

const endpoints = tableOf<EndpointRow>('webhook_endpoints', Prisma.WebhookEndpointScalarFieldEnum);

/** Inside a transaction. False where the merchant has as many endpoints in this environment as it may. */
export async function insertEndpoint(tx: Tx, endpoint: WebhookEndpoint, endpointsMax: number): Promise<boolean> {
  const { sealedSecret: secret, sealedPreviousSecret: previousSecret, ...fields } = endpoint;
  const row = {
    ...fields,
    eventTypes: [...endpoint.eventTypes],
    secret: bytes(secret),
    previousSecret: previousSecret && bytes(previousSecret),
  };
  const hasRoom = Prisma.sql`(SELECT count(*) FROM webhook_endpoints WHERE ${inScope(endpoint)} AND ${IS_THERE}) < ${endpointsMax}`;
  // Of calls that come at once each sees the endpoints of the one before.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`webhook_endpoints ${endpoint.merchantId}`}, 0))`;
  return (await tx.$executeRaw(endpoints.insertIf(hasRoom, row))) === 1;
}

/** Oldest first. */
export async function listEndpoints(tx: Tx, scope: MerchantScope): Promise<readonly WebhookEndpoint[]> {
  const rows = await tx.$queryRaw<EndpointRow[]>`
    SELECT ${endpoints.columns} FROM webhook_endpoints WHERE ${inScope(scope)} AND ${IS_THERE} ORDER BY created_at, id`;
  return rows.map(toEndpoint);
}

export async function findEndpoint(tx: Tx, scope: MerchantScope, id: string): Promise<WebhookEndpoint | null> {
  if (!isId(id)) return null;
  const [row] = await tx.$queryRaw<EndpointRow[]>`
    SELECT ${endpoints.columns} FROM webhook_endpoints WHERE ${endpoints.is({ ...scopeOf(scope), id })} AND ${IS_THERE}`;
  return row === undefined ? null : toEndpoint(row);
}

/** Those of the given deliveries, of any merchant: for the sender, which works for all. */
export async function listEndpointsByIds(tx: Tx, ids: readonly string[]): Promise<readonly WebhookEndpoint[]> {
  const rows = await tx.$queryRaw<
    EndpointRow[]
  >`SELECT ${endpoints.columns} FROM webhook_endpoints WHERE ${endpoints.is({ id: ids })}`;
  return rows.map(toEndpoint);
}

/** What an update may change. */
export type EndpointChange = Partial<Omit<WebhookEndpoint, 'id' | 'merchantId' | 'environment' | 'createdAt' | 'updatedAt'>>;

/** Null where it was changed or deleted since it was read. */
export async function saveEndpoint(
  tx: Tx,
  from: WebhookEndpoint,
  { change, now }: { change: EndpointChange & { readonly deletedAt?: Date }; now: Date },
): Promise<WebhookEndpoint | null> {
  const { sealedSecret, sealedPreviousSecret, eventTypes, ...fields } = change;
  const changes = endpoints.set({
    ...fields,
    ...(eventTypes !== undefined && { eventTypes: [...eventTypes] }),
    ...(sealedSecret !== undefined && { secret: bytes(sealedSecret) }),
    ...(sealedPreviousSecret !== undefined && { previousSecret: sealedPreviousSecret && bytes(sealedPreviousSecret) }),
    // Each change has an instant of its own, by which the next one knows what it was decided on.
    updatedAt: new Date(Math.max(now.getTime(), from.updatedAt.getTime() + 1)),
  });
  const { id, merchantId, updatedAt } = from;
  const [row] = await tx.$queryRaw<EndpointRow[]>`
    UPDATE webhook_endpoints SET ${changes} WHERE ${endpoints.is({ id, merchantId, updatedAt, deletedAt: null })}
    RETURNING ${endpoints.columns}`;
  return row === undefined ? null : toEndpoint(row);
}

/** Deletes the rows of deleted endpoints that have no deliveries left. */
export async function pruneEndpoints(tx: Tx): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM webhook_endpoints AS endpoint WHERE deleted_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM endpoint_deliveries WHERE endpoint_id = endpoint.id)`;
}

const IS_THERE = Prisma.sql`deleted_at IS NULL`;

function bytes(value: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(value);
}

function toEndpoint(row: EndpointRow): WebhookEndpoint {
  const { secret, previousSecret, deletedAt: _deletedAt, ...fields } = row;
  return {
    ...fields,
    environment: row.environment as Environment,
    ordering: row.ordering as Ordering,
    scheme: row.scheme as Scheme,
    disabledReason: row.disabledReason as DisabledReason | null,
    sealedSecret: secret,
    sealedPreviousSecret: previousSecret,
  };
}
