import { setTimeout as sleep } from 'node:timers/promises';
import type { Contest } from './contest.ts';
import type { LoadJob, LoadResult } from './load.ts';
import { createUnits, type OperationName, type Side, STOCKED, type Supply } from './operations.ts';
import { createSend } from './send.ts';
import type { Bench } from './setup.ts';

const APPLIED_MS_MAX = 60_000;

const CALLERS = 16;

export interface Round extends LoadResult {
  /** Of the server, for each unit. */
  readonly serverCpuMs: number;
}

/**
 * One side under load, by 16 callers unless told, for as long as is said or until what is stored for it is used up. Notifications
 * count once what they tell has been applied, which is after the response.
 */
export async function runRound(
  contest: Contest,
  wish: { side: Side; operation: OperationName; durationMs: number; perSecondMax: number; pace?: LoadJob['pace'] },
): Promise<Round> {
  const { side, operation, durationMs, perSecondMax, pace = { callers: CALLERS } } = wish;
  const server = contest.servers[side];
  const supply = await supplyFor(contest, operation, Math.ceil((perSecondMax * durationMs) / 1_000));
  const before = await server.spent();
  const startedAt = performance.now();
  const key = contest.bench.keyOf(operation);
  const result = await contest.load.run({ side, ports: [server.port], key, work: { operation, supply }, durationMs, pace });
  const count = result.timings.length;
  if (operation === 'webhook') await waitUntilApplied(contest.bench);
  const perSecond = operation === 'webhook' ? (count / (performance.now() - startedAt)) * 1_000 : result.perSecond;
  const after = await server.spent();
  return { ...result, perSecond, serverCpuMs: (after.cpuMs - before.cpuMs) / count };
}

/** With as many stored items as the operation may use up. */
export async function supplyFor({ supply, stock }: Contest, operation: OperationName, count: number): Promise<Supply> {
  const kind = STOCKED[operation];
  return kind === undefined ? supply : { ...supply, stock: await stock.fill(kind, count) };
}

/** Each call does one unit outside of the load, all of it, and returns the responses. */
export function doUnits(
  { bench, servers }: Contest,
  wish: { operation: OperationName; side: Side; supply: Supply },
): () => Promise<readonly string[]> {
  const { operation, side, supply } = wish;
  const nextUnit = createUnits(operation, supply);
  const send = createSend({ side, port: servers[side].port, key: bench.keyOf(operation) });
  return async () => {
    const unit = nextUnit();
    if (unit === null) throw new Error(`Nothing is stored for another ${operation}.`);
    const responses = await unit(send);
    if (operation === 'webhook') await waitUntilApplied(bench);
    return responses;
  };
}

/** What notifications tell is applied after their response. */
async function waitUntilApplied(bench: Bench): Promise<void> {
  const endsAt = performance.now() + APPLIED_MS_MAX;
  while (performance.now() < endsAt) {
    const { rowCount } = await bench.query(`SELECT FROM webhook_deliveries WHERE verdict = 'RECEIVED' LIMIT 1`);
    if (rowCount === 0) return;
    await sleep(5);
  }
  throw new Error('The notifications were not applied in time.');
}
