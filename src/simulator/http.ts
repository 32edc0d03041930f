import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MINUTE_MS } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { explainPort, type WantedPort } from '../kernel/port-unusable.ts';
import { jsonAnswer, type WireAnswer, type WireOutcome, type WireRequest } from './wire.ts';

const BODY_BYTES_MAX = 256 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** Callers keep connections for the next call; one that is closed under them looks like a call that was lost. */
const KEEP_ALIVE_MS = 65_000;
/** A hanging call is cut after this, whoever waits for it. */
const HANG_MS_MAX = 10 * MINUTE_MS;

export interface HttpServer {
  readonly port: number;
  /** Takes no new connection and cuts the open ones. */
  close(): Promise<void>;
}

/** Serves every request by `handle`. What that throws is a bug: it is logged, and the caller gets a bare 500. Throws PortUnusable. */
export async function serveHttp(
  handle: (request: WireRequest) => Promise<WireOutcome>,
  options: WantedPort & { readonly log: Logger },
): Promise<HttpServer> {
  const { host, port, log } = options;
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, response) => {
    serve(incoming, response, handle).catch((error: unknown) => {
      log.error({ error }, 'the simulator failed at a request');
      if (!response.headersSent && !response.destroyed) write(response, { status: 500, headers: {}, body: '' });
    });
  });
  await new Promise<void>((resolve, reject) => {
    // Stays: a later error is not the end of the server.
    server.on('error', (error) => reject(explainPort(error, options)));
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  handle: (request: WireRequest) => Promise<WireOutcome>,
): Promise<void> {
  const body = await readBody(incoming);
  if (body === null) return write(response, jsonAnswer(413, { error: `A body may have ${BODY_BYTES_MAX} bytes.` }));
  const outcome = await handle(toRequest(incoming, body));
  if (outcome === 'reset') return void incoming.socket.resetAndDestroy();
  if (outcome === 'hang') return hang(incoming);
  write(response, outcome);
}

function hang({ socket }: IncomingMessage): void {
  const timer = setTimeout(() => socket.destroy(), HANG_MS_MAX);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

async function readBody(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toRequest(incoming: IncomingMessage, body: string): WireRequest {
  const url = new URL(incoming.url ?? '/', 'http://simulator');
  const headers = Object.entries(incoming.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body,
  };
}

function write(response: ServerResponse, { status, headers, body }: WireAnswer): void {
  response.writeHead(status, headers);
  response.end(body);
}
