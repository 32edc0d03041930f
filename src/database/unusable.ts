import type { ServerAddress } from './server-url.ts';

/** The database server cannot be used as it is configured. The message is for people: what is wrong, where, and what to do. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
}

/** `db.example:5432`, or the socket. Never with the user or the password. */
export function placeOf({ host, port }: Pick<ServerAddress, 'host' | 'port'>): string {
  if (host.startsWith('/')) return `the socket ${host}/.s.PGSQL.${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What an error of node-postgres, of a socket or of TLS may hold. */
interface Failure {
  readonly code?: string | undefined;
  readonly severity?: string | undefined;
  readonly message?: string | undefined;
  readonly errors?: readonly Failure[];
  readonly cause?: Readonly<Partial<Record<'kind' | 'code' | 'originalCode' | 'originalMessage' | 'reason' | 'message', string>>>;
}

type Sentence = (address: ServerAddress, message: string) => string;

const certificate = (what: string): Sentence => {
  return (address) =>
    `The certificate of the database server at ${placeOf(address)} ${what}. Name its authority by sslrootcert=PATH in DATABASE_URL, ` +
    'or write sslmode=require to encrypt without a check.';
};
const notTrusted = certificate('comes from an authority that is not trusted here');
const unreachable: Sentence = (address) =>
  `The database server at ${placeOf(address)} cannot be reached. Check host and port in DATABASE_URL, and the network in between.`;
const noAnswer: Sentence = (address) =>
  `The database server at ${placeOf(address)} did not respond within ${address.connectTimeoutMs / 1_000} seconds. Check host and port ` +
  'in DATABASE_URL, and any firewall in between; connect_timeout=SECONDS waits longer.';
const closed: Sentence = (address) =>
  `The server at ${placeOf(address)} closed the connection. Check in DATABASE_URL that this is the port of a PostgreSQL server, ` +
  'and see the log of the server for the reason.';
const noTls: Sentence = (address) =>
  `The database server at ${placeOf(address)} does not offer TLS, and DATABASE_URL asks for it. Turn TLS on at the server, or write ` +
  'sslmode=disable where the network is trusted.';
const noLogin: Sentence = (address) =>
  `The database server at ${placeOf(address)} refused the login${asUser(address)}. Check user and password in DATABASE_URL; characters ` +
  'such as @ : / ? # % in a password are written as %40 %3A %2F %3F %23 %25.';
const noDatabase: Sentence = (address) =>
  `The database "${address.database}" does not exist at ${placeOf(address)}. Create it (CREATE DATABASE ... ENCODING 'UTF8'), or correct ` +
  'the name in DATABASE_URL.';

/** With the server's own words, which name the setting. */
const refusedOptions: Sentence = (address, message) =>
  `The database server at ${placeOf(address)} does not accept the options in DATABASE_URL or PGOPTIONS (${message}). Correct them or leave them out.`;
/** SQLSTATEs of a connection that fails for its settings: an unknown one, an invalid value, one for the whole server, no right to it. */
const SETTING_CODES: readonly string[] = ['42704', '22023', '22P02', '42601', '55P02', '42501'];

/** By PostgreSQL's SQLSTATE, Node.js' code for sockets, or the code of TLS. */
const BY_CODE: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: (address) =>
    `Nothing listens at ${placeOf(address)}. Start the database server, or correct host and port in DATABASE_URL.`,
  ENOTFOUND: (address) => `The host ${address.host} of the database is unknown. Correct it in DATABASE_URL.`,
  EAI_AGAIN: (address) =>
    `The host ${address.host} of the database could not be looked up. Check the name in DATABASE_URL and the name server.`,
  ETIMEDOUT: noAnswer,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EHOSTDOWN: unreachable,
  EACCES: (address) =>
    `The gateway may not open ${placeOf(address)}. Give its user the right, or use another host in DATABASE_URL.`,
  ENOENT: (address) => `There is no ${placeOf(address)}. Start the database server, or correct the host in DATABASE_URL.`,
  ECONNRESET: closed,
  EPIPE: closed,
  EPROTO: (address) =>
    `TLS with the database server at ${placeOf(address)} failed. Check that the server speaks TLS 1.2 or later, and sslmode, sslcert and ` +
    'sslkey in DATABASE_URL.',
  SELF_SIGNED_CERT_IN_CHAIN: notTrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: notTrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: notTrusted,
  UNABLE_TO_GET_ISSUER_CERT: notTrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: notTrusted,
  CERT_UNTRUSTED: notTrusted,
  CERT_SIGNATURE_FAILURE: notTrusted,
  CERT_HAS_EXPIRED: (address) =>
    `The certificate of the database server at ${placeOf(address)} has expired. Renew it there; the clock of this machine must be right.`,
  CERT_NOT_YET_VALID: (address) =>
    `The certificate of the database server at ${placeOf(address)} is not valid yet. Check the clock of this machine and the certificate.`,
  CERT_REVOKED: certificate('was revoked'),
  ERR_TLS_CERT_ALTNAME_INVALID: (address) =>
    `The certificate of the database server at ${placeOf(address)} is for another name. Write the name of the certificate as host in ` +
    'DATABASE_URL, or sslmode=verify-ca with sslrootcert where only the authority counts.',
  '28P01': noLogin,
  '28000': (address, message) => {
    if (/client certificate/.test(message)) {
      return `The database server at ${placeOf(address)} wants a certificate of the client. Add sslcert=PATH&sslkey=PATH to DATABASE_URL.`;
    }
    if (/pg_hba/.test(message)) {
      // The server says "no encryption" of every connection without, whether TLS would help or not.
      const tls = /no encryption|SSL off/.test(message)
        ? 'Add sslmode=require to DATABASE_URL if it takes encrypted connections only, or a'
        : 'Add a';
      return `The database server at ${placeOf(address)} does not let ${userOf(address)} into "${address.database}" from here. ${tls} line to its pg_hba.conf.`;
    }
    return noLogin(address, message);
  },
  '3D000': noDatabase,
  '42501': (address, message) =>
    `The database "${address.database}" at ${placeOf(address)} denies ${userOf(address)} a right (${message}). Grant it, or use the owner of the ` +
    'database in DATABASE_URL.',
  '53300': (address) =>
    `The database server at ${placeOf(address)} has no connection left. Close others, raise its max_connections, or lower ` +
    'TOLLGATE_DATABASE_POOL_SIZE.',
  '57P03': (address) =>
    `The database server at ${placeOf(address)} is starting or stopping. Start the gateway again in a moment.`,
  '57P01': (address) => `The database server at ${placeOf(address)} ended the connection. Start the gateway again in a moment.`,
};

/** By the message, where an error has no code of its own. */
const BY_MESSAGE: readonly (readonly [RegExp, Sentence])[] = [
  [
    /unsupported startup parameter/,
    (address) =>
      `The connection pooler at ${placeOf(address)} does not take the settings of a session. Add pgbouncer=true to DATABASE_URL.`,
  ],
  [/does not support SSL connections/, noTls],
  [/error establishing an SSL connection/, closed],
  [
    /password must be a (non-empty )?string|no password/i,
    (address) => `The database server at ${placeOf(address)} wants a password${asUser(address)}, and DATABASE_URL has none.`,
  ],
  [/no such database|database .{0,200} does not exist/, noDatabase],
  [/no such user|authentication failed|password authentication|server login has been failing/i, noLogin],
  [/timeout expired|connection timeout|query_wait_timeout/i, noAnswer],
  [/connection terminated|socket hang up/i, closed],
  [/SSL routines|tls/i, (address) => BY_CODE['EPROTO']?.(address, '') ?? ''],
];

/** The sentence for a failed connection, or the error itself where none is known. */
export function explain(error: unknown, address: ServerAddress): Error {
  if (error instanceof DatabaseUnusable) return error;
  const failure = firstOf(error as Failure);
  const message = failure.message ?? '';
  const sentence =
    (isAboutOptions(failure, address) ? refusedOptions : undefined) ??
    BY_CODE[failure.code ?? ''] ??
    BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1] ??
    (failure.code?.startsWith('ERR_SSL') === true ? BY_CODE['EPROTO'] : undefined);
  if (sentence !== undefined) return new DatabaseUnusable(sentence(address, message), { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}

/** PostgreSQL ends a connection that asks for a setting which it does not give. */
function isAboutOptions({ code = '', severity, message = '' }: Failure, { options }: ServerAddress): boolean {
  const isOfSetting = SETTING_CODES.includes(code) && (code !== '42501' || /parameter|role/.test(message));
  return options !== '' && severity === 'FATAL' && isOfSetting;
}

/** A name with several addresses fails with the errors of all of them. Prisma's adapter keeps the error that it met as the cause. */
function firstOf(failure: Failure): Failure {
  const { cause } = failure;
  if (cause?.kind === undefined) return failure.errors?.[0] ?? failure;
  return {
    code: cause.originalCode ?? cause.code ?? CODES_OF_KINDS[cause.kind],
    message: cause.originalMessage ?? cause.reason ?? cause.message,
  };
}

/** What Prisma's adapter calls the errors of sockets, of which it does not keep the code (7.10). */
const CODES_OF_KINDS: Readonly<Record<string, string>> = {
  DatabaseNotReachable: 'ECONNREFUSED',
  ConnectionClosed: 'ECONNRESET',
  SocketTimeout: 'ETIMEDOUT',
};

function asUser({ user }: ServerAddress): string {
  return user === null ? '' : ` of "${user}"`;
}

function userOf({ user }: ServerAddress): string {
  return user === null ? 'the user' : `"${user}"`;
}
