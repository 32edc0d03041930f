import pg from 'pg';
import { SECOND_MS } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { within } from '../kernel/within.ts';
import { isDiskFull } from './disk-full.ts';
import { UtcClient } from './server-connection.ts';

/** Connections that can be lost at any moment without an unhandled error, and that never wait without a limit. */
export interface WatchedPool {
  readonly pool: pg.Pool;
  /** The connections that wait for the server now: for a connection to be made or for the response to a statement. */
  waiting(): readonly WatchedConnection[];
  /** Whether something failed in a way that says more of the database than of the statement. */
  isSuspected(): boolean;
  /** What failed since it was last asked; null for nothing. */
  takeSuspicion(): Suspicion | null;
  suspect(suspicion: Suspicion): void;
  /** Ends the pool. Connections that are still in use after the limit are cut off. */
  close(limitMs: number): Promise<void>;
}

/** `full`: an error for want of disk space. `lost`: a connection that was lost, silent or not to be had. */
export type Suspicion = 'full' | 'lost';

export interface WatchedConnection {
  /** Whether it still waits for what it waited for when it was listed. */
  isWaiting(): boolean;
  /** Cuts the connection. Its statements fail, and it is never used again. */
  cut(reason: string): void;
}

/** The system asks a silent peer for a sign of life after this time, then each second, and gives up after ten more. */
const KEEP_ALIVE_DELAY_MS = 10 * SECOND_MS;

/** How long those who held a connection that was cut get to give it back. */
const CUT_LIMIT_MS = SECOND_MS;

/** @param limits `queryMs`: how long one statement may wait for its response; null for statements that may take any time. */
export function openPool(config: pg.PoolConfig, limits: { readonly log: Logger; readonly queryMs: number | null }): WatchedPool {
  const { log, queryMs } = limits;
  const clients = new Set<WatchedClient>();
  const idle = new Set<WatchedClient>();
  // Where one connection is silent, those that wait for work have probably gone the same way: new ones cost less than another wait.
  let suspicion: Suspicion | null = null;
  const onFailure = (error: unknown) => {
    const { severity } = error as { severity?: string };
    if (isDiskFull(error)) suspicion = 'full';
    else if (severity !== 'ERROR') suspicion ??= 'lost';
  };
  const onSilence = () => {
    for (const client of idle) client.cut('Another connection to the database was silent.');
  };
  class PoolClient extends WatchedClient {
    constructor(clientConfig: pg.ClientConfig = {}) {
      super(clientConfig, { queryMs, onSilence, onFailure });
      clients.add(this);
      this.once('end', () => {
        clients.delete(this);
        idle.delete(this);
      });
    }
  }
  const keepAlive = { keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS };
  const pool = new pg.Pool({ ...config, ...keepAlive, Client: PoolClient });
  // Without a listener the loss of an idle connection ends the process. The pool replaces the connection.
  pool.on('error', (error) => log.warn({ error: error.message }, 'an idle database connection was lost'));
  pool.on('acquire', (client) => idle.delete(client as unknown as WatchedClient));
  pool.on('release', (error, client) => {
    if (!error) idle.add(client as unknown as WatchedClient);
  });
  return {
    pool,
    waiting: () => Array.from(clients, (client) => client.waiting()).filter((waiting) => waiting !== null),
    isSuspected: () => suspicion !== null,
    takeSuspicion() {
      const taken = suspicion;
      suspicion = null;
      return taken;
    },
    suspect(again) {
      suspicion = again;
    },
    async close(limitMs) {
      const ended = pool.end();
      if ((await within(limitMs, ended)) !== 'late') return;
      log.warn('database connections were still in use at the end and were cut');
      for (const client of clients) client.cut('The gateway is stopping.');
      await within(CUT_LIMIT_MS, ended);
    },
  };
}

/** What node-postgres calls when a statement has ended. */
type Callback = (...args: readonly unknown[]) => void;

interface QueryLimits {
  readonly queryMs: number | null;
  /** A statement had no response within the limit. */
  readonly onSilence: () => void;
  /** A statement failed, or a connection. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * A client that listens to its own loss from its first moment. The pool listens to idle connections only, and one that is handed to a
 * waiting caller has no listener until that caller runs, so that its loss in between would end the process.
 *
 * A statement without a response within the limit cuts the connection, because the server may still be working on it: whether it took
 * effect is unknown, which for a COMMIT the caller must bear in mind.
 */
class WatchedClient extends UtcClient {
  readonly #limits: QueryLimits;
  /** Statements without a response, each as a token of its own. */
  readonly #pending = new Set<object>();
  #connecting: object | null = null;

  constructor(config: pg.ClientConfig, limits: QueryLimits) {
    super(config);
    this.#limits = limits;
    this.on('error', (error) => this.#limits.onFailure(error));
    const connecting = {};
    this.#connecting = connecting;
    this.once('connect', () => {
      this.#connecting = null;
    });
  }

  /** What it waits for now; null when it waits for nothing. */
  waiting(): WatchedConnection | null {
    const awaited = this.#connecting === null ? [...this.#pending] : [this.#connecting];
    if (awaited.length === 0) return null;
    return {
      isWaiting: () => awaited.some((each) => each === this.#connecting || this.#pending.has(each)),
      cut: (reason) => this.cut(reason),
    };
  }

  cut(reason: string): void {
    streamOf(this).destroy(new Error(reason));
  }

  /** Stands for all overloads of node-postgres, by callback and by promise. */
  override query(...given: never[]): never {
    const args: unknown[] = given;
    const settle = this.#await();
    const callback = args.at(-1);
    const isByCallback = typeof callback === 'function';
    if (isByCallback) {
      args[args.length - 1] = (...results: readonly unknown[]) => {
        settle(results[0]);
        (callback as Callback)(...results);
      };
    }
    try {
      const result = (super.query as (...all: readonly unknown[]) => unknown)(...args);
      if (!isByCallback) void Promise.resolve(result).then(() => settle(), settle);
      return result as never;
    } catch (error) {
      settle(error);
      throw error;
    }
  }

  /** Begins the wait for one response. Returns what ends it. */
  #await(): (error?: unknown) => void {
    const token = {};
    this.#pending.add(token);
    const { queryMs, onSilence, onFailure } = this.#limits;
    const giveUp = () => {
      this.cut(`The database did not respond within ${queryMs} ms.`);
      onSilence();
    };
    const timer = queryMs === null ? undefined : setTimeout(giveUp, queryMs);
    return (error) => {
      clearTimeout(timer);
      this.#pending.delete(token);
      if (error) onFailure(error);
    };
  }
}

/** The socket, or the TLS connection on it: node-postgres swaps the one for the other. */
function streamOf(client: pg.Client): { destroy(error: Error): void } {
  return (client as unknown as { connection: { stream: { destroy(error: Error): void } } }).connection.stream;
}
