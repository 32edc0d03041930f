import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import pLimit from 'p-limit';
import { PrismaClient } from '../generated/prisma/client.ts';
import { SECOND_MS } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Durability } from './embedded.ts';
import { useFolder } from './folder-unusable.ts';
import { migrate } from './migrate.ts';
import { createNewsDesk, type NewsListener } from './news.ts';
import { openPool } from './pool.ts';
import { examineServer, type Preflight } from './preflight.ts';
import { readMigrations } from './schema-engine.ts';
import { withWholeScripts } from './script.ts';
import { openServerSql } from './server.ts';
import { readServerUrl, type ServerAddress } from './server-url.ts';
import {
  BEGIN,
  checkSettings,
  limitedBegin,
  migrationOptions,
  overriddenBy,
  remedyFor,
  schemaOf,
  sessionOptions,
} from './session-settings.ts';
import { type Sql, withSql } from './sql.ts';
import { DatabaseUnusable, explain } from './unusable.ts';
import { openWriteCheck, type WriteState } from './write-check.ts';

/** What a store function takes: an open transaction, or the plain client where a read needs none. */
export type Tx = Sql;
export type Models = PrismaClient;

export interface Database {
  /** SQL outside of a transaction, and Prisma's models, which take part in none. */
  readonly client: PrismaClient & Sql;
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
  /**
   * Calls the listener after each commit of this process that appended events. It runs within the call that committed: it must be quick
   * and must not throw. What other processes append is found only by reading. Returns what ends the listening.
   */
  onNews(listener: NewsListener): () => void;
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  /** Whether the database takes writes now, within two seconds. Never throws. */
  checkWrites(): Promise<WriteState>;
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
  /** Of the connections to a server; tests set shorter ones. */
  readonly connectionLimits?: Partial<ConnectionLimits>;
}

/** How long connections to a server may wait, so that nothing waits for ever for a server that is silent. */
interface ConnectionLimits {
  /** For a connection, new or free; null for what the URL says. */
  readonly connectMs: number | null;
  /** For the response to a statement. Longer than PostgreSQL's own limits, which end a statement that merely takes long. */
  readonly queryMs: number;
  /** For connections in use, when the gateway ends. */
  readonly closeMs: number;
}

const CONNECTION_LIMITS: ConnectionLimits = { connectMs: null, queryMs: 35 * SECOND_MS, closeMs: 2 * SECOND_MS };

const TRANSACTION_WAIT_MS = 10 * SECOND_MS;
const TRANSACTION_LIFE_MS = 15 * SECOND_MS;
/** Statement texts vary with the length of lists; beyond so many, further ones are not kept prepared on the server. */
const PREPARED_STATEMENTS_MAX = 500;
/** Connects, brings the schema up to date and answers a database that is ready. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  return options.databaseUrl === null ? openFolder(options) : openServer(options, options.databaseUrl);
}

async function openFolder(options: DatabaseOptions): Promise<Database> {
  // Loaded here, because a gateway on a server needs no PostgreSQL of its own in memory.
  const { embeddedAdapter, openEmbedded, openEmbeddedSql } = await import('./embedded.ts');
  const folder = databaseFolder(options.dataDir);
  await useFolder(options.dataDir, () => mkdir(folder, { recursive: true, mode: 0o700 }));
  const pglite = await openEmbedded(folder, options.durability ?? 'fsync');
  const factory = embeddedAdapter(pglite);
  const close = () => pglite.close();
  return finishOrClose(close, async () => {
    reportMigrations(options.log, await migrate(factory));
    const { publish, listen: onNews } = createNewsDesk();
    const { sql, inTransaction, checkWrites } = openEmbeddedSql(pglite, publish);
    const client = withSql(createClient(factory), sql);
    return toDatabase({ client, inTransaction, isEmbedded: true, checkWrites, onNews, close }, 1);
  });
}

async function openServer(options: DatabaseOptions, databaseUrl: string): Promise<Database> {
  const address = readServerUrl(databaseUrl);
  if (!address.ok) throw new DatabaseUnusable(address.refusal.map((problem) => `DATABASE_URL ${problem}.`).join(' '));
  const known = (await readMigrations()).map(({ name }) => name);
  const preflight = await examineServer(address.value, known);
  try {
    return await openExamined(options, address.value, preflight);
  } catch (error) {
    throw explain(error, address.value);
  }
}

async function openExamined(options: DatabaseOptions, address: ServerAddress, preflight: Preflight): Promise<Database> {
  const { config, facts } = preflight;
  const { log, poolSize: max } = options;
  const overridden = overriddenBy(facts);
  const remedyOf = (names: readonly string[]) => remedyFor(names, { user: facts.user, database: address.database });
  const limits = { ...CONNECTION_LIMITS, ...options.connectionLimits };
  if (overridden.length > 0) {
    const remedy = remedyOf(overridden);
    log.warn(
      { settings: overridden, remedy },
      'the database turns a setting off that keeps payments: the gateway turns it on in its sessions, behind a pooler in its transactions',
    );
  }
  reportMigrations(log, await migrateServer({ preflight, address, log, limits }));
  const sessionConfig = address.isPooled ? config : { ...config, options: sessionOptions(address, overridden) };
  const connectMs = limits.connectMs ?? address.connectTimeoutMs;
  const watched = openPool({ ...sessionConfig, max, connectionTimeoutMillis: connectMs }, { log, queryMs: limits.queryMs });
  const { pool } = watched;
  const writes = openWriteCheck(sessionConfig, { watched, log });
  const close = async () => {
    await Promise.all([writes.close(limits.closeMs), watched.close(limits.closeMs)]);
  };
  return finishOrClose(close, async () => {
    const missing = await checkSettings(pool, address);
    if (missing.length > 0) {
      log.warn(
        { settings: missing, remedy: remedyOf(missing) },
        'a pooler dropped settings of the session: they hold in transactions only',
      );
    }
    const statementName = address.isPooled ? () => '' : createStatementNames();
    const adapter = new PrismaPg(pool, { schema: schemaOf(address), statementNameGenerator: statementName });
    const begin = address.isPooled || missing.length > 0 ? limitedBegin(overridden) : BEGIN;
    const { publish, listen: onNews } = createNewsDesk();
    const { sql, inTransaction } = openServerSql({ pool, statementName, begin, publish });
    const client = withSql(createClient(adapter), sql);
    return toDatabase({ client, inTransaction, isEmbedded: false, checkWrites: writes.check, onNews, close }, max);
  });
}

/** The folder of the embedded database inside the data folder. */
export function databaseFolder(dataDir: string): string {
  return join(dataDir, 'database');
}

/** On a connection of its own: closing it frees the advisory lock, whatever happened, and no time limit of ours stops a long index. */
async function migrateServer(parts: {
  preflight: Preflight;
  address: ServerAddress;
  log: Logger;
  limits: ConnectionLimits;
}): ReturnType<typeof migrate> {
  const { preflight, address, log, limits } = parts;
  const { config, facts } = preflight;
  const poolConfig = {
    ...config,
    max: 1,
    idleTimeoutMillis: 0,
    application_name: `${address.applicationName} migrations`,
    ...(address.isPooled ? {} : { options: migrationOptions(address) }),
  };
  const { pool, close } = openPool(poolConfig, { log, queryMs: null });
  try {
    const factory = new PrismaPg(pool, { schema: schemaOf(address) });
    if (!facts.hasSchema) await pool.query(`CREATE SCHEMA IF NOT EXISTS "${schemaOf(address)}"`);
    const connect = async () => withWholeScripts(await factory.connect(), (script) => pool.query(script));
    const connectToShadowDb = () => factory.connectToShadowDb();
    return await migrate({ provider: factory.provider, adapterName: factory.adapterName, connect, connectToShadowDb });
  } finally {
    await close(limits.closeMs);
  }
}

function reportMigrations(log: Logger, report: Awaited<ReturnType<typeof migrate>>): void {
  if (report.applied.length > 0) log.info({ migrations: report.applied }, 'the database was migrated');
  if (report.unknown.length > 0) log.warn({ migrations: report.unknown }, 'the database is newer than this gateway');
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
    ping: async () => void (await client.$queryRaw`SELECT 1`),
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
