import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../src/cli/ports.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { DatabaseUnusable } from '../../src/database/unusable.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { startChild } from '../support/child.ts';
import { CLUSTER_PROGRAMS, type Cluster, startCluster } from '../support/cluster.ts';
import { insertMerchant } from '../support/databases.ts';
import { lacksPrograms } from '../support/server-tools.ts';

const PASSWORD = 'p@ss:/?#[]%w0rd ü';
const lack = lacksPrograms(...CLUSTER_PROGRAMS);
const log = createLogger({ level: 'silent' });

let cluster: Cluster;

/** A URL of the cluster; parts may be another. */
function urlOf(parts: { user?: string; password?: string; host?: string; database?: string; query?: string } = {}): string {
  const { user = 'postgres', password, host = '127.0.0.1', database = 'tollgate', query = '' } = parts;
  const login = password === undefined ? user : `${user}:${encodeURIComponent(password)}`;
  return `postgres://${login}@${host}:${cluster.port}/${database}?${query}`;
}

async function administer(...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port: cluster.port, user: 'postgres', database: 'tollgate' });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

async function using<T>(databaseUrl: string, use: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase({ databaseUrl, dataDir: '', poolSize: 2, log });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

/** What a person reads when the gateway cannot start on this database. */
async function refusalOf(databaseUrl: string): Promise<string> {
  const error: unknown = await using(databaseUrl, async () => 'opened').catch((failure: unknown) => failure);
  if (error instanceof DatabaseUnusable) return error.message;
  throw new Error('It was opened, or the error is not a sentence.', { cause: error });
}

const isEncrypted = (databaseUrl: string): Promise<boolean> =>
  using(databaseUrl, async ({ client }) => {
    const [row] = await client.$queryRaw<[{ ssl: boolean }]>`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;
    return row.ssl;
  });

describe.skipIf(lack !== null)(`a PostgreSQL server with TLS${lack === null ? '' : ` (skipped: ${lack})`}`, () => {
  beforeAll(async () => {
    cluster = await startCluster();
    const admin = new pg.Client({ host: '127.0.0.1', port: cluster.port, user: 'postgres', database: 'postgres' });
    await admin.connect();
    for (const name of ['tollgate', 'other_app', 'occupied', 'closed', 'shared']) await admin.query(`CREATE DATABASE ${name}`);
    await admin.query(`CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    for (const user of ['alice', 'erin', 'frank', 'gina', 'henry']) {
      await admin.query(`CREATE ROLE ${user} LOGIN PASSWORD ${pg.escapeLiteral(PASSWORD)}`);
    }
    await admin.query('CREATE ROLE carol LOGIN');
    await admin.query('ALTER ROLE gina CONNECTION LIMIT 0');
    await admin.query('ALTER ROLE henry SET default_transaction_read_only = on');
    await admin.end();
    await using(urlOf(), async () => undefined);
    await administer('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO alice, erin, carol, henry');
  }, 120_000);
  afterAll(() => cluster?.close());

  describe('connects', () => {
    const authority = () => `sslrootcert=${cluster.authority}`;
    it.for<[title: string, url: () => string, isTls: boolean]>([
      ['sslmode=disable', () => urlOf({ query: 'sslmode=disable' }), false],
      ['no sslmode on this machine', () => urlOf(), false],
      ['sslmode=prefer', () => urlOf({ query: 'sslmode=prefer' }), true],
      ['sslmode=require', () => urlOf({ query: 'sslmode=require' }), true],
      ['sslmode=no-verify', () => urlOf({ query: 'sslmode=no-verify' }), true],
      ['sslmode=require and the authority', () => urlOf({ query: `sslmode=require&${authority()}` }), true],
      ['sslmode=verify-ca by address', () => urlOf({ query: `sslmode=verify-ca&${authority()}` }), true],
      ['sslmode=verify-full by name', () => urlOf({ host: 'localhost', query: `sslmode=verify-full&${authority()}` }), true],
      ['the authority alone', () => urlOf({ host: 'localhost', query: authority() }), true],
      [
        'a Unix socket',
        () => `postgres://postgres@:${cluster.port}/tollgate?host=${cluster.socketFolder}`.replace(/@:(\d+)(.*)/, '@$2&port=$1'),
        false,
      ],
      [
        'a certificate of the client',
        () => urlOf({ user: 'carol', query: `sslmode=require&sslcert=${cluster.clientCert}&sslkey=${cluster.clientKey}` }),
        true,
      ],
      ['a password with special characters', () => urlOf({ user: 'alice', password: PASSWORD }), false],
      ['a password in a parameter', () => urlOf({ user: 'alice', query: `password=${encodeURIComponent(PASSWORD)}` }), false],
    ])('with %s', async ([, url, isTls]) => {
      expect(await isEncrypted(url())).toBe(isTls);
    });
  });

  describe('is refused with a sentence', () => {
    it.for<[title: string, url: () => string, sentence: RegExp]>([
      [
        'another authority',
        () => urlOf({ query: `sslmode=verify-ca&sslrootcert=${cluster.otherAuthority}` }),
        /not trusted here\. .*sslrootcert=PATH/,
      ],
      [
        'require and another authority',
        () => urlOf({ query: `sslmode=require&sslrootcert=${cluster.otherAuthority}` }),
        /not trusted here/,
      ],
      ['no authority', () => urlOf({ host: 'localhost', query: 'sslmode=verify-full' }), /not trusted here/],
      [
        'another name',
        () => urlOf({ query: `sslmode=verify-full&sslrootcert=${cluster.authority}` }),
        /is for another name\. .*sslmode=verify-ca/,
      ],
      [
        'a missing file',
        () => urlOf({ query: 'sslmode=verify-ca&sslrootcert=/nowhere/ca.pem' }),
        /\/nowhere\/ca\.pem, which sslrootcert .*\(ENOENT\)/,
      ],
      [
        'a file in another form',
        () => urlOf({ query: `sslmode=verify-ca&sslrootcert=${cluster.socketFolder}/data/PG_VERSION` }),
        /is not in PEM form/,
      ],
      [
        'no encryption',
        () => urlOf({ user: 'erin', password: PASSWORD }),
        /does not let "erin" into .* Add sslmode=require .* encrypted connections only/,
      ],
      [
        'no client certificate',
        () => urlOf({ user: 'carol', query: 'sslmode=require' }),
        /certificate of the client\. Add sslcert/,
      ],
      [
        'a wrong password',
        () => urlOf({ user: 'alice', password: 'wr0ng-secret' }),
        /refused the login of "alice"\. Check user and password/,
      ],
      ['no password', () => urlOf({ user: 'alice' }), /wants a password of "alice", and DATABASE_URL has none/],
      ['an unknown user', () => urlOf({ user: 'zoe', password: PASSWORD }), /refused the login of "zoe"/],
      ['a user that is kept out', () => urlOf({ user: 'frank', password: PASSWORD }), /"frank" .*pg_hba\.conf/],
      ['an unknown database', () => urlOf({ database: 'nope' }), /"nope" does not exist at .*CREATE DATABASE/],
      [
        'no connection left',
        () => urlOf({ user: 'gina', password: PASSWORD }),
        /no connection left.*TOLLGATE_DATABASE_POOL_SIZE/,
      ],
      ['a read-only user', () => urlOf({ user: 'henry', password: PASSWORD }), /read-only for "henry".*Turn that off/],
      ['an encoding other than UTF-8', () => urlOf({ database: 'latin' }), /"latin" .*LATIN1.*ENCODING 'UTF8'/],
      [
        'no right to create tables',
        () => urlOf({ user: 'alice', password: PASSWORD, database: 'closed' }),
        /GRANT USAGE, CREATE ON SCHEMA "public" TO "alice"/,
      ],
      [
        'no right to create a schema',
        () => urlOf({ user: 'alice', password: PASSWORD, database: 'closed', query: 'schema=pay' }),
        /Run CREATE SCHEMA "pay"/,
      ],
    ])('when it meets %s', async ([, url, sentence]) => {
      const refusal = await refusalOf(url());
      expect(refusal).toMatch(sentence);
      expect(refusal).not.toMatch(/wr0ng-secret|p@ss|p%40ss/);
      // Host and port, unless a file of this machine is at fault.
      if (!refusal.startsWith('The file ')) expect(refusal).toMatch(new RegExp(`(127\\.0\\.0\\.1|localhost):${cluster.port}`));
    });

    it('when the tables belong to another user', async () => {
      await administer('REVOKE DELETE ON jobs FROM alice');
      const refusal = await refusalOf(urlOf({ user: 'alice', password: PASSWORD }));
      await administer('GRANT DELETE ON jobs TO alice');
      expect(refusal).toMatch(/does not let "alice" read and write jobs\. Run GRANT SELECT/);
    });

    it('when nothing listens, the host is unknown, or the other end is silent or no database', async () => {
      const port = await freePort('127.0.0.1');
      expect(await refusalOf(`postgres://u:hunter2@127.0.0.1:${port}/d`)).toMatch(`Nothing listens at 127.0.0.1:${port}.`);
      expect(await refusalOf(`postgres://u:hunter2@localhost:${port}/d`)).toMatch(`Nothing listens at localhost:${port}.`);
      expect(await refusalOf('postgres://u:hunter2@no-such-host.invalid/d')).toMatch(
        /host no-such-host\.invalid .*(is unknown|looked up)/,
      );
      expect(await refusalOf('postgres://u:hunter2@/d?host=/nowhere')).toMatch('There is no the socket /nowhere/.s.PGSQL.5432');
    });
  });

  describe('leaves alone', () => {
    const query = (text: string, database: string) =>
      using(urlOf({ database, query: 'schema=pay' }), ({ client }) => client.$queryRawUnsafe<Record<string, unknown>[]>(text));

    it("another application's migrations, and lives beside them in a schema of its own", async () => {
      const admin = new pg.Client({ host: '127.0.0.1', port: cluster.port, user: 'postgres', database: 'other_app' });
      await admin.connect();
      await admin.query(
        'CREATE TABLE _prisma_migrations (id text, migration_name text, checksum text, finished_at timestamptz, rolled_back_at timestamptz)',
      );
      await admin.query(`INSERT INTO _prisma_migrations VALUES ('1', '20200101000000_shop', 'x', now(), NULL)`);
      expect(await refusalOf(urlOf({ database: 'other_app' }))).toMatch(
        /belongs to another application.*20200101000000_shop.*schema=tollgate/,
      );
      expect((await admin.query('SELECT count(*)::int AS n FROM _prisma_migrations')).rows).toEqual([{ n: 1 }]);
      await admin.end();
      const [row] = await query('SELECT current_schema() AS schema', 'other_app');
      expect(row).toEqual({ schema: 'pay' });
    });

    it("another application's tables", async () => {
      const admin = new pg.Client({ host: '127.0.0.1', port: cluster.port, user: 'postgres', database: 'occupied' });
      await admin.connect();
      await admin.query('CREATE TABLE posts (id int)');
      expect(await refusalOf(urlOf({ database: 'occupied' }))).toMatch(
        /tables of another application in the schema public, such as posts/,
      );
      expect((await admin.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)).rows).toEqual([
        { tablename: 'posts' },
      ]);
      await admin.end();
    });
  });

  it('keeps statements and models in the schema that the URL names', async () => {
    const count = (url: string) =>
      using(url, async ({ client, inTransaction }) => {
        const now = new Date();
        const id = '01900000-0000-7000-8000-000000000001';
        await inTransaction((tx) =>
          insertMerchant(tx, { id, publicId: 'one', name: 'One', returnOrigins: [], createdAt: now, updatedAt: now }),
        );
        const [row] = await client.$queryRaw<[{ count: bigint }]>`SELECT count(*) FROM merchants`;
        return [await client.merchant.count(), Number(row.count)];
      });
    expect(await count(urlOf({ database: 'shared', query: 'schema=first' }))).toEqual([1, 1]);
    expect(await count(urlOf({ database: 'shared', query: 'schema=second' }))).toEqual([1, 1]);
  });

  it('keeps the time limits of the gateway beside options of the URL', async () => {
    const [row] = await using(
      urlOf({ query: 'options=-c%20work_mem%3D7MB' }),
      ({ client }) =>
        client.$queryRaw<Record<string, string>[]>`
        SELECT current_setting('work_mem') AS work_mem, current_setting('statement_timeout') AS statement_timeout,
          current_setting('lock_timeout') AS lock_timeout, current_setting('TimeZone') AS zone`,
    );
    expect(row).toEqual({ work_mem: '7MB', statement_timeout: '30s', lock_timeout: '10s', zone: 'UTC' });
  });

  it('ends the process with one sentence and without a stack', async () => {
    const key = Buffer.alloc(32, 1).toString('base64');
    const DATABASE_URL = urlOf({ user: 'alice', password: 'wr0ng-secret' });
    const child = startChild(new URL('../../src/main.ts', import.meta.url), [], {
      DATABASE_URL,
      TOLLGATE_ENCRYPTION_KEY: key,
      PORT: '0',
    });
    const printed = await child.nextLine();
    expect([await child.exitCode(), printed]).toEqual([1, null]);
    expect(child.errors().trim().split('\n')).toEqual([expect.stringMatching(/^The database server at .* refused the login/)]);
  }, 120_000);

  // Last, as the server can only be read from then on.
  it('is refused as a read-only standby', async () => {
    await cluster.becomeStandby();
    expect(await refusalOf(urlOf())).toMatch(/is a read-only standby\. Name the primary in DATABASE_URL/);
  });
});
