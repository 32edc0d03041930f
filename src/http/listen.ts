import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainPort } from '../kernel/port-unusable.ts';
import { explainRefusals } from './refuse-raw.ts';

export interface Listening {
  /** The port that was given, where 0 was asked for. */
  readonly port: number;
  /**
   * Drains: takes new connections, so that balancers read that it is not ready, until the notice is over and no request is under
   * way; closes idle connections meanwhile; and after the limit cuts what is left.
   */
  close(timeoutMs: number, noticeMs?: number): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** How long a caller may take to send a request. */
  readonly requestTimeoutMs: number;
}

/** Longer than the usual idle time of balancers, so that it is they who close a connection. */
const KEEP_ALIVE_MS = 65_000;

/** Opens the port. Throws PortUnusable. */
export async function listen(listener: RequestListener, options: ListenOptions): Promise<Listening> {
  const { requestTimeoutMs } = options;
  const headersTimeout = Math.min(requestTimeoutMs, 20_000);
  const timeouts = { requestTimeout: requestTimeoutMs, headersTimeout, keepAliveTimeout: KEEP_ALIVE_MS };
  let inFlight = 0;
  const server = createServer({ ...timeouts, requireHostHeader: false }, (incoming, outgoing) => {
    inFlight += 1;
    outgoing.once('close', () => {
      inFlight -= 1;
    });
    listener(incoming, outgoing);
  });
  explainRefusals(server);
  await new Promise<void>((resolve, reject) => {
    // Stays: a later error, such as a connection that could not be taken, is not the end of the server.
    server.on('error', (error: NodeJS.ErrnoException) => reject(explainPort(error, { ...options, portSetting: 'PORT' })));
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close(timeoutMs, noticeMs = 0) {
      const time = new AbortController();
      const timer = setTimeout(() => time.abort(), timeoutMs);
      await drained({ server, noticeMs: Math.min(noticeMs, timeoutMs), isBusy: () => inFlight > 0, signal: time.signal });
      clearTimeout(timer);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

const DRAIN_LOOK_MS = 50;

/** Resolves when the notice is over and nothing is under way, or at the signal. */
async function drained(drain: { server: Server; noticeMs: number; isBusy: () => boolean; signal: AbortSignal }): Promise<void> {
  const { server, noticeMs, isBusy, signal } = drain;
  for (let waitedMs = 0; !signal.aborted && (waitedMs < noticeMs || isBusy()); waitedMs += DRAIN_LOOK_MS) {
    server.closeIdleConnections();
    await sleep(DRAIN_LOOK_MS);
  }
}
