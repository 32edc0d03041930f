import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { Gateway } from './gateways.ts';

/** What one outage was. Instants are of `performance.now()`. */
export interface Phase {
  readonly name: string;
  readonly startedAt: number;
  /** While writes certainly cannot work; null where they merely may fail. */
  readonly away: { readonly from: number; readonly until: number } | null;
  /** From when on everything must work. */
  readonly returnedAt: number;
  readonly endedAt: number;
}

export interface Wounds {
  readonly cluster: Cluster;
  readonly gateways: readonly Gateway[];
  /** What does not last by its nature lasts so long. */
  readonly outageMs: number;
  readonly pauseMs: number;
  /** Longer than PostgreSQL lets a statement of the gateway wait for a lock, which is ten seconds. */
  readonly lockMs: number;
  /** For which the return is watched. */
  readonly calmMs: number;
}

type Outage = (wounds: Wounds) => Promise<{ readonly away: Phase['away']; readonly returnedAt: number }>;

const CUT_PAUSE_MS = 200;
const LOOK_PAUSE_MS = 50;
const NOTICE_MS_MAX = 10_000;
/** The one outage that not every machine can have. */
export const FULL_DISK = 'full disk';

export const OUTAGES: Readonly<Record<string, Outage>> = {
  calm: async ({ calmMs }) => {
    const returnedAt = performance.now();
    await sleep(calmMs);
    return { away: null, returnedAt };
  },
  'fast stop': (wounds) => stopped(wounds, 'fast'),
  'immediate stop': (wounds) => stopped(wounds, 'immediate'),
  paused: async ({ cluster, pauseMs }) => {
    await cluster.pause();
    return lasting(pauseMs, async () => cluster.resume());
  },
  'jobs locked': (wounds) => locked(wounds, 'jobs'),
  'sessions locked': (wounds) => locked(wounds, 'sessions'),
  'read-only': async ({ cluster, outageMs }) => {
    await cluster.setReadOnly('on');
    return lasting(outageMs, () => cluster.setReadOnly('off'));
  },
  [FULL_DISK]: async ({ cluster, gateways, outageMs }) => {
    const { disk } = cluster;
    if (typeof disk === 'string') throw new Error(`The disk cannot be filled: ${disk}.`);
    disk.fill();
    // Rows still find room in pages that are there: the outage begins where one has to be added.
    await Promise.all(gateways.map(saysFull));
    return lasting(outageMs, async () => disk.free());
  },
  'connections cut': async ({ cluster, outageMs }) => {
    const endsAt = performance.now() + outageMs;
    while (performance.now() < endsAt) {
      await cluster.cutConnections();
      await sleep(CUT_PAUSE_MS);
    }
    return { away: null, returnedAt: performance.now() };
  },
};

async function stopped({ cluster, outageMs }: Wounds, mode: 'fast' | 'immediate') {
  await cluster.stop(mode);
  return lasting(outageMs, () => cluster.start());
}

async function locked({ cluster, lockMs }: Wounds, table: string) {
  const unlock = await cluster.lock(table);
  return lasting(lockMs, unlock);
}

/** Returns when the gateway says that it is not ready because the disk is full. Throws when it does not say so in time. */
async function saysFull({ name, url }: Gateway): Promise<void> {
  const deadline = performance.now() + NOTICE_MS_MAX;
  let said = '';
  while (!said.includes('"database-full"')) {
    if (performance.now() > deadline) throw new Error(`${name} says ${said} while the disk of its database is full.`);
    await sleep(LOOK_PAUSE_MS);
    said = await fetch(`${url}/health/ready`).then(
      (response) => response.text(),
      (error: Error) => error.message,
    );
  }
}

/** The outage has begun. It ends somewhere within `end`, and no later than when that returns. */
async function lasting(durationMs: number, end: () => Promise<void>) {
  const from = performance.now();
  await sleep(durationMs);
  const until = performance.now();
  await end();
  return { away: { from, until }, returnedAt: performance.now() };
}

export async function runPhase(name: string, wounds: Wounds): Promise<Phase> {
  const outage = OUTAGES[name];
  if (outage === undefined) throw new Error(`There is no outage named ${name}.`);
  const startedAt = performance.now();
  const { away, returnedAt } = await outage(wounds);
  await sleep(wounds.calmMs);
  return { name, startedAt, away, returnedAt, endedAt: performance.now() };
}

/** How one gateway ended on SIGTERM. */
export interface Stop {
  readonly name: string;
  readonly seconds: number;
  readonly exitCode: number | null;
}

/** One gateway after the other, as a new version is rolled out. */
export async function stopInTurn({ gateways }: Wounds, limitMs: number): Promise<readonly Stop[]> {
  const stops: Stop[] = [];
  for (const gateway of gateways) {
    stops.push({ name: `SIGTERM to ${gateway.name}, database up`, ...(await gateway.stop(limitMs)) });
    await gateway.start();
  }
  return stops;
}

/** Both at once, while the database is away. */
export async function stopWithoutDatabase({ cluster, gateways }: Wounds, limitMs: number): Promise<readonly Stop[]> {
  await cluster.stop('fast');
  const stops = await Promise.all(
    gateways.map(async (gateway) => ({
      name: `SIGTERM to ${gateway.name}, database away`,
      ...(await gateway.stop(limitMs)),
    })),
  );
  await cluster.start();
  await Promise.all(gateways.map((gateway) => gateway.start()));
  return stops;
}
