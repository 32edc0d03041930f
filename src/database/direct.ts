import type { SqlDriverAdapter, SqlDriverAdapterFactory, SqlQuery, Transaction } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { Prisma, type PrismaClient } from '../generated/prisma/client.ts';
import type { Tx } from './database.ts';

/** What a pool and one of its connections have in common. */
type Queryable = Pick<pg.Pool | pg.PoolClient, 'query'>;

export interface DirectOptions {
  readonly pool: pg.Pool;
  readonly adapter: SqlDriverAdapterFactory;
  readonly statementName: (query: { sql: string }) => string;
  /** Makes the client over the adapter that it is given. */
  readonly createClient: (adapter: SqlDriverAdapterFactory) => PrismaClient;
}

export interface Direct {
  readonly client: PrismaClient;
  inTransaction<T>(run: (tx: Tx) => Promise<T>): Promise<T>;
}

/**
 * Prisma's client on a server, with `$queryRaw` and `$executeRaw` sent straight to node-postgres: on the way through Prisma such a
 * statement costs three times as much, and a transaction ten times. Models work as ever; inside a transaction they join the
 * connection when the first of them is used. Values come as Prisma gives them: bigint, Date, parsed JSON, bytes.
 */
export function openDirect(options: DirectOptions): Direct {
  const { pool, statementName } = options;
  const client = withDirectSql(options.createClient(options.adapter), { target: pool, statementName });
  const join = createJoiner(options);
  return {
    client,
    inTransaction: (run) =>
      inTransaction(pool, async (connection) => {
        const joined = join(connection);
        try {
          return await run(withDirectSql(joined.models, { target: connection, statementName }));
        } finally {
          await joined.leave();
        }
      }),
  };
}

async function inTransaction<T>(pool: pg.Pool, run: (connection: pg.PoolClient) => Promise<T>): Promise<T> {
  const connection = await pool.connect();
  // The pool listens to idle connections only; the loss of this one shows in the statement that meets it.
  const ignore = () => undefined;
  connection.on('error', ignore);
  let broken: Error | undefined;
  try {
    await connection.query(BEGIN);
    const value = await run(connection);
    const { command } = await connection.query(COMMIT);
    // So it says when a statement failed and the caller went on as if it had not.
    if (command !== 'COMMIT') throw new Error('The database gave up the transaction, because a statement in it had failed.');
    return value;
  } catch (error) {
    await connection.query('ROLLBACK').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    connection.removeListener('error', ignore);
    connection.release(broken);
  }
}

const BEGIN = { name: 'tollgate_begin', text: 'BEGIN' };
const COMMIT = { name: 'tollgate_commit', text: 'COMMIT' };

function withDirectSql<Client extends Tx>(
  client: Client,
  route: { target: Queryable; statementName: DirectOptions['statementName'] },
): Client {
  const send = (args: RawArguments) => {
    const { text, values } = toSql(args);
    return route.target.query({ name: route.statementName({ sql: text }), text, values: values.map(toParameter), types: TYPES });
  };
  const direct: Readonly<Record<string, unknown>> = {
    $queryRaw: async (...args: RawArguments) => (await send(args)).rows,
    $executeRaw: async (...args: RawArguments) => (await send(args)).rowCount ?? 0,
  };
  return new Proxy(client, { get: (target, name) => direct[String(name)] ?? Reflect.get(target, name, target) });
}

type RawArguments = [query: TemplateStringsArray | Prisma.Sql, ...values: Prisma.Sql['values']];

function toSql([query, ...values]: RawArguments): Prisma.Sql {
  return query instanceof Prisma.Sql ? query : new Prisma.Sql(query, values);
}

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

const ZERO = '0'.charCodeAt(0);

/**
 * Every connection speaks UTC: `2026-01-31 12:00:00.12+00`, to the millisecond at most. Read digit by digit, because a page of a
 * hundred sessions holds seven hundred of them.
 */
function parseInstant(text: string): Date {
  const two = (at: number): number => (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
  // A year of five digits, or one before Christ, is no instant of ours.
  if (text.charAt(4) !== '-' || !text.endsWith('+00')) return new Date(text);
  const milliseconds = text.length > 22 ? Number(text.slice(20, -3).padEnd(3, '0')) : 0;
  return new Date(Date.UTC(two(0) * 100 + two(2), two(5) - 1, two(8), two(11), two(14), two(17), milliseconds));
}

interface Joined {
  /** The models, on the connection. */
  readonly models: Tx;
  /** Lets Prisma forget the transaction; its end is the caller's business. */
  leave(): Promise<void>;
}

/**
 * Lets Prisma's models take part in a transaction that is open on a connection: a client of its own is told that it opens a
 * transaction, and is given the connection instead.
 */
function createJoiner(options: DirectOptions): (connection: pg.PoolClient) => Joined {
  let next: pg.PoolClient | null = null;
  const takeNext = (): pg.PoolClient => {
    if (next === null) throw new Error('Prisma opened a transaction that nobody asked for.');
    const connection = next;
    next = null;
    return connection;
  };
  let guests: PrismaClient | undefined;
  // One after the other, so that no two transactions swap their connections. Nothing is awaited from the database meanwhile.
  let gate: Promise<unknown> = Promise.resolve();

  function enter(connection: pg.PoolClient): { tx: Promise<Tx>; end: () => Promise<unknown> } {
    guests ??= options.createClient(handOver(options.adapter, options.statementName, takeNext));
    const client = guests;
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let done: Promise<unknown> = Promise.resolve();
    const tx = gate.then(
      () =>
        new Promise<Tx>((resolve, reject) => {
          next = connection;
          done = client.$transaction(async (guest) => {
            resolve(guest);
            await finished;
          });
          done.catch(reject);
        }),
    );
    gate = tx.catch(() => undefined);
    return {
      tx,
      async end() {
        await tx.catch(() => undefined);
        finish();
        // It holds no transaction of its own, so its end tells nothing.
        await done.catch(() => undefined);
      },
    };
  }

  return (connection) => {
    let entered: ReturnType<typeof enter> | null = null;
    const models = createLazyModels(() => {
      entered ??= enter(connection);
      return entered.tx;
    });
    return { models, leave: async () => void (await entered?.end()) };
  };
}

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;

function createLazyModels(join: () => Promise<Tx>): Tx {
  const toMethods = (model: string): Methods =>
    new Proxy(
      {},
      {
        get:
          (_target, method) =>
          async (...args: readonly unknown[]) => {
            const tx = (await join()) as unknown as Readonly<Record<string, Methods>>;
            return tx[model]?.[String(method)]?.(...args);
          },
      },
    );
  return new Proxy({} as Tx, {
    get: (_target, model) => (typeof model === 'string' && model !== 'then' ? toMethods(model) : undefined),
  });
}

/** An adapter whose transactions run on connections that have one open already, and end when their owner ends them. */
function handOver(
  factory: SqlDriverAdapterFactory,
  statementName: DirectOptions['statementName'],
  takeNext: () => pg.PoolClient,
): SqlDriverAdapterFactory {
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    async connect() {
      const adapter = await factory.connect();
      adapter.startTransaction = async () => joinTransaction(adapter, takeNext());
      return adapter;
    },
  };
}

/** The adapter's own way of asking and of reading answers, on the given connection. */
function joinTransaction(adapter: SqlDriverAdapter, connection: pg.PoolClient): Transaction {
  const onConnection = Object.assign(Object.create(adapter) as SqlDriverAdapter, { client: connection });
  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    // Prisma sends no BEGIN and no COMMIT of its own.
    options: { usePhantomQuery: true },
    queryRaw: (query: SqlQuery) => onConnection.queryRaw(query),
    executeRaw: (query: SqlQuery) => onConnection.executeRaw(query),
    commit: async () => {},
    rollback: async () => {},
  };
}
