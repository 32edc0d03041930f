import { randomBytes, randomUUID } from 'node:crypto';
import { cpSync, existsSync, statfsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Database, databaseFolder, openDatabase } from '../../src/database/database.ts';
import { createLogger, type Logger } from '../../src/kernel/log.ts';
import { createVault, type Vault } from '../../src/kernel/secret.ts';
import { type Caches, createCaches } from '../../src/merchants/caches.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { databaseUrl, onServer, pooledUrl, templateFolder, templateName, testServerUrl } from './template.ts';

/** What a test file works on: a migrated database of its own, a clock that stands still, a key, a log that can be read. */
export interface World {
  readonly database: Database;
  /** Where it is on the server; null on the embedded one. */
  readonly databaseUrl: string | null;
  readonly clock: TestClock;
  readonly vault: Vault;
  readonly caches: Caches;
  readonly log: Logger;
  /** Every line logged so far, as written. */
  readonly logLines: readonly string[];
  close(): Promise<void>;
}

/** Where a copy of the template is, to be opened by whoever the test lets open it (another process, for instance). */
export interface DatabasePlace {
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  remove(): Promise<void>;
}

/** Opens a world. A test file does so once, in `beforeAll`, and its tests keep apart by working on merchants of their own. */
export async function openWorld(serverUrl: string | null = testServerUrl()): Promise<World> {
  const logLines: string[] = [];
  const clock = createTestClock();
  const log = createLogger({ level: 'debug', destination: { write: (line) => void logLines.push(line) } });
  const place = await copyTemplate(serverUrl);
  const database = await openDatabase({ ...place, poolSize: 10, log, durability: 'relaxed' });
  return {
    database,
    databaseUrl: place.databaseUrl,
    clock,
    vault: createVault(randomBytes(32)),
    caches: createCaches(clock),
    log,
    logLines,
    async close() {
      await database.close();
      await place.remove();
    },
  };
}

/** Linux keeps this folder in memory. */
const MEMORY = '/dev/shm';
const MEMORY_BYTES_MIN = 2 ** 31;

/**
 * Where a thousand small files take a tenth of the time, if there is room for the folders of all workers. Some containers have 64 MB
 * there, and some machines nothing.
 */
function quickFolder(): string {
  const { bavail = 0, bsize = 0 } = existsSync(MEMORY) ? statfsSync(MEMORY) : {};
  return bavail * bsize >= MEMORY_BYTES_MIN ? MEMORY : tmpdir();
}

/** Copies the migrated template to a place of its own. The data folder exists on a server database too, for locks and files. */
export async function copyTemplate(
  serverUrl: string | null = testServerUrl(),
  parentFolder: string = quickFolder(),
): Promise<DatabasePlace> {
  const dataDir = await mkdtemp(join(parentFolder, 'tollgate-test-'));
  const removeFolder = () => rm(dataDir, { recursive: true, force: true });
  if (serverUrl === null) {
    const folder = databaseFolder(dataDir);
    await mkdir(dirname(folder), { recursive: true });
    // A thousand small files: one after the other they are copied four times as fast as by promises.
    cpSync(await templateFolder(), folder, { recursive: true });
    return { databaseUrl: null, dataDir, remove: removeFolder };
  }
  const name = `tollgate_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${await templateName()}`);
  return {
    databaseUrl: pooledUrl(name) ?? databaseUrl(serverUrl, name),
    dataDir,
    async remove() {
      await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
      await removeFolder();
    },
  };
}
