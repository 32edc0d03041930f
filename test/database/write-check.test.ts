import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { type DatabaseProxy, openDatabaseProxy } from '../support/database-proxy.ts';
import { onServer, testServerUrl } from '../support/template.ts';
import { copyTemplate, type DatabasePlace } from '../support/world.ts';

const WAIT = { timeout: 15_000, interval: 100 };

describe.skipIf(testServerUrl() === null)('whether a server takes writes', () => {
  let place: DatabasePlace;
  let proxy: DatabaseProxy;
  let database: Database;
  const serverUrl = () => place.databaseUrl ?? '';
  const name = () => new URL(serverUrl()).pathname.slice(1);
  beforeAll(async () => {
    place = await copyTemplate();
    proxy = await openDatabaseProxy(serverUrl());
    const log = createLogger({ level: 'silent' });
    database = await openDatabase({ databaseUrl: proxy.url, dataDir: '', poolSize: 2, log });
  });
  afterAll(async () => {
    await database.close();
    await proxy.close();
    await place.remove();
  });

  const becomes = (state: string) => vi.waitFor(async () => expect(await database.checkWrites()).toBe(state), WAIT);

  test('is so on a primary', () => becomes('writable'));

  test('is not so while the server cannot be reached, and is so again at once', async () => {
    proxy.stop();
    await becomes('unreachable');
    proxy.restore();
    await becomes('writable');
  });

  test('is not so while the network is silent', async () => {
    proxy.blackhole();
    await becomes('unreachable');
    proxy.restore();
    await becomes('writable');
  });

  test('is not so while transactions are read-only', async () => {
    await onServer(serverUrl(), `ALTER DATABASE ${name()} SET default_transaction_read_only = on`);
    proxy.cut();
    await becomes('read-only');
    await onServer(serverUrl(), `BEGIN READ WRITE; ALTER DATABASE ${name()} RESET default_transaction_read_only; COMMIT`);
    proxy.cut();
    await becomes('writable');
  });

  test.each(['sessions', 'transactions', 'operations', 'events', 'jobs'])('is not so while %s is locked', async (table) => {
    const locker = new pg.Client({ connectionString: serverUrl() });
    await locker.connect();
    await locker.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    await becomes('locked');
    await locker.query('COMMIT');
    await locker.end();
    await becomes('writable');
  });

  test('is so while every connection of the pool is busy', async () => {
    const busy = Array.from({ length: 4 }, () => database.inTransaction((tx) => tx.$queryRaw`SELECT pg_sleep(1)`));
    await becomes('writable');
    await Promise.all(busy);
  });
});
