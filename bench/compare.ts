import { join } from 'node:path';
import { createBodies, type OperationName } from './operations.ts';
import type { LoadGenerator, Server } from './processes.ts';
import type { Bench } from './setup.ts';
import { median, type Table } from './table.ts';

const CONNECTIONS = 16;
const WARM_UP_MS = 2_500;
const ROUND_MS = 1_200;
const PROFILED_MS = 3_000;

export interface Contest {
  readonly bench: Bench;
  readonly gateway: Server;
  readonly raw: Server;
  readonly load: LoadGenerator;
  readonly paidSessionIds: readonly string[];
  readonly rounds: number;
  /** Where the gateway's CPU profile of each operation goes. */
  readonly profileFolder: string | null;
}

interface Round {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly cpuMs: number;
}

/** Both sides in turn, round by round, so that whatever else the machine does meets both. One line of the table. */
export async function compare(contest: Contest, operation: OperationName): Promise<Table['rows'][number]> {
  const { gateway, raw, rounds } = contest;
  const statements = [await countStatements(contest, gateway, operation), await countStatements(contest, raw, operation)];
  await runRound(contest, { server: gateway, operation, durationMs: WARM_UP_MS });
  await runRound(contest, { server: raw, operation, durationMs: WARM_UP_MS });
  const ours: Round[] = [];
  const theirs: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await runRound(contest, { server: gateway, operation, durationMs: ROUND_MS }));
    theirs.push(await runRound(contest, { server: raw, operation, durationMs: ROUND_MS }));
  }
  if (contest.profileFolder !== null) {
    const file = join(contest.profileFolder, `${operation}.cpuprofile`);
    await gateway.profile(file, () => runRound(contest, { server: gateway, operation, durationMs: PROFILED_MS }));
  }
  const ratios = ours.map(({ perSecond }, index) => perSecond / (theirs[index]?.perSecond ?? Number.NaN));
  const of = (side: readonly Round[], pick: (round: Round) => number) => median(side.map(pick));
  return [
    operation,
    of(ours, (round) => round.perSecond).toFixed(0),
    of(theirs, (round) => round.perSecond).toFixed(0),
    `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    `${of(ours, (round) => round.cpuMs).toFixed(2)} / ${of(theirs, (round) => round.cpuMs).toFixed(2)}`,
    `${of(ours, (round) => round.medianMs).toFixed(1)} / ${of(theirs, (round) => round.medianMs).toFixed(1)}`,
    statements.join(' / '),
  ];
}

export const COMPARE_HEADER = ['operation', 'gateway/s', 'raw/s', 'ratio (spread)', 'CPU ms each', 'median ms', 'statements'];

async function runRound(
  contest: Contest,
  wish: { server: Server; operation: OperationName; durationMs: number },
): Promise<Round> {
  const { server, operation, durationMs } = wish;
  const before = await server.spent();
  const { requests, perSecond, medianMs } = await contest.load.run({
    port: server.port,
    path: pathOf(contest, server, operation),
    key: keyOf(contest, operation),
    operation,
    paidSessionIds: contest.paidSessionIds,
    connections: CONNECTIONS,
    durationMs,
  });
  const after = await server.spent();
  return { perSecond, medianMs, cpuMs: (after.cpuMs - before.cpuMs) / requests };
}

/** Of one request, after another has filled the caches. */
async function countStatements(contest: Contest, server: Server, operation: OperationName): Promise<number> {
  const nextBody = createBodies(operation, contest.paidSessionIds);
  const url = `http://127.0.0.1:${server.port}${pathOf(contest, server, operation)}`;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${keyOf(contest, operation)}` };
  const send = async () => (await fetch(url, { method: 'POST', headers, body: nextBody() })).text();
  await send();
  return (await server.record(send)).length;
}

function pathOf({ gateway }: Contest, server: Server, operation: OperationName): string {
  return server === gateway ? '/graphql' : `/${operation}`;
}

function keyOf({ bench }: Contest, operation: OperationName): string {
  const [starts, pages] = bench.shops;
  return operation === 'page' ? pages.key : starts.key;
}
