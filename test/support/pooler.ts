import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort } from '../../src/cli/ports.ts';
import { findProgram, openWorkshop } from './server-tools.ts';

/** A PgBouncer of a test's own, in front of the server of the tests. */
export interface Pooler {
  readonly port: number;
  /** The address of a database of the server, through the pooler. */
  urlOf(database: string, query?: string): string;
  close(): Promise<void>;
}

export interface PoolerOptions {
  readonly mode: 'transaction' | 'session';
  /** Connections to the server, for each database. */
  readonly size?: number;
  /** More lines of its configuration. */
  readonly lines?: readonly string[];
}

/** Starts it in front of the server that the URL names. */
export async function startPooler(serverUrl: string, options: PoolerOptions): Promise<Pooler> {
  const server = new URL(serverUrl);
  const user = decodeURIComponent(server.username) || 'postgres';
  const workshop = await openWorkshop();
  const port = await freePort('127.0.0.1');
  const users = await workshop.write('users', `"${user}" "${decodeURIComponent(server.password)}"\n`);
  const lines = [
    '[databases]',
    `* = host=${server.hostname} port=${server.port || 5432}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = trust',
    `auth_file = ${users}`,
    `pool_mode = ${options.mode}`,
    `default_pool_size = ${options.size ?? 4}`,
    'max_client_conn = 200',
    ...(options.lines ?? []),
  ];
  const file = await workshop.write('pgbouncer.ini', `${lines.join('\n')}\n`);
  const child = spawn(findProgram('pgbouncer') ?? 'pgbouncer', [file], { ...workshop.user, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  const printed: string[] = [];
  // It says so once it takes connections; without that line it ended.
  for await (const line of createInterface({ input: child.stderr })) {
    printed.push(line);
    if (line.includes('process up')) break;
  }
  if (!printed.at(-1)?.includes('process up')) throw new Error(`PgBouncer did not start: ${printed.join('\n')}`);
  child.stderr.resume();
  return {
    port,
    urlOf: (database, query = '') => `postgres://${encodeURIComponent(user)}@127.0.0.1:${port}/${database}?${query}`,
    async close() {
      child.kill('SIGKILL');
      await ended;
      await workshop.remove();
    },
  };
}
