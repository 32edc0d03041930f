import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createSignInLink } from '../../src/merchants/manage-sign-ins.ts';
import { BROWSER } from '../support/browser.ts';
import { openSession, signIn } from '../support/console.ts';
import { CARDS, type Data, must, paid, start, type TestMerchant } from '../support/gateway.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { openVisitor, type Visitor } from '../support/visitor.ts';

/** What goes wrong around the console: networks, other tabs, slips of the hand. */
let gateway: ServedGateway;
let merchant: TestMerchant;
let browser: Browser;
let visitor: Visitor;
let page: Page;

/** Names that are no loopback addresses to the browser: without TLS it gives pages there no clipboard and no `randomUUID`. */
const PAY_HOST = 'pay.localhost';
const CONSOLE_HOST = 'console.localhost';

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant();
  const args = [...BROWSER.args, '--host-resolver-rules=MAP *.localhost 127.0.0.1'];
  browser = await chromium.launch({ ...BROWSER, args });
});
afterAll(async () => {
  await browser.close();
  await gateway.close();
});

beforeEach(async () => {
  visitor = await openVisitor(browser, [gateway.url]);
  ({ page } = visitor);
});
afterEach(() => visitor.leave());

const dialog = () => page.getByRole('dialog');
const movementsOf = async (id: string): Promise<readonly string[]> => {
  const read = 'query R($id: ID!) { clientSession(by: { id: $id }) { transactions { action amount } } }';
  const { transactions } = (await merchant.data(read, { id })).clientSession;
  return transactions.map(({ action, amount }: Data) => `${action} ${amount}`);
};
const pay = async (amount: string): Promise<Data> => (await paid(gateway, merchant, { data: { amount } })).session;
const newLink = async (of: TestMerchant): Promise<string> => must(await createSignInLink(gateway.app.deps, of.scope)).code;

describe('without a network', () => {
  beforeEach(() => visitor.expectTrouble(/ERR_INTERNET_DISCONNECTED/));

  test('a refund that is pressed says so, and is not sent later by itself', async () => {
    const session = await pay('1000');
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    await page.getByRole('button', { name: 'Refund…' }).click();
    await visitor.context.setOffline(true);
    await dialog().getByRole('button', { name: 'Refund $10.00' }).click();
    await dialog()
      .getByText(/answer was lost/)
      .waitFor();
    expect(await dialog().getByLabel('Amount to give back in USD').isEditable()).toBe(false);
    await page.keyboard.press('Escape');
    await visitor.context.setOffline(false);
    await page.reload();
    await page.getByRole('button', { name: 'Refund…' }).waitFor();
    expect(await movementsOf(session.id)).toEqual(['PAYMENT 1000']);
  });

  test('signing out is not claimed', async () => {
    await signIn(page, gateway, merchant);
    await visitor.context.setOffline(true);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText(/You are still signed in/).waitFor();
    await visitor.context.setOffline(false);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Secret key').waitFor();
  });

  test('another list than the one that is shown does not pretend to be it', async () => {
    await start(merchant, 'PAYMENT');
    await signIn(page, gateway, merchant);
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.locator('.row-link').first().waitFor();
    await visitor.context.setOffline(true);
    await page.getByRole('link', { name: 'Declined' }).click();
    await page.getByText(/gave no answer/).waitFor();
    expect(await page.locator('.row-link').count()).toBe(0);
    await visitor.context.setOffline(false);
  });
});

describe('a second sign-in in the same browser', () => {
  test('takes over every tab, and none acts for the one before', async () => {
    visitor.expectTrouble(/401/);
    const other = await gateway.newMerchant();
    await signIn(page, gateway, merchant);
    await page.goto(`${gateway.url}/console/developers`);
    await page.getByRole('button', { name: 'Create a key' }).click();
    const tab = await visitor.context.newPage();
    await tab.goto(`${gateway.url}/console#${await newLink(other)}`);
    await tab.getByText('Test data').waitFor();
    await dialog().getByRole('button', { name: 'Create' }).click();
    await dialog().waitFor({ state: 'detached' });
    for (const shop of [merchant, other]) expect((await shop.data('{ apiKeys { id } }')).apiKeys).toHaveLength(2);
    // The open page now shows the keys of the other merchant.
    await page.getByText('In force').first().waitFor();
    const hint = (await other.data('{ apiKeys { hint } }')).apiKeys[0].hint;
    await page.getByText(hint).waitFor();
  });

  test('by a link counts also when it is pasted into an open tab, and leaves no complaint behind', async () => {
    await signIn(page, gateway, merchant);
    const { name } = (await merchant.data('{ merchant { name } }')).merchant;
    await page.goto(`${gateway.url}/console#${await newLink(await gateway.newMerchant())}`);
    await expect.poll(() => page.url()).toBe(`${gateway.url}/console`);
    await page.getByText(name).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Secret key').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});

describe('at an address of its own, without TLS', () => {
  let apart: ServedGateway;
  let consoleOrigin: string;
  beforeAll(async () => {
    apart = await serveGateway({}, { hostName: PAY_HOST, consoleHostName: CONSOLE_HOST });
    consoleOrigin = apart.url.replace(PAY_HOST, CONSOLE_HOST);
  });
  afterAll(() => apart.close());
  beforeEach(() => {
    visitor.allowHosts(apart.url, consoleOrigin);
    // Browsers say of plain http that a header for TLS is left out of account.
    visitor.expectTrouble(/Cross-Origin-Opener-Policy/);
  });

  test('money moves, and codes are copied by hand', async () => {
    const shop = await apart.newMerchant();
    const { session } = await paid(apart, shop, { data: { amount: '1000' } });
    await signIn(page, { url: consoleOrigin }, shop);
    await openSession(page, { url: consoleOrigin }, session);
    await page.getByRole('button', { name: 'Copy the session id' }).click();
    await page.getByText('Selected. Copy it with the keyboard.').waitFor();
    expect(await page.evaluate(() => getSelection()?.toString())).toBe(session.id);
    await page.getByRole('button', { name: 'Refund…' }).click();
    await dialog().getByRole('button', { name: 'Refund $10.00' }).click();
    await dialog().getByText('Refund of $10.00: succeeded.').waitFor();
  });

  test('the LIVE side is seen, and no script of the checkout page gets at it', async () => {
    visitor.expectTrouble(/40[14]/, /policy: connect-src/, /Content Security Policy/);
    const shop = await apart.newMerchant();
    const live = { ...shop.scope, environment: 'LIVE' } as const;
    const { code } = must(await createSignInLink(apart.app.deps, live));
    await page.goto(`${consoleOrigin}/console#${code}`);
    await page.getByText('Live', { exact: true }).waitFor();
    const checkout = await visitor.context.newPage();
    await checkout.goto(`${apart.url}/checkout/${shop.publicId}`);
    const stolen = await checkout.evaluate(async (origin) => {
      const headers = { 'content-type': 'application/json', 'x-tollgate-console': 'none' };
      const init = { method: 'POST', credentials: 'include', headers, body: '{"query":"{ merchant { id } }"}' } as const;
      const here = await fetch('/graphql', init).then((response) => response.text());
      const there = await fetch(`${origin}/graphql`, init).then(
        (response) => response.text(),
        () => 'blocked',
      );
      return { here, there };
    }, consoleOrigin);
    expect(stolen.here).toContain('UNAUTHENTICATED');
    expect(stolen.there).toBe('blocked');
    expect((await checkout.goto(`${consoleOrigin}/checkout/${shop.publicId}`))?.status()).toBe(404);
  });
});

describe('a slip of the hand', () => {
  test('does not close the only sight of a new key', async () => {
    await signIn(page, gateway, merchant);
    await page.goto(`${gateway.url}/console/developers`);
    await page.getByRole('button', { name: 'Create a key' }).click();
    await dialog().getByLabel('What it is for').fill('Slippery');
    await dialog().getByRole('button', { name: 'Create' }).click();
    await dialog().locator('.new-key').waitFor();
    await page.keyboard.press('Escape');
    await page.mouse.click(5, 400);
    await dialog().locator('.new-key').waitFor();
    await page.getByRole('button', { name: 'I have copied it' }).click();
    await dialog().waitFor({ state: 'detached' });
  });

  test('while typing a date or a search loses nothing', async () => {
    await paid(gateway, merchant, { card: CARDS.approve });
    await signIn(page, gateway, merchant);
    await page.goto(`${gateway.url}/console/sessions?from=2026-11-01T00:00:00.000Z`);
    await page.getByRole('button', { name: /^Filters/ }).click();
    const from = page.getByLabel('From');
    await from.focus();
    // Month and day stand; the year is typed over, digit by digit.
    for (const key of ['Tab', 'Tab', '2', '0', '2', '5']) await page.keyboard.press(key);
    await page.keyboard.press('Escape');
    await expect.poll(() => new URL(page.url()).searchParams.get('from')).toMatch(/^2025-1[01]-/);
    const search = page.getByRole('searchbox');
    await search.fill('order');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe('order');
    await page.keyboard.type('-1');
    expect(await search.inputValue()).toBe('order-1');
    await page.goBack();
    await expect.poll(() => search.inputValue()).toBe('');
  });

  test('in an amount is told beside it, and filters nothing', async () => {
    await signIn(page, gateway, merchant);
    await page.goto(`${gateway.url}/console/sessions`);
    await page.getByRole('button', { name: /^Filters/ }).click();
    await page.getByLabel('At least').fill('5');
    await page.keyboard.press('Tab');
    await page.getByText('Choose a currency first.').waitFor();
    await page.getByLabel('Currency').fill('usd');
    await page.keyboard.press('Tab');
    await page.getByLabel('At least').fill('1,234.50');
    await page.keyboard.press('Tab');
    await page.getByText('Such as 12.50.').waitFor();
    expect(new URL(page.url()).search).toBe('?currency=USD');
    await page.getByLabel('At least').fill('12.5');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).search).toBe('?currency=USD&min=1250');
    expect(await page.getByLabel('At least').inputValue()).toBe('12.50');
  });
});
