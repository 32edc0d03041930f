import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../src/cli/ports.ts';
import { openWorkshop, type Workshop } from '../test/support/server-tools.ts';
import { mountSmallDisk, type SmallDisk } from '../test/support/small-disk.ts';

/** A PostgreSQL server of the proof's own, on a free port, that can be hurt in every way the proof knows. */
export interface Cluster {
  readonly databaseUrl: string;
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  stop(mode: 'fast' | 'immediate'): Promise<void>;
  /** Returns when it takes connections again. */
  start(): Promise<void>;
  /** Freezes the server and each of its processes: connections stay open and silent. */
  pause(): Promise<void>;
  resume(): void;
  /** Keeps everybody else out of a table until the returned function is called. */
  lock(table: string): Promise<() => Promise<void>>;
  /** Returns when the setting has arrived. */
  setReadOnly(value: 'on' | 'off'): Promise<void>;
  /** Where the database is, but for its log. A text says why it is on the disk of everything else. */
  readonly disk: SmallDisk | string;
  /** Ends every connection of the database but its own. */
  cutConnections(): Promise<void>;
  /** Ends it in whatever state it is, and removes its files. */
  remove(): Promise<void>;
}

export const CLUSTER_PROGRAMS = ['initdb', 'pg_ctl'] as const;

const DATABASE = 'tollgate';
/** More than all purchases of a run need. */
const DISK_MEGABYTES = 256;
const SETTLE_PAUSE_MS = 20;
const SETTLE_ATTEMPTS_MAX = 250;

export async function startCluster(): Promise<Cluster> {
  const workshop = await openWorkshop();
  const disk = mountSmallDisk(DISK_MEGABYTES, workshop.user);
  const remove = async (): Promise<void> => {
    await workshop.remove();
    if (typeof disk !== 'string') disk.remove();
  };
  try {
    const port = await freePort('127.0.0.1');
    await prepare(workshop, port);
    return await openCluster({ ...workshop, remove }, { port, disk });
  } catch (error) {
    await remove();
    throw error;
  }
}

async function prepare(workshop: Workshop, port: number): Promise<void> {
  const data = join(workshop.folder, 'data');
  await workshop.run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N']);
  const settings = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    `unix_socket_directories = '${workshop.folder}'`,
    'max_connections = 60',
    "include_if_exists = 'changing.conf'",
  ];
  await workshop.write('data/postgresql.conf', `${settings.join('\n')}\n`);
}

async function openCluster(workshop: Workshop, { port, disk }: { port: number; disk: SmallDisk | string }): Promise<Cluster> {
  const data = join(workshop.folder, 'data');
  const control = (verb: string, ...args: readonly string[]) =>
    workshop.run('pg_ctl', ['-D', data, '-w', '-t', '60', '-l', join(workshop.folder, 'log'), ...args, verb]);
  const withClient = async <T>(use: (client: pg.Client) => Promise<T>, database = DATABASE): Promise<T> => {
    const client = await connect(port, database);
    try {
      return await use(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  let paused: readonly number[] = [];
  const resume = (): void => {
    for (const pid of paused) signal(pid, 'SIGCONT');
    paused = [];
  };
  await control('start');
  await withClient((client) => createDatabase(client, disk), 'postgres');
  return {
    disk,
    databaseUrl: `postgres://postgres@127.0.0.1:${port}/${DATABASE}`,
    query: (text, values = []) => withClient(async (client) => (await client.query(text, [...values])).rows),
    async stop(mode) {
      await control('stop', '-m', mode);
    },
    async start() {
      await control('start');
    },
    async pause() {
      const [line = ''] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
      const postmaster = Number(line);
      // First the one that makes the others, so that none is missed.
      signal(postmaster, 'SIGSTOP');
      const children = (await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')).trim().split(' ').map(Number);
      for (const pid of children) signal(pid, 'SIGSTOP');
      paused = [postmaster, ...children];
    },
    resume,
    lock: (table) => holdLock(port, table),
    async setReadOnly(value) {
      await workshop.write('data/changing.conf', `default_transaction_read_only = ${value}\n`);
      await control('reload');
      await withClient((client) => arrived(client, value));
    },
    async cutConnections() {
      await withClient((client) =>
        client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()', [
          DATABASE,
        ]),
      );
    },
    async remove() {
      resume();
      await control('stop', '-m', 'immediate').catch(() => undefined);
      await workshop.remove();
    },
  };
}

/** A log that cannot be written ends the server; tables that cannot grow are an error of each statement. */
async function createDatabase(client: pg.Client, disk: SmallDisk | string): Promise<void> {
  if (typeof disk === 'string') return void (await client.query(`CREATE DATABASE ${DATABASE}`));
  await client.query(`CREATE TABLESPACE small LOCATION ${pg.escapeLiteral(disk.folder)}`);
  await client.query(`CREATE DATABASE ${DATABASE} TABLESPACE small`);
}

async function connect(port: number, database: string): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database });
  // A cut connection is one of the things that are proved here; its statements fail by themselves.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function holdLock(port: number, table: string): Promise<() => Promise<void>> {
  const client = await connect(port, DATABASE);
  await client.query('BEGIN');
  await client.query(`LOCK TABLE ${pg.escapeIdentifier(table)} IN ACCESS EXCLUSIVE MODE`);
  return async () => {
    await client.query('COMMIT');
    await client.end();
  };
}

async function arrived(client: pg.Client, value: string): Promise<void> {
  for (let attempt = 0; attempt < SETTLE_ATTEMPTS_MAX; attempt += 1) {
    const { rows } = await client.query('SHOW default_transaction_read_only');
    if (rows[0]?.default_transaction_read_only === value) return;
    await sleep(SETTLE_PAUSE_MS);
  }
  throw new Error(`PostgreSQL did not take default_transaction_read_only = ${value}.`);
}

/** A process that has ended meanwhile needs no signal. */
function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
