import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { explainFolder } from '../../src/database/folder-unusable.ts';
import { parseInstant } from '../../src/database/sql.ts';
import { DatabaseUnusable } from '../../src/database/unusable.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { startChild } from '../support/child.ts';
import { insertMerchant } from '../support/databases.ts';
import { databaseUrl, findServer, onServer, prepare, sampled } from '../support/template.ts';
import { copyTemplate } from '../support/world.ts';

const server = await findServer();
const lack = 'lack' in server ? server.lack : null;
const serverUrl = 'url' in server ? server.url : '';

/** What a test opened, to be closed in the opposite order. */
const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

interface Place {
  readonly name: string;
  readonly url: string;
  /** Statements in that database, by the administrator. */
  run(statements: string): Promise<unknown>;
}

/** A migrated database of the server. */
async function migrated(): Promise<Place> {
  const place = await copyTemplate(serverUrl);
  opened.push(() => place.remove());
  const url = place.databaseUrl ?? '';
  return { name: new URL(url).pathname.slice(1), url, run: (statements) => onServer(url, statements) };
}

async function empty(): Promise<Place> {
  const name = `tollgate_test_${randomUUID().replaceAll('-', '')}`;
  const url = databaseUrl(serverUrl, name);
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  opened.push(() => onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`));
  return { name, url, run: (statements) => onServer(url, statements) };
}

async function open(url: string, lines: string[] = []): Promise<Database> {
  const log = createLogger({ level: 'warn', destination: { write: (line) => void lines.push(line) } });
  const database = await openDatabase({ databaseUrl: url, dataDir: '', poolSize: 2, log });
  opened.push(() => database.close());
  return database;
}

/** What a person reads when the gateway cannot start on this database. */
async function refusalOf(url: string): Promise<string> {
  const error: unknown = await open(url).catch((failure: unknown) => failure);
  if (error instanceof DatabaseUnusable) return error.message;
  throw new Error('It was opened, or the error is not a sentence.', { cause: error });
}

function withQuery(url: string, query: Readonly<Record<string, string>>): string {
  const made = new URL(url);
  for (const [name, value] of Object.entries(query)) made.searchParams.set(name, value);
  return made.href.replaceAll('+', '%20');
}

describe.skipIf(lack !== null)(`a PostgreSQL server${lack === null ? '' : ` (skipped: ${lack})`}`, () => {
  beforeAll(() => prepare(serverUrl));

  it.each([
    `DateStyle = 'SQL, DMY'`,
    `DateStyle = 'Postgres, MDY'`,
    `DateStyle = 'German'`,
    `TimeZone = 'Asia/Tokyo'`,
    `IntervalStyle = 'iso_8601'`,
    `bytea_output = 'escape'`,
    `extra_float_digits = -15`,
    `standard_conforming_strings = off`,
  ])('that is set to %s gives statements and models the same values', async (setting) => {
    const { url, name, run } = await migrated();
    await run(`ALTER DATABASE ${name} SET ${setting}`);
    const { client, inTransaction } = await open(url);
    const at = new Date('2026-02-01T03:04:05.678Z');
    const merchant = { id: randomUUID(), publicId: 'one', name: 'One', returnOrigins: [], createdAt: at, updatedAt: at };
    await inTransaction((tx) => insertMerchant(tx, merchant));
    const [row] = await client.$queryRaw<object[]>`
      SELECT created_at AS "at", '\\x00ff5c'::bytea AS "bytes", (extract(epoch FROM created_at) * 1000)::float8 AS "ms" FROM merchants`;
    expect(row).toEqual({ at, bytes: Buffer.from([0, 255, 92]), ms: at.getTime() });
    expect(await client.merchant.findUniqueOrThrow({ where: { id: merchant.id } })).toMatchObject({ createdAt: at });
  });

  const commitOf = async ({ client }: Database) => {
    const [row] = await client.$queryRaw<[{ setting: string }]>`SELECT current_setting('synchronous_commit') AS setting`;
    return row.setting;
  };

  it('that turns synchronous_commit off has it on for the gateway, which says so and what to do', async () => {
    const { url, name, run } = await migrated();
    await run(`ALTER DATABASE ${name} SET synchronous_commit = off`);
    const lines: string[] = [];
    expect(await commitOf(await open(url, lines))).toBe('on');
    const [warning] = lines.map((line) => JSON.parse(line) as { settings: string[]; remedy: string });
    expect(warning?.settings).toEqual(['synchronous_commit']);
    await run(warning?.remedy ?? '');
    const quiet: string[] = [];
    expect(await commitOf(await open(url, quiet))).toBe('on');
    expect(quiet).toEqual([]);
    await run(`ALTER ROLE CURRENT_USER IN DATABASE ${name} RESET synchronous_commit`);
  });

  it('that is stricter about commits stays so', async () => {
    const { url, name, run } = await migrated();
    await run(`ALTER DATABASE ${name} SET synchronous_commit = remote_apply`);
    const lines: string[] = [];
    expect(await commitOf(await open(url, lines))).toBe('remote_apply');
    expect(lines).toEqual([]);
  });

  it('that turns triggers off is refused, with a remedy that helps', async () => {
    const { url, name, run } = await migrated();
    await run(`ALTER DATABASE ${name} SET session_replication_role = replica`);
    const refusal = await refusalOf(url);
    expect(refusal).toMatch(/session_replication_role = replica, which turns triggers and foreign keys off/);
    await run(/Run (ALTER ROLE .*?'origin')/.exec(refusal)?.[1] ?? '');
    expect(await (await open(url)).client.merchant.count()).toBe(0);
    await run(`ALTER ROLE CURRENT_USER IN DATABASE ${name} RESET session_replication_role`);
  });

  it.each([
    ['-c nosuch=1', /unrecognized configuration parameter "nosuch"/],
    ['-c work_mem=much', /invalid value for parameter "work_mem"/],
    ['-c role=no_such_role', /role "no_such_role" does not exist/],
    ['-c shared_buffers=12', /"shared_buffers" cannot be changed/],
  ])('that does not accept the options "%s" is named with its words', async (options, words) => {
    const { url } = await migrated();
    const refusal = await refusalOf(withQuery(url, { options }));
    expect(refusal).toMatch(
      /^The database server at .* does not accept the options in DATABASE_URL or PGOPTIONS \(.*\)\. Correct them/,
    );
    expect(refusal).toMatch(words);
  });

  it('is examined as the role that the options name', async () => {
    const { url, run } = await migrated();
    const role = `tollgate_test_${randomUUID().slice(0, 8)}`;
    await run(`CREATE ROLE ${role}`);
    opened.push(() => onServer(serverUrl, `DROP ROLE ${role}`));
    expect(await refusalOf(withQuery(url, { options: `-c role=${role}` }))).toMatch(`does not let "${role}" read and write`);
  });

  describe('with capitals in the name of a schema', () => {
    it("leaves another application's tables alone", async () => {
      const { url, run } = await empty();
      await run('CREATE SCHEMA "Shop"; CREATE TABLE "Shop".posts (id int)');
      expect(await refusalOf(withQuery(url, { schema: 'Shop' }))).toMatch(
        /tables of another application in the schema Shop, such as posts/,
      );
    });

    it('uses one of its user, who may make no other, and one that it makes itself', async () => {
      const { url, name, run } = await empty();
      const user = `tollgate_test_${randomUUID().slice(0, 8)}`;
      await run(`CREATE ROLE ${user} LOGIN; CREATE SCHEMA "Shop2" AUTHORIZATION ${user}`);
      opened.push(() => onServer(serverUrl, `DROP ROLE ${user}`));
      opened.push(() => run(`DROP OWNED BY ${user}`));
      const asUser = new URL(url);
      asUser.username = user;
      const schemaOf = async (schema: string) => {
        const { client } = await open(withQuery(asUser.href, { schema }));
        const [row] = await client.$queryRaw<[{ schema: string }]>`SELECT current_schema() AS schema`;
        return [row.schema, await client.merchant.count()];
      };
      expect(await schemaOf('Shop2')).toEqual(['Shop2', 0]);
      expect(await schemaOf('Shop2')).toEqual(['Shop2', 0]);
      expect(await refusalOf(withQuery(asUser.href, { schema: 'Shop3' }))).toMatch('Run CREATE SCHEMA "Shop3", or');
      await run(`GRANT CREATE ON DATABASE ${name} TO ${user}`);
      expect(await schemaOf('Shop3')).toEqual(['Shop3', 0]);
      await run('CREATE SCHEMA "Shop4"');
      expect(await refusalOf(withQuery(asUser.href, { schema: 'Shop4' }))).toMatch(
        `Run GRANT USAGE, CREATE ON SCHEMA "Shop4" TO "${user}"`,
      );
    });
  });
});

describe('an instant of the database', () => {
  it('is read with any number of digits and in any year', () => {
    expect(
      ['2026-01-31 12:00:00+00', '2026-01-31 12:00:00.1+00', '10000-01-01 00:00:00.123456+00'].map((text) =>
        parseInstant(text).toISOString(),
      ),
    ).toEqual(['2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00.100Z', '+010000-01-01T00:00:00.123Z']);
  });

  it.each([
    '01/02/2026 12:00:00 UTC',
    '31.01.2026 12:00:00 UTC',
    'Sat Jan 31 12:00:00 2026 UTC',
    '2026-01-31 12:00:00+09',
    'infinity',
  ])('in another form is an error and not another day: %s', (text) => {
    expect(() => parseInstant(text)).toThrow(/check its settings DateStyle and TimeZone/);
  });
});

describe('a gateway that cannot use what it is given', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-folder-'));
    await writeFile(join(folder, 'file'), '');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Starts a process and returns its exit code and what it wrote to standard error. */
  async function startIt(environment: Readonly<Record<string, string>>, args: readonly string[] = []) {
    const file = args.length > 0 ? '../../src/cli.ts' : '../../src/main.ts';
    const child = startChild(new URL(file, import.meta.url), args, {
      PORT: '0',
      TOLLGATE_SIMULATOR_PORT: '0',
      DATABASE_URL: '',
      ...environment,
    });
    const exitCode = await child.exitCode();
    return { exitCode, lines: child.errors().trim().split('\n') };
  }

  it.each<[what: string, dataDir: () => string, reason: string]>(
    sampled(
      [
        ['below a device', () => '/dev/null/x', 'A part of its path is a file (ENOTDIR)'],
        ['that is a file', () => join(folder, 'file'), 'It is a file and not a folder (EEXIST)'],
      ],
      2,
    ),
  )(
    'ends with one sentence for a folder %s',
    async (_what, dataDir, reason) => {
      const sentence = `The folder ${dataDir()} of the embedded database cannot be used. ${reason}. Correct that, name another folder in TOLLGATE_DATA_DIR, or set DATABASE_URL to use a PostgreSQL server.`;
      expect(await startIt({ TOLLGATE_DATA_DIR: dataDir() })).toEqual({ exitCode: 1, lines: [sentence] });
    },
    60_000,
  );

  it('says so to a command too', async () => {
    const { exitCode, lines } = await startIt({ TOLLGATE_DATA_DIR: '/dev/null/x' }, ['merchant', 'list']);
    expect([exitCode, lines]).toEqual([
      1,
      [expect.stringContaining('The folder /dev/null/x of the embedded database cannot be used.')],
    ]);
  }, 60_000);

  it.skipIf(lack !== null)(
    'ends with one sentence for options that the server does not accept',
    async () => {
      const environment = { TOLLGATE_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64') };
      const started = await startIt({ ...environment, DATABASE_URL: withQuery(serverUrl, { options: '-c nosuch=1' }) });
      expect(started).toEqual({
        exitCode: 1,
        lines: [expect.stringMatching(/^The database server at .* does not accept the options/)],
      });
    },
    60_000,
  );

  it.each(['ENOTDIR', 'EEXIST', 'ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENAMETOOLONG', 'ELOOP'])(
    'is told about %s with the folder and what to do',
    (code) => {
      const explained = explainFolder(Object.assign(new Error('hidden'), { code }), '/srv/data');
      expect(explained).toBeInstanceOf(DatabaseUnusable);
      expect((explained as Error).message).toMatch(/^The folder \/srv\/data .*TOLLGATE_DATA_DIR.*\.$/);
      expect((explained as Error).message).not.toContain('hidden');
    },
  );

  it('sees other errors as they are', () => {
    const error = new Error('a bug');
    expect(explainFolder(error, '/srv/data')).toBe(error);
  });
});
