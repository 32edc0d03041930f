import type { Database, Tx } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';
import { addMs, HOUR_MS, MINUTE_MS } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { BUCKETS_FROM_SECONDS, startOfHour } from './overview.ts';
import {
  type ChangedHour,
  claimDueMarks,
  insertMissingMarks,
  listChangedHours,
  listStartedHours,
  lockMark,
  type Mark,
  readOldestWriteMs,
  rollUpHours,
  saveMark,
} from './store.ts';

type RollUpDeps = { readonly database: Database; readonly clock: Clock; readonly log: Logger };

/** How often a process looks for merchants who have their first session. Until then theirs are few, or counted as they are. */
const SEARCH_PAUSE_MS = 10 * MINUTE_MS;
/** An hour is rolled up an hour after its end: most of what started in it has ended by then and changes no more. */
const PATIENCE_MS = HOUR_MS;
/** By how much the clocks of gateways may differ, and how long a change may wait between its instant and its first write. */
const OVERLAP_MS = 2 * MINUTE_MS;

interface StepLimits {
  /** How many sessions one step counts, unless a single hour holds more. */
  readonly sessionsMax: number;
  /** How many changes it looks at, unless more happened at one instant. */
  readonly changesMax: number;
}

/** A fraction of a second on any machine. */
const STEP_LIMITS: StepLimits = { sessionsMax: 50_000, changesMax: 10_000 };

/**
 * The sweep that keeps the counts of hours that are over ready for the overview. They follow the sessions and are never ahead of
 * them: the overview itself counts what has changed since, so a sweep that is late makes it slower and not wrong. Each call does a
 * bounded step for every merchant who is due, and several processes may call it at once. Returns how many steps it took.
 */
export function createRollUp(limits: StepLimits = STEP_LIMITS): (deps: RollUpDeps) => Promise<number> {
  let nextSearchAt: Date | null = null;
  return async (deps) => {
    const { database, clock, log } = deps;
    const now = clock.now();
    let steps = 0;
    if (nextSearchAt === null || now >= nextSearchAt) {
      steps += await insertMissingMarks(database.client, { now, settledBefore: await readSettledBefore(database.client, now) });
      nextSearchAt = addMs(now, SEARCH_PAUSE_MS);
    }
    const endedBefore = startOfHour(addMs(now, -PATIENCE_MS));
    const due = (await claimDueMarks(database.client, { now, endedBefore })).filter(({ hasNews }) => hasNews);
    if (due.length === 0) return steps;
    const settledBefore = await readSettledBefore(database.client, now);
    for (const mark of due) {
      await rollUp(deps, scopeOf(mark), { now, endedBefore, settledBefore, limits }).catch((error: unknown) => {
        log.error({ merchantId: mark.merchantId, error }, 'the overview of a merchant could not be rolled up');
      });
    }
    return steps + due.length;
  };
}

/** The instant before which every change is committed and can be seen. */
async function readSettledBefore(tx: Tx, now: Date): Promise<Date> {
  return addMs(now, -OVERLAP_MS - (await readOldestWriteMs(tx)));
}

/** One step: what changed in hours that are rolled up, then the next hours, with the mark in the same commit. */
async function rollUp(
  deps: RollUpDeps,
  scope: MerchantScope,
  step: { now: Date; endedBefore: Date; settledBefore: Date; limits: StepLimits },
): Promise<void> {
  const { now, endedBefore, settledBefore, limits } = step;
  await deps.database.inTransaction(async (tx) => {
    const mark = await lockMark(tx, scope);
    if (mark === null) return;
    const stale = chooseStaleHours(await listChangedHours(tx, scope, { mark, ...limits }), limits);
    for (const hours of stale.batches) await rollUpHours(tx, scope, { hours, bucketsFromSeconds: BUCKETS_FROM_SECONDS });
    const next = await rollUpNext(tx, scope, { mark, endedBefore, limits });
    const hasMoreChanges = stale.changesBefore !== null && stale.changesBefore < settledBefore;
    const changesBefore = hasMoreChanges ? stale.changesBefore : settledBefore;
    await saveMark(tx, scope, {
      rolledUpBefore: next.rolledUpBefore,
      changesBefore: changesBefore > mark.changesBefore ? changesBefore : mark.changesBefore,
      nextAt: hasMoreChanges || next.hasMore ? now : null,
    });
  });
}

async function rollUpNext(
  tx: Tx,
  scope: MerchantScope,
  { mark, endedBefore, limits }: { mark: Mark; endedBefore: Date; limits: StepLimits },
): Promise<{ rolledUpBefore: Date; hasMore: boolean }> {
  if (endedBefore <= mark.rolledUpBefore) return { rolledUpBefore: mark.rolledUpBefore, hasMore: false };
  const within = { from: mark.rolledUpBefore, before: endedBefore, sessionsMax: limits.sessionsMax };
  const { hours, sessions } = await listStartedHours(tx, scope, within);
  const last = hours.at(-1);
  if (last === undefined) return { rolledUpBefore: endedBefore, hasMore: false };
  await rollUpHours(tx, scope, { hours, bucketsFromSeconds: BUCKETS_FROM_SECONDS });
  if (sessions < limits.sessionsMax) return { rolledUpBefore: endedBefore, hasMore: false };
  return { rolledUpBefore: addMs(last, HOUR_MS), hasMore: true };
}

interface StaleHours {
  /** Each to be counted by one statement. */
  readonly batches: readonly (readonly Date[])[];
  /** Every change before this instant is in one of these hours; null where no further ones are known. */
  readonly changesBefore: Date | null;
}

/**
 * The hours to count anew in one step, those that changed first before others, as far as the step's limit goes. Hours that
 * changed first at one instant are never torn apart: the mark could not move on between them.
 * @param changed in the order of their first change
 */
export function chooseStaleHours(changed: readonly ChangedHour[], limits: StepLimits): StaleHours {
  const batches: Date[][] = [];
  let [inBatch, inStep] = [0, 0];
  let last: ChangedHour | null = null;
  for (const each of changed) {
    const isTied = last !== null && each.firstChangeAt.getTime() === last.firstChangeAt.getTime();
    if (last !== null && !isTied && inStep + each.sessions > limits.sessionsMax) {
      return { batches, changesBefore: each.firstChangeAt };
    }
    const batch = batches.at(-1);
    if (batch === undefined || inBatch + each.sessions > limits.sessionsMax) {
      batches.push([each.hour]);
      inBatch = each.sessions;
    } else {
      batch.push(each.hour);
      inBatch += each.sessions;
    }
    inStep += each.sessions;
    last = each;
  }
  const read = changed.reduce((sum, { changes }) => sum + changes, 0);
  const lastChangeMs = Math.max(...changed.map(({ lastChangeAt }) => lastChangeAt.getTime()));
  // All changes of the last instant were read: instants are whole milliseconds.
  return { batches, changesBefore: read < limits.changesMax ? null : new Date(lastChangeMs + 1) };
}
