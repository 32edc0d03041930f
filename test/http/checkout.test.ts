import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckoutPlace, createCheckoutRoutes } from '../../src/http/checkout.ts';
import { addProviderAccount, disableProviderAccount } from '../../src/merchants/manage-accounts.ts';
import { NUVEI, STRIPE, type Vendor } from '../providers/scenario-lab.ts';
import { type Gateway, must, openGateway, PUBLIC_URL, start, type TestMerchant } from '../support/gateway.ts';

const places: Record<string, CheckoutPlace> = {
  shop: { frameAncestors: ['https://shop.test', 'https://www.shop.test'], vendors: ['STRIPE'], connectTo: [] },
  both: { frameAncestors: [], vendors: ['STRIPE', 'NUVEI'], connectTo: [] },
  plain: { frameAncestors: [], vendors: [], connectTo: [] },
};
const routes = createCheckoutRoutes({ findPlace: async (publicId) => places[publicId] ?? null, connectTo: [] });
const get = (path: string, method = 'GET') => routes(new Request(`http://gateway.test${path}`, { method }));
const policyOf = async (path: string) => (await get(path))?.headers.get('content-security-policy') ?? '';

const STRICTEST = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "frame-src 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

describe('the checkout page', () => {
  it.each(['/checkout', '/checkout/', '/checkout/plain', '/checkout/nobody'])('%s has the strictest policy', async (path) => {
    const headers = (await get(path))?.headers;
    expect(headers?.get('content-security-policy')).toBe(STRICTEST);
    expect(headers?.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers?.get('cache-control')).toBe('no-store');
    expect([headers?.get('referrer-policy'), headers?.get('x-content-type-options')]).toEqual(['no-referrer', 'nosniff']);
  });

  it('is the same for a merchant who needs nothing more and for one who does not exist', async () => {
    const [known, unknown] = await Promise.all([get('/checkout/plain'), get('/checkout/nobody')]);
    expect([...(known?.headers ?? [])]).toEqual([...(unknown?.headers ?? [])]);
    expect(await known?.text()).toBe(await unknown?.text());
  });

  it('may be framed by the merchant’s own origins', async () => {
    expect(await policyOf('/checkout/shop')).toContain('frame-ancestors https://shop.test https://www.shop.test;');
  });

  it('may load the scripts of the merchant’s vendors and no others', async () => {
    const shop = await policyOf('/checkout/shop');
    expect(shop).toContain("script-src 'self' https://js.stripe.com https://*.js.stripe.com;");
    expect(shop).toContain("connect-src 'self' https://api.stripe.com;");
    expect(shop).toContain('frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com;');
    expect(shop).not.toContain('safecharge');
    expect(shop).not.toContain('unsafe');
    const both = await policyOf('/checkout/both');
    expect(both).toContain("script-src 'self' https://js.stripe.com https://*.js.stripe.com https://cdn.safecharge.com;");
    expect(both).not.toMatch(/script-src [^;]*(unsafe|https:[ ;])/);
  });

  it('may ask the simulator where there is one', async () => {
    const simulated = createCheckoutRoutes({ findPlace: async () => null, connectTo: ['http://127.0.0.1:4001'] });
    const response = await simulated(new Request('http://gateway.test/checkout'));
    expect(response?.headers.get('content-security-policy')).toContain("connect-src 'self' http://127.0.0.1:4001;");
  });

  it('loads files that are kept for ever, and the stylesheet of the test bank, which is not', async () => {
    const html = (await (await get('/checkout'))?.text()) ?? '';
    const [, script = ''] = /<script type="module" crossorigin src="([^"]+)"/.exec(html) ?? [];
    expect((await get(script))?.headers.get('cache-control')).toContain('immutable');
    expect((await get('/checkout/challenge.css'))?.headers.get('cache-control')).toBe('no-cache');
  });

  it('is for reading only, and other paths are left to others', async () => {
    expect((await get('/checkout', 'POST'))?.status).toBe(405);
    expect((await get('/checkout', 'HEAD'))?.status).toBe(200);
    for (const path of [
      '/checkout/_/none.js',
      '/checkout/other.css',
      '/checkout/a/b',
      '/checkout/..%2f',
      '/checkouts',
      '/checkout/x',
    ])
      expect(await get(path), path).toBeNull();
  });
});

/** What a payer loads before the form, and what the form adds; compressed as the gateway sends it. */
describe('the weight of the page', () => {
  const folder = fileURLToPath(new URL('../../dist/pages/checkout', import.meta.url));
  const read = (file: string) => readFileSync(`${folder}/${file}`);
  const names = readdirSync(`${folder}/_`);
  const weigh = (files: readonly string[]) => files.reduce((sum, file) => sum + gzipSync(read(file)).length, 0);
  const named = (name: string) => `_/${names.find((file) => file.startsWith(`${name}-`))}`;

  /** The files, and what they import before they run. */
  function withImports(files: readonly string[]): readonly string[] {
    const found = new Set(files);
    for (const file of found) {
      if (!file.endsWith('.js')) continue;
      for (const [, imported = ''] of read(file)
        .toString()
        .matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g))
        found.add(`_/${imported}`);
    }
    return [...found];
  }

  const shell = [
    ...read('index.html')
      .toString()
      .matchAll(/(?:src|href)="\/checkout\/([^"]+)"/g),
  ].map(([, file = '']) => file);
  const before = withImports(['index.html', ...shell]);

  it.each(['en', 'de'])('is at most 20 kB in %s before the form', (language) => {
    expect(weigh(withImports([...before, named(language)]))).toBeLessThanOrEqual(20_000);
  });

  it('is at most 25 kB with the form of the test bank, or with the part that loads a vendor’s script', () => {
    for (const parts of [
      ['card-form', 'example'],
      ['field-form', 'stripe'],
      ['field-form', 'nuvei'],
    ])
      expect(weigh(withImports([...before, named('en'), ...parts.map(named)])), parts.join()).toBeLessThanOrEqual(25_000);
  });

  it('holds no vendor’s code and no form of the test bank until they are needed', () => {
    const text = before.map((file) => read(file).toString()).join();
    for (const word of ['js.stripe.com', 'safecharge', '/example/v1', '4242 4242']) expect(text).not.toContain(word);
  });
});

describe('the checkout of a merchant', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await openGateway();
  });
  afterAll(() => gateway.close());

  const open = (publicId: string) => gateway.app.fetch(new Request(`${PUBLIC_URL}/checkout/${publicId}`));
  const policy = async ({ publicId }: TestMerchant) => (await open(publicId)).headers.get('content-security-policy') ?? '';

  async function add({ scope }: TestMerchant, vendor: Vendor, baseUrl: string | null): Promise<string> {
    const draft = { provider: vendor.provider, label: 'card', baseUrl, credentials: vendor.makeCredentials() };
    return must(await addProviderAccount(gateway.app.deps, scope, draft)).id;
  }

  it('is linked under their public id', async () => {
    const merchant = await gateway.newMerchant();
    const { checkoutUrl, token } = await start(merchant, 'PAYMENT');
    expect(checkoutUrl).toBe(`${PUBLIC_URL}/checkout/${merchant.publicId}#${token}`);
  });

  it('may be framed by their return origins, which the older header cannot say', async () => {
    const framed = await open((await gateway.newMerchant({ returnOrigins: ['https://shop.test'] })).publicId);
    expect(framed.headers.get('content-security-policy')).toContain('frame-ancestors https://shop.test');
    expect(framed.headers.get('x-frame-options')).toBeNull();
    const alone = await open((await gateway.newMerchant()).publicId);
    expect(alone.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(alone.headers.get('x-frame-options')).toBe('SAMEORIGIN');
  });

  it('may load a vendor’s script while an enabled account reaches the vendor itself', async () => {
    const merchant = await gateway.newMerchant();
    const simulated = await add(merchant, STRIPE, 'http://127.0.0.1:4001');
    expect(await policy(merchant)).toBe(STRICTEST.replace("connect-src 'self'", "connect-src 'self' http://127.0.0.1:4001"));
    const stripe = await add(merchant, STRIPE, null);
    expect(await policy(merchant)).toContain('https://js.stripe.com');
    expect(await policy(merchant)).not.toContain('safecharge');
    const nuvei = await add(merchant, NUVEI, null);
    // A change by this process is seen at once.
    expect(await policy(merchant)).toContain('https://cdn.safecharge.com');
    for (const id of [simulated, stripe, nuvei])
      must(await disableProviderAccount(gateway.app.deps, merchant.scope.merchantId, id));
    expect(await policy(merchant)).toBe(STRICTEST);
  });

  it('does not load what another merchant needs', async () => {
    const [one, other] = [await gateway.newMerchant(), await gateway.newMerchant()];
    await add(one, STRIPE, null);
    expect(await policy(other)).toBe(STRICTEST);
  });
});
