import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/cli/ports.ts';
import { type Environment, startGateway, startLoadGenerator } from './processes.ts';
import { type Bench, createShops, type Shop } from './setup.ts';
import { median, type Table } from './table.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CALLERS = 16;
const WARM_UP_MS = 2_500;
const ROUND_MS = 1_200;
const SETTLED_MS = 5_000;
const OUTPUT_SHOWN = 4_000;
const READY_MS_MAX = 120_000;
const ASK_MS_MAX = 2_000;
const BYTES_PER_MB = 1024 * 1024;

const HEADER = ['', 'median', 'least', 'greatest'];

/** The gateway by itself: on the embedded database, at rest, and started a second time. */
export async function measureAlone(bench: Bench, rounds: number): Promise<Table> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  const environment: Environment = {
    NODE_ENV: 'production',
    DATABASE_URL: '',
    TOLLGATE_DATA_DIR: folder,
    TOLLGATE_ALLOW_EXAMPLE: 'true',
    TOLLGATE_DRAIN_NOTICE_MS: '0',
  };
  try {
    const [shop] = await createShops(environment);
    const embedded = await runEmbedded(environment, { shop, rounds });
    const restarts: number[] = [];
    await timeNpmStart(environment);
    while (restarts.length < rounds) restarts.push(await timeNpmStart(environment));
    const rows = [
      toRow('starts per second, embedded database', embedded.rates, 0),
      toRow('idle memory, embedded database (MB)', [embedded.idleMb], 0),
      toRow('idle memory, PostgreSQL server (MB)', [await readIdleMb(bench.environment)], 0),
      toRow('a second npm start until it serves (s)', restarts, 2),
    ];
    return { title: 'The gateway alone', header: HEADER, rows };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function toRow(name: string, values: readonly number[], digits: number): readonly string[] {
  return [name, ...[median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits))];
}

async function runEmbedded(environment: Environment, { shop, rounds }: { shop: Shop; rounds: number }) {
  const gateway = await startGateway(environment);
  const load = startLoadGenerator();
  const run = (durationMs: number) =>
    load.run({
      side: 'gateway',
      ports: [gateway.port],
      key: shop.key,
      work: { operation: 'start', supply: { endedSessionIds: [], stock: { from: 0, before: 0 }, webhook: shop.webhook } },
      durationMs,
      pace: { callers: CALLERS },
    });
  try {
    await sleep(SETTLED_MS);
    const idleMb = (await gateway.spent()).memoryBytes / BYTES_PER_MB;
    await run(WARM_UP_MS);
    const rates: number[] = [];
    while (rates.length < rounds) rates.push((await run(ROUND_MS)).perSecond);
    return { idleMb, rates };
  } finally {
    await Promise.all([gateway.stop(), load.stop()]);
  }
}

async function readIdleMb(environment: Environment): Promise<number> {
  const gateway = await startGateway(environment);
  try {
    await sleep(SETTLED_MS);
    return (await gateway.spent()).memoryBytes / BYTES_PER_MB;
  } finally {
    await gateway.stop();
  }
}

/** Seconds from the command to the first response that says it serves. Everything is built and the folder exists. */
async function timeNpmStart(environment: Environment): Promise<number> {
  const port = await freePort('127.0.0.1');
  const startedAt = performance.now();
  const child = spawn('npm', ['start'], {
    cwd: ROOT,
    env: { ...process.env, ...environment, PORT: String(port), HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output = `${output}${chunk.toString()}`.slice(-OUTPUT_SHOWN);
  });
  const ended = once(child, 'exit');
  try {
    while (performance.now() - startedAt < READY_MS_MAX) {
      const isReady = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(ASK_MS_MAX) })
        .then((response) => response.ok)
        .catch(() => false);
      if (isReady) return (performance.now() - startedAt) / 1_000;
      if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}: ${output}`);
      await sleep(10);
    }
    throw new Error(`npm start did not serve in time: ${output}`);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}
