import { type Browser, chromium, type Page, type Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BROWSER } from '../support/browser.ts';
import { CARDS, type Data, start, type TestMerchant, verify } from '../support/gateway.ts';
import { heading, openForm, pay, payButton } from '../support/payer.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { openVisitor, type Visitor } from '../support/visitor.ts';

/** The network gives up before, during and after a payment: the page says what is known, and finds out the rest. */
let gateway: ServedGateway;
let merchant: TestMerchant;
let browser: Browser;
let payer: Visitor;
let page: Page;

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant();
  browser = await chromium.launch(BROWSER);
});
afterAll(async () => {
  await browser.close();
  await gateway.close();
});

beforeEach(async () => {
  payer = await openVisitor(browser, [gateway.url]);
  payer.expectTrouble(/ERR_FAILED|ERR_INTERNET_DISCONNECTED/);
  ({ page } = payer);
});
afterEach(() => payer.leave());

const CONFIRM = '**/example/v1/confirm';
const READS = /\/(graphql|example\/v1\/status)$/;
const UNCERTAIN = 'We do not know yet whether it went through';

async function open(): Promise<Data> {
  const session = await start(merchant, 'PAYMENT');
  await openForm(page, session);
  return session;
}

/** Lets the page's own time pass until it has come to the heading. */
async function later(text: string): Promise<void> {
  const wanted = page.getByRole('heading', { level: 2, name: text });
  for (let second = 0; second < 60 && !(await wanted.isVisible()); second += 1) {
    await page.clock.runFor(1_000);
    await page.waitForTimeout(20);
  }
  await wanted.waitFor();
}

const cut = (route: Route) => route.abort();
/** The bank gets the card, and its answer is lost on the way back. */
async function cutAfter(route: Route): Promise<void> {
  await route.fetch();
  await route.abort();
}

describe('a network that is lost', () => {
  test('before the page is there can be tried again, and is by itself once it is back', async () => {
    const session = await start(merchant, 'PAYMENT');
    await page.route(READS, cut);
    await page.goto(session.checkoutUrl);
    await heading(page, 'The checkout cannot be reached');
    await page.unroute(READS);
    await page.getByRole('button', { name: 'Check again' }).click();
    await page.locator('#number').waitFor();
    await page.route(READS, cut);
    await page.reload();
    await heading(page, 'The checkout cannot be reached');
    await page.unroute(READS);
    await payer.context.setOffline(true);
    await payer.context.setOffline(false);
    await page.locator('#number').waitFor();
  });

  test('before the card is sent sends nothing, and says so', async () => {
    const sent: string[] = [];
    page.on('request', (request) => void sent.push(request.url()));
    const session = await open();
    await payer.context.setOffline(true);
    await page.getByText('You are offline.').waitFor();
    sent.length = 0;
    await pay(page, CARDS.approve);
    await heading(page, 'You are offline');
    await page.getByText('Nothing was sent. Try again once you are connected.').waitFor();
    expect(sent).toEqual([]);
    await payer.context.setOffline(false);
    await heading(page, 'Card details');
    // What was typed is still there.
    await payButton(page).click();
    await heading(page, 'Paid. Thank you.');
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });

  test('while the bank is asked says not to try again, and finds out that it was paid', async () => {
    const session = await open();
    await page.route(CONFIRM, cutAfter);
    await page.route(READS, cut);
    await pay(page, CARDS.approve);
    await heading(page, UNCERTAIN);
    await page.getByText('Do not try again: we are asking the payment provider.').waitFor();
    expect(await payButton(page).isVisible()).toBe(false);
    await page.unroute(READS);
    await payer.context.setOffline(true);
    await payer.context.setOffline(false);
    await heading(page, 'Paid. Thank you.');
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });

  test('before the bank was asked leads back to the form, which does not say that nothing was charged', async () => {
    await page.clock.install();
    const session = await open();
    await page.route(CONFIRM, cut);
    await pay(page, CARDS.approve);
    await heading(page, UNCERTAIN);
    await later('You can try again');
    expect(await page.getByRole('main').innerText()).not.toMatch(/charged/);
    await page.unroute(CONFIRM);
    await payButton(page).click();
    await heading(page, 'Paid. Thank you.');
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });

  test('while the bank decides changes nothing but the time it takes', async () => {
    await open();
    await page.route(READS, cut);
    await pay(page, CARDS.asyncDecline);
    await heading(page, 'Your bank is deciding');
    await gateway.pass(3_000);
    await page.unroute(READS);
    await heading(page, 'Card not accepted');
  });

  test('for good is told in the end, with what to do', async () => {
    await page.clock.install();
    await open();
    await page.route(CONFIRM, cutAfter);
    await page.route(READS, cut);
    await pay(page, CARDS.approve);
    for (let look = 0; look < 60 && !(await page.getByText('Still no answer.').isVisible()); look += 1) {
      await page.clock.runFor(5_000);
      await page.waitForTimeout(20);
    }
    await page.getByText('Still no answer. Do not try again.').waitFor();
    await page.unroute(READS);
    await page.getByRole('button', { name: 'Check again' }).click();
    await heading(page, 'Paid. Thank you.');
  });
});

describe('a page that is loaded again without a network', () => {
  test('after a try claims nothing of it', async () => {
    const session = await open();
    await page.route(CONFIRM, cutAfter);
    await page.route(READS, cut);
    await pay(page, CARDS.approve);
    await heading(page, UNCERTAIN);
    await page.reload();
    await heading(page, 'The checkout cannot be reached');
    expect(await page.getByRole('main').innerText()).not.toMatch(/charged|sent/);
    await page.unroute(READS);
    await page.getByRole('button', { name: 'Check again' }).click();
    await heading(page, 'Paid. Thank you.');
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });
});

describe('a part of the page that cannot be had', () => {
  test('is said to be missing, in the words that the page was sent with, and loaded once the network is back', async () => {
    const session = await start(merchant, 'PAYMENT');
    await page.route(/\/en-[\w-]+\.js$/, cut);
    await page.goto(session.checkoutUrl);
    await page.getByText('The checkout could not be loaded. Please load this page again.').waitFor();
    await page.unroute(/\/en-[\w-]+\.js$/);
    await payer.context.setOffline(true);
    await payer.context.setOffline(false);
    await page.locator('#number').waitFor();
  });

  test('is asked for again, and then by a page that begins anew', async () => {
    const session = await start(merchant, 'PAYMENT');
    let tries = 0;
    await page.route(/\/card-form-[\w-]+\.js$/, (route) => {
      tries += 1;
      return tries <= 2 ? route.abort() : route.continue();
    });
    await page.goto(session.checkoutUrl);
    for (let pressed = 0; pressed < 2; pressed += 1) {
      await page.getByRole('button', { name: 'Check again' }).or(page.locator('#number')).first().waitFor();
      if (await page.locator('#number').isVisible()) break;
      await page.getByRole('button', { name: 'Check again' }).click();
    }
    await page.locator('#number').waitFor();
    await pay(page, CARDS.approve);
    await heading(page, 'Paid. Thank you.');
  });
});

describe('a bank that', () => {
  test.each([
    ['loses its answer', CARDS.lostAfter, 'Paid. Thank you.'],
    ['loses the question', CARDS.lostBefore, 'You can try again'],
    ['breaks down', '4000009900000053', 'You can try again'],
    ['is busy', '4000009900000061', 'The bank is busy'],
  ])('%s is asked how the payment stands', async (_name, card, text) => {
    payer.expectTrouble(/504|500|429/);
    await page.clock.install();
    await open();
    await pay(page, card);
    await later(text);
  });
});
