import { type Browser, chromium, type FrameLocator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addProviderAccount } from '../../src/merchants/manage-accounts.ts';
import { webhookPathOf } from '../../src/merchants/provider-account.ts';
import type { Provider, ProviderCall, StartedSession } from '../../src/providers/provider.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { NUVEI, STRIPE, type Vendor } from '../providers/scenario-lab.ts';
import { BROWSER } from '../support/browser.ts';
import { CARDS, type Data, type Kind, must, startInput, startText, type TestMerchant, verify } from '../support/gateway.ts';
import { heading, payButton } from '../support/payer.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { standInForNuvei, standInForStripe } from '../support/vendor-scripts.ts';
import { DESKTOP, openVisitor, PHONE, seriousViolations, type Visitor } from '../support/visitor.ts';

/** Accounts at the vendors themselves, whose own scripts take the card: stand-ins under the vendors' addresses, the simulator behind them. */
let gateway: ServedGateway;
let simulator: Simulator;
let merchant: TestMerchant;
let browser: Browser;
let payer: Visitor;
let page: Page;

/** The gateway believes that it talks to the vendor; its calls arrive at the simulator. */
function redirected(provider: Provider): Provider {
  if (provider.name === 'EXAMPLE') return provider;
  const elsewhere = <Call extends ProviderCall>(call: Call): Call => ({
    ...call,
    account: { ...call.account, baseUrl: simulator.url },
  });
  return {
    ...provider,
    async send(kind, call, request) {
      const answer = await provider.send(kind, elsewhere(call), request);
      if (kind !== 'START') return answer;
      const started = answer as StartedSession;
      return { ...started, payload: { ...started.payload, apiUrl: null } } as typeof answer;
    },
    findByOperation: (kind, call, request) => provider.findByOperation(kind, elsewhere(call), request),
    fetchSession: (call, session) => provider.fetchSession(elsewhere(call), session),
    fetchMovement: (call, movement) => provider.fetchMovement(elsewhere(call), movement),
  };
}

beforeAll(async () => {
  gateway = await serveGateway({}, { wrapProvider: redirected });
  const { database, clock, log, vault } = gateway;
  simulator = await createSimulator({ database, clock, sign: vault.fingerprint, log, host: '127.0.0.1', port: 0 });
  merchant = await gateway.newMerchant();
  for (const vendor of [STRIPE, NUVEI]) await addAccount(vendor);
  browser = await chromium.launch(BROWSER);
});
afterAll(async () => {
  await browser.close();
  await simulator.close();
  await gateway.close();
});

beforeEach(async () => {
  payer = await openVisitor(browser, [gateway.url]);
  payer.expectTrouble(/402/);
  ({ page } = payer);
});
afterEach(() => payer.leave());

async function addAccount({ provider, makeCredentials, simulate }: Vendor): Promise<void> {
  const draft = { provider, label: 'real', baseUrl: null, credentials: makeCredentials() };
  const account = must(await addProviderAccount(gateway.app.deps, merchant.scope, draft));
  await simulator.addAccount(simulate(account, `${gateway.url}${webhookPathOf(account)}`));
}

async function startAt(provider: 'STRIPE' | 'NUVEI', kind: Kind, data: Record<string, unknown> = {}): Promise<Data> {
  const input = { ...startInput(kind, data), provider: { transactionProvider: provider } };
  return (await merchant.data(startText(kind), input)).session;
}

/** The vendor tells the gateway what has happened. */
async function notify(): Promise<void> {
  await gateway.pass(2_000);
  await simulator.deliverDue();
  await gateway.pass(0);
}

const standIn = (): Promise<Data> => page.evaluate(() => (window as unknown as { standIn: Data }).standIn);

/** As the style of the page has it now. */
const variable = (name: string): Promise<string> =>
  page.evaluate((of) => getComputedStyle(document.documentElement).getPropertyValue(of).trim(), name);

async function screenshot(name: string): Promise<void> {
  const { SCREENSHOTS } = process.env;
  if (SCREENSHOTS === undefined) return;
  for (const [device, size] of [
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ] as const) {
    await page.setViewportSize(size);
    await page.screenshot({ path: `${SCREENSHOTS}/${name}-${device}-light.png`, fullPage: true });
  }
  await page.setViewportSize(DESKTOP);
}

describe('the checkout of an account at Stripe', () => {
  let card: FrameLocator;

  async function open(kind: Kind, data: Record<string, unknown> = {}): Promise<Data> {
    payer.allowHosts('https://js.stripe.com', 'https://hooks.stripe.com', 'https://api.stripe.com');
    await standInForStripe(payer.context, simulator.url);
    const session = await startAt('STRIPE', kind, data);
    await page.goto(session.checkoutUrl);
    card = page.frameLocator('.vendor iframe');
    await card.getByLabel('Card number').waitFor();
    return session;
  }

  async function pay(number: string): Promise<void> {
    await card.getByLabel('Card number').fill(number);
    await card.getByLabel('Expiration date').fill('12/31');
    await card.getByLabel('Security code').fill('123');
    await payButton(page).click();
  }

  test('shows Stripe’s own fields, takes another card after a decline, and believes what Stripe says when it is asked again', async () => {
    const session = await open('PAYMENT');
    expect(await page.locator('#number').count()).toBe(0);
    expect(await page.getByText('Test cards').count()).toBe(0);
    await screenshot('stripe');
    await pay(CARDS.insufficientFunds);
    await page.getByText('There is not enough money on this card.').waitFor();
    await pay(CARDS.approve);
    await heading(page, 'Paid. Thank you.');
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
    await page.reload();
    await heading(page, 'Paid. Thank you.');
  });

  test('hands Stripe the secret, the payer’s data and the look, and the way back', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    const session = await open('PAYMENT');
    const { key, elements, type, element } = await standIn();
    const [accent, ink] = await Promise.all(['--accent', '--ink'].map(variable));
    expect(key).toMatch(/^pk_test_/);
    expect(elements).toMatchObject({
      clientSecret: expect.stringContaining('_secret_'),
      locale: 'en',
      appearance: { theme: 'night', variables: { colorPrimary: accent, colorText: ink, borderRadius: '10px' } },
    });
    expect(type).toBe('payment');
    expect(element.defaultValues.billingDetails).toEqual({
      name: 'Jane Smith',
      email: 'jane@example.com',
      address: { country: 'US' },
    });
    await pay(CARDS.approve);
    await heading(page, 'Paid. Thank you.');
    expect((await standIn()).confirmed.return_url).toBe(`${session.checkoutUrl.split('#')[0]}?answered`);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  test('goes through a challenge that Stripe shows over the page', async () => {
    const session = await open('AUTHORIZATION');
    await pay(CARDS.challenge);
    await page.frameLocator('iframe[src^="https://hooks.stripe.com"]').getByRole('button', { name: 'Complete' }).click();
    await heading(page, 'The amount is held on your card');
    expect(await verify(merchant, 'AUTHORIZATION', session.id)).toMatchObject({ status: 'SUCCEEDED', hold: 'HELD' });
  });

  test('stores a card, and leaves what is missing to Stripe’s fields', async () => {
    const session = await open('ADD_PAYMENT_METHOD');
    await payButton(page).click();
    await page.waitForTimeout(200);
    await heading(page, 'Card details');
    await pay(CARDS.approve);
    await heading(page, 'Your card is stored');
    expect((await verify(merchant, 'ADD_PAYMENT_METHOD', session.id)).paymentMethod).not.toBeNull();
  });

  test('is moved to the merchant’s own address when the link has none', async () => {
    payer.allowHosts('https://js.stripe.com', 'https://api.stripe.com');
    await standInForStripe(payer.context, simulator.url);
    const session = await startAt('STRIPE', 'PAYMENT');
    await page.goto(`${gateway.url}/checkout#${session.token}`);
    await page.waitForURL(session.checkoutUrl);
    await page.frameLocator('.vendor iframe').getByLabel('Card number').waitFor();
  });

  test('whose script cannot be had says so and tries again', async () => {
    payer.expectTrouble(/ERR_FAILED/);
    payer.allowHosts('https://js.stripe.com', 'https://api.stripe.com');
    await payer.context.route('https://js.stripe.com/**', (route) => route.abort());
    const session = await startAt('STRIPE', 'PAYMENT');
    await page.goto(session.checkoutUrl);
    await heading(page, 'The checkout cannot be reached');
    await payer.context.unroute('https://js.stripe.com/**');
    await standInForStripe(payer.context, simulator.url);
    await page.getByRole('button', { name: 'Check again' }).click();
    await page.frameLocator('.vendor iframe').getByLabel('Card number').waitFor();
  });
});

const UNCERTAIN = 'We do not know yet whether it went through';

describe('the checkout of an account at Nuvei', () => {
  async function open(kind: Kind, data: Record<string, unknown> = {}): Promise<Data> {
    payer.allowHosts('https://cdn.safecharge.com', 'https://ppp-test.nuvei.com');
    await standInForNuvei(payer.context, simulator.url);
    const session = await startAt('NUVEI', kind, data);
    await page.goto(session.checkoutUrl);
    await page.frameLocator('#nuvei-number iframe').getByLabel('ccNumber').waitFor();
    return session;
  }

  async function pay(number: string): Promise<void> {
    await page.frameLocator('#nuvei-number iframe').getByLabel('ccNumber').fill(number);
    await page.frameLocator('#nuvei-expiry iframe').getByLabel('ccExpiration').fill('12/31');
    await page.frameLocator('#nuvei-cvc iframe').getByLabel('ccCvc').fill('217');
    await payButton(page).click();
  }

  test('shows Nuvei’s own fields, takes another card after a decline, and waits for the gateway’s word', async () => {
    const session = await open('PAYMENT');
    expect(await page.locator('#number').count()).toBe(0);
    await screenshot('nuvei');
    await pay(CARDS.decline);
    await heading(page, 'Card not accepted');
    await pay(CARDS.approve);
    await heading(page, 'Waiting for confirmation');
    await notify();
    await heading(page, 'Paid. Thank you.');
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });

  test('hands Nuvei the order, the payer’s data and the wish to store', async () => {
    await open('ADD_PAYMENT_METHOD');
    expect(await page.getByLabel('Name on the card').inputValue()).toBe('Jane Smith');
    await pay(CARDS.approve);
    await heading(page, 'Waiting for confirmation');
    const { options, fields, params } = await standIn();
    expect(options).toMatchObject({ env: 'int', merchantId: expect.any(String), merchantSiteId: expect.any(String) });
    expect(fields).toEqual({ locale: 'en' });
    expect(params).toMatchObject({
      sessionToken: expect.any(String),
      userTokenId: expect.any(String),
      savePM: true,
      cardHolderName: 'Jane Smith',
      paymentOption: 'ccNumber',
      billingAddress: { email: 'jane@example.com', country: 'US' },
    });
    await notify();
    await heading(page, 'Your card is stored');
  });

  test('does not invite to pay again after a reload while the gateway has not heard of a try', async () => {
    await open('PAYMENT');
    await pay(CARDS.approve);
    await heading(page, 'Waiting for confirmation');
    await page.reload();
    await heading(page, UNCERTAIN);
    expect(await payButton(page).count()).toBe(0);
    await notify();
    await heading(page, 'Paid. Thank you.');
  });

  test('asks the gateway when the script’s word may come after a charge', async () => {
    const session = await open('PAYMENT');
    await say({ result: 'ERROR' });
    await pay(CARDS.approve);
    await heading(page, UNCERTAIN);
    expect(await payButton(page).isVisible()).toBe(false);
    await notify();
    await heading(page, 'Paid. Thank you.');
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });

  test('does not take a challenge that the payer closed for one that came to nothing', async () => {
    await open('PAYMENT');
    await say({ cancelled: true });
    await pay(CARDS.approve);
    await heading(page, UNCERTAIN);
    await notify();
    await heading(page, 'Paid. Thank you.');
  });

  test('lets no other tab pay while the gateway has not heard of a try', async () => {
    const session = await open('PAYMENT');
    const first = page;
    const other = await payer.context.newPage();
    await other.goto(session.checkoutUrl);
    await other.frameLocator('#nuvei-number iframe').getByLabel('ccNumber').waitFor();
    await pay(CARDS.approve);
    await heading(first, 'Waiting for confirmation');
    page = other;
    await pay(CARDS.approve);
    await heading(other, 'Your bank is deciding');
    expect((await standIn()).params).toBeUndefined();
    await notify();
    await heading(other, 'Paid. Thank you.');
  });

  /** What the script says of the next try, whatever became of it. */
  const say = (word: object): Promise<void> =>
    page.evaluate((given) => {
      (window as unknown as { standIn: Data }).standIn['word'] = given;
    }, word);
});

test('the vendors’ fields keep nobody out of the rest of the page', async () => {
  payer.allowHosts('https://js.stripe.com', 'https://api.stripe.com');
  await standInForStripe(payer.context, simulator.url);
  const session = await startAt('STRIPE', 'PAYMENT');
  await page.goto(session.checkoutUrl);
  await page.frameLocator('.vendor iframe').getByLabel('Card number').waitFor();
  expect(await seriousViolations(page)).toEqual([]);
});
