import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { BROWSER } from '../test/support/browser.ts';
import type { Server } from './processes.ts';
import type { Bench } from './setup.ts';
import { median, type Table } from './table.ts';

interface Step {
  /** From the press, or the navigation, to the frame that shows what was asked for. */
  readonly shownMs: number;
  /** What the API took of it, as the browser timed its request. */
  readonly answerMs: number;
}

interface Load extends Step {
  /** Of all files, as they were sent. */
  readonly kilobytes: number;
  readonly firstPaintMs: number;
  readonly largestPaintMs: number;
  readonly shift: number;
}

const STEP_HEADER = ['', 'shown ms', 'API ms', 'of the API'];
const LOAD_HEADER = ['', 'kB', 'first paint ms', 'largest paint ms', 'layout shift', ...STEP_HEADER.slice(1)];

const LOADS = [
  { name: 'overview, 7 days', path: '', shows: '.tile' },
  { name: 'overview, 90 days', path: '?range=quarter', shows: '.tile' },
  { name: 'sessions', path: '/sessions', shows: '.sessions-table tbody tr' },
] as const;

/** Every step on a page that was loaded anew, so that nothing of an earlier round is shown again. */
const STEPS: readonly { readonly name: string; readonly run: (page: Page) => Promise<Step> }[] = [
  { name: 'next page', run: (page) => act(page.getByRole('link', { name: 'Next' }), { kind: 'press' }) },
  { name: 'sort by amount', run: (page) => act(page.getByRole('button', { name: 'Amount' }), { kind: 'press' }) },
  {
    name: 'only declined ones',
    async run(page) {
      await openFilters(page);
      return act(page.getByRole('checkbox', { name: 'Declined' }), { kind: 'press' });
    },
  },
  {
    name: 'jump back by 60 days',
    async run(page) {
      await openFilters(page);
      const text = new Date(Date.now() - 60 * 86_400_000).toISOString().slice(0, 16);
      return act(page.getByLabel('Before'), { kind: 'type', text });
    },
  },
  { name: 'search a code', run: (page) => act(page.getByRole('searchbox'), { kind: 'search', text: 'order-12345' }) },
];

export async function measureConsole(bench: Bench, gateway: Server, rounds: number): Promise<readonly Table[]> {
  const browser = await chromium.launch(BROWSER);
  const url = `http://127.0.0.1:${gateway.port}/console`;
  try {
    const page = await signIn(browser, url, bench.shops[2].key);
    const loads: string[][] = [];
    for (const load of LOADS) loads.push(await measureLoads(page, { ...load, url: `${url}${load.path}`, rounds }));
    const steps: string[][] = [];
    for (const step of STEPS) steps.push(await measureSteps(page, { ...step, url: `${url}/sessions`, rounds }));
    return [
      { title: 'Pages of the console, each loaded by a new window', header: LOAD_HEADER, rows: loads },
      { title: 'The list of the console', header: STEP_HEADER, rows: steps },
    ];
  } finally {
    await browser.close();
  }
}

async function signIn(browser: Browser, url: string, key: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.getByLabel('Secret key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  return page;
}

async function openFilters(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Filters/ }).click();
  await page.getByLabel('Before').waitFor();
}

async function measureLoads(
  signedIn: Page,
  wish: { name: string; url: string; shows: string; rounds: number },
): Promise<string[]> {
  const loads: Load[] = [];
  // The first round is for the gateway to warm up.
  for (let round = -1; round < wish.rounds; round += 1) {
    const load = await measureLoad(signedIn, wish);
    if (round >= 0) loads.push(load);
  }
  const of = (name: keyof Load, digits = 0): string => median(loads.map((load) => load[name])).toFixed(digits);
  const paints = [of('firstPaintMs'), of('largestPaintMs'), of('shift', 3)];
  return [wish.name, of('kilobytes'), ...paints, of('shownMs'), of('answerMs'), ratioOf(loads)];
}

async function measureSteps(
  page: Page,
  wish: { name: string; url: string; run: (page: Page) => Promise<Step>; rounds: number },
): Promise<string[]> {
  const steps: Step[] = [];
  for (let round = -1; round < wish.rounds; round += 1) {
    await page.goto(wish.url);
    await page.locator('.row-link').first().waitFor();
    await page.waitForLoadState('networkidle');
    const step = await wish.run(page);
    if (round >= 0) steps.push(step);
  }
  const of = (name: keyof Step): string => median(steps.map((step) => step[name])).toFixed(0);
  return [wish.name, of('shownMs'), of('answerMs'), ratioOf(steps)];
}

function ratioOf(steps: readonly Step[]): string {
  return `${median(steps.map(({ shownMs, answerMs }) => shownMs / answerMs)).toFixed(1)} ×`;
}

/** In a window of its own, which keeps nothing of an earlier round but the sign-in. */
async function measureLoad(signedIn: Page, { url, shows }: { url: string; shows: string }): Promise<Load> {
  const storageState = await signedIn.context().storageState();
  const context = await (signedIn.context().browser() as Browser).newContext({ storageState });
  const page = await context.newPage();
  await page.addInitScript((selector) => {
    const seen = { largestPaintMs: 0, shift: 0, shownMs: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const { startTime } of list.getEntries()) seen.largestPaintMs = startTime;
    }).observe({ type: 'largest-contentful-paint', buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.shift += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
    const look = (): void => {
      if (document.querySelector(selector) === null) requestAnimationFrame(look);
      else seen.shownMs = performance.now();
    };
    look();
  }, shows);
  await page.goto(url);
  await page.locator(shows).first().waitFor();
  await page.waitForLoadState('networkidle');
  const load = await page.evaluate(() => {
    const { seen } = window as unknown as { seen: { largestPaintMs: number; shift: number; shownMs: number } };
    const resources = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    const page = performance.getEntriesByType('navigation') as PerformanceResourceTiming[];
    const files = [...page, ...resources].filter(({ name }) => !name.endsWith('/graphql'));
    const answers = resources.filter(({ name, responseEnd }) => name.endsWith('/graphql') && responseEnd <= seen.shownMs);
    return {
      ...seen,
      kilobytes: files.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) / 1_000,
      firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
      // Asked side by side: the slowest of those that came was waited for.
      answerMs: Math.max(...answers.map(({ duration }) => duration)),
    };
  });
  await context.close();
  return load;
}

type Act = { readonly kind: 'press' } | { readonly kind: 'type' | 'search'; readonly text: string };

/** Acts within the page, and waits there for the frame after other rows are shown. */
async function act(target: Locator, wish: Act): Promise<Step> {
  return target.evaluate(async (element, { kind, ...given }) => {
    const text = 'text' in given ? given.text : '';
    const field = element as HTMLInputElement;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const rows = () => document.querySelector('.table-frame[aria-busy=false] tbody')?.textContent ?? '';
    const before = rows();
    const startedAt = performance.now();
    // Past React's own notion of the value, as typing would change it.
    if (kind !== 'press') Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(field, text);
    if (kind === 'press') field.click();
    if (kind === 'type') field.dispatchEvent(new Event('input', { bubbles: true }));
    if (kind === 'search') field.form?.requestSubmit();
    while (rows() === '' || rows() === before) await frame();
    await frame();
    const shownMs = performance.now() - startedAt;
    const requests = performance.getEntriesByType('resource').filter(({ startTime }) => startTime >= startedAt);
    // The page of rows is asked for first; how many there are is counted beside it.
    return { shownMs, answerMs: requests.find(({ name }) => name.endsWith('/graphql'))?.duration ?? Number.NaN };
  }, wish);
}
