import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../src/cli/ports.ts';
import { addProviderAccount } from '../../src/merchants/manage-accounts.ts';
import { webhookPathOf } from '../../src/merchants/provider-account.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { NUVEI, STRIPE, type Vendor } from '../providers/scenario-lab.ts';
import { BROWSER } from '../support/browser.ts';
import { CARDS, type Data, must, startInput, startText, type TestMerchant, verify } from '../support/gateway.ts';
import { heading, pay } from '../support/payer.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { openVisitor, type Visitor } from '../support/visitor.ts';

/** The checkout page with a simulated Stripe and Nuvei behind it: the browser speaks to them as the vendors' own scripts would. */
let gateway: ServedGateway;
let simulator: Simulator;
let merchant: TestMerchant;
let browser: Browser;
let payer: Visitor;
let page: Page;

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
  payer = await openVisitor(browser, [gateway.url, simulator.url]);
  // A declined card comes with HTTP 402 from Stripe, which the browser's console tells of.
  payer.expectTrouble(/402/);
  ({ page } = payer);
});
afterEach(() => payer.leave());

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

describe.each([
  ['STRIPE', STRIPE],
  ['NUVEI', NUVEI],
] as const)('the checkout page of a simulated %s', (_name, vendor) => {
  test('takes another card after a decline, and the gateway sees both attempts', async () => {
    const session = await open(vendor, 'PAYMENT');
    await pay(page, CARDS.insufficientFunds);
    await page.getByText('Nothing was charged.').waitFor();
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('DECLINED');
    await pay(page, CARDS.approve);
    await heading(page, 'Paid. Thank you.');
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
    await page.reload();
    await heading(page, 'Paid. Thank you.');
  });

  test('goes through the challenge of a held amount and comes back', async () => {
    const session = await open(vendor, 'AUTHORIZATION');
    await pay(page, CARDS.challenge);
    await page.getByRole('button', { name: 'Approve' }).click();
    await heading(page, 'The amount is held on your card');
    expect(await verify(merchant, 'AUTHORIZATION', session.id)).toMatchObject({ status: 'SUCCEEDED', hold: 'HELD' });
  });

  test('marks the field of a mistyped card, and takes no card that the bank does not know', async () => {
    payer.expectTrouble(/400/);
    await open(vendor, 'ADD_PAYMENT_METHOD');
    await pay(page, '4242424242424241');
    await page.getByText('This is not a card number. Check the digits.').waitFor();
    await pay(page, '4111111111111111');
    // Stripe calls a card that it does not know in test mode a declined one.
    await page.locator('#number[aria-invalid="true"]').or(page.locator('.notice')).waitFor();
    await pay(page, CARDS.approve);
    await heading(page, 'Your card is stored');
  });
});
