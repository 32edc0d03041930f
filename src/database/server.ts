import pg from 'pg';
import { type News, publishAfter } from './news.ts';
import { openSql, parseInstant, type Send, type Sql, STATEMENT_FAILED } from './sql.ts';

/** What a pool and one of its connections have in common. */
type Queryable = Pick<pg.Pool | pg.PoolClient, 'query'>;

export interface ServerOptions {
  readonly pool: pg.Pool;
  /** The name under which a text is prepared; empty for an unnamed statement. */
  readonly statementName: (query: { sql: string }) => string;
  /** The text that opens a transaction. */
  readonly begin: string;
  readonly publish: (news: News) => void;
}

/**
 * SQL by node-postgres, past Prisma's adapter: through it a statement costs three times as much, and a transaction ten times.
 */
export function openServerSql(options: ServerOptions): { sql: Sql; inTransaction<T>(run: (tx: Sql) => Promise<T>): Promise<T> } {
  return {
    sql: openSql(sendTo(options.pool, options), options.publish),
    inTransaction: (run) =>
      publishAfter(options.publish, (keep) =>
        inTransaction(options, (connection) => run(openSql(sendTo(connection, options), keep))),
      ),
  };
}

function sendTo(target: Queryable, { statementName }: Pick<ServerOptions, 'statementName'>): Send {
  // `text` is a getter that joins its parts at each access, so it is read once.
  return async ({ text, values }) => {
    const name = statementName({ sql: text });
    const { rows, rowCount } = await target.query({ name, text, values: values.map(toParameter), types: TYPES });
    return { rows, count: rowCount ?? 0 };
  };
}

async function inTransaction<T>(
  { pool, begin, statementName }: ServerOptions,
  run: (connection: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  try {
    // Several statements in one text cannot be prepared.
    await connection.query(begin.includes(';') ? { text: begin } : { name: statementName({ sql: begin }), text: begin });
    const value = await run(connection);
    await commit(connection, statementName);
    return value;
  } catch (error) {
    await connection.query('ROLLBACK').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    connection.release(broken);
  }
}

async function commit(connection: pg.PoolClient, statementName: ServerOptions['statementName']): Promise<void> {
  const { command } = await connection.query({ name: statementName({ sql: COMMIT }), text: COMMIT }).catch((cause: Error) => {
    // An error of the statement is a response; the end of the connection is not.
    if (cause instanceof pg.DatabaseError && cause.severity === 'ERROR') throw cause;
    throw new Error('The connection was lost at a commit: the transaction may have been committed.', { cause });
  });
  if (command !== 'COMMIT') throw new Error(STATEMENT_FAILED);
}

const COMMIT = 'COMMIT';

/** node-postgres writes a Date in the zone of the process, which costs more to say and to read. */
function toParameter(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}

const { builtins, getTypeParser } = pg.types;
const PARSERS = new Map<number, (text: string) => unknown>([
  [builtins.INT8, BigInt],
  [builtins.TIMESTAMPTZ, parseInstant],
]);
const TYPES: pg.CustomTypesConfig = { getTypeParser: (oid) => PARSERS.get(oid) ?? getTypeParser(oid) };
