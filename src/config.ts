import { z } from 'zod';
import { readServerUrl, withEnvironment } from './database/server-url.ts';
import { MINUTE_MS } from './kernel/clock.ts';
import { LOG_LEVELS } from './kernel/log.ts';
import { nearestName } from './kernel/nearest-name.ts';
import { isWildcardHost, toOrigin } from './kernel/origin.ts';
import { type ProxySettings, toProxyUrl } from './kernel/proxy.ts';
import { QUERY_LIMITS } from './kernel/query-limits.ts';
import { ok, type Result, refused } from './kernel/result.ts';
import { isUrl } from './kernel/url.ts';
import { isPrivateNetwork, PRIVATE_NETWORKS, toNetwork } from './merchant-webhooks/networks.ts';

/** Everything that the environment decides, parsed. docs/configuration.md lists the variables. */
export type Config = Readonly<ReturnType<typeof toConfig>> & {
  /** Between the gateway and the providers; null when no variable names a proxy, or NO_PROXY excepts every host. */
  readonly proxies: ProxySettings | null;
};

export interface ConfigProblem {
  readonly variable: string;
  readonly message: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process. Nothing else reads it. */
export function readEnvironment(): Environment {
  return process.env;
}

/** Reads the whole environment. Every problem is told at once; an empty variable counts as unset. */
export function readConfig(environment: Environment): Result<Config, readonly ConfigProblem[]> {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const { DATABASE_URL } = present;
  if (DATABASE_URL !== undefined) present['DATABASE_URL'] = withEnvironment(DATABASE_URL, environment);
  const spelled = spellProxies(present);
  const parsed = variables.safeParse(present);
  if (!parsed.success) {
    const named = (name: string): string => spelled.get(name) ?? name;
    return refused(parsed.error.issues.map(({ path, message }) => ({ variable: named(path.join('.')), message })));
  }
  return ok({ ...toConfig(parsed.data), proxies: toProxies(parsed.data, spelled) });
}

const PROXY_VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'] as const;

/** Gives the variables of proxies, which may be in lower case, one spelling. Lower case wins, as in curl. Returns what was written. */
function spellProxies(present: Record<string, string | undefined>): ReadonlyMap<string, string> {
  const lower = PROXY_VARIABLES.filter((name) => present[name.toLowerCase()] !== undefined);
  for (const name of lower) present[name] = present[name.toLowerCase()];
  return new Map(lower.map((name) => [name, name.toLowerCase()]));
}

function toProxies(values: z.output<typeof variables>, spelled: ReadonlyMap<string, string>): ProxySettings | null {
  const addressIn = (name: 'HTTPS_PROXY' | 'HTTP_PROXY') => {
    const url = values[name];
    return url === undefined ? null : { variable: spelled.get(name) ?? name, url };
  };
  const http = addressIn('HTTP_PROXY');
  const https = addressIn('HTTPS_PROXY') ?? http;
  const exceptsAll = values.NO_PROXY.split(/[,\s]/).includes('*');
  return https === null || exceptsAll ? null : { https, http, noProxy: values.NO_PROXY };
}

/**
 * Variables with our prefix that nothing reads, such as a misspelt one. They do not stop a start: another version may know them. What
 * Kubernetes sets for a service named "tollgate" is not among them.
 */
export function findUnknownVariables(environment: Environment): readonly ConfigProblem[] {
  return Object.entries(environment)
    .filter(([name, value]) => /^tollgate_/i.test(name) && !VARIABLES.includes(name) && !isOfKubernetes(name, value ?? ''))
    .map(([variable]) => {
      const nearest = nearestName(withoutPrefix(variable), VARIABLES.map(withoutPrefix));
      const meant = VARIABLES.find((name) => withoutPrefix(name) === nearest);
      const remedy = meant === undefined ? 'Remove it.' : `Did you mean ${meant}?`;
      return { variable, message: `is not a variable of this version and has no effect. ${remedy}` };
    });
}

function withoutPrefix(name: string): string {
  return name.replace(/^tollgate_/i, '');
}

function isOfKubernetes(name: string, value: string): boolean {
  if (/^TOLLGATE_(\w+_)?(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP|SCTP))/.test(name)) return true;
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value);
}

/** One line for each unknown variable, for the person at the terminal. Empty if all are known. */
export function describeUnknown(problems: readonly ConfigProblem[]): string {
  return problems.map(({ variable, message }) => `${variable} ${message}\n`).join('');
}

export function describeProblems(problems: readonly ConfigProblem[]): string {
  return ['The configuration is not usable:', ...problems.map(({ variable, message }) => `  ${variable}: ${message}`)].join('\n');
}

function wholeNumber(min: number, max: number, fallback: number) {
  const message = `must be a whole number from ${min} to ${max}; it is ${fallback} when unset`;
  return z
    .string()
    .regex(/^\d+$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message)
    .default(fallback);
}

const flag = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true')
  .optional();

/** Takes a web origin in any spelling and gives its normal form. */
function originSuchAs(example: string) {
  return z.string().transform((text, { issues }) => {
    const origin = toOrigin(text.trim());
    const message = `must be an address such as ${example}, without a path: each page is served from the root of its host`;
    if (origin === null) issues.push({ code: 'custom', message, input: text });
    return origin ?? '';
  });
}

const HOST_RULE = 'must be an IP address or a host name of this machine, such as 127.0.0.1, without a scheme and a port';

/** An address to listen on. IPv6 may stand in brackets, as in URLs. */
const listenHost = z
  .string()
  .transform((text) => text.trim().replace(/^\[(.*)\]$/, '$1'))
  .refine((host) => toUrlHost(host) !== null, HOST_RULE);

/** The host as it stands in a URL; null when it cannot stand there. */
function toUrlHost(host: string): string | null {
  if (!/^[\w.:-]{1,253}$/.test(host)) return null;
  const url = `http://${host.includes(':') ? `[${host}]` : host}/`;
  return isUrl(url) ? new URL(url).hostname : null;
}

const encryptionKey = z
  .base64('must be base64: make one with `openssl rand -base64 32`')
  .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
  .refine((key) => key.length === 32, 'must be 32 bytes in base64: make one with `openssl rand -base64 32`');

const databaseUrl = z.string().superRefine((text, context) => {
  const read = readServerUrl(text);
  for (const message of read.ok ? [] : read.refusal) context.addIssue({ code: 'custom', message });
});

const PROXY_RULE =
  'must be the address of an HTTP proxy, such as http://user:password@proxy.example:3128: http or https, no path, ' +
  'and characters such as @ : / % in the user name or password written as %40 %3A %2F %25';

const proxyUrl = z.string().transform((text, { issues }) => {
  const url = toProxyUrl(text.trim());
  if (url === null) issues.push({ code: 'custom', message: PROXY_RULE, input: text });
  return url ?? '';
});

const privateNetworks = z.string().transform((text, { issues }) => {
  const parts = text.split(',').map((part) => part.trim());
  const networks = parts.map(toNetwork).filter((network) => network !== null && isPrivateNetwork(network));
  const message = `must be private networks such as 10.1.0.0/16, with commas between, each within ${PRIVATE_NETWORKS.join(', ')}`;
  if (networks.length < parts.length) issues.push({ code: 'custom', message, input: text });
  return networks.filter((network) => network !== null);
});

const POOL_SIZE = 10;

const variables = z
  .object({
    NODE_ENV: z
      .string()
      .refine((text) => text === 'production' || !/^\s*prod/i.test(text), 'must be production, in lower case, or something else')
      .optional(),
    HOST: listenHost.default('127.0.0.1'),
    PORT: wholeNumber(0, 65_535, 4000),
    TOLLGATE_SIMULATOR_PORT: z
      .string()
      .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
      .transform(Number)
      .refine((port) => port <= 65_535, 'must be a port number from 0 to 65535')
      .optional(),
    DATABASE_URL: databaseUrl.optional(),
    TOLLGATE_DATABASE_POOL_SIZE: wholeNumber(1, 500, POOL_SIZE).unwrap().optional(),
    TOLLGATE_DATA_DIR: z
      .string()
      .refine((path) => path.trim() === path && path !== '', 'must be the path of a folder, without spaces around it')
      .refine((path) => !path.startsWith('~'), 'must be a whole path: only a shell replaces ~')
      .default('.tollgate'),
    TOLLGATE_ENCRYPTION_KEY: encryptionKey.optional(),
    TOLLGATE_PUBLIC_URL: originSuchAs('https://pay.shop.example').optional(),
    TOLLGATE_CORS_ORIGINS: z
      .string()
      .transform((text) =>
        text
          .split(',')
          .map((origin) => origin.trim())
          .filter((origin) => origin !== ''),
      )
      .refine(
        (origins) => origins.every((origin) => toOrigin(origin) !== null),
        'must be origins such as https://shop.example, with commas between, no path and no *',
      )
      .transform((origins) => origins.map((origin) => toOrigin(origin) ?? origin))
      .default([]),
    TOLLGATE_GRAPHIQL: flag,
    TOLLGATE_INTROSPECTION: flag,
    TOLLGATE_CONSOLE: flag,
    TOLLGATE_CONSOLE_ORIGIN: originSuchAs('https://console.pay.example').optional(),
    TOLLGATE_ACCRUPAY: flag,
    TOLLGATE_ALLOW_EXAMPLE: flag,
    TOLLGATE_LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
    TOLLGATE_SESSION_LIFE_MINUTES: wholeNumber(1, 10_080, 30),
    TOLLGATE_PROVIDER_DEADLINE_MS: wholeNumber(1_000, 120_000, 12_000),
    TOLLGATE_OPERATION_LEASE_MS: wholeNumber(2_000, 600_000, 30_000),
    TOLLGATE_REQUEST_TIMEOUT_MS: wholeNumber(1_000, 600_000, 30_000),
    TOLLGATE_DRAIN_TIMEOUT_MS: wholeNumber(0, 600_000, 20_000),
    TOLLGATE_DRAIN_NOTICE_MS: wholeNumber(0, 600_000, 5_000),
    TOLLGATE_BODY_BYTES_MAX: wholeNumber(1_024, 16_777_216, 1_048_576),
    TOLLGATE_QUERY_DEPTH_MAX: wholeNumber(4, 100, QUERY_LIMITS.depthMax),
    TOLLGATE_QUERY_ALIASES_MAX: wholeNumber(1, 10_000, QUERY_LIMITS.aliasesMax),
    TOLLGATE_QUERY_DIRECTIVES_MAX: wholeNumber(1, 10_000, QUERY_LIMITS.directivesMax),
    TOLLGATE_QUERY_TOKENS_MAX: wholeNumber(100, 100_000, QUERY_LIMITS.tokensMax),
    TOLLGATE_QUERY_COST_MAX: wholeNumber(100, 10_000_000, QUERY_LIMITS.costMax),
    HTTPS_PROXY: proxyUrl.optional(),
    HTTP_PROXY: proxyUrl.optional(),
    NO_PROXY: z.string().default(''),
    TOLLGATE_WEBHOOK_ALLOW: privateNetworks.default([]),
    TOLLGATE_WEBHOOK_PROXY_URL: proxyUrl.optional(),
    TOLLGATE_METRICS_TOKEN: z
      .string()
      .regex(/^[\x21-\x7e]{16,1000}$/, 'must have at least 16 characters, all of them letters, digits or signs of ASCII')
      .optional(),
    TOLLGATE_SECRET_KEY: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, 'must be a secret key such as sk_test_…, without spaces')
      .optional(),
  })
  .superRefine((values, context) => {
    const report = (variable: string, message: string): void => context.addIssue({ code: 'custom', path: [variable], message });
    if (values.TOLLGATE_SIMULATOR_PORT === values.PORT && values.PORT !== 0) {
      report('TOLLGATE_SIMULATOR_PORT', 'must be another port than PORT; it is a free one when unset');
    }
    const publicOrigin = values.TOLLGATE_PUBLIC_URL ?? defaultOrigin(values);
    if (values.TOLLGATE_CONSOLE_ORIGIN !== undefined && sharesHost(values.TOLLGATE_CONSOLE_ORIGIN, publicOrigin)) {
      report(
        'TOLLGATE_CONSOLE_ORIGIN',
        'must have another host name or port than TOLLGATE_PUBLIC_URL, because requests to the two are told apart by it',
      );
    }
    if (values.DATABASE_URL !== undefined && values.TOLLGATE_ENCRYPTION_KEY === undefined) {
      report(
        'TOLLGATE_ENCRYPTION_KEY',
        'is needed with DATABASE_URL, the same for every gateway on it: make one with `openssl rand -base64 32`',
      );
    }
    const limit = connectionLimitOf(values.DATABASE_URL);
    if (limit !== null && (values.TOLLGATE_DATABASE_POOL_SIZE ?? limit) !== limit) {
      report('TOLLGATE_DATABASE_POOL_SIZE', 'differs from connection_limit in DATABASE_URL: leave one of them out');
    }
    // One attempt may be a call and a look-up.
    if (values.TOLLGATE_OPERATION_LEASE_MS <= 2 * values.TOLLGATE_PROVIDER_DEADLINE_MS) {
      report(
        'TOLLGATE_OPERATION_LEASE_MS',
        'must be longer than two times TOLLGATE_PROVIDER_DEADLINE_MS, or a call would lose its operation while it runs',
      );
    }
  });

function connectionLimitOf(url: string | undefined): number | null {
  const read = url === undefined ? null : readServerUrl(url);
  return read?.ok === true ? read.value.connectionLimit : null;
}

/** The names of all variables, for the docs to be compared with. */
export const VARIABLES: readonly string[] = Object.keys(variables.shape);

/** Where the gateway is reached on this machine. Port 0 stays until a free one is chosen. */
function defaultOrigin({ HOST, PORT }: { HOST: string; PORT: number }): string {
  const host = toUrlHost(HOST) ?? 'localhost';
  const url = `http://${isWildcardHost(host) ? 'localhost' : host}:${PORT}`;
  // Not parsable when the port is wrong, which is reported beside.
  return isUrl(url) ? new URL(url).origin : url;
}

/** Whether browsers send the same `Host` to both. The same origin twice is no problem: then there is one. */
function sharesHost(left: string, right: string): boolean {
  if (!isUrl(left) || !isUrl(right)) return false;
  const [one, other] = [left, right].map((origin) => new URL(origin).host.replace(/\.(?=:|$)/, ''));
  return left !== right && one === other;
}

function toConfig(values: z.output<typeof variables>) {
  const isProduction = values.NODE_ENV === 'production';
  return {
    host: values.HOST,
    port: values.PORT,
    /** Where the simulated Stripe and Nuvei listen on this machine; 0 for any free port, null for any when unset. */
    simulatorPort: values.TOLLGATE_SIMULATOR_PORT ?? null,
    /** Where they are reached once they listen; null where none runs beside this gateway. */
    simulatorUrl: null as string | null,
    /** Where browsers and providers reach the gateway: an origin, without a path. */
    publicUrl: values.TOLLGATE_PUBLIC_URL ?? defaultOrigin(values),
    /** Null for the embedded database. */
    databaseUrl: values.DATABASE_URL ?? null,
    poolSize: values.TOLLGATE_DATABASE_POOL_SIZE ?? connectionLimitOf(values.DATABASE_URL) ?? POOL_SIZE,
    dataDir: values.TOLLGATE_DATA_DIR,
    /** 32 bytes; null where the embedded database's own key file serves. */
    encryptionKey: values.TOLLGATE_ENCRYPTION_KEY ?? null,
    corsOrigins: values.TOLLGATE_CORS_ORIGINS,
    isProduction,
    hasGraphiql: values.TOLLGATE_GRAPHIQL ?? !isProduction,
    hasIntrospection: values.TOLLGATE_INTROSPECTION ?? !isProduction,
    /** Where browsers reach the console, without a path: at `publicUrl` when null. */
    consoleOrigin: values.TOLLGATE_CONSOLE_ORIGIN ?? null,
    /** Whether /console is served, and can be signed in to. */
    hasConsole: values.TOLLGATE_CONSOLE ?? true,
    /** Whether the endpoint for the official AccruPay SDKs is served. */
    hasAccrupay: values.TOLLGATE_ACCRUPAY ?? true,
    allowsExample: values.TOLLGATE_ALLOW_EXAMPLE ?? !isProduction,
    logLevel: values.TOLLGATE_LOG_LEVEL,
    sessionLifeMs: values.TOLLGATE_SESSION_LIFE_MINUTES * MINUTE_MS,
    providerDeadlineMs: values.TOLLGATE_PROVIDER_DEADLINE_MS,
    operationLeaseMs: values.TOLLGATE_OPERATION_LEASE_MS,
    requestTimeoutMs: values.TOLLGATE_REQUEST_TIMEOUT_MS,
    drainTimeoutMs: values.TOLLGATE_DRAIN_TIMEOUT_MS,
    /** How long it is said after SIGTERM that the gateway is not ready, before connections are refused. */
    drainNoticeMs: values.DATABASE_URL === undefined ? 0 : values.TOLLGATE_DRAIN_NOTICE_MS,
    bodyBytesMax: values.TOLLGATE_BODY_BYTES_MAX,
    limits: {
      depthMax: values.TOLLGATE_QUERY_DEPTH_MAX,
      aliasesMax: values.TOLLGATE_QUERY_ALIASES_MAX,
      directivesMax: values.TOLLGATE_QUERY_DIRECTIVES_MAX,
      tokensMax: values.TOLLGATE_QUERY_TOKENS_MAX,
      costMax: values.TOLLGATE_QUERY_COST_MAX,
    },
    /** Private networks that webhooks of merchants may reach. */
    webhookAllow: values.TOLLGATE_WEBHOOK_ALLOW,
    /** Between the gateway and the endpoints of merchants; null where they are reached directly. */
    webhookProxyUrl: values.TOLLGATE_WEBHOOK_PROXY_URL ?? null,
    /** What a scraper must send as bearer token; null where /metrics is open to whoever reaches the port. */
    metricsToken: values.TOLLGATE_METRICS_TOKEN ?? null,
    /** With which the tools of the command line ask a gateway; null where it is given otherwise. */
    secretKey: values.TOLLGATE_SECRET_KEY ?? null,
  };
}
