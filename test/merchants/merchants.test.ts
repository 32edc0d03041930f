import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMerchant } from '../../src/merchants/create-merchant.ts';
import { listMerchants } from '../../src/merchants/find-merchant.ts';
import { openWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const create = (returnOrigin: string) =>
  createMerchant(world, { name: 'Corner shop', publicId: null, returnOrigins: ['https://shop.example', returnOrigin] });

describe('a return origin', () => {
  it.each([
    'https://shop.example:8443',
    'https://xn--strae-oqa.example',
    'https://192.0.2.1',
    'https://[2001:db8::1]',
    'http://localhost:3000',
    'http://shop.localhost:3000',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
  ])('may be %s', async (origin) => {
    expect(await create(origin)).toMatchObject({ ok: true, value: { returnOrigins: ['https://shop.example', origin] } });
  });

  it.each([
    'https://shop.example/',
    'https://shop.example/paid',
    'https://Shop.example',
    'https://user@shop.example',
    'https://*.shop.example',
    'https://*',
    "https://a;script-src 'unsafe-inline'",
    'https://a;script-src',
    "https://'none'",
    'https://a,https://b',
    'http://shop.example',
    'http://127.0.0.1.shop.example',
    'http://localhost.shop.example',
    'ftp://shop.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'shop.example',
    'null',
    '*',
    '',
  ])('is not %s, of which nothing is kept', async (origin) => {
    const before = (await listMerchants(world)).length;
    const message = expect.stringContaining('must be an origin such as https://shop.example');
    expect(await create(origin)).toMatchObject({ ok: false, refusal: { code: 'BAD_USER_INPUT', message } });
    expect(await listMerchants(world)).toHaveLength(before);
  });
});
