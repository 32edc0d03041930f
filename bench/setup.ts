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
import type { Business } from '../test/support/million.ts';
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

/** The part of seeded sessions that is the shop's own, in a hundred. */
export const OWN_IN_100 = 80;

/** As many sessions as asked for, over the three months before now. */
export function businessOf({ merchantId, accountId }: Shop, count: number): Business {
  const accounts = [{ id: accountId, provider: 'EXAMPLE' }];
  return { merchantId, accounts, count, before: new Date(), days: 90, strangersIn100: 100 - OWN_IN_100 };
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
