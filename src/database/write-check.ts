import type pg from 'pg';
import { SECOND_MS } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { createLoop } from '../kernel/loop.ts';
import { within } from '../kernel/within.ts';
import { DISK_FULL, GROW } from './disk-full.ts';
import { openPool, type WatchedPool } from './pool.ts';

/** Whether the database takes writes, and if not, why. */
export type WriteState = 'writable' | 'unreachable' | 'read-only' | 'locked' | 'full';

export interface WriteCheck {
  /** As of the last second at most. Responds within two seconds and never throws. */
  check(): Promise<WriteState>;
  close(limitMs: number): Promise<void>;
}

const PROBE_LIMIT_MS = 2 * SECOND_MS;
const CACHED_MS = 500;
/** Between two probes while the database does not take writes, or has just failed at something. */
const WATCH_PAUSE_MS = 500;
/** How long what waited during an outage gets to come back by itself. */
const GRACE_MS = SECOND_MS;

/** Every payment writes to these. The lock is the one that a write takes, so it waits for what a write would wait for. */
const LOCK = `LOCK TABLE sessions, transactions, operations, events, event_counts, jobs, merchant_codes, customers, payment_methods,
  endpoint_deliveries, webhook_deliveries IN ROW EXCLUSIVE MODE`;
/** A write of no rows: it reaches the log of the primary, and its commit waits for the disk as every other does. */
const WRITE = `SELECT CASE WHEN pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' THEN 'read-only'
  ELSE pg_logical_emit_message(true, 'tollgate', 'ready')::text END AS outcome`;
const LOCK_NOT_AVAILABLE = '55P03';
const QUERY_CANCELED = '57014';
const READ_ONLY = '25006';

/**
 * Asks the database for a write, over a connection of its own, so that a busy pool does not look like an outage. While the database is
 * away it asks twice a second, and once it is back cuts the connections of the pool that still wait for a response from before.
 */
export function openWriteCheck(config: pg.PoolConfig, { watched, log }: { watched: WatchedPool; log: Logger }): WriteCheck {
  const limits = { max: 1, connectionTimeoutMillis: PROBE_LIMIT_MS, application_name: 'tollgate health' };
  const own = openPool({ ...config, ...limits }, { log, queryMs: PROBE_LIMIT_MS });
  let state: WriteState = 'writable';
  let current: Promise<WriteState> | null = null;
  const probeOnce = async (): Promise<WriteState> => {
    const suspicion = watched.takeSuspicion();
    const found = await within(PROBE_LIMIT_MS, probe(own.pool, suspicion === 'full' ? 'growing' : 'plain'));
    const next = found === 'late' ? 'unreachable' : found;
    if (next !== 'writable' && suspicion !== null) watched.suspect(suspicion);
    if (next !== state)
      log[next === 'writable' ? 'info' : 'error']({ state: next }, 'whether the database takes writes has changed');
    if (next === 'writable' && state !== 'writable') cutLeftovers(watched);
    state = next;
    return next;
  };
  const check = (): Promise<WriteState> => {
    current ??= probeOnce().finally(() => {
      setTimeout(() => {
        current = null;
      }, CACHED_MS).unref();
    });
    return current;
  };
  const loop = createLoop({
    name: 'database watch',
    log,
    pauseMs: WATCH_PAUSE_MS,
    roundMsMax: 2 * PROBE_LIMIT_MS,
    round: async () => (state === 'writable' && !watched.isSuspected() ? undefined : check()),
  });
  loop.start();
  return {
    check,
    async close(limitMs) {
      await Promise.all([loop.stop(limitMs), own.close(limitMs)]);
    },
  };
}

async function probe(pool: pg.Pool, kind: 'plain' | 'growing'): Promise<WriteState> {
  const limits = `SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '1500ms'`;
  const statements = ['BEGIN', limits, LOCK, WRITE, ...(kind === 'growing' ? [GROW] : []), 'COMMIT'];
  try {
    // One message with several statements has several results.
    const results = (await pool.query(statements.join('; '))) as unknown as readonly pg.QueryResult<{ outcome?: string }>[];
    return results.some(({ rows }) => rows[0]?.outcome === 'read-only') ? 'read-only' : 'writable';
  } catch (error) {
    return stateAfter(error);
  }
}

function stateAfter(error: unknown): WriteState {
  switch ((error as { code?: string }).code ?? '') {
    case DISK_FULL:
      return 'full';
    case LOCK_NOT_AVAILABLE:
    case QUERY_CANCELED:
      return 'locked';
    case READ_ONLY:
      return 'read-only';
    default:
      return 'unreachable';
  }
}

/** What waits since before the database came back is given a moment and then cut: its packets may have been lost for good. */
function cutLeftovers(watched: WatchedPool): void {
  const waiting = watched.waiting();
  setTimeout(() => {
    for (const connection of waiting) {
      if (connection.isWaiting()) connection.cut('The database was away, and no response came after its return.');
    }
  }, GRACE_MS).unref();
}
