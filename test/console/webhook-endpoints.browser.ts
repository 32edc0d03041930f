import { type Browser, chromium, type Page } from 'playwright-core';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/kernel/clock.ts';
import { BROWSER } from '../support/browser.ts';
import { openSession, signIn } from '../support/console.ts';
import { type Data, start, type TestMerchant } from '../support/gateway.ts';
import { openReceiver, type Received, type Receiver } from '../support/receiver.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { openVisitor, type Visitor } from '../support/visitor.ts';

/** Webhook endpoints in the console, with real messages to a receiver of this machine. */
let gateway: ServedGateway;
let browser: Browser;
let merchant: TestMerchant;
let receiver: Receiver;
let visitor: Visitor;
let page: Page;

beforeAll(async () => {
  gateway = await serveGateway();
  browser = await chromium.launch(BROWSER);
});
afterAll(async () => {
  await browser.close();
  await gateway.close();
});
beforeEach(async () => {
  merchant = await gateway.newMerchant();
  receiver = await openReceiver();
  visitor = await openVisitor(browser, [gateway.url]);
  ({ page } = visitor);
});
afterEach(async () => {
  await receiver.close();
  await visitor.leave();
});

const button = (name: string | RegExp) => page.getByRole('button', { name });
const dialog = () => page.getByRole('dialog');
const pressIn = (name: string) => dialog().getByRole('button', { name, exact: true }).click();
const isGone = () => dialog().waitFor({ state: 'detached' });

const READ = '{ webhookEndpoints { id url description eventTypes ordering isEnabled } }';
const endpoints = async (): Promise<readonly Data[]> => (await merchant.data(READ)).webhookEndpoints;

async function openEndpoints(): Promise<void> {
  await signIn(page, gateway, merchant);
  await page.goto(`${gateway.url}/console/developers?tab=endpoints`);
}

const CREATE = `mutation Create($data: CreateWebhookEndpointInput!) {
  created: createWebhookEndpoint(data: $data) { secret endpoint { id } }
}`;
async function connect(data: Record<string, unknown> = {}): Promise<{ id: string; secret: string }> {
  const { created } = await merchant.data(CREATE, { data: { url: receiver.url, description: 'Order service', ...data } });
  return { id: created.endpoint.id, secret: created.secret };
}

const attemptsMade = async (): Promise<number> => {
  const { webhookDeliveries } = await merchant.data('{ webhookDeliveries(first: 1) { edges { node { attemptsMade } } } }');
  return webhookDeliveries.edges[0].node.attemptsMade;
};

const signed = (secret: string, { body, headers }: Received): string =>
  new Webhook(secret).sign(String(headers['webhook-id']), new Date(Number(headers['webhook-timestamp']) * 1_000), body);

describe('an endpoint', () => {
  test('is created, and its secret is shown once and signs what arrives', async () => {
    await openEndpoints();
    await page.getByText('No webhook endpoint yet').waitFor();
    await button('Create an endpoint').click();
    await pressIn('Create');
    await dialog().getByText('Type the URL that takes the messages.').waitFor();
    await dialog().getByLabel('URL').fill(receiver.url);
    await dialog().getByLabel('What it is for').fill('Order service');
    await dialog().getByLabel('Only these').check();
    await pressIn('Create');
    await dialog().getByText('Choose at least one event, or all.').waitFor();
    await dialog().getByLabel('session.created').check();
    await pressIn('Create');
    const secret = await dialog().locator('.new-key code').innerText();
    expect(secret).toMatch(/^whsec_/);
    await page.keyboard.press('Escape');
    await button('I have copied it').click();
    await page.getByRole('heading', { name: 'Order service' }).waitFor();
    await page.getByText('Nothing sent yet').waitFor();
    expect(await page.content()).not.toContain(secret);
    expect(await endpoints()).toMatchObject([{ url: receiver.url, eventTypes: ['session.created'], ordering: 'PER_SESSION' }]);
    await start(merchant, 'PAYMENT');
    await gateway.pass(0);
    expect(receiver.received.map(({ type }) => type)).toEqual(['session.created']);
    const [message] = receiver.received as [Received];
    expect(message.headers['webhook-signature']).toBe(signed(secret, message));
    await page.getByText('Healthy').waitFor();
  });

  test('with a URL that may not be called is refused beside the field', async () => {
    await openEndpoints();
    await button('Create an endpoint').click();
    await dialog().getByLabel('URL').fill('http://192.168.1.1/hooks');
    await pressIn('Create');
    await dialog()
      .getByText(/^The URL /)
      .waitFor();
    expect(await dialog().getByLabel('URL').getAttribute('aria-invalid')).toBe('true');
    expect(await endpoints()).toEqual([]);
  });

  test('tells what came of a test message', async () => {
    await connect();
    await openEndpoints();
    await button('Send a test').click();
    await page.getByText(/responded with status 200 after \d+ ms\.$/).waitFor();
    expect(receiver.received.map(({ type }) => type)).toEqual(['webhook.test']);
    receiver.respond(503);
    await button('Send a test').click();
    await page.getByText(/responded with status 503 .* Only 200 to 299 count as delivered/).waitFor();
    await page.getByText('status 503', { exact: true }).waitFor();
  });

  test('is edited', async () => {
    await connect({ eventTypes: ['session.completed', 'session.declined'] });
    await openEndpoints();
    await button('Edit…').click();
    await dialog().getByLabel('What it is for').fill('');
    await dialog().getByLabel('session.declined').uncheck();
    await dialog().getByLabel('Each as soon as possible').check();
    await pressIn('Save');
    await isGone();
    await page.getByRole('heading', { name: new URL(receiver.url).host }).waitFor();
    expect(await endpoints()).toMatchObject([
      { url: receiver.url, description: null, eventTypes: ['session.completed'], ordering: 'NONE' },
    ]);
  });

  test('gets a new secret, and both sign for the time that was chosen', async () => {
    const { secret: old } = await connect();
    await openEndpoints();
    await button('Rotate the secret…').click();
    await dialog().getByLabel('1 hour').check();
    await pressIn('Rotate');
    const secret = await dialog().locator('.new-key code').innerText();
    await button('I have copied it').click();
    await isGone();
    await button('Send a test').click();
    await page.getByText(/responded with status 200/).waitFor();
    const [message] = receiver.received as [Received];
    const signatures = String(message.headers['webhook-signature']).split(' ');
    expect(new Set(signatures)).toEqual(new Set([signed(secret, message), signed(old, message)]));
  });

  test.each([
    ['Enable and send', 1],
    ['Enable only', 0],
  ] as const)('that was disabled is enabled again by "%s"', async (name, missed) => {
    await connect({ eventTypes: ['session.created'] });
    await openEndpoints();
    await button('Disable').click();
    await page.getByText('Disabled by you').waitFor();
    await start(merchant, 'PAYMENT');
    await gateway.pass(0);
    expect(receiver.received).toEqual([]);
    await button('Enable…').click();
    await pressIn(name);
    await isGone();
    await button('Disable').waitFor();
    await gateway.pass(0);
    expect(receiver.received).toHaveLength(missed);
  });

  test('is deleted only after asking', async () => {
    await connect();
    await openEndpoints();
    await button('Delete…').click();
    await pressIn('Not now');
    expect(await endpoints()).toHaveLength(1);
    await button('Delete…').click();
    await pressIn('Delete');
    await page.getByText('No webhook endpoint yet').waitFor();
    expect(await endpoints()).toEqual([]);
  });
});

describe('the deliveries of an endpoint', () => {
  const item = (words: string) => page.getByRole('listitem').filter({ hasText: words }).first();
  const openDeliveries = async (): Promise<void> => {
    await openEndpoints();
    await page.getByRole('link', { name: 'Deliveries' }).click();
    await page.getByRole('link', { name: 'All', exact: true }).waitFor();
  };

  test('are shown with their attempts and responses, and one is sent again', async () => {
    await connect({ eventTypes: ['session.created'] });
    receiver.respond(500);
    await start(merchant, 'PAYMENT');
    await gateway.pass(0);
    await openDeliveries();
    await item('Session created').getByText('Pending').waitFor();
    await item('Session created').getByText('1 attempt').click();
    await page.getByText('Status 500', { exact: true }).waitFor();
    await page.getByRole('region', { name: 'Response' }).getByText('status 500').waitFor();
    receiver.respond(200);
    await button('Send again: Session created').click();
    await expect.poll(attemptsMade).toBe(0);
    await gateway.pass(0);
    await page.reload();
    await item('Session created').getByText('Delivered').waitFor();
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    expect(receiver.received).toHaveLength(2);
  });

  test('are filtered by status, page by page, and the address keeps the filter', async () => {
    await connect({ eventTypes: ['session.created'] });
    for (let index = 0; index < 21; index += 1) await start(merchant, 'PAYMENT');
    await gateway.pass(0);
    await openDeliveries();
    await expect.poll(() => page.locator('.delivery').count()).toBe(20);
    await button('Older ones').click();
    await expect.poll(() => page.locator('.delivery').count()).toBe(21);
    await page.getByRole('link', { name: 'Failed' }).click();
    await page.getByText('No such delivery').waitFor();
    expect(new URL(page.url()).search).toBe('?status=FAILED');
    await page.reload();
    await page.getByText('No such delivery').waitFor();
    await page.getByRole('link', { name: 'Delivered' }).click();
    await expect.poll(() => page.locator('.delivery').count()).toBe(20);
  });

  test('that failed are all sent again', async () => {
    await connect({ eventTypes: ['session.created'] });
    receiver.respond(500);
    for (let index = 0; index < 2; index += 1) await start(merchant, 'PAYMENT');
    await gateway.pass(0);
    // The pauses between the ten attempts at their longest.
    for (const hours of [0.002, 0.1, 0.6, 2.4, 6, 12, 16.8, 24, 28.8]) await gateway.pass(hours * HOUR_MS);
    await openDeliveries();
    await page.getByRole('link', { name: 'Failed' }).click();
    await expect.poll(() => page.locator('.delivery').count()).toBe(2);
    await button('Send many again…').click();
    await pressIn('Send again');
    await dialog().getByText('2 deliveries are sent again.').waitFor();
    await pressIn('Done');
    await page.getByText('No such delivery').waitFor();
  });

  test('of a range of time are sent again, also those that were delivered', async () => {
    await connect({ eventTypes: ['session.created'] });
    await start(merchant, 'PAYMENT');
    await gateway.pass(0);
    await openDeliveries();
    await button('Send many again…').click();
    await dialog().getByLabel('All events of a range of time').check();
    await pressIn('Send again');
    await dialog().getByText('Give both times, the later one second.').waitFor();
    const day = (ms: number): string => new Date(gateway.clock.now().getTime() + ms).toISOString().slice(0, 16);
    await dialog()
      .getByLabel('From')
      .fill(day(-2 * DAY_MS));
    await dialog()
      .getByLabel('Before')
      .fill(day(2 * DAY_MS));
    await pressIn('Send again');
    await dialog().getByText('1 delivery is sent again.').waitFor();
    await gateway.pass(0);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    expect(receiver.received).toHaveLength(2);
  });
});

describe('the timeline of a session', () => {
  test('shows which endpoints received each event, and how far the others are', async () => {
    const failing = await openReceiver();
    failing.respond(500);
    await connect();
    await connect({ url: failing.url, description: 'Warehouse', eventTypes: ['session.created'] });
    const session = await start(merchant, 'PAYMENT');
    await gateway.pass(0);
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    const created = page.locator('.timeline > li').filter({ hasText: 'Session created' });
    const sent = created.getByRole('list', { name: 'Webhooks' }).getByRole('listitem');
    await sent.filter({ hasText: 'Order service' }).getByText('Delivered').waitFor();
    const waiting = sent.filter({ hasText: 'Warehouse' });
    await waiting.getByText('Pending').waitFor();
    await waiting.getByText('1 attempt failed, the next is due').waitFor();
    const started = page.locator('.timeline > li').filter({ hasText: 'Session started' });
    expect(await started.getByRole('listitem').count()).toBe(1);
    await waiting.getByRole('link', { name: 'Warehouse' }).click();
    await page.getByRole('heading', { level: 1, name: 'Warehouse' }).waitFor();
    await failing.close();
  });

  test('shows a message as delivered soon after it was', async () => {
    await connect({ eventTypes: ['session.created'] });
    const session = await start(merchant, 'PAYMENT');
    await signIn(page, gateway, merchant);
    await openSession(page, gateway, session);
    const sent = page.getByRole('list', { name: 'Webhooks' });
    await sent.getByText('Pending').waitFor();
    await gateway.pass(0);
    await sent.getByText('Delivered').waitFor({ timeout: 15_000 });
  });
});
