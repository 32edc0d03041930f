import { type Part, write } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { countsLocked } from '../database/lock.ts';
import { tableOf } from '../database/table.ts';
import { type Event as EventRow, Prisma } from '../generated/prisma/client.ts';
import { newId } from '../kernel/ids.ts';
import type { JsonObject } from '../kernel/json.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { EPOCH_BASE } from './epoch-store.ts';
import type { EventSource, EventType, GatewayEvent, NewEvent } from './event.ts';

const table = tableOf<EventRow>('events', Prisma.EventScalarFieldEnum, ['data']);

/**
 * Appends to the log, in the transaction of what happened. Locks the counts of their sessions: who does not hold the row of such a
 * session does this last (invariant 12).
 */
export async function insertEvents(
  tx: Tx,
  origin: { scope: MerchantScope; source: EventSource; now: Date },
  events: readonly NewEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await write(tx, eventsPart(origin, events));
  if (events.some(({ sessionId }) => sessionId != null)) countsLocked(tx);
}

/** The same as a part of a commit. */
export function eventsPart(origin: { scope: MerchantScope; source: EventSource; now: Date }, events: readonly NewEvent[]): Part {
  const rows = JSON.stringify(events.map((event) => toRow(event, origin)));
  const part = (only: Prisma.Sql) => Prisma.sql`
    INSERT INTO events (id, merchant_id, environment, type, source, is_alert, session_id, transaction_id, customer_id, data, created_at)
    SELECT id, merchant_id, environment, type, source, is_alert, session_id, transaction_id, customer_id, data, created_at
    FROM jsonb_populate_recordset(NULL::events, ${rows}::jsonb) WHERE ${only}`;
  return Object.assign(part, { news: { sessionIds: events.flatMap(({ sessionId }) => sessionId ?? []) } });
}

function toRow(event: NewEvent, { scope, source, now }: Parameters<typeof insertEvents>[1]) {
  return {
    id: newId(now),
    merchant_id: scope.merchantId,
    environment: scope.environment,
    type: event.type,
    source,
    is_alert: event.isAlert ?? false,
    session_id: event.sessionId ?? null,
    transaction_id: event.transactionId ?? null,
    customer_id: event.customerId ?? null,
    data: event.data ?? {},
    created_at: now,
  };
}

/** A place in the log: the writing transaction and the position within it. */
export interface LogPosition {
  readonly xid: bigint;
  readonly seq: bigint;
}

/**
 * The transactions that may still append events: those that the statement's snapshot shows as running, except the ones that
 * certainly write elsewhere, in another database of the cluster, another schema, or tables of their own, and those that look after
 * our tables, such as ANALYZE. A transaction locks the first
 * table that it writes before it gets its number, and ours write our tables only. So one whose number is locked, and which holds
 * no lock for writing on our tables, is not ours.
 *
 * That holds only for one that still runs once the locks were read: one that ends gives its locks back one after the other, those
 * on tables first. CASE keeps the order: PostgreSQL asks for the state of a transaction after it has found it among the locks.
 */
const OPEN_WRITERS = Prisma.sql`(
  WITH locks AS MATERIALIZED (SELECT * FROM pg_locks),
    writers AS (
      SELECT virtualtransaction FROM locks
      WHERE mode NOT IN ('AccessShareLock', 'ShareUpdateExclusiveLock') AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND relation IN (
          SELECT oid FROM pg_class WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'events'::regclass))),
    others AS (
      SELECT transactionid FROM locks
      WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock'
        AND virtualtransaction NOT IN (SELECT virtualtransaction FROM writers))
  SELECT xid FROM pg_snapshot_xip(pg_current_snapshot()) AS running(xid)
  WHERE CASE WHEN EXISTS (SELECT FROM others WHERE transactionid = xid::xid)
    THEN pg_xact_status(xid) <> 'in progress' ELSE TRUE END)`;

/** The oldest of them, or the next transaction to come. */
const FIRST_OPEN = Prisma.sql`(
  SELECT COALESCE(min(xid::text::bigint), pg_snapshot_xmax(pg_current_snapshot())::text::bigint) FROM ${OPEN_WRITERS} AS open)`;

/** The number of the next transaction to come. */
export async function readNextTransaction(tx: Tx): Promise<bigint> {
  const [row] = await tx.$queryRaw<[{ xid: bigint }]>`SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xid`;
  return row.xid;
}

/** The oldest transaction that may still append events, or the next one to come; as PostgreSQL counts them. */
export async function readFirstOpen(tx: Tx): Promise<bigint> {
  const [row] = await tx.$queryRaw<[{ xid: bigint }]>`SELECT ${FIRST_OPEN} AS xid`;
  return row.xid;
}

/**
 * Events behind a position, oldest first. Events of transactions that began before one still under way are held back: such
 * a transaction would otherwise slip in behind the reader's position and be missed.
 */
export async function listEventsAfter(
  tx: Tx,
  scope: MerchantScope,
  page: { after: LogPosition | null; size: number },
): Promise<readonly (LogPosition & { readonly event: GatewayEvent })[]> {
  const after = page.after ?? { xid: 0n, seq: 0n };
  const rows = await tx.$queryRaw<EventRow[]>`
    SELECT ${table.columns} FROM events
    WHERE ${inScope(scope)} AND (xid, seq) > (${after.xid}, ${after.seq}) AND xid < ${EPOCH_BASE} + ${FIRST_OPEN}
    ORDER BY xid, seq LIMIT ${page.size}`;
  return rows.map((row) => ({ xid: row.xid, seq: row.seq, event: toEvent(row) }));
}

/** The last event that a reader can be shown now; null where the merchant has none. */
export async function findLastEvent(tx: Tx, scope: MerchantScope): Promise<(LogPosition & { readonly id: string }) | null> {
  const [row] = await tx.$queryRaw<Pick<EventRow, 'id' | 'xid' | 'seq'>[]>`
    SELECT id, xid, seq FROM events WHERE ${inScope(scope)} AND xid < ${EPOCH_BASE} + ${FIRST_OPEN}
    ORDER BY xid DESC, seq DESC LIMIT 1`;
  return row ?? null;
}

export type LogReader = LogPosition & { readonly scope: MerchantScope };

/** The positions, in the given list, of the readers that `listEventsAfter` has events for. */
export async function listReadersBehind(tx: Tx, readers: readonly LogReader[]): Promise<readonly number[]> {
  const merchantIds = readers.map(({ scope }) => scope.merchantId);
  const environments = readers.map(({ scope }) => scope.environment);
  const xids = readers.map(({ xid }) => xid);
  const seqs = readers.map(({ seq }) => seq);
  const rows = await tx.$queryRaw<{ position: number }[]>`
    WITH shown AS MATERIALIZED (SELECT ${EPOCH_BASE} + ${FIRST_OPEN} AS until)
    SELECT (position - 1)::integer AS position
    FROM unnest(${merchantIds}::uuid[], ${environments}::text[], ${xids}::bigint[], ${seqs}::bigint[])
      WITH ORDINALITY AS reader(merchant_id, environment, xid, seq, position)
    WHERE EXISTS (
      SELECT FROM events WHERE events.merchant_id = reader.merchant_id AND events.environment = reader.environment
        AND (events.xid, events.seq) > (reader.xid, reader.seq) AND events.xid < (SELECT until FROM shown))`;
  return rows.map(({ position }) => position);
}

/**
 * How long the oldest transaction that holds events back has been open, in milliseconds. Sees other database users' transactions
 * only with the role `pg_read_all_stats`.
 */
export async function readLogLagMs(tx: Tx): Promise<number> {
  const [row] = await tx.$queryRaw<[{ ms: number }]>`
    SELECT COALESCE(max(extract(epoch FROM clock_timestamp() - xact_start)) * 1000, 0)::float8 AS ms
    FROM pg_stat_activity JOIN ${OPEN_WRITERS} AS open ON backend_xid = xid::xid`;
  return row.ms;
}

/** A place, and which event is there; null where that is not known. */
export type EventPlace = LogPosition & { readonly id: string | null };

/** Whether the merchant has the event at exactly this place. */
export async function hasEventAt(tx: Tx, scope: MerchantScope, { xid, seq, id }: EventPlace): Promise<boolean> {
  const rows = await tx.$queryRaw<object[]>`
    SELECT 1 FROM events WHERE ${table.is({ ...scopeOf(scope), xid, seq })} AND id = COALESCE(${id}::uuid, id)`;
  return rows.length > 0;
}

/** One more than a list of an answer may hold, so that a longer one is refused there and never shown as if it were whole. */
const TIMELINE_MAX = 2_001;

/** The timeline of each session, oldest first; at most 2,001 events of each. */
export async function listEventsOfSessions(
  tx: Tx,
  scope: MerchantScope,
  sessionIds: readonly string[],
): Promise<readonly (GatewayEvent & { sessionId: string })[]> {
  const rows = await tx.$queryRaw<EventRow[]>`
    SELECT event.* FROM unnest(${[...sessionIds]}::uuid[]) AS session CROSS JOIN LATERAL (
      SELECT ${table.columns} FROM events WHERE session_id = session AND ${inScope(scope)}
      ORDER BY sequence LIMIT ${TIMELINE_MAX}) AS event
    ORDER BY event."sessionId", event.sequence`;
  return rows.flatMap((row) => (row.sessionId === null ? [] : [{ ...toEvent(row), sessionId: row.sessionId }]));
}

function toEvent(row: EventRow): GatewayEvent {
  return {
    id: row.id,
    type: row.type as EventType,
    source: row.source as EventSource,
    isAlert: row.isAlert,
    sessionId: row.sessionId,
    transactionId: row.transactionId,
    customerId: row.customerId,
    sequence: row.sequence,
    data: row.data as JsonObject,
    createdAt: row.createdAt,
  };
}
