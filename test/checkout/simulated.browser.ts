import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../src/cli/ports.ts';
import { addProviderAccount, webhookPathOf } from '../../src/merchants/provider-accounts.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { NUVEI, STRIPE, type Vendor } from '../providers/scenario-lab.ts';
import { BROWSER } from '../support/browser.ts';
import { CARDS, type Data, must, startInput, startText, type TestMerchant, verify } from '../support/gateway.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';

/** The checkout page with a simulated Stripe and Nuvei behind it: the browser speaks to them as the vendors' own scripts would. */
let gateway: ServedGateway;
let simulator: Simulator;
let merchant: TestMerchant;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  const port = await freePort('127.0.0.1');
  gateway = await serveGateway({ simulatorUrl: `http://127.0.0.1:${port}` });
  const { database, clock, log, vault } = gateway;
  simulator = await createSimulator({ database, clock, sign: vault.fingerprint, log, host: '127.0.0.1', port });
  merchant = await gateway.newMerchant();
  browser = await chromium.launch(BROWSER);
});
afterAll(async () => {
  await browser.close();
  await simulator.close();
  await gateway.close();
});

beforeEach(async () => {
  complaints = [];
  context = await browser.newContext({ locale: 'en-US' });
  page = await context.newPage();
  // A declined card comes with HTTP 402 from Stripe, which the browser's console tells of.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('402')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const isKnown = [gateway.url, simulator.url, 'data:'].some((start) => request.url().startsWith(start));
    if (!isKnown || request.url().split('#')[0]?.includes('cst_')) complaints.push(`request to ${request.url()}`);
  });
});
afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});

async function addAccount({ provider, makeCredentials, simulate }: Vendor): Promise<string> {
  const draft = { provider, label: 'simulated', baseUrl: simulator.url, credentials: makeCredentials() };
  const account = must(await addProviderAccount(gateway.app.deps, merchant.scope, draft));
  await simulator.addAccount(simulate(account, `${gateway.url}${webhookPathOf(account)}`));
  return account.id;
}

async function open(vendor: Vendor, kind: 'PAYMENT' | 'AUTHORIZATION' | 'ADD_PAYMENT_METHOD'): Promise<Data> {
  const provider = { merchantTransactionProviderId: await addAccount(vendor) };
  const { session } = await merchant.data(startText(kind), { ...startInput(kind), provider });
  await page.goto(session.checkoutUrl);
  await page.getByLabel('Card number').waitFor();
  return session;
}

async function pay(card: string): Promise<void> {
  await page.getByLabel('Card number').fill(card);
  await page.getByLabel(/Expiry/).fill('12/31');
  await page.getByLabel(/security code|CVC/i).fill('123');
  await page.getByRole('button', { name: /^(Pay|Hold|Store)/ }).click();
}

describe.each([
  ['STRIPE', STRIPE],
  ['NUVEI', NUVEI],
] as const)('the checkout page of a simulated %s', (_name, vendor) => {
  test('takes another card after a decline, and the gateway sees both attempts', async () => {
    const session = await open(vendor, 'PAYMENT');
    await pay(CARDS.insufficientFunds);
    await page.getByText(/Nothing was charged/).waitFor();
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('DECLINED');
    await pay(CARDS.approve);
    await page.getByText('Paid. Thank you.').waitFor();
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
    await page.reload();
    await page.getByText('Paid. Thank you.').waitFor();
  });

  test('goes through the challenge of a held amount and comes back', async () => {
    const session = await open(vendor, 'AUTHORIZATION');
    await pay(CARDS.challenge);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('The amount is held on your card.').waitFor();
    expect(await verify(merchant, 'AUTHORIZATION', session.id)).toMatchObject({ status: 'SUCCEEDED', hold: 'HELD' });
  });

  test('marks the field of a mistyped card', async () => {
    await open(vendor, 'ADD_PAYMENT_METHOD');
    await pay('4242424242424241');
    await page.locator('#number[aria-invalid="true"]').waitFor();
  });
});
