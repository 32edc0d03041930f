import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import { describe, expect, it } from 'vitest';
import { findObstacle, type ServerFacts } from '../../src/database/preflight.ts';
import { readServerUrl, type ServerAddress } from '../../src/database/server-url.ts';
import { DatabaseUnusable, explain } from '../../src/database/unusable.ts';

function addressOf(url: string): ServerAddress {
  const read = readServerUrl(url);
  if (!read.ok) throw new Error(read.refusal.join());
  return read.value;
}

const address = addressOf('postgres://shop:hunter2@db.example:6432/pay');

const SOCKET = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNRESET',
  'EPIPE',
  'EACCES',
  'ENOENT',
];
const TLS = [
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
];
const SQL_STATES = ['28P01', '28000', '3D000', '42501', '53300', '57P01', '57P03'];
const MESSAGES = [
  'The server does not support SSL connections',
  'There was an error establishing an SSL connection',
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string',
  'timeout expired',
  'Connection terminated due to connection timeout',
  'Connection terminated unexpectedly',
  'unsupported startup parameter: options',
  'no such database: pay',
  'no such user: shop',
];

describe('a failed connection', () => {
  it.each([
    ...[...SOCKET, ...TLS, ...SQL_STATES].map((code) => [code, Object.assign(new Error(`hides ${code}`), { code })] as const),
    ...MESSAGES.map((message) => [message, new Error(message)] as const),
    ['several addresses', new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })], '')],
    ['Prisma: not reachable', new DriverAdapterError({ kind: 'DatabaseNotReachable', host: 'db.example', port: 6432 })],
    ['Prisma: closed', new DriverAdapterError({ kind: 'ConnectionClosed' })],
    [
      'Prisma: TLS',
      new DriverAdapterError({ kind: 'TlsConnectionError', reason: 'The server does not support SSL connections' }),
    ],
    [
      'Prisma: login',
      new DriverAdapterError({
        kind: 'AuthenticationFailed',
        user: 'shop',
        originalCode: '28P01',
        originalMessage: 'password authentication failed',
      }),
    ],
    [
      'Prisma: a right',
      new DriverAdapterError({
        kind: 'postgres',
        code: '42501',
        severity: 'ERROR',
        message: 'permission denied',
        detail: undefined,
        column: undefined,
        hint: undefined,
      }),
    ],
  ] as const)('of kind %s is told as a sentence with the place and a remedy, and no password', (_kind, error) => {
    const explained = explain(error, address);
    expect(explained).toBeInstanceOf(DatabaseUnusable);
    expect(explained.message).toContain('db.example');
    expect(explained.message).toMatch(/^[A-Z].*[.] .*[.]$|^[A-Z].*DATABASE_URL.*[.]$/);
    expect(explained.message).not.toMatch(/hunter2|TlsConnectionError|SELF_SIGNED|ECONN/);
  });

  it.each([
    ['42704', 'unrecognized configuration parameter "nosuch"'],
    ['22023', 'invalid value for parameter "work_mem": "much"'],
    ['22023', 'role "no_role" does not exist'],
    ['55P02', 'parameter "shared_buffers" cannot be changed without restarting the server'],
    ['42501', 'permission denied to set parameter "log_statement"'],
  ])('that its options cause (%s: %s) names them, and no other failure does', (code, message) => {
    const withOptions = addressOf('postgres://shop:hunter2@db.example:6432/pay?options=-c%20x.y%3D1');
    const failure = (severity: string) => Object.assign(new Error(message), { code, severity });
    const explained = explain(failure('FATAL'), withOptions);
    expect(explained).toBeInstanceOf(DatabaseUnusable);
    expect(explained.message).toBe(
      `The database server at db.example:6432 does not accept the options in DATABASE_URL or PGOPTIONS (${message}). Correct them or leave them out.`,
    );
    expect(explain(failure('ERROR'), withOptions).message).not.toContain('options');
    expect(explain(failure('FATAL'), address).message).not.toContain('options');
  });

  it('that is not known stays as it is', () => {
    const error = new Error('something else');
    expect(explain(error, address)).toBe(error);
  });
});

describe('a server', () => {
  const good: ServerFacts = {
    version: 150_004,
    encoding: 'UTF8',
    isStandby: false,
    isReadOnly: false,
    isCommitAsynchronous: false,
    isReplica: false,
    user: 'shop',
    hasSchema: true,
    mayCreate: true,
    tables: [],
    closedTables: [],
    migrations: [],
  };
  const known = ['1_init', '2_more'];
  const migrated = { tables: ['_prisma_migrations', 'merchants'], migrations: known };

  it.each<readonly [title: string, facts: Partial<ServerFacts>]>([
    ['is empty', {}],
    ['is migrated', migrated],
    ['is migrated and may not be changed', { ...migrated, mayCreate: false }],
    ['is newer than this gateway', { ...migrated, migrations: [...known, '3_newer'] }],
    ['was left by a first migration that failed', { tables: ['_prisma_migrations'] }],
    ['would lose commits, which the gateway corrects for itself', { isCommitAsynchronous: true }],
    ['is of the oldest version', { version: 130_000 }],
  ])('that %s is taken', (_title, facts) => {
    expect(findObstacle({ ...good, ...facts }, address, known)).toBeNull();
  });

  it.each<readonly [title: string, facts: Partial<ServerFacts>, sentence: RegExp]>([
    ['is too old', { version: 120_017 }, /PostgreSQL 12; Tollgate needs 13 or later\. Update/],
    ['has no encoding', { encoding: 'SQL_ASCII' }, /SQL_ASCII.*ENCODING 'UTF8'/],
    ['is a standby', { isStandby: true, isReadOnly: true }, /standby\. Name the primary/],
    ['is read-only', { isReadOnly: true }, /read-only for "shop".*Turn that off/],
    [
      'has other migrations',
      { tables: ['_prisma_migrations'], migrations: ['1_blog'] },
      /another application.*1_blog.*schema=tollgate/,
    ],
    [
      'turns triggers off',
      { isReplica: true },
      /session_replication_role = replica.*Run ALTER ROLE "shop" IN DATABASE "pay" SET session_replication_role = 'origin'/,
    ],
    ['has other tables', { tables: ['posts'] }, /another application.*posts.*schema=tollgate/],
    ['lets nothing be made', { mayCreate: false }, /GRANT USAGE, CREATE ON SCHEMA "public" TO "shop"/],
    ['lacks the schema and the right', { mayCreate: false, hasSchema: false }, /CREATE SCHEMA "public"/],
    ['has tables of another user', { ...migrated, closedTables: ['merchants'] }, /read and write merchants\. Run GRANT SELECT/],
    [
      'hides its migrations',
      { tables: migrated.tables, closedTables: migrated.tables },
      /read and write _prisma_migrations\. Run GRANT SELECT/,
    ],
  ])('that %s is refused with host, database and remedy', (_title, facts, sentence) => {
    const obstacle = findObstacle({ ...good, ...facts }, address, known);
    expect(obstacle).toMatch(sentence);
    expect(obstacle).toMatch(/^The database "pay" at db\.example:6432 /);
  });
});
