import { describe, expect, it } from 'vitest';
import { createCheckoutRoutes } from '../../src/http/checkout.ts';

const routes = createCheckoutRoutes({ frameAncestors: [], connectTo: [] });
const get = (path: string, method = 'GET') => routes(new Request(`http://gateway.test${path}`, { method }));

describe('the checkout page', () => {
  it.each([
    ['/checkout', 'text/html; charset=utf-8'],
    ['/checkout/checkout.js', 'text/javascript; charset=utf-8'],
    ['/checkout/banks.js', 'text/javascript; charset=utf-8'],
    ['/checkout/checkout.css', 'text/css; charset=utf-8'],
  ])('%s is served under a strict policy', (path, type) => {
    const headers = get(path)?.headers;
    expect(headers?.get('content-type')).toBe(type);
    expect(headers?.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(headers?.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect([headers?.get('referrer-policy'), headers?.get('x-content-type-options')]).toEqual(['no-referrer', 'nosniff']);
  });

  it('may be shown in the frames of named origins', () => {
    const framed = createCheckoutRoutes({ frameAncestors: ['https://shop.test'], connectTo: [] })(
      new Request('http://gateway.test/checkout'),
    );
    expect(framed?.headers.get('content-security-policy')).toContain('frame-ancestors https://shop.test');
  });

  it('has neither script nor style inside of it', async () => {
    const html = (await get('/checkout')?.text()) ?? '';
    expect(html).not.toMatch(/<script>|<style|\son\w+=|style=/);
  });

  it('knows the decimals of every currency that has not two', async () => {
    const html = (await get('/checkout')?.text()) ?? '';
    const decimals = /data-decimals="([^"]+)"/.exec(html)?.[1]?.split(' ') ?? [];
    expect(decimals).toEqual(expect.arrayContaining(['JPY:0', 'KWD:3', 'CLF:4']));
    expect(decimals).not.toContain('USD:2');
  });

  it('is for reading only, and other paths are left to others', () => {
    expect(get('/checkout', 'POST')?.status).toBe(405);
    expect(get('/checkout', 'HEAD')?.status).toBe(200);
    expect(get('/checkout/other.js')).toBeNull();
  });
});
