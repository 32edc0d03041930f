import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { BROWSER } from '../support/browser.ts';
import { CARDS, type Data, type Kind, start, type TestMerchant } from '../support/gateway.ts';
import { heading, openForm, pay, payButton, typeCard } from '../support/payer.ts';
import { type ServedGateway, serveGateway } from '../support/served.ts';
import { DESKTOP, openVisitor, PHONE, seriousViolations, type Visitor } from '../support/visitor.ts';

/**
 * Every state of the page, light on a desktop and dark on a phone: nothing keeps anybody out by axe's measure, nothing is wider than the
 * phone. With SCREENSHOTS each is drawn in all four ways, for people to look at.
 */
let gateway: ServedGateway;
let merchant: TestMerchant;
let browser: Browser;

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant({ returnOrigins: [gateway.url] });
  browser = await chromium.launch(BROWSER);
});
afterAll(async () => {
  await browser.close();
  await gateway.close();
});

const { SCREENSHOTS } = process.env;
const WAYS = [
  ['light', 'desktop', DESKTOP],
  ['dark', 'desktop', DESKTOP],
  ['light', 'phone', PHONE],
  ['dark', 'phone', PHONE],
] as const;

async function inspect(page: Page, name: string): Promise<void> {
  for (const [colorScheme, device, size] of WAYS) {
    const isInspected = (colorScheme === 'light') === (device === 'desktop');
    if (!isInspected && SCREENSHOTS === undefined) continue;
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    if (SCREENSHOTS !== undefined)
      await page.screenshot({
        path: `${SCREENSHOTS}/${name}-${device}-${colorScheme}.png`,
        fullPage: true,
        animations: 'disabled',
      });
    if (!isInspected) continue;
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      `${name} on a ${device}`,
    ).toBeLessThanOrEqual(0);
    const what = colorScheme === 'light' ? 'all' : 'colours';
    expect(await seriousViolations(page, what), `${name} on a ${device}`).toEqual([]);
    if (device === 'phone') expect(await smallTargets(page), name).toEqual([]);
  }
  await page.setViewportSize(DESKTOP);
}

const TARGET_PX_MIN = 44;

/** What a thumb would miss. */
function smallTargets(page: Page): Promise<readonly string[]> {
  return page.evaluate((min) => {
    const targets = [...document.querySelectorAll<HTMLElement>('a, button, input, summary')];
    const seen = targets.map((target) => ({ html: target.outerHTML, ...target.getBoundingClientRect().toJSON() }));
    return seen.filter(({ height, width }) => height > 0 && (height < min || width < min)).map(({ html }) => html);
  }, TARGET_PX_MIN);
}

interface Scene {
  readonly payer: Visitor;
  readonly page: Page;
  readonly session: Data;
}

/** Opens a session of its own, plays the scene, and inspects where it has led. */
async function scene(
  name: string,
  { kind = 'PAYMENT', data = {}, locale = 'en-US' }: { kind?: Kind; data?: Record<string, unknown>; locale?: string },
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const payer = await openVisitor(browser, [gateway.url], { locale });
  const { page } = payer;
  const session = await start(merchant, kind, data);
  await play({ payer, page, session });
  await inspect(page, name);
  await payer.leave();
}

const open = async ({ page, session }: Scene): Promise<void> => {
  await openForm(page, session);
};

describe('every state of the page lets everybody in', () => {
  test('the form to pay, to hold, to store, with its test cards, with what is wrong in it', async () => {
    const data = { description: 'Two nights in Kyoto', amount: '1234567', currency: 'EUR', storePaymentMethod: true };
    await scene('form-pay', { data }, open);
    await scene('form-hold', { kind: 'AUTHORIZATION' }, open);
    await scene('form-store', { kind: 'ADD_PAYMENT_METHOD' }, async (at) => {
      await open(at);
      await at.page.getByText('Test cards', { exact: true }).click();
    });
    await scene('form-wrong', {}, async (at) => {
      await open(at);
      await typeCard(at.page, '4242 4242 4242 4241', { expiry: '12/20', cvc: '1' });
      await payButton(at.page).click();
    });
    await scene('form-german', { data: { ...data, kind: undefined }, locale: 'de-DE' }, async (at) => {
      await open(at);
      await pay(at.page, CARDS.insufficientFunds);
      await heading(at.page, 'Karte nicht angenommen');
    });
  });

  test('the skeleton, the way to the bank, the try under way, the decline', async () => {
    await scene('skeleton', {}, async ({ page, session }) => {
      await page.route('**/graphql', () => {});
      await page.goto(session.checkoutUrl);
      await page.getByText('Opening the checkout…').waitFor({ state: 'attached' });
    });
    await scene('confirming', {}, async (at) => {
      await open(at);
      await at.page.route('**/v1/confirm', () => {});
      await pay(at.page, CARDS.approve);
      await at.page.getByText('Asking your bank…').first().waitFor();
    });
    await scene('declined', { data: { attemptsMax: 2 } }, async (at) => {
      await open(at);
      await pay(at.page, CARDS.insufficientFunds);
      await at.page.getByText('You can try once more.').waitFor();
    });
    await scene('challenged-apart', {}, async (at) => {
      await at.page.addInitScript(() => {
        Storage.prototype.setItem = () => {
          throw new Error('This browser keeps nothing for this page.');
        };
      });
      await open(at);
      await pay(at.page, CARDS.challenge);
      await at.page.getByRole('link', { name: 'Continue to your bank' }).waitFor();
    });
    await scene('challenge-page', {}, async (at) => {
      await open(at);
      await pay(at.page, CARDS.challenge);
      await at.page.getByRole('heading', { name: 'Is it you?' }).waitFor();
    });
    await scene('challenged', {}, async (at) => {
      await open(at);
      await pay(at.page, CARDS.challenge);
      await at.page.getByRole('button', { name: 'Leave' }).click();
      await at.page.getByRole('button', { name: 'Continue to your bank' }).waitFor();
    });
  });

  test('whatever holds it up', async () => {
    await scene('waiting', {}, async (at) => {
      await open(at);
      await pay(at.page, CARDS.asyncApprove);
      await heading(at.page, 'Your bank is deciding');
    });
    await scene('waiting-long', {}, async (at) => {
      await at.page.clock.install();
      await open(at);
      await pay(at.page, CARDS.asyncApprove);
      await heading(at.page, 'Your bank is deciding');
      const slow = at.page.getByRole('heading', { name: 'It takes longer than usual' });
      // Each look at the session must be answered before the next is due.
      await expect
        .poll(
          async () => {
            await at.page.clock.runFor(13_000);
            return slow.isVisible();
          },
          { timeout: 15_000 },
        )
        .toBe(true);
    });
    await scene('unreachable', {}, async ({ payer, page, session }) => {
      payer.expectTrouble(/ERR_FAILED/);
      await page.route('**/graphql', (route) => route.abort());
      await page.goto(session.checkoutUrl);
      await heading(page, 'The checkout cannot be reached');
    });
    await scene('uncertain', {}, async (at) => {
      at.payer.expectTrouble(/ERR_FAILED/);
      await open(at);
      await at.page.route('**/example/v1/*', (route) => route.abort());
      await pay(at.page, CARDS.approve);
      await heading(at.page, /do not know yet/);
    });
    await scene('offline', {}, async (at) => {
      await open(at);
      await at.payer.context.setOffline(true);
      await pay(at.page, CARDS.approve);
      await heading(at.page, 'You are offline');
    });
  });

  test('the clock, once there is reason to hurry', async () => {
    const soon = (ms: number) => ({ data: { expiresAt: new Date(gateway.clock.now().getTime() + ms).toISOString() } });
    await scene('countdown', soon(8 * MINUTE_MS), open);
    await scene('countdown-urgent', soon(MINUTE_MS + SECOND_MS), async (at) => {
      await at.page.clock.install();
      await open(at);
      await at.page.clock.runFor(20_000);
      await at.page.getByText(/Time left 0:/).waitFor();
    });
  });

  test('every end', async () => {
    const returnUrl = `${gateway.url}/health/live`;
    for (const [name, kind] of [
      ['paid', 'PAYMENT'],
      ['held', 'AUTHORIZATION'],
      ['stored', 'ADD_PAYMENT_METHOD'],
    ] as const) {
      await scene(name, { kind, data: { returnUrl } }, async (at) => {
        await at.page.clock.install();
        await open(at);
        await pay(at.page, CARDS.approve);
        await at.page.getByRole('link', { name: 'Back to Corner Shop' }).waitFor();
      });
    }
    await scene('declined-for-good', { data: { attemptsMax: 1, returnUrl } }, async (at) => {
      await open(at);
      await pay(at.page, CARDS.decline);
      await heading(at.page, 'This checkout is being closed');
      await gateway.pass(3 * SECOND_MS);
      await heading(at.page, 'This checkout is closed');
    });
    await scene('canceled', {}, async ({ page, session }) => {
      await cancel(session);
      await page.goto(session.checkoutUrl);
      await heading(page, 'This checkout was canceled');
    });
    const expiresAt = new Date(gateway.clock.now().getTime() + MINUTE_MS).toISOString();
    await scene('expired', { data: { expiresAt } }, async (at) => {
      await gateway.pass(MINUTE_MS + SECOND_MS);
      await at.page.goto(at.session.checkoutUrl);
      await heading(at.page, 'The time for this checkout is over');
    });
    await scene('invalid', {}, async ({ page }) => {
      await page.goto(`${gateway.url}/checkout/${merchant.publicId}#cst_wrong`);
      await heading(page, 'This link is not valid any more');
    });
    await scene('incomplete', {}, async ({ page }) => {
      await page.goto(`${gateway.url}/checkout/${merchant.publicId}`);
      await heading(page, 'This link is not complete');
    });
    await scene('elsewhere', {}, async ({ page }) => {
      await page.goto(`${gateway.url}/checkout/${merchant.publicId}?answered`);
      await heading(page, 'Your checkout waits in another tab');
    });
  });
});

async function cancel({ id }: Data): Promise<void> {
  const text = 'mutation Cancel($by: ClientSessionSelector!) { cancelClientSession(by: $by) { id } }';
  await merchant.data(text, { by: { id } });
}
