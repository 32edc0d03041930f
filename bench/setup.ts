import { hkdfSync, randomBytes } from 'node:crypto';
import pg from 'pg';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { openDatabase } from '../src/database/database.ts';
import { createLogger } from '../src/kernel/log.ts';
import type { Result } from '../src/kernel/result.ts';
import { createVault } from '../src/kernel/secret.ts';
import { createKey } from '../src/merchants/keys.ts';
import { createMerchant } from '../src/merchants/merchants.ts';
import { addProviderAccount } from '../src/merchants/provider-accounts.ts';
import type { Environment } from './processes.ts';

const DATABASE = 'tollgate_bench';
const POOL_SIZE = 10;

export interface Shop {
  readonly merchantId: string;
  readonly accountId: string;
  readonly key: string;
}

/** A new database with merchants that each have a secret key and an EXAMPLE account. */
export interface Bench {
  readonly databaseUrl: string;
  /** For both servers. */
  readonly environment: Environment;
  /** One each for starting, paging and the million. */
  readonly shops: readonly [Shop, Shop, Shop];
  query(text: string, values?: readonly unknown[]): Promise<pg.QueryResult>;
  /** Drops the database. */
  remove(): Promise<void>;
}

export async function prepareBench(): Promise<Bench> {
  const serverUrl = process.env['DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
  const databaseUrl = Object.assign(new URL(serverUrl), { pathname: `/${DATABASE}` }).href;
  await onServer(serverUrl, `DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
  await onServer(serverUrl, `CREATE DATABASE ${DATABASE}`);
  const masterKey = randomBytes(32);
  const environment = {
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    TOLLGATE_DATABASE_POOL_SIZE: String(POOL_SIZE),
    TOLLGATE_ENCRYPTION_KEY: masterKey.toString('base64'),
    TOLLGATE_ALLOW_EXAMPLE: 'true',
    BENCH_FINGERPRINT_KEY: Buffer.from(hkdfSync('sha256', masterKey, '', 'tollgate fingerprint', 32)).toString('hex'),
  };
  const shops = await createShops(environment);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  return {
    databaseUrl,
    environment,
    shops,
    query: (text, values) => pool.query(text, values === undefined ? undefined : [...values]),
    async remove() {
      await pool.end();
      await onServer(serverUrl, `DROP DATABASE ${DATABASE} WITH (FORCE)`);
    },
  };
}

async function createShops(environment: Environment): Promise<readonly [Shop, Shop, Shop]> {
  const config = must(readConfig(environment));
  const log = createLogger({ level: 'error' });
  const database = await openDatabase({ ...config, log });
  const app = createApp({ config, database, vault: createVault(config.encryptionKey ?? randomBytes(32)), log });
  const createShop = async (name: string): Promise<Shop> => {
    const merchant = must(await createMerchant(app.deps, { name, returnOrigins: [], publicId: null }));
    const scope = { merchantId: merchant.id, environment: 'TEST' } as const;
    const bank = { provider: 'EXAMPLE', label: 'bank', baseUrl: null, credentials: {} } as const;
    const account = must(await addProviderAccount(app.deps, scope, bank));
    const secret = must(await createKey(app.deps, scope, { kind: 'SECRET', label: 'bench', expiresAt: null }));
    return { merchantId: merchant.id, accountId: account.id, key: secret.text };
  };
  try {
    return [await createShop('starts'), await createShop('pages'), await createShop('million')];
  } finally {
    await database.close();
  }
}

/** The part of seeded sessions that is the shop's own. */
export const OWN_SHARE = 0.8;

/** What `count` sessions of a shop look like: one in five belongs to another merchant, and instants come in threes. */
const SEED = `
INSERT INTO sessions (id, merchant_id, environment, provider_account_id, provider, kind, status, phase, amount, currency, store_payment_method,
  code, customer_id, token_fingerprint, token, token_expires_at, expires_at, attempts_max, attempts, provider_code, payload, provider_state,
  billing, metadata, started_at, ended_at, next_check_at, version, created_at, updated_at)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
  CASE WHEN i % 5 = 0 THEN ('00000000-0000-7000-8000-00000000000' || i / 5 % 4)::uuid ELSE $1::uuid END,
  'TEST', $2::uuid, 'EXAMPLE', 'PAYMENT',
  CASE WHEN i % 100 < 70 THEN 'COMPLETED' WHEN i % 100 < 90 THEN 'EXPIRED' WHEN i % 100 < 98 THEN 'DECLINED' ELSE 'CANCELED' END,
  'closed', 100 + i * 7919 % 100000, CASE WHEN i % 10 < 6 THEN 'USD' WHEN i % 10 < 9 THEN 'EUR' ELSE 'GBP' END, false,
  'order-' || i, md5('customer ' || i % 10000)::uuid, hash || md5(hash), decode(hash, 'hex'), at + interval '30 minutes',
  at + interval '30 minutes', 5, 1, 'exm_pay_' || substr($1, 20) || hash, decode(hash || hash || hash, 'hex'), decode(hash, 'hex'),
  '{"firstName": "Jane", "lastName": "Smith", "email": "jane@example.com", "country": "US"}', '{}', at,
  at + i * 7919 % 900 * interval '1 second', NULL, 2, at, at
FROM (
  SELECT i, md5($1 || ' ' || i) AS hash, timestamptz '2026-01-01' + i / 3 * interval '9 seconds' AS at
  FROM generate_series(1::bigint, $3::bigint) AS i
) AS made`;

const SEED_CUSTOMERS = `
INSERT INTO customers (id, merchant_id, environment, code, contact, created_at, updated_at)
SELECT md5('customer ' || i)::uuid, $1::uuid, 'TEST', 'customer-' || i, '{}', timestamptz '2026-01-01', timestamptz '2026-01-01'
FROM generate_series(0, 9999) AS i`;

export async function seedSessions(bench: Bench, shop: Shop, count: number): Promise<void> {
  await bench.query(SEED, [shop.merchantId, shop.accountId, count]);
  await bench.query('ANALYZE sessions');
}

/** Indexes are made anew behind the rows, which takes a third of the time. */
export async function seedMillion(bench: Bench, shop: Shop, count: number): Promise<void> {
  const { rows } = await bench.query(
    `SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'sessions' AND indexname <> 'sessions_pkey'`,
  );
  await bench.query(SEED_CUSTOMERS, [shop.merchantId]);
  for (const { indexname } of rows) await bench.query(`DROP INDEX "${indexname}"`);
  await bench.query(SEED, [shop.merchantId, shop.accountId, count]);
  for (const { indexdef } of rows) await bench.query(indexdef);
  await bench.query('ANALYZE sessions');
  await bench.query('ANALYZE customers');
  await bench.query('CHECKPOINT');
}

const SEED_DECLINES = `
INSERT INTO transactions (id, merchant_id, environment, provider_account_id, provider, action, status, amount, currency, decline_reason,
  decline_advice, settled_amount, refunded_amount, refund_reserved, version, created_at, updated_at)
SELECT gen_random_uuid(), $1::uuid, 'TEST', $2::uuid, 'EXAMPLE', 'PAYMENT', 'DECLINED', 100, 'USD',
  (ARRAY['INSUFFICIENT_FUNDS', 'GENERIC', 'EXPIRED_CARD', 'LOST_OR_STOLEN'])[1 + i % 4], 'LATER', 0, 0, 0, 1, at, at
FROM (
  SELECT i, timestamptz '2026-01-01' + i * interval '30 seconds' AS at FROM generate_series(1::bigint, $3::bigint) AS i
) AS made`;

/** Attempts that were declined; how many are shown is known to the index alone once they were vacuumed, as the server does by itself. */
export async function seedDeclines(bench: Bench, shop: Shop, count: number): Promise<void> {
  await bench.query(SEED_DECLINES, [shop.merchantId, shop.accountId, count]);
  await bench.query('VACUUM ANALYZE transactions');
}

async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function must<T, R>(result: Result<T, R>): T {
  if (!result.ok) throw new Error(`The benchmark could not be prepared: ${JSON.stringify(result.refusal)}`);
  return result.value;
}
