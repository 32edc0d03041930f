import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort, settlePorts } from '../src/cli/ports.ts';
import { describeUnknown, findUnknownVariables, readConfig, VARIABLES } from '../src/config.ts';
import { listen } from '../src/http/listen.ts';

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

  it.each(VARIABLES)('has values in this table that %s takes and values that it refuses', (variable) => {
    const values = VALUES[variable];
    expect(values).toBeDefined();
    for (const good of values?.good ?? []) {
      const needs = variable === 'DATABASE_URL' ? { TOLLGATE_ENCRYPTION_KEY: key } : {};
      expect([good, readConfig({ ...needs, [variable]: good })]).toEqual([good, expect.objectContaining({ ok: true })]);
    }
    for (const bad of values?.bad ?? []) {
      const read = readConfig({ [variable]: bad });
      expect([bad, read]).toEqual([bad, expect.objectContaining({ ok: false })]);
      if (read.ok) continue;
      expect(read.refusal.map((problem) => problem.variable)).toContain(variable);
      for (const { message } of read.refusal) expect(message).toMatch(/^(must|is) .{8,}/);
    }
  });

  it.each([
    ['https://pay.shop.example/', 'https://pay.shop.example'],
    ['HTTPS://Pay.Shop.Example:443', 'https://pay.shop.example'],
    ['http://pay.shop.example:80', 'http://pay.shop.example'],
    ['http://[::1]:4000', 'http://[::1]:4000'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ])('keeps the public address %s as an origin', (given, kept) => {
    expect(configOf({ TOLLGATE_PUBLIC_URL: given }).publicUrl).toBe(kept);
  });

  it.each(['/pay', '/pay/', '//', '/?a', '?a', '#a', '/graphql'])('refuses a public address with %s and says why', (path) => {
    const read = readConfig({ TOLLGATE_PUBLIC_URL: `https://shop.example${path}` });
    const message = expect.stringMatching(/without a path.*served from the root of its host/);
    expect(read).toEqual({ ok: false, refusal: [{ variable: 'TOLLGATE_PUBLIC_URL', message }] });
  });

  it.each(['127.0.0.1', 'localhost', '0.0.0.0', '::1', '[::1]', '::', '[::]', '127.1', '0'])(
    'takes %s as a host only because the address that it gives out can be opened',
    async (host) => {
      const config = await settlePorts(configOf({ HOST: host, PORT: '0' }));
      const server = await listen((_request, response) => void response.end('here'), { ...config, requestTimeoutMs: 5_000 });
      expect(await (await fetch(`${config.publicUrl}/`)).text()).toBe('here');
      await server.close(0);
    },
  );

  it('refuses a console address that differs from the public one by nothing that a request shows', () => {
    for (const consoleOrigin of ['http://pay.example', 'https://pay.example.', 'http://pay.example:80']) {
      const read = readConfig({ TOLLGATE_PUBLIC_URL: 'https://pay.example', TOLLGATE_CONSOLE_ORIGIN: consoleOrigin });
      expect(read).toMatchObject({ ok: false, refusal: [{ variable: 'TOLLGATE_CONSOLE_ORIGIN' }] });
    }
    for (const consoleOrigin of ['https://pay.example', 'https://pay.example:8443', 'https://console.example'])
      configOf({ TOLLGATE_PUBLIC_URL: 'https://pay.example', TOLLGATE_CONSOLE_ORIGIN: consoleOrigin });
  });

  it('refuses one port for both the gateway and the simulator', () => {
    for (const environment of [{ TOLLGATE_SIMULATOR_PORT: '4000' }, { PORT: '80', TOLLGATE_SIMULATOR_PORT: '80' }])
      expect(readConfig(environment)).toMatchObject({ ok: false, refusal: [{ variable: 'TOLLGATE_SIMULATOR_PORT' }] });
    configOf({ PORT: '0', TOLLGATE_SIMULATOR_PORT: '0' });
  });

  it.each([
    ['TOLLGATE_PUBLIC_ULR', 'TOLLGATE_PUBLIC_URL'],
    ['TOLLGATE_ALOW_EXAMPLE', 'TOLLGATE_ALLOW_EXAMPLE'],
    ['TOLLGATE_CORS_ORIGIN', 'TOLLGATE_CORS_ORIGINS'],
    ['TOLLGATE_POOL_SIZE', 'TOLLGATE_DATABASE_POOL_SIZE'],
    ['TOLLGATE_DATABASE_URL', 'DATABASE_URL'],
    ['TOLLGATE_PORT', 'PORT'],
    ['TOLLGATE_HOST', 'HOST'],
    ['tollgate_console', 'TOLLGATE_CONSOLE'],
    ['TOLLGATE_ZZZZ', null],
  ])('reports the unknown variable %s and names %s', (variable, nearest) => {
    const unknown = findUnknownVariables({ [variable]: 'secret-value', PATH: '/bin', TOLLGATE_CONSOLE: 'true' });
    const text = describeUnknown(unknown);
    expect(unknown.map((problem) => problem.variable)).toEqual([variable]);
    expect(text).toContain(nearest === null ? 'Remove it.' : `Did you mean ${nearest}?`);
    expect(text).not.toContain('secret-value');
  });

  it('does not report what Kubernetes sets for a service of our name', () => {
    const environment = {
      TOLLGATE_SERVICE_HOST: '10.0.0.1',
      TOLLGATE_SERVICE_PORT: '4000',
      TOLLGATE_SERVICE_PORT_HTTP: '4000',
      TOLLGATE_PORT: 'tcp://10.0.0.1:4000',
      TOLLGATE_PORT_4000_TCP: 'tcp://10.0.0.1:4000',
      TOLLGATE_PORT_4000_TCP_ADDR: '10.0.0.1',
      TOLLGATE_CONSOLE_SERVICE_HOST: '10.0.0.1',
    };
    expect(findUnknownVariables(environment)).toEqual([]);
  });

  it('names a proxy by its variable as it is spelled, and never shows its password', () => {
    const good = configOf({ http_proxy: 'http://a.example:1', HTTP_PROXY: 'http://b.example:1', HTTPS_PROXY: 'c.example:3128' });
    expect(good.proxies).toEqual({
      http: { variable: 'http_proxy', url: 'http://a.example:1/' },
      https: { variable: 'HTTPS_PROXY', url: 'http://c.example:3128/' },
      noProxy: '',
    });
    const bad = readConfig({ https_proxy: 'socks5://corp:hunter2@proxy.example' });
    expect(bad).toEqual({
      ok: false,
      refusal: [{ variable: 'https_proxy', message: expect.stringContaining('http://user:password@proxy.example:3128') }],
    });
    expect(JSON.stringify(bad)).not.toContain('hunter2');
  });

  it('opens no private network to webhooks, and sends them through no proxy, unless asked for', () => {
    expect(configOf({})).toMatchObject({ webhookAllow: [], webhookProxyUrl: null });
    expect(
      configOf({ TOLLGATE_WEBHOOK_ALLOW: '10.1.0.0/16, fd12::1', TOLLGATE_WEBHOOK_PROXY_URL: 'smoke.example:4750' }),
    ).toMatchObject({
      webhookAllow: [
        { address: '10.1.0.0', prefixBits: 16, family: 'ipv4' },
        { address: 'fd12::1', prefixBits: 128, family: 'ipv6' },
      ],
      webhookProxyUrl: 'http://smoke.example:4750/',
    });
  });

  it('is described in the docs, variable by variable', () => {
    const page = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8');
    const described = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]);
    expect(described.sort()).toEqual([...VARIABLES].sort());
  });
});

const WHOLE = { bad: ['-1', '1.5', '1e3', '0x10', ' 5', 'ten', '99999999999999999999', 'NaN', '١٢'] };
const FLAG = { good: ['true', 'false'], bad: ['TRUE', '1', '0', 'yes', 'on', ' true', 'null'] };
const PROXY = {
  good: [
    'http://proxy.example:3128',
    'https://proxy.example/',
    'http://corp:p%40ss@10.0.0.1:8080',
    'proxy.example:3128',
    'http://[::1]:3128',
  ],
  bad: [
    'socks5://proxy.example:1080',
    'ftp://proxy.example',
    'http://proxy.example/proxy.pac',
    'http://proxy.example?a=b',
    'http://',
    'http://proxy.example:99999',
    'http://proxy.example:0',
    'http://corp@proxy.example',
    'http://corp:50%zz@proxy.example',
    'http://corp:a/b@proxy.example',
    'http://two words:3128',
  ],
};
const ORIGINS_BAD = [
  'pay.example',
  'pay.example:443',
  'ftp://pay.example',
  'https://',
  'https:///x',
  'https:\\\\pay.example',
  'https://user@pay.example',
  'https://user:secret@pay.example',
  'https://pay.example/path',
  'https://pay.example?x',
  'https://pay.example#x',
  'https://*.example',
  'https://pay.example:0',
  'https://pay.example:99999',
  'https://0.0.0.0',
  'http://[::]:4000',
  'https://pay example',
  'https://a,https://b',
  'javascript:alert(1)',
  'null',
  '*',
];

/** Of every variable: values that it takes, and typical and hostile wrong ones. */
const VALUES: Readonly<Record<string, { readonly good?: readonly string[]; readonly bad: readonly string[] }>> = {
  NODE_ENV: { good: ['production', 'development', 'test'], bad: ['prod', 'Production', 'PRODUCTION', ' production'] },
  HOST: {
    good: ['127.0.0.1', '::1', '[::1]', 'localhost', 'gateway.internal', '0.0.0.0', '::ffff:127.0.0.1'],
    bad: ['localhost:4000', 'http://localhost', '127.0.0.1/8', '999.1.1.1', '[::1', '::g', '*', 'a b', 'fe80::1%eth0', '[[::1]]'],
  },
  PORT: { good: ['0', '80', '65535'], bad: [...WHOLE.bad, '65536', 'http', '\\\\.\\pipe\\x', '4000,4001'] },
  TOLLGATE_SIMULATOR_PORT: { good: ['0', '4001'], bad: [...WHOLE.bad, '65536', '4000'] },
  DATABASE_URL: {
    good: ['postgres://localhost/tollgate', 'postgresql://u:p%23w@db.internal:5432/tollgate?sslmode=require'],
    bad: ['mysql://db/x', 'localhost:5432', 'postgres:db', 'postgres://u:p#w@db/x', 'postgres://db:port/x', 'POSTGRES'],
  },
  TOLLGATE_DATABASE_POOL_SIZE: { good: ['1', '500'], bad: [...WHOLE.bad, '0', '501'] },
  TOLLGATE_DATA_DIR: {
    good: ['.tollgate', '/var/lib/tollgate', 'with space/x'],
    bad: [' ', ' /var', '/var ', '~/tollgate', '~'],
  },
  TOLLGATE_ENCRYPTION_KEY: { good: [key], bad: ['AAAA', `${key} `, `${key}\n`, 'not base64!', key.slice(0, -2), key + key] },
  TOLLGATE_PUBLIC_URL: { good: ['https://pay.example', 'http://localhost:4000/'], bad: ORIGINS_BAD },
  TOLLGATE_CORS_ORIGINS: {
    good: ['https://a.example', 'https://a.example, https://b.example/', 'http://localhost:3000', ' , '],
    bad: [
      ...ORIGINS_BAD.filter((text) => !text.includes(',')),
      'https://a.example https://b.example',
      'https://a.example;https://b.example',
    ],
  },
  TOLLGATE_GRAPHIQL: FLAG,
  TOLLGATE_INTROSPECTION: FLAG,
  TOLLGATE_CONSOLE: FLAG,
  TOLLGATE_ACCRUPAY: FLAG,
  TOLLGATE_CONSOLE_ORIGIN: { good: ['https://console.example', 'http://localhost:4001'], bad: ORIGINS_BAD },
  TOLLGATE_ALLOW_EXAMPLE: FLAG,
  TOLLGATE_LOG_LEVEL: { good: ['silent', 'info'], bad: ['INFO', 'verbose', '30', 'warning', ' info'] },
  TOLLGATE_SECRET_KEY: { good: ['sk_test_x', 'sk_live_x'], bad: [' ', 'sk_test_x\n', 'sk test', 'sk_test_ü', 'x'.repeat(201)] },
  TOLLGATE_SESSION_LIFE_MINUTES: { good: ['1', '10080'], bad: [...WHOLE.bad, '0', '10081', '30m'] },
  TOLLGATE_PROVIDER_DEADLINE_MS: { good: ['1000', '14999'], bad: [...WHOLE.bad, '0', '999', '120001', '12s'] },
  TOLLGATE_OPERATION_LEASE_MS: { good: ['24001', '600000'], bad: [...WHOLE.bad, '0', '24000', '600001'] },
  TOLLGATE_REQUEST_TIMEOUT_MS: { good: ['1000', '600000'], bad: [...WHOLE.bad, '0', '600001'] },
  TOLLGATE_DRAIN_TIMEOUT_MS: { good: ['0', '600000'], bad: [...WHOLE.bad, '600001'] },
  TOLLGATE_DRAIN_NOTICE_MS: { good: ['0', '600000'], bad: [...WHOLE.bad, '600001'] },
  TOLLGATE_BODY_BYTES_MAX: { good: ['1024', '16777216'], bad: [...WHOLE.bad, '0', '1mb', '16777217'] },
  TOLLGATE_QUERY_DEPTH_MAX: { good: ['4', '100'], bad: [...WHOLE.bad, '0', '101'] },
  TOLLGATE_QUERY_ALIASES_MAX: { good: ['1', '10000'], bad: [...WHOLE.bad, '0', '10001'] },
  TOLLGATE_QUERY_DIRECTIVES_MAX: { good: ['1', '10000'], bad: [...WHOLE.bad, '0', '10001'] },
  TOLLGATE_QUERY_TOKENS_MAX: { good: ['100', '100000'], bad: [...WHOLE.bad, '0', '100001'] },
  TOLLGATE_QUERY_COST_MAX: { good: ['100', '10000000'], bad: [...WHOLE.bad, '0', '10000001'] },
  HTTPS_PROXY: PROXY,
  HTTP_PROXY: PROXY,
  NO_PROXY: { good: ['*', 'localhost,.corp.example', '10.0.0.0/8 api.example:443'], bad: [] },
  TOLLGATE_WEBHOOK_ALLOW: {
    good: ['10.1.0.0/16', '10.1.2.3', '10.0.0.0/8, 192.168.1.0/24,fd12:3456::/48'],
    bad: [
      '10.1.0.0/33',
      '10.1.0.0/7',
      '0.0.0.0/0',
      '::/0',
      '127.0.0.1',
      '169.254.0.0/16',
      '8.8.8.8/32',
      'shop',
      '10.1.0.0/16,',
      '10.1.0/16',
      '*',
    ],
  },
  TOLLGATE_WEBHOOK_PROXY_URL: PROXY,
  TOLLGATE_METRICS_TOKEN: {
    good: ['a-long-enough-token'],
    bad: ['short', 'with a space in the middle', 'a-long-enough-tokén', 'a-long-enough-token\n'],
  },
};

describe('the ports', () => {
  it('are free ones where the simulator’s usual one is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const { port: taken } = other.address() as AddressInfo;
    const settled = await settlePorts(configOf({ PORT: String(taken - 1) }));
    other.close();
    expect(settled.simulatorPort).not.toBe(taken);
    expect(settled.simulatorPort).toBeGreaterThan(0);
  });

  it('of a host that this machine does not have are refused in a sentence', async () => {
    await expect(freePort('192.0.2.1')).rejects.toThrow(/192\.0\.2\.1.*Set HOST/);
    const options = { host: '192.0.2.1', port: 0, requestTimeoutMs: 1_000 };
    await expect(listen(() => undefined, options)).rejects.toThrow(/not an address of this machine.*Set HOST/);
  });
});
