import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { given } from '../kernel/given.ts';
import type { ServerAddress } from './server-url.ts';
import { DatabaseUnusable, explain } from './unusable.ts';
import { OWN_SETTINGS } from './url-options.ts';

/** How every connection to the server is opened. */
export type ConnectionConfig = pg.ClientConfig & { readonly ssl: false | ConnectionOptions };

/** With TLS settled: certificates are read, and `prefer` asks the server once whether it offers TLS. */
export async function settleConnection(address: ServerAddress): Promise<ConnectionConfig> {
  const ssl = await loadTls(address);
  const config = {
    host: address.host,
    port: address.port,
    user: address.user ?? userInfo().username,
    ...given({ password: address.password }),
    database: address.database,
    application_name: address.applicationName,
    connectionTimeoutMillis: address.connectTimeoutMs,
    ssl,
  };
  return address.tls.mode === 'prefer' && !(await offersTls(config)) ? { ...config, ssl: false } : config;
}

/**
 * A connection outside of any pool. It names its time zone and the style of dates while it opens, which PostgreSQL and PgBouncer
 * both keep for its life; other session settings travel in `options`, which a pooler in transaction mode drops or refuses.
 */
export class UtcClient extends pg.Client {
  /** node-postgres asks this for what it says when a connection opens. It has no option for these. */
  getStartupConf(): Record<string, string> {
    const { getStartupConf } = pg.Client.prototype as unknown as { getStartupConf(this: pg.Client): Record<string, string> };
    const { TimeZone = '', DateStyle = '' } = OWN_SETTINGS;
    return { ...getStartupConf.call(this), TimeZone, DateStyle };
  }
}

export async function connectOnce(config: pg.ClientConfig, address: ServerAddress): Promise<pg.Client> {
  const client = new UtcClient(config);
  // Its loss shows in the statement that meets it.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw explain(error, address);
  }
  return client;
}

async function offersTls(config: ConnectionConfig): Promise<boolean> {
  const client = new pg.Client(config);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
  } catch (error) {
    // Any other trouble shows again, and is explained, when the connection is opened for use.
    return !/does not support SSL connections/.test((error as Error).message);
  }
  return true;
}

async function loadTls({ tls }: ServerAddress): Promise<false | ConnectionOptions> {
  if (tls.mode === 'disable') return false;
  const options: ConnectionOptions = given({
    ca: tls.rootCertPath === null || tls.rootCertPath === 'system' ? null : await readPem('sslrootcert', tls.rootCertPath),
    cert: tls.certPath === null ? null : await readPem('sslcert', tls.certPath),
    key: tls.keyPath === null ? null : await readPem('sslkey', tls.keyPath),
    passphrase: tls.keyPassword,
  });
  switch (tls.mode) {
    case 'prefer':
    case 'require':
      return { ...options, rejectUnauthorized: false };
    case 'verify-ca':
      return { ...options, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      return { ...options, rejectUnauthorized: true };
  }
}

async function readPem(parameter: string, path: string): Promise<string> {
  let text = '';
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DatabaseUnusable(
      `The file ${path}, which ${parameter} in DATABASE_URL names, cannot be read (${code}). Correct the path or the rights of the file.`,
    );
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new DatabaseUnusable(
    `The file ${path}, which ${parameter} in DATABASE_URL names, is not in PEM form. Convert it with openssl.`,
  );
}
