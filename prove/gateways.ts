import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/cli/ports.ts';

export type Environment = Readonly<Record<string, string>>;

/** A gateway as it is shipped, in a process of its own, always at the same address. */
export interface Gateway {
  readonly name: string;
  readonly url: string;
  /** Whether it is meant to run: what it does is judged only meanwhile. */
  isExpected(): boolean;
  /** Whether the process that was started last still runs. */
  isAlive(): boolean;
  /** Of that process; undefined before the first. */
  pid(): number | undefined;
  start(): Promise<void>;
  /** Sends SIGTERM and waits for the end; after the limit it is killed. */
  stop(limitMs: number): Promise<{ readonly seconds: number; readonly exitCode: number | null }>;
  kill(): Promise<void>;
  /** The last lines that it wrote. */
  lastLines(): string;
}

const START_MS_MAX = 60_000;
const START_LOOK_MS = 50;
const KEPT_CHARACTERS = 6_000;

export async function prepareGateway(name: string, environment: Environment): Promise<Gateway> {
  const port = await freePort('127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | null = null;
  let isExpected = false;
  let printed = '';
  const keep = (chunk: Buffer): void => {
    printed = (printed + chunk.toString()).slice(-KEPT_CHARACTERS);
  };
  const isAlive = (): boolean => child !== null && child.exitCode === null && child.signalCode === null;
  const kill = async (): Promise<void> => {
    if (child === null || !isAlive()) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    name,
    url,
    isExpected: () => isExpected,
    isAlive,
    pid: () => child?.pid,
    lastLines: () => printed,
    kill,
    async start() {
      child = spawn(process.execPath, [fileURLToPath(new URL('../dist/main.js', import.meta.url))], {
        env: { ...process.env, ...environment, HOST: '127.0.0.1', PORT: String(port), TOLLGATE_PUBLIC_URL: url },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child.stdout?.on('data', keep);
      child.stderr?.on('data', keep);
      if (!(await isReadyInTime(url, isAlive))) throw new Error(`${name} did not become ready:\n${printed}`);
      isExpected = true;
    },
    async stop(limitMs) {
      isExpected = false;
      if (child === null || !isAlive()) return { seconds: 0, exitCode: child?.exitCode ?? null };
      const ended = once(child, 'exit');
      const startedAt = performance.now();
      child.kill('SIGTERM');
      const timer = setTimeout(() => void kill(), limitMs);
      await ended;
      clearTimeout(timer);
      return { seconds: (performance.now() - startedAt) / 1_000, exitCode: child.exitCode };
    },
  };
}

async function isReadyInTime(url: string, isAlive: () => boolean): Promise<boolean> {
  const deadline = AbortSignal.timeout(START_MS_MAX);
  while (!deadline.aborted && isAlive()) {
    const isReady = await fetch(`${url}/health/ready`)
      .then((response) => response.ok)
      .catch(() => false);
    if (isReady) return true;
    await sleep(START_LOOK_MS);
  }
  return false;
}
