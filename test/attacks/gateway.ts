import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { type Child, startChild } from '../support/child.ts';
import { copyTemplate } from '../support/world.ts';
import type { Facts, Sent } from './attack.ts';

/** What one request made the gateway do. */
export interface Cost {
  readonly cpuMs: number;
  /** The longest time for which nothing else was served. */
  readonly stallMs: number;
  readonly heapBytes: number;
}

export interface Received {
  readonly status: number;
  readonly bytes: number;
  readonly text: string;
}

/** A gateway in a process of its own, and what tells what it spends. */
export interface AttackedGateway {
  readonly facts: Facts;
  reset(): Promise<void>;
  measure(word?: 'measure' | 'collect'): Promise<Cost>;
  send(sent: Sent, headers: Readonly<Record<string, string>>): Promise<Received>;
  /** How long `/health/live` took to answer. */
  probe(): Promise<number>;
  errors(): string;
  close(): Promise<void>;
}

export async function startGateway(): Promise<AttackedGateway> {
  const place = await copyTemplate();
  const child = startChild(new URL('./gateway-child.ts', import.meta.url), [place.databaseUrl ?? '', place.dataDir]);
  const facts = (await readLine(child)) as Facts;
  const say = async (word: string) => {
    child.process.stdin?.write(`${word}\n`);
    return readLine(child);
  };
  const agent = new Agent({ keepAlive: true });
  const { port } = new URL(facts.url);
  return {
    facts,
    async reset() {
      await say('reset');
    },
    measure: async (word = 'measure') => (await say(word)) as Cost,
    send: (sent, headers) => (sent.parts === undefined ? sendRequest(port, sent, headers) : sendBytes(Number(port), sent.parts)),
    async probe() {
      const startMs = performance.now();
      await exchange({ port, path: '/health/live', agent });
      return performance.now() - startMs;
    },
    errors: () => child.errors(),
    async close() {
      agent.destroy();
      child.process.stdin?.end();
      await child.kill();
      await place.remove();
    },
  };
}

async function readLine(child: Child): Promise<unknown> {
  const line = await child.nextLine();
  if (line === null) throw new Error(`The gateway has ended. ${child.errors()}`);
  return JSON.parse(line);
}

interface Exchange {
  readonly port: string;
  readonly path: string;
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly body?: string | Uint8Array | undefined;
}

function sendRequest(port: string, { path, method, headers, body }: Sent, more: Readonly<Record<string, string>>) {
  return exchange({ port, path, method, body, headers: { ...headers, ...more } });
}

function exchange({ port, path, method = 'GET', headers = {}, agent, body }: Exchange): Promise<Received> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path, method, headers: { ...headers }, ...(agent && { agent }) },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (part: Buffer) => chunks.push(part));
        answer.on('close', () => resolve(toReceived(answer.statusCode ?? 0, Buffer.concat(chunks))));
      },
    );
    // A gateway that has refused may close before it was sent everything, and then its answer can be lost.
    asked.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'ECONNRESET') resolve(toReceived(0, Buffer.alloc(0)));
      else reject(error);
    });
    asked.end(body);
  });
}

/** Waits for the end of the connection, or a little for an answer that may never come. */
async function sendBytes(port: number, parts: readonly (string | Uint8Array)[]): Promise<Received> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (part) => chunks.push(part));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  for (const part of parts) socket.write(part);
  // The loss of the connection is an end as well.
  const ended = Promise.race([once(socket, 'close'), once(socket, 'data').then(() => pause(20))]).catch(() => undefined);
  await Promise.race([ended, pause(300)]);
  socket.destroy();
  const bytes = Buffer.concat(chunks);
  const [, status = '0'] = /^HTTP\/1\.1 (\d+)/.exec(bytes.toString('latin1')) ?? [];
  const { text } = toReceived(0, bytes);
  return { status: Number(status), bytes: bytes.length, text: text.slice(text.indexOf('\r\n\r\n') + 4) };
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

function toReceived(status: number, bytes: Buffer): Received {
  return { status, bytes: bytes.length, text: bytes.toString('utf8') };
}
