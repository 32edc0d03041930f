import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/cli/ports.ts';
import type { LoadJob, LoadResult } from './load.ts';

const TYPESCRIPT = new URL('../scripts/typescript.mjs', import.meta.url).href;
const PROBE = new URL('./probe.mjs', import.meta.url).href;
const TIMES = new URL('./times.mjs', import.meta.url).href;
const START_MS_MAX = 30_000;
const STOP_MS_MAX = 30_000;

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface Spent {
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/** A server under test in a process of its own. */
export interface Server {
  readonly port: number;
  /** What the process has spent so far, and the memory that it holds. */
  spent(): Promise<Spent>;
  /** The statements that the server sends to the database meanwhile. */
  record(work: () => Promise<unknown>): Promise<readonly Statement[]>;
  /** Writes a CPU profile of what the server does meanwhile. */
  profile(file: string, work: () => Promise<unknown>): Promise<void>;
  stop(): Promise<void>;
}

export interface LoadGenerator {
  run(job: LoadJob): Promise<LoadResult>;
  stop(): Promise<void>;
}

export type Environment = Readonly<Record<string, string>>;

/** The compiled gateway as it is shipped, on a free port. */
export async function startGateway(environment: Environment): Promise<Server> {
  return startServer({ file: '../dist/main.js', environment, readyPath: '/health/ready' });
}

export async function startBaseline(environment: Environment): Promise<Server> {
  return startServer({ file: './baseline/server.ts', environment, readyPath: '/' });
}

export function startLoadGenerator(): LoadGenerator {
  const child = fork(fileURLToPath(new URL('./load.ts', import.meta.url)), { execArgv: ['--import', TYPESCRIPT] });
  return {
    async run(job) {
      const answer = (await ask(child, job)) as { result: LoadResult } | { failure: string };
      if ('failure' in answer) throw new Error(answer.failure);
      return answer.result;
    },
    stop: () => stop(child),
  };
}

export async function startServer(wish: {
  file: string;
  environment: Environment;
  /** Where it responds with 200 once it serves. */
  readyPath: string;
  /** Another Node.js than this one. */
  execPath?: string;
}): Promise<Server> {
  const port = await freePort('127.0.0.1');
  const { file, environment, execPath = process.execPath } = wish;
  const imports = [...(file.endsWith('.ts') ? [TYPESCRIPT] : []), PROBE, ...('BENCH_TIMES' in environment ? [TIMES] : [])];
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    execPath,
    execArgv: imports.flatMap((module) => ['--import', module]),
    env: { ...process.env, ...environment, PORT: String(port), HOST: '127.0.0.1' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  await waitUntilReady(child, `http://127.0.0.1:${port}${wish.readyPath}`);
  return {
    port,
    spent: async () => (await ask(child, 'spent')) as Spent,
    async record(work) {
      await ask(child, 'record');
      await work();
      const { statements } = (await ask(child, 'stop')) as { statements: readonly Statement[] };
      return statements;
    },
    async profile(file, work) {
      await ask(child, 'profile');
      await work();
      await ask(child, { file });
    },
    stop: () => stop(child),
  };
}

async function waitUntilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = AbortSignal.timeout(START_MS_MAX);
  while (!deadline.aborted) {
    if (child.exitCode !== null) throw new Error(`A server of the benchmark ended with ${child.exitCode}.`);
    const isReady = await fetch(url)
      .then((response) => response.ok)
      .catch(() => false);
    if (isReady) return;
    await sleep(50);
  }
  await stop(child);
  throw new Error('A server of the benchmark did not become ready.');
}

async function ask(child: ChildProcess, question: object | string): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const ended = once(child, 'exit', { signal }).then(() =>
      Promise.reject(new Error('A process of the benchmark ended early.')),
    );
    const answered = once(child, 'message', { signal });
    child.send(question);
    const [answer] = await Promise.race([answered, ended]);
    return answer;
  } finally {
    settled.abort();
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}
