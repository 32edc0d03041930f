import { fdatasyncSync } from 'node:fs';
import { PGlite, type Transaction, types } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { SECOND_MS } from '../kernel/clock.ts';
import { within } from '../kernel/within.ts';
import { GROW, isDiskFull } from './disk-full.ts';
import { type News, publishAfter } from './news.ts';
import { withWholeScripts } from './script.ts';
import { openSql, parseInstant, type Send, type Sql, STATEMENT_FAILED } from './sql.ts';
import type { WriteState } from './write-check.ts';

/** `fsync` keeps every commit through a power cut; `relaxed` keeps it through the death of the process only (tests). */
export type Durability = 'fsync' | 'relaxed';

/** Opens the PostgreSQL in the folder, creating it (some seconds) when the folder is empty. Only its owner may do this. */
export async function openEmbedded(folder: string, durability: Durability): Promise<PGlite> {
  if (durability === 'relaxed') return PGlite.create(folder);
  // PGlite starts with -F, which turns fsync off. Without it, and with `fsync` as the way to flush the log, the server calls
  // the file system's fsync. Its default, fdatasync, is compiled to nothing.
  const startParams = [...PGlite.defaultStartParams.filter((param) => param !== '-F'), '-c', 'wal_sync_method=fsync'];
  return PGlite.create({ fs: new DurableFs(folder), startParams });
}

interface EmscriptenModule {
  NODEFS: { stream_ops: { fsync?: (stream: { nfd?: number }) => number } };
}

/** PGlite's folder on disk, with the fsync that its file system leaves out. */
class DurableFs extends NodeFS {
  override async init(...[pg, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const addFsync = (module: unknown): void => {
      (module as EmscriptenModule).NODEFS.stream_ops.fsync = ({ nfd }) => {
        if (nfd !== undefined) fdatasyncSync(nfd);
        return 0;
      };
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), addFsync] } };
  }
}

/** Prisma's door to PGlite. A shadow database, which only the drawing up of migrations needs, is a second one in memory. */
export function embeddedAdapter(pglite: PGlite): SqlMigrationAwareDriverAdapterFactory {
  const { provider, adapterName } = new PrismaPGlite(pglite);
  const connectTo = async (target: PGlite): Promise<SqlDriverAdapter> => {
    const adapter: unknown = await new PrismaPGlite(target).connect();
    return withWholeScripts(adapter as SqlDriverAdapter, (script) => target.exec(script));
  };
  return {
    provider,
    adapterName,
    connect: () => connectTo(pglite),
    connectToShadowDb: async () => connectTo(await PGlite.create()),
  };
}

const PARSERS = { [types.INT8]: BigInt, [types.TIMESTAMPTZ]: parseInstant };

const CHECK_LIMIT_MS = 2 * SECOND_MS;

export interface EmbeddedSql {
  readonly sql: Sql;
  inTransaction<T>(run: (tx: Sql) => Promise<T>): Promise<T>;
  /** Within two seconds. Never throws. */
  checkWrites(): Promise<WriteState>;
}

/** SQL by PGlite, past Prisma's adapter. It has one connection, so transactions and single statements take turns. */
export function openEmbeddedSql(pglite: PGlite, publish: (news: News) => void): EmbeddedSql {
  // Until a file could grow again.
  let isFull = false;
  const onFailure = (error: unknown): void => {
    if (isDiskFull(error)) isFull = true;
  };
  const grow = () => pglite.transaction((transaction) => transaction.exec(GROW));
  return {
    sql: openSql(sendTo(pglite, onFailure), publish),
    async checkWrites() {
      const checked = isFull ? grow().then(() => void (isFull = false)) : pglite.query('SELECT 1');
      return within(CHECK_LIMIT_MS, checked).then(
        (outcome) => (outcome === 'late' ? 'unreachable' : 'writable'),
        (error: unknown) => (isDiskFull(error) ? 'full' : 'unreachable'),
      );
    },
    inTransaction: <T>(run: (tx: Sql) => Promise<T>) =>
      publishAfter(publish, (keep) =>
        pglite.transaction(async (transaction) => {
          const send = sendTo(transaction, onFailure);
          let hasFailed = false;
          const watched: Send = (statement) =>
            send(statement).catch((error: unknown) => {
              hasFailed = true;
              throw error;
            });
          const value = await run(openSql(watched, keep));
          if (hasFailed) throw new Error(STATEMENT_FAILED);
          return value;
        }),
      ),
  };
}

function sendTo(target: Pick<PGlite | Transaction, 'query'>, onFailure: (error: unknown) => void): Send {
  return async ({ text, values }) => {
    const { rows, affectedRows } = await target.query(text, values, { parsers: PARSERS }).catch((error: object) => {
      onFailure(error);
      // PGlite adds the values of the statement, which must not reach a log.
      throw Object.assign(error, { query: undefined, params: undefined });
    });
    return { rows, count: affectedRows ?? 0 };
  };
}
