import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BROWSER } from '../support/browser.ts';
import { CARDS, type Data, READ_SESSION, start, type TestMerchant, verify } from '../support/gateway.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';

/** The checkout page as a payer sees it: the served gateway, a real browser, no stub in between. */
let gateway: ServedGateway;
let merchant: TestMerchant;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What must stay empty: errors of the page, and requests that would give the token away or leave this machine. */
let complaints: string[];

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant({ returnOrigins: [gateway.url] });
  browser = await chromium.launch(BROWSER);
});
afterAll(async () => {
  await browser.close();
  await gateway.close();
});

beforeEach(async () => {
  complaints = [];
  context = await browser.newContext({ locale: 'en-US' });
  page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const isOurs = request.url().startsWith(gateway.url) || request.url().startsWith('data:');
    if (!isOurs || request.url().split('#')[0]?.includes('cst_')) complaints.push(`request to ${request.url()}`);
  });
});
afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});

async function open(data: Record<string, unknown> = {}): Promise<Data> {
  const session = await start(merchant, 'PAYMENT', data);
  await page.goto(session.checkoutUrl);
  await page.getByLabel('Card number').waitFor();
  return session;
}

async function pay(card: string): Promise<void> {
  await page.getByLabel('Card number').fill(card);
  await page.getByLabel(/Expiry/).fill('12/31');
  await page.getByLabel(/security code|CVC/i).fill('123');
  await page.getByRole('button', { name: /^(Pay|Try|Hold|Save)/ }).click();
}

const read = async (id: string): Promise<Data> => (await merchant.data(READ_SESSION, { by: { id } })).clientSession;

describe('the checkout page', () => {
  test('shows the amount in the currency’s own form, takes a card and says that it was paid', async () => {
    const session = await open({ amount: '1234567', currency: 'JPY', description: 'Two nights in Kyoto' });
    expect(await page.locator('body').innerText()).toMatch(/¥1,234,567/);
    expect((await read(session.id)).status).toBe('ACTIVE');
    await pay(CARDS.approve);
    await page.getByText('Paid. Thank you.').waitFor();
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
    if (process.env['SCREENSHOTS'] !== undefined) await page.screenshot({ path: `${process.env['SCREENSHOTS']}/paid.png` });
  });

  test('lets the payer try another card after a decline', async () => {
    const session = await open();
    if (process.env['SCREENSHOTS'] !== undefined)
      await page.screenshot({ path: `${process.env['SCREENSHOTS']}/form.png`, fullPage: true });
    await pay(CARDS.decline);
    await page
      .getByRole('alert')
      .or(page.getByText(/declined/i))
      .first()
      .waitFor();
    await pay(CARDS.approve);
    await page.getByText('Paid. Thank you.').waitFor();
    expect((await read(session.id)).transactions).toHaveLength(0);
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });

  test('goes through the bank’s challenge and comes back', async () => {
    const session = await open();
    await pay(CARDS.challenge);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Paid. Thank you.').waitFor();
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });
});
