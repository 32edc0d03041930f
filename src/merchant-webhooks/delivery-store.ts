import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { allOf, countRows, type PageQuery, readPage } from '../database/page.ts';
import { tableOf } from '../database/table.ts';
import { type DeliveryAttempt as AttemptRow, type EndpointDelivery, Prisma } from '../generated/prisma/client.ts';
import { addMs, DAY_MS, MINUTE_MS } from '../kernel/clock.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { DELIVERY_STATUSES, type Delivery, type DeliveryStatus } from './endpoint.ts';
import type { DueDelivery } from './message.ts';

const deliveries = tableOf<EndpointDelivery>('endpoint_deliveries', Prisma.EndpointDeliveryScalarFieldEnum);
const attempts = tableOf<AttemptRow>('delivery_attempts', Prisma.DeliveryAttemptScalarFieldEnum);

/** Requests that one process has under way to one endpoint. */
export const IN_FLIGHT_MAX = 8;
const CLAIMED_MAX = 200;
/** Longer than any attempt takes. */
const LEASE_MS = MINUTE_MS;

/** The first of its session that is still to be delivered, where the endpoint keeps the order. */
const IS_FIRST = Prisma.sql`(endpoint.ordering = 'NONE' OR delivery.session_id IS NULL OR NOT EXISTS (
  SELECT FROM endpoint_deliveries AS earlier
  WHERE earlier.endpoint_id = endpoint.id AND earlier.session_id = delivery.session_id AND earlier.sequence < delivery.sequence
    AND earlier.status = 'PENDING'))`;

interface DueRow extends MerchantScope {
  readonly id: string;
  readonly endpointId: string;
  readonly leaseUntil: Date;
  readonly attempts: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly isAlert: boolean;
  readonly sequence: number | null;
  readonly previousSequence: number | null;
  readonly customerId: string | null;
  readonly paymentMethodId: string | null;
  readonly createdAt: Date;
  readonly session: StoredSubject | null;
  readonly transaction: (StoredSubject & { relatedTransactionId: string | null; declineReason: string | null }) | null;
}

type StoredSubject = Omit<NonNullable<DueDelivery['session']>, 'amountMinor'> & { readonly amount: string };

/** Of an endpoint whose last attempt failed: a dead one needs few to be found alive again. */
const IN_FLIGHT_FAILING_MAX = 2;

/**
 * Takes due deliveries of enabled endpoints, so that no other process takes them for a minute: of each endpoint as many as it has
 * room for, so that a dead or slow one keeps none of the others waiting; at most 200, of endpoints in any order.
 * @param busy how many requests this process has under way, by endpoint
 */
export async function claimDue(tx: Tx, now: Date, busy: ReadonlyMap<string, number>): Promise<readonly DueDelivery[]> {
  const rows = await tx.$queryRaw<DueRow[]>`
    WITH due AS (
      SELECT picked.id FROM (
        SELECT one.*, CASE WHEN failing_since IS NULL THEN ${IN_FLIGHT_MAX}::integer ELSE ${IN_FLIGHT_FAILING_MAX}::integer END
          - COALESCE(busy.count, 0) AS room
        FROM webhook_endpoints AS one
          LEFT JOIN unnest(${[...busy.keys()]}::uuid[], ${[...busy.values()]}::integer[]) AS busy (id, count) ON busy.id = one.id
        WHERE disabled_at IS NULL ORDER BY random()) AS endpoint
        CROSS JOIN LATERAL (
          SELECT delivery.id FROM endpoint_deliveries AS delivery
          WHERE delivery.endpoint_id = endpoint.id AND delivery.status = 'PENDING' AND delivery.next_attempt_at <= ${now}
            AND (delivery.lease_until IS NULL OR delivery.lease_until <= ${now}) AND ${IS_FIRST}
          ORDER BY delivery.next_attempt_at, delivery.event_id LIMIT GREATEST(endpoint.room, 0)
          FOR UPDATE SKIP LOCKED) AS picked
      LIMIT ${CLAIMED_MAX}),
    claimed AS (
      UPDATE endpoint_deliveries AS delivery SET lease_until = ${addMs(now, LEASE_MS)} FROM due WHERE delivery.id = due.id
      RETURNING delivery.*)
    SELECT claimed.id, claimed.endpoint_id AS "endpointId", claimed.lease_until AS "leaseUntil", claimed.attempts,
      claimed.merchant_id AS "merchantId", claimed.environment, claimed.event_id AS "eventId", event.type AS "eventType",
      event.is_alert AS "isAlert", event.sequence, event.customer_id AS "customerId", event.created_at AS "createdAt",
      event.data ->> 'paymentMethodId' AS "paymentMethodId",
      (SELECT max(earlier.sequence) FROM events AS earlier
        WHERE earlier.session_id = claimed.session_id AND earlier.sequence < claimed.sequence
          AND (endpoint.event_types = '{}' OR earlier.type = ANY (endpoint.event_types))) AS "previousSequence",
      CASE WHEN session.id IS NOT NULL THEN jsonb_build_object('id', session.id, 'kind', session.kind, 'status', session.status,
        'amount', session.amount::text, 'currency', session.currency, 'code', session.code, 'customerId', session.customer_id)
      END AS session,
      CASE WHEN moved.id IS NOT NULL THEN jsonb_build_object('id', moved.id, 'kind', moved.action, 'status', moved.status,
        'amount', moved.amount::text, 'currency', moved.currency, 'code', moved.provider_code, 'customerId', moved.customer_id,
        'relatedTransactionId', moved.related_transaction_id, 'declineReason', moved.decline_reason) END AS transaction
    FROM claimed
      JOIN webhook_endpoints AS endpoint ON endpoint.id = claimed.endpoint_id
      JOIN events AS event ON event.id = claimed.event_id
      LEFT JOIN sessions AS session ON session.id = claimed.session_id AND session.merchant_id = claimed.merchant_id
      LEFT JOIN transactions AS moved ON moved.id = event.transaction_id AND moved.merchant_id = claimed.merchant_id
    ORDER BY claimed.event_id`;
  return rows.map(toDue);
}

function toDue(row: DueRow): DueDelivery {
  const { id, endpointId, leaseUntil, attempts: made, merchantId, environment } = row;
  const { eventId, eventType: type, isAlert, sequence, previousSequence, customerId, paymentMethodId, createdAt } = row;
  const event = { id: eventId, type, isAlert, sequence, previousSequence, customerId, paymentMethodId, createdAt };
  const session = row.session && withMinor(row.session);
  const transaction = row.transaction && withMinor(row.transaction);
  return { id, endpointId, leaseUntil, attempts: made, merchantId, environment, event, session, transaction };
}

function withMinor<Stored extends { readonly amount: string }>({ amount, ...subject }: Stored) {
  return { ...subject, amountMinor: BigInt(amount) };
}

/** An attempt that has ended, and what follows. */
export interface EndedAttempt extends MerchantScope {
  readonly deliveryId: string;
  readonly leaseUntil: Date;
  readonly delivery: Pick<Delivery, 'status' | 'attempts' | 'nextAttemptAt' | 'endedAt'>;
  readonly attempt: {
    readonly id: string;
    readonly at: Date;
    readonly durationMs: number;
    readonly status: number | null;
    readonly failure: string | null;
    readonly sealedResponse: Uint8Array | null;
  };
}

/**
 * Records attempts in one statement. A delivery whose lease another process has taken meanwhile stays as it is; its attempt is on
 * record. What waits behind one in its session is due when that is, and at once when that has ended after failures.
 */
export async function recordAttempts(tx: Tx, ended: readonly EndedAttempt[], now: Date): Promise<void> {
  const rows = ended.map(({ deliveryId, leaseUntil, delivery, attempt, merchantId, environment }) => {
    const { sealedResponse, ...said } = attempt;
    const response = sealedResponse && Buffer.from(sealedResponse).toString('hex');
    return {
      ...delivery,
      ...said,
      deliveryId,
      leaseUntil,
      merchantId,
      environment,
      response,
      code: attempt.status,
      status: delivery.status,
    };
  });
  await tx.$executeRaw`
    WITH result AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row ("deliveryId" uuid, "leaseUntil" timestamptz, status text, attempts integer,
        "nextAttemptAt" timestamptz, "endedAt" timestamptz, id uuid, at timestamptz, "durationMs" integer, code integer, failure text,
        response text, "merchantId" uuid, environment text)),
    made AS (
      INSERT INTO delivery_attempts (id, delivery_id, merchant_id, environment, at, duration_ms, status, failure, response)
      SELECT id, "deliveryId", "merchantId", environment, at, "durationMs", code, failure, decode(response, 'hex') FROM result),
    ended AS (
      UPDATE endpoint_deliveries AS delivery SET status = result.status, attempts = result.attempts, lease_until = NULL,
        next_attempt_at = result."nextAttemptAt", ended_at = result."endedAt", last_status = result.code
      FROM result WHERE delivery.id = result."deliveryId" AND delivery.status = 'PENDING' AND delivery.lease_until = result."leaseUntil"
      RETURNING delivery.endpoint_id, delivery.session_id, delivery.sequence, delivery.attempts, delivery.next_attempt_at)
    UPDATE endpoint_deliveries AS later SET next_attempt_at = COALESCE(ended.next_attempt_at, ${now})
    FROM ended JOIN webhook_endpoints AS endpoint ON endpoint.id = ended.endpoint_id AND endpoint.ordering = 'PER_SESSION'
    WHERE later.endpoint_id = ended.endpoint_id AND later.session_id = ended.session_id AND later.sequence > ended.sequence
      AND later.status = 'PENDING' AND later.attempts = 0 AND (ended.next_attempt_at IS NOT NULL OR ended.attempts > 1)`;
}

export interface DeliveryFilter {
  readonly endpointId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly status?: DeliveryStatus | undefined;
}

const CREATED_AT: PageQuery<Delivery, Delivery>['sort'] = {
  key: { name: 'createdAt', column: 'created_at', type: 'instant', valueOf: (row) => row.createdAt },
  order: 'DESC',
};
const SHOWN = deliveries.pick([
  'id',
  'endpointId',
  'eventId',
  'eventType',
  'sessionId',
  'sequence',
  'status',
  'attempts',
  'nextAttemptAt',
  'lastStatus',
  'createdAt',
  'endedAt',
]);

/** Newest first. Refuses a cursor of another list. */
export function readDeliveryPage(
  tx: Tx,
  scope: MerchantScope,
  { filter, page }: { filter: DeliveryFilter; page: PageRequest },
): Promise<Result<Page<Delivery>>> {
  const where = meets(scope, filter);
  return readPage<Delivery, Delivery>(tx, {
    table: 'endpoint_deliveries',
    columns: SHOWN,
    where,
    sort: CREATED_AT,
    page,
    toNode: (row) => row,
  });
}

export function countDeliveryRows(tx: Tx, scope: MerchantScope, filter: DeliveryFilter): Promise<number> {
  return countRows(tx, 'endpoint_deliveries', meets(scope, filter));
}

export async function listDeliveriesOfEvents(
  tx: Tx,
  scope: MerchantScope,
  eventIds: readonly string[],
): Promise<readonly Delivery[]> {
  return tx.$queryRaw<Delivery[]>`
    SELECT ${SHOWN} FROM endpoint_deliveries WHERE ${deliveries.is({ ...scopeOf(scope), eventId: eventIds })} AND ${IS_SHOWN}
    ORDER BY created_at, id`;
}

export async function hasDelivery(tx: Tx, scope: MerchantScope, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<object[]>`
    SELECT 1 FROM endpoint_deliveries WHERE ${deliveries.is({ ...scopeOf(scope), id })} AND ${IS_SHOWN}`;
  return rows.length > 0;
}

/** Of one delivery, the newest. A replay begins to count its attempts again, so there may be more. */
const ATTEMPTS_LISTED_MAX = 100;

/** The attempts of deliveries, oldest first; those of the last 30 days, at most 100 of each. */
export async function listAttempts(tx: Tx, scope: MerchantScope, deliveryIds: readonly string[]): Promise<readonly AttemptRow[]> {
  const rows = await tx.$queryRaw<AttemptRow[]>`
    SELECT attempt.* FROM unnest(${[...deliveryIds]}::uuid[]) AS delivery CROSS JOIN LATERAL (
      SELECT ${attempts.columns} FROM delivery_attempts WHERE delivery_id = delivery AND ${inScope(scope)}
      ORDER BY at DESC, id DESC LIMIT ${ATTEMPTS_LISTED_MAX}) AS attempt`;
  return [...rows].reverse();
}

/** Which deliveries to send again. */
export type Replayed =
  | { readonly deliveryId: string }
  | { readonly endpointId: string; readonly failed: true }
  | {
      readonly endpointId: string;
      /** Ids of events: from the first one up to the second, which is not among them. */
      readonly from: string;
      readonly to: string;
      /** `missed`: without what was delivered. */
      readonly takes: 'all' | 'missed';
    };

export interface Replay {
  readonly count: number;
  /** The last event of a range that is sent again; null without one. */
  readonly lastEventId: string | null;
}

/**
 * Sends deliveries again, with all their attempts before them; one that a gateway has in hand stays as it is. For a range of event ids,
 * also what the endpoint was not told at the time because it was disabled or not there.
 */
export async function replay(
  tx: Tx,
  scope: MerchantScope,
  { which, now, limit }: { which: Replayed; now: Date; limit: number },
): Promise<Replay> {
  const again = deliveries.set({ status: 'PENDING', attempts: 0, nextAttemptAt: now, endedAt: null, lastStatus: null });
  const isFree = Prisma.sql`(endpoint_deliveries.lease_until IS NULL OR endpoint_deliveries.lease_until <= ${now})`;
  if (!('from' in which)) {
    const named =
      'deliveryId' in which ? deliveries.is({ ...scopeOf(scope), id: which.deliveryId }) : isUndelivered(scope, which);
    const count = await tx.$executeRaw`
      UPDATE endpoint_deliveries SET ${again}
      WHERE id IN (SELECT id FROM endpoint_deliveries WHERE ${named} ORDER BY created_at, id LIMIT ${limit}) AND ${isFree}`;
    return { count, lastEventId: null };
  }
  const [row] = await tx.$queryRaw<[Replay]>`
    WITH told AS (
      SELECT endpoint.id AS endpoint_id, event.id AS event_id, event.merchant_id, event.environment, event.session_id, event.sequence,
        event.type AS event_type, event.created_at
      FROM webhook_endpoints AS endpoint JOIN events AS event
        ON event.merchant_id = endpoint.merchant_id AND event.environment = endpoint.environment
          AND (endpoint.event_types = '{}' OR event.type = ANY (endpoint.event_types))
      WHERE endpoint.id = ${which.endpointId}::uuid AND endpoint.merchant_id = ${scope.merchantId}::uuid
        AND endpoint.environment = ${scope.environment} AND event.id >= ${which.from}::uuid AND event.id < ${which.to}::uuid
      ORDER BY event.id LIMIT ${limit}),
    sent AS (
      INSERT INTO endpoint_deliveries (endpoint_id, event_id, merchant_id, environment, session_id, sequence, event_type, created_at,
        status, attempts, next_attempt_at)
      SELECT *, 'PENDING', 0, ${now}::timestamptz FROM told
      ON CONFLICT (event_id, endpoint_id) DO UPDATE SET ${again}
        WHERE ${isFree} AND (${which.takes === 'all'} OR endpoint_deliveries.status <> 'DELIVERED'))
    SELECT count(*)::integer AS count, max(event_id::text)::text AS "lastEventId" FROM told`;
  return row;
}

/** What an endpoint has not taken: what has failed, what was dropped, and what waits after a failure. */
function isUndelivered(scope: MerchantScope, { endpointId }: { endpointId: string }): Prisma.Sql {
  const own = deliveries.is({ ...scopeOf(scope), endpointId });
  return Prisma.sql`${own} AND status <> 'DELIVERED' AND (status <> 'PENDING' OR attempts > 0 OR next_attempt_at > created_at)`;
}

/** Ends what waits for a disabled endpoint, at most so many. Returns how many. */
export function dropPending(
  tx: Tx,
  scope: MerchantScope,
  { endpointId, now, limit }: { endpointId: string; now: Date; limit: number },
): Promise<number> {
  const changes = deliveries.set({ status: 'DROPPED', nextAttemptAt: null, endedAt: now });
  const waiting = deliveries.is({ ...scopeOf(scope), endpointId, status: 'PENDING' });
  return tx.$executeRaw`
    UPDATE endpoint_deliveries SET ${changes} WHERE id IN (SELECT id FROM endpoint_deliveries WHERE ${waiting} LIMIT ${limit})`;
}

const KEPT_MS = 30 * DAY_MS;
const PRUNED_MAX = 5_000;

/** Deletes attempts after 30 days, at most 5,000 at a time. Returns how many. */
export function pruneAttempts(tx: Tx, now: Date): Promise<number> {
  return tx.$executeRaw`
    DELETE FROM delivery_attempts
    WHERE id IN (SELECT id FROM delivery_attempts WHERE at < ${addMs(now, -KEPT_MS)} ORDER BY at LIMIT ${PRUNED_MAX})`;
}

/** Deletes deliveries of endpoints that are deleted, with their attempts, at most 5,000 at a time. Returns how many. */
export function pruneDeleted(tx: Tx): Promise<number> {
  return tx.$executeRaw`
    WITH gone AS (
      DELETE FROM endpoint_deliveries WHERE id IN (
        SELECT delivery.id FROM webhook_endpoints AS endpoint
          JOIN endpoint_deliveries AS delivery ON delivery.endpoint_id = endpoint.id
        WHERE endpoint.deleted_at IS NOT NULL LIMIT ${PRUNED_MAX})
      RETURNING id),
    attempts AS (DELETE FROM delivery_attempts WHERE delivery_id IN (SELECT id FROM gone))
    SELECT id FROM gone`;
}

/** PostgreSQL uses the index of what is not delivered only where the text names the status. */
const STATUSES = Object.fromEntries(DELIVERY_STATUSES.map((status) => [status, Prisma.raw(`'${status}'`)])) as Readonly<
  Record<DeliveryStatus, Prisma.Sql>
>;

function meets(scope: MerchantScope, { endpointId, sessionId, status }: DeliveryFilter): Prisma.Sql {
  const conditions = [inScope(scope), IS_SHOWN];
  if (endpointId !== undefined) conditions.push(deliveries.is({ endpointId }));
  // By the events of the session, for which there is an index.
  if (sessionId !== undefined)
    conditions.push(Prisma.sql`event_id IN (SELECT id FROM events WHERE session_id = ${sessionId}::uuid)`);
  if (status !== undefined) conditions.push(Prisma.sql`status = ${STATUSES[status]}`);
  return allOf(conditions);
}

/** Not those of an endpoint that is deleted. */
const IS_SHOWN = Prisma.sql`endpoint_id IN (SELECT id FROM webhook_endpoints WHERE deleted_at IS NULL)`;
