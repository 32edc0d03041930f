import type { BankPaymentView } from '../bank/payment.ts';
import { frameAncestorsOf } from '../http/checkout.ts';
import { toDecimal } from '../kernel/money.ts';

/** The page where a payer plays the card holder's part: approve, fail or leave. A plain form, no script. */

/** The shop that the payment is for, as far as the page must know it. */
export interface Shop {
  readonly publicId: string;
  /** Origins that may show the checkout in a frame, and so the challenge that comes between. */
  readonly frameAncestors: readonly string[];
}

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** What an answered form posts to and is led on to lies on this origin alone. */
const POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'";

/** @param challengeId the unguessable id that the form is bound to */
export function challengePage(payment: BankPaymentView, challengeId: string, shop: Shop | null): Response {
  if (payment.challengeId !== challengeId) return messagePage('This request was already answered, or is over.', 409, shop);
  const last4 = payment.attempts.at(-1)?.card?.last4 ?? '';
  const ask =
    payment.kind === 'STORE'
      ? 'store this card'
      : `${payment.kind === 'PAYMENT' ? 'pay' : 'hold'} ${toDecimal(payment)} ${payment.currency}`;
  return page(
    { status: 200, shop },
    `<p class="bank">Test bank</p>
    <h1>Is it you?</h1>
    <p class="lead">The test bank asks the holder of the card ending in ${escapeHtml(last4)}: do you want to ${escapeHtml(ask)}?</p>
    <form method="post" class="stack">
      <input type="hidden" name="challenge" value="${escapeHtml(challengeId)}">
      <button name="result" value="approve" class="primary">Approve</button>
      <button name="result" value="fail">Fail</button>
      <button name="result" value="leave" class="quiet">Leave without an answer</button>
    </form>
    <p class="hint">In real life this is your bank’s own page. Here you choose what it finds.</p>`,
  );
}

export function messagePage(message: string, status: number, shop: Shop | null): Response {
  const back = `<p><a class="button" href="${checkoutPathOf(shop)}?answered">Back to the checkout</a></p>`;
  return page({ status, shop }, `<p class="bank">Test bank</p><h1>${escapeHtml(message)}</h1>${back}`);
}

/** Back to the checkout page, which finds its token where it left it. */
export function backToCheckout(word: 'answered' | 'left', shop: Shop | null): Response {
  const location = `${checkoutPathOf(shop)}?${word}`;
  return new Response(null, {
    status: 303,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  });
}

function checkoutPathOf(shop: Shop | null): string {
  return shop === null ? '/checkout' : `/checkout/${shop.publicId}`;
}

function page({ status, shop }: { status: number; shop: Shop | null }, body: string): Response {
  const html = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  <meta name="color-scheme" content="light dark">
  <title>Test bank</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/checkout/challenge.css">
</head>
<body>
  <main>
    ${body}
  </main>
</body>
</html>
`;
  const policy = `${POLICY}; img-src data:; ${frameAncestorsOf(shop?.frameAncestors ?? [])}`;
  return new Response(html, { status, headers: { ...PAGE_HEADERS, 'content-security-policy': policy } });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
