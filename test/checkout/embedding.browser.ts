import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type FrameLocator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pageNamed, readBlocks } from '../docs/pages.ts';
import { BROWSER } from '../support/browser.ts';
import { CARDS, type Data, start, type TestMerchant, verify } from '../support/gateway.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { openVisitor, PHONE, seriousViolations, type Visitor } from '../support/visitor.ts';

/** The page in the frame of a shop at another origin: the example of docs/checkout.md, as it stands there. */
let gateway: ServedGateway;
let merchant: TestMerchant;
let shop: Shop;
let stranger: Shop;
let browser: Browser;
let payer: Visitor;
let page: Page;
let frame: FrameLocator;

interface Shop {
  readonly origin: string;
  /** What it serves from now on. */
  html: string;
  readonly server: Server;
}

/** Another port of this machine is another origin. */
async function openShop(): Promise<Shop> {
  const shop = { html: '' };
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(shop.html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(shop, { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

beforeAll(async () => {
  gateway = await serveGateway();
  [shop, stranger] = [await openShop(), await openShop()];
  merchant = await gateway.newMerchant({ returnOrigins: [shop.origin] });
  browser = await chromium.launch(BROWSER);
});
afterAll(async () => {
  await browser.close();
  await gateway.close();
  for (const { server } of [shop, stranger]) server.close();
});

beforeEach(async () => {
  payer = await openVisitor(browser, [gateway.url, shop.origin]);
  payer.expectTrouble(/favicon/);
  ({ page } = payer);
  frame = page.frameLocator('#checkout');
});
afterEach(() => payer.leave());

const example = readBlocks(pageNamed('docs/checkout.md')).find(({ language }) => language === 'html')?.text ?? '';

/** Shows the session in the shop's page, which is the example with a head and a memory. */
async function embed(at: Shop, session: Data): Promise<void> {
  expect(example).toContain('CHECKOUT_URL');
  const memory =
    "window.heard = []; addEventListener('message', ({ data }) => heard.push(data)); window.verifyOnYourBackend = (id) => { window.verified = id; };";
  const filled = example.replace('CHECKOUT_URL', JSON.stringify(session.checkoutUrl));
  at.html = `<!doctype html><html lang="en"><head><title>Shop</title><link rel="icon" href="data:,"></head><body><script>${memory}</script>${filled}</body></html>`;
  await page.goto(at.origin);
}

async function payInFrame(card: string): Promise<void> {
  await frame.getByLabel('Card number').fill(card);
  await frame.getByLabel('Expiry').fill('12/31');
  await frame.getByLabel('Security code').fill('123');
  await frame.locator('button[type=submit]').click();
}

const heard = (): Promise<readonly Data[]> => page.evaluate(() => (window as unknown as { heard: Data[] }).heard);

/** Whether a frame holds the gateway’s page. */
function isShown(): boolean {
  return page.frames().some((shown) => shown !== page.mainFrame() && shown.url().startsWith(gateway.url));
}

describe('a shop on the merchant’s list', () => {
  test('shows the page in its frame, which takes the height that it needs, and hears how it ended', async () => {
    const session = await start(merchant, 'PAYMENT', { returnUrl: `${shop.origin}/thanks` });
    await embed(shop, session);
    await payInFrame(CARDS.decline);
    await frame.getByRole('heading', { name: 'Card not accepted' }).waitFor();
    expect(isShown()).toBe(true);
    const heights = await page.evaluate(() => {
      const element = document.querySelector<HTMLIFrameElement>('#checkout');
      return element === null ? 0 : element.clientHeight;
    });
    const needed = await frame.locator('html').evaluate((html) => html.scrollHeight);
    expect(heights).toBeGreaterThanOrEqual(needed);
    await payInFrame(CARDS.approve);
    await frame.getByRole('heading', { name: 'Paid. Thank you.' }).waitFor();
    const messages = await heard();
    expect(messages.every(({ source }) => source === 'tollgate-checkout')).toBe(true);
    expect(messages.filter(({ type }) => type !== 'resize')).toEqual([
      { source: 'tollgate-checkout', type: 'completed', sessionId: session.id },
      { source: 'tollgate-checkout', type: 'ended', sessionId: session.id, as: 'paid' },
    ]);
    expect(JSON.stringify(messages)).not.toMatch(/cst_|4242|Jane/);
    expect(await page.evaluate(() => (window as unknown as { verified: string }).verified)).toBe(session.id);
    expect(await frame.getByText('You are taken back').count()).toBe(0);
    await frame.getByRole('link', { name: 'Back to Corner Shop' }).click();
    await page.waitForURL(`${shop.origin}/thanks`);
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });

  test('lets its payer through a challenge without leaving the frame', async () => {
    const session = await start(merchant, 'AUTHORIZATION');
    await embed(shop, session);
    await payInFrame(CARDS.challenge);
    await frame.getByRole('button', { name: 'Approve' }).click();
    await frame.getByRole('heading', { name: 'The amount is held on your card' }).waitFor();
    expect(new URL(page.url()).origin).toBe(shop.origin);
    expect(await verify(merchant, 'AUTHORIZATION', session.id)).toMatchObject({ status: 'SUCCEEDED', hold: 'HELD' });
  });

  test('leaves the focus and the place of its own page alone, and lets everybody in on a phone', async () => {
    await page.setViewportSize(PHONE);
    await embed(shop, await start(merchant, 'PAYMENT'));
    await frame.getByLabel('Card number').waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY');
    expect(await frame.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth)).toBeLessThanOrEqual(0);
    expect(await seriousViolations(page)).toEqual([]);
    if (process.env['SCREENSHOTS'] !== undefined)
      await page.screenshot({ path: `${process.env['SCREENSHOTS']}/framed-phone-light.png`, fullPage: true });
  });
});

describe('a shop that is not on the list', () => {
  const BLOCKED = /frame-ancestors|chrome-error|ERR_BLOCKED_BY_RESPONSE|Refused to frame|Framing/;

  test('shows nothing of the page', async () => {
    payer.allowHosts(stranger.origin);
    payer.expectTrouble(BLOCKED);
    await embed(stranger, await start(merchant, 'PAYMENT'));
    await expect.poll(isShown).toBe(false);
  });

  test('shows nothing of the page either when it comes by the address of a merchant of its own', async () => {
    payer.allowHosts(stranger.origin);
    payer.expectTrouble(BLOCKED);
    const own = await gateway.newMerchant({ returnOrigins: [stranger.origin] });
    const { token } = await start(merchant, 'PAYMENT');
    await embed(stranger, { checkoutUrl: `${gateway.url}/checkout/${own.publicId}#${token}` });
    // The page comes, asks whose session it is, and is led to the address of that merchant, which this shop may not frame.
    await expect.poll(isShown, { timeout: 10_000 }).toBe(false);
    expect(await page.frameLocator('#checkout').getByLabel('Card number').count()).toBe(0);
  });
});
