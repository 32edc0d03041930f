import { setTimeout as sleep } from 'node:timers/promises';
import { commit } from '../database/commit.ts';
import { MINUTE_MS, SECOND_MS } from '../kernel/clock.ts';
import type { DueWork } from '../kernel/due-work.ts';
import { createLoop } from '../kernel/loop.ts';
import { within } from '../kernel/within.ts';
import type { Deps } from './deps.ts';
import type { Job, JobHandler, Step, Sweep } from './job.ts';
import { CLAIMED_PER_ACCOUNT, createLanes, type Lanes } from './lanes.ts';
import { putBack } from './park.ts';
import { ATTEMPTS_MAX, claimDueJobs, deletePart } from './store.ts';

export interface JobRunner {
  /** Begins to look for due work every second, and whenever it is woken. */
  start(): void;
  wake(): void;
  /** Runs work that has no row. */
  take(work: DueWork): void;
  /** Does everything that is due now, and returns. */
  runDue(): Promise<void>;
  /** Takes up no more work and waits for what is under way, for at most the limit. What is left behind is taken over by its lease. */
  stop(limitMs: number): Promise<void>;
}

export interface Work {
  readonly sweeps: Readonly<Record<string, Sweep>>;
  readonly steps: Readonly<Record<string, Step>>;
  readonly handlers: Readonly<Record<string, JobHandler>>;
}

type RunnerDeps = Pick<Deps, 'database' | 'clock' | 'log' | 'count'>;

const PAUSE_MS = SECOND_MS;
const ROUND_MS_MAX = MINUTE_MS;
/** A claim that takes longer is given up. What it took after all is due again when its lease runs out. */
const CLAIM_MS_MAX = 5 * SECOND_MS;
/** Ends a round in which work makes work. */
const PASSES_MAX = 50;

/**
 * Runs deferred work from database rows, several processes side by side: a row goes to the process that claims it. A round only
 * claims; the work runs in lanes, a few rows of each provider account at once, so that a slow account delays its own rows only.
 * One failing row or sweep is logged and does not hold up the others.
 */
export function createJobRunner(deps: RunnerDeps, work: Work): JobRunner {
  const stopped = new AbortController();
  const lanes = createLanes({ log: deps.log, onRoom: () => loop.wake(), signal: stopped.signal });
  const sweeps: Readonly<Record<string, Sweep>> = { ...work.sweeps, jobs: createJobSweep(deps, work.handlers) };
  const startSteps = () => {
    for (const [name, step] of Object.entries(work.steps)) {
      if (!lanes.has(name)) lanes.start({ accountId: name, run: (signal) => takeSteps(step, signal) });
    }
  };
  const loop = createLoop({
    name: 'jobs',
    log: deps.log,
    pauseMs: PAUSE_MS,
    roundMsMax: ROUND_MS_MAX,
    async round(signal) {
      startSteps();
      for (let pass = 0; pass < PASSES_MAX; pass += 1) {
        // A pass that starts fewer than one account may have has left none.
        if ((await claimAndStart(deps, { sweeps, lanes, signal })) < CLAIMED_PER_ACCOUNT) return;
      }
    },
  });
  return {
    start: () => loop.start(),
    wake: () => loop.wake(),
    take: (taken) => lanes.start(taken),
    async runDue() {
      for (let pass = 0; pass < PASSES_MAX; pass += 1) {
        startSteps();
        const started = await claimAndStart(deps, { sweeps, lanes, signal: stopped.signal });
        await lanes.idle();
        if (started === 0) return;
      }
    },
    async stop(limitMs) {
      stopped.abort();
      const ended = await within(limitMs, Promise.all([loop.stop(limitMs), lanes.idle()]));
      if (ended === 'late')
        deps.log.warn({ left: lanes.size() }, 'deferred work was left behind at the stop: its leases run out');
    },
  };
}

/** Claims a share of each kind of due work and starts it. Returns how much it started. */
async function claimAndStart(
  deps: RunnerDeps,
  { sweeps, lanes, signal }: { sweeps: Readonly<Record<string, Sweep>>; lanes: Lanes; signal: AbortSignal },
): Promise<number> {
  let started = 0;
  for (const [name, sweep] of Object.entries(sweeps)) {
    const share = lanes.share();
    if (signal.aborted || share.limit <= 0) break;
    for (const work of await claim(deps, name, () => sweep(share))) {
      if (signal.aborted) break;
      lanes.start(work);
      started += 1;
    }
  }
  return started;
}

async function claim(deps: RunnerDeps, name: string, sweep: () => Promise<readonly DueWork[]>): Promise<readonly DueWork[]> {
  try {
    const claimed = await within(CLAIM_MS_MAX, sweep());
    if (claimed !== 'late') return claimed;
    deps.log.error({ sweep: name }, 'sweep failed: the database did not respond in time');
  } catch (error) {
    deps.log.error({ sweep: name, error }, 'sweep failed');
  }
  return [];
}

async function takeSteps(step: Step, signal: AbortSignal): Promise<void> {
  for (let taken = 0; taken < PASSES_MAX && !signal.aborted; taken += 1) if ((await step()) === 0) return;
}

function createJobSweep(deps: RunnerDeps, handlers: Work['handlers']): Sweep {
  return async (share) => {
    const claimed = await claimDueJobs(deps.database.client, { now: deps.clock.now(), share });
    return claimed.map((job) => ({
      accountId: job.lane,
      run: (signal) => runJob(deps, job, { handler: handlers[job.kind], signal }),
    }));
  };
}

async function runJob(
  deps: RunnerDeps,
  job: Job,
  { handler, signal }: { handler: JobHandler | undefined; signal: AbortSignal },
): Promise<void> {
  try {
    if (handler === undefined) throw new Error(`No handler for jobs of kind ${job.kind}.`);
    // A job that ends its process each time reports no failure, and would be claimed for ever.
    if (job.attempts > ATTEMPTS_MAX) throw new Error('No attempt came to an end.');
    await commit(deps.database.client, deletePart(job), await handler(job.payload));
  } catch (error) {
    deps.log.error({ jobId: job.id, kind: job.kind, attempts: job.attempts, error }, 'job failed');
    await putBackLater(deps, job, { error: error instanceof Error ? error.name : 'unknown', signal });
  }
}

const PUT_BACK_ATTEMPTS_MAX = 60;
const PUT_BACK_PAUSE_MS = SECOND_MS;

/** Repeated while the database is away, so that the job need not wait for its lease once it is back. */
async function putBackLater(
  deps: RunnerDeps,
  job: Job,
  { error, signal }: { error: string; signal: AbortSignal },
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await putBack(deps, job, error);
    } catch (failure) {
      if (attempt === PUT_BACK_ATTEMPTS_MAX || signal.aborted) throw failure;
      await sleep(PUT_BACK_PAUSE_MS, undefined, { ref: false });
    }
  }
}
