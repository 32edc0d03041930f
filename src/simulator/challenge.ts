import { z } from 'zod';
import type { BankPaymentView } from '../bank/payment.ts';
import { parseJson } from '../kernel/json.ts';
import type { SimulatorDeps } from './deps.ts';
import { findByBankCode } from './record-store.ts';
import { htmlAnswer, jsonAnswer, type WireAnswer, type WireRequest } from './wire.ts';

/** The issuer's page: approve, fail or leave, by buttons or, for scripts, by a JSON body. */

const resultSchema = z.object({ result: z.enum(['approve', 'fail', 'leave']) });

const PAGE_HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action *; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** Where each dialect sends the browser afterwards; null where it stays. */
type Return = (payment: BankPaymentView) => Promise<string | null>;

export async function serveChallenge(
  deps: SimulatorDeps,
  request: WireRequest,
  given: { readonly id: string; readonly returnTo: Return },
): Promise<WireAnswer> {
  const { id, returnTo } = given;
  const payment = await findPayment(deps, id);
  const isScript = (request.headers['content-type'] ?? '').startsWith('application/json');
  if (payment === null)
    return isScript ? jsonAnswer(404, { error: 'There is no such challenge.' }) : page(404, 'There is no such challenge.');
  if (request.method === 'GET')
    return payment.challengeId === id ? askPage(payment) : page(409, 'This was already answered, or is over.');
  if (request.method !== 'POST') return { status: 405, headers: { allow: 'GET, POST' }, body: '' };
  const answer = resultSchema.safeParse(
    isScript ? parseJson(request.body) : Object.fromEntries(new URLSearchParams(request.body)),
  );
  if (!answer.success)
    return isScript ? jsonAnswer(400, { error: 'result must be approve, fail or leave.' }) : page(400, 'Use the buttons.');
  const answered = await deps.bank.answerChallenge(id, answer.data.result);
  if (isScript)
    return answered.ok ? jsonAnswer(200, { phase: answered.value.phase }) : jsonAnswer(409, { error: answered.refusal.message });
  const location = await returnTo(answered.ok ? answered.value : payment);
  if (location !== null) return { status: 303, headers: { location, 'cache-control': 'no-store' }, body: '' };
  return page(200, 'Thank you. You can go back to the shop.');
}

/** Only of payments that came through a dialect: the bank has others. */
async function findPayment(deps: SimulatorDeps, challengeId: string): Promise<BankPaymentView | null> {
  const payment = await deps.bank.readChallenge(challengeId);
  if (!payment.ok) return null;
  const record = await findByBankCode(deps.database.client, {
    bankCode: payment.value.id,
    kinds: ['payment_intent', 'setup_intent', 'order', 'charge_order'],
  });
  return record && payment.value;
}

function askPage(payment: BankPaymentView): WireAnswer {
  const last4 = payment.attempts.at(-1)?.card?.last4 ?? '';
  return page(
    200,
    `The simulated bank asks the holder of the card ending in ${last4}: is it you?`,
    `<form method="post">
      <button name="result" value="approve">Approve</button>
      <button name="result" value="fail">Fail</button>
      <button name="result" value="leave">Leave</button>
    </form>`,
  );
}

function page(status: number, message: string, rest = ''): WireAnswer {
  const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Simulated bank</title></head>
<body style="font-family: system-ui; max-width: 30rem; margin: 4rem auto">
  <h1>Simulated bank</h1>
  <p>${escapeHtml(message)}</p>
  ${rest}
</body>
</html>
`;
  return htmlAnswer(status, html, PAGE_HEADERS);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
