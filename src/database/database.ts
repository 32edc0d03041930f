import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import pLimit from 'p-limit';
import pg from 'pg';
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts';
import { SECOND_MS } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { openDirect } from './direct.ts';
import type { Durability } from './embedded.ts';
import { migrate } from './migrate.ts';
import { withWholeScripts } from './script.ts';

/** What a store function takes: an open transaction, or the plain client where a read needs none. */
export type Tx = Prisma.TransactionClient;

export interface Database {
  readonly client: PrismaClient;
  readonly isEmbedded: boolean;
  /**
   * Runs everything in one READ COMMITTED transaction; a throw rolls it back. Waits are bounded. Never await the network inside, and
   * no query outside of `tx`: the embedded database has one connection, which would wait for itself.
   */
  inTransaction<T>(run: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * For a read that goes through many rows, such as a count. Such reads wait for each other and use at most a third of the connections,
   * so that whoever pays always finds one. Never within a transaction, nor within another such read.
   */
  inTurn<T>(read: () => Promise<T>): Promise<T>;
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A PostgreSQL server; null for the embedded database in `dataDir`, whose owner the caller must be (owner.ts). */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  /** Connections to the server. The embedded database always has one. */
  readonly poolSize: number;
  readonly log: Logger;
  /** Of the embedded database; `fsync` unless told. */
  readonly durability?: Durability;
}

const TRANSACTION_WAIT_MS = 10 * SECOND_MS;
const TRANSACTION_LIFE_MS = 15 * SECOND_MS;
const CONNECT_TIMEOUT_MS = 10 * SECOND_MS;
/** Statement texts vary with the length of lists; beyond so many, further ones are not kept prepared on the server. */
const PREPARED_STATEMENTS_MAX = 500;
// The Prisma adapter writes instants without a zone, so every connection speaks UTC. No statement of ours runs for as long as
// PostgreSQL takes to compile it.
const SESSION_OPTIONS = [
  '-c TimeZone=UTC',
  '-c jit=off',
  '-c default_transaction_isolation=read\\ committed',
  '-c lock_timeout=10s',
  '-c statement_timeout=30s',
  '-c idle_in_transaction_session_timeout=30s',
].join(' ');

/** Connects, brings the schema up to date and answers a database that is ready. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  return options.databaseUrl === null ? openFolder(options) : openServer(options, options.databaseUrl);
}

async function openFolder(options: DatabaseOptions): Promise<Database> {
  // Loaded here, because a gateway on a server needs no PostgreSQL of its own in memory.
  const { embeddedAdapter, openEmbedded } = await import('./embedded.ts');
  const folder = databaseFolder(options.dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pglite = await openEmbedded(folder, options.durability ?? 'fsync');
  const factory = embeddedAdapter(pglite);
  const close = () => pglite.close();
  return finishOrClose(close, async () => {
    reportMigrations(options.log, await migrate(factory));
    const client = createClient(factory);
    return toDatabase({ client, inTransaction: (run) => client.$transaction(run), isEmbedded: true, close }, 1);
  });
}

async function openServer(options: DatabaseOptions, connectionString: string): Promise<Database> {
  reportMigrations(options.log, await migrateServer(connectionString));
  const pool = new pg.Pool({
    connectionString,
    max: options.poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'tollgate',
    options: SESSION_OPTIONS,
  });
  // Without a listener the loss of an idle connection ends the process. The pool replaces the connection.
  pool.on('error', (error) => options.log.warn({ error: error.message }, 'an idle database connection was lost'));
  const close = () => pool.end();
  return finishOrClose(close, async () => {
    await refuseOtherTimeZone(pool);
    const statementName = createStatementNames();
    const adapter = new PrismaPg(pool, { statementNameGenerator: statementName });
    const direct = openDirect({ pool, adapter, statementName, createClient });
    return toDatabase({ ...direct, isEmbedded: false, close }, options.poolSize);
  });
}

/** The folder of the embedded database inside the data folder. */
export function databaseFolder(dataDir: string): string {
  return join(dataDir, 'database');
}

/** On a connection of its own: closing it frees the advisory lock, whatever happened, and no time limit of ours stops a long index. */
async function migrateServer(connectionString: string): ReturnType<typeof migrate> {
  const pool = new pg.Pool({
    connectionString,
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'tollgate migrations',
  });
  pool.on('error', () => undefined);
  try {
    const factory = new PrismaPg(pool);
    const connect = async () => withWholeScripts(await factory.connect(), (script) => pool.query(script));
    const connectToShadowDb = () => factory.connectToShadowDb();
    return await migrate({ provider: factory.provider, adapterName: factory.adapterName, connect, connectToShadowDb });
  } finally {
    await pool.end();
  }
}

function reportMigrations(log: Logger, report: Awaited<ReturnType<typeof migrate>>): void {
  if (report.applied.length > 0) log.info({ migrations: report.applied }, 'the database was migrated');
  if (report.unknown.length > 0) log.warn({ migrations: report.unknown }, 'the database is newer than this gateway');
}

/** A pooler in between may drop our session options, and then instants would be read in the server's zone. */
async function refuseOtherTimeZone(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ isUtc: boolean }>(
    `SELECT '2000-07-01 00:00:00'::timestamptz = '2000-07-01 00:00:00+00'::timestamptz AS "isUtc"`,
  );
  if (rows[0]?.isUtc === true) return;
  throw new Error("The database connection is not in UTC: run ALTER ROLE <user> SET TimeZone = 'UTC' and start again.");
}

function createClient(adapter: SqlDriverAdapterFactory): PrismaClient {
  return new PrismaClient({ adapter, transactionOptions: { maxWait: TRANSACTION_WAIT_MS, timeout: TRANSACTION_LIFE_MS } });
}

function toDatabase(parts: Omit<Database, 'ping' | 'inTurn'>, connections: number): Database {
  const { client } = parts;
  const turns = pLimit(Math.max(Math.floor(connections / 3), 1));
  return {
    ...parts,
    inTurn: (read) => turns(read),
    async ping() {
      await client.$queryRaw`SELECT 1`;
    },
    async close() {
      await client.$disconnect();
      await parts.close();
    },
  };
}

/** Names for prepared statements: each text is parsed and planned once per connection instead of at every call. */
function createStatementNames(): (query: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    // node-postgres sends a statement with an empty name unprepared.
    if (names.size >= PREPARED_STATEMENTS_MAX) return '';
    const name = `tollgate_${names.size}`;
    names.set(sql, name);
    return name;
  };
}

async function finishOrClose<T>(close: () => Promise<void>, finish: () => Promise<T>): Promise<T> {
  try {
    return await finish();
  } catch (error) {
    await close();
    throw error;
  }
}
