import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOUR_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { BROWSER } from '../support/browser.ts';
import { openSession, signIn } from '../support/console.ts';
import { CARDS, confirm, type Data, paid, REFUND, start, type TestMerchant, verify } from '../support/gateway.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { DESKTOP, openVisitor, PHONE, seriousViolations, type Visitor } from '../support/visitor.ts';

/**
 * Every page of the console, light on a desktop and dark on a phone: nothing keeps anybody out by axe's measure, nothing is wider than
 * the phone, nothing jumps. With SCREENSHOTS each is drawn in all four ways, for people to look at.
 */
let gateway: ServedGateway;
let merchant: TestMerchant;
let browser: Browser;
let refunded: Data;
let receiver: Receiver;

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant();
  receiver = await openReceiver();
  await connectShop();
  refunded = await doBusiness();
  browser = await chromium.launch(BROWSER);
});
afterAll(async () => {
  await browser.close();
  await receiver.close();
  await gateway.close();
});

const CUSTOMER = { merchantInternalCustomerCode: 'customer-4421' };

/** An endpoint that is well, one that fails, and one that was disabled. */
async function connectShop(): Promise<void> {
  receiver.respond(({ data: { sequence } }, response) => void response.writeHead(sequence === 3 ? 500 : 200).end('taken'));
  const create = `mutation C($data: CreateWebhookEndpointInput!) { createWebhookEndpoint(data: $data) { endpoint { id } } }`;
  const types = ['session.completed', 'session.declined'];
  const connect = (data: Record<string, unknown>) => merchant.data(create, { data: { url: receiver.url, ...data } });
  await connect({ description: 'Order service', eventTypes: types });
  await connect({ scheme: 'ED25519', ordering: 'NONE' });
  const { createWebhookEndpoint: retired } = await connect({ description: 'Old order service' });
  const disable = 'mutation D($id: ID!) { updateWebhookEndpoint(data: { id: $id, isEnabled: false }) { id } }';
  await merchant.data(disable, { id: retired.endpoint.id });
}

/** Some of everything, over a few hours. */
async function doBusiness(): Promise<Data> {
  const cards = [CARDS.approve, CARDS.insufficientFunds, CARDS.approve, '5555555555554444', CARDS.decline, CARDS.approve];
  const currencies = ['USD', 'USD', 'EUR', 'JPY', 'USD', 'EUR'];
  for (let index = 0; index < 24; index += 1) {
    const currency = currencies[index % 6];
    const data = { amount: String(1999 + index * 613), currency, description: 'Two tickets', customer: CUSTOMER };
    const session = await start(merchant, 'PAYMENT', data);
    if (index % 7 !== 6) await confirm(gateway.app, session.token, cards[index % 6] ?? CARDS.approve);
    gateway.clock.advance((20 + index * 7) * SECOND_MS);
    if (index % 7 !== 6) await verify(merchant, 'PAYMENT', session.id);
    if (index % 4 === 3) await gateway.pass(HOUR_MS / 2);
  }
  await paid(gateway, merchant, { kind: 'AUTHORIZATION', data: { amount: '25000' } });
  await paid(gateway, merchant, { kind: 'ADD_PAYMENT_METHOD' });
  const { session, transaction } = await paid(gateway, merchant, {
    data: { amount: '10000', customer: CUSTOMER, metadata: { cart: '77' } },
  });
  await merchant.data(REFUND, { by: { id: transaction.id }, amount: '2500', key: 'looks-1' });
  await gateway.pass(5 * SECOND_MS);
  return session;
}

const { SCREENSHOTS } = process.env;
const WAYS = [
  ['light', 'desktop', DESKTOP],
  ['dark', 'phone', PHONE],
  ['dark', 'desktop', DESKTOP],
  ['light', 'phone', PHONE],
] as const;

const PLACES: readonly (readonly [name: string, go: (page: Page) => Promise<unknown>])[] = [
  ['overview', (page) => page.goto(`${gateway.url}/console`).then(() => page.getByText('Success by provider').first().waitFor())],
  ['sessions', (page) => page.goto(`${gateway.url}/console/sessions`).then(() => page.locator('.row-link').first().waitFor())],
  [
    'filters',
    async (page) => {
      await page.getByRole('button', { name: /^Filters/ }).click();
      await page.getByRole('checkbox', { name: 'Declined' }).waitFor();
    },
  ],
  [
    'nothing',
    (page) => page.goto(`${gateway.url}/console/sessions?q=nobody`).then(() => page.getByText('No session matches').waitFor()),
  ],
  ['session', (page) => openSession(page, gateway, refunded)],
  [
    'refund',
    (page) =>
      page
        .getByRole('button', { name: 'Refund…' })
        .click()
        .then(() => page.getByRole('dialog').waitFor()),
  ],
  ['keys', (page) => page.goto(`${gateway.url}/console/developers`).then(() => page.getByText('In force').first().waitFor())],
  [
    'create-key',
    (page) =>
      page
        .getByRole('button', { name: 'Create a key' })
        .click()
        .then(() => page.getByRole('dialog').waitFor()),
  ],
  [
    'accounts',
    (page) => page.goto(`${gateway.url}/console/developers?tab=accounts`).then(() => page.getByText('Healthy').first().waitFor()),
  ],
  [
    'endpoints',
    (page) =>
      page.goto(`${gateway.url}/console/developers?tab=endpoints`).then(() => page.getByText('Healthy').first().waitFor()),
  ],
  [
    'deliveries',
    async (page) => {
      await page.getByRole('link', { name: 'Deliveries' }).nth(1).click();
      await page.getByText('1 attempt').first().click();
      await page.getByRole('region', { name: 'Response' }).first().waitFor();
    },
  ],
  [
    'replay',
    async (page) => {
      await page.getByRole('button', { name: 'Send many again…' }).click();
      await page.getByLabel('All events of a range of time').check();
    },
  ],
  [
    'create-endpoint',
    async (page) => {
      await page.goto(`${gateway.url}/console/developers?tab=endpoints`);
      await page.getByRole('button', { name: 'Create an endpoint' }).click();
      await page.getByLabel('Only these').check();
    },
  ],
  [
    'webhooks',
    (page) =>
      page.goto(`${gateway.url}/console/developers?tab=webhooks`).then(() => page.getByText('Processed').first().waitFor()),
  ],
  [
    'elsewhere',
    (page) => page.goto(`${gateway.url}/console/nowhere`).then(() => page.getByText('There is no such page').waitFor()),
  ],
];

async function openPage(way: (typeof WAYS)[number]): Promise<Visitor> {
  const [colorScheme, device, viewport] = way;
  const phone = device === 'phone' ? { isMobile: true, hasTouch: true } : {};
  const visitor = await openVisitor(browser, [gateway.url], { colorScheme, viewport, ...phone });
  // The gateway's clock stands still; the page reads the same one, so that the overview shows the same days.
  await visitor.page.clock.setFixedTime(gateway.clock.now());
  await visitor.context.addInitScript(() => {
    const shifts = window as unknown as { shifts: number };
    shifts.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[]) {
        if (!entry.hadRecentInput) shifts.shifts += entry.value;
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  return visitor;
}

describe.each(SCREENSHOTS === undefined ? WAYS.slice(0, 2) : WAYS)('in the %s on a %s', (...way) => {
  test('every page lets everybody in, fits and stands still', async () => {
    const [colorScheme, device] = way;
    const visitor = await openPage(way);
    const { page } = visitor;
    const inspect = async (name: string): Promise<void> => {
      if (SCREENSHOTS !== undefined) {
        const path = `${SCREENSHOTS}/${name}-${device}-${colorScheme}.png`;
        await page.screenshot({
          path,
          fullPage: !['refund', 'create-key', 'create-endpoint', 'replay', 'filters'].includes(name),
          animations: 'disabled',
        });
      }
      const width = await page.evaluate(() =>
        Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
      );
      const shifts = await page.evaluate(() => (window as unknown as { shifts: number }).shifts);
      expect({ name, width, violations: await seriousViolations(page) }).toEqual({ name, width: 0, violations: [] });
      // 0.1 is where the web vitals begin to call it a jump.
      expect([name, shifts < 0.05]).toEqual([name, true]);
    };
    await page.goto(`${gateway.url}/console`);
    await page.getByLabel('Secret key').waitFor();
    await inspect('sign-in');
    await signIn(page, gateway, merchant);
    for (const [name, go] of PLACES) {
      await go(page);
      // The network is never idle where a session is followed.
      await page.waitForFunction(() => document.querySelector('.skeleton') === null);
      await inspect(name);
    }
    await visitor.leave();
  });
});

test('the first page of a new visitor is light to load', async () => {
  const visitor = await openVisitor(browser, [gateway.url]);
  await visitor.page.clock.setFixedTime(gateway.clock.now());
  const sizes: Promise<number>[] = [];
  visitor.page.on('requestfinished', (request) => {
    if (/script|stylesheet|document|image/.test(request.resourceType()))
      sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await signIn(visitor.page, gateway, merchant);
  await visitor.page.getByText('Success by provider').first().waitFor();
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(250_000);
  await visitor.leave();
});

describe('with a keyboard alone', () => {
  test('somebody signs in, finds a session and refunds it', async () => {
    const { session } = await paid(gateway, merchant, {
      data: { amount: '7700', merchantInternalTransactionCode: 'keyboard-1' },
    });
    const visitor = await openVisitor(browser, [gateway.url]);
    const { page } = visitor;
    const { keyboard } = page;
    const focused = () =>
      page.evaluate(() => {
        const element = document.activeElement;
        return `${element?.getAttribute('aria-label') ?? ''} ${element?.textContent ?? ''}`.trim();
      });
    /** Goes on with Tab until the focus is there, as somebody would who does not see where it starts. */
    const tabTo = async (name: RegExp): Promise<void> => {
      for (let presses = 0; presses < 80; presses += 1) {
        await keyboard.press('Tab');
        if (name.test(await focused())) return;
      }
      throw new Error(`The focus never came to ${name}; it is at ${await focused()}.`);
    };
    await page.goto(`${gateway.url}/console`);
    await page.getByLabel('Secret key').waitFor();
    await keyboard.press('Tab');
    await keyboard.insertText(merchant.secretKey);
    await keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    await tabTo(/^Sessions$/);
    await keyboard.press('Enter');
    await page.locator('.row-link').first().waitFor();
    await tabTo(/Search by code/);
    await keyboard.insertText('keyboard-1');
    await keyboard.press('Enter');
    await page.getByText('1 session', { exact: true }).waitFor();
    await tabTo(/^keyboard-1$/);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Timeline' }).waitFor();
    await tabTo(/^Refund…$/);
    await keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(/^Refund \$77\.00$/);
    await keyboard.press('Enter');
    await page.getByText('Refund of $77.00: succeeded.').waitFor();
    await keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).not.toBe('');
    const read = 'query R($id: ID!) { clientSession(by: { id: $id }) { transactions { action status } } }';
    const { transactions } = (await merchant.data(read, { id: session.id })).clientSession;
    expect(transactions).toContainEqual({ action: 'REFUND', status: 'SUCCEEDED' });
    await visitor.leave();
  });
});
