import type { Database, Tx } from '../database/database.ts';
import { tableOf } from '../database/table.ts';
import { type LogEpoch, Prisma } from '../generated/prisma/client.ts';

/**
 * The order of the log rests on the numbers of PostgreSQL's transactions, and those belong to one database: where a dump is
 * restored, they start again. So a database that finds itself to be another one begins a new epoch. The events of an epoch are
 * numbered behind all events of the epochs before it.
 */

const epochs = tableOf<LogEpoch>('log_epochs', Prisma.LogEpochScalarFieldEnum);

/** More transactions than a database can have had. There is room for 888 epochs in the 18 digits of a cursor. */
const EPOCH_SIZE = 2n ** 50n;

/** The number that the transactions of the present epoch are counted from. */
export const EPOCH_BASE = Prisma.sql`(SELECT COALESCE(max(ordinal), 0) * ${EPOCH_SIZE}::bigint FROM log_epochs)`;

/** Begins an epoch where this is not the database that the last one was written in. To be called before anything is written. */
export async function openEpoch(database: Database): Promise<void> {
  await database.inTransaction(async (tx) => {
    const identity = await readIdentity(tx);
    const last = await readLastEpoch(tx);
    if (last?.database === identity) return;
    // Gateways that start together wait here; the later ones find the epoch begun.
    await tx.$executeRaw`LOCK TABLE log_epochs IN SHARE ROW EXCLUSIVE MODE`;
    const latest = await readLastEpoch(tx);
    if (latest?.database === identity) return;
    const ordinal = latest === null ? 0 : latest.ordinal + 1;
    await tx.$executeRaw`${epochs.insert({ ordinal, database: identity })}`;
    if (ordinal > 0) await tx.$executeRaw(numberFrom(BigInt(ordinal) * EPOCH_SIZE));
  });
}

async function readLastEpoch(tx: Tx): Promise<Pick<LogEpoch, 'ordinal' | 'database'> | null> {
  const [row] = await tx.$queryRaw<LogEpoch[]>`SELECT ordinal, database FROM log_epochs ORDER BY ordinal DESC LIMIT 1`;
  return row ?? null;
}

/**
 * The cluster, the database in it, and the cluster's history: after a failover or a restore to an earlier point, transactions that
 * readers have seen may be gone and their numbers used again.
 */
async function readIdentity(tx: Tx): Promise<string> {
  const [row] = await tx.$queryRaw<[{ database: string; timeline: string; mayReadCluster: boolean }]>`
    SELECT oid::text AS database, left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline,
      has_function_privilege('pg_control_system()', 'EXECUTE') AS "mayReadCluster"
    FROM pg_database WHERE datname = current_database()`;
  if (!row.mayReadCluster) return `${row.database}:${row.timeline}`;
  const [cluster] = await tx.$queryRaw<[{ id: string }]>`SELECT system_identifier::text AS id FROM pg_control_system()`;
  return `${cluster.id}:${row.database}:${row.timeline}`;
}

/** DDL takes no parameters. */
function numberFrom(base: bigint): Prisma.Sql {
  return Prisma.raw(`ALTER TABLE events ALTER COLUMN xid SET DEFAULT pg_current_xact_id()::text::bigint + ${base}`);
}
