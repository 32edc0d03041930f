import { readFile } from 'node:fs/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HOUR_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { createSignInLink } from '../../src/merchants/manage-sign-ins.ts';
import { BROWSER } from '../support/browser.ts';
import { openSession, signIn, statusOf } from '../support/console.ts';
import {
  CARDS,
  confirm,
  type Data,
  type Kind,
  must,
  newCode,
  paid,
  start,
  type TestMerchant,
  verify,
} from '../support/gateway.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { openVisitor, type Visitor } from '../support/visitor.ts';

/** The console as a person uses it: the served gateway, a real browser, nothing in between. */
let gateway: ServedGateway;
let merchant: TestMerchant;
let browser: Browser;
let visitor: Visitor;
let page: Page;

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant({ returnOrigins: ['https://shop.example'] });
  browser = await chromium.launch(BROWSER);
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

const READ = `query R($id: ID!) { clientSession(by: { id: $id }) { status transactions { action status amount relatedTransaction { id } } } }`;
const read = async (id: string): Promise<Data> => (await merchant.data(READ, { id })).clientSession;
const button = (name: string | RegExp) => page.getByRole('button', { name });
const dialog = () => page.getByRole('dialog');
const searchOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

async function pay(kind: Kind = 'PAYMENT', card: string = CARDS.approve, data: Record<string, unknown> = {}): Promise<Data> {
  return (await paid(gateway, merchant, { kind, card, data })).session;
}

describe('signing in', () => {
  test('by a secret key leaves no trace of it in the browser, and survives a reload', async () => {
    await signIn(page, gateway, merchant);
    await page.getByText('Corner Shop').waitFor();
    await page.getByText('Test data').waitFor();
    const kept = await page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, location.href]),
    );
    expect(kept).not.toMatch(/sk_|cns_/);
    await page.reload();
    await page.getByText('Corner Shop').waitFor();
  });

  test('by a wrong key says what is wrong with it, and keeps the door closed', async () => {
    visitor.expectTrouble(/401/);
    await page.goto(`${gateway.url}/console/sessions`);
    await button('Sign in').click();
    await page.getByText('Paste a secret key.').waitFor();
    await page.getByLabel('Secret key').fill(merchant.publishableKey);
    await page.keyboard.press('Enter');
    await page.getByText(/publishable key/).waitFor();
    expect(await page.getByLabel('Secret key').inputValue()).toBe('');
    expect(await page.getByRole('navigation').count()).toBe(0);
  });

  test('by a link works once, and the code is gone from the address', async () => {
    visitor.expectTrouble(/401/);
    const { code } = must(await createSignInLink(gateway.app.deps, merchant.scope));
    await page.goto(`${gateway.url}/console#${code}`);
    await page.getByText('Corner Shop').waitFor();
    expect(page.url()).not.toContain('cnl_');
    await button('Sign out').click();
    await page.getByLabel('Secret key').waitFor();
    await page.goto('about:blank');
    await page.goto(`${gateway.url}/console#${code}`);
    await page.getByText(/used already/).waitFor();
  });

  test('opens the page that was asked for, with its filters', async () => {
    await page.goto(`${gateway.url}/console/sessions?status=DECLINED&q=nothing`);
    await page.getByLabel('Secret key').fill(merchant.secretKey);
    await page.keyboard.press('Enter');
    await page.getByText('No session matches').waitFor();
    expect(searchOf(page.url())).toEqual({ q: 'nothing', status: 'DECLINED' });
  });

  test('ends in every tab when somebody signs out, and what was shown is gone', async () => {
    const session = await pay();
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    const other = await visitor.context.newPage();
    await other.goto(`${gateway.url}/console`);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.getByLabel('Secret key').waitFor();
    await page.getByRole('link', { name: 'Developers' }).click();
    await page.getByLabel('Secret key').waitFor();
    expect(await page.locator('body').innerText()).not.toContain('Corner Shop');
  });
});

describe('the whole life of a payment', () => {
  test('can be followed from its start to its refund, which is one however often it is pressed', async () => {
    const session = await start(merchant, 'PAYMENT', { amount: '4200', description: 'Two tickets' });
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    expect(await statusOf(page).innerText()).toBe('Pending');
    await page.getByText('Waiting for the payer to enter a payment method.').waitFor();
    await confirm(gateway.app, session.token, CARDS.approve);
    await button('Verify').click();
    await page.getByText('Payment of $42.00: succeeded.').waitFor();
    await expect.poll(() => statusOf(page).innerText()).toBe('Completed');
    expect(await button('Verify').count()).toBe(0);

    await button('Refund…').click();
    await dialog().getByLabel('Amount to give back in USD').fill('12.50');
    await dialog()
      .getByLabel(/Reason/)
      .fill('One ticket came back');
    const press = dialog().getByRole('button', { name: 'Refund $12.50' });
    await press.evaluate((element) => {
      for (let count = 0; count < 5; count += 1) (element as HTMLElement).click();
    });
    await dialog().getByText('Refund of $12.50: succeeded.').waitFor();
    await button('Done').click();
    await page.getByText('$12.50 refunded, $29.50 can still be refunded').waitFor();
    const { transactions } = await read(session.id);
    expect(transactions.map(({ action, amount }: Data) => `${action} ${amount}`)).toEqual(['PAYMENT 4200', 'REFUND 1250']);
  });

  test('asks again under the same key when the answer to a refund is lost', async () => {
    visitor.expectTrouble(/ERR_FAILED|Failed to load/);
    const session = await pay('PAYMENT', CARDS.approve, { amount: '1000' });
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    await button('Refund…').click();
    const keys: string[] = [];
    await page.route('**/graphql', async (route) => {
      const { variables, query } = route.request().postDataJSON();
      if (!query.includes('refundTransaction')) return route.continue();
      keys.push(variables.key);
      // It arrives and is executed; the answer is what gets lost.
      await route.fetch();
      return keys.length === 1 ? route.abort() : route.continue();
    });
    await dialog().getByRole('button', { name: 'Refund $10.00' }).click();
    await dialog()
      .getByText(/answer was lost/)
      .waitFor();
    await dialog().getByRole('button', { name: 'Refund $10.00' }).click();
    await dialog().getByText('Refund of $10.00: succeeded.').waitFor();
    expect(new Set(keys).size).toBe(1);
    expect((await read(session.id)).transactions).toHaveLength(2);
  });

  test('refuses an amount that is none or too much, before anything is sent', async () => {
    const session = await pay('PAYMENT', CARDS.approve, { amount: '1000' });
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    await button('Refund…').click();
    const field = dialog().getByLabel('Amount to give back in USD');
    for (const [typed, problem] of [
      ['10.01', /At most \$10.00/],
      ['1,000', /no marks between thousands/],
      ['ten', /such as 12.50/],
      ['0', /above zero/],
    ] as const) {
      await field.fill(typed);
      await page.keyboard.press('Enter');
      await dialog().getByText(problem).waitFor();
    }
    expect((await read(session.id)).transactions).toHaveLength(1);
  });

  test('shows a decline with its reason and advice, and the success after it', async () => {
    const session = await start(merchant, 'PAYMENT');
    await confirm(gateway.app, session.token, CARDS.insufficientFunds);
    await verify(merchant, 'PAYMENT', session.id);
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    await page.getByText('Insufficient funds').waitFor();
    await page.getByText('insufficient_funds').first().waitFor();
    await page.getByText('The same payment method may work after a while.').waitFor();
    await confirm(gateway.app, session.token, CARDS.approve);
    await button('Verify').click();
    await page.getByText('Payment of $100.00: succeeded.').waitFor();
    await expect.poll(() => page.locator('.tree > li').count()).toBe(2);
  });

  test('waits for the payer’s bank where it asks for a challenge', async () => {
    const session = await start(merchant, 'PAYMENT');
    await confirm(gateway.app, session.token, CARDS.challenge);
    await verify(merchant, 'PAYMENT', session.id);
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    await page.getByText('Waiting for the payer to confirm at their bank.').waitFor();
    await button('Cancel session').click();
    await dialog().getByRole('button', { name: 'Cancel session' }).click();
    await page.getByText('The session is canceled.').waitFor();
    await expect.poll(() => statusOf(page).innerText()).toBe('Canceled');
  });

  test('names the card that was stored', async () => {
    const session = await pay('ADD_PAYMENT_METHOD');
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    await page.getByRole('heading', { name: /Store a payment method/ }).waitFor();
    await page
      .getByText(/visa ending in 4242/)
      .first()
      .waitFor();
    expect(await button(/Refund|Settle|Void/).count()).toBe(0);
  });

  test('settles an authorization in part, and then offers to refund what was taken', async () => {
    const session = await pay('AUTHORIZATION', CARDS.approve, { amount: '10000' });
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    await page.getByText(/The money is held/).waitFor();
    await button('Settle…').click();
    await dialog().getByLabel('Amount to take in USD').fill('60');
    await dialog().getByRole('button', { name: 'Settle $60.00' }).click();
    await dialog().getByText('Settle of $60.00: succeeded.').waitFor();
    await button('Done').click();
    await page.getByText('Settled with $60.00').waitFor();
    expect(await button(/Settle|Void/).count()).toBe(0);
    expect(await button('Refund…').count()).toBe(2);
  });

  test('voids an authorization only after asking', async () => {
    const session = await pay('AUTHORIZATION');
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    await button('Void…').click();
    await dialog().getByRole('button', { name: 'Not now' }).click();
    expect((await read(session.id)).transactions).toHaveLength(1);
    await button('Void…').click();
    await dialog().getByRole('button', { name: 'Void' }).click();
    await dialog().getByText('Void of $100.00: succeeded.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Voided', { exact: true }).waitFor();
  });

  test('tells that a session has expired, and offers nothing more', async () => {
    const session = await start(merchant, 'PAYMENT');
    await gateway.pass(HOUR_MS);
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    expect(await statusOf(page).innerText()).toBe('Expired');
    await page.getByText('Nobody tried to pay').waitFor();
    expect(await button(/Verify|Cancel|Refund/).count()).toBe(0);
  });

  test('shows what was given to the browser without what opens it', async () => {
    const session = await pay('PAYMENT', CARDS.approve, { metadata: { cart: '77' } });
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    await page.getByRole('heading', { name: 'Payload for the browser' }).waitFor();
    const text = await page.locator('main').innerText();
    expect(text).toContain('metadata.cart');
    expect(text).toContain('••••••');
    expect(text).not.toMatch(/exm_tok_|cst_/);
  });
});

describe('the list of sessions', () => {
  let shop: TestMerchant;
  beforeAll(async () => {
    shop = await gateway.newMerchant();
    for (let index = 0; index < 60; index += 1) {
      gateway.clock.advance(SECOND_MS);
      const code = `list-${String(index).padStart(3, '0')}`;
      const customer = { merchantInternalCustomerCode: `buyer-${index % 5}` };
      await start(shop, 'PAYMENT', { merchantInternalTransactionCode: code, amount: String(1000 + index), customer });
    }
  });
  const codes = () => page.locator('.row-link').allInnerTexts();

  test('is paged, sorted, searched and filtered, and the address keeps it all', async () => {
    await signIn(page, gateway, shop);
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByText('50 of 60 sessions').waitFor();
    expect((await codes())[0]).toBe('list-059');
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByText('10 of 60 sessions').waitFor();
    expect(await codes()).toHaveLength(10);
    await page.getByRole('link', { name: 'Previous' }).click();
    await page.getByText('50 of 60 sessions').waitFor();
    await page.getByRole('button', { name: 'Amount' }).click();
    await page.getByRole('columnheader', { name: 'Amount', exact: true }).and(page.locator('[aria-sort=descending]')).waitFor();
    await page.getByRole('button', { name: 'Amount' }).click();
    await page.locator('[aria-sort=ascending]').waitFor();
    await page.locator('.row-link', { hasText: 'list-000' }).waitFor();

    await page.getByRole('searchbox').fill('buyer-3');
    await page.keyboard.press('Enter');
    await page.getByText('12 sessions').waitFor();
    await button(/^Filters/).click();
    await page.getByRole('checkbox', { name: 'Pending' }).check();
    await page.getByLabel('Currency').fill('usd');
    await page.getByLabel('Currency').blur();
    await page.getByLabel('At least').fill('10.30');
    await page.getByLabel('At least').blur();
    await page.keyboard.press('Escape');
    await page.getByText('6 sessions').waitFor();
    const url = page.url();
    expect(searchOf(url)).toEqual({ q: 'buyer-3', status: 'PENDING', currency: 'USD', min: '1030', sort: 'smallest' });

    await page.getByRole('button', { name: /At least \$10.30/ }).click();
    await page.getByText('12 sessions').waitFor();
    await page.goBack();
    await page.getByText('6 sessions').waitFor();
    const other = await visitor.context.newPage();
    await other.goto(url);
    await other.getByText('6 sessions').waitFor();
  });

  test('shows a new session by itself', async () => {
    await signIn(page, gateway, shop);
    await page.goto(`${gateway.url}/console/sessions`);
    await page.locator('.row-link').first().waitFor();
    gateway.clock.advance(SECOND_MS);
    const code = newCode('fresh');
    await start(shop, 'PAYMENT', { merchantInternalTransactionCode: code });
    await page.getByRole('link', { name: code }).waitFor({ timeout: 10_000 });
  });

  test('is taken home as CSV, and only what it shows', async () => {
    await signIn(page, gateway, shop);
    await page.goto(`${gateway.url}/console/sessions?q=list-00&sort=oldest`);
    await page.getByText('10 sessions').waitFor();
    await button('Export CSV').click();
    const arriving = page.waitForEvent('download');
    await dialog().getByRole('button', { name: 'Export', exact: true }).click();
    await dialog().getByText('10 sessions were saved.').waitFor();
    const download = await arriving;
    expect(download.suggestedFilename()).toMatch(/^sessions-.*\.csv$/);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
    expect(lines).toHaveLength(11);
    expect(lines[0]).toMatch(/^id,createdAt,kind,status,amount,/);
    expect(lines[1]).toContain('list-000');
    expect(lines[1]).toContain('10.00');
    expect(lines.join()).not.toMatch(/jane@example|cst_/);
  });
});

describe('for developers', () => {
  test('a key is made, shown once, used, and ended', async () => {
    await visitor.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await signIn(page, gateway, merchant);
    await page.getByRole('link', { name: 'Developers' }).click();
    await button('Create a key').click();
    await dialog().getByLabel('What it is for').fill('New backend');
    await dialog().getByRole('button', { name: 'Create' }).click();
    const text = await dialog().locator('.new-key code').innerText();
    expect(text).toMatch(/^sk_test_[\w-]{43}$/);
    await button('Copy the new key').click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
    await button('I have copied it').click();
    const row = page.getByRole('row', { name: /New backend/ });
    await row.getByText('In force').waitFor();
    expect(await page.content()).not.toContain(text);
    expect((await merchant.query('{ merchant { name } }', {}, text)).errors).toEqual([]);
    await row.getByRole('button', { name: /Revoke/ }).click();
    await dialog().getByRole('button', { name: 'Revoke' }).click();
    await row.getByText('Revoked').waitFor();
    expect((await merchant.query('{ merchant { name } }', {}, text)).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  test('revoking the key that one is signed in with leads back to the door', async () => {
    const shop = await gateway.newMerchant();
    await signIn(page, gateway, shop);
    await page.goto(`${gateway.url}/console/developers`);
    const row = page.getByRole('row', { name: /Your sign-in/ });
    await row.getByRole('button', { name: /Revoke/ }).click();
    await dialog()
      .getByText(/signs you out/)
      .waitFor();
    await dialog().getByRole('button', { name: 'Revoke' }).click();
    await page.getByLabel('Secret key').waitFor();
  });

  test('provider accounts tell how they fare, and are asked about', async () => {
    const shop = await gateway.newMerchant();
    await paid(gateway, shop);
    await gateway.pass(5 * SECOND_MS);
    await signIn(page, gateway, shop);
    await page.goto(`${gateway.url}/console/developers?tab=accounts`);
    await page.getByText('Healthy').waitFor();
    expect(await page.locator('main').innerText()).not.toMatch(/whp_[\w-]{43}/);
    await button('Check the credentials').click();
    await page.getByText('EXAMPLE accepts the credentials.').waitFor();
    const { providerAccounts } = await shop.data('{ providerAccounts { webhookUrl } }');
    await gateway.app.fetch(new Request(providerAccounts[0].webhookUrl, { method: 'POST', body: '{}' }));
    await page.reload();
    await page.getByText('Refused webhooks').waitFor();
    await page.getByText(/not signed/).waitFor();
    await page.getByRole('link', { name: 'Received webhooks' }).click();
    await page.getByText('Processed').first().waitFor();
  });
});
