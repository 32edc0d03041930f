import { z } from 'zod';
import { MINUTE_MS } from './kernel/clock.ts';
import { LOG_LEVELS, type LogLevel } from './kernel/log.ts';
import { ok, type Result, refused } from './kernel/result.ts';

/** Everything that the environment decides, parsed. docs/configuration.md lists the variables. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Where the simulated Stripe and Nuvei listen on this machine; 0 for any free port, null for any when unset. */
  readonly simulatorPort: number | null;
  /** Where they are reached once they listen; null where none runs beside this gateway. */
  readonly simulatorUrl: string | null;
  /** Where browsers and providers reach the gateway, without a slash at the end. */
  readonly publicUrl: string;
  /** Null for the embedded database. */
  readonly databaseUrl: string | null;
  readonly poolSize: number;
  readonly dataDir: string;
  /** 32 bytes; null where the embedded database's own key file serves. */
  readonly encryptionKey: Uint8Array | null;
  readonly corsOrigins: readonly string[];
  readonly isProduction: boolean;
  readonly hasGraphiql: boolean;
  readonly hasIntrospection: boolean;
  /** Where browsers reach the console, without a path: at `publicUrl` when null. */
  readonly consoleOrigin: string | null;
  /** Whether /console is served, and can be signed in to. */
  readonly hasConsole: boolean;
  readonly allowsExample: boolean;
  readonly logLevel: LogLevel;
  readonly sessionLifeMs: number;
  readonly providerDeadlineMs: number;
  readonly operationLeaseMs: number;
  readonly requestTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly bodyBytesMax: number;
  readonly limits: Readonly<Record<'depthMax' | 'aliasesMax' | 'directivesMax' | 'tokensMax' | 'costMax', number>>;
  /** What a scraper must send as bearer token; null where /metrics is open to whoever reaches the port. */
  readonly metricsToken: string | null;
}

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
  const parsed = variables.safeParse(present);
  if (!parsed.success) {
    return refused(parsed.error.issues.map(({ path, message }) => ({ variable: path.join('.'), message })));
  }
  return ok(toConfig(parsed.data));
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

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isOrigin(text: string): boolean {
  return isHttpUrl(text) && new URL(text).origin === text;
}

const encryptionKey = z
  .base64('must be base64: make one with `openssl rand -base64 32`')
  .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
  .refine((key) => key.length === 32, 'must be 32 bytes in base64: make one with `openssl rand -base64 32`');

const variables = z
  .object({
    NODE_ENV: z.string().optional(),
    HOST: z.string().default('127.0.0.1'),
    PORT: wholeNumber(0, 65_535, 4000),
    TOLLGATE_SIMULATOR_PORT: z
      .string()
      .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
      .transform(Number)
      .refine((port) => port <= 65_535, 'must be a port number from 0 to 65535')
      .optional(),
    DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
      .optional(),
    TOLLGATE_DATABASE_POOL_SIZE: wholeNumber(1, 500, 10),
    TOLLGATE_DATA_DIR: z.string().default('.tollgate'),
    TOLLGATE_ENCRYPTION_KEY: encryptionKey.optional(),
    TOLLGATE_PUBLIC_URL: z.string().refine(isHttpUrl, 'must be an http:// or https:// address').optional(),
    TOLLGATE_CORS_ORIGINS: z
      .string()
      .transform((text) =>
        text
          .split(',')
          .map((origin) => origin.trim())
          .filter((origin) => origin !== ''),
      )
      .refine(
        (origins) => origins.every(isOrigin),
        'must be origins such as https://shop.example, with commas between and no path',
      )
      .default([]),
    TOLLGATE_GRAPHIQL: flag,
    TOLLGATE_INTROSPECTION: flag,
    TOLLGATE_CONSOLE: flag,
    TOLLGATE_CONSOLE_ORIGIN: z
      .string()
      .refine(isOrigin, 'must be an origin such as https://console.pay.example, without a path')
      .optional(),
    TOLLGATE_ALLOW_EXAMPLE: flag,
    TOLLGATE_LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
    TOLLGATE_SESSION_LIFE_MINUTES: wholeNumber(1, 10_080, 30),
    TOLLGATE_PROVIDER_DEADLINE_MS: wholeNumber(1_000, 120_000, 12_000),
    TOLLGATE_OPERATION_LEASE_MS: wholeNumber(2_000, 600_000, 30_000),
    TOLLGATE_REQUEST_TIMEOUT_MS: wholeNumber(1_000, 600_000, 30_000),
    TOLLGATE_DRAIN_TIMEOUT_MS: wholeNumber(0, 600_000, 20_000),
    TOLLGATE_BODY_BYTES_MAX: wholeNumber(1_024, 16_777_216, 1_048_576),
    TOLLGATE_QUERY_DEPTH_MAX: wholeNumber(4, 100, 15),
    TOLLGATE_QUERY_ALIASES_MAX: wholeNumber(1, 10_000, 30),
    TOLLGATE_QUERY_DIRECTIVES_MAX: wholeNumber(1, 10_000, 30),
    TOLLGATE_QUERY_TOKENS_MAX: wholeNumber(100, 100_000, 2_000),
    TOLLGATE_QUERY_COST_MAX: wholeNumber(100, 10_000_000, 50_000),
    TOLLGATE_METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  })
  .superRefine((values, context) => {
    const report = (variable: string, message: string): void => context.addIssue({ code: 'custom', path: [variable], message });
    if (values.DATABASE_URL !== undefined && values.TOLLGATE_ENCRYPTION_KEY === undefined) {
      report(
        'TOLLGATE_ENCRYPTION_KEY',
        'is needed with DATABASE_URL, the same for every gateway on it: make one with `openssl rand -base64 32`',
      );
    }
    // One attempt may be a call and a look-up.
    if (values.TOLLGATE_OPERATION_LEASE_MS <= 2 * values.TOLLGATE_PROVIDER_DEADLINE_MS) {
      report(
        'TOLLGATE_OPERATION_LEASE_MS',
        'must be longer than two times TOLLGATE_PROVIDER_DEADLINE_MS, or a call would lose its operation while it runs',
      );
    }
  });

/** The names of all variables, for the docs to be compared with. */
export const VARIABLES: readonly string[] = Object.keys(variables.shape);

function toConfig(values: z.output<typeof variables>): Config {
  const isProduction = values.NODE_ENV === 'production';
  // A wildcard address is none that a browser can open.
  const visibleHost = ['0.0.0.0', '::'].includes(values.HOST) ? 'localhost' : values.HOST;
  const hostInUrl = visibleHost.includes(':') ? `[${visibleHost}]` : visibleHost;
  return {
    host: values.HOST,
    port: values.PORT,
    simulatorPort: values.TOLLGATE_SIMULATOR_PORT ?? null,
    simulatorUrl: null,
    publicUrl: (values.TOLLGATE_PUBLIC_URL ?? `http://${hostInUrl}:${values.PORT}`).replace(/\/+$/, ''),
    databaseUrl: values.DATABASE_URL ?? null,
    poolSize: values.TOLLGATE_DATABASE_POOL_SIZE,
    dataDir: values.TOLLGATE_DATA_DIR,
    encryptionKey: values.TOLLGATE_ENCRYPTION_KEY ?? null,
    corsOrigins: values.TOLLGATE_CORS_ORIGINS,
    isProduction,
    hasGraphiql: values.TOLLGATE_GRAPHIQL ?? !isProduction,
    hasIntrospection: values.TOLLGATE_INTROSPECTION ?? !isProduction,
    consoleOrigin: values.TOLLGATE_CONSOLE_ORIGIN ?? null,
    hasConsole: values.TOLLGATE_CONSOLE ?? true,
    allowsExample: values.TOLLGATE_ALLOW_EXAMPLE ?? !isProduction,
    logLevel: values.TOLLGATE_LOG_LEVEL,
    sessionLifeMs: values.TOLLGATE_SESSION_LIFE_MINUTES * MINUTE_MS,
    providerDeadlineMs: values.TOLLGATE_PROVIDER_DEADLINE_MS,
    operationLeaseMs: values.TOLLGATE_OPERATION_LEASE_MS,
    requestTimeoutMs: values.TOLLGATE_REQUEST_TIMEOUT_MS,
    drainTimeoutMs: values.TOLLGATE_DRAIN_TIMEOUT_MS,
    bodyBytesMax: values.TOLLGATE_BODY_BYTES_MAX,
    limits: {
      depthMax: values.TOLLGATE_QUERY_DEPTH_MAX,
      aliasesMax: values.TOLLGATE_QUERY_ALIASES_MAX,
      directivesMax: values.TOLLGATE_QUERY_DIRECTIVES_MAX,
      tokensMax: values.TOLLGATE_QUERY_TOKENS_MAX,
      costMax: values.TOLLGATE_QUERY_COST_MAX,
    },
    metricsToken: values.TOLLGATE_METRICS_TOKEN ?? null,
  };
}
