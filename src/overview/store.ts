import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { Prisma } from '../generated/prisma/client.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { DeclineReason, ProviderName } from '../providers/provider.ts';
import type { SessionStatus } from '../sessions/session.ts';
import { isStuck } from '../sessions/stuck-store.ts';
import { type Coverage, cutAt } from './coverage.ts';
import type { DeclineFigure, OpenSessions, ProviderCount, SessionFigure } from './overview.ts';

/**
 * The figures of the overview. Each is one statement over what is rolled up and, for the other hours, over the sessions
 * themselves: so it reads tables of other features, and writes none of them.
 */

/** How far the sessions of a merchant's side are rolled up. */
export interface Mark {
  readonly rolledUpBefore: Date;
  /** Every change before this instant is in the counts. */
  readonly changesBefore: Date;
}

export async function findMark(tx: Tx, scope: MerchantScope): Promise<Mark | null> {
  const [mark] = await tx.$queryRaw<Mark[]>`
    SELECT rolled_up_before AS "rolledUpBefore", changes_before AS "changesBefore" FROM overview_marks WHERE ${inScope(scope)}`;
  return mark ?? null;
}

/** The hours of the range that hold a session which changed at the mark's instant or later, as far as they are rolled up. */
export async function listStaleHours(
  tx: Tx,
  scope: MerchantScope,
  within: { from: Date; before: Date; changedFrom: Date },
): Promise<readonly Date[]> {
  const rows = await tx.$queryRaw<{ hour: Date }[]>`
    SELECT DISTINCT ${HOUR_OF_START} AS hour FROM sessions WHERE ${inScope(scope)} AND updated_at >= ${within.changedFrom}::timestamptz
      AND created_at >= ${within.from}::timestamptz AND created_at < ${within.before}::timestamptz`;
  return rows.map(({ hour }) => hour);
}

/** @param starts of the intervals to count by, oldest first, the first not behind the range's own start */
export async function countSessionsByStart(
  tx: Tx,
  scope: MerchantScope,
  of: { coverage: Coverage; starts: readonly Date[] },
): Promise<readonly SessionFigure[]> {
  const { starts } = of;
  const coverage = cutAt(of.coverage, starts);
  const slotOf = (column: string) => Prisma.sql`width_bucket(${Prisma.raw(column)}, ${toTexts(starts)}::timestamptz[])`;
  const rows = await tx.$queryRaw<{ slot: number; currency: string; status: SessionStatus; count: bigint; amount: string }[]>`
    WITH counted AS (
      SELECT ${slotOf('hour')} AS slot, currency, status, count::bigint AS count, amount
      FROM overview_sessions WHERE ${isRolledUp(scope, coverage)}
      UNION ALL
      SELECT ${slotOf('created_at')} AS slot, currency, status, count(*) AS count, sum(amount) AS amount
      FROM ${unrolled(scope, coverage)} GROUP BY 1, 2, 3
    )
    SELECT slot, currency, status, sum(count)::bigint AS count, sum(amount)::text AS amount
    FROM counted GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;
  return rows.map(({ slot, currency, status, count, amount }) => {
    const start = starts[slot - 1];
    if (start === undefined) throw new Error(`The range has no interval ${slot}.`);
    return { start, currency, status, count: Number(count), amountMinor: BigInt(amount) };
  });
}

export async function countSessionsByProvider(
  tx: Tx,
  scope: MerchantScope,
  coverage: Coverage,
): Promise<readonly ProviderCount[]> {
  const rows = await tx.$queryRaw<{ provider: ProviderName; status: SessionStatus; count: bigint }[]>`
    WITH counted AS (
      SELECT provider, status, count::bigint AS count FROM overview_providers WHERE ${isRolledUp(scope, coverage)}
      UNION ALL
      SELECT provider, status, count(*) AS count FROM ${unrolled(scope, coverage)} GROUP BY 1, 2
    )
    SELECT provider, status, sum(count)::bigint AS count FROM counted GROUP BY 1, 2`;
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

/** Completed sessions by the lower bound of the bucket that their duration falls into. */
export async function countCompletionsByDuration(
  tx: Tx,
  scope: MerchantScope,
  of: { coverage: Coverage; bucketsFromSeconds: readonly number[] },
): Promise<ReadonlyMap<number, number>> {
  const { coverage, bucketsFromSeconds } = of;
  const rows = await tx.$queryRaw<{ fromSeconds: number; count: bigint }[]>`
    WITH counted AS (
      SELECT from_seconds, count::bigint AS count FROM overview_durations WHERE ${isRolledUp(scope, coverage)}
      UNION ALL
      SELECT ${bucketOf(bucketsFromSeconds)} AS from_seconds, count(*) AS count FROM ${unrolled(scope, coverage)}
      WHERE status = 'COMPLETED' GROUP BY 1
    )
    SELECT from_seconds AS "fromSeconds", sum(count)::bigint AS count FROM counted GROUP BY 1`;
  return new Map(rows.map(({ fromSeconds, count }) => [fromSeconds, Number(count)]));
}

/** Most first. A decline without a reason of the provider's is a GENERIC one. */
export async function countDeclines(
  tx: Tx,
  scope: MerchantScope,
  range: { from: Date; before: Date },
): Promise<readonly DeclineFigure[]> {
  const rows = await tx.$queryRaw<{ reason: DeclineReason; count: bigint }[]>`
    SELECT COALESCE(decline_reason, 'GENERIC') AS reason, count(*) AS count FROM transactions
    WHERE ${inScope(scope)} AND status = 'DECLINED' AND created_at >= ${range.from}::timestamptz
      AND created_at < ${range.before}::timestamptz
    GROUP BY 1 ORDER BY 2 DESC, 1`;
  return rows.map(({ reason, count }) => ({ reason, count: Number(count) }));
}

export async function countOpenSessions(tx: Tx, scope: MerchantScope, now: Date): Promise<OpenSessions> {
  const [row] = await tx.$queryRaw<Record<keyof OpenSessions, bigint>[]>`
    SELECT count(*) FILTER (WHERE status = 'PENDING') AS pending, count(*) FILTER (WHERE status = 'ACTIVE') AS active,
      count(*) FILTER (WHERE status = 'UNKNOWN') AS unknown, count(*) FILTER (WHERE ${isStuck(now)}) AS stuck
    FROM sessions WHERE ${inScope(scope)} AND status IN ('PENDING', 'ACTIVE', 'UNKNOWN')`;
  const { pending = 0n, active = 0n, unknown = 0n, stuck = 0n } = row ?? {};
  return { pending: Number(pending), active: Number(active), unknown: Number(unknown), stuck: Number(stuck) };
}

/** The mark of a merchant's side that is due. */
export interface DueMark extends MerchantScope {
  /** Something started or changed that is not rolled up yet. */
  readonly hasNews: boolean;
}

/**
 * Marks every side of a merchant that has sessions and no mark: nothing of it is rolled up yet. Costs one look into an index for each
 * side that has sessions. Returns how many marks were set.
 */
export async function insertMissingMarks(tx: Tx, at: { now: Date; settledBefore: Date }): Promise<number> {
  return tx.$executeRaw`
    WITH RECURSIVE side AS (
      (SELECT merchant_id, environment FROM sessions ORDER BY merchant_id, environment LIMIT 1)
      UNION ALL
      SELECT next.* FROM side CROSS JOIN LATERAL (
        SELECT merchant_id, environment FROM sessions
        WHERE (merchant_id, environment) > (side.merchant_id, side.environment) ORDER BY merchant_id, environment LIMIT 1
      ) AS next
    )
    INSERT INTO overview_marks (merchant_id, environment, rolled_up_before, changes_before, next_at)
    SELECT merchant_id, environment, first.hour, ${at.settledBefore}::timestamptz, ${at.now}::timestamptz
    FROM side CROSS JOIN LATERAL (
      SELECT ${HOUR_OF_START} AS hour FROM sessions
      WHERE merchant_id = side.merchant_id AND environment = side.environment ORDER BY created_at LIMIT 1
    ) AS first
    WHERE NOT EXISTS (SELECT FROM overview_marks AS mark
      WHERE mark.merchant_id = side.merchant_id AND mark.environment = side.environment)
    ON CONFLICT DO NOTHING`;
}

const DUE_MARKS_MAX = 50;

/**
 * Takes marks that are due, at most 50, so that no other process looks at them before their next time: a minute from now while sessions
 * change, the later the longer none did, at most an hour. Over hours without a start a mark moves at once.
 */
export async function claimDueMarks(tx: Tx, at: { now: Date; endedBefore: Date }): Promise<readonly DueMark[]> {
  return tx.$queryRaw<DueMark[]>`
    WITH due AS MATERIALIZED (
      SELECT merchant_id, environment, rolled_up_before, changes_before FROM overview_marks WHERE next_at <= ${at.now}::timestamptz
      ORDER BY next_at LIMIT ${DUE_MARKS_MAX} FOR UPDATE SKIP LOCKED
    ), news AS MATERIALIZED (
      SELECT due.*, changed.last AS last_change, EXISTS (
        SELECT FROM sessions WHERE merchant_id = due.merchant_id AND environment = due.environment
          AND created_at >= due.rolled_up_before AND created_at < ${at.endedBefore}::timestamptz
      ) AS is_behind
      FROM due CROSS JOIN LATERAL (
        SELECT max(updated_at) AS last FROM sessions WHERE merchant_id = due.merchant_id AND environment = due.environment
      ) AS changed
    )
    UPDATE overview_marks AS mark SET
      next_at = ${at.now}::timestamptz
        + LEAST(GREATEST(${at.now}::timestamptz - news.last_change, INTERVAL '1 minute'), INTERVAL '1 hour'),
      rolled_up_before = CASE WHEN is_behind THEN mark.rolled_up_before
        ELSE GREATEST(mark.rolled_up_before, ${at.endedBefore}::timestamptz) END
    FROM news WHERE mark.merchant_id = news.merchant_id AND mark.environment = news.environment
    RETURNING mark.merchant_id AS "merchantId", mark.environment,
      (news.is_behind OR news.last_change >= news.changes_before) AS "hasNews"`;
}

/** Null when another process is at work on it. */
export async function lockMark(tx: Tx, scope: MerchantScope): Promise<Mark | null> {
  const [mark] = await tx.$queryRaw<Mark[]>`
    SELECT rolled_up_before AS "rolledUpBefore", changes_before AS "changesBefore" FROM overview_marks
    WHERE ${inScope(scope)} FOR UPDATE SKIP LOCKED`;
  return mark ?? null;
}

/** @param nextAt null leaves what was planned when the mark was claimed */
export async function saveMark(tx: Tx, scope: MerchantScope, change: Mark & { nextAt: Date | null }): Promise<void> {
  await tx.$executeRaw`
    UPDATE overview_marks SET rolled_up_before = ${change.rolledUpBefore}::timestamptz,
      changes_before = ${change.changesBefore}::timestamptz, next_at = COALESCE(${change.nextAt}::timestamptz, next_at)
    WHERE ${inScope(scope)}`;
}

/** An hour that is rolled up and holds sessions which changed since. */
export interface ChangedHour {
  readonly hour: Date;
  readonly firstChangeAt: Date;
  readonly lastChangeAt: Date;
  /** How many sessions it holds at least: those that were rolled up, or those that changed. */
  readonly sessions: number;
  /** How many of the changes that were read are in it. */
  readonly changes: number;
}

/** Of the oldest changes from an instant on, at least as many as told where there are more, and all of the last one's instant. */
export async function listChangedHours(
  tx: Tx,
  scope: MerchantScope,
  of: { mark: Mark; changesMax: number },
): Promise<readonly ChangedHour[]> {
  const { mark, changesMax } = of;
  const rows = await tx.$queryRaw<(Omit<ChangedHour, 'sessions' | 'changes'> & Record<'sessions' | 'changes', bigint>)[]>`
    WITH changed AS MATERIALIZED (
      SELECT ${HOUR_OF_START} AS hour, updated_at FROM sessions WHERE ${inScope(scope)}
        AND updated_at >= ${mark.changesBefore}::timestamptz AND created_at < ${mark.rolledUpBefore}::timestamptz
      ORDER BY updated_at FETCH FIRST (${changesMax}::bigint) ROWS WITH TIES
    )
    SELECT hour, min(updated_at) AS "firstChangeAt", max(updated_at) AS "lastChangeAt", count(*) AS changes,
      GREATEST(count(*), (SELECT sum(count) FROM overview_sessions WHERE ${inScope(scope)} AND hour = changed.hour))::bigint AS sessions
    FROM changed GROUP BY hour ORDER BY 2, 1`;
  return rows.map((row) => ({ ...row, sessions: Number(row.sessions), changes: Number(row.changes) }));
}

/** The hours in which the next sessions behind the mark started, at most as many sessions as told, oldest first. */
export async function listStartedHours(
  tx: Tx,
  scope: MerchantScope,
  of: { from: Date; before: Date; sessionsMax: number },
): Promise<{ hours: readonly Date[]; sessions: number }> {
  const rows = await tx.$queryRaw<{ hour: Date; sessions: bigint }[]>`
    SELECT ${HOUR_OF_START} AS hour, count(*) AS sessions FROM (
      SELECT created_at FROM sessions WHERE ${inScope(scope)} AND created_at >= ${of.from}::timestamptz
        AND created_at < ${of.before}::timestamptz ORDER BY created_at LIMIT ${of.sessionsMax}
    ) AS started GROUP BY 1 ORDER BY 1`;
  return { hours: rows.map(({ hour }) => hour), sessions: rows.reduce((sum, { sessions }) => sum + Number(sessions), 0) };
}

/** Counts the sessions that started in the hours anew, all of it as of one instant. */
export async function rollUpHours(
  tx: Tx,
  scope: MerchantScope,
  of: { hours: readonly Date[]; bucketsFromSeconds: readonly number[] },
): Promise<void> {
  const hours = Prisma.sql`SELECT unnest(${toTexts(of.hours)}::timestamptz[]) AS hour`;
  const isMeant = Prisma.sql`${inScope(scope)} AND hour = ANY(${toTexts(of.hours)}::timestamptz[])`;
  await tx.$executeRaw`
    WITH sessions AS (DELETE FROM overview_sessions WHERE ${isMeant}), providers AS (DELETE FROM overview_providers WHERE ${isMeant})
    DELETE FROM overview_durations WHERE ${isMeant}`;
  const side = Prisma.sql`${scope.merchantId}::uuid, ${scope.environment}::text`;
  await tx.$executeRaw`
    WITH counted AS MATERIALIZED (
      SELECT hour, provider, currency, status,
        CASE WHEN status = 'COMPLETED' THEN ${bucketOf(of.bucketsFromSeconds)} END AS from_seconds, count(*) AS count, sum(amount) AS amount
      FROM ${sessionsOf(scope, hours)} GROUP BY 1, 2, 3, 4, 5
    ), by_provider AS (
      INSERT INTO overview_providers (merchant_id, environment, hour, provider, status, count)
      SELECT ${side}, hour, provider, status, sum(count) FROM counted GROUP BY hour, provider, status
    ), by_duration AS (
      INSERT INTO overview_durations (merchant_id, environment, hour, from_seconds, count)
      SELECT ${side}, hour, from_seconds, sum(count) FROM counted WHERE from_seconds IS NOT NULL GROUP BY hour, from_seconds
    )
    INSERT INTO overview_sessions (merchant_id, environment, hour, currency, status, count, amount)
    SELECT ${side}, hour, currency, status, sum(count), sum(amount) FROM counted GROUP BY hour, currency, status`;
}

/**
 * How long the oldest transaction of this database that writes has been open, in milliseconds: what it wrote bears an earlier
 * instant than its commit will.
 */
export async function readOldestWriteMs(tx: Tx): Promise<number> {
  const [row] = await tx.$queryRaw<{ ms: number }[]>`
    SELECT COALESCE(max(extract(epoch FROM clock_timestamp() - xact_start)) * 1000, 0)::float8 AS ms FROM pg_stat_activity
    WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()`;
  return row?.ms ?? 0;
}

/** Whole hours of UTC, whatever zone the connection speaks. */
const HOUR_OF_START = Prisma.sql`date_bin('1 hour', created_at, TIMESTAMPTZ '2000-01-01 00:00:00+00')`;

function isRolledUp(scope: MerchantScope, { from, rolledUpBefore, countedHours }: Coverage): Prisma.Sql {
  return Prisma.sql`${inScope(scope)} AND hour >= ${from}::timestamptz AND hour < ${rolledUpBefore}::timestamptz
    AND hour NOT IN (SELECT unnest(${toTexts(countedHours)}::timestamptz[]))`;
}

/** The sessions of the range that `isRolledUp` leaves out. */
function unrolled(scope: MerchantScope, coverage: Coverage): Prisma.Sql {
  const { before, rolledUpBefore, countedHours } = coverage;
  const hours = Prisma.sql`SELECT unnest(${toTexts(countedHours)}::timestamptz[]) AS hour
    UNION ALL SELECT generate_series(${rolledUpBefore}::timestamptz, ${before}::timestamptz - INTERVAL '1 millisecond', INTERVAL '1 hour')`;
  return sessionsOf(scope, hours, coverage);
}

/**
 * What is counted of the sessions that started in the given hours, and in the range where one is given, each with its hour. The
 * OFFSET lets the planner look at one hour by itself: one range of an index.
 */
function sessionsOf(scope: MerchantScope, hours: Prisma.Sql, range?: { readonly from: Date; readonly before: Date }): Prisma.Sql {
  const from = range === undefined ? WANTED_FROM : Prisma.sql`GREATEST(${WANTED_FROM}, ${range.from}::timestamptz)`;
  const before = range === undefined ? WANTED_BEFORE : Prisma.sql`LEAST(${WANTED_BEFORE}, ${range.before}::timestamptz)`;
  return Prisma.sql`(SELECT wanted.hour, started.* FROM (${hours}) AS wanted
    CROSS JOIN LATERAL (
      SELECT provider, currency, status, amount, created_at, ended_at FROM sessions
      WHERE ${inScope(scope)} AND created_at >= ${from} AND created_at < ${before} OFFSET 0
    ) AS started) AS unrolled`;
}

const WANTED_FROM = Prisma.sql`wanted.hour`;
const WANTED_BEFORE = Prisma.sql`(wanted.hour + INTERVAL '1 hour')`;

/** The lower bound of the bucket that the session's duration falls into; clocks of two gateways may make it end before its start. */
function bucketOf(bucketsFromSeconds: readonly number[]): Prisma.Sql {
  const bounds = Prisma.sql`${[...bucketsFromSeconds]}::integer[]`;
  return Prisma.sql`(${bounds})[width_bucket(GREATEST(extract(epoch FROM ended_at - created_at), 0)::float8, ${bounds}::float8[])]`;
}

function toTexts(instants: readonly Date[]): string[] {
  return instants.map((instant) => instant.toISOString());
}
