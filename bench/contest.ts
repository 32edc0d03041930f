import { seedSessions } from '../test/support/million.ts';
import type { Side, Supply } from './operations.ts';
import { type LoadGenerator, type Server, startBaseline, startGateway, startLoadGenerator } from './processes.ts';
import { type Bench, businessOf } from './setup.ts';
import { createStock, type Stock } from './stock.ts';
import { sessionIdOf } from './stock-ids.ts';

/** What operations work on: stored once for all tables. */
export interface Materials {
  readonly supply: Supply;
  readonly stock: Stock;
}

/** The two sides and the load generator, each a process of its own. */
export interface Contest extends Materials {
  readonly bench: Bench;
  readonly servers: Readonly<Record<Side, Server>>;
  readonly load: LoadGenerator;
  readonly rounds: number;
}

const ENDED_SESSIONS = 100;
const PAGED_SESSIONS = 2_000;

export async function storeMaterials(bench: Bench): Promise<Materials> {
  await seedSessions(bench.query, businessOf(bench.shops[1], PAGED_SESSIONS));
  const stock = createStock(bench);
  const { from } = await stock.fill('payment', ENDED_SESSIONS);
  const endedSessionIds = Array.from({ length: ENDED_SESSIONS }, (_item, index) => sessionIdOf('payment', from + index));
  return { stock, supply: { endedSessionIds, stock: { from: 0, before: 0 }, webhook: bench.shops[0].webhook } };
}

/** Starts all that a contest needs, and stops it after the work. */
export async function holdContest(
  bench: Bench,
  options: Materials & { rounds: number; environment?: Readonly<Record<string, string>> },
  work: (contest: Contest) => Promise<void>,
): Promise<void> {
  const { supply, stock, rounds } = options;
  const environment = { ...bench.environment, ...options.environment };
  const gateway = await startGateway(environment);
  const baseline = await startBaseline(environment);
  const load = startLoadGenerator();
  try {
    await work({ bench, supply, stock, rounds, load, servers: { gateway, baseline } });
  } finally {
    await Promise.all([gateway.stop(), baseline.stop(), load.stop()]);
  }
}
