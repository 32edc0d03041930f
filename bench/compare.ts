import { join } from 'node:path';
import type { Contest } from './contest.ts';
import { expectEqual } from './equal.ts';
import type { OperationName, Side } from './operations.ts';
import { doUnits, type Round, runRound, supplyFor } from './round.ts';
import { median, pair, percentile, type Table } from './table.ts';

const WARM_UP_MS = 2_500;
const ROUND_MS = 1_200;
const PROFILED_MS = 3_000;
/** More than any side reaches. */
const PER_SECOND_AT_FIRST = 2_000;
/** A round may be quicker than the warm-up was. */
const SPARE = 1.5;
/** A server's own loops may send a statement meanwhile, so the smallest count of several is taken. */
const COUNTS = 5;

type Both<Value> = readonly [gateway: Value, baseline: Value];

export const COMPARE_HEADER = [
  'operation',
  'gateway/s',
  'baseline/s',
  'ratio (spread)',
  'CPU ms each',
  'statements',
  'p50 ms',
  'p99 ms',
];

/**
 * Both sides in turn, round by round, so that whatever else the machine does meets both. Returns one line of the table. Throws
 * when the two return different responses.
 */
export async function compare(
  contest: Contest,
  operation: OperationName,
  profileFolder: string | null,
): Promise<Table['rows'][number]> {
  await expectEqual(contest, operation);
  const statements: Both<number> = [
    await countStatements(contest, operation, 'gateway'),
    await countStatements(contest, operation, 'baseline'),
  ];
  const run = (side: Side, durationMs: number, perSecond: number) =>
    runRound(contest, { side, operation, durationMs, perSecondMax: perSecond });
  const warm = {
    gateway: await run('gateway', WARM_UP_MS, PER_SECOND_AT_FIRST),
    baseline: await run('baseline', WARM_UP_MS, PER_SECOND_AT_FIRST),
  };
  const measure = (side: Side) => run(side, ROUND_MS, warm[side].perSecond * SPARE);
  const rounds: Both<Round>[] = [];
  while (rounds.length < contest.rounds) rounds.push([await measure('gateway'), await measure('baseline')]);
  if (profileFolder !== null) {
    const file = join(profileFolder, `${operation}.cpuprofile`);
    await contest.servers.gateway.profile(file, () => run('gateway', PROFILED_MS, warm.gateway.perSecond * SPARE));
  }
  return [operation, ...toCells(rounds, statements)];
}

function toCells(rounds: readonly Both<Round>[], statements: Both<number>): readonly string[] {
  const [ours, theirs] = [rounds.map(([round]) => round), rounds.map(([, round]) => round)];
  const ratios = rounds.map(([gateway, baseline]) => gateway.perSecond / baseline.perSecond);
  const rate = (side: readonly Round[]) => median(side.map(({ perSecond }) => perSecond)).toFixed(0);
  const cpuMs = (side: readonly Round[]) => median(side.map((round) => round.serverCpuMs));
  const latencyMs = (side: readonly Round[], share: number) =>
    percentile(
      side.flatMap(({ timings }) => timings.map((timing) => timing.latencyMs)),
      share,
    );
  return [
    rate(ours),
    rate(theirs),
    `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    pair([cpuMs(ours), cpuMs(theirs)], 2),
    pair(statements, 0),
    pair([latencyMs(ours, 0.5), latencyMs(theirs, 0.5)], 1),
    pair([latencyMs(ours, 0.99), latencyMs(theirs, 0.99)], 1),
  ];
}

/** Of one unit, after another has filled the caches. */
async function countStatements(contest: Contest, operation: OperationName, side: Side): Promise<number> {
  const supply = await supplyFor(contest, operation, COUNTS + 1);
  const doUnit = doUnits(contest, { operation, side, supply });
  await doUnit();
  const counts: number[] = [];
  while (counts.length < COUNTS) counts.push((await contest.servers[side].record(doUnit)).length);
  return Math.min(...counts);
}
