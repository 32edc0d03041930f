import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { type DatabaseProxy, openDatabaseProxy } from '../support/database-proxy.ts';
import { countMerchants, insertMerchant } from '../support/databases.ts';
import { onServer, testServerUrl } from '../support/template.ts';
import { copyTemplate, type DatabasePlace } from '../support/world.ts';

/** Long enough for a busy machine to respond, short enough for a test to wait for. */
const LIMITS = { queryMs: 4_000, connectMs: 8_000, closeMs: 200 };
const WAIT = { timeout: 15_000 };

describe.skipIf(testServerUrl() === null)('a database on a server', () => {
  let place: DatabasePlace;
  let proxy: DatabaseProxy;
  let database: Database;
  let isOpen = false;
  const serverUrl = () => place.databaseUrl ?? '';
  beforeAll(async () => {
    place = await copyTemplate();
  });
  afterAll(() => place.remove());
  beforeEach(async () => {
    proxy = await openDatabaseProxy(serverUrl());
    const log = createLogger({ level: 'silent' });
    database = await openDatabase({ databaseUrl: proxy.url, dataDir: '', poolSize: 4, log, connectionLimits: LIMITS });
    isOpen = true;
  });
  afterEach(async () => {
    if (isOpen) await database.close();
    await proxy.close();
  });

  const newMerchant = () => {
    const now = new Date();
    return { id: randomUUID(), publicId: randomUUID(), name: 'Shop', returnOrigins: [], createdAt: now, updatedAt: now };
  };
  const one = () => database.client.$queryRaw<{ one: number }[]>`SELECT 1 AS one`;
  /** A connection whose end is still on its way can be handed to one more caller, who then fails. */
  const worksAgain = () => vi.waitFor(async () => expect(await one()).toEqual([{ one: 1 }]), WAIT);
  const terminateAll = () =>
    onServer(
      serverUrl(),
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'tollgate%'
      AND datname = current_database()`,
    );

  test('outlives a connection that PostgreSQL ends just as it is handed to a caller who waits', async () => {
    // Some hold the connections and the others wait. The responses and the end of the connections arrive in one piece.
    await Promise.all([one(), one(), one(), one()]);
    proxy.hold();
    const callers = Array.from({ length: 10 }, () => one());
    const models = Array.from({ length: 2 }, () => database.inTransaction((tx) => countMerchants(tx)));
    const ends = Promise.allSettled([...callers, ...models]);
    await vi.waitFor(() => expect(proxy.heldBytes()).toBeGreaterThan(0), WAIT);
    await terminateAll();
    await vi.waitFor(async () => {
      const { rowCount } = await onServer(
        serverUrl(),
        `SELECT 1 FROM pg_stat_activity WHERE application_name = 'tollgate'
        AND datname = current_database()`,
      );
      expect(rowCount).toBe(0);
    }, WAIT);
    proxy.release();
    await ends;
    await worksAgain();
  });

  test('outlives the end of every connection, whatever they are doing', async () => {
    for (let round = 0; round < 8; round += 1) {
      const work = [
        ...Array.from({ length: 4 }, () => one()),
        ...Array.from({ length: 4 }, () => database.inTransaction((tx) => insertMerchant(tx, newMerchant()))),
        ...Array.from({ length: 2 }, () => database.client.merchant.count()),
        ...Array.from({ length: 2 }, () => database.inTransaction((tx) => tx.$queryRaw`SELECT pg_sleep(0.05)`)),
      ];
      const ends = Promise.allSettled(work);
      if (round % 2 === 0) proxy.cut();
      else await terminateAll();
      await ends;
    }
    await worksAgain();
  });

  test('gives up what runs on silent connections, and never uses those again', async () => {
    const runs = () => [
      one(),
      database.client.merchant.count(),
      database.inTransaction((tx) => tx.$queryRaw`SELECT 1`),
      database.inTransaction((tx) => countMerchants(tx)),
    ];
    await Promise.all(runs());
    proxy.silence();
    const silent = await Promise.allSettled(runs());
    expect(silent.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
    await Promise.all([...runs(), ...runs()]);
  });

  test('says that a transaction may be committed when the connection is lost at the commit', async () => {
    const data = newMerchant();
    const attempt = database.inTransaction(async (tx) => {
      await insertMerchant(tx, data);
      proxy.silence();
    });
    await expect(attempt).rejects.toThrow('may have been committed');
    await expect(database.inTransaction((tx) => tx.$queryRaw`SELECT 1 / 0`)).rejects.toThrow('division by zero');
  });

  test('fails at once while the server is stopped, and works at once when it is back', async () => {
    await one();
    proxy.stop();
    for (let round = 0; round < 10; round += 1) {
      const ends = await Promise.allSettled([
        one(),
        database.client.merchant.count(),
        database.inTransaction((tx) => tx.$queryRaw`SELECT 1`),
      ]);
      expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    }
    proxy.restore();
    expect(await one()).toEqual([{ one: 1 }]);
  });

  test('closes although connections are silent and held by work that never ends', async () => {
    await one();
    proxy.silence();
    const silent = database.inTransaction((tx) => tx.$queryRaw`SELECT 1`).catch(() => 'given up');
    void database.inTransaction(() => new Promise(() => {})).catch(() => undefined);
    isOpen = false;
    await database.close();
    expect(await silent).toBe('given up');
  });
});
