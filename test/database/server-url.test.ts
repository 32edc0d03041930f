import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { readServerUrl, type ServerAddress, URL_PARAMETERS, withEnvironment } from '../../src/database/server-url.ts';
import { migrationOptions, sessionOptions } from '../../src/database/session-settings.ts';
import { OWN_SETTINGS } from '../../src/database/url-options.ts';

const TLS = { rootCertPath: null, certPath: null, keyPath: null, keyPassword: null } as const;

function addressOf(url: string): ServerAddress {
  const read = readServerUrl(url);
  if (!read.ok) throw new Error(read.refusal.join('; '));
  return read.value;
}

function problemsOf(url: string): string {
  const read = readServerUrl(url);
  return read.ok ? 'accepted' : read.refusal.join('; ');
}

describe('DATABASE_URL', () => {
  it('has the defaults of libpq where it says nothing', () => {
    expect(addressOf('postgres://db.example/shop')).toEqual({
      host: 'db.example',
      port: 5432,
      user: null,
      password: null,
      database: 'shop',
      schema: null,
      tls: { mode: 'prefer', ...TLS },
      options: '',
      applicationName: 'tollgate',
      connectTimeoutMs: 10_000,
      connectionLimit: null,
      isPooled: false,
    });
  });

  it.each<readonly [url: string, expected: Partial<ServerAddress>]>([
    ['postgresql://u:p@h:6432/d', { host: 'h', port: 6432, user: 'u', password: 'p', database: 'd' }],
    ['postgres://u:p%40%3A%2F%3F%23%25@h/d', { password: 'p@:/?#%' }],
    ['postgres://u:p@ss@h/d', { password: 'p@ss', host: 'h' }],
    ['postgres://u:100%@h/d', { password: '100%' }],
    ['postgres://u:pä ß@h/d', { password: 'pä ß' }],
    ['postgres://u@h/d?password=p%26q', { password: 'p&q' }],
    ['postgres://u@h/shop%2Feu', { database: 'shop/eu' }],
    ['postgres://u@[::1]:5433/d', { host: '::1', port: 5433 }],
    ['postgres://u@/d?host=/var/run/postgresql', { host: '/var/run/postgresql', database: 'd' }],
    ['postgres:///d?host=/var/run/postgresql&user=u', { host: '/var/run/postgresql', user: 'u' }],
    ['postgres://u@%2Fvar%2Frun%2Fpostgresql/d', { host: '/var/run/postgresql' }],
    ['postgres://u@h?dbname=d', { database: 'd' }],
    ['postgres://u@h/d?schema=', { schema: null }],
    ['postgres://u@h/d?schema=public', { schema: null }],
    ['postgres://u@h/d?schema=tollgate', { schema: 'tollgate' }],
    ['postgres://u@h/d?application_name=eu-1', { applicationName: 'eu-1' }],
    ['postgres://u@h/d?connect_timeout=3', { connectTimeoutMs: 3_000 }],
    ['postgres://u@h/d?connection_limit=5', { connectionLimit: 5 }],
    ['postgres://u@h/d?pgbouncer=true', { isPooled: true }],
    ['postgres://u@h/d?pgbouncer=false', { isPooled: false }],
    ['postgres://u@h/d?options=-c%20work_mem%3D64MB', { options: '-c work_mem=64MB' }],
    [
      'postgres://u@h/d?options=-c%20search%3D1%20--my.name%3Da%5C%20-c%5C%20jit%3Don',
      { options: '-c search=1 --my.name=a\\ -c\\ jit=on' },
    ],
    ['postgres://u@h/d?channel_binding=prefer&gssencmode=disable&target_session_attrs=read-write', { host: 'h' }],
  ])('%s is read as it is meant', (url, expected) => {
    expect(addressOf(url)).toMatchObject(expected);
  });

  it.each<readonly [query: string, mode: string]>([
    ['', 'prefer'],
    ['sslmode=disable', 'disable'],
    ['sslmode=prefer', 'prefer'],
    ['sslmode=require', 'require'],
    ['sslmode=no-verify', 'require'],
    ['sslmode=require&sslrootcert=ca.pem', 'verify-ca'],
    ['sslmode=verify-ca&sslrootcert=ca.pem', 'verify-ca'],
    ['sslmode=verify-full', 'verify-full'],
    ['sslmode=verify-full&sslrootcert=system', 'verify-full'],
    ['sslrootcert=ca.pem', 'verify-full'],
    ['ssl=true', 'verify-full'],
    ['ssl=false', 'disable'],
    ['sslaccept=strict', 'verify-full'],
    ['sslaccept=accept_invalid_certs', 'require'],
    ['sslmode=require&host=/var/run/postgresql', 'disable'],
    ['host=127.0.0.1', 'disable'],
    ['host=localhost&sslmode=require', 'require'],
  ])('with "%s" uses TLS as %s', (query, mode) => {
    expect(addressOf(`postgres://u@h/d?${query}`).tls.mode).toBe(mode);
  });

  const SECRET = 'hunter2';
  it.each<readonly [url: string, problem: RegExp]>([
    ['mysql://u:hunter2@h/d', /must begin with postgres:\/\//],
    ['postgres:/u:hunter2@h/d', /must begin with postgres:\/\//],
    ['postgres://u:hunter2/x@h/d', /as %40 %3A %2F/],
    ['postgres://u:hunter2#x@h/d', /as %40 %3A %2F/],
    ['postgres://u:hunter2?x@h/d', /as %40 %3A %2F/],
    ['postgres://u:5?hunter2@h/d', /as %40 %3A %2F/],
    ['postgres://u:hunter2@h:port/d', /as %40 %3A %2F/],
    ['postgres://u:hunter2@h:70000/d', /as %40 %3A %2F/],
    ['postgres://u:hunter2@h/d/e', /as %40 %3A %2F/],
    ['postgres://u:hunter2@h', /names no database: add its name/],
    ['postgres://u:hunter2@h/', /names no database: add its name/],
    ['postgres://u:hunter2@h1:5432,h2:5432/d', /several hosts\. Name one/],
    ['postgres://u:hunter2@h1,h2/d', /several hosts\. Name one/],
    ['postgres://u:hunter2@/d?host=h1,h2', /several hosts\. Name one/],
    ['postgres://u:hunter2@h/d?port=hunter2', /invalid port: write a whole number from 1 to 65535/],
    ['postgres://u:hunter2@h/d?schema=a%22b', /invalid schema: write a name/],
    ['postgres://u:hunter2@h/d?schema=pg_hunter2', /schema that belongs to PostgreSQL\. Write another name/],
    ['postgres://u:hunter2@h/d?schema=information_schema', /schema that belongs to PostgreSQL\. Write another name/],
    ['postgres://u:hunter2@h/d?sslmode=hunter2', /invalid sslmode: write one of disable, prefer/],
    ['postgres://u:hunter2@h/d?sslmode=allow', /invalid sslmode: write one of disable, prefer/],
    ['postgres://u:hunter2@h/d?sslmode=verify-ca', /without sslrootcert: name the file/],
    ['postgres://u:hunter2@h/d?sslmode=require&sslrootcert=system', /needs sslmode=verify-full/],
    ['postgres://u:hunter2@h/d?sslcert=hunter2', /needs sslcert and sslkey together/],
    ['postgres://u:hunter2@h/d?ssl=hunter2', /invalid ssl: write ssl=true or ssl=false/],
    ['postgres://u:hunter2@h/d?pgbouncer=hunter2', /invalid pgbouncer: write/],
    ['postgres://u:hunter2@h/d?connect_timeout=0', /invalid connect_timeout: write a whole number from 1 to 120/],
    ['postgres://u:hunter2@h/d?connection_limit=0', /invalid connection_limit: write a whole number from 1 to 500/],
    ['postgres://u:hunter2@h/d?pool_timeout=hunter2', /parameter pool_timeout, which .* connect_timeout says/],
    ['postgres://u:hunter2@h/d?statement_cache_size=0', /statement_cache_size, .* pgbouncer=true/],
    ['postgres://u:hunter2@h/d?sslidentity=hunter2', /sslidentity, .* sslcert=PATH&sslkey=PATH/],
    ['postgres://u:hunter2@h/d?channel_binding=require', /channel_binding, .*verify-full/],
    ['postgres://u:hunter2@h/d?target_session_attrs=standby', /target_session_attrs, .* can write to/],
    ['postgres://u:hunter2@h/d?never_heard_of=hunter2', /never_heard_of, .* Leave it out/],
    ['postgres://u:hunter2@h/d?constructor=hunter2', /constructor, .* Leave it out/],
    ['postgres://u:hunter2@h/d?__proto__=hunter2', /__proto__, .* Leave it out/],
    ['postgres://u:hunter2@h/d?options=-c%20search_path%3Dx', /search_path in options\. Write schema=NAME/],
    ['postgres://u:hunter2@h/d?options=--search-path%3Dx', /search_path in options\. Write schema=NAME/],
    ['postgres://u:hunter2@h/d?options=-cclient_encoding%3DLATIN1', /client_encoding in options\. Leave it out/],
    ['postgres://u:hunter2@h/d?options=-c%20search%5C_path%3Dhunter2', /search_path in options\. Write schema=NAME/],
    ['postgres://u:hunter2@h/d?options=-c%20default_transaction_read_only%3Don', /read_only in options\. .*has to write/],
    ['postgres://u:hunter2@h/d?options=-c%20synchronous_commit%3Doff', /synchronous_commit in options\. .*must not be lost/],
    ['postgres://u:hunter2@h/d?options=--session-replication-role%3Dreplica', /session_replication_role in options\. .*triggers/],
    ['postgres://u:hunter2@h/d?options=-B%2012', /options that cannot be read: write each setting as -c name=value/],
    ['postgres://u:hunter2@h/d?options=-c%20work_mem', /options that cannot be read/],
    ['postgres://u:hunter2@h/d?options=-c', /options that cannot be read/],
    ['postgres://u:hunter2@h/d?options=--single', /options that cannot be read/],
    ['postgres://u:hunter2@h/d?options=hunter2', /options that cannot be read/],
    ['postgres://u:hunter2@h/d?options=-e%20-c%20work_mem%3D1MB', /options that cannot be read/],
    ['postgres://u:hunter2@h/d?pgbouncer=true&options=-c%20work_mem%3D1MB', /options beside pgbouncer=true/],
  ])('%s is refused with what to do', (url, problem) => {
    expect(problemsOf(url)).toMatch(problem);
    expect(problemsOf(url)).not.toContain(SECRET);
    const environment = { DATABASE_URL: url, TOLLGATE_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64') };
    const read = readConfig(environment);
    expect(read.ok ? [] : read.refusal.map(({ variable }) => variable)).toContain('DATABASE_URL');
  });

  it.each(
    Object.keys(OWN_SETTINGS).flatMap((name) => [
      `-c ${name}=0`,
      `-c${name}=0`,
      `--${name.replaceAll('_', '-')}=0`,
      `-c work_mem=1MB -c ${name.toUpperCase()}=0`,
    ]),
  )('refuses the option "%s", because the gateway sets it', (options) => {
    expect(problemsOf(`postgres://u@h/d?options=${encodeURIComponent(options)}`)).toMatch(
      /in options, which Tollgate sets itself/,
    );
  });

  it('keeps every setting of the gateway beside other options', () => {
    const options = sessionOptions(addressOf('postgres://u@h/d?options=-c%20work_mem%3D64MB'));
    expect(options).toContain('-c work_mem=64MB');
    for (const name of Object.keys(OWN_SETTINGS)) expect(options).toContain(`-c ${name}=`);
    expect(options).toContain('-c DateStyle=ISO,\\ MDY');
    const ofMigrations = migrationOptions(addressOf('postgres://u@h/d?options=-c%20work_mem%3D64MB'));
    expect(ofMigrations).toMatch(/work_mem=64MB .*standard_conforming_strings=on/);
    expect(ofMigrations).not.toContain('timeout');
  });

  it('is completed by the variables of libpq, and stands above them', () => {
    const environment = { PGPASSWORD: 'p&q', PGSSLMODE: 'require', PGHOST: 'other', PGAPPNAME: '' };
    const completed = addressOf(withEnvironment('postgres://u@h/d', environment));
    expect(completed).toMatchObject({ host: 'h', password: 'p&q', tls: { mode: 'require' }, applicationName: 'tollgate' });
    const whole = addressOf(withEnvironment('postgres://u:own@h/d?sslmode=disable', environment));
    expect(whole).toMatchObject({ password: 'own', tls: { mode: 'disable' } });
    expect(addressOf(withEnvironment('postgres://u@h/d?ssl=false', environment)).tls.mode).toBe('disable');
  });

  it('has each of its parameters in the docs', () => {
    const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    const [, section = ''] = page.split('### The address of the database');
    const table = section.slice(0, section.indexOf('### A connection pooler'));
    expect(URL_PARAMETERS.filter((name) => !table.includes(`\`${name}\``) && !table.includes(`\`${name}=`))).toEqual([]);
  });

  it('sets the size of the pool by connection_limit, unless a variable says another', () => {
    const environment = {
      DATABASE_URL: 'postgres://u@h/d?connection_limit=4',
      TOLLGATE_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    };
    expect(readConfig(environment)).toMatchObject({ ok: true, value: { poolSize: 4 } });
    expect(readConfig({ ...environment, DATABASE_URL: 'postgres://u@h/d' })).toMatchObject({ ok: true, value: { poolSize: 10 } });
    expect(readConfig({ ...environment, TOLLGATE_DATABASE_POOL_SIZE: '5' })).toMatchObject({
      ok: false,
      refusal: [{ variable: 'TOLLGATE_DATABASE_POOL_SIZE', message: expect.stringContaining('connection_limit') }],
    });
  });
});
