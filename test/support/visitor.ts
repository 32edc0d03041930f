import axe from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

/** Somebody at a browser who complains: about errors of the page, broken policies, requests to strangers, and secrets where none may be. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What a test expects to go wrong, such as `402`; everything else must stay silent. */
  expectTrouble(...patterns: readonly RegExp[]): void;
  /** Hosts that may be asked too: a vendor's, where a test stands in for it. */
  allowHosts(...origins: readonly string[]): void;
  /** Closes the browser's window and fails on the first complaint. */
  leave(): Promise<void>;
}

/** Far above what a page takes for anything, also on a slow machine. */
const WAIT_MS_MAX = 30_000;

export const PHONE = { width: 375, height: 740 };
export const DESKTOP = { width: 1280, height: 860 };

/** Tokens and keys open something: none may stand in an address, where logs and histories keep it. */
const SECRETS = /cst_|cns_|cnl_|sk_(?:test|live)_/;

/** @param origins whom the page may ask */
export async function openVisitor(
  browser: Browser,
  origins: readonly string[],
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const complaints: string[] = [];
  const expected: RegExp[] = [];
  const allowed = ['data:', 'about:', 'blob:', ...origins];
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
    if (SECRETS.test(address) || SECRETS.test(request.headers()['referer'] ?? '')) complaints.push(`secret in ${address}`);
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
