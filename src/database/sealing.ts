import { type EncryptionKey, Prisma } from '../generated/prisma/client.ts';
import type { Logger } from '../kernel/log.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { type LegacyVault, SEAL_PREFIX, type SealedColumn, type Vault } from '../kernel/secret.ts';
import type { Database, Models, Tx } from './database.ts';

interface Keys {
  readonly vault: Vault;
  /** Opens what the first version sealed. Used here alone, once for each database. */
  readonly legacy: LegacyVault;
  readonly log: Logger;
}

const WRONG_KEY =
  'The encryption key is not the one that this database was sealed with. Set TOLLGATE_ENCRYPTION_KEY to that one; for the embedded ' +
  'database, restore the file encryption-key in its data folder.';

/**
 * Makes the key the database's own at the first start, and compares it at each later one. Of gateways that start at once with
 * different keys, one claims the database and the others are refused. Throws when the database belongs to another key.
 *
 * A database of the first version is sealed again for the places of its values, before anything else reads it. A later start accepts
 * no value of the old form: bytes from an old backup open nowhere.
 */
export async function claimForKey(database: Database, keys: Keys): Promise<void> {
  const { client } = database;
  const { keyId, checkValue } = keys.vault;
  if ((await readKey(client)) === null) {
    await refuseForeignSeals(client, keys.legacy);
    await client.$executeRaw`
      INSERT INTO encryption_keys (id, key_id, check_value) VALUES (1, ${keyId}, ${checkValue}) ON CONFLICT DO NOTHING`;
  }
  const known = await readKey(client);
  if (known?.checkValue !== checkValue) throw new Error(WRONG_KEY);
  if (known.resealedAt === null) await resealAll(database, keys);
}

/** By SQL: a model loads Prisma's query compiler, and a start asks for nothing else by one. */
async function readKey(tx: Tx): Promise<Pick<EncryptionKey, 'checkValue' | 'resealedAt'> | null> {
  const [key] = await tx.$queryRaw<Pick<EncryptionKey, 'checkValue' | 'resealedAt'>[]>`
    SELECT check_value AS "checkValue", resealed_at AS "resealedAt" FROM encryption_keys WHERE id = 1`;
  return key ?? null;
}

/** A database without a mark is empty or of the first version, whose oldest account then opens in the old form. */
async function refuseForeignSeals(models: Models, legacy: LegacyVault): Promise<void> {
  const sample = await models.providerAccount.findFirst({ orderBy: { createdAt: 'asc' }, select: { credentials: true } });
  if (sample !== null && openLegacy(legacy, sample.credentials) === undefined) throw new Error(WRONG_KEY);
}

type SealedRow = MerchantScope & { readonly id: string } & Readonly<Record<string, Uint8Array | null>>;
type Opened = Readonly<Record<string, unknown>>;

interface SealedTable {
  readonly name: 'provider_accounts' | 'sessions' | 'operations';
  readonly columns: readonly string[];
  /** Fingerprints that follow from the opened values, under the formula of their kind. */
  readonly fingerprints: Readonly<Record<string, (opened: Opened, vault: Vault) => string | null>>;
}

/** `challenge_url` was not sealed by the first version. */
const TABLES: readonly SealedTable[] = [
  {
    name: 'provider_accounts',
    columns: ['credentials'],
    fingerprints: {
      webhook_fingerprint({ credentials }, vault) {
        const secret = (credentials as Readonly<Record<string, string>> | undefined)?.['webhookPathSecret'];
        return secret === undefined ? null : vault.fingerprint(secret, 'webhook-path');
      },
    },
  },
  {
    name: 'sessions',
    columns: ['token', 'payload', 'provider_state', 'client_token'],
    fingerprints: {
      token_fingerprint: ({ token }, vault) => fingerprintOf(vault, 'session-token', token),
      client_token_fingerprint: ({ client_token: token }, vault) => fingerprintOf(vault, 'client-token', token),
    },
  },
  { name: 'operations', columns: ['request'], fingerprints: {} },
];

function fingerprintOf(vault: Vault, kind: 'session-token' | 'client-token', token: unknown): string | null {
  return typeof token === 'string' ? vault.fingerprint(token, kind) : null;
}

const BATCH = 200;
const CONSTRAIN_ATTEMPTS = 3;

async function resealAll(database: Database, keys: Keys): Promise<void> {
  for (const table of TABLES) await resealUntilHeld(database, keys, table);
  await database.client.$executeRaw`UPDATE encryption_keys SET resealed_at = now() WHERE id = 1 AND resealed_at IS NULL`;
}

/** A gateway of the first version that still runs may write while this goes on: then the database refuses the constraint, and once more. */
async function resealUntilHeld(database: Database, keys: Keys, table: SealedTable): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const count = await resealTable(database, keys, table);
    if (count > 0) keys.log.info({ table: table.name, rows: count }, 'values of an earlier version were sealed again');
    try {
      await holdToFormat(database, table);
      return;
    } catch (error) {
      if (attempt === CONSTRAIN_ATTEMPTS) throw error;
    }
  }
}

/** From here on the database takes no value of the old form, whichever gateway writes it. */
async function holdToFormat(database: Database, { name, columns }: SealedTable): Promise<void> {
  const sealed = [...columns, ...(name === 'sessions' ? ['challenge_url'] : [])];
  const prefix = `'\\x${Buffer.from(SEAL_PREFIX).toString('hex')}'::bytea`;
  const condition = sealed.map((column) => `substring(${column} FROM 1 FOR ${SEAL_PREFIX.length}) = ${prefix}`).join(' AND ');
  await database.inTransaction(async (tx) => {
    await tx.$executeRaw`SELECT id FROM encryption_keys WHERE id = 1 FOR UPDATE`;
    await tx.$executeRaw(Prisma.raw(`ALTER TABLE ${name} DROP CONSTRAINT IF EXISTS ${name}_sealed`));
    await tx.$executeRaw(Prisma.raw(`ALTER TABLE ${name} ADD CONSTRAINT ${name}_sealed CHECK (${condition})`));
  });
}

/** Returns how many rows were sealed again. Two gateways may do this at once: a row is held while it is changed. */
async function resealTable(database: Database, keys: Keys, table: SealedTable): Promise<number> {
  let after = '00000000-0000-0000-0000-000000000000';
  let count = 0;
  for (;;) {
    const batch = await database.inTransaction(async (tx) => {
      const rows = await lockRows(tx, table, after);
      const old = rows.filter((row) => table.columns.some((column) => isOld(keys.vault, row[column] ?? null)));
      for (const row of old) await resealRow(tx, keys, { table, row });
      return { last: rows.at(-1)?.id ?? null, resealed: old.length };
    });
    count += batch.resealed;
    if (batch.last === null) return count;
    after = batch.last;
  }
}

function lockRows(tx: Tx, { name, columns }: SealedTable, after: string): Promise<SealedRow[]> {
  const list = Prisma.raw(columns.join(', '));
  return tx.$queryRaw<SealedRow[]>`
    SELECT id, merchant_id AS "merchantId", environment, ${list} FROM ${Prisma.raw(name)}
    WHERE id > ${after}::uuid ORDER BY id LIMIT ${BATCH} FOR UPDATE`;
}

async function resealRow(tx: Tx, keys: Keys, { table, row }: { table: SealedTable; row: SealedRow }): Promise<void> {
  const { id, merchantId, environment } = row;
  const opened: Record<string, unknown> = {};
  const changes: Prisma.Sql[] = [];
  for (const column of table.columns) {
    const sealed = row[column] ?? null;
    if (sealed === null || !isOld(keys.vault, sealed)) continue;
    opened[column] = openLegacy(keys.legacy, sealed);
    const place = { column: `${table.name}.${column}` as SealedColumn, row: { id, merchantId, environment } };
    const value = opened[column] === undefined ? setAside(keys, { table, row, column }) : keys.vault.seal(place, opened[column]);
    changes.push(Prisma.sql`${Prisma.raw(column)} = ${value}::bytea`);
  }
  for (const [column, compute] of Object.entries(table.fingerprints)) {
    const fingerprint = compute(opened, keys.vault);
    if (fingerprint !== null) changes.push(Prisma.sql`${Prisma.raw(column)} = ${fingerprint}`);
  }
  await tx.$executeRaw`UPDATE ${Prisma.raw(table.name)} SET ${Prisma.join(changes)} WHERE id = ${id}::uuid`;
}

/** A value that never opened does not open now either. Its bytes are kept behind a header, so that the row can still change. */
function setAside(keys: Keys, { table, row, column }: { table: SealedTable; row: SealedRow; column: string }): Uint8Array {
  keys.log.error({ table: table.name, column, id: row.id }, 'a sealed value does not open: it was sealed with another key');
  return new Uint8Array(Buffer.concat([headerOf(keys.vault), row[column] ?? new Uint8Array()]));
}

function headerOf({ keyId }: Vault): Buffer {
  return Buffer.concat([SEAL_PREFIX, Buffer.from(keyId, 'hex')]);
}

/** By the whole header: a random nonce of the old form does not begin with it. */
function isOld(vault: Vault, sealed: Uint8Array | null): boolean {
  if (sealed === null) return false;
  const header = headerOf(vault);
  return !Buffer.from(sealed).subarray(0, header.length).equals(header);
}

/** Undefined for what does not open. No sealed value is undefined itself. */
function openLegacy(legacy: LegacyVault, sealed: Uint8Array): unknown {
  try {
    return legacy.open(sealed);
  } catch {
    return undefined;
  }
}
