import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BROWSER } from '../support/browser.ts';
import { CARDS, type Data, start, type TestMerchant } from '../support/gateway.ts';
import { heading, openForm, pay } from '../support/payer.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { DESKTOP, openVisitor, PHONE, type Visitor } from '../support/visitor.ts';

/** What payers do with their browsers: go back and forward, stop on the way, use the keyboard, wish for languages, have long names. */
let gateway: ServedGateway;
let merchant: TestMerchant;
let browser: Browser;
let payer: Visitor;
let page: Page;

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
  payer = await openVisitor(browser, [gateway.url]);
  ({ page } = payer);
});
afterEach(() => payer.leave());

async function open(data: Record<string, unknown> = {}): Promise<Data> {
  const session = await start(merchant, 'PAYMENT', data);
  await openForm(page, session);
  return session;
}

/** The browser brings a page back as it was when it was left. */
const restore = (of: Page) => of.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));

describe('a challenge', () => {
  test('that was answered is not offered again to whoever goes back to a page that the browser has kept', async () => {
    const session = await open();
    await pay(page, CARDS.challenge);
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('button', { name: 'Continue to your bank' }).waitFor();
    const other = await payer.context.newPage();
    await other.goto(session.checkoutUrl);
    await other.getByRole('button', { name: 'Continue to your bank' }).click();
    await other.getByRole('button', { name: 'Approve' }).click();
    await heading(other, 'Paid. Thank you.');
    const answers: (() => void)[] = [];
    await page.route('**/graphql', async (route) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      await route.continue();
    });
    await restore(page);
    await expect.poll(() => answers.length).toBe(1);
    expect(await page.getByRole('button').count()).toBe(0);
    answers[0]?.();
    await heading(page, 'Paid. Thank you.');
  });

  test('whose way the browser has stopped can be gone again', async () => {
    await open();
    await page.route('**/example/challenge/*', (route) => route.abort('aborted'));
    await pay(page, CARDS.challenge);
    const way = page.getByRole('button', { name: 'Continue to your bank' });
    await way.waitFor();
    await page.unroute('**/example/challenge/*');
    await way.click();
    await page.getByRole('button', { name: 'Approve' }).click();
    await heading(page, 'Paid. Thank you.');
  });
});

describe('the focus', () => {
  const focused = (): Promise<string> =>
    page.evaluate(() => {
      const { activeElement } = document;
      return activeElement === document.body ? 'nothing' : (activeElement?.textContent ?? 'nothing');
    });

  test.each([
    ['a mouse', DESKTOP, false],
    ['a thumb', PHONE, true],
  ])('of whoever uses %s is never lost when something else is shown', async (_name, viewport, hasTouch) => {
    const own = await openVisitor(browser, [gateway.url], { viewport, hasTouch, isMobile: hasTouch });
    own.expectTrouble(/ERR_FAILED/);
    ({ page } = own);
    await page.clock.install();
    await open({ returnUrl: `${gateway.url}/health/live` });
    // A thumb gets no keyboard over the form before it asks for one.
    expect(await page.locator(hasTouch ? '.form-head' : '#number').evaluate((place) => place === document.activeElement)).toBe(
      true,
    );
    await page.route('**/v1/confirm', (route) => route.abort());
    await pay(page, CARDS.approve);
    await heading(page, 'We do not know yet whether it went through');
    await expect.poll(focused).toBe('We do not know yet whether it went through');
    await page.unroute('**/v1/confirm');
    await expect
      .poll(async () => {
        await page.clock.runFor(1_000);
        return focused();
      })
      .toContain('You can try again');
    await restore(page);
    await heading(page, 'You can try again');
    await expect.poll(focused).toContain('You can try again');
    await pay(page, CARDS.insufficientFunds);
    await heading(page, 'Card not accepted');
    await expect.poll(focused).toContain('There is not enough money on this card.');
    await pay(page, CARDS.approve);
    await heading(page, 'Paid. Thank you.');
    await expect.poll(focused).toBe('Paid. Thank you.');
    await page.getByRole('button', { name: 'Stay here' }).click();
    await expect.poll(focused).toBe('Paid. Thank you.');
    await own.leave();
  });
});

describe('whoever opens it', () => {
  test('with a wish for a language that is no tag reads what was meant, with its amounts', async () => {
    await page.addInitScript(() => Object.defineProperty(navigator, 'languages', { value: ['de_DE@euro', 'en'] }));
    await open({ amount: '123456', currency: 'EUR' });
    await page.getByRole('button', { name: /^1\.234,56\s€ zahlen$/ }).waitFor();
  });

  test('for a shop and a purpose of very long or right-to-left names sees each in its place', async () => {
    const name = `${'שלום עולם '.repeat(3)}${'Ω'.repeat(90)}`;
    const data = {
      description: `${'x'.repeat(150)} קיוטו`,
      amount: '9223372036854775807',
      currency: 'USD',
      storePaymentMethod: true,
    };
    const session = await start(merchant, 'PAYMENT', data);
    await page.route('**/graphql', async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      body.data.merchant.name = name;
      await route.fulfill({ response, json: body });
    });
    for (const viewport of [DESKTOP, PHONE]) {
      await page.setViewportSize(viewport);
      await page.goto('about:blank');
      await page.goto(session.checkoutUrl);
      await page.getByRole('button', { name: 'Pay $92,233,720,368,547,758.07' }).waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    }
    expect(await page.locator('bdi').innerText()).toBe(name);
  });
});
