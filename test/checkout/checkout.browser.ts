import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { BROWSER } from '../support/browser.ts';
import {
  CARDS,
  type Data,
  type Kind,
  READ_SESSION,
  start,
  startInput,
  startText,
  type TestMerchant,
  verify,
} from '../support/gateway.ts';
import { heading, openForm, pay, payButton, typeCard } from '../support/payer.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { DESKTOP, openVisitor, PHONE, type Visitor } from '../support/visitor.ts';

/** The checkout page as a payer sees it: the served gateway, a real browser, no stub in between. */
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

async function open(data: Record<string, unknown> = {}, kind: Kind = 'PAYMENT'): Promise<Data> {
  const session = await start(merchant, kind, data);
  await openForm(page, session);
  return session;
}

const read = async (id: string): Promise<Data> => (await merchant.data(READ_SESSION, { by: { id } })).clientSession;
const isIn = (ms: number): string => new Date(gateway.clock.now().getTime() + ms).toISOString();
const seeAgain = (of: Page) => of.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));

describe('a payment', () => {
  test('shows the amount in the currency’s own form, takes a card and says that it was paid', async () => {
    const session = await open({ amount: '1234567', currency: 'JPY', description: 'Two nights in Kyoto' });
    const summary = await page.getByRole('banner').innerText();
    expect(summary).toMatch(/Corner Shop[^]*You pay[^]*¥1,234,567[^]*Two nights in Kyoto[^]*charged when you pay/);
    expect(summary).toContain('Test mode: no real money moves');
    expect(await page.title()).toBe('You pay ¥1,234,567 · Corner Shop');
    expect((await read(session.id)).status).toBe('ACTIVE');
    await pay(page, CARDS.approve);
    await heading(page, 'Paid. Thank you.');
    expect(await page.title()).toBe('Paid. Thank you. · Corner Shop');
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });

  test('takes another card after a decline, and tells how often it can be tried', async () => {
    const session = await open({ attemptsMax: 3 });
    await pay(page, CARDS.insufficientFunds);
    const notice = page.locator('.notice');
    await notice.getByText('There is not enough money on this card. Nothing was charged. You can try 2 more times.').waitFor();
    expect(await notice.evaluate((element) => element === document.activeElement)).toBe(true);
    await pay(page, CARDS.approve);
    await heading(page, 'Paid. Thank you.');
    expect((await read(session.id)).transactions).toHaveLength(0);
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });

  test('that is declined for the last time is closed', async () => {
    await open({ attemptsMax: 1 });
    await pay(page, CARDS.decline);
    await heading(page, 'This checkout is being closed');
    expect(await page.getByText('Nothing was charged').count()).toBe(0);
    await gateway.pass(3 * SECOND_MS);
    await heading(page, 'This checkout is closed');
    await page.getByText('Nothing was charged. The card was declined too often.').waitFor();
    await page.reload();
    await heading(page, 'This checkout is closed');
  });

  test('that the bank decides later is waited for', async () => {
    const session = await open();
    await pay(page, CARDS.asyncApprove);
    await heading(page, 'Your bank is deciding');
    await gateway.pass(3 * SECOND_MS);
    await heading(page, 'Paid. Thank you.');
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });

  test.each([
    ['AUTHORIZATION', 'To be held on your card', /^Hold \$100\.00$/, 'The amount is held on your card', { hold: 'HELD' }],
    [
      'ADD_PAYMENT_METHOD',
      'Store your card',
      /^Store this card$/,
      'Your card is stored',
      { paymentMethod: { id: expect.any(String) } },
    ],
  ] as const)('of kind %s says what it does, and does it', async (kind, purpose, button, end, result) => {
    const session = await open({}, kind);
    await page.getByRole('heading', { level: 1, name: purpose }).waitFor();
    await page.getByRole('button', { name: button }).waitFor();
    await pay(page, CARDS.approve);
    await heading(page, end);
    expect(await verify(merchant, kind, session.id)).toMatchObject({ status: 'SUCCEEDED', ...result });
  });
});

describe('a challenge', () => {
  test('is gone through and come back from, and the token is in no address on the way', async () => {
    const session = await open();
    await pay(page, CARDS.challenge);
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    expect(page.url()).not.toContain('cst_');
    await page.getByRole('button', { name: 'Approve' }).click();
    await heading(page, 'Paid. Thank you.');
    expect(page.url()).toBe(session.checkoutUrl);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });

  test('that failed lets the payer try again', async () => {
    await open();
    await pay(page, CARDS.challenge);
    await page.getByRole('button', { name: 'Fail' }).click();
    await page.getByText('The bank could not confirm that it is you.').waitFor();
    await pay(page, CARDS.approve);
    await heading(page, 'Paid. Thank you.');
  });

  test('that was left, by its button or by the browser’s, is offered again', async () => {
    await open();
    await pay(page, CARDS.challenge);
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('button', { name: 'Continue to your bank' }).click();
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Continue to your bank' }).click();
    await page.getByRole('button', { name: 'Approve' }).click();
    await heading(page, 'Paid. Thank you.');
  });

  test('opens in a tab of its own where this one keeps nothing for the way', async () => {
    await page.addInitScript(() => {
      Storage.prototype.setItem = () => {
        throw new Error('This browser keeps nothing for this page.');
      };
    });
    await open();
    await pay(page, CARDS.challenge);
    const opening = payer.context.waitForEvent('page');
    await page.getByRole('link', { name: 'Continue to your bank' }).click();
    const bank = await opening;
    await bank.getByRole('button', { name: 'Approve' }).click();
    await heading(bank, 'Your checkout waits in another tab');
    await seeAgain(page);
    await heading(page, 'Paid. Thank you.');
  });
});

describe('the time', () => {
  test('is counted by the gateway’s clock, however wrong the payer’s is', async () => {
    await page.clock.install({ time: new Date('2031-01-01T00:00:00Z') });
    await open({ expiresAt: isIn(8 * MINUTE_MS) });
    await page.getByText(/^Time left (8:00|7:5\d)$/).waitFor();
    await page.clock.runFor(3 * MINUTE_MS + 5 * SECOND_MS);
    await page.getByText(/^Time left 4:5\d$/).waitFor();
    expect(await page.getByText('5 minutes left.').count()).toBe(1);
  });

  test('that is over ends nothing until the gateway says so', async () => {
    await page.clock.install();
    await open({ expiresAt: isIn(2 * MINUTE_MS) });
    await page.getByText(/^Time left (2:00|1:5\d)$/).waitFor();
    let answer = (): void => {};
    const isAnswered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/graphql', (route) => isAnswered.then(() => route.continue()));
    await page.clock.runFor(2 * MINUTE_MS + SECOND_MS);
    await page
      .getByText(/^The time is over/)
      .first()
      .waitFor();
    // The gateway's own clock has not come so far.
    answer();
    await payButton(page).waitFor();
    expect(await page.locator('body').innerText()).not.toContain('Nothing was charged');
    await gateway.pass(2 * MINUTE_MS + SECOND_MS);
    await page.clock.runFor(6 * SECOND_MS);
    await heading(page, 'The time for this checkout is over');
    await page.getByText('Nothing was charged. Start again at the shop.').waitFor();
    expect(await page.locator('#number').count()).toBe(0);
  });

  test('is quiet while there is enough of it', async () => {
    await open();
    expect(await page.getByText('Time left').count()).toBe(0);
  });
});

describe('the same payment once more', () => {
  test('is made once by a double click, and once by Enter pressed twice', async () => {
    const confirms: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/v1/confirm') && request.method() === 'POST') confirms.push(request.url());
    });
    await open();
    await typeCard(page, CARDS.approve);
    await payButton(page).dblclick();
    await heading(page, 'Paid. Thank you.');
    await open();
    await typeCard(page, CARDS.approve);
    await page.locator('#cvc').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await heading(page, 'Paid. Thank you.');
    expect(confirms).toHaveLength(2);
  });

  test('tells that it is under way, and keeps the focus where it was', async () => {
    await open();
    const held: { answer: () => void } = { answer: () => {} };
    const isHeld = new Promise<void>((resolve) => Object.assign(held, { answer: resolve }));
    await page.route('**/v1/confirm', async (route) => {
      await isHeld;
      await route.continue();
    });
    await pay(page, CARDS.approve);
    expect(await payButton(page).getAttribute('aria-disabled')).toBe('true');
    expect(await payButton(page).innerText()).toBe('Asking your bank…');
    expect(await payButton(page).evaluate((button) => button === document.activeElement)).toBe(true);
    held.answer();
    await heading(page, 'Paid. Thank you.');
  });

  test('is shown as it stands after a reload, in another tab, and to a form that is late', async () => {
    payer.expectTrouble(/409/);
    const session = await open();
    const late = await payer.context.newPage();
    await openForm(late, session);
    const other = await payer.context.newPage();
    await openForm(other, session);
    await pay(page, CARDS.approve);
    await heading(page, 'Paid. Thank you.');
    await page.reload();
    await heading(page, 'Paid. Thank you.');
    await seeAgain(other);
    await heading(other, 'Paid. Thank you.');
    await pay(late, CARDS.approve);
    await heading(late, 'Paid. Thank you.');
  });

  test('that a reload interrupted is found out', async () => {
    await open();
    await page.route('**/v1/confirm', async (route) => {
      await route.fetch();
      // The payer is gone by now, and nobody hears the answer.
    });
    await pay(page, CARDS.approve);
    await page.getByText('Asking your bank…').first().waitFor();
    await page.waitForTimeout(300);
    await page.reload();
    await heading(page, 'Paid. Thank you.');
  });
});

describe('the way back to the shop', () => {
  const returnTo = () => ({ returnUrl: `${gateway.url}/health/live?from=checkout` });

  test('is taken by itself after a success, some seconds later', async () => {
    payer.expectTrouble(/favicon/);
    await page.clock.install();
    await open(returnTo());
    await pay(page, CARDS.approve);
    await page.getByText('You are taken back in 5 seconds.').first().waitFor();
    await page.clock.runFor(5 * SECOND_MS);
    await page.waitForURL(/from=checkout/);
  });

  test('waits when the payer wants to stay', async () => {
    payer.expectTrouble(/favicon/);
    await page.clock.install();
    await open(returnTo());
    await pay(page, CARDS.approve);
    await page.getByRole('button', { name: 'Stay here' }).click();
    await page.clock.runFor(20 * SECOND_MS);
    expect(page.url()).toContain('/checkout/');
    await page.getByRole('link', { name: 'Back to Corner Shop' }).click();
    await page.waitForURL(/from=checkout/);
  });

  test('is only offered to whoever comes back to a payment that was made before, or that failed', async () => {
    const session = await open(returnTo());
    await pay(page, CARDS.approve);
    await heading(page, 'Paid. Thank you.');
    await page.goto('about:blank');
    await page.goto(session.checkoutUrl);
    await page.getByRole('link', { name: 'Back to Corner Shop' }).waitFor();
    expect(await page.getByText('You are taken back').count()).toBe(0);
    await open({ ...returnTo(), attemptsMax: 1 });
    await pay(page, CARDS.decline);
    await heading(page, 'This checkout is being closed');
    await gateway.pass(3 * SECOND_MS);
    await page.getByRole('link', { name: 'Back to Corner Shop' }).waitFor();
    expect(await page.getByText('You are taken back').count()).toBe(0);
  });

  test.each(['https://elsewhere.example/', 'javascript:alert(1)'])(
    'never leads to %s: the start refuses it',
    async (returnUrl) => {
      const answer = await merchant.query(startText('PAYMENT'), startInput('PAYMENT', { returnUrl }));
      expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual([
        returnUrl.startsWith('https') ? 'RETURN_URL_NOT_ALLOWED' : 'BAD_USER_INPUT',
      ]);
    },
  );
});

describe('the form', () => {
  test('puts what is typed into shape and never moves the caret from where it is needed', async () => {
    await open();
    const number = page.locator('#number');
    await number.pressSequentially('424242424242424');
    for (let step = 0; step < 14; step += 1) await page.keyboard.press('ArrowLeft');
    await page.keyboard.type('9');
    expect(await number.inputValue()).toMatch(/^4242 9?/);
    expect((await number.inputValue()).replace(/\D/g, '')).toHaveLength(16);
    await page.keyboard.press('Backspace');
    expect((await number.inputValue()).replace(/ /g, '')).toBe('424242424242424');
    await page.locator('#expiry').pressSequentially('534');
    expect(await page.locator('#expiry').inputValue()).toBe('05 / 34');
    await page.locator('#cvc').pressSequentially('12a34567');
    expect(await page.locator('#cvc').inputValue()).toBe('1234');
  });

  test.each([
    ['full-width digits', '４２４２　４２４２　４２４２　４２４２', '１２／３４', '１２３'],
    ['Arabic-Indic digits', '٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢', '١٢/٣٤', '١٢٣'],
    ['spaces that do not break', '4242\u00a04242\u00a04242\u00a04242', '12\u00a0/\u00a034', ' 123\u00a0'],
  ])('takes a card in %s', async (_what, number, expiry, cvc) => {
    await open();
    for (const [id, text] of [
      ['number', number],
      ['expiry', expiry],
      ['cvc', cvc],
    ] as const) {
      await page.locator(`#${id}`).focus();
      await page.keyboard.insertText(text);
    }
    const values = ['number', 'expiry', 'cvc'].map((id) => page.locator(`#${id}`).inputValue());
    expect(await Promise.all(values)).toEqual(['4242 4242 4242 4242', '12 / 34', '123']);
    await payButton(page).click();
    await heading(page, 'Paid. Thank you.');
  });

  test('waits for an input method to finish its digits', async () => {
    await open();
    await page.locator('#number').focus();
    const typing = await page.context().newCDPSession(page);
    await typing.send('Input.imeSetComposition', { text: '４２４２', selectionStart: 4, selectionEnd: 4 });
    expect(await page.locator('#number').inputValue()).toBe('４２４２');
    await typing.send('Input.insertText', { text: '４２４２' });
    expect(await page.locator('#number').inputValue()).toBe('4242');
  });

  test('is filled in by browsers and by thumbs', async () => {
    await open();
    const attributes = (id: string) =>
      page.locator(`#${id}`).evaluate((input: HTMLInputElement) => [input.autocomplete, input.inputMode, input.type]);
    expect(await Promise.all(['number', 'expiry', 'cvc'].map(attributes))).toEqual([
      ['cc-number', 'numeric', 'text'],
      ['cc-exp', 'numeric', 'text'],
      ['cc-csc', 'numeric', 'text'],
    ]);
  });

  test('tells what is wrong at the field itself and leads there', async () => {
    payer.expectTrouble(/400/);
    await open();
    await pay(page, '4242424242424241');
    const number = page.locator('#number[aria-invalid="true"]');
    await number.waitFor();
    const describedBy = (await number.getAttribute('aria-describedby')) ?? '';
    expect(await page.locator(`#${describedBy}`).innerText()).toBe('This is not a card number. Check the digits.');
    expect(await number.evaluate((input) => input === document.activeElement)).toBe(true);
    await number.fill('4111111111111111');
    expect(await page.locator('[aria-invalid="true"]').count()).toBe(0);
    await payButton(page).click();
    await page.getByText('This card is not taken here. Use another one.').waitFor();
    await pay(page, CARDS.approve);
    await heading(page, 'Paid. Thank you.');
  });

  test('can be filled in by a test card of the list', async () => {
    await open();
    await page.getByText('Test cards', { exact: true }).click();
    await page.getByRole('button', { name: /approved$/ }).click();
    await page.keyboard.press('Enter');
    await heading(page, 'Paid. Thank you.');
  });

  test.each([
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ])('stays in its place on a %s, whatever is shown above it', async (_device, size) => {
    await page.setViewportSize(size);
    await page.addInitScript(() => {
      const seen = window as unknown as { shifts: number };
      seen.shifts = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.shifts += (entry as unknown as { value: number }).value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await open();
    await pay(page, CARDS.decline);
    await heading(page, 'Card not accepted');
    await pay(page, CARDS.approve);
    await heading(page, 'Paid. Thank you.');
    expect(await page.evaluate(() => (window as unknown as { shifts: number }).shifts)).toBeLessThan(0.02);
  });
});

describe('whoever opens it', () => {
  test.each([
    ['de-AT', 'de', 'Sie zahlen', /zahlen$/],
    ['fr-FR', 'en', 'You pay', /^Pay/],
  ])('in a browser of %s reads %s', async (locale, lang, purpose, button) => {
    const local = await openVisitor(browser, [gateway.url], { locale });
    const session = await start(merchant, 'PAYMENT', { amount: '123456', currency: 'EUR' });
    await local.page.goto(session.checkoutUrl);
    await local.page.getByRole('heading', { level: 1, name: purpose }).waitFor();
    await local.page.getByRole('button', { name: button }).waitFor();
    expect(await local.page.evaluate(() => document.documentElement.lang)).toBe(lang);
    await local.leave();
  });

  test('at another merchant’s address is led to its own, and at the old address without one stays', async () => {
    const other = await gateway.newMerchant();
    const session = await start(merchant, 'PAYMENT');
    await page.goto(`${gateway.url}/checkout/${other.publicId}#${session.token}`);
    await page.waitForURL(session.checkoutUrl);
    await page.locator('#number').waitFor();
    await page.goto('about:blank');
    await page.goto(`${gateway.url}/checkout#${session.token}`);
    await page.locator('#number').waitFor();
    expect(new URL(page.url()).pathname).toBe('/checkout');
    await pay(page, CARDS.challenge);
    await page.getByRole('button', { name: 'Approve' }).click();
    await heading(page, 'Paid. Thank you.');
  });

  test('with another session’s token in the same tab sees that session', async () => {
    const first = await open();
    const second = await start(merchant, 'PAYMENT', { amount: '555' });
    await page.goto(second.checkoutUrl);
    await page.getByRole('button', { name: 'Pay $5.55' }).waitFor();
    expect(first.token).not.toBe(second.token);
  });

  test.each([
    ['without a token', '', 'This link is not complete'],
    ['with a token that opens nothing', '#cst_nothing', 'This link is not valid any more'],
  ])('%s is told so', async (_name, hash, text) => {
    await page.goto(`${gateway.url}/checkout/${merchant.publicId}${hash}`);
    await heading(page, text);
  });
});

test('nothing of all this has left a token or a card in the gateway’s log', () => {
  const log = gateway.logLines.join('');
  expect(log).toContain('/checkout/');
  expect(log).not.toMatch(/cst_|4242424242424242|4000000000003220/);
});
