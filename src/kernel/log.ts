import pino from 'pino';
import { maskCardNumbers } from './card-number.ts';

/** Structured logs: one JSON object per line, with ids and never with names, mails, tokens, keys or cards. */
export type Logger = pino.Logger;

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** Takes each finished line; standard output unless given. */
  readonly destination?: { write(line: string): void };
}

export function createLogger(options: LogOptions): Logger {
  const destination = options.destination ?? pino.destination({ fd: 1, sync: true });
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      errorKey: 'error',
      serializers: { error: (error: unknown) => error },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redactFields(fields, DEPTH_MAX),
        bindings: (fields) => redactFields(fields, DEPTH_MAX),
      },
    },
    // Whatever way a text took into the line (message, binding, stack), it passes here.
    { write: (line: string) => destination.write(maskText(line)) },
  );
}

const DEPTH_MAX = 6;
const REDACTED = '[redacted]';
const SECRET_NAME =
  /(token|secret|password|credentials?|authorization|cookie|secretkey|publishablekey|apikey|encryptionkey|cvc)$/i;
const PERSONAL_NAME =
  /^(billing|shipping|contact|user|payer|device|card|(billing|shipping|user)?(firstName|lastName|email|phone|address.*))$/i;
const UUID = /([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/i;
/** Our keys and tokens wherever they stand, bearer credentials of others, the secret end of a webhook path, mail addresses. */
const SECRETS_IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\b((?:sk|pk)_(?:test|live)|cst|whp|whsec|exm_(?:tok|chl))_[\w-]{8,}/g, '$1_[redacted]'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 [redacted]'],
  [/(\/webhooks\/(?:[\w-]+\/)?)[\w-]{16,}/g, '$1[redacted]'],
  [/[\w.+%-]+@[\w-]+(?:\.[\w-]+)+/g, '[email]'],
];

/** The text without card numbers, keys, tokens and mail addresses. Ids of ours pass, whatever digits they hold. */
export function maskText(text: string): string {
  const masked = SECRETS_IN_TEXT.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
  return masked
    .split(UUID)
    .map((part, index) => (index % 2 === 1 ? part : maskCardNumbers(part)))
    .join('');
}

function redactFields(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const isHidden = value !== null && value !== undefined && (SECRET_NAME.test(name) || PERSONAL_NAME.test(name));
      return [name, isHidden ? REDACTED : redactValue(value, depth)];
    }),
  );
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth === 0) return '[too deep]';
  if (value instanceof Error) return describeError(value, depth - 1);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth - 1));
  return redactFields(value as Record<string, unknown>, depth - 1);
}

/** Prisma quotes the whole call, values included, above the last line of a message; the frames alone are taken from the stack. */
function describeError(error: Error, depth: number): Record<string, unknown> {
  const message = error.name.startsWith('PrismaClient') ? error.message.split('\n').at(-1) : error.message;
  const code = 'code' in error ? { code: String(error.code) } : {};
  const cause = error.cause === undefined ? {} : { cause: redactValue(error.cause, depth) };
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return { type: error.name, message, ...code, ...cause, stack: frames.map((frame) => frame.trim()) };
}
