import type { BankPaymentView } from '../bank/payment.ts';
import { toDecimal } from '../kernel/money.ts';

/** The page where a payer plays the card holder's part: approve, fail or leave. A plain form, no script. */

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** @param challengeId the unguessable id that the form is bound to */
export function challengePage(payment: BankPaymentView, challengeId: string): Response {
  if (payment.challengeId !== challengeId) return messagePage('This request was already answered, or is over.', 409);
  const last4 = payment.attempts.at(-1)?.card?.last4 ?? '';
  const ask =
    payment.kind === 'STORE'
      ? 'store this card'
      : `${payment.kind === 'PAYMENT' ? 'pay' : 'hold'} ${toDecimal(payment)} ${payment.currency}`;
  return page(
    200,
    `<h1>Is it you?</h1>
    <p class="lead">The test bank asks the holder of the card ending in ${escapeHtml(last4)}: do you want to ${escapeHtml(ask)}?</p>
    <form method="post" class="stack">
      <input type="hidden" name="challenge" value="${escapeHtml(challengeId)}">
      <button name="result" value="approve" class="primary">Approve</button>
      <button name="result" value="fail">Fail</button>
      <button name="result" value="leave" class="quiet">Leave without an answer</button>
    </form>
    <p class="hint">In real life this is your bank's own page. Here you choose what it finds.</p>`,
  );
}

export function messagePage(message: string, status: number): Response {
  return page(
    status,
    `<h1>Test bank</h1><p class="lead">${escapeHtml(message)}</p><p><a href="/checkout">Back to the checkout</a></p>`,
  );
}

/** Back to the checkout page, which finds its token where it left it. */
export function backToCheckout(isAnswered: 'answered' | 'left'): Response {
  const location = isAnswered === 'answered' ? '/checkout?answered' : '/checkout?left';
  return new Response(null, {
    status: 303,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  });
}

function page(status: number, body: string): Response {
  const html = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  <title>Test bank</title>
  <link rel="stylesheet" href="/checkout/checkout.css">
</head>
<body>
  <main class="card">
    ${body}
  </main>
</body>
</html>
`;
  return new Response(html, { status, headers: PAGE_HEADERS });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
