// Writes what changed in prisma/schema.prisma as SQL.
//   npm run migration                   prints the difference between the migrations and the schema
//   npm run migration -- <name>         writes it to prisma/migrations/<stamp>_<name>/migration.sql
//   npm run migration -- --rewrite      writes the one migration again from the schema, before anything is released
// Hand-written SQL below the marker line stays as it is.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { embeddedAdapter } from '../src/database/embedded.ts';
import {
  loadSchemaEngine,
  MIGRATIONS_FOLDER,
  type Migration,
  readMigrations,
  toMigrationList,
} from '../src/database/schema-engine.ts';

const MARKER = '-- Hand-written from here on';
const SCHEMA = join(MIGRATIONS_FOLDER, '../schema.prisma');

const [argument] = process.argv.slice(2);
if (argument === undefined)
  process.stdout.write((await difference(await readMigrations())) || 'The migrations match the schema.\n');
else if (argument === '--rewrite') await rewrite();
else await add(argument);

/** SQL that leads from the given migrations to the schema. */
async function difference(migrations: readonly Migration[]): Promise<string> {
  const engine = await loadSchemaEngine(embeddedAdapter(await PGlite.create()));
  const { stdout } = await engine.diff({
    from: migrations.length === 0 ? { tag: 'empty' } : { tag: 'migrations', ...toMigrationList(migrations) },
    to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: await readFile(SCHEMA, 'utf8') }] },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  // Every database has this schema, and the user that runs the gateway need not be allowed to create one.
  const sql = (stdout ?? '').replace('-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS "public";\n', '').trim();
  return sql === '' || sql.startsWith('-- This is an empty migration') ? '' : `${sql}\n`;
}

async function add(name: string): Promise<void> {
  if (!/^[a-z0-9_]+$/.test(name)) throw new Error('A migration is named with lower-case letters, digits and underscores.');
  const sql = await difference(await readMigrations());
  if (sql === '') return void process.stdout.write('The migrations match the schema: nothing to write.\n');
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  await write(`${stamp}_${name}`, sql);
}

async function rewrite(): Promise<void> {
  const [only, ...others] = await readMigrations();
  if (only === undefined || others.length > 0) throw new Error('Only a single, unreleased migration can be written again.');
  const at = only.sql.indexOf(MARKER);
  await write(only.name, `${await difference([])}\n${at < 0 ? '' : only.sql.slice(at)}`);
}

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(MIGRATIONS_FOLDER, name), { recursive: true });
  await writeFile(join(MIGRATIONS_FOLDER, name, 'migration.sql'), sql);
  process.stdout.write(`prisma/migrations/${name}/migration.sql is written.\n`);
}
