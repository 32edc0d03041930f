import type pg from 'pg';
import type { ServerAddress } from './server-url.ts';
import { DatabaseUnusable, placeOf } from './unusable.ts';
import { OWN_SETTINGS } from './url-options.ts';

/** The settings that bound what a connection may do to others, and that Tollgate sets for each transaction where it must. */
const PER_TRANSACTION = ['jit', 'lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout'] as const;

/** Set only where the database or the role has turned it off, because there are stricter values than `on`. */
const SYNCHRONOUS_COMMIT = 'synchronous_commit';

/** Settings without which data would be read or written wrongly: how a session shows that it has them, and what is wrong without. */
const NEEDED: readonly { readonly name: string; readonly holds: string; readonly problem: string }[] = [
  {
    name: 'TimeZone',
    holds: `'2000-07-01 00:00:00'::timestamptz = '2000-07-01 00:00:00+00'::timestamptz`,
    problem: 'is not in UTC',
  },
  { name: 'DateStyle', holds: `'2000-07-31'::date::text = '2000-07-31'`, problem: 'writes dates in another style than ISO' },
  {
    name: 'standard_conforming_strings',
    holds: `current_setting('standard_conforming_strings') = 'on'`,
    problem: 'takes backslashes in texts for escapes',
  },
  { name: 'extra_float_digits', holds: `current_setting('extra_float_digits')::integer >= 0`, problem: 'rounds numbers' },
];

/** The schema of the tables. */
export function schemaOf({ schema }: Pick<ServerAddress, 'schema'>): string {
  return schema ?? 'public';
}

/**
 * All settings of a session, as PostgreSQL takes them when a connection opens. Those of the URL come first and cannot change the
 * gateway's own.
 *
 * @param overridden further settings that must not stay as the database has them
 */
export function sessionOptions(address: ServerAddress, overridden: readonly string[] = []): string {
  const own = { ...OWN_SETTINGS, ...Object.fromEntries(overridden.map((name) => [name, valueOf(name)])) };
  return [address.options, ...Object.entries(own).map(toSwitch), searchPath(address)].join(' ').trim();
}

/** The settings that the database or the role must not decide, and has decided. */
export function overriddenBy(facts: { readonly isCommitAsynchronous: boolean }): readonly string[] {
  return facts.isCommitAsynchronous ? [SYNCHRONOUS_COMMIT] : [];
}

function valueOf(name: string): string {
  return name === SYNCHRONOUS_COMMIT ? 'on' : (OWN_SETTINGS[name] ?? '');
}

/** For migrations: as a session of the gateway, without its time limits, because an index may take longer. */
export function migrationOptions(address: ServerAddress): string {
  const settings = Object.entries(OWN_SETTINGS).filter(([name]) => !name.endsWith('_timeout'));
  return [address.options, ...settings.map(toSwitch), searchPath(address)].join(' ').trim();
}

function searchPath(address: ServerAddress): string {
  return toSwitch(['search_path', `"${schemaOf(address)}"`]);
}

function toSwitch([name, value]: readonly [name: string, value: string]): string {
  return `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`;
}

/** Opens a transaction. */
export const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/** Opens a transaction and sets for it what the session has not, in one message and so on one connection of a pooler. */
export function limitedBegin(overridden: readonly string[]): string {
  return [BEGIN, ...[...PER_TRANSACTION, ...overridden].map((name) => `SET LOCAL ${name} = '${valueOf(name)}'`)].join('; ');
}

interface Settings {
  /** For each of `NEEDED`, in its order. */
  readonly holds: readonly boolean[];
  readonly schema: string | null;
  readonly user: string;
  readonly missing: readonly string[];
}

/**
 * Reads which settings a new session has. Throws where one is missing without which data would be wrong: the schema, or
 * one of `NEEDED`. Returns the names of missing settings that only limit or speed up, which a pooler may have dropped.
 */
export async function checkSettings(client: Pick<pg.ClientBase, 'query'>, address: ServerAddress): Promise<readonly string[]> {
  const { holds, schema, user, missing } = await readSettings(client);
  const role = `ALTER ROLE "${user}" IN DATABASE "${address.database}" SET`;
  const wrong = NEEDED.find((_, index) => holds[index] !== true);
  if (wrong !== undefined) {
    throw new DatabaseUnusable(
      `The connection to the database at ${placeOf(address)} ${wrong.problem}: run ${role} ${wrong.name} = '${valueOf(wrong.name)}' and start again.`,
    );
  }
  if (schema !== schemaOf(address)) {
    throw new DatabaseUnusable(
      `The connection to the database at ${placeOf(address)} uses the schema ${schema ?? '(none)'} and not ${schemaOf(address)}: run ` +
        `${schema === null ? `CREATE SCHEMA IF NOT EXISTS "${schemaOf(address)}"; ` : ''}${role} search_path = '${schemaOf(address)}' and start again.`,
    );
  }
  return missing;
}

/** What an administrator runs so that a pooler's connections have the settings too. */
export function remedyFor(missing: readonly string[], { user, database }: { user: string; database: string }): string {
  return missing.map((name) => `ALTER ROLE "${user}" IN DATABASE "${database}" SET ${name} = '${valueOf(name)}';`).join(' ');
}

async function readSettings(client: Pick<pg.ClientBase, 'query'>): Promise<Settings> {
  const { rows } = await client.query<Omit<Settings, 'missing'> & { settings: Readonly<Record<string, string>> }>(`
    SELECT ARRAY[${NEEDED.map(({ holds }) => holds).join(', ')}] AS "holds",
      current_schema() AS "schema", session_user AS "user",
      (SELECT json_object_agg(name, setting) FROM pg_settings
        WHERE name IN ('jit', 'lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout')) AS "settings"`);
  const [row] = rows;
  if (row === undefined) throw new Error('The database returned no row.');
  // A limit set elsewhere is a limit too. Zero means no limit.
  const isMissing = (name: string): boolean => row.settings[name] === (name === 'jit' ? 'on' : '0');
  return { ...row, missing: PER_TRANSACTION.filter(isMissing) };
}
