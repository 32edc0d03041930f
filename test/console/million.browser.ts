import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { BROWSER } from '../support/browser.ts';
import { signIn } from '../support/console.ts';
import { type Data, paid, type TestMerchant } from '../support/gateway.ts';
import { seedBusiness } from '../support/million.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { runsWhole } from '../support/template.ts';
import { openVisitor, type Visitor } from '../support/visitor.ts';

const COUNT = 1_000_000;
/** How long ago the session was paid that is looked for among the others. */
const DEPTH_DAYS = 41;

describe.runIf(runsWhole())('a merchant with a million sessions', () => {
  let gateway: ServedGateway;
  let merchant: TestMerchant;
  let db: pg.Client;
  let needle: Data;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;

  beforeAll(async () => {
    gateway = await serveGateway();
    merchant = await gateway.newMerchant();
    db = new pg.Client({ connectionString: gateway.databaseUrl ?? '' });
    await db.connect();
    needle = (await paid(gateway, merchant, { data: { merchantInternalTransactionCode: 'the-needle' } })).session;
    gateway.clock.advance(DEPTH_DAYS * DAY_MS);
    await seedBusiness((text, values) => db.query(text, [...(values ?? [])]), {
      merchantId: merchant.scope.merchantId,
      accounts: [{ id: merchant.accountId, provider: 'EXAMPLE' }],
      count: COUNT,
      before: gateway.clock.now(),
      days: 88,
    });
    await rollUp();
    browser = await chromium.launch(BROWSER);
  });
  afterAll(async () => {
    await browser.close();
    await db.end();
    await gateway.close();
  });

  /** As the jobs of a gateway do by themselves while it runs. */
  async function rollUp(): Promise<void> {
    const goal = gateway.clock.now().getTime() - 3 * 60 * MINUTE_MS;
    await gateway.pass(11 * MINUTE_MS);
    for (;;) {
      const mark = await gateway.database.client.overviewMark.findFirst();
      if (mark !== null && mark.rolledUpBefore.getTime() > goal) return;
      await gateway.pass(SECOND_MS);
    }
  }

  beforeEach(async () => {
    visitor = await openVisitor(browser, [gateway.url]);
    ({ page } = visitor);
    await page.clock.setFixedTime(gateway.clock.now());
    await signIn(page, gateway, merchant);
  });
  afterEach(() => visitor.leave());

  const count = async (condition = 'true'): Promise<string> => {
    const text = `SELECT count(*)::integer AS found FROM sessions WHERE merchant_id = $1 AND ${condition}`;
    return Number((await db.query(text, [merchant.scope.merchantId])).rows[0].found).toLocaleString('en-US');
  };
  const dialog = () => page.getByRole('dialog');
  const codes = () => page.locator('.row-link').allInnerTexts();
  const chooseOnly = async (status: string): Promise<void> => {
    await page.getByRole('button', { name: /^Filters/ }).click();
    await page.getByRole('checkbox', { name: status }).check();
    await page.keyboard.press('Escape');
  };

  test('reads them all at a glance', async () => {
    await page.getByRole('link', { name: '90 days' }).click();
    const tile = (name: string) => page.locator('.tile').filter({ hasText: name }).locator('dd');
    await expect.poll(() => tile('Sessions').innerText()).toBe(await count());
    const { rows } = await db.query(
      `SELECT 100.0 * count(*) FILTER (WHERE status = 'COMPLETED') / count(*) FILTER (WHERE ended_at IS NOT NULL) AS success FROM sessions`,
    );
    expect(Number.parseFloat(await tile('Success').innerText())).toBeCloseTo(Number(rows[0].success), 1);
    await page.getByText('Insufficient funds').waitFor();
  });

  test('narrows them down, jumps to a day of weeks ago, and goes on from there', async () => {
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await page.getByText(`50 of ${await count()} sessions`).waitFor();
    await chooseOnly('Declined');
    await page.getByText(`50 of ${await count("status = 'DECLINED'")} sessions`).waitFor();
    expect(new Set(await page.locator('.column-status .badge').allInnerTexts())).toEqual(new Set(['Declined']));
    await page.getByRole('button', { name: /Declined Remove/ }).click();

    await page.getByRole('button', { name: /^Filters/ }).click();
    const minuteAfter = new Date(Date.parse(needle.tokenExpiresAt) + MINUTE_MS);
    const local = await page.evaluate((instant) => {
      const date = new Date(instant);
      return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    }, minuteAfter.toISOString());
    await page.getByLabel('Before').fill(local);
    await page.keyboard.press('Escape');
    const seen: string[] = [];
    for (let pages = 0; pages < 10 && !seen.includes('the-needle'); pages += 1) {
      if (pages > 0) await page.getByRole('link', { name: 'Next' }).click();
      const [last] = seen.slice(-1);
      await expect.poll(async () => (await codes()).at(-1)).not.toBe(last);
      seen.push(...(await codes()));
    }
    expect(new Set(seen).size).toBe(seen.length);
    await page.getByRole('link', { name: 'the-needle' }).click();
    await page.getByRole('heading', { name: 'Timeline' }).waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'the-needle' }).waitFor();
  });

  test('finds one of them by its code', async () => {
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await page.getByRole('searchbox').fill('order-123456');
    await page.keyboard.press('Enter');
    await page.getByText('1 session', { exact: true }).waitFor();
    expect(await codes()).toEqual(['order-123456']);
  });

  test('takes them home, or stops on the way', async () => {
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await page.getByRole('button', { name: 'Export CSV' }).click();
    await dialog().getByRole('button', { name: 'Export', exact: true }).click();
    await dialog()
      .getByText(new RegExp(`^[1-9][\\d,]* of ${await count()} sessions$`))
      .waitFor();
    await dialog().getByRole('button', { name: 'Stop' }).click();
    await dialog().getByText('Stopped. Nothing was saved.').waitFor();
    await page.keyboard.press('Escape');

    await chooseOnly('Canceled');
    const canceled = await count("status = 'CANCELED'");
    await page.getByText(`50 of ${canceled} sessions`).waitFor();
    await page.getByRole('button', { name: 'Export CSV' }).click();
    const arriving = page.waitForEvent('download');
    await dialog().getByRole('button', { name: 'Export', exact: true }).click();
    await dialog().getByText(`${canceled} sessions were saved.`).waitFor();
    const lines = (await readFile(await (await arriving).path(), 'utf8')).trim().split('\r\n');
    expect((lines.length - 1).toLocaleString('en-US')).toBe(canceled);
    expect(lines.slice(1).every((line) => line.includes(',CANCELED,'))).toBe(true);
  });
});
