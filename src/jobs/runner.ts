import type { Deps } from '../operations/deps.ts';
import type { Job, JobHandler, Sweep } from './job.ts';
import { claimDueJobs, deleteJob, postponeJob } from './store.ts';

export interface JobRunner {
  /** Begins to look for due work every second, and whenever it is woken. */
  start(): void;
  wake(): void;
  /** Does everything that is due now, and returns. */
  runDue(): Promise<void>;
  /** Finishes the round under way and looks no more. */
  stop(): Promise<void>;
}

const ROUND_MS = 1_000;
/** Ends a round in which work makes work, so that a stop is never kept waiting for long. */
const PASSES_MAX = 50;

/**
 * Runs deferred work from database rows, several processes side by side: a row goes to whoever claims it. One failing job
 * or sweep is logged and does not hold up the others.
 */
export function createJobRunner(
  deps: Deps,
  work: { sweeps: Readonly<Record<string, Sweep>>; handlers: Readonly<Record<string, JobHandler>> },
): JobRunner {
  let timer: NodeJS.Timeout | null = null;
  let round: Promise<void> | null = null;
  let isWoken = false;
  let isStopped = true;

  const runRound = (): Promise<void> => {
    isWoken = false;
    round ??= runDue(deps, work).finally(() => {
      round = null;
      if (isWoken && !isStopped) schedule(0);
    });
    return round;
  };
  const schedule = (delayMs: number): void => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      void runRound().finally(() => {
        if (!isStopped) schedule(ROUND_MS);
      });
    }, delayMs);
    timer.unref();
  };
  return {
    start() {
      isStopped = false;
      schedule(0);
    },
    wake() {
      isWoken = true;
      if (!isStopped && round === null) schedule(0);
    },
    runDue: () => runDue(deps, work),
    async stop() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      await round;
    },
  };
}

async function runDue(deps: Deps, work: Parameters<typeof createJobRunner>[1]): Promise<void> {
  for (let pass = 0; pass < PASSES_MAX; pass += 1) {
    let done = 0;
    for (const [name, sweep] of Object.entries(work.sweeps)) done += await runSweep(deps, name, sweep);
    for (const job of await claimDueJobs(deps.database.client, deps.clock.now())) {
      await runJob(deps, job, work.handlers[job.kind]);
      done += 1;
    }
    if (done === 0) return;
  }
}

async function runSweep(deps: Deps, name: string, sweep: Sweep): Promise<number> {
  try {
    return await sweep(deps);
  } catch (error) {
    deps.log.error({ sweep: name, error }, 'sweep failed');
    return 0;
  }
}

async function runJob(deps: Deps, job: Job, handler: JobHandler | undefined): Promise<void> {
  try {
    if (handler === undefined) throw new Error(`No handler for jobs of kind ${job.kind}.`);
    await handler(deps, job.payload);
    await deleteJob(deps.database.client, job.id);
  } catch (error) {
    deps.log.error({ jobId: job.id, kind: job.kind, attempts: job.attempts, error }, 'job failed');
    const message = error instanceof Error ? error.name : 'unknown';
    await postponeJob(deps.database.client, job, { error: message, now: deps.clock.now() });
  }
}
