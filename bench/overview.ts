import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './processes.ts';
import type { Bench } from './setup.ts';
import { median, type Table } from './table.ts';

const WARM_UPS = 3;
const ROLL_UP_MS_MAX = 120_000;

export const OVERVIEW_HEADER = ['overview', 'median ms', 'slowest ms', 'plain SQL ms', 'of plain SQL'];

/** The same figures by the statements that a report would send: straight over the sessions, one after the other. */
const PLAIN = {
  sessions: `SELECT date_bin($3::interval, created_at, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS start, currency, status, count(*), sum(amount)
    FROM sessions WHERE merchant_id = $1 AND environment = 'TEST' AND created_at >= $2 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  providers: `SELECT provider, status, count(*) FROM sessions
    WHERE merchant_id = $1 AND environment = 'TEST' AND created_at >= $2 GROUP BY 1, 2`,
  declines: `SELECT decline_reason, count(*) FROM transactions
    WHERE merchant_id = $1 AND environment = 'TEST' AND created_at >= $2 AND status = 'DECLINED' GROUP BY 1`,
  timeToCompletion: `SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY ended_at - created_at) FROM sessions
    WHERE merchant_id = $1 AND environment = 'TEST' AND created_at >= $2 AND status = 'COMPLETED'`,
  open: `SELECT status, count(*) FROM sessions
    WHERE merchant_id = $1 AND environment = 'TEST' AND status IN ('PENDING', 'ACTIVE', 'UNKNOWN') GROUP BY 1`,
} as const;

type Part = keyof typeof PLAIN;

const SELECTIONS: Readonly<Record<Part, string>> = {
  sessions: 'sessions { start currency status count amount }',
  providers: 'providers { transactionProvider started completed declined canceled expired failed open successRate }',
  declines: 'declines { reason count }',
  timeToCompletion: 'timeToCompletion { count medianSeconds p90Seconds buckets { fromSeconds beforeSeconds count } }',
  open: 'open { pending active unknown stuck }',
};
const PARTS = Object.keys(SELECTIONS) as readonly Part[];

interface Case {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly interval: 'DAY' | 'HOUR';
  /** How many sessions change before each request. */
  readonly changes?: number;
}

const CASES: readonly Case[] = [
  { name: 'all of it, by day', parts: PARTS, interval: 'DAY' },
  { name: 'all of it, 14 days by hour', parts: PARTS, interval: 'HOUR' },
  ...PARTS.map((part): Case => ({ name: `${part}, by day`, parts: [part], interval: 'DAY' })),
  // The last one: what it changes is rolled up minutes later only.
  { name: 'all of it, by day, while old sessions change', parts: PARTS, interval: 'DAY', changes: 5 },
];

/** How long the gateway took to roll up what was stored before it started. */
export async function waitForRollUp(bench: Bench): Promise<number> {
  const [, , shop] = bench.shops;
  const startedAt = performance.now();
  while (performance.now() - startedAt < ROLL_UP_MS_MAX) {
    const { rowCount } = await bench.query(
      `SELECT FROM overview_marks WHERE merchant_id = $1 AND rolled_up_before > now() - INTERVAL '3 hours'`,
      [shop.merchantId],
    );
    if (rowCount === 1) return performance.now() - startedAt;
    await sleep(100);
  }
  throw new Error('The overview was not rolled up in time.');
}

/** Each kind of overview and the plain statements in turn, over HTTP and node-postgres, one at a time. */
export async function measureOverview(bench: Bench, gateway: Server, rounds: number): Promise<Table['rows']> {
  const rows: string[][] = [];
  for (const each of CASES) rows.push(await measureCase(bench, gateway, { each, rounds }));
  return rows;
}

async function measureCase(bench: Bench, gateway: Server, wish: { each: Case; rounds: number }): Promise<string[]> {
  const { each, rounds } = wish;
  const [, , shop] = bench.shops;
  const { from, before } = await findRange(bench, each);
  const query = `query Overview($range: OverviewRangeInput!) { overview(range: $range) { ${each.parts.map((part) => SELECTIONS[part]).join(' ')} } }`;
  const body = JSON.stringify({ query, variables: { range: { from, before, interval: each.interval } } });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${shop.key}` };
  const ours: number[] = [];
  const plain: number[] = [];
  for (let round = -WARM_UPS; round < rounds; round += 1) {
    if (each.changes !== undefined) await changeSessions(bench, each.changes);
    const ourMs = await time(async () => {
      const answer = await fetch(`http://127.0.0.1:${gateway.port}/graphql`, { method: 'POST', headers, body });
      const text = await answer.text();
      if (!answer.ok || text.includes('"errors"')) throw new Error(text.slice(0, 1_000));
    });
    const plainMs = await time(async () => {
      for (const part of each.parts)
        await bench.query(PLAIN[part], plainValues(part, [shop.merchantId, from, `1 ${each.interval}`]));
    });
    if (round < 0) continue;
    ours.push(ourMs);
    plain.push(plainMs);
  }
  const [ourMs, plainMs] = [median(ours), median(plain)];
  const percent = `${((ourMs / plainMs) * 100).toFixed(0)} %`;
  return [each.name, ourMs.toFixed(1), Math.max(...ours).toFixed(1), plainMs.toFixed(1), percent];
}

function plainValues(part: Part, values: readonly string[]): readonly string[] {
  return values.slice(0, [...PLAIN[part].matchAll(/\$\d/g)].length);
}

async function findRange(bench: Bench, { interval }: Case): Promise<{ from: string; before: string }> {
  const [, , shop] = bench.shops;
  const { rows } = await bench.query(
    'SELECT min(created_at) AS first, max(created_at) AS last FROM sessions WHERE merchant_id = $1',
    [shop.merchantId],
  );
  const { first, last } = rows[0] as { first: Date; last: Date };
  const hoursMax = 14 * 24 - 1;
  const from = interval === 'DAY' ? first : new Date(Math.max(first.getTime(), last.getTime() - hoursMax * 3_600_000));
  return { from: from.toISOString(), before: new Date(last.getTime() + 1).toISOString() };
}

/** As refunds, late payments and clean-ups would: whatever their age. */
async function changeSessions(bench: Bench, count: number): Promise<void> {
  const [, , shop] = bench.shops;
  await bench.query(
    `UPDATE sessions SET updated_at = now() WHERE id IN (
       SELECT id FROM sessions TABLESAMPLE SYSTEM (1) WHERE merchant_id = $1 ORDER BY random() LIMIT $2)`,
    [shop.merchantId, count],
  );
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
