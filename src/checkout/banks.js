/**
 * How the page talks to the bank behind a session: the gateway's own test bank, or a simulated Stripe or Nuvei in the words of
 * that vendor's browser SDK. Real accounts are paid on the pages of the shop, with the vendor's own SDK.
 *
 * A bank has `status()`, which answers { phase, closedAs?, declineCode?, challengeUrl? }, and `confirm(card)`, which answers
 * { status: 'succeeded' | 'processing' | 'requires_action' | 'declined', … } or { refused: { kind, field?, message? } }.
 */

const REQUEST_DEADLINE_MS = 20000;

/** The bank of a session, or null where this page has none. */
export function bankOf(session, token) {
  const { transactionProvider, payload } = session;
  if (transactionProvider === 'EXAMPLE') return exampleBank(token);
  if (!payload || !payload.apiUrl) return null;
  if (transactionProvider === 'STRIPE') return stripeBank(payload);
  return transactionProvider === 'NUVEI' ? nuveiBank(payload) : null;
}

export async function send(url, body, headers = {}) {
  const isForm = body instanceof URLSearchParams;
  return fetch(url, {
    method: body === null ? 'GET' : 'POST',
    headers: {
      accept: 'application/json',
      ...(isForm || body === null ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: isForm || body === null ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
  });
}

function exampleBank(token) {
  return {
    async status() {
      const response = await send('/example/v1/status', { token });
      if (response.status === 404) return { phase: 'gone' };
      return mustRead(response);
    },
    async confirm(card) {
      const response = await send('/example/v1/confirm', { token, card });
      const body = await response.json();
      return response.status === 200 ? body : { refused: refusalOf(response.status, body.error) };
    },
  };
}

function refusalOf(status, { field, message } = {}) {
  if (status === 400) return { kind: 'form', field, message };
  return { kind: status === 429 ? 'busy' : 'broken' };
}

async function mustRead(response) {
  if (!response.ok) throw new Error('The bank gave no answer to use.');
  return response.json();
}

/** Where a challenge page sends the payer back to. The token waits in this tab's own storage. */
const backHere = () => `${location.origin}/checkout?answered`;

const STRIPE_PHASES = {
  requires_payment_method: 'open',
  requires_confirmation: 'open',
  requires_action: 'requires_action',
  processing: 'processing',
  requires_capture: 'succeeded',
  succeeded: 'succeeded',
  canceled: 'closed',
};
const STRIPE_FIELDS = { number: 'card.number', exp_month: 'card.expMonth', exp_year: 'card.expYear', cvc: 'card.cvc' };
/** Stripe calls these card errors although the payer has only mistyped. */
const STRIPE_FORM_CODES = ['incorrect_number', 'invalid_number', 'invalid_expiry_month', 'invalid_expiry_year', 'invalid_cvc'];

function stripeBank({ apiUrl, clientSecret, publishableKey, intent }) {
  const url = `${apiUrl}/v1/${intent}_intents/${clientSecret.split('_secret_')[0]}`;
  const access = { client_secret: clientSecret, key: publishableKey };
  const toStatus = (found) => {
    const error = found.last_payment_error || found.last_setup_error || {};
    return {
      phase: STRIPE_PHASES[found.status] || 'processing',
      closedAs: found.status === 'canceled' ? 'canceled' : undefined,
      declineCode: error.decline_code || error.code,
      challengeUrl: found.next_action && found.next_action.redirect_to_url && found.next_action.redirect_to_url.url,
    };
  };
  return {
    async status() {
      return toStatus(await mustRead(await send(`${url}?${new URLSearchParams(access)}`, null)));
    },
    async confirm(card) {
      const form = new URLSearchParams({ ...access, return_url: backHere(), 'payment_method_data[type]': 'card' });
      form.set('payment_method_data[card][number]', card.number.replace(/\D/g, ''));
      form.set('payment_method_data[card][exp_month]', card.expMonth);
      form.set('payment_method_data[card][exp_year]', card.expYear);
      form.set('payment_method_data[card][cvc]', card.cvc);
      const response = await send(`${url}/confirm`, form);
      const body = await response.json();
      if (response.ok) return toAttempt(toStatus(body));
      return refusedByStripe(response.status, body.error || {});
    },
  };
}

function refusedByStripe(status, error) {
  const field = STRIPE_FIELDS[(/(\w+)\]?$/.exec(error.param || '') || [])[1]];
  if (STRIPE_FORM_CODES.includes(error.code) || status === 400) {
    return { refused: { kind: 'form', field, message: error.message } };
  }
  if (error.type === 'card_error') return { status: 'declined', declineCode: error.decline_code || error.code };
  return { refused: { kind: status === 429 ? 'busy' : 'broken' } };
}

const NUVEI_PHASES = {
  APPROVED: 'succeeded',
  PENDING: 'processing',
  REDIRECT: 'requires_action',
  DECLINED: 'open',
  ERROR: 'open',
};
const NOTHING_TRIED = 1140;
const SESSION_OVER = 1069;

function nuveiBank({ apiUrl, merchantId, merchantSiteId, sessionToken, userTokenId, savePM }) {
  const call = (method, body) => send(`${apiUrl}/ppp/api/v1/${method}.do`, { merchantId, merchantSiteId, sessionToken, ...body });
  const toStatus = (answer) => {
    if (answer.errCode === NOTHING_TRIED) return { phase: 'open' };
    if (answer.errCode === SESSION_OVER) return { phase: 'closed', closedAs: 'expired' };
    const card = (answer.paymentOption && answer.paymentOption.card) || {};
    const isRefused = answer.transactionStatus === 'DECLINED' || answer.transactionStatus === 'ERROR';
    return {
      phase: NUVEI_PHASES[answer.transactionStatus] || 'processing',
      declineCode: isRefused ? 'declined' : undefined,
      challengeUrl: card.threeD && card.threeD.acsUrl,
    };
  };
  return {
    async status() {
      return toStatus(await mustRead(await call('getPaymentStatus', {})));
    },
    async confirm(card) {
      const answer = await call('payment', {
        ...(userTokenId ? { userTokenId } : {}),
        ...(savePM ? { savePM: true } : {}),
        paymentOption: {
          card: {
            cardNumber: card.number.replace(/\D/g, ''),
            cardHolderName: 'Card holder',
            expirationMonth: String(card.expMonth).padStart(2, '0'),
            expirationYear: String(card.expYear),
            CVV: card.cvc,
            threeD: { notificationURL: backHere() },
          },
        },
      });
      if (!answer.ok) return { refused: { kind: answer.status === 429 ? 'busy' : 'broken' } };
      const body = await answer.json();
      if (body.status === 'ERROR' && body.errCode !== SESSION_OVER && body.transactionStatus === undefined) {
        return { refused: { kind: 'form', field: 'card.number', message: body.reason } };
      }
      return toAttempt(toStatus(body));
    },
  };
}

/** What a status says right after a card was given. */
function toAttempt({ phase, declineCode, challengeUrl, closedAs }) {
  if (phase === 'closed') return { status: 'processing', closedAs };
  return { status: phase === 'open' ? 'declined' : phase, declineCode, challengeUrl };
}
