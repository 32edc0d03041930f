// The load generator, a process of its own: plain sockets, so that it costs little beside the servers it shares the machine with.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { type Caller, openCaller, type Timing } from './caller.ts';
import { createUnits, type OperationName, type PlainRequest, type Side, type Supply, type Unit } from './operations.ts';

export interface LoadJob {
  readonly side: Side;
  /** Each caller asks one of them; the callers are spread over them. */
  readonly ports: readonly number[];
  readonly key: string;
  /** Units of an operation, or one request over and over. */
  readonly work: { readonly operation: OperationName; readonly supply: Supply } | { readonly request: PlainRequest };
  readonly durationMs: number;
  /**
   * Callers that each send the next request when the last one has its response, or requests that leave at a fixed rate, whether
   * or not earlier ones have theirs.
   */
  readonly pace: { readonly callers: number } | { readonly perSecond: number };
}

export interface LoadResult {
  readonly perSecond: number;
  /** One of each unit. */
  readonly timings: readonly Timing[];
  /** What the load generator itself spent. */
  readonly cpuMs: number;
}

/** At a fixed rate: the most requests that are under way at once. Others wait, and their wait counts. */
const UNDER_WAY_MAX = 256;

async function runJob(job: LoadJob): Promise<LoadResult> {
  const { pace } = job;
  const timings: Timing[] = [];
  const nextUnit = createWork(job);
  const spentBefore = process.cpuUsage();
  const startedAt = performance.now();
  if ('callers' in pace) await runCallers(job, { callers: pace.callers, nextUnit, timings });
  else await runAtRate(job, { perSecond: pace.perSecond, nextUnit, timings });
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(spentBefore);
  return { perSecond: timings.length / seconds, timings, cpuMs: (user + system) / 1_000 };
}

function createWork({ work }: LoadJob): () => Unit | null {
  if ('operation' in work) return createUnits(work.operation, work.supply);
  const unit: Unit = async (send) => [await send(work.request)];
  return () => unit;
}

interface Run {
  readonly nextUnit: () => Unit | null;
  readonly timings: Timing[];
}

async function runCallers(job: LoadJob, run: Run & { callers: number }): Promise<void> {
  const endsAt = performance.now() + job.durationMs;
  const runOne = async (index: number): Promise<void> => {
    const caller = open(job, index);
    try {
      while (performance.now() < endsAt) {
        const unit = run.nextUnit();
        if (unit === null) return;
        run.timings.push(await caller.do(unit));
      }
    } finally {
      caller.close();
    }
  };
  await Promise.all(Array.from({ length: run.callers }, (_caller, index) => runOne(index)));
}

/** A request's time begins when it is due, so that it counts what it waits for a slow one before it. */
async function runAtRate(job: LoadJob, run: Run & { perSecond: number }): Promise<void> {
  const limit = pLimit(UNDER_WAY_MAX);
  const idle: Caller[] = [];
  const all: Caller[] = [];
  const openAnother = (): Caller => {
    const caller = open(job, all.length);
    all.push(caller);
    return caller;
  };
  const doUnit = async (unit: Unit, dueAt: number): Promise<void> => {
    const caller = idle.pop() ?? openAnother();
    const waitedMs = performance.now() - dueAt;
    const { latencyMs, providerMs } = await caller.do(unit);
    run.timings.push({ latencyMs: waitedMs + latencyMs, providerMs });
    idle.push(caller);
  };
  const startedAt = performance.now();
  const count = Math.floor((run.perSecond * job.durationMs) / 1_000);
  const underWay: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    await sleepUntil(startedAt + (index / run.perSecond) * 1_000);
    const unit = run.nextUnit();
    if (unit === null) break;
    // The timer of this process may be late; that is no time of the server's.
    const dueAt = performance.now();
    const done = limit(() => doUnit(unit, dueAt));
    // A failure is thrown below, after the last one has left.
    done.catch(() => {});
    underWay.push(done);
  }
  await Promise.all(underWay);
  for (const caller of all) caller.close();
}

async function sleepUntil(dueAt: number): Promise<void> {
  while (performance.now() < dueAt) await sleep(Math.max(1, dueAt - performance.now()));
}

function open({ side, ports, key }: LoadJob, index: number): Caller {
  const port = ports[index % ports.length];
  if (port === undefined) throw new Error('A load needs a server.');
  return openCaller({ side, port, key });
}

process.on('message', (job: LoadJob) => {
  runJob(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ failure: String(error).slice(0, 2_000) }),
  );
});
process.on('disconnect', () => process.exit());
