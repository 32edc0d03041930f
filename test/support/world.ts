import { randomBytes, randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Database, databaseFolder, openDatabase } from '../../src/database/database.ts';
import { createLogger, type Logger } from '../../src/kernel/log.ts';
import { createVault, type Vault } from '../../src/kernel/secret.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { databaseUrl, onServer, templateFolder, templateName, testServerUrl } from './template.ts';

/** What a test file works on: a migrated database of its own, a clock that stands still, a key, a log that can be read. */
export interface World {
  readonly database: Database;
  /** Where it is on the server; null on the embedded one. */
  readonly databaseUrl: string | null;
  readonly clock: TestClock;
  readonly vault: Vault;
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
export async function openWorld(): Promise<World> {
  const logLines: string[] = [];
  const log = createLogger({ level: 'debug', destination: { write: (line) => void logLines.push(line) } });
  const place = await copyTemplate();
  const database = await openDatabase({ ...place, poolSize: 10, log, durability: 'relaxed' });
  return {
    database,
    databaseUrl: place.databaseUrl,
    clock: createTestClock(),
    vault: createVault(randomBytes(32)),
    log,
    logLines,
    async close() {
      await database.close();
      await place.remove();
    },
  };
}

/** Copies the migrated template to a place of its own. The data folder exists on a server database too, for locks and files. */
export async function copyTemplate(): Promise<DatabasePlace> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tollgate-test-'));
  const removeFolder = () => rm(dataDir, { recursive: true, force: true });
  const serverUrl = testServerUrl();
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
    databaseUrl: databaseUrl(serverUrl, name),
    dataDir,
    async remove() {
      await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
      await removeFolder();
    },
  };
}
