import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from './gateways.ts';

/** One question to a health path. Instants are of `performance.now()`. */
export interface Sample {
  readonly gateway: string;
  readonly path: 'live' | 'ready';
  readonly sentAt: number;
  readonly endedAt: number;
  /** 0 when no response came. */
  readonly status: number;
  /** How long a server that does nothing took to respond at the same moment: what the machine itself costs. */
  readonly idleMs: number;
}

export interface Watch {
  readonly samples: readonly Sample[];
  stop(): Promise<void>;
}

const LIVE_PAUSE_MS = 100;
const READY_PAUSE_MS = 200;
const RESPONSE_MS_MAX = 10_000;

/** Asks both health paths of each gateway, for as long as the gateway is meant to run. */
export async function startWatch(gateways: readonly Gateway[]): Promise<Watch> {
  const samples: Sample[] = [];
  const idle = await startIdleServer();
  const stopped = new AbortController();
  const watch = async (gateway: Gateway, path: Sample['path'], pauseMs: number): Promise<void> => {
    while (!stopped.signal.aborted) {
      const isExpected = gateway.isExpected();
      const [asked, idleAsked] = await Promise.all([ask(`${gateway.url}/health/${path}`), ask(idle.url)]);
      if (isExpected && gateway.isExpected()) {
        samples.push({ gateway: gateway.name, path, ...asked, idleMs: idleAsked.endedAt - idleAsked.sentAt });
      }
      await sleep(pauseMs);
    }
  };
  const watches = gateways.flatMap((gateway) => [watch(gateway, 'live', LIVE_PAUSE_MS), watch(gateway, 'ready', READY_PAUSE_MS)]);
  return {
    samples,
    async stop() {
      stopped.abort();
      await Promise.all(watches);
      await idle.stop();
    },
  };
}

async function ask(url: string): Promise<Pick<Sample, 'sentAt' | 'endedAt' | 'status'>> {
  const sentAt = performance.now();
  const status = await fetch(url, { signal: AbortSignal.timeout(RESPONSE_MS_MAX) })
    .then(async (response) => {
      await response.arrayBuffer();
      return response.status;
    })
    .catch(() => 0);
  return { sentAt, endedAt: performance.now(), status };
}

const IDLE_SERVER = `
const server = require('node:http').createServer((request, response) => response.end());
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().once('end', () => process.exit());`;

/** It ends with this process, whose end closes its input. */
async function startIdleServer(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, ['-e', IDLE_SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  if (child.stdout === null) throw new Error('The idle server has no output.');
  const [port] = await once(child.stdout, 'data');
  return {
    url: `http://127.0.0.1:${Number(String(port))}/`,
    async stop() {
      child.stdin?.end();
      await ended;
    },
  };
}
