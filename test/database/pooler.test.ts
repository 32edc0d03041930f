import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { DatabaseUnusable } from '../../src/database/unusable.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { countMerchants, insertMerchant } from '../support/databases.ts';
import { type Pooler, type PoolerOptions, startPooler } from '../support/pooler.ts';
import { lacksPrograms } from '../support/server-tools.ts';
import { databaseUrl, findServer, onServer, prepare } from '../support/template.ts';
import { copyTemplate } from '../support/world.ts';

const server = await findServer();
const lack = 'lack' in server ? server.lack : lacksPrograms('pgbouncer');
const serverUrl = 'url' in server ? server.url : '';

/** What a test opened, to be closed in the opposite order. */
const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A migrated database of the server, and a pooler in front. */
async function open(options: PoolerOptions): Promise<{ pooler: Pooler; name: string }> {
  const place = await copyTemplate(serverUrl);
  opened.push(() => place.remove());
  const pooler = await startPooler(serverUrl, options);
  opened.push(() => pooler.close());
  return { pooler, name: new URL(place.databaseUrl ?? '').pathname.slice(1) };
}

async function connect(url: string, lines: string[] = []): Promise<Database> {
  const log = createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } });
  const database = await openDatabase({ databaseUrl: url, dataDir: '', poolSize: 5, log });
  opened.push(() => database.close());
  return database;
}

async function refusalOf(url: string): Promise<string> {
  const error: unknown = await connect(url).catch((failure: unknown) => failure);
  if (error instanceof DatabaseUnusable) return error.message;
  throw new Error('It was opened, or the error is not a sentence.', { cause: error });
}

function merchant() {
  const now = new Date('2026-03-01T12:00:00.123Z');
  return { id: randomUUID(), publicId: randomUUID(), name: 'Corner shop', returnOrigins: [], createdAt: now, updatedAt: now };
}

describe.skipIf(lack !== null)(`PgBouncer in transaction mode${lack === null ? '' : ` (skipped: ${lack})`}`, () => {
  beforeAll(() => prepare(serverUrl));

  it.each<readonly [size: number, roundRobin: 0 | 1]>([
    [1, 0],
    [1, 1],
    [2, 1],
    [4, 0],
    [4, 1],
  ])('is noticed at start with %i connections and server_round_robin=%i', async (size, roundRobin) => {
    const lines = ['ignore_startup_parameters = options', `server_round_robin = ${roundRobin}`];
    const { pooler, name } = await open({ mode: 'transaction', size, lines });
    expect(await refusalOf(pooler.urlOf(name))).toMatch(
      `The database at 127.0.0.1:${pooler.port} is behind a connection pooler in transaction mode, which loses prepared statements. Add pgbouncer=true`,
    );
    // The probe left nothing behind: the pooler works as before.
    await connect(pooler.urlOf(name, 'pgbouncer=true'));
  });

  it('serves statements, models and transactions with pgbouncer=true, however many', async () => {
    const { pooler, name } = await open({ mode: 'transaction', size: 3 });
    await onServer(databaseUrl(serverUrl, name), `ALTER DATABASE ${name} SET TimeZone = 'Asia/Tokyo'`);
    await onServer(databaseUrl(serverUrl, name), `ALTER DATABASE ${name} SET DateStyle = 'German'`);
    const { client, inTransaction } = await connect(pooler.urlOf(name, 'pgbouncer=true'));
    const data = Array.from({ length: 40 }, merchant);
    const renamed = await Promise.all(
      data.map((one) =>
        inTransaction(async (tx) => {
          await insertMerchant(tx, one);
          await tx.$executeRaw`UPDATE merchants SET name = ${one.publicId} WHERE id = ${one.id}::uuid`;
          const [row] = await tx.$queryRaw<[{ name: string }]>`SELECT name FROM merchants WHERE id = ${one.id}::uuid`;
          return row.name;
        }),
      ),
    );
    expect(renamed).toEqual(data.map(({ publicId }) => publicId));
    const rows = await Promise.all(
      data.map(async ({ id }) => {
        const model = await client.merchant.findUniqueOrThrow({ where: { id } });
        const [row] = await client.$queryRaw<[{ at: Date }]>`SELECT created_at AS "at" FROM merchants WHERE id = ${id}::uuid`;
        return [model.createdAt.toISOString(), row.at.toISOString()];
      }),
    );
    expect(new Set(rows.flat())).toEqual(new Set(['2026-03-01T12:00:00.123Z']));
  });

  it('has the time limits in every transaction, and says which are missing outside', async () => {
    const { pooler, name } = await open({ mode: 'transaction', size: 2 });
    const logged: string[] = [];
    const database = await connect(pooler.urlOf(name, 'pgbouncer=true'), logged);
    const [row] = await database.inTransaction(
      (tx) => tx.$queryRaw<object[]>`
      SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
        current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('jit') AS jit,
        current_setting('TimeZone') AS zone, current_setting('transaction_isolation') AS isolation`,
    );
    expect(row).toEqual({ statement: '30s', lock: '10s', idle: '30s', jit: 'off', zone: 'UTC', isolation: 'read committed' });
    const warning = logged.map((line) => JSON.parse(line) as { remedy?: string }).find(({ remedy }) => remedy !== undefined);
    expect(warning?.remedy).toContain(`IN DATABASE "${name}" SET statement_timeout = '30s';`);
    // Its remedy helps: new connections to the server have the settings.
    await onServer(databaseUrl(serverUrl, name), warning?.remedy ?? '');
    const fresh = await startPooler(serverUrl, { mode: 'transaction' });
    opened.push(() => fresh.close());
    const quiet: string[] = [];
    await connect(fresh.urlOf(name, 'pgbouncer=true'), quiet);
    expect(quiet.join()).not.toContain('dropped');
  });

  it('is not used for migrations, and no lock is left behind', async () => {
    const { pooler } = await open({ mode: 'transaction' });
    const empty = `tollgate_test_${randomUUID().replaceAll('-', '')}`;
    await onServer(serverUrl, `CREATE DATABASE ${empty}`);
    opened.splice(1, 0, () => onServer(serverUrl, `DROP DATABASE ${empty} WITH (FORCE)`));
    const refusal = await refusalOf(pooler.urlOf(empty, 'pgbouncer=true'));
    expect(refusal).toMatch(/migrations have to run first.*npx tollgate migrate.*server itself, not the pooler/);
    const tables = `SELECT 1 FROM pg_tables WHERE schemaname = 'public' UNION ALL SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    expect((await onServer(databaseUrl(serverUrl, empty), tables)).rowCount).toBe(0);
  });

  it('needs the schema to be set for its user', async () => {
    const { pooler, name } = await open({ mode: 'transaction' });
    await onServer(databaseUrl(serverUrl, name), 'ALTER SCHEMA public RENAME TO pay; CREATE SCHEMA public');
    const url = pooler.urlOf(name, 'pgbouncer=true&schema=pay');
    const remedy = /run (ALTER ROLE .* SET search_path = 'pay') and start again/.exec(await refusalOf(url))?.[1];
    await onServer(databaseUrl(serverUrl, name), remedy ?? '');
    const fresh = await startPooler(serverUrl, { mode: 'transaction' });
    opened.push(() => fresh.close());
    const { client } = await connect(fresh.urlOf(name, 'pgbouncer=true&schema=pay'));
    const [row] = await client.$queryRaw<[{ count: bigint }]>`SELECT count(*) FROM merchants`;
    expect([await client.merchant.count(), row.count]).toEqual([0, 0n]);
  });

  it.each([
    ['standard_conforming_strings', 'off'],
    ['extra_float_digits', '-15'],
  ])('needs %s to be right for its user', async (setting, wrong) => {
    const { pooler, name } = await open({ mode: 'transaction' });
    await onServer(databaseUrl(serverUrl, name), `ALTER DATABASE ${name} SET ${setting} = ${wrong}`);
    const refusal = await refusalOf(pooler.urlOf(name, 'pgbouncer=true'));
    await onServer(databaseUrl(serverUrl, name), /run (ALTER ROLE .*) and start again/.exec(refusal)?.[1] ?? refusal);
    const fresh = await startPooler(serverUrl, { mode: 'transaction' });
    opened.push(() => fresh.close());
    expect(await (await connect(fresh.urlOf(name, 'pgbouncer=true'))).client.merchant.count()).toBe(0);
  });

  it('turns synchronous_commit on in every transaction where the database has it off', async () => {
    const { pooler, name } = await open({ mode: 'transaction' });
    await onServer(databaseUrl(serverUrl, name), `ALTER DATABASE ${name} SET synchronous_commit = off`);
    const logged: string[] = [];
    const { inTransaction } = await connect(pooler.urlOf(name, 'pgbouncer=true'), logged);
    const [row] = await inTransaction((tx) => tx.$queryRaw<object[]>`SELECT current_setting('synchronous_commit') AS commit`);
    expect(row).toEqual({ commit: 'on' });
    expect(logged.join()).toContain(`IN DATABASE \\"${name}\\" SET synchronous_commit = 'on';`);
  });

  it('says when it does not know the database', async () => {
    const { pooler } = await open({ mode: 'transaction' });
    expect(await refusalOf(pooler.urlOf('no_such_database', 'pgbouncer=true'))).toMatch(/"no_such_database" does not exist at/);
  });
});

describe.skipIf(lack !== null)(`PgBouncer in session mode${lack === null ? '' : ` (skipped: ${lack})`}`, () => {
  beforeAll(() => prepare(serverUrl));

  it('needs no parameter where it lets the settings of a session through or ignores them', async () => {
    const { pooler, name } = await open({ mode: 'session', size: 10, lines: ['ignore_startup_parameters = options'] });
    const { client, inTransaction } = await connect(pooler.urlOf(name));
    const counts = await Promise.all(Array.from({ length: 20 }, () => inTransaction((tx) => countMerchants(tx))));
    expect([await client.merchant.count(), ...new Set(counts)]).toEqual([0, 0]);
  });

  it('that refuses the settings is named, with what to do, which helps', async () => {
    const { pooler, name } = await open({ mode: 'session', size: 10 });
    expect(await refusalOf(pooler.urlOf(name))).toMatch(
      `The connection pooler at 127.0.0.1:${pooler.port} does not take the settings of a session. Add pgbouncer=true`,
    );
    expect(await (await connect(pooler.urlOf(name, 'pgbouncer=true'))).client.merchant.count()).toBe(0);
  });
});
