import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import { loadSchemaEngine, type Migration, readMigrations, toMigrationList } from './schema-engine.ts';

export interface MigrationReport {
  /** Names of what this call applied, oldest first. */
  readonly applied: readonly string[];
  /** Names that the database has and this build does not know: a newer gateway has been here. */
  readonly unknown: readonly string[];
}

/**
 * Brings the database to the newest migration. Safe when several processes start at once: the engine holds an advisory lock, so
 * the factory must give one and the same connection each time. Costs two small queries when there is nothing to do.
 * A run that a signal or a crash interrupted is taken up again. Throws when a migration was edited after it was applied, or when
 * the database refused one.
 */
export async function migrate(factory: SqlMigrationAwareDriverAdapterFactory): Promise<MigrationReport> {
  const migrations = await readMigrations();
  const finished = await readFinished(factory);
  refuseEdited(migrations, finished);
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = [...finished.keys()].filter((name) => !known.has(name));
  if (migrations.every((migration) => finished.has(migration.name))) return { applied: [], unknown };
  await forgetInterrupted(factory, migrations);
  const engine = await loadSchemaEngine(withMarks(factory, migrations));
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: toMigrationList(migrations),
      filters: { externalTables: [], externalEnums: [] },
    });
    return { applied: appliedMigrationNames, unknown };
  } finally {
    engine.free();
  }
}

/**
 * Marks a migration as finished in the transaction that applies it, which the engine does only afterwards. One without the mark was
 * therefore not applied, whatever ended the process.
 */
function withMarks(
  factory: SqlMigrationAwareDriverAdapterFactory,
  migrations: readonly Migration[],
): SqlMigrationAwareDriverAdapterFactory {
  const markOf = (script: string): string => {
    const migration = migrations.find(({ sql }) => sql === script);
    if (migration === undefined) return '';
    const ofMigration = `migration_name = '${migration.name}' AND finished_at IS NULL AND rolled_back_at IS NULL`;
    return `\n;\nUPDATE _prisma_migrations SET finished_at = now() WHERE ${ofMigration}`;
  };
  const connect = async (): Promise<SqlDriverAdapter> => {
    const adapter = await factory.connect();
    const send = adapter.executeScript.bind(adapter);
    adapter.executeScript = (script) => send(`${script}${markOf(script)}`);
    return adapter;
  };
  const { provider, adapterName } = factory;
  return { provider, adapterName, connect, connectToShadowDb: () => factory.connectToShadowDb() };
}

/** The engine's own lock on migrations. It belongs to the connection, which may take it more than once. */
const LOCK = 'SELECT pg_advisory_lock(72707369)::text';

/** Lets a migration that was begun and not applied begin again. Under the lock, so that no process is still applying it. */
async function forgetInterrupted(factory: SqlDriverAdapterFactory, migrations: readonly Migration[]): Promise<void> {
  const adapter = await factory.connect();
  try {
    const run = (sql: string) => adapter.queryRaw({ sql, args: [], argTypes: [] });
    await run(LOCK);
    const { rows } = await run(`SELECT to_regclass('_prisma_migrations') IS NOT NULL`);
    if (rows[0]?.[0] !== true) return;
    const names = migrations.map(({ name }) => `'${name}'`).join(', ');
    // The engine writes down what the database said of one that failed: that is for a person.
    await run(
      `DELETE FROM _prisma_migrations
        WHERE finished_at IS NULL AND rolled_back_at IS NULL AND logs IS NULL AND migration_name IN (${names})`,
    );
  } finally {
    await adapter.dispose();
  }
}

/** Name and checksum of each migration that was applied to its end. */
async function readFinished(factory: SqlDriverAdapterFactory): Promise<ReadonlyMap<string, string>> {
  const adapter = await factory.connect();
  try {
    const query = async (sql: string): Promise<readonly (readonly unknown[])[]> =>
      (await adapter.queryRaw({ sql, args: [], argTypes: [] })).rows;
    const [[hasTable] = []] = await query(`SELECT to_regclass('_prisma_migrations') IS NOT NULL`);
    if (hasTable !== true) return new Map();
    const rows = await query(
      'SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    return new Map(rows.map(([name, checksum]) => [String(name), String(checksum)]));
  } finally {
    await adapter.dispose();
  }
}

function refuseEdited(migrations: readonly Migration[], finished: ReadonlyMap<string, string>): void {
  const edited = migrations.filter(({ name, checksum }) => (finished.get(name) ?? checksum) !== checksum);
  if (edited.length === 0) return;
  const names = edited.map((migration) => migration.name).join(', ');
  throw new Error(
    `The database was migrated with another text of ${names}. Applied migrations never change: restore the original file, ` +
      'or start on an empty database.',
  );
}
