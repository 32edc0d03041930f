import { hkdfSync, randomBytes } from 'node:crypto';
import pg from 'pg';
import { openRuntime } from '../src/cli/runtime.ts';
import { readConfig } from '../src/config.ts';
import { createLogger } from '../src/kernel/log.ts';
import type { Result } from '../src/kernel/result.ts';
import { createMerchant } from '../src/merchants/create-merchant.ts';
import { addProviderAccount } from '../src/merchants/manage-accounts.ts';
import { createKey } from '../src/merchants/manage-keys.ts';
import { webhookPathOf } from '../src/merchants/provider-account.ts';
import type { Business } from '../test/support/million.ts';
import type { OperationName } from './operations.ts';
import type { Environment } from './processes.ts';

const DATABASE_PREFIX = 'tollgate_bench_';
const POOL_SIZE = 10;

export interface Shop {
  readonly merchantId: string;
  readonly accountId: string;
  readonly key: string;
  readonly publishableKey: string;
  /** The account's address for notifications, and what they are signed with. */
  readonly webhook: { readonly path: string; readonly secret: string };
}

/** A new database with merchants that each have a secret key and an EXAMPLE account. */
export interface Bench {
  readonly databaseUrl: string;
  readonly masterKey: Uint8Array;
  /** For both servers. */
  readonly environment: Environment;
  /** One each for payments, paging and the million. */
  readonly shops: readonly [Shop, Shop, Shop];
  /** The key that an operation is asked with. */
  keyOf(operation: OperationName): string;
  query(text: string, values?: readonly unknown[]): Promise<pg.QueryResult>;
  /** Drops the database. */
  remove(): Promise<void>;
}

export async function prepareBench(): Promise<Bench> {
  const serverUrl = process.env['DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
  const database = `${DATABASE_PREFIX}${process.pid}`;
  const databaseUrl = Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href;
  await onServer(serverUrl, dropLeftovers);
  await onServer(serverUrl, (server) => server.query(`CREATE DATABASE ${database}`));
  const masterKey = randomBytes(32);
  const environment = {
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    TOLLGATE_DATABASE_POOL_SIZE: String(POOL_SIZE),
    TOLLGATE_ENCRYPTION_KEY: masterKey.toString('base64'),
    TOLLGATE_ALLOW_EXAMPLE: 'true',
    BENCH_FINGERPRINT_KEY: deriveKey(masterKey, 'tollgate fingerprint'),
    BENCH_WEBHOOK_KEY: deriveKey(masterKey, 'tollgate fingerprint webhook-path'),
  };
  const shops = await createShops(environment);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  // The database may end the idle connection when it is dropped.
  pool.on('error', () => {});
  return {
    databaseUrl,
    masterKey,
    environment: { ...environment, BENCH_WEBHOOK_SECRET: shops[0].webhook.secret },
    shops,
    keyOf(operation) {
      if (operation === 'page') return shops[1].key;
      return operation === 'base-config' ? shops[0].publishableKey : shops[0].key;
    },
    query: (text, values) => pool.query(text, values === undefined ? undefined : [...values]),
    async remove() {
      await pool.end();
      await onServer(serverUrl, (server) => server.query(`DROP DATABASE ${database} WITH (FORCE)`));
    },
  };
}

export async function createShops(environment: Environment): Promise<readonly [Shop, Shop, Shop]> {
  const config = must(readConfig(environment));
  const log = createLogger({ level: 'error' });
  // As a gateway does, so that the database knows its key before anything is sealed with it.
  const { app, close } = await openRuntime(config, log);
  const createShop = async (name: string): Promise<Shop> => {
    const merchant = must(await createMerchant(app.deps, { name, returnOrigins: [], publicId: null }));
    const scope = { merchantId: merchant.id, environment: 'TEST' } as const;
    const bank = { provider: 'EXAMPLE', label: 'bank', baseUrl: null, credentials: {} } as const;
    const account = must(await addProviderAccount(app.deps, scope, bank));
    const secret = must(await createKey(app.deps, scope, { kind: 'SECRET', label: 'bench', expiresAt: null }));
    const publishable = must(await createKey(app.deps, scope, { kind: 'PUBLISHABLE', label: 'bench', expiresAt: null }));
    const webhook = { path: webhookPathOf(account), secret: account.credentials['webhookSecret'] ?? '' };
    return { merchantId: merchant.id, accountId: account.id, key: secret.text, publishableKey: publishable.text, webhook };
  };
  try {
    return [await createShop('payments'), await createShop('pages'), await createShop('million')];
  } finally {
    await close();
  }
}

/** The part of seeded sessions that is the shop's own, in a hundred. */
export const OWN_IN_100 = 80;

/** As many sessions as asked for, over the three months before now. */
export function businessOf({ merchantId, accountId }: Shop, count: number): Business {
  const accounts = [{ id: accountId, provider: 'EXAMPLE' }];
  return { merchantId, accounts, count, before: new Date(), days: 90, strangersIn100: 100 - OWN_IN_100 };
}

function deriveKey(masterKey: Uint8Array, purpose: string): string {
  return Buffer.from(hkdfSync('sha256', masterKey, '', purpose, 32)).toString('hex');
}

/** Databases of runs that were cut short: no process has their number, and nothing is connected. */
async function dropLeftovers(server: pg.Client): Promise<void> {
  const { rows } = await server.query<{ datname: string }>(
    `SELECT datname FROM pg_database WHERE starts_with(datname, $1) AND datname NOT IN (
       SELECT datname FROM pg_stat_activity WHERE datname IS NOT NULL)`,
    [DATABASE_PREFIX],
  );
  for (const { datname } of rows) {
    if (!isRunning(Number(datname.slice(DATABASE_PREFIX.length)))) await server.query(`DROP DATABASE IF EXISTS "${datname}"`);
  }
}

function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

async function onServer(serverUrl: string, work: (server: pg.Client) => Promise<unknown>): Promise<void> {
  const server = new pg.Client({ connectionString: serverUrl });
  await server.connect();
  try {
    await work(server);
  } finally {
    await server.end();
  }
}

function must<T, R>(result: Result<T, R>): T {
  if (!result.ok) throw new Error(`The benchmark could not be prepared: ${JSON.stringify(result.refusal)}`);
  return result.value;
}
