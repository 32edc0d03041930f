import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BROWSER } from '../support/browser.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';

let gateway: ServedGateway;
let browser: Browser;

beforeAll(async () => {
  gateway = await serveGateway();
  browser = await chromium.launch(BROWSER);
});
afterAll(async () => {
  await browser.close();
  await gateway.close();
});

test('GraphiQL opens with a ready example and needs no other host', async () => {
  const page = await browser.newPage();
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(gateway.url)) elsewhere.push(request.url());
  });
  const introspected = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.goto(`${gateway.url}/graphql`);
  await page.getByText('startPaymentSession').first().waitFor();
  expect(await (await introspected).json()).toHaveProperty('data.__schema');
  expect(elsewhere).toEqual([]);
  if (process.env['SCREENSHOTS'] !== undefined) await page.screenshot({ path: `${process.env['SCREENSHOTS']}/graphiql.png` });
});
