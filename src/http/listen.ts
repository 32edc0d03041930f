import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listening {
  /** The port that was given, where 0 was asked for. */
  readonly port: number;
  /** Takes no new connection, waits for requests under way, and after the limit cuts what is left. */
  close(timeoutMs: number): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** How long a caller may take to send a request. */
  readonly requestTimeoutMs: number;
}

/** Longer than the usual idle time of balancers, so that it is they who close a connection. */
const KEEP_ALIVE_MS = 65_000;

/** Opens the port. Throws with the port's name when another program has it. */
export async function listen(listener: RequestListener, options: ListenOptions): Promise<Listening> {
  const { requestTimeoutMs } = options;
  const headersTimeout = Math.min(requestTimeoutMs, 20_000);
  const server = createServer({ requestTimeout: requestTimeoutMs, headersTimeout, keepAliveTimeout: KEEP_ALIVE_MS }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, options)));
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close(timeoutMs) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function explain(error: NodeJS.ErrnoException, { host, port }: ListenOptions): Error {
  if (error.code === 'EADDRINUSE')
    return new Error(`Port ${port} of ${host} is in use. Stop the program that has it, or set PORT.`);
  if (error.code === 'EACCES') return new Error(`Port ${port} may not be opened by this user. Set PORT to one above 1023.`);
  return new Error(`Listening on ${host}:${port} failed (${error.code ?? error.message}). Check HOST and PORT.`);
}
