// npm run bench [-- --only start,page,verify,million,overview,console] [--rounds 7] [--count 1000000] [--profile <folder>]
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seedBusiness, seedSessions } from '../test/support/million.ts';
import { COMPARE_HEADER, type Contest, compare } from './compare.ts';
import { measureConsole } from './console.ts';
import { MILLION_HEADER, measureMillion } from './million.ts';
import { createBodies, OPERATIONS } from './operations.ts';
import { measureOverview, OVERVIEW_HEADER, waitForRollUp } from './overview.ts';
import { type Server, startGateway, startLoadGenerator, startRaw } from './processes.ts';
import { type Bench, businessOf, OWN_IN_100, prepareBench } from './setup.ts';
import { printTable } from './table.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: [...OPERATIONS, 'million', 'overview'].join(',') },
    rounds: { type: 'string', default: '7' },
    count: { type: 'string', default: '1000000' },
    profile: { type: 'string' },
  },
});
const only = values.only.split(',');
const rounds = Number(values.rounds);
const ON_A_MILLION = ['million', 'overview', 'console'];
const SETTLED_MS = 3_000;
const JOBS_MS_MAX = 15_000;
const PAID_SESSIONS = 100;
const PAGED_SESSIONS = 2_000;
const BYTES_PER_MB = 1024 * 1024;

await run(await prepareBench());

async function run(bench: Bench): Promise<void> {
  try {
    await compareSides(bench);
    if (ON_A_MILLION.some((part) => only.includes(part))) await readMillion(bench, Number(values.count));
  } finally {
    await bench.remove();
  }
}

async function compareSides(bench: Bench): Promise<void> {
  const chosen = OPERATIONS.filter((operation) => only.includes(operation));
  if (chosen.length === 0) return;
  if (values.profile !== undefined) await mkdir(values.profile, { recursive: true });
  const gateway = await startGateway(bench.environment);
  await sleep(SETTLED_MS);
  const idle = (await gateway.spent()).memoryBytes;
  const raw = await startRaw(bench.environment);
  const load = startLoadGenerator();
  try {
    await seedSessions(bench.query, businessOf(bench.shops[1], PAGED_SESSIONS));
    const paidSessionIds = await paySessions(bench, gateway);
    const contest: Contest = { bench, gateway, raw, load, paidSessionIds, rounds, profileFolder: values.profile ?? null };
    const rows = [];
    for (const operation of chosen) rows.push(await compare(contest, operation));
    printTable({ title: 'Against node:http and node-postgres doing the same statements', header: COMPARE_HEADER, rows });
    await sleep(SETTLED_MS);
    const after = (await gateway.spent()).memoryBytes;
    const memory = [['gateway, idle', toMb(idle), toMb(after)]];
    printTable({ title: 'Memory (resident, MB)', header: ['', 'after start', 'after load'], rows: memory });
  } finally {
    await Promise.all([gateway.stop(), raw.stop(), load.stop()]);
  }
}

async function readMillion(bench: Bench, count: number): Promise<void> {
  const startedAt = performance.now();
  await seedBusiness(bench.query, businessOf(bench.shops[2], count));
  await bench.query('CHECKPOINT');
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  const gateway = await startGateway(bench.environment);
  try {
    const rolledUpSeconds = ((await waitForRollUp(bench)) / 1_000).toFixed(0);
    if (only.includes('million')) {
      const rows = await measureMillion(bench, gateway, { count, rounds: rounds * 3 });
      printTable({ title: `With ${count} stored sessions (stored in ${seconds} s)`, header: MILLION_HEADER, rows });
    }
    if (only.includes('overview')) {
      const rows = await measureOverview(bench, gateway, rounds);
      printTable({
        title: `Over ${(count * OWN_IN_100) / 100} of them (rolled up in ${rolledUpSeconds} s)`,
        header: OVERVIEW_HEADER,
        rows,
      });
    }
    if (only.includes('console')) for (const table of await measureConsole(bench, gateway, rounds)) printTable(table);
  } finally {
    await gateway.stop();
  }
}

/** Sessions that were started, paid and verified, as their merchant would find them. */
async function paySessions(bench: Bench, gateway: Server): Promise<readonly string[]> {
  const [shop] = bench.shops;
  const post = async (path: string, body: string): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${shop.key}` };
    const answer = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { method: 'POST', headers, body });
    const text = await answer.text();
    if (!answer.ok || text.includes('"errors"')) throw new Error(text.slice(0, 1_000));
    return JSON.parse(text);
  };
  const nextStart = createBodies('start', []);
  const card = { number: '4242424242424242', expMonth: 12, expYear: 2040, cvc: '123' };
  const paySession = async (): Promise<string> => {
    const started = (await post('/graphql', nextStart())) as { data: { startPaymentSession: { id: string; token: string } } };
    const { id, token } = started.data.startPaymentSession;
    await post('/example/v1/confirm', JSON.stringify({ token, card }));
    await post('/graphql', createBodies('verify', [id])());
    return id;
  };
  const ids: string[] = [];
  while (ids.length < PAID_SESSIONS) ids.push(await paySession());
  await waitForJobs(bench);
  return ids;
}

/** The bank calls back for each payment; that work must not fall into the rounds. */
async function waitForJobs(bench: Bench): Promise<void> {
  const endsAt = performance.now() + JOBS_MS_MAX;
  while (performance.now() < endsAt) {
    const { rows } = await bench.query('SELECT count(*)::integer AS waiting FROM jobs');
    if (rows[0].waiting === 0) return;
    await sleep(200);
  }
}

function toMb(bytes: number): string {
  return (bytes / BYTES_PER_MB).toFixed(0);
}
