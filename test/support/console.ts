import type { Page } from 'playwright-core';
import type { TestMerchant } from './gateway.ts';
import type { ServedGateway } from './served.ts';

/** What a person does at the console. */

export async function signIn(page: Page, gateway: Pick<ServedGateway, 'url'>, merchant: TestMerchant): Promise<void> {
  await page.goto(`${gateway.url}/console`);
  await page.getByLabel('Secret key').fill(merchant.secretKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
}

/** By the links of the page, as a person would come there. */
export async function openSession(page: Page, gateway: Pick<ServedGateway, 'url'>, session: { id: string }): Promise<void> {
  await page.goto(`${gateway.url}/console/sessions/${session.id}`);
  await page.getByRole('heading', { name: 'Timeline' }).waitFor();
}

/** The status of the session as it stands beside its amount. */
export function statusOf(page: Page) {
  return page.getByRole('heading', { level: 1 }).locator('.badge');
}
