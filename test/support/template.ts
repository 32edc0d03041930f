import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { databaseFolder, openDatabase } from '../../src/database/database.ts';
import { readMigrations } from '../../src/database/schema-engine.ts';
import { createLogger } from '../../src/kernel/log.ts';

/**
 * One migrated template, which every world copies: a folder, or a database of the server that TEST_DATABASE_URL names (its user
 * must be allowed to create databases). Named after the migrations and kept between runs.
 */
export default async function prepareTemplate(): Promise<void> {
  await prepare(testServerUrl());
}

/** Makes the template in the folder, or on the server that the URL names, unless it is there. */
export async function prepare(serverUrl: string | null): Promise<void> {
  await (serverUrl === null ? prepareFolder() : prepareServer(serverUrl));
}

/** The server to test on; null for the embedded database. */
export function testServerUrl(): string | null {
  return process.env['TEST_DATABASE_URL'] || null;
}

const LOCAL_SERVER = 'postgres://postgres@127.0.0.1:5432/postgres';

/** A server for the few tests that need one in every run: that of TEST_DATABASE_URL, else one of this machine that lets postgres in. */
export async function findServer(): Promise<{ readonly url: string } | { readonly lack: string }> {
  const url = testServerUrl() ?? LOCAL_SERVER;
  const lack = await onServer(url, 'SELECT 1').then(
    () => null,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
  return lack === null ? { url } : { lack: `no PostgreSQL at ${new URL(url).host} (${lack})` };
}

/** The embedded run is for every day and keeps within three minutes: what does not depend on the database runs whole on the server. */
export function runsWhole(): boolean {
  return testServerUrl() !== null;
}

/** In the embedded run, one of so many items, so that it stays short; all of them on the server. */
export function sampled<Item>(items: readonly Item[], oneOf: number): readonly Item[] {
  return items.filter((_item, index) => runsWhole() || index % oneOf === 0);
}

export async function templateName(): Promise<string> {
  const checksums = (await readMigrations()).map((migration) => migration.checksum);
  return `tollgate_test_${createHash('sha256').update(checksums.join()).digest('hex').slice(0, 16)}`;
}

export async function templateFolder(): Promise<string> {
  return join(CACHE, await templateName());
}

/** Runs one statement on the server that the URL names, outside of any world. */
export async function onServer(serverUrl: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** The database as reached through the pooler in transaction mode that TEST_POOLER_URL names; null without that variable. */
export function pooledUrl(name: string): string | null {
  const pooler = process.env['TEST_POOLER_URL'];
  return pooler ? `${databaseUrl(pooler, name)}?pgbouncer=true` : null;
}

const CACHE = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
const log = createLogger({ level: 'warn' });

async function prepareFolder(): Promise<void> {
  const template = await templateFolder();
  if (existsSync(template)) return;
  const dataDir = await mkdtemp(join(tmpdir(), 'tollgate-template-'));
  const database = await openDatabase({ databaseUrl: null, dataDir, poolSize: 1, log, durability: 'relaxed' });
  await database.close();
  await mkdir(dirname(template), { recursive: true });
  await moveOnce(databaseFolder(dataDir), template);
  await rm(dataDir, { recursive: true, force: true });
  await forgetOlder();
}

async function prepareServer(serverUrl: string): Promise<void> {
  const template = await templateName();
  const draft = `${template}_draft_${process.pid}`;
  const { rowCount } = await onServer(serverUrl, `SELECT 1 FROM pg_database WHERE datname = '${template}'`);
  if (rowCount !== 0) return;
  await onServer(serverUrl, `CREATE DATABASE ${draft}`);
  const database = await openDatabase({ databaseUrl: databaseUrl(serverUrl, draft), dataDir: '', poolSize: 1, log });
  await database.close();
  // Another run may have been faster: then its template stays.
  await onServer(serverUrl, `ALTER DATABASE ${draft} RENAME TO ${template}`).catch(() =>
    onServer(serverUrl, `DROP DATABASE ${draft}`),
  );
}

/** Each is some 40 MB, and none is used again once the migrations have changed. */
async function forgetOlder(): Promise<void> {
  const current = await templateName();
  const older = (await readdir(CACHE)).filter((name) => name.startsWith('tollgate_test_') && !name.startsWith(current));
  await Promise.all(older.map((name) => rm(join(CACHE, name), { recursive: true, force: true })));
}

async function moveOnce(from: string, to: string): Promise<void> {
  const beside = `${to}.${process.pid}`;
  await cp(from, beside, { recursive: true });
  await rename(beside, to).catch(() => rm(beside, { recursive: true, force: true }));
}
