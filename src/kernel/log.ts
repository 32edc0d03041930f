import pino from 'pino';
import { maskText } from './masks.ts';

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
  const destination = options.destination ?? openStandardOutput();
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      errorKey: 'error',
      hooks: {
        logMethod(args, method) {
          method.apply(this, args.map((arg: unknown) => (typeof arg === 'string' ? cut(arg) : arg)) as typeof args);
        },
      },
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

/** A terminal that was closed, or a disk that is full, must not end the process: payments go on without a log. */
function openStandardOutput(): { write(line: string): void } {
  const output = pino.destination({ fd: 1, sync: true });
  output.on('error', () => undefined);
  return output;
}

const DEPTH_MAX = 6;
const REDACTED = '[redacted]';
const SECRET_NAME =
  /(token|secret|password|credentials?|authorization|cookie|secretkey|publishablekey|apikey|encryptionkey|databaseurl|cvc)$/i;
const PERSONAL_NAME =
  /^(billing|shipping|contact|user|payer|device|card|(billing|shipping|user)?(firstName|lastName|email|phone|address.*))$/i;
/** Of one text. A longer one is cut, because masking and writing it would hold up the process. */
const TEXT_LENGTH_MAX = 2_000;
const ITEMS_MAX = 100;

function cut(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX)}… (${text.length} characters)`;
}

function redactFields(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .slice(0, ITEMS_MAX)
      .map(([name, value]) => {
        const isHidden = value !== null && value !== undefined && (SECRET_NAME.test(name) || PERSONAL_NAME.test(name));
        return [name, isHidden ? REDACTED : redactValue(value, depth)];
      }),
  );
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return cut(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth === 0) return '[too deep]';
  if (value instanceof Error) return describeError(value, depth - 1);
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => redactValue(item, depth - 1));
  return redactFields(value as Record<string, unknown>, depth - 1);
}

/** What JSON.parse says repeats a part of the text. */
function messageOf({ name, message }: Error): string {
  if (name === 'SyntaxError' && message.includes('JSON')) return 'A text is not valid JSON.';
  return name.startsWith('PrismaClient') ? (message.split('\n').at(-1) ?? '') : message;
}

/** Prisma quotes the whole call, values included, above the last line of a message; the frames alone are taken from the stack. */
function describeError(error: Error, depth: number): Record<string, unknown> {
  const message = cut(messageOf(error));
  const code = 'code' in error ? { code: String(error.code) } : {};
  const cause = error.cause === undefined ? {} : { cause: redactValue(error.cause, depth) };
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return { type: error.name, message, ...code, ...cause, stack: frames.slice(0, ITEMS_MAX).map((frame) => cut(frame.trim())) };
}
