import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, newCode, openGateway, start, startInput, startText, type TestMerchant } from '../support/gateway.ts';

/** An address is stored as browsers read it, so that what was allowed is what a payer is led to. */
let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant({ returnOrigins: ['https://shop.example', 'https://xn--bcher-kva.example'] });
});
afterAll(() => gateway.close());

const READ = 'query Read($id: ID!) { clientSession(by: { id: $id }) { returnUrl } }';

test.each([
  ['https://SHOP.example:443/back?order=1', 'https://shop.example/back?order=1'],
  ['https://shop.example/a/../back', 'https://shop.example/back'],
  ['https:\\\\shop.example\\back', 'https://shop.example/back'],
  ['https://bücher.example/zurück', 'https://xn--bcher-kva.example/zur%C3%BCck'],
])('%j is stored as %s', async (given, stored) => {
  const { id } = await start(merchant, 'PAYMENT', { returnUrl: given });
  expect((await merchant.data(READ, { id })).clientSession.returnUrl).toBe(stored);
});

test('another spelling of the address is the same start', async () => {
  const merchantInternalTransactionCode = newCode();
  const ids = [];
  for (const returnUrl of ['https://SHOP.example:443/back', 'https://shop.example/back']) {
    const input = startInput('PAYMENT', { returnUrl, merchantInternalTransactionCode });
    ids.push((await merchant.data(startText('PAYMENT'), input)).session.id);
  }
  expect(new Set(ids).size).toBe(1);
});

test('an origin that only looks like one of the list is refused', async () => {
  const input = startInput('PAYMENT', { returnUrl: 'https://shop.example.evil.example/back' });
  expect(await merchant.code(startText('PAYMENT'), input)).toBe('RETURN_URL_NOT_ALLOWED');
});
