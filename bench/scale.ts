import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { holdContest, type Materials } from './contest.ts';
import type { OperationName } from './operations.ts';
import { type LoadGenerator, type Server, startGateway } from './processes.ts';
import type { Bench } from './setup.ts';
import { median, type Table } from './table.ts';

const MEASURED: readonly OperationName[] = ['start', 'page', 'verify'];
const CALLERS = 32;
const WARM_UP_MS = 2_500;
const ROUND_MS = 1_500;
/** Linux counts the CPU time of a process in hundredths of a second. */
const MS_PER_TICK = 10;

const HEADER = ['operation', '1 process/s', '2 processes/s', 'ratio (spread)', 'cores with 1', 'cores with 2'];

interface Round {
  readonly perSecond: number;
  /** Cores that were busy, on average. */
  readonly gatewayCores: number;
  readonly databaseCores: number;
  readonly loadCores: number;
}

/**
 * The rate of one gateway and of two on one database, in turn, and the cores that the gateways, the database and the load
 * generator kept busy meanwhile: when they add up to the machine's, the machine is the limit.
 */
export async function measureProcesses(bench: Bench, options: Materials & { rounds: number }): Promise<Table> {
  const rows: (readonly string[])[] = [];
  await holdContest(bench, options, async ({ servers, load, supply }) => {
    const second = await startGateway(bench.environment);
    try {
      const [one, two] = [[servers.gateway], [servers.gateway, second]];
      for (const operation of MEASURED) {
        const run = (gateways: readonly Server[], durationMs: number) =>
          runRound({ bench, load, gateways }, { operation, supply, durationMs });
        await run(two, 2 * WARM_UP_MS);
        const rounds: (readonly [Round, Round])[] = [];
        while (rounds.length < options.rounds) rounds.push([await run(one, ROUND_MS), await run(two, ROUND_MS)]);
        rows.push([operation, ...toCells(rounds)]);
      }
    } finally {
      await second.stop();
    }
  });
  const title = `One and two gateways on one database (${availableParallelism()} cores; busy: gateways + database + load generator)`;
  return { title, header: HEADER, rows };
}

function toCells(rounds: readonly (readonly [Round, Round])[]): readonly string[] {
  const [ones, twos] = [rounds.map(([one]) => one), rounds.map(([, two]) => two)];
  const ratios = rounds.map(([one, two]) => two.perSecond / one.perSecond);
  const of = (side: readonly Round[], pick: (round: Round) => number) => median(side.map(pick));
  const cores = (side: readonly Round[]) =>
    [of(side, (round) => round.gatewayCores), of(side, (round) => round.databaseCores), of(side, (round) => round.loadCores)]
      .map((count) => (Number.isNaN(count) ? '?' : count.toFixed(2)))
      .join(' + ');
  return [
    of(ones, ({ perSecond }) => perSecond).toFixed(0),
    of(twos, ({ perSecond }) => perSecond).toFixed(0),
    `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    cores(ones),
    cores(twos),
  ];
}

async function runRound(
  on: { bench: Bench; load: LoadGenerator; gateways: readonly Server[] },
  wish: { operation: OperationName; supply: Materials['supply']; durationMs: number },
): Promise<Round> {
  const { bench, load, gateways } = on;
  const { operation, supply, durationMs } = wish;
  const readGateways = async () => {
    const spent = await Promise.all(gateways.map((gateway) => gateway.spent()));
    return spent.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  };
  const before = { gatewayMs: await readGateways(), databaseMs: await readDatabaseMs(bench) };
  const startedAt = performance.now();
  const result = await load.run({
    side: 'gateway',
    ports: gateways.map(({ port }) => port),
    key: bench.keyOf(operation),
    work: { operation, supply },
    durationMs,
    pace: { callers: CALLERS },
  });
  const elapsedMs = performance.now() - startedAt;
  return {
    perSecond: result.perSecond,
    gatewayCores: ((await readGateways()) - before.gatewayMs) / elapsedMs,
    databaseCores: ((await readDatabaseMs(bench)) - before.databaseMs) / elapsedMs,
    loadCores: result.cpuMs / elapsedMs,
  };
}

/** CPU time of the connections' processes; not a number where the server is on another machine, or not on Linux. */
async function readDatabaseMs(bench: Bench): Promise<number> {
  const { rows } = await bench.query('SELECT pid FROM pg_stat_activity WHERE datname = current_database()');
  const times = await Promise.all(rows.map(({ pid }) => readProcessMs(pid)));
  return times.reduce((sum, ms) => sum + ms, 0);
}

async function readProcessMs(processId: number): Promise<number> {
  const text = await readFile(`/proc/${processId}/stat`, 'utf8').catch(() => '');
  if (!text.includes('(postgres)')) return Number.NaN;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [fields[11], fields[12]];
  return (Number(user) + Number(system)) * MS_PER_TICK;
}
