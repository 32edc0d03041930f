// npm run prove:outage [-- --short] [--only "paused,read-only"]
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createShops } from '../bench/setup.ts';
import { lacksPrograms } from '../test/support/server-tools.ts';
import { readBooks } from './books.ts';
import { CLUSTER_PROGRAMS, type Cluster, startCluster } from './cluster.ts';
import { type Gateway, prepareGateway } from './gateways.ts';
import { type Load, startLoad } from './load.ts';
import { FULL_DISK, OUTAGES, type Phase, runPhase, type Stop, stopInTurn, stopWithoutDatabase, type Wounds } from './phases.ts';
import { type Check, check, judgePhase, printChecks, printTable } from './report.ts';
import { startWatch, type Watch } from './watch.ts';

/**
 * Hurts the database of two gateways in every way that it knows, while buyers buy. Shows that the processes live, that nothing that was
 * acknowledged is lost, that nothing happens twice, and that everything works within two seconds of the database's return.
 */
const { values } = parseArgs({ options: { short: { type: 'boolean', default: false }, only: { type: 'string' } } });
/** The full form takes four minutes on a machine that is not busy. */
const LIMIT_MS = 540_000;
const SHORT = { outageMs: 3_000, pauseMs: 4_000, lockMs: 11_000, calmMs: 3_500 };
const FULL = { outageMs: 8_000, pauseMs: 5_000, lockMs: 12_000, calmMs: 6_000 };
const DRAIN_TIMEOUT_MS = 5_000;
/** Beside the drain: three seconds for the connections to the database and one for the process. */
const STOP_MS_MAX = DRAIN_TIMEOUT_MS + 4_000;
const FINISH_MS_MAX = 30_000;
/** Longer than the lease of a job, one minute: a gateway that stops while the database is away cannot give its jobs back. */
const BOOKS_MS_MAX = 75_000;
const REPEATED_STARTS = 30;
const SHOWN_PROBLEMS = 5;

const closers: (() => Promise<void>)[] = [];
let closing: Promise<void> | null = null;

/** The newest first: gateways before their database. */
function close(): Promise<void> {
  closing ??= (async () => {
    for (const closer of closers.reverse()) await closer().catch((error: unknown) => console.error(error));
  })();
  return closing;
}

async function abandon(reason: string): Promise<void> {
  console.error(`The proof ends early: ${reason}.`);
  await close();
  process.exit(1);
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => void abandon(name));
const limit = setTimeout(() => void abandon(`it took more than ${LIMIT_MS / 1_000} s`), LIMIT_MS);

try {
  process.exitCode = await prove();
} finally {
  await close();
  clearTimeout(limit);
}

async function prove(): Promise<number> {
  const lack = lacksPrograms(...CLUSTER_PROGRAMS);
  if (lack !== null) throw new Error(`The proof needs a PostgreSQL of its own: ${lack}`);
  const cluster = await startCluster();
  closers.push(() => cluster.remove());
  const environment = environmentOf(cluster);
  const [shop] = await createShops(environment);
  const gateways = [await prepareGateway('gateway 1', environment), await prepareGateway('gateway 2', environment)];
  closers.push(async () => void (await Promise.all(gateways.map((gateway) => gateway.kill()))));
  await Promise.all(gateways.map((gateway) => gateway.start()));
  const watch = await startWatch(gateways);
  closers.push(() => watch.stop());
  const load = startLoad(gateways, shop.key);
  closers.push(() => load.finish(0));
  const checks = await hurt({ cluster, gateways, ...(values.short ? SHORT : FULL) }, load, watch);
  await load.finish(FINISH_MS_MAX);
  checks.push(...(await judgeBooks(cluster, load)));
  const exitCode = printChecks(checks);
  if (exitCode !== 0) for (const gateway of gateways) console.error(`\n${gateway.name} wrote last:\n${gateway.lastLines()}`);
  return exitCode;
}

function environmentOf(cluster: Cluster): Readonly<Record<string, string>> {
  return {
    NODE_ENV: 'production',
    DATABASE_URL: cluster.databaseUrl,
    TOLLGATE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    TOLLGATE_ALLOW_EXAMPLE: 'true',
    TOLLGATE_DRAIN_TIMEOUT_MS: String(DRAIN_TIMEOUT_MS),
    TOLLGATE_DRAIN_NOTICE_MS: '1000',
    TOLLGATE_LOG_LEVEL: 'warn',
  };
}

async function hurt(wounds: Wounds, load: Load, watch: Watch): Promise<Check[]> {
  const names = values.only?.split(',') ?? Object.keys(OUTAGES).filter((name) => isPossible(name, wounds.cluster));
  const checks: Check[] = [];
  const rows: (readonly string[])[] = [];
  const judge = (phase: Phase): void => {
    const seen = { ...watch, attempts: load.attempts, ...namesOf(wounds.gateways) };
    const judgement = judgePhase(phase, seen);
    rows.push(judgement.cells);
    checks.push(...judgement.checks);
  };
  await load.warmUp();
  for (const name of names) judge(await runPhase(name, wounds));
  if (values.only === undefined) {
    for (const stop of [stopInTurn, stopWithoutDatabase]) checks.push(...(await stop(wounds, 2 * STOP_MS_MAX)).map(judgeStop));
    await load.warmUp();
    judge(await runPhase('calm', wounds));
  }
  printTable(rows);
  return checks;
}

function isPossible(name: string, { disk }: Cluster): boolean {
  if (name !== FULL_DISK || typeof disk !== 'string') return true;
  process.stdout.write(`skipped, ${name}: ${disk}\n`);
  return false;
}

function namesOf(gateways: readonly Gateway[]) {
  return {
    gatewayNames: gateways.map(({ name }) => name),
    dead: gateways.filter((gateway) => !gateway.isAlive()).map(({ name }) => name),
  };
}

function judgeStop({ name, seconds, exitCode }: Stop): Check {
  process.stdout.write(`${name}: ${seconds.toFixed(1)} s, exit code ${exitCode}\n`);
  return check(name, exitCode === 0 && seconds * 1_000 <= STOP_MS_MAX, `${seconds.toFixed(1)} s, exit code ${exitCode}`);
}

async function judgeBooks(cluster: Cluster, load: Load): Promise<readonly Check[]> {
  const { lost, twice, stuck } = await readBooks(cluster, load.flows, BOOKS_MS_MAX);
  const other = [];
  for (const flow of load.flows.filter(({ isFinished }) => isFinished).slice(-REPEATED_STARTS)) {
    if ((await load.repeatStart(flow)) !== flow.sessionId) other.push(flow.code);
  }
  const finished = load.flows.filter(({ isFinished }) => isFinished).length;
  const refunded = load.flows.filter(({ refundId }) => refundId !== null).length;
  process.stdout.write(`${load.flows.length} purchases, ${finished} answered to their end, ${refunded} refunded\n`);
  const none = (name: string, problems: readonly string[]): Check =>
    check(name, problems.length === 0, `${problems.length}: ${problems.slice(0, SHOWN_PROBLEMS).join('; ')}`);
  return [
    check('the load bought', finished > 0 && refunded > 0, `${finished} purchases and ${refunded} refunds`),
    none('nothing acknowledged is lost', lost),
    none('nothing happened twice', twice),
    none('nothing is stuck', stuck),
    none('a start repeated at the end returns its session', other),
  ];
}
