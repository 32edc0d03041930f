import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { openServerSql } from '../../src/database/server.ts';
import { BEGIN } from '../../src/database/session-settings.ts';
import { openEpoch } from '../../src/events/epoch-store.ts';
import { listEvents } from '../../src/events/read.ts';
import { insertEvents } from '../../src/events/store.ts';
import { createLogger } from '../../src/kernel/log.ts';
import type { MerchantScope } from '../../src/kernel/scope.ts';
import { CLUSTER_PROGRAMS, type Cluster, startCluster } from '../support/cluster.ts';
import { describeDatabases } from '../support/databases.ts';
import { findProgram, lacksPrograms } from '../support/server-tools.ts';
import { databaseUrl, findServer, prepare } from '../support/template.ts';
import { openWorld, type World } from '../support/world.ts';

/** Work of PostgreSQL's own on our tables can hold the log back for a moment. */
const OTHERS_END = { timeout: 15_000 };

const newScope = (): MerchantScope => ({ merchantId: randomUUID(), environment: 'TEST' });

const origin = (scope: MerchantScope) => ({ scope, source: 'API' as const, now: new Date() });

/** Appends one event and returns its id. */
async function append(database: Database, scope: MerchantScope): Promise<string> {
  await database.inTransaction((tx) => insertEvents(tx, origin(scope), [{ type: 'session.created' }]));
  const rows = await database.client.event.findMany({ where: { ...scope }, orderBy: { seq: 'desc' }, take: 1 });
  return rows[0]?.id ?? 'none';
}

/** All that a reader behind the cursor is shown, and where it is then. */
async function readOn(database: Database, scope: MerchantScope, from: string | null = null) {
  const ids: string[] = [];
  let cursor = from;
  for (;;) {
    const page = await listEvents({ database }, scope, { direction: 'forward', size: 7, cursor, skip: 0 });
    if (!page.ok) return { ids, cursor, refusal: page.refusal.message };
    ids.push(...page.value.edges.map(({ node }) => node.id));
    cursor = page.value.edges.at(-1)?.cursor ?? cursor;
    if (!page.value.hasNextPage) return { ids, cursor, refusal: null };
  }
}

const server = await findServer();
const lack = 'lack' in server ? server.lack : null;
const serverUrl = 'url' in server ? server.url : '';

describe.skipIf(lack !== null)(`the event log on a server${lack === null ? '' : ` (skipped: ${lack})`}`, () => {
  let world: World;
  beforeAll(async () => {
    await prepare(serverUrl);
    world = await openWorld(serverUrl);
  });
  afterAll(() => world.close());

  const connect = async (url: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  };

  /** Runs something while a foreign session has a transaction open that has written. */
  async function besides(url: string, statements: readonly string[], run: () => Promise<void>): Promise<void> {
    const client = await connect(url);
    try {
      for (const statement of ['BEGIN', ...statements]) await client.query(statement);
      const { rows } = await client.query('SELECT pg_current_xact_id_if_assigned()::text AS xid');
      expect(rows[0].xid).toMatch(/^\d+$/);
      await run();
    } finally {
      await client.query('ROLLBACK');
      await client.end();
    }
  }

  const ours = () => world.databaseUrl ?? '';
  test.each([
    ['in another database of the cluster', () => databaseUrl(serverUrl, 'postgres'), ['CREATE TABLE besides_us (id int)']],
    ['in another schema of this database', ours, ['CREATE SCHEMA besides_us', 'CREATE TABLE besides_us.notes (id int)']],
    ['in a table of its own', ours, ['CREATE TEMPORARY TABLE notes (id int)', 'INSERT INTO notes VALUES (1)']],
    ['elsewhere while it reads our tables', ours, ['SELECT count(*) FROM events', 'CREATE TEMPORARY TABLE notes (id int)']],
  ])('goes on while a transaction is open that writes %s', async (_where, url, statements) => {
    const scope = newScope();
    await besides(url(), statements, async () => {
      const id = await append(world.database, scope);
      await vi.waitFor(async () => expect((await readOn(world.database, scope)).ids).toEqual([id]), OTHERS_END);
    });
  });

  test.each([
    [
      'has appended an event',
      `INSERT INTO events (id, merchant_id, environment, type, source, is_alert, data, created_at)
      VALUES (gen_random_uuid(), gen_random_uuid(), 'TEST', 'session.created', 'API', false, '{}', now())`,
    ],
    ['has written another of our tables, and may append one still', 'DELETE FROM jobs WHERE false OR id = gen_random_uuid()'],
    ['has locked one of our rows', 'SELECT FROM log_epochs FOR UPDATE'],
  ])('waits for a transaction that %s', async (_what, statement) => {
    await openEpoch(world.database);
    const scope = newScope();
    const numbered = 'SELECT pg_current_xact_id()';
    await besides(ours(), [statement, numbered], async () => {
      await append(world.database, scope);
      expect((await readOn(world.database, scope)).ids).toEqual([]);
    });
    await vi.waitFor(async () => expect((await readOn(world.database, scope)).ids).toHaveLength(1), OTHERS_END);
  });

  // PostgreSQL does not read its locks in one instant: of a transaction that is ending it may show the number and no table any more.
  test('waits for a transaction that ended while the locks were read', async () => {
    const scope = newScope();
    const pool = new pg.Pool({ connectionString: ours(), options: '-c search_path=public,pg_catalog -c TimeZone=UTC' });
    const { sql } = openServerSql({ pool, statementName: () => '', begin: BEGIN, publish: () => {} });
    const reader = { client: sql } as Database;
    const work: { reading?: ReturnType<typeof readOn> } = {};
    await world.database.inTransaction(async (tx) => {
      await insertEvents(tx, origin(scope), [{ type: 'session.created' }]);
      const [{ pid }] = await tx.$queryRaw<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`;
      await append(world.database, scope);
      // In the place of the view: the locks on tables have been given back, and then the transaction ends.
      await pool.query(`
        CREATE FUNCTION ending_locks() RETURNS SETOF pg_catalog.pg_locks LANGUAGE plpgsql AS $$ BEGIN
          RETURN QUERY SELECT * FROM pg_catalog.pg_locks WHERE mode <> 'RowExclusiveLock';
          PERFORM pg_advisory_xact_lock(${pid});
          WHILE EXISTS (SELECT FROM pg_catalog.pg_locks WHERE pid = ${pid} AND locktype = 'transactionid') LOOP
            PERFORM pg_sleep(0.005);
          END LOOP;
        END $$;
        CREATE VIEW public.pg_locks AS SELECT * FROM ending_locks()`);
      work.reading = readOn(reader, scope);
      await expect
        .poll(
          async () =>
            (await pool.query(`SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objid = ${pid}`)).rowCount,
        )
        .toBe(1);
    });
    expect((await work.reading)?.ids).toEqual([]);
    await pool.query('DROP VIEW public.pg_locks; DROP FUNCTION ending_locks()');
    await pool.end();
    expect((await readOn(world.database, scope)).ids).toHaveLength(2);
  });

  test('shows each event once, in an order that stays, while others write, roll back and keep foreign transactions open', async () => {
    const scope = newScope();
    const foreign = await connect(databaseUrl(serverUrl, 'postgres'));
    const work = { isDone: false };
    const writers = Promise.all([
      ...Array.from({ length: 4 }, async (_, writer) => {
        for (let round = 0; round < 25; round += 1) {
          await world.database
            .inTransaction(async (tx) => {
              await insertEvents(tx, origin(scope), [{ type: 'session.created' }]);
              await tx.$queryRaw`SELECT pg_sleep(${(((writer + 1) * (round + 3)) % 5) / 500}::float8)`;
              await insertEvents(tx, origin(scope), [{ type: 'session.active' }]);
              if ((writer + round) % 4 === 0) throw new Error('rolled back');
            })
            .catch((error: Error) => expect(error.message).toBe('rolled back'));
        }
      }),
      (async () => {
        for (let round = 0; round < 25; round += 1) {
          for (const step of ['BEGIN', 'CREATE TEMPORARY TABLE besides_us (id int)', 'SELECT pg_sleep(0.004)', 'ROLLBACK'])
            await foreign.query(step);
        }
      })(),
    ]).finally(() => {
      work.isDone = true;
    });
    const seen: string[] = [];
    let cursor: string | null = null;
    let growths = 0;
    const look = async () => {
      const read = await readOn(world.database, scope, cursor);
      seen.push(...read.ids);
      growths += read.ids.length > 0 ? 1 : 0;
      cursor = read.cursor;
    };
    while (!work.isDone) await look();
    await writers;
    await look();
    await foreign.end();
    expect(seen).toEqual((await readOn(world.database, scope)).ids);
    expect(seen).toHaveLength(await world.database.client.event.count({ where: { ...scope } }));
    expect(seen.length).toBeGreaterThan(100);
    expect(growths).toBeGreaterThan(3);
  });
});

describeDatabases('a database that finds itself to be another one', (world) => {
  /** What a restored dump meets: the identity that it holds is that of the database it was made from. */
  const moveAway = (name: string) =>
    world().database.client
      .$executeRaw`UPDATE log_epochs SET database = ${name} WHERE ordinal = (SELECT max(ordinal) FROM log_epochs)`;
  const epochs = () => world().database.client.logEpoch.findMany({ orderBy: { ordinal: 'asc' } });

  test('begins one epoch, however many gateways start, and keeps all cursors', async () => {
    const { database } = world();
    const scope = newScope();
    await openEpoch(database);
    const first = await append(database, scope);
    const before = await readOn(database, scope);
    const count = (await epochs()).length;
    await moveAway('the one before');
    await Promise.all([openEpoch(database), openEpoch(database), openEpoch(database)]);
    await openEpoch(database);
    expect((await epochs()).map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: count + 1 }, (_, ordinal) => ordinal));
    const second = await append(database, scope);
    expect(await readOn(database, scope, before.cursor)).toMatchObject({ ids: [second], refusal: null });
    expect((await readOn(database, scope)).ids).toEqual([first, second]);
  });

  test('refuses the cursor of an event that is gone, and says what to do', async () => {
    const { database } = world();
    const scope = newScope();
    await openEpoch(database);
    const kept = await append(database, scope);
    const { cursor } = await readOn(database, scope);
    const lost = await append(database, scope);
    const ahead = await readOn(database, scope);
    await database.client.event.deleteMany({ where: { id: lost } });
    await moveAway('the backup');
    await openEpoch(database);
    const after = await append(database, scope);
    expect((await readOn(database, scope, ahead.cursor)).refusal).toMatch(
      /restored from an older backup.*the last one that is accepted/,
    );
    expect(await readOn(database, scope, cursor)).toMatchObject({ ids: [after], refusal: null });
    expect((await readOn(database, scope)).ids).toEqual([kept, after]);
  });

  test.each(['no event', 'another event'])('refuses it also where its numbers are given out again, to %s', async (found) => {
    const { database } = world();
    const scope = newScope();
    const lost = await append(database, scope);
    const { cursor } = await readOn(database, scope);
    // A copied folder or disk that is put back calls itself the same database.
    if (found === 'no event') await database.client.event.deleteMany({ where: { id: lost } });
    else await database.client.event.updateMany({ where: { id: lost }, data: { id: randomUUID() } });
    await append(database, scope);
    expect((await readOn(database, scope, cursor)).refusal).toMatch('restored from an older backup');
  });

  test('takes a cursor of the version before, which named no event', async () => {
    const { database } = world();
    const scope = newScope();
    const first = await append(database, scope);
    const second = await append(database, scope);
    const row = await database.client.event.findFirst({ where: { id: first } });
    const cursor = Buffer.from(JSON.stringify([`${row?.xid}`, `${row?.seq}`])).toString('base64url');
    expect((await readOn(database, scope, cursor)).ids).toEqual([second]);
    for (const bad of [
      '[]',
      '["1"]',
      '["1","2","3"]',
      '["a","1"]',
      '["a","b","1"]',
      '["a","1","9999999999999999999"]',
      '["1","2","3","4"]',
    ]) {
      const refused = await readOn(database, scope, Buffer.from(bad).toString('base64url'));
      expect(refused.refusal).toMatch('not a cursor of the event log');
    }
  });
});

const programs = lack ?? lacksPrograms(...CLUSTER_PROGRAMS, 'pg_dump', 'psql');

describe.skipIf(programs !== null)(
  `a dump restored into a cluster whose transactions are younger${programs === null ? '' : ` (skipped: ${programs})`}`,
  () => {
    let world: World;
    let cluster: Cluster;
    beforeAll(async () => {
      await prepare(serverUrl);
      [world, cluster] = await Promise.all([openWorld(serverUrl), startCluster()]);
    });
    afterAll(async () => {
      await Promise.all([world.close(), cluster.close()]);
    });

    test('is read on by the old cursors, and its new events stand behind the old ones', async () => {
      const scope = newScope();
      await openEpoch(world.database);
      const first = await append(world.database, scope);
      const { cursor } = await readOn(world.database, scope);
      const second = await append(world.database, scope);
      const dump = spawnSync(findProgram('pg_dump') ?? '', ['--no-owner', world.databaseUrl ?? ''], {
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      });
      expect(dump.status).toBe(0);
      const restored = `postgres://postgres@127.0.0.1:${cluster.port}/postgres`;
      const restore = spawnSync(findProgram('psql') ?? '', ['-q', '-v', 'ON_ERROR_STOP=1', restored], {
        input: dump.stdout,
        encoding: 'utf8',
      });
      expect({ status: restore.status, error: restore.stderr }).toEqual({ status: 0, error: '' });
      const database = await openDatabase({
        databaseUrl: restored,
        dataDir: '',
        poolSize: 2,
        log: createLogger({ level: 'silent' }),
      });
      try {
        await openEpoch(database);
        const third = await append(database, scope);
        expect(await readOn(database, scope, cursor)).toMatchObject({ ids: [second, third], refusal: null });
        expect((await readOn(database, scope)).ids).toEqual([first, second, third]);
        await append(world.database, scope);
        const elsewhere = await readOn(world.database, scope);
        expect((await readOn(database, scope, elsewhere.cursor)).refusal).toMatch('restored from an older backup');
      } finally {
        await database.close();
      }
    });
  },
);
