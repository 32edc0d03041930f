import axe from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

/** A payer's browser that complains: about errors of the page, broken policies, requests to strangers, and tokens where none may be. */
export interface Payer {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What a test expects to go wrong, such as `402`; everything else must stay silent. */
  expectTrouble(...patterns: readonly RegExp[]): void;
  /** Hosts that may be asked too: a vendor's, where a test stands in for it. */
  allowHosts(...origins: readonly string[]): void;
  /** Closes the browser's window and fails on the first complaint. */
  leave(): Promise<void>;
}

/** Far above what the page takes for anything, also on a slow machine. */
const WAIT_MS_MAX = 15_000;

export const PHONE = { width: 375, height: 740 };
export const DESKTOP = { width: 1200, height: 860 };

/** @param origins whom the page may ask */
export async function openPayer(
  browser: Browser,
  origins: readonly string[],
  options: BrowserContextOptions = {},
): Promise<Payer> {
  const complaints: string[] = [];
  const expected: RegExp[] = [];
  const allowed = ['data:', 'about:', ...origins];
  const context = await browser.newContext({ locale: 'en-US', viewport: DESKTOP, ...options });
  context.setDefaultTimeout(WAIT_MS_MAX);
  await context.exposeFunction('complainOfPolicy', (text: string) => void complaints.push(`policy: ${text}`));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      (window as unknown as { complainOfPolicy(text: string): void }).complainOfPolicy(`${effectiveDirective} ${blockedURI}`);
    });
  });
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} ${message.location().url}`);
  });
  context.on('weberror', (error) => complaints.push(`page: ${error.error().message}`));
  context.on('request', (request) => {
    const [address = ''] = request.url().split('#');
    if (!allowed.some((start) => address.startsWith(start))) complaints.push(`request to ${address}`);
    if (address.includes('cst_') || (request.headers()['referer'] ?? '').includes('cst_')) complaints.push(`token in ${address}`);
  });
  return {
    context,
    page: await context.newPage(),
    expectTrouble: (...patterns) => void expected.push(...patterns),
    allowHosts: (...more) => void allowed.push(...more),
    async leave() {
      await context.close();
      expect(complaints.filter((complaint) => !expected.some((pattern) => pattern.test(complaint)))).toEqual([]);
    },
  };
}

/** Fills the card form as a payer would and presses the button. */
export async function typeCard(page: Page, card: string, { expiry = '12/31', cvc = '123' } = {}): Promise<void> {
  await page.getByLabel(/^(Card number|Kartennummer)$/).fill(card);
  await page.getByLabel(/^(Expiry|Gültig bis)$/).fill(expiry);
  await page.getByLabel(/^(Security code|Prüfnummer)$/).fill(cvc);
}

export async function pay(page: Page, card: string): Promise<void> {
  await typeCard(page, card);
  await payButton(page).click();
}

export function payButton(page: Page) {
  return page.locator('button[type=submit]');
}

export async function heading(page: Page, text: string | RegExp): Promise<void> {
  await page.getByRole('heading', { level: 2, name: text }).waitFor();
}

/**
 * What axe finds that keeps people out: `serious` and `critical` by its own measure.
 * @param what everything, or only what depends on colours, which is enough once the rest was looked at
 */
export async function seriousViolations(page: Page, what: 'all' | 'colours' = 'all'): Promise<readonly string[]> {
  // Told to the browser and not put into the page, whose policy would refuse it.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  return page.evaluate(
    async (rules) => {
      const { axe: inspector } = window as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } };
      interface Violation {
        readonly id: string;
        readonly impact: string;
        readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
      }
      const { violations } = await inspector.run({
        resultTypes: ['violations'],
        ...(rules.length > 0 ? { runOnly: rules } : {}),
      });
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
    },
    what === 'all' ? [] : ['color-contrast'],
  );
}
