import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfig, VARIABLES } from '../src/config.ts';

const key = Buffer.alloc(32, 7).toString('base64');

function configOf(environment: Record<string, string>) {
  const read = readConfig(environment);
  if (!read.ok) throw new Error(JSON.stringify(read.refusal));
  return read.value;
}

describe('the configuration', () => {
  it('needs nothing for a first try', () => {
    expect(configOf({})).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      publicUrl: 'http://127.0.0.1:4000',
      databaseUrl: null,
      dataDir: '.tollgate',
    });
  });

  it('tells every problem at once, by name and with the remedy', () => {
    const read = readConfig({
      PORT: '70000',
      TOLLGATE_LOG_LEVEL: 'loud',
      TOLLGATE_CORS_ORIGINS: 'https://a.example/shop',
      TOLLGATE_METRICS_TOKEN: 'short',
    });
    expect(read).toMatchObject({
      ok: false,
      refusal: expect.arrayContaining([
        { variable: 'PORT', message: expect.stringContaining('from 0 to 65535') },
        { variable: 'TOLLGATE_LOG_LEVEL', message: expect.stringContaining('debug') },
        { variable: 'TOLLGATE_CORS_ORIGINS', message: expect.stringContaining('https://shop.example') },
        { variable: 'TOLLGATE_METRICS_TOKEN', message: expect.stringContaining('16') },
      ]),
    });
  });

  it('wants an encryption key of 32 bytes with a database server', () => {
    const databaseUrl = 'postgres://localhost/tollgate';
    for (const wrong of [undefined, '', 'AAAA', 'not base64!']) {
      const read = readConfig({ DATABASE_URL: databaseUrl, TOLLGATE_ENCRYPTION_KEY: wrong });
      expect(read).toMatchObject({
        ok: false,
        refusal: [{ variable: 'TOLLGATE_ENCRYPTION_KEY', message: expect.stringContaining('openssl rand') }],
      });
    }
    expect(configOf({ DATABASE_URL: databaseUrl, TOLLGATE_ENCRYPTION_KEY: key }).encryptionKey).toHaveLength(32);
  });

  it('never repeats a value in a problem, because it may be a secret', () => {
    const read = readConfig({
      DATABASE_URL: 'mysql://root:hunter2@host/db',
      TOLLGATE_ENCRYPTION_KEY: 'hunter2',
      TOLLGATE_METRICS_TOKEN: 'hunter2',
    });
    expect(read.ok).toBe(false);
    expect(JSON.stringify(read)).not.toContain('hunter2');
  });

  it('hides GraphiQL, introspection and the demo merchant in production unless asked for', () => {
    const shown = (environment: Record<string, string>) => {
      const { hasGraphiql, hasIntrospection, allowsExample } = configOf(environment);
      return [hasGraphiql, hasIntrospection, allowsExample];
    };
    expect(shown({})).toEqual([true, true, true]);
    expect(shown({ NODE_ENV: 'production' })).toEqual([false, false, false]);
    expect(shown({ NODE_ENV: 'production', TOLLGATE_INTROSPECTION: 'true' })).toEqual([false, true, false]);
  });

  it('refuses a lease that ends before the call it covers', () => {
    const read = readConfig({ TOLLGATE_PROVIDER_DEADLINE_MS: '30000' });
    expect(read).toMatchObject({ ok: false, refusal: [{ variable: 'TOLLGATE_OPERATION_LEASE_MS' }] });
  });

  it('is described in the docs, variable by variable', () => {
    const page = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8');
    const described = [...page.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
    expect(described.sort()).toEqual([...VARIABLES].sort());
  });
});
