import { Prisma } from '../generated/prisma/client.ts';
import type { News } from './news.ts';

/**
 * SQL on the plain database or inside a transaction, written with Prisma's templates. Rows hold what Prisma would give: bigint, Date,
 * parsed JSON, bytes. The two back ends are server.ts and embedded.ts.
 */
export interface Sql {
  /** The rows of a statement. Throws the driver's error, or an error of its own where a value is undefined. */
  $queryRaw<Rows = unknown>(...statement: RawArguments): Promise<Rows>;
  /** How many rows a statement changed. */
  $executeRaw(...statement: RawArguments): Promise<number>;
  /** Tells the readers of `Database.onNews` once the transaction is committed: at once where there is none. */
  afterCommit(news: News): void;
}

type RawArguments = [query: TemplateStringsArray | Prisma.Sql, ...values: Prisma.Sql['values']];

/** How a back end sends one statement. */
export type Send = (statement: Prisma.Sql) => Promise<{ readonly rows: unknown; readonly count: number }>;

/** PostgreSQL returns ROLLBACK for COMMIT when an earlier statement failed and the caller went on. */
export const STATEMENT_FAILED = 'The database gave up the transaction, because a statement in it had failed.';

/** @param afterCommit receives the news of each commit; within a transaction, to be kept until it is committed */
export function openSql(send: Send, afterCommit: (news: News) => void): Sql {
  return {
    afterCommit,
    async $queryRaw<Rows>(...statement: RawArguments) {
      return (await send(toGivenSql(...statement))).rows as Rows;
    },
    async $executeRaw(...statement) {
      return (await send(toGivenSql(...statement))).count;
    },
  };
}

/** Prisma's client with its two calls for raw statements replaced, and with what belongs to a commit. */
export function withSql<Client extends object>(client: Client, { $queryRaw, $executeRaw, afterCommit }: Sql): Client & Sql {
  const own: Readonly<Record<string, unknown>> = { $queryRaw, $executeRaw, afterCommit };
  const get = (target: Client, name: string | symbol): unknown =>
    Object.hasOwn(own, name) ? own[String(name)] : Reflect.get(target, name, target);
  return new Proxy(client, { get }) as Client & Sql;
}

/**
 * The text and the values of a raw statement. Throws where a value is undefined: the driver would send NULL, and a condition
 * on nothing is a bug that must not reach rows. Prisma's own calls are checked by its `strictUndefinedChecks`.
 */
function toGivenSql(...[query, ...values]: RawArguments): Prisma.Sql {
  const sql = query instanceof Prisma.Sql ? query : new Prisma.Sql(query, values);
  if (sql.values.some(isMissing)) throw new Error(`A value is undefined in the statement: ${sql.sql.trim().slice(0, 200)}`);
  return sql;
}

function isMissing(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.some(isMissing));
}

const ZERO = '0'.charCodeAt(0);

/**
 * Every connection speaks UTC: `2026-01-31 12:00:00.123456+00`, with up to six digits of a second. A Date has three; the rest is
 * cut off, as Prisma does. Read digit by digit, because a page of a hundred sessions holds seven hundred of them. Throws on any
 * other form, of which JavaScript would read some as another day.
 */
export function parseInstant(text: string): Date {
  const two = (at: number): number => (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
  if (text.charAt(4) !== '-' || !text.endsWith('+00')) return parseFarInstant(text);
  const milliseconds = text.length > 22 ? Number(text.slice(20, -3).slice(0, 3).padEnd(3, '0')) : 0;
  return new Date(Date.UTC(two(0) * 100 + two(2), two(5) - 1, two(8), two(11), two(14), two(17), milliseconds));
}

/** Years beyond 9999. */
function parseFarInstant(text: string): Date {
  const instant = /^\d{5,6}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?\+00$/.test(text) ? new Date(text) : null;
  if (instant !== null && !Number.isNaN(instant.getTime())) return instant;
  throw new Error(
    'The database returned an instant in another form than ISO 8601 in UTC: check its settings DateStyle and TimeZone.',
  );
}
