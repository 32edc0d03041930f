import { setTimeout as sleep } from 'node:timers/promises';
import { type Server, startGateway, startLoadGenerator } from './processes.ts';
import type { Bench } from './setup.ts';
import type { Table } from './table.ts';

const CALLERS: readonly number[] = [1, 16, 64, 256];
const IDLE_MS = 10_000;
const ROUND_MS = 10_000;
const LOOK_MS = 200;
const BYTES_PER_MB = 1024 * 1024;
const NO_SUPPLY = { endedSessionIds: [], stock: { from: 0, before: 0 } };

/**
 * What one gateway takes of a database server and of its own machine: idle, and while so many callers start sessions. The last
 * column is by how much the database grows for each session, its indexes and events included.
 */
export async function measureNeeds(bench: Bench): Promise<Table> {
  const gateway = await startGateway(bench.environment);
  const load = startLoadGenerator();
  try {
    const idle = await watch(bench, gateway, () => sleep(IDLE_MS));
    const rows = [['idle', '–', ...idle.cells, '–']];
    for (const callers of CALLERS) {
      let perSecond = 0;
      const run = async () => {
        const job = { side: 'gateway', ports: [gateway.port], key: bench.keyOf('start'), durationMs: ROUND_MS } as const;
        const work = { operation: 'start', supply: { ...NO_SUPPLY, webhook: bench.shops[0].webhook } } as const;
        ({ perSecond } = await load.run({ ...job, work, pace: { callers } }));
      };
      const before = await readSize(bench);
      const { cells } = await watch(bench, gateway, run);
      const after = await readSize(bench);
      const growth = (after.bytes - before.bytes) / (after.sessions - before.sessions) / 1024;
      rows.push([`${callers} callers start sessions`, perSecond.toFixed(0), ...cells, growth.toFixed(1)]);
    }
    const header = ['', 'starts/s', 'connections', 'memory MB', 'statements/s', 'kB each'];
    return { title: 'What one gateway needs', header, rows };
  } finally {
    await Promise.all([gateway.stop(), load.stop()]);
  }
}

async function watch(bench: Bench, gateway: Server, work: () => Promise<void>): Promise<{ cells: readonly string[] }> {
  const running = { isDone: false };
  const startedAt = performance.now();
  const statements = gateway.record(work).finally(() => {
    running.isDone = true;
  });
  let connections = 0;
  while (!running.isDone) {
    connections = Math.max(connections, await countConnections(bench));
    await sleep(LOOK_MS);
  }
  const perSecond = (await statements).length / ((performance.now() - startedAt) / 1_000);
  const { memoryBytes } = await gateway.spent();
  return { cells: [connections, (memoryBytes / BYTES_PER_MB).toFixed(0), perSecond.toFixed(0)].map(String) };
}

async function countConnections(bench: Bench): Promise<number> {
  const { rows } = await bench.query(
    `SELECT count(*)::integer AS count FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'tollgate%'`,
  );
  return rows[0].count;
}

async function readSize(bench: Bench): Promise<{ bytes: number; sessions: number }> {
  const { rows } = await bench.query(
    'SELECT pg_database_size(current_database())::float8 AS bytes, (SELECT count(*) FROM sessions)::float8 AS sessions',
  );
  return rows[0];
}
