import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { newId } from '../kernel/ids.ts';
import type { JsonObject } from '../kernel/json.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { EventSource, EventType, GatewayEvent, NewEvent } from './event.ts';

/** Appends to the log, in the transaction of what happened. */
export async function insertEvents(
  tx: Tx,
  origin: { scope: MerchantScope; source: EventSource; now: Date },
  events: readonly NewEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const { scope, source, now } = origin;
  const rows = events.map(
    (event) => Prisma.sql`(${newId(now)}::uuid, ${scope.merchantId}::uuid, ${scope.environment}, ${event.type}, ${source},
      ${event.isAlert ?? false}::boolean, ${event.sessionId ?? null}::uuid, ${event.transactionId ?? null}::uuid,
      ${event.customerId ?? null}::uuid, ${JSON.stringify(event.data ?? {})}::jsonb, ${now}::timestamptz)`,
  );
  await tx.$executeRaw`
    INSERT INTO events (id, merchant_id, environment, type, source, is_alert, session_id, transaction_id, customer_id, data, created_at)
    VALUES ${Prisma.join(rows)}`;
}

/** A place in the log: the writing transaction and the position within it. */
export interface LogPosition {
  readonly xid: bigint;
  readonly seq: bigint;
}

/**
 * Events behind a position, oldest first. Events of transactions that began before one still under way are held back: such
 * a transaction would otherwise slip in behind the reader's position and be missed.
 */
export async function listEventsAfter(
  tx: Tx,
  scope: MerchantScope,
  page: { after: LogPosition | null; size: number },
): Promise<readonly (LogPosition & { event: GatewayEvent })[]> {
  const after = page.after ?? { xid: 0n, seq: 0n };
  const rows = await tx.$queryRaw<{ id: string; xid: bigint; seq: bigint }[]>`
    SELECT id, xid, seq FROM events
    WHERE ${inScope(scope)}
      AND (xid, seq) > (${after.xid}, ${after.seq})
      AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    ORDER BY xid, seq LIMIT ${page.size}`;
  const byId = new Map(
    (await tx.event.findMany({ where: { id: { in: rows.map((row) => row.id) } } })).map((row) => [row.id, toEvent(row)]),
  );
  return rows.flatMap((row) => {
    const event = byId.get(row.id);
    return event === undefined ? [] : [{ xid: row.xid, seq: row.seq, event }];
  });
}

const TIMELINE_MAX = 1_000;

/** The timeline of each session, oldest first; at most 1,000 events in all. */
export async function listEventsOfSessions(
  tx: Tx,
  scope: MerchantScope,
  sessionIds: readonly string[],
): Promise<readonly (GatewayEvent & { sessionId: string })[]> {
  const rows = await tx.event.findMany({
    where: { ...scopeOf(scope), sessionId: { in: [...sessionIds] } },
    orderBy: [{ xid: 'asc' }, { seq: 'asc' }],
    take: TIMELINE_MAX,
  });
  return rows.flatMap((row) => (row.sessionId === null ? [] : [{ ...toEvent(row), sessionId: row.sessionId }]));
}

function toEvent(row: Prisma.EventGetPayload<object>): GatewayEvent {
  return {
    id: row.id,
    type: row.type as EventType,
    source: row.source as EventSource,
    isAlert: row.isAlert,
    sessionId: row.sessionId,
    transactionId: row.transactionId,
    customerId: row.customerId,
    data: row.data as JsonObject,
    createdAt: row.createdAt,
  };
}
