import pg from 'pg';
import { findPooler, keepsStatements, type Pooler } from './pooler.ts';
import { type ConnectionConfig, connectOnce, settleConnection } from './server-connection.ts';
import type { ServerAddress } from './server-url.ts';
import { checkSettings, schemaOf, sessionOptions } from './session-settings.ts';
import { DatabaseUnusable, explain, placeOf } from './unusable.ts';

/** What is known about the server before anything is written to it. */
export interface Preflight {
  readonly config: ConnectionConfig;
  readonly pooler: Pooler;
  readonly facts: ServerFacts;
}

export interface ServerFacts {
  /** As in `server_version_num`: 150004 is 15.4. */
  readonly version: number;
  readonly encoding: string;
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
  /** From `synchronous_commit = off`: a crash of the server could lose what it has acknowledged. */
  readonly isCommitAsynchronous: boolean;
  /** From `session_replication_role = replica`: triggers and foreign keys do nothing. */
  readonly isReplica: boolean;
  readonly user: string;
  /** Whether the schema of the tables exists. */
  readonly hasSchema: boolean;
  readonly mayCreate: boolean;
  /** Tables of the schema, but those of extensions. */
  readonly tables: readonly string[];
  /** Those of them that the user may not read and write; of `_prisma_migrations`, not read. */
  readonly closedTables: readonly string[];
  /** Names in `_prisma_migrations`; empty where that table is missing. */
  readonly migrations: readonly string[];
}

/** Migrations run on PostgreSQL 15 in the tests; 13 is the first version with the functions that the event log is ordered by. */
const VERSION_MIN = 13;
const MIGRATIONS_TABLE = '_prisma_migrations';

/**
 * Connects once, with the settings that every session will have, and looks at everything that would fail later, or do harm. Throws DatabaseUnusable with a sentence; writes nothing.
 *
 * @param known names of this build's migrations, oldest first
 */
export async function examineServer(address: ServerAddress, known: readonly string[]): Promise<Preflight> {
  const config = await settleConnection(address);
  const sessionConfig = address.isPooled ? config : { ...config, options: sessionOptions(address) };
  const client = await connectOnce(sessionConfig, address);
  try {
    const facts = await readFacts(client, schemaOf(address));
    const obstacle = findObstacle(facts, address, known);
    if (obstacle !== null) throw new DatabaseUnusable(obstacle);
    const pooler = await findPooler(client, () => connectOnce(sessionConfig, address));
    if (pooler === 'transaction') await checkPooler(client, address, { facts, known });
    // Such a session is opened without settings, so it shows what every later one has. Before migrations: they follow the schema.
    if (address.isPooled) await checkSettings(client, address);
    return { config, pooler, facts };
  } catch (error) {
    throw explain(error, address);
  } finally {
    await client.end();
  }
}

async function checkPooler(
  client: pg.Client,
  address: ServerAddress,
  { facts, known }: { facts: ServerFacts; known: readonly string[] },
): Promise<void> {
  const where = `The database at ${placeOf(address)} is behind a connection pooler in transaction mode`;
  if (!address.isPooled && !(await keepsStatements(client))) {
    throw new DatabaseUnusable(
      `${where}, which loses prepared statements. Add pgbouncer=true to DATABASE_URL, or name the server itself there.`,
    );
  }
  if (!address.isPooled) {
    throw new DatabaseUnusable(
      `${where}, which drops the settings of a session. Add pgbouncer=true to DATABASE_URL, or name the server itself there.`,
    );
  }
  const pending = known.filter((name) => !facts.migrations.includes(name));
  if (pending.length > 0) {
    throw new DatabaseUnusable(
      `${where}, and migrations have to run first, which need a connection of their own. Run \`npx tollgate migrate\` once with ` +
        'DATABASE_URL naming the server itself, not the pooler, and start again.',
    );
  }
}

/** Why the gateway must not work on this database, and what to do; null where it may. */
export function findObstacle(facts: ServerFacts, address: ServerAddress, known: readonly string[]): string | null {
  const where = `The database "${address.database}" at ${placeOf(address)}`;
  const schema = schemaOf(address);
  const elsewhere = 'Name another database in DATABASE_URL, or add schema=tollgate for tables of its own';
  if (facts.version < VERSION_MIN * 10_000) {
    return `${where} runs on PostgreSQL ${Math.floor(facts.version / 10_000)}; Tollgate needs ${VERSION_MIN} or later. Update the server.`;
  }
  if (facts.encoding !== 'UTF8') {
    return (
      `${where} has the encoding ${facts.encoding}, which cannot hold every name. Create one with UTF-8 (CREATE DATABASE ... ENCODING ` +
      "'UTF8' TEMPLATE template0) and name it in DATABASE_URL."
    );
  }
  if (facts.isStandby) return `${where} is a read-only standby. Name the primary in DATABASE_URL.`;
  if (facts.isReadOnly) {
    return `${where} is read-only for "${facts.user}" (default_transaction_read_only). Turn that off, or use another user in DATABASE_URL.`;
  }
  if (facts.isReplica) {
    return (
      `${where} gives "${facts.user}" the setting session_replication_role = replica, which turns triggers and foreign keys off. ` +
      `Run ALTER ROLE "${facts.user}" IN DATABASE "${address.database}" SET session_replication_role = 'origin', or use another user in DATABASE_URL.`
    );
  }
  if (facts.closedTables.includes(MIGRATIONS_TABLE)) return describeClosed(facts, { where, schema });
  const [init] = known;
  const isOurs = init !== undefined && facts.migrations.includes(init);
  if (!isOurs && facts.migrations.length > 0) {
    return `${where} belongs to another application: its table ${MIGRATIONS_TABLE} holds ${facts.migrations[0]}. ${elsewhere}.`;
  }
  const foreign = facts.tables.filter((name) => name !== MIGRATIONS_TABLE);
  if (!isOurs && foreign.length > 0) {
    return `${where} has tables of another application in the schema ${schema}, such as ${foreign[0]}. ${elsewhere}.`;
  }
  return findMissingRight(facts, { where, schema, isPending: known.some((name) => !facts.migrations.includes(name)) });
}

function findMissingRight(facts: ServerFacts, place: { where: string; schema: string; isPending: boolean }): string | null {
  const { where, schema } = place;
  if (place.isPending && !facts.mayCreate) {
    const name = pg.escapeIdentifier(schema);
    const grant = facts.hasSchema ? `GRANT USAGE, CREATE ON SCHEMA ${name} TO "${facts.user}"` : `CREATE SCHEMA ${name}`;
    return `${where} does not let "${facts.user}" create tables in the schema ${schema}. Run ${grant}, or use another user in DATABASE_URL.`;
  }
  return facts.closedTables.length === 0 ? null : describeClosed(facts, place);
}

function describeClosed(facts: ServerFacts, { where, schema }: { where: string; schema: string }): string {
  const name = pg.escapeIdentifier(schema);
  return (
    `${where} does not let "${facts.user}" read and write ${facts.closedTables[0]}. Run GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN ` +
    `SCHEMA ${name} TO "${facts.user}" and GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${name} TO "${facts.user}", or use the owner in DATABASE_URL.`
  );
}

type Catalog = Omit<ServerFacts, 'migrations'>;

async function readFacts(client: pg.Client, schema: string): Promise<ServerFacts> {
  const { rows } = await client.query<Catalog>(CATALOG, [schema]);
  const [catalog] = rows;
  if (catalog === undefined) throw new Error('The database returned no row.');
  const isReadable = catalog.tables.includes(MIGRATIONS_TABLE) && !catalog.closedTables.includes(MIGRATIONS_TABLE);
  return { ...catalog, migrations: isReadable ? await readMigrationNames(client, schema) : [] };
}

async function readMigrationNames(client: pg.Client, schema: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT migration_name AS name FROM "${schema}"."${MIGRATIONS_TABLE}" WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

// The names of the catalogue are spelt out, because an extended search path could stand before it. The schema is looked up by its exact
// name: to_regnamespace() reads a name as in a statement, where capitals become small letters.
const CATALOG = `
  WITH tables AS (
    SELECT c.oid, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm')
      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'))
  SELECT pg_catalog.current_setting('server_version_num')::int AS "version",
    pg_catalog.pg_encoding_to_char(d.encoding) AS "encoding",
    pg_catalog.pg_is_in_recovery() AS "isStandby",
    pg_catalog.current_setting('transaction_read_only') = 'on' AS "isReadOnly",
    pg_catalog.current_setting('synchronous_commit') = 'off' AS "isCommitAsynchronous",
    pg_catalog.current_setting('session_replication_role') = 'replica' AS "isReplica",
    current_user::text AS "user",
    n.oid IS NOT NULL AS "hasSchema",
    CASE WHEN n.oid IS NULL THEN pg_catalog.has_database_privilege(d.oid, 'CREATE')
      ELSE pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_schema_privilege(n.oid, 'CREATE') END AS "mayCreate",
    ARRAY(SELECT relname::text FROM tables ORDER BY 1) AS "tables",
    ARRAY(SELECT relname::text FROM tables WHERE NOT (pg_catalog.has_table_privilege(oid, 'SELECT') AND (relname = '_prisma_migrations'
      OR pg_catalog.has_table_privilege(oid, 'INSERT') AND pg_catalog.has_table_privilege(oid, 'UPDATE') AND pg_catalog.has_table_privilege(oid, 'DELETE'))) ORDER BY 1) AS "closedTables"
  FROM pg_catalog.pg_database d LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1
  WHERE d.datname = pg_catalog.current_database()`;
