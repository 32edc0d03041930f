// npm run bench: the tables and options are told in bench/README.md.
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seedBusiness } from '../test/support/million.ts';
import { COMPARE_HEADER, compare } from './compare.ts';
import { measureConsole } from './console.ts';
import { holdContest, type Materials, storeMaterials } from './contest.ts';
import { measureDeliveries } from './deliveries.ts';
import { measureAlone } from './embedded.ts';
import { measureLatency } from './latency.ts';
import { MILLION_HEADER, measureMillion } from './million.ts';
import { measureNeeds } from './needs.ts';
import { OPERATIONS, type OperationName } from './operations.ts';
import { measureOverview, OVERVIEW_HEADER, waitForRollUp } from './overview.ts';
import { measurePeers } from './peers.ts';
import { startGateway } from './processes.ts';
import { measureProcesses } from './scale.ts';
import { type Bench, businessOf, OWN_IN_100, prepareBench } from './setup.ts';
import { printTable } from './table.ts';

const MEASURES = { latency: measureLatency, processes: measureProcesses, peers: measurePeers } as const;
const ON_MATERIALS = ['latency', 'processes', 'peers'] as const;
const ON_A_MILLION = ['million', 'overview', 'console'];
/** The others are printed when they are named: they need a browser, or install something. */
const BY_DEFAULT = [...OPERATIONS, 'latency', 'processes', 'needs', 'deliveries', 'embedded', 'million', 'overview'];

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: BY_DEFAULT.join(',') },
    rounds: { type: 'string', default: '7' },
    count: { type: 'string', default: '1000000' },
    profile: { type: 'string' },
  },
});
const only = readOnly(values.only);
const rounds = Number(values.rounds);
const profileFolder = values.profile ?? null;
const SETTLED_MS = 3_000;
const BYTES_PER_MB = 1024 * 1024;

await run(await prepareBench());

function readOnly(text: string): readonly string[] {
  const known = [...BY_DEFAULT, 'peers', 'console'];
  const names = text.split(',');
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`There is no table ${unknown.join(', ')}. These are known: ${known.join(', ')}.`);
  return names;
}

async function run(bench: Bench): Promise<void> {
  try {
    const operations = OPERATIONS.filter((operation) => only.includes(operation));
    const tables = ON_MATERIALS.filter((table) => only.includes(table));
    if (operations.length + tables.length > 0) {
      const materials = await storeMaterials(bench);
      if (operations.length > 0) await compareSides(bench, materials, operations);
      for (const table of tables) printTable(await MEASURES[table](bench, { ...materials, rounds }));
    }
    if (only.includes('needs')) printTable(await measureNeeds(bench));
    if (only.includes('deliveries')) printTable(await measureDeliveries(bench, rounds));
    if (only.includes('embedded')) printTable(await measureAlone(bench, rounds));
    if (ON_A_MILLION.some((table) => only.includes(table))) await readMillion(bench, Number(values.count));
  } finally {
    await bench.remove();
  }
}

async function compareSides(bench: Bench, materials: Materials, operations: readonly OperationName[]): Promise<void> {
  if (profileFolder !== null) await mkdir(profileFolder, { recursive: true });
  await holdContest(bench, { ...materials, rounds }, async (contest) => {
    const { gateway } = contest.servers;
    await sleep(SETTLED_MS);
    const idle = (await gateway.spent()).memoryBytes;
    const rows = [];
    for (const operation of operations) rows.push(await compare(contest, operation, profileFolder));
    printTable({ title: 'Against the fewest statements on node:http and node-postgres', header: COMPARE_HEADER, rows });
    await sleep(SETTLED_MS);
    const after = (await gateway.spent()).memoryBytes;
    const memory = [['gateway, idle', toMb(idle), toMb(after)]];
    printTable({ title: 'Memory (resident, MB)', header: ['', 'after start', 'after load'], rows: memory });
  });
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

function toMb(bytes: number): string {
  return (bytes / BYTES_PER_MB).toFixed(0);
}
