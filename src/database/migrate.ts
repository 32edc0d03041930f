import type { SqlDriverAdapterFactory, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
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
 * Throws when a migration was edited after it was applied, or when an earlier run failed half-way.
 */
export async function migrate(factory: SqlMigrationAwareDriverAdapterFactory): Promise<MigrationReport> {
  const migrations = await readMigrations();
  const finished = await readFinished(factory);
  refuseEdited(migrations, finished);
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = [...finished.keys()].filter((name) => !known.has(name));
  if (migrations.every((migration) => finished.has(migration.name))) return { applied: [], unknown };
  const engine = await loadSchemaEngine(factory);
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
