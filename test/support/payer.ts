import type { Page } from 'playwright-core';
import type { Data } from './gateway.ts';

/** Follows the link of a session to the form for the card. */
export async function openForm(page: Page, session: Data): Promise<void> {
  await page.goto(session.checkoutUrl);
  await page.locator('#number').waitFor();
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
