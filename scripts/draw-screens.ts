// npm run screens: draws the pictures of README.md and docs/ anew, on an embedded database with a quarter's business.
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { MINUTE_MS, SECOND_MS } from '../src/kernel/clock.ts';
import { addProviderAccount } from '../src/merchants/manage-accounts.ts';
import { BROWSER } from '../test/support/browser.ts';
import { openSession, signIn } from '../test/support/console.ts';
import { CARDS, confirm, type Data, must, REFUND, start, type TestMerchant, verify } from '../test/support/gateway.ts';
import { seedBusiness } from '../test/support/million.ts';
import { type ServedGateway, serveGateway } from '../test/support/served.ts';
import prepareTemplate from '../test/support/template.ts';
import { PHONE } from '../test/support/visitor.ts';

const FOLDER = fileURLToPath(new URL('../docs/images/', import.meta.url));
const SESSIONS = 60_000;

await prepareTemplate();
const gateway = await serveGateway();
const browser = await chromium.launch({ ...BROWSER, ignoreDefaultArgs: ['--hide-scrollbars'] });
try {
  const merchant = await gateway.newMerchant();
  const session = await doBusiness(gateway, merchant);
  const page = await openPage({ width: 1280, height: 800 });
  await signIn(page, gateway, merchant);
  await page.getByText('Success by provider').first().waitFor();
  await page.getByRole('link', { name: '30 days' }).click();
  await page.getByText('Sessions per day').waitFor();
  await draw(page, 'overview');
  await openSession(page, gateway, session);
  await draw(page, 'session');
  const phone = await openPage(PHONE);
  const order = await start(merchant, 'PAYMENT', { amount: '4200', description: 'Two tickets, row 12' });
  await phone.goto(order.checkoutUrl);
  await phone.getByLabel('Card number').waitFor();
  await draw(phone, 'checkout');
} finally {
  await browser.close();
  await gateway.close();
}

/** A quarter of a year's sessions, and one that was declined, paid and refunded in part. */
async function doBusiness({ app, database, clock, pass }: ServedGateway, merchant: TestMerchant): Promise<Data> {
  const { scope, accountId } = merchant;
  const account = { label: 'main', baseUrl: null } as const;
  const stripe = {
    ...account,
    provider: 'STRIPE',
    credentials: { secretKey: 'sk_test_drawn', publishableKey: 'pk_test_drawn', webhookSecret: 'whsec_drawn' },
  } as const;
  const accounts = [
    { id: accountId, provider: 'EXAMPLE' },
    { id: must(await addProviderAccount(app.deps, scope, stripe)).id, provider: 'STRIPE' },
  ];
  await seedBusiness(async (text, values) => ({ rows: await database.client.$queryRawUnsafe(text, ...(values ?? [])) }), {
    merchantId: scope.merchantId,
    accounts,
    count: SESSIONS,
    before: clock.now(),
    days: 88,
  });
  await pass(SECOND_MS);
  const data = { amount: '8900', merchantInternalTransactionCode: 'order-2089', description: 'Two tickets, row 12' };
  const session = await start(merchant, 'PAYMENT', { ...data, customer: { merchantInternalCustomerCode: 'customer-4421' } });
  clock.advance(48 * SECOND_MS);
  await confirm(app, session.token, CARDS.insufficientFunds);
  await verify(merchant, 'PAYMENT', session.id);
  clock.advance(35 * SECOND_MS);
  await confirm(app, session.token, CARDS.approve);
  const transaction = await verify(merchant, 'PAYMENT', session.id);
  clock.advance(7 * MINUTE_MS);
  await merchant.data(REFUND, { by: { id: transaction.id }, amount: '4450', key: 'drawn-1' });
  await pass(5 * SECOND_MS);
  return session;
}

async function openPage(viewport: { width: number; height: number }): Promise<Page> {
  const context = await browser.newContext({ viewport, locale: 'en-US', deviceScaleFactor: 1 });
  const page = await context.newPage();
  // The gateway's clock stands still, and the page reads the same one.
  await page.clock.setFixedTime(gateway.clock.now());
  return page;
}

async function draw(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: `${FOLDER}${name}.png`, animations: 'disabled' });
}
