import { type Result, refused } from '../kernel/result.ts';
import { isUrl } from '../kernel/url.ts';
import { findOptionProblems } from './url-options.ts';

/** What `DATABASE_URL` says: where the server is and how to talk to it. No file is read and no name resolved yet. */
export interface ServerAddress {
  /** A host name, an IP address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** Null where it is left to the user of the operating system, as in libpq. */
  readonly user: string | null;
  /** Null where it is left to a password file or none is needed. */
  readonly password: string | null;
  readonly database: string;
  /** Where the tables are; null for `public`. */
  readonly schema: string | null;
  readonly tls: TlsChoice;
  /** Settings of the session, besides those that Tollgate sets itself; as `-c name=value` switches. */
  readonly options: string;
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
  /** From `connection_limit`; null where the URL has none. */
  readonly connectionLimit: number | null;
  /** From `pgbouncer=true`: a pooler in transaction mode is in between, which keeps no prepared statement and no session setting. */
  readonly isPooled: boolean;
}

export interface TlsChoice {
  readonly mode: TlsMode;
  /** Paths of PEM files; `system` as root stands for the certificate authorities that Node.js trusts. */
  readonly rootCertPath: string | null;
  readonly certPath: string | null;
  readonly keyPath: string | null;
  readonly keyPassword: string | null;
}

export const TLS_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

const CONNECT_TIMEOUT_S = 10;
const CONNECT_TIMEOUT_MAX_S = 120;
const CONNECTION_LIMIT_MAX = 500;

/** Parameters of the URL, and the variable of libpq that stands in where the URL leaves one out. */
const PARAMETERS: Readonly<Record<string, string | null>> = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  options: 'PGOPTIONS',
  application_name: 'PGAPPNAME',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslpassword: null,
  ssl: null,
  sslaccept: null,
  schema: null,
  connection_limit: null,
  pgbouncer: null,
};

/** The names of all parameters, for the docs to be compared with. */
export const URL_PARAMETERS: readonly string[] = Object.keys(PARAMETERS);

/** Parameters that change nothing here, with the values for which that is right. */
const WITHOUT_EFFECT: Readonly<Record<string, readonly string[]>> = {
  channel_binding: ['prefer', 'disable'],
  client_encoding: ['UTF8', 'UTF-8', 'utf8', 'utf-8', 'auto'],
  fallback_application_name: [],
  gssencmode: ['disable', 'prefer'],
  keepalives: ['1'],
  load_balance_hosts: ['disable'],
  // A server that cannot write is refused when the gateway starts.
  target_session_attrs: ['any', 'read-write', 'primary'],
  sslnegotiation: ['postgres'],
  sslsni: ['1'],
  uselibpqcompat: ['true'],
};

/** Parameters that people bring along from elsewhere, and what to do instead. */
const REMEDIES: Readonly<Record<string, string>> = {
  pool_timeout: 'Leave it out: a query waits for a connection for as long as connect_timeout says.',
  pool_size: 'Write connection_limit or set TOLLGATE_DATABASE_POOL_SIZE.',
  socket_timeout: 'Leave it out: Tollgate limits every statement itself.',
  statement_timeout: 'Leave it out: Tollgate limits every statement itself.',
  statement_cache_size: 'Leave it out. Behind a pooler that keeps no prepared statements, add pgbouncer=true.',
  sslidentity: 'Write the certificate and key of the client as PEM files: sslcert=PATH&sslkey=PATH.',
  currentSchema: 'Write schema=NAME.',
  search_path: 'Write schema=NAME.',
  hostaddr: 'Write the address as the host.',
  channel_binding: 'Write channel_binding=prefer: Tollgate cannot enforce it, and sslmode=verify-full proves the server.',
  gssencmode: 'Write sslmode=verify-full: the connection is encrypted by TLS.',
  target_session_attrs: 'Leave it out: Tollgate needs a server that it can write to.',
};

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Readonly<Record<string, string | undefined>>;

/**
 * Completes the URL by what the environment says in libpq's variables (PGPASSWORD, PGSSLMODE and so on), for parameters that the
 * URL does not have. Returns the URL as it is where nothing is to be added, or where it cannot be read.
 */
export function withEnvironment(text: string, environment: Environment): string {
  const read = splitUrl(text);
  if (!read.ok) return text;
  const missing = Object.entries(PARAMETERS).flatMap(([name, variable]) => {
    const value = variable === null ? undefined : environment[variable];
    const isSaid = read.value[name] !== undefined || (name === 'sslmode' && (read.value['ssl'] ?? read.value['sslaccept']));
    return value === undefined || value === '' || isSaid ? [] : [`${name}=${encodeURIComponent(value)}`];
  });
  if (missing.length === 0) return text;
  return `${text}${text.includes('?') ? '&' : '?'}${missing.join('&')}`;
}

/** Reads `DATABASE_URL`, or returns every reason why it cannot be used. No reason repeats a value, since it may be a secret. */
export function readServerUrl(text: string): Result<ServerAddress, readonly string[]> {
  const split = splitUrl(text);
  if (!split.ok) return split;
  const values = split.value;
  const problems: string[] = [];
  const report = (problem: string): void => void problems.push(problem);
  refuseUnknown(values, report);
  const host = values['host'] ?? 'localhost';
  if (host.includes(',')) {
    report('names several hosts. Name one: the primary, or an address that always leads to it');
  }
  if (values['dbname'] === undefined) report('names no database: add its name, as in postgres://USER:PASSWORD@HOST:PORT/NAME');
  const schema = values['schema'] ?? null;
  if (schema !== null && !/^[a-z_][a-z0-9_$]{0,62}$/i.test(schema)) {
    report('has an invalid schema: write a name of letters, digits and _, as in schema=tollgate');
  }
  if (schema !== null && /^(pg_|information_schema$)/.test(schema)) {
    report('has a schema that belongs to PostgreSQL. Write another name, as in schema=tollgate');
  }
  const address: ServerAddress = {
    host,
    port: wholeNumber(values, { name: 'port', min: 1, max: 65_535, fallback: 5432 }, report),
    user: values['user'] ?? null,
    password: values['password'] ?? null,
    database: values['dbname'] ?? '',
    schema: schema === 'public' ? null : schema,
    tls: readTls(values, host, report),
    options: (values['options'] ?? '').trim(),
    applicationName: values['application_name'] ?? 'tollgate',
    connectTimeoutMs: readConnectTimeoutMs(values, report),
    connectionLimit:
      values['connection_limit'] === undefined
        ? null
        : wholeNumber(values, { name: 'connection_limit', min: 1, max: CONNECTION_LIMIT_MAX, fallback: 1 }, report),
    isPooled: readFlag(values, 'pgbouncer', report) ?? false,
  };
  findOptionProblems(address.options).forEach(report);
  if (address.isPooled && address.options !== '') {
    report('has options beside pgbouncer=true, and a pooler drops them. Set them by ALTER ROLE, and leave options out');
  }
  return problems.length > 0 ? refused(problems) : { ok: true, value: address };
}

const ESCAPE = 'write @ : / ? # % [ ] in a user, a password or a name as %40 %3A %2F %3F %23 %25 %5B %5D';

/** User, password, host, port and database under the names of their parameters, with the parameters of the query. */
function splitUrl(text: string): Result<Values, readonly string[]> {
  const authority = /^postgres(?:ql)?:\/\/([^/?#]*)/.exec(text)?.[1];
  if (authority === undefined) return refused(['must begin with postgres:// or postgresql://']);
  if (/,/.test(authority.slice(authority.lastIndexOf('@') + 1))) {
    return refused(['names several hosts. Name one: the primary, or an address that always leads to it']);
  }
  const unreadable = refused([`is not a URL that can be read: ${ESCAPE}`]);
  // A host may be missing beside a user, and a percent sign may be left as it is, in libpq too.
  const readable = text.replace(/^(\w+:\/\/[^/?#]*@)(?=[/?]|$)/, '$1_').replace(/%(?![0-9a-f]{2})/gi, '%25');
  if (!isUrl(readable)) return unreadable;
  const url = new URL(readable);
  // What should have been escaped ends up here: a password with a slash or a hash.
  if (url.hash !== '' || /[@/]/.test(url.pathname.slice(1))) return unreadable;
  try {
    const hostname = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
    const values: Record<string, string | undefined> = Object.assign(Object.create(null), {
      user: decodeURIComponent(url.username) || undefined,
      password: decodeURIComponent(url.password) || undefined,
      host: hostname === '_' ? undefined : hostname || undefined,
      port: url.port || undefined,
      dbname: decodeURIComponent(url.pathname.slice(1)) || undefined,
    });
    for (const [name, value] of url.searchParams) {
      // What is not a name may be a part of a password.
      if (!/^[a-z_]{1,40}$/i.test(name)) return unreadable;
      // A parameter stands above the part of the URL, as in libpq. An empty one counts as left out.
      if (value !== '') values[name] = value;
    }
    return { ok: true, value: values };
  } catch {
    return unreadable;
  }
}

function refuseUnknown(values: Values, report: (problem: string) => void): void {
  for (const [name, value = ''] of Object.entries(values)) {
    if (Object.hasOwn(PARAMETERS, name)) continue;
    const accepted = Object.hasOwn(WITHOUT_EFFECT, name) ? WITHOUT_EFFECT[name] : undefined;
    if (accepted?.includes(value) || accepted?.length === 0) continue;
    const remedy = Object.hasOwn(REMEDIES, name) ? REMEDIES[name] : 'Leave it out.';
    report(`has the parameter ${name}, which Tollgate does not support. ${remedy}`);
  }
}

function readTls(values: Values, host: string, report: (problem: string) => void): TlsChoice {
  const said = values['sslmode'];
  const mode = said === undefined ? impliedMode(values, host, report) : toMode(said === 'no-verify' ? 'require' : said);
  if (mode === null) report(`has an invalid sslmode: write one of ${TLS_MODES.join(', ')}`);
  const tls = {
    mode: mode ?? 'disable',
    rootCertPath: values['sslrootcert'] ?? null,
    certPath: values['sslcert'] ?? null,
    keyPath: values['sslkey'] ?? null,
    keyPassword: values['sslpassword'] ?? null,
  };
  if ((tls.certPath === null) !== (tls.keyPath === null)) {
    report(
      'needs sslcert and sslkey together: they prove the gateway to the server. The authority that proves the server is sslrootcert',
    );
  }
  if (tls.mode === 'verify-ca' && tls.rootCertPath === null) {
    report('has sslmode=verify-ca without sslrootcert: name the file of your authority, or write sslmode=verify-full');
  }
  if (tls.rootCertPath === 'system' && tls.mode !== 'verify-full') {
    report('has sslrootcert=system, which needs sslmode=verify-full: anybody can get a certificate of a public authority');
  }
  // No TLS over a Unix socket, as in libpq. With an authority, `require` checks it, as in libpq.
  if (host.startsWith('/')) return { ...tls, mode: 'disable' };
  return tls.mode === 'require' && said !== 'no-verify' && tls.rootCertPath !== null ? { ...tls, mode: 'verify-ca' } : tls;
}

/** Where sslmode is left out: what `ssl` or `sslaccept` say, else TLS where the server offers it, except on this machine. */
function impliedMode(values: Values, host: string, report: (problem: string) => void): TlsMode {
  const isTls = readFlag(values, 'ssl', report);
  if (isTls !== null) return isTls ? 'verify-full' : 'disable';
  if (values['sslaccept'] !== undefined) {
    if (!['strict', 'accept_invalid_certs'].includes(values['sslaccept'])) {
      report('has an invalid sslaccept: write sslmode=verify-full or sslmode=require instead');
    }
    return values['sslaccept'] === 'strict' ? 'verify-full' : 'require';
  }
  if (values['sslrootcert'] !== undefined) return 'verify-full';
  return /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host) && values['sslcert'] === undefined ? 'disable' : 'prefer';
}

function toMode(text: string): TlsMode | null {
  return TLS_MODES.find((mode) => mode === text) ?? null;
}

function readFlag(values: Values, name: string, report: (problem: string) => void): boolean | null {
  const value = values[name];
  if (value === undefined) return null;
  if (!['true', 'false', '1', '0'].includes(value)) report(`has an invalid ${name}: write ${name}=true or ${name}=false`);
  return value === 'true' || value === '1';
}

function readConnectTimeoutMs(values: Values, report: (problem: string) => void): number {
  const range = { name: 'connect_timeout', min: 1, max: CONNECT_TIMEOUT_MAX_S, fallback: CONNECT_TIMEOUT_S };
  return wholeNumber(values, range, report) * 1_000;
}

function wholeNumber(
  values: Values,
  range: { name: string; min: number; max: number; fallback: number },
  report: (problem: string) => void,
): number {
  const text = values[range.name];
  if (text === undefined) return range.fallback;
  if (/^\d{1,9}$/.test(text) && Number(text) >= range.min && Number(text) <= range.max) return Number(text);
  report(`has an invalid ${range.name}: write a whole number from ${range.min} to ${range.max}`);
  return range.fallback;
}
