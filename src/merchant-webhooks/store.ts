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
  const hasRoom = Prisma.sql`(SELECT count(*) FROM webhook_endpoints WHERE ${inScope(endpoint)}) < ${endpointsMax}`;
  // Of calls that come at once each sees the endpoints of the one before.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`webhook_endpoints ${endpoint.merchantId}`}, 0))`;
  return (await tx.$executeRaw(endpoints.insertIf(hasRoom, row))) === 1;
}

/** Oldest first. */
export async function listEndpoints(tx: Tx, scope: MerchantScope): Promise<readonly WebhookEndpoint[]> {
  const rows = await tx.$queryRaw<EndpointRow[]>`
    SELECT ${endpoints.columns} FROM webhook_endpoints WHERE ${inScope(scope)} ORDER BY created_at, id`;
  return rows.map(toEndpoint);
}

export async function findEndpoint(tx: Tx, scope: MerchantScope, id: string): Promise<WebhookEndpoint | null> {
  if (!isId(id)) return null;
  const [row] = await tx.$queryRaw<EndpointRow[]>`
    SELECT ${endpoints.columns} FROM webhook_endpoints WHERE ${endpoints.is({ ...scopeOf(scope), id })}`;
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

/** Null where there is no such endpoint. */
export async function saveEndpoint(
  tx: Tx,
  scope: MerchantScope,
  { id, change, now }: { id: string; change: EndpointChange; now: Date },
): Promise<WebhookEndpoint | null> {
  const { sealedSecret, sealedPreviousSecret, eventTypes, ...fields } = change;
  const changes = endpoints.set({
    ...fields,
    ...(eventTypes !== undefined && { eventTypes: [...eventTypes] }),
    ...(sealedSecret !== undefined && { secret: bytes(sealedSecret) }),
    ...(sealedPreviousSecret !== undefined && { previousSecret: sealedPreviousSecret && bytes(sealedPreviousSecret) }),
    updatedAt: now,
  });
  const [row] = await tx.$queryRaw<EndpointRow[]>`
    UPDATE webhook_endpoints SET ${changes} WHERE ${endpoints.is({ ...scopeOf(scope), id })} RETURNING ${endpoints.columns}`;
  return row === undefined ? null : toEndpoint(row);
}

/** With its deliveries and their attempts. False where there is no such endpoint. */
export async function deleteEndpoint(tx: Tx, scope: MerchantScope, id: string): Promise<boolean> {
  const deleted = await tx.$executeRaw`DELETE FROM webhook_endpoints WHERE ${endpoints.is({ ...scopeOf(scope), id })}`;
  if (deleted === 0) return false;
  const { merchantId } = scope;
  await tx.$executeRaw`
    WITH gone AS (DELETE FROM endpoint_deliveries WHERE endpoint_id = ${id}::uuid AND merchant_id = ${merchantId}::uuid RETURNING id)
    DELETE FROM delivery_attempts WHERE delivery_id IN (SELECT id FROM gone) AND merchant_id = ${merchantId}::uuid`;
  return true;
}

/** Notes what an attempt says about an endpoint, where no other process has noted the same. */
export async function saveHealth(
  tx: Tx,
  endpoint: WebhookEndpoint,
  { change, now }: { change: EndpointChange; now: Date },
): Promise<boolean> {
  const { id, merchantId, failureAlerts } = endpoint;
  const changes = endpoints.set({ ...(change as Partial<EndpointRow>), updatedAt: now });
  const where = endpoints.is({ id, merchantId, failureAlerts, disabledAt: null });
  return (await tx.$executeRaw`UPDATE webhook_endpoints SET ${changes} WHERE ${where}`) === 1;
}

function bytes(value: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(value);
}

function toEndpoint(row: EndpointRow): WebhookEndpoint {
  const { secret, previousSecret, ...fields } = row;
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
