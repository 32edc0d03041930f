import { performance } from 'node:perf_hooks';
import { COUNTED_PAGE_QUERY, PAGE_QUERY, PAGE_SIZE } from './documents.ts';
import type { Server, Statement } from './processes.ts';
import type { Bench } from './setup.ts';
import { median, type Table } from './table.ts';

const WARM_UPS = 6;
/** Not the statements of jobs that happen to run meanwhile. */
const READS_SESSIONS = /^\s*SELECT\b.*\bFROM sessions\b/s;

interface Case {
  readonly name: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** A page without a count unless told. */
  readonly query?: string;
}

type Send = (request: Case) => Promise<string>;

export const MILLION_HEADER = [
  'page of 50 of a million',
  'median ms',
  'to the first',
  'statement ms',
  'read by',
  'rows passed over',
];

/** Each kind of page of a merchant with most of a million sessions, over HTTP, one request at a time, all kinds in turn. */
export async function measureMillion(
  bench: Bench,
  gateway: Server,
  options: { count: number; rounds: number },
): Promise<Table['rows']> {
  const [, , shop] = bench.shops;
  const send: Send = async ({ query, variables }) => {
    const body = JSON.stringify({ query: query ?? PAGE_QUERY, variables });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${shop.key}` };
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/graphql`, { method: 'POST', headers, body });
    const text = await answer.text();
    if (!answer.ok || text.includes('"errors"')) throw new Error(text.slice(0, 1_000));
    return text;
  };
  const cases = await listCases(bench, send, options.count);
  const timesMs = new Map<string, number[]>(cases.map(({ name }) => [name, []]));
  for (let round = -WARM_UPS; round < options.rounds; round += 1) {
    for (const each of cases) {
      const startedAt = performance.now();
      await send(each);
      if (round >= 0) timesMs.get(each.name)?.push(performance.now() - startedAt);
    }
  }
  const medians = cases.map(({ name }) => median(timesMs.get(name) ?? []));
  const rows: string[][] = [];
  for (const [index, each] of cases.entries()) {
    const medianMs = medians[index] ?? Number.NaN;
    const ratio = `${(medianMs / (medians[0] ?? Number.NaN)).toFixed(2)} ×`;
    const statements = await gateway.record(() => send(each));
    const reads = statements.filter(({ text }) => READS_SESSIONS.test(text));
    const plans = await Promise.all(reads.map((statement) => explain(bench, statement)));
    rows.push([each.name, medianMs.toFixed(2), ratio, ...joinPlans(plans)]);
  }
  return rows;
}

const MIDDLE_QUERY = 'query Middle($skip: Int!) { clientSessions(skip: $skip, take: 1) { pageInfo { endCursor } } }';
const ONE_QUERY = 'query One($by: ClientSessionSelector!) { clientSession(by: $by) { id status currency } }';

async function listCases(bench: Bench, send: Send, count: number): Promise<readonly Case[]> {
  const [, , shop] = bench.shops;
  const middle = await send({ name: 'middle', query: MIDDLE_QUERY, variables: { skip: count * 0.4 } });
  const { data } = JSON.parse(middle) as { data: { clientSessions: { pageInfo: { endCursor: string } } } };
  const after = data.clientSessions.pageInfo.endCursor;
  const { rows } = await bench.query('SELECT provider_code FROM sessions WHERE merchant_id = $1 LIMIT 1', [shop.merchantId]);
  const providerCode = (rows[0] as { provider_code: string }).provider_code;
  const first = { first: PAGE_SIZE };
  const filtered = (filter: object) => ({ ...first, filter });
  return [
    { name: 'first', variables: first },
    { name: 'middle, by cursor', variables: { ...first, after } },
    { name: 'end, backwards', variables: { last: PAGE_SIZE } },
    { name: 'status of 2 in 100', variables: filtered({ statuses: ['CANCELED'] }) },
    { name: 'two statuses, 10 in 100', variables: filtered({ statuses: ['CANCELED', 'DECLINED'] }) },
    { name: 'currency and amounts', variables: filtered({ currencies: ['GBP'], amountMin: '5000', amountMax: '5100' }) },
    { name: 'customer code', variables: filtered({ merchantInternalCustomerCode: 'customer-77' }) },
    { name: 'transaction code', variables: filtered({ merchantInternalTransactionCode: `order-${count / 2 + 1}` }) },
    { name: 'one by provider code', query: ONE_QUERY, variables: { by: { providerCode } } },
    { name: 'first with totalCount', query: COUNTED_PAGE_QUERY, variables: first },
    { name: `skip ${count / 10}`, variables: { skip: count / 10, take: PAGE_SIZE } },
    { name: `skip ${count / 2}`, variables: { skip: count / 2, take: PAGE_SIZE } },
  ];
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

interface Explained {
  readonly ms: number;
  readonly readBy: string;
  readonly removed: number;
}

/** What PostgreSQL does for a statement that the gateway has just sent. */
async function explain(bench: Bench, { text, values }: Statement): Promise<Explained> {
  const { rows } = await bench.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values);
  const [plan] = rows[0]['QUERY PLAN'] as [{ Plan: PlanNode; 'Execution Time': number }];
  const nodes = flatten(plan.Plan);
  const reads = nodes.filter((node) => node['Index Name'] !== undefined || node['Relation Name'] !== undefined);
  const readBy = reads.map((node) => node['Index Name'] ?? node['Node Type']).map(shorten);
  const removed = nodes.reduce((sum, node) => sum + (node['Rows Removed by Filter'] ?? 0), 0);
  return { ms: plan['Execution Time'], readBy: [...new Set(readBy)].join(' + '), removed };
}

function flatten(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}

/** Every index begins with the merchant and its side; what follows tells them apart. */
function shorten(index: string): string {
  return index.replace(/^sessions_(merchant_id_environment_)?/, '').replace(/_(idx|key)$/, '');
}

function joinPlans(plans: readonly Explained[]): readonly string[] {
  return [
    plans.map(({ ms }) => ms.toFixed(2)).join(' + '),
    plans.map(({ readBy }) => readBy).join('; '),
    plans.map(({ removed }) => String(removed)).join(' + '),
  ];
}
