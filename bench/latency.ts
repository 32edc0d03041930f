import type { Timing } from './caller.ts';
import { type Contest, holdContest, type Materials } from './contest.ts';
import type { OperationName, Side } from './operations.ts';
import { type Round, runRound } from './round.ts';
import type { Bench } from './setup.ts';
import { median, pair, percentile, type Table } from './table.ts';

/** A life is three requests, and a notification is applied after its response. */
const MEASURED: readonly OperationName[] = ['start', 'page', 'verify', 'settle', 'refund', 'base-config'];
const SHARE = 0.6;
const WARM_UP_MS = 2_500;
const ROUND_MS = 2_000;
const PER_SECOND_AT_FIRST = 2_000;
const SPARE = 1.5;
const ROUNDS_AT_FULL_RATE = 3;

const HEADER = ['operation', 'rate/s', 'p50 ms', 'p99 ms', 'bank p99 ms', 'added p50 ms', 'added p99 ms'];

/**
 * Response times while requests leave at 60 % of the gateway's highest rate, whether or not earlier ones have their responses.
 * `added` is each response time less the bank's part of it. The baseline is asked at the same rate, in turn with the gateway. Each
 * figure is the median of the rounds' own, so that a round in which the machine was busy does not decide.
 */
export async function measureLatency(bench: Bench, options: Materials & { rounds: number }): Promise<Table> {
  const rows: Table['rows'][number][] = [];
  await holdContest(bench, { ...options, environment: { BENCH_TIMES: 'true' } }, async (contest) => {
    for (const operation of MEASURED) rows.push(await measure(contest, operation));
  });
  const title = `Latency at ${SHARE * 100} % of the gateway's highest rate, with and without the bank's own time (gateway / baseline)`;
  return { title, header: HEADER, rows };
}

async function measure(contest: Contest, operation: OperationName): Promise<readonly string[]> {
  const perSecond = SHARE * (await findHighestRate(contest, operation));
  const pace = { perSecond };
  const atRate = (side: Side) => runRound(contest, { side, operation, durationMs: ROUND_MS, perSecondMax: perSecond + 1, pace });
  await runRound(contest, { side: 'baseline', operation, durationMs: WARM_UP_MS, perSecondMax: PER_SECOND_AT_FIRST });
  const gateway: Round[] = [];
  const baseline: Round[] = [];
  while (gateway.length < contest.rounds) {
    gateway.push(await atRate('gateway'));
    baseline.push(await atRate('baseline'));
  }
  const of = (rounds: readonly Round[], pick: (timing: Timing) => number, share: number) =>
    median(rounds.map(({ timings }) => percentile(timings.map(pick), share)));
  const both = (pick: (timing: Timing) => number, share: number) =>
    pair([of(gateway, pick, share), of(baseline, pick, share)], 1);
  const added = (timing: Timing) => timing.latencyMs - timing.providerMs;
  return [
    operation,
    perSecond.toFixed(0),
    both(({ latencyMs }) => latencyMs, 0.5),
    both(({ latencyMs }) => latencyMs, 0.99),
    both(({ providerMs }) => providerMs, 0.99),
    both(added, 0.5),
    both(added, 0.99),
  ];
}

async function findHighestRate(contest: Contest, operation: OperationName): Promise<number> {
  const run = (durationMs: number, perSecondMax: number) =>
    runRound(contest, { side: 'gateway', operation, durationMs, perSecondMax });
  const warm = await run(WARM_UP_MS, PER_SECOND_AT_FIRST);
  const rates: number[] = [];
  while (rates.length < ROUNDS_AT_FULL_RATE) rates.push((await run(ROUND_MS, warm.perSecond * SPARE)).perSecond);
  return median(rates);
}
