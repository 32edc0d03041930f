import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import { HOUR_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { createKey, revokeKey } from '../../src/merchants/manage-keys.ts';
import { createSignInLink, endSignIns } from '../../src/merchants/manage-sign-ins.ts';
import { type Data, type Gateway, must, openGateway, PUBLIC_URL, type TestMerchant, testConfig } from '../support/gateway.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

/** What the console's page sends before it knows of a sign-in. */
const CONSOLE = { 'x-tollgate-console': 'none', origin: PUBLIC_URL };
const send = (path: string, init: RequestInit = {}) => gateway.app.fetch(new Request(`${PUBLIC_URL}${path}`, init));
const json = (headers: Record<string, string>, body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

interface Answer {
  readonly status: number;
  readonly setCookie: string;
  readonly message: string;
  /** What the page sends from then on. */
  readonly page: { readonly 'x-tollgate-console': string; readonly origin: string; readonly cookie: string };
}

async function signIn(body: object, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await send('/console/session', json({ ...CONSOLE, ...headers }, body));
  const setCookie = response.headers.get('set-cookie') ?? '';
  const answer: Data = await response.json();
  const page = { ...CONSOLE, 'x-tollgate-console': answer.id ?? 'none', cookie: setCookie.split(';')[0] ?? '' };
  return { status: response.status, setCookie, page, message: answer.errors?.[0].message ?? '' };
}

const newLink = async (scope = merchant.scope): Promise<string> => must(await createSignInLink(gateway.app.deps, scope)).code;

/** The name of the merchant that the headers open, or the code of the refusal. */
async function opens(headers: Record<string, string>): Promise<string> {
  const response = await send(
    '/graphql',
    json(headers, { query: '{ merchant { id environment } clientSessions { totalCount } }' }),
  );
  const { data, errors }: Data = await response.json();
  return errors === undefined ? `${data.merchant.environment} ${data.merchant.id}` : errors[0].extensions.code;
}

/** Another gateway on the same database. */
function appWith(config: Partial<Config>): App {
  const { database, vault, clock, log } = gateway;
  return createApp({ config: { ...testConfig(), ...config }, database, vault, clock, log });
}

const own = () => `TEST ${merchant.scope.merchantId}`;

describe('signing in to the console', () => {
  test('with a secret key gives the browser a cookie that no script reads and no other site sends', async () => {
    const { status, setCookie, page } = await signIn({ secretKey: `  ${merchant.secretKey}\n` });
    expect(status).toBe(200);
    expect(setCookie).toMatch(/^tollgate-console=cns_[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    expect(setCookie).not.toContain(merchant.secretKey);
    expect(await opens({ ...page, cookie: `other=1; ${page.cookie}; more=2` })).toBe(own());
  });

  test('opens nothing without everything that only our own page sends', async () => {
    const { page } = await signIn({ secretKey: merchant.secretKey });
    const other = await signIn({ secretKey: merchant.secretKey });
    expect(await opens(page)).toBe(own());
    const { origin, cookie, 'x-tollgate-console': id } = page;
    for (const headers of [
      { cookie },
      { cookie, origin },
      { cookie, 'x-tollgate-console': id },
      { cookie, 'x-tollgate-console': id, origin: 'https://js.stripe.example' },
      { cookie, 'x-tollgate-console': id, origin: 'null' },
      { 'x-tollgate-console': id, origin },
      { ...page, cookie: 'tollgate-console=cns_made-up' },
      // What came as bearer decides, also where a cookie is there.
      { ...page, authorization: 'Bearer sk_test_nothing' },
      // The page was loaded for another sign-in than the browser has now.
      { ...page, cookie: other.page.cookie },
      { ...page, 'x-tollgate-console': 'none' },
    ])
      expect([headers, await opens(headers)]).toEqual([headers, 'UNAUTHENTICATED']);
  });

  test('takes the place of who was signed in before in this browser', async () => {
    const first = await signIn({ secretKey: merchant.secretKey });
    const shop = await gateway.newMerchant();
    const second = await signIn({ secretKey: shop.secretKey }, { cookie: first.page.cookie });
    expect(await opens(second.page)).toBe(`TEST ${shop.scope.merchantId}`);
    expect(await opens(first.page)).toBe('UNAUTHENTICATED');
  });

  test.each([
    ['a publishable key', () => merchant.publishableKey, /publishable/],
    ['a key that does not exist', () => `${merchant.secretKey.slice(0, -2)}zz`, /no key in force/],
    ['no key at all', () => 'hello', /no key in force/],
  ])('with %s is refused with a hint', async (_what, secretKey, message) => {
    const answer = await signIn({ secretKey: secretKey() });
    expect({ status: answer.status, setCookie: answer.setCookie }).toEqual({ status: 401, setCookie: '' });
    expect(answer.message).toMatch(message);
  });

  test.each([[{}], [{ secretKey: '' }], [{ secretKey: 'a', code: 'b' }], [{ secretKey: 7 }], [{ code: 'x'.repeat(201) }]])(
    'with %j is refused as malformed',
    async (body) => {
      expect((await signIn(body)).status).toBe(400);
    },
  );

  test.each([
    ['without the header', { origin: PUBLIC_URL }],
    ['from another origin', { ...CONSOLE, origin: 'https://elsewhere.example' }],
    ['from nowhere', { 'x-tollgate-console': 'none' }],
  ])('is refused %s, and tells where the console is', async (_how, headers) => {
    const response = await send('/console/session', json(headers, { secretKey: merchant.secretKey }));
    expect([response.status, response.headers.get('set-cookie')]).toEqual([403, null]);
    const { errors }: Data = await response.json();
    expect(errors[0].message).toContain(`${PUBLIC_URL}/console`);
  });

  test('is over after twelve hours', async () => {
    const { page } = await signIn({ secretKey: merchant.secretKey });
    gateway.clock.advance(12 * HOUR_MS - SECOND_MS);
    expect(await opens(page)).toBe(own());
    gateway.clock.advance(SECOND_MS);
    expect(await opens(page)).toBe('UNAUTHENTICATED');
  });

  test('ends at once with the key that was given', async () => {
    const { deps } = gateway.app;
    const made = must(await createKey(deps, merchant.scope, { kind: 'SECRET', label: 'console', expiresAt: null }));
    const { page } = await signIn({ secretKey: made.text });
    expect(await opens(page)).toBe(own());
    must(await revokeKey(deps, merchant.scope, made.key.id));
    expect(await opens(page)).toBe('UNAUTHENTICATED');
  });

  test('ends with a key of which nothing is left', async () => {
    const made = must(await createKey(gateway.app.deps, merchant.scope, { kind: 'SECRET', label: 'gone', expiresAt: null }));
    const { page } = await signIn({ secretKey: made.text });
    await gateway.database.client.apiKey.delete({ where: { id: made.key.id } });
    expect(await opens(page)).toBe('UNAUTHENTICATED');
  });

  test('ends with a key that expires', async () => {
    const expiresAt = new Date(gateway.clock.now().getTime() + HOUR_MS);
    const made = must(await createKey(gateway.app.deps, merchant.scope, { kind: 'SECRET', label: 'short', expiresAt }));
    const { page } = await signIn({ secretKey: made.text });
    gateway.clock.advance(HOUR_MS);
    expect(await opens(page)).toBe('UNAUTHENTICATED');
  });

  test('ends by signing out, in every tab', async () => {
    const { page } = await signIn({ secretKey: merchant.secretKey });
    const tell = async (): Promise<Data> => (await send('/console/session', { headers: page })).json();
    expect(Date.parse((await tell()).expiresAt)).toBe(gateway.clock.now().getTime() + 12 * HOUR_MS);
    const response = await send('/console/session', { method: 'DELETE', headers: page });
    expect(response.headers.get('set-cookie')).toMatch(/^tollgate-console=; Path=\/; Max-Age=0;/);
    expect(await tell()).toEqual({ id: null, expiresAt: null });
    expect(await opens(page)).toBe('UNAUTHENTICATED');
  });

  test('is marked as secure, under a name that only this host can set, behind TLS', async () => {
    const app = appWith({ publicUrl: 'https://pay.shop.example:8443' });
    const headers = { ...CONSOLE, origin: 'https://pay.shop.example:8443' };
    const request = new Request(`${headers.origin}/console/session`, json(headers, { secretKey: merchant.secretKey }));
    expect((await app.fetch(request)).headers.get('set-cookie')).toMatch(
      /^__Host-tollgate-console-8443=.*; Path=\/; .*; Secure$/,
    );
  });

  test('is forgotten some time after it is over, when somebody signs in again', async () => {
    const shop = await gateway.newMerchant();
    for (let times = 0; times < 3; times += 1) {
      await signIn({ secretKey: shop.secretKey });
      gateway.clock.advance(25 * HOUR_MS);
    }
    expect(await gateway.database.client.signIn.count({ where: { merchantId: shop.scope.merchantId } })).toBe(1);
  });

  test('is over where the console was turned off meanwhile', async () => {
    const { page } = await signIn({ secretKey: merchant.secretKey });
    const request = () => new Request(`${PUBLIC_URL}/graphql`, json(page, { query: '{ merchant { id } }' }));
    const read = async (app: App): Promise<Data> => (await app.fetch(request())).json();
    expect((await read(gateway.app)).errors).toBeUndefined();
    expect((await read(appWith({ hasConsole: false }))).errors[0].extensions.code).toBe('UNAUTHENTICATED');
  });

  test('ends for everybody when the operator says so, on that side alone', async () => {
    const shop = await gateway.newMerchant();
    const { page } = await signIn({ secretKey: shop.secretKey });
    const code = await newLink(shop.scope);
    expect(await endSignIns(gateway.app.deps, { ...shop.scope, environment: 'LIVE' })).toBe(0);
    expect(await endSignIns(gateway.app.deps, shop.scope)).toBe(2);
    expect(await opens(page)).toBe('UNAUTHENTICATED');
    expect((await signIn({ code })).status).toBe(401);
  });
});

describe('the LIVE side', () => {
  const CONSOLE_ORIGIN = 'https://console.shop.example';
  const LIVE_PAGE = { 'x-tollgate-console': 'none', origin: CONSOLE_ORIGIN };
  let apart: App;
  let liveKey: string;
  beforeAll(async () => {
    apart = appWith({ publicUrl: 'https://pay.shop.example', consoleOrigin: CONSOLE_ORIGIN });
    const scope = { ...merchant.scope, environment: 'LIVE' } as const;
    liveKey = must(await createKey(gateway.app.deps, scope, { kind: 'SECRET', label: 'live', expiresAt: null })).text;
  });
  const ask = (origin: string, path: string, init: RequestInit = {}) => apart.fetch(new Request(`${origin}${path}`, init));

  test('is shown by no console that shares its origin with the scripts of vendors', async () => {
    expect(await signIn({ secretKey: liveKey })).toMatchObject({
      status: 403,
      setCookie: '',
      message: expect.stringContaining('TOLLGATE_CONSOLE_ORIGIN'),
    });
    const link = await createSignInLink(gateway.app.deps, { ...merchant.scope, environment: 'LIVE' });
    expect(link).toMatchObject({ ok: false, refusal: { code: 'FORBIDDEN' } });
  });

  test.each([
    ['http://console.shop.example', 403],
    ['http://10.0.0.5:4001', 403],
    ['http://localhost.shop.example', 403],
    ['http://127.0.0.1.shop.example', 403],
    ['https://console.shop.example', 200],
    ['http://console.localhost:4001', 200],
    ['http://127.0.0.1:4001', 200],
    ['http://[::1]:4001', 200],
  ])('is shown over plain http on this machine only: %s', async (consoleOrigin, status) => {
    const app = appWith({ publicUrl: 'https://pay.shop.example', consoleOrigin });
    const headers = { ...LIVE_PAGE, origin: consoleOrigin };
    const entered = await app.fetch(new Request(`${consoleOrigin}/console/session`, json(headers, { secretKey: liveKey })));
    expect(entered.status).toBe(status);
    expect(entered.headers.has('set-cookie')).toBe(status === 200);
    if (status === 403) expect(await entered.text()).toContain('TOLLGATE_CONSOLE_ORIGIN to an https:// address');
    const link = await createSignInLink(app.deps, { ...merchant.scope, environment: 'LIVE' });
    expect(link.ok).toBe(status === 200);
    const ofTest = await app.fetch(
      new Request(`${consoleOrigin}/console/session`, json(headers, { secretKey: merchant.secretKey })),
    );
    expect(ofTest.status).toBe(200);
  });

  test('is opened by a key or a link where the console has an origin of its own, and used from there alone', async () => {
    const { code } = must(await createSignInLink(apart.deps, { ...merchant.scope, environment: 'LIVE' }));
    for (const credential of [{ secretKey: liveKey }, { code }]) {
      const entered = await ask(CONSOLE_ORIGIN, '/console/session', json(LIVE_PAGE, credential));
      const { id }: Data = await entered.json();
      const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
      const page = { 'x-tollgate-console': id, origin: CONSOLE_ORIGIN, cookie };
      const read = async (host: string, headers: Record<string, string>): Promise<Data> =>
        (await ask(host, '/graphql', json(headers, { query: '{ merchant { environment } }' }))).json();
      expect((await read(CONSOLE_ORIGIN, page)).data).toEqual({ merchant: { environment: 'LIVE' } });
      const fromCheckout = { ...page, origin: 'https://pay.shop.example' };
      for (const host of [CONSOLE_ORIGIN, 'https://pay.shop.example'])
        expect((await read(host, fromCheckout)).errors[0].extensions.code).toBe('UNAUTHENTICATED');
      // A sign-in from before the console lost its own origin.
      const shared = await send('/graphql', json({ ...page, origin: PUBLIC_URL }, { query: '{ merchant { environment } }' }));
      const { errors }: Data = await shared.json();
      expect(errors[0].extensions.code).toBe('UNAUTHENTICATED');
    }
  });

  test('is served where no page for payers is, and the other way round', async () => {
    const statuses = async (origin: string, paths: readonly string[]): Promise<readonly number[]> =>
      Promise.all(paths.map(async (path) => (await ask(origin, path)).status));
    expect(await statuses(CONSOLE_ORIGIN, ['/console', '/console/sessions', '/health/live'])).toEqual([200, 200, 200]);
    const pages = ['/checkout', `/checkout/${merchant.publicId}`, '/metrics', '/example/v1/payment'];
    expect(await statuses(CONSOLE_ORIGIN, pages)).toEqual([404, 404, 404, 404]);
    expect(await statuses('https://pay.shop.example', ['/console', '/console/session', '/checkout'])).toEqual([404, 404, 200]);
    expect(await (await ask('https://pay.shop.example', '/console')).text()).toContain(CONSOLE_ORIGIN);
  });
});

describe('a link to the console', () => {
  test('signs in once, without a key', async () => {
    const code = await newLink();
    const { status, page } = await signIn({ code });
    expect(status).toBe(200);
    expect(await opens(page)).toBe(own());
    expect(await signIn({ code })).toMatchObject({ status: 401, message: expect.stringContaining('used already') });
    expect(await opens(page)).toBe(own());
  });

  test('is won by one of many who use it at once', async () => {
    const code = await newLink();
    const answers = await Promise.all(Array.from({ length: 8 }, () => signIn({ code })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401, 401, 401, 401]);
  });

  test('is over after an hour, and never is a token itself', async () => {
    const code = await newLink();
    expect(await opens({ ...CONSOLE, cookie: `tollgate-console=${code}` })).toBe('UNAUTHENTICATED');
    gateway.clock.advance(HOUR_MS);
    expect((await signIn({ code })).status).toBe(401);
  });
});

describe('the files of the console', () => {
  const get = (path: string, headers: Record<string, string> = {}) => send(path, { headers });

  test.each(['/console', '/console/', '/console/sessions', '/console/sessions/0193-a'])('%s is the page', async (path) => {
    const response = await get(path);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toContain('<div id="root">');
  });

  test('runs its own scripts and styles only, and in no frame', async () => {
    const { headers } = await get('/console');
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https:/);
    const html = await (await get('/console')).text();
    expect(html).not.toMatch(/<script>|<style|\son\w+=|style=/);
  });

  test('are kept for ever under hashed names, and sent compressed to who takes it', async () => {
    const html = await (await get('/console')).text();
    const script = /src="(\/console\/_\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
    const plain = await get(script);
    const zipped = await get(script, { 'accept-encoding': 'br, gzip' });
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect([plain.headers.get('content-encoding'), zipped.headers.get('content-encoding')]).toEqual([null, 'gzip']);
    for (const [accepted, encoding] of [
      ['gzip;q=0, br', null],
      ['gzip; q=0.000', null],
      ['gzip;q=0.5', 'gzip'],
      ['identity;q=0, gzip', 'gzip'],
    ] as const) {
      expect((await get(script, { 'accept-encoding': accepted })).headers.get('content-encoding')).toBe(encoding);
    }
    const sizes = await Promise.all([plain, zipped].map(async (response) => (await response.arrayBuffer()).byteLength));
    expect((sizes[1] ?? 0) * 2).toBeLessThan(sizes[0] ?? 0);
  });

  test('that are not there are not the page', async () => {
    for (const path of ['/console/_/gone.js', '/console/favicon.ico', '/console/_/x', '/consoles'])
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    expect((await send('/console', { method: 'POST' })).status).toBe(405);
    expect((await send('/console', { method: 'HEAD' })).status).toBe(200);
  });

  test('are not served where the console is turned off', async () => {
    for (const path of ['/console', '/console/session'])
      expect((await appWith({ hasConsole: false }).fetch(new Request(`${PUBLIC_URL}${path}`, { headers: CONSOLE }))).status).toBe(
        404,
      );
  });
});
