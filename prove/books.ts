import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { Flow } from './load.ts';

/** What the database says of one purchase, ours and the bank's. */
interface Row {
  readonly code: string;
  readonly sessions: number;
  readonly session_id: string;
  readonly status: string;
  readonly payments: number;
  readonly captures: number;
  readonly refunds: number;
  /** Ids of our transactions that SUCCEEDED. */
  readonly taken: readonly string[];
  readonly returned: readonly string[];
}

/** Every purchase that went wrong, as a sentence, by property. */
export interface Books {
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  readonly stuck: readonly string[];
}

const LOOK_PAUSE_MS = 500;

const PURCHASES = `
  WITH own AS (SELECT code, count(*)::int AS sessions, min(id::text) AS session_id, min(status) AS status FROM sessions GROUP BY 1),
  bank AS (
    SELECT p.reference AS session_id, count(DISTINCT p.id)::int AS payments,
      count(m.id) FILTER (WHERE m.kind = 'ATTEMPT' AND coalesce(m.settled_status, m.status) = 'succeeded')::int AS captures,
      count(m.id) FILTER (WHERE m.kind = 'REFUND')::int AS refunds
    FROM bank_payments p LEFT JOIN bank_movements m ON m.payment_id = p.id GROUP BY 1),
  taken AS (SELECT session_id::text, array_agg(id::text) AS ids FROM transactions
    WHERE action <> 'REFUND' AND status = 'SUCCEEDED' GROUP BY 1),
  returned AS (SELECT t.session_id::text, array_agg(r.id::text) AS ids FROM transactions r
    JOIN transactions t ON t.id = r.related_transaction_id WHERE r.action = 'REFUND' AND r.status = 'SUCCEEDED' GROUP BY 1)
  SELECT own.*, coalesce(payments, 0) AS payments, coalesce(captures, 0) AS captures, coalesce(refunds, 0) AS refunds,
    coalesce(taken.ids, '{}') AS taken, coalesce(returned.ids, '{}') AS returned
  FROM own LEFT JOIN bank USING (session_id) LEFT JOIN taken USING (session_id) LEFT JOIN returned USING (session_id)`;

/** Money at the bank that no session knows. */
const STRAYS = `
  SELECT 'payment ' || p.id || ' of the bank belongs to no session' AS problem FROM bank_payments p
  WHERE NOT EXISTS (SELECT FROM sessions s WHERE s.id::text = p.reference)`;

const OPEN_WORK = `
  SELECT 'operation ' || id || ' (' || kind || ') is ' || state AS problem FROM operations WHERE state <> 'DONE'
  UNION ALL SELECT 'job ' || id || ' (' || kind || ') is left: ' || coalesce(last_error, 'no error') FROM jobs
  UNION ALL SELECT 'alert ' || type || ' of session ' || coalesce(session_id::text, '-') FROM events WHERE is_alert`;

/** Compares what was acknowledged with what is stored, once all deferred work is done or the limit is over. */
export async function readBooks(cluster: Cluster, flows: readonly Flow[], limitMs: number): Promise<Books> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const books = await compare(cluster, flows);
    if (books.stuck.length === 0 || performance.now() > deadline) return books;
    await sleep(LOOK_PAUSE_MS);
  }
}

async function compare(cluster: Cluster, flows: readonly Flow[]): Promise<Books> {
  const open = await cluster.query<{ problem: string }>(OPEN_WORK);
  const strays = await cluster.query<{ problem: string }>(STRAYS);
  const rows = new Map((await cluster.query<Row>(PURCHASES)).map((row) => [row.code, row]));
  const judged = flows.map((flow) => judge(flow, rows.get(flow.code)));
  return {
    lost: judged.flatMap(({ lost }) => lost),
    twice: [...strays.map(({ problem }) => problem), ...judged.flatMap(({ twice }) => twice)],
    stuck: [...open.map(({ problem }) => problem), ...judged.flatMap(({ stuck }) => stuck)],
  };
}

function judge(flow: Flow, row: Row | undefined): Books {
  const { code, kind } = flow;
  if (row === undefined) {
    return { lost: flow.sessionId === null ? [] : [`${code}: the session is not stored`], twice: [], stuck: unfinished(flow) };
  }
  const lost = [
    flow.sessionId !== null && flow.sessionId !== row.session_id && 'the session has another id',
    flow.isPaid && row.captures === 0 && 'the payment is not in the books of the bank',
    flow.transactionId !== null && !row.taken.includes(flow.transactionId) && 'the transaction is not SUCCEEDED',
    flow.refundId !== null && !row.returned.includes(flow.refundId) && 'the refund is not SUCCEEDED',
  ];
  const twice = [
    row.sessions > 1 && `${row.sessions} sessions`,
    row.payments > 1 && `${row.payments} payments at the bank`,
    row.captures > 1 && `paid ${row.captures} times at the bank`,
    row.refunds > (kind === 'REFUNDED' ? 1 : 0) && `${row.refunds} refunds at the bank`,
    row.taken.length > 1 && `${row.taken.length} transactions that took money`,
    row.returned.length > 1 && `${row.returned.length} refunds`,
  ];
  const stuck = [
    row.captures === 1 && row.status !== 'COMPLETED' && `the payment is taken and the session is ${row.status}`,
    row.captures === 1 && row.taken.length === 0 && 'the payment is taken and no transaction says so',
    row.refunds === 1 && row.returned.length === 0 && 'the money is given back and no transaction says so',
  ];
  const named = (problems: readonly (string | false)[]): readonly string[] =>
    problems.filter((problem) => problem !== false).map((problem) => `${code} (${kind}): ${problem}`);
  return { lost: named(lost), twice: named(twice), stuck: [...named(stuck), ...unfinished(flow)] };
}

function unfinished({ code, kind, isFinished }: Flow): readonly string[] {
  return isFinished ? [] : [`${code} (${kind}): its calls were not all answered`];
}
