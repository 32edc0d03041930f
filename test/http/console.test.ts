import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { HOUR_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { createKey, revokeKey } from '../../src/merchants/keys.ts';
import { createSignInLink } from '../../src/merchants/sign-in.ts';
import { type Data, type Gateway, must, openGateway, PUBLIC_URL, type TestMerchant, testConfig } from '../support/gateway.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

const CONSOLE = { 'x-tollgate-console': '1' };
const send = (path: string, init: RequestInit = {}) => gateway.app.fetch(new Request(`${PUBLIC_URL}${path}`, init));
const json = (headers: Record<string, string>, body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

async function signIn(body: object): Promise<{ status: number; cookie: string; setCookie: string; message: string }> {
  const response = await send('/console/session', json(CONSOLE, body));
  const setCookie = response.headers.get('set-cookie') ?? '';
  const answer: Data = await response.json();
  return { status: response.status, setCookie, cookie: setCookie.split(';')[0] ?? '', message: answer.errors?.[0].message ?? '' };
}

/** The name of the merchant that the headers open, or the code of the refusal. */
async function opens(headers: Record<string, string>): Promise<string> {
  const response = await send(
    '/graphql',
    json(headers, { query: '{ merchant { id environment } clientSessions { totalCount } }' }),
  );
  const { data, errors }: Data = await response.json();
  return errors === undefined ? `${data.merchant.environment} ${data.merchant.id}` : errors[0].extensions.code;
}

const own = () => `TEST ${merchant.scope.merchantId}`;

describe('signing in to the console', () => {
  test('with a secret key gives the browser a cookie that no script reads and no other site sends', async () => {
    const { status, setCookie, cookie } = await signIn({ secretKey: `  ${merchant.secretKey}\n` });
    expect(status).toBe(200);
    expect(setCookie).toMatch(/^tollgate-console-80=cns_[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    expect(setCookie).not.toContain(merchant.secretKey);
    expect(await opens({ ...CONSOLE, cookie: `other=1; ${cookie}; more=2` })).toBe(own());
  });

  test('opens nothing by the cookie alone, nor by the header alone', async () => {
    const { cookie } = await signIn({ secretKey: merchant.secretKey });
    expect(await opens({ cookie })).toBe('UNAUTHENTICATED');
    expect(await opens(CONSOLE)).toBe('UNAUTHENTICATED');
    expect(await opens({ ...CONSOLE, cookie: 'tollgate-console-80=cns_made-up' })).toBe('UNAUTHENTICATED');
    // What came as bearer decides, also where a cookie is there.
    expect(await opens({ ...CONSOLE, cookie, authorization: 'Bearer sk_test_nothing' })).toBe('UNAUTHENTICATED');
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

  test('is refused to whatever does not come from the console', async () => {
    const response = await send('/console/session', json({}, { secretKey: merchant.secretKey }));
    expect([response.status, response.headers.get('set-cookie')]).toEqual([403, null]);
  });

  test('is over after twelve hours', async () => {
    const { cookie } = await signIn({ secretKey: merchant.secretKey });
    gateway.clock.advance(12 * HOUR_MS - SECOND_MS);
    expect(await opens({ ...CONSOLE, cookie })).toBe(own());
    gateway.clock.advance(SECOND_MS);
    expect(await opens({ ...CONSOLE, cookie })).toBe('UNAUTHENTICATED');
  });

  test('ends at once with the key that was given', async () => {
    const { deps } = gateway.app;
    const made = must(await createKey(deps, merchant.scope, { kind: 'SECRET', label: 'console', expiresAt: null }));
    const { cookie } = await signIn({ secretKey: made.text });
    expect(await opens({ ...CONSOLE, cookie })).toBe(own());
    must(await revokeKey(deps, merchant.scope, made.key.id));
    expect(await opens({ ...CONSOLE, cookie })).toBe('UNAUTHENTICATED');
  });

  test('ends with a key that expires', async () => {
    const expiresAt = new Date(gateway.clock.now().getTime() + HOUR_MS);
    const made = must(await createKey(gateway.app.deps, merchant.scope, { kind: 'SECRET', label: 'short', expiresAt }));
    const { cookie } = await signIn({ secretKey: made.text });
    gateway.clock.advance(HOUR_MS);
    expect(await opens({ ...CONSOLE, cookie })).toBe('UNAUTHENTICATED');
  });

  test('ends by signing out, in every tab', async () => {
    const { cookie } = await signIn({ secretKey: merchant.secretKey });
    const tell = async (): Promise<Data> => (await send('/console/session', { headers: { ...CONSOLE, cookie } })).json();
    expect(Date.parse((await tell()).expiresAt)).toBe(gateway.clock.now().getTime() + 12 * HOUR_MS);
    const response = await send('/console/session', { method: 'DELETE', headers: { ...CONSOLE, cookie } });
    expect(response.headers.get('set-cookie')).toMatch(/^tollgate-console-80=; Path=\/; Max-Age=0;/);
    expect(await tell()).toEqual({ expiresAt: null });
    expect(await opens({ ...CONSOLE, cookie })).toBe('UNAUTHENTICATED');
  });

  test('is marked as secure, under a name that only this host can set, behind TLS', async () => {
    const { database, vault, clock, log } = gateway;
    const config = { ...testConfig(), publicUrl: 'https://pay.shop.example' };
    const app = createApp({ config, database, vault, clock, log });
    const request = new Request('https://pay.shop.example/console/session', json(CONSOLE, { secretKey: merchant.secretKey }));
    expect((await app.fetch(request)).headers.get('set-cookie')).toMatch(/^__Host-tollgate-console=.*; Path=\/; .*; Secure$/);
  });
});

describe('a link to the console', () => {
  test('signs in once, without a key', async () => {
    const { code } = await createSignInLink(gateway.app.deps, merchant.scope);
    const { status, cookie } = await signIn({ code });
    expect(status).toBe(200);
    expect(await opens({ ...CONSOLE, cookie })).toBe(own());
    expect(await signIn({ code })).toMatchObject({ status: 401, message: expect.stringContaining('used already') });
    expect(await opens({ ...CONSOLE, cookie })).toBe(own());
  });

  test('is won by one of many who use it at once', async () => {
    const { code } = await createSignInLink(gateway.app.deps, merchant.scope);
    const answers = await Promise.all(Array.from({ length: 8 }, () => signIn({ code })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401, 401, 401, 401]);
  });

  test('is over after an hour, and never is a token itself', async () => {
    const { code } = await createSignInLink(gateway.app.deps, merchant.scope);
    expect(await opens({ ...CONSOLE, cookie: `tollgate-console-80=${code}` })).toBe('UNAUTHENTICATED');
    gateway.clock.advance(HOUR_MS);
    expect((await signIn({ code })).status).toBe(401);
  });

  test('of the LIVE side opens the LIVE side', async () => {
    const { code } = await createSignInLink(gateway.app.deps, { ...merchant.scope, environment: 'LIVE' });
    const { cookie } = await signIn({ code });
    expect(await opens({ ...CONSOLE, cookie })).toBe(`LIVE ${merchant.scope.merchantId}`);
  });

  test('that is long over is forgotten when the next one is made', async () => {
    const { scope } = await gateway.newMerchant();
    await createSignInLink(gateway.app.deps, scope);
    gateway.clock.advance(14 * HOUR_MS);
    await createSignInLink(gateway.app.deps, scope);
    expect(await gateway.database.client.signIn.count({ where: { merchantId: scope.merchantId } })).toBe(1);
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
    const { database, vault, clock, log } = gateway;
    const app = createApp({ config: { ...testConfig(), hasConsole: false }, database, vault, clock, log });
    for (const path of ['/console', '/console/session'])
      expect((await app.fetch(new Request(`${PUBLIC_URL}${path}`, { headers: CONSOLE }))).status).toBe(404);
  });
});
