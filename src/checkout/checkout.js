import { bankOf, send } from './banks.js';

/**
 * The checkout page of the test bank and of simulated providers. The session's token comes behind the # of the address, which browsers never send; it leaves this
 * page in request bodies and one header only. What is shown always follows from what the bank says of the payment.
 */

const STORED_TOKEN = 'tollgate.checkout';
const POLL_DELAYS_MS = [1000, 1000, 2000, 2000, 3000, 5000, 8000, 13000];

const SESSION_QUERY = `query Checkout($token: String!) {
  clientSession(by: { token: $token }) {
    __typename kind status currency description returnUrl transactionProvider payload
    ... on PaymentSession { amount }
    ... on AuthorizationSession { amount }
  }
  merchant { name }
}`;

const PURPOSES = {
  PAYMENT: { title: 'You pay', button: 'Pay', done: 'Paid. Thank you.' },
  AUTHORIZATION: { title: 'Held on your card, not charged yet', button: 'Hold', done: 'The amount is held on your card.' },
  ADD_PAYMENT_METHOD: { title: 'Store a card for later payments', button: 'Store this card', done: 'Your card is stored.' },
};

const DECLINES = {
  insufficient_funds: 'There is not enough money on this card.',
  expired_card: 'This card has expired.',
  incorrect_cvc: 'The security code is not right.',
  processing_error: 'The bank could not process the card.',
  authentication_failed: 'The bank could not confirm that it is you.',
};

const ENDINGS = {
  expired: 'The time for this payment is over.',
  canceled: 'This payment was canceled.',
  declined: 'The card was declined too often, so this payment is closed.',
};

const SESSION_ENDINGS = { EXPIRED: 'expired', CANCELED: 'canceled', DECLINED: 'declined' };

const element = (id) => document.getElementById(id);
const form = element('form');
const page = { token: '', session: null, bank: null, isBusy: false, run: 0 };

/** The token is behind the #, or where it was put for the trip to the challenge page. */
function takeToken() {
  const stored = sessionStorage.getItem(STORED_TOKEN);
  sessionStorage.removeItem(STORED_TOKEN);
  const token = location.hash.slice(1) || stored || '';
  history.replaceState(null, '', token ? `${location.pathname}#${token}` : location.pathname);
  return token;
}

async function open() {
  const run = ++page.run;
  page.token = takeToken();
  if (!page.token) return end('This link is not complete. Open it again from the shop.', 'bad');
  tell('Opening the checkout…');
  const opened = await attempt(() => readSession());
  if (run !== page.run) return;
  if (opened === null) return offerRetry(open);
  if (opened.session === null) return end('This link is not valid any more. Ask the shop for a new one.', 'bad');
  page.session = opened.session;
  summarize(opened);
  const { status, transactionProvider } = opened.session;
  if (status === 'COMPLETED') return succeed();
  if (status === 'ERROR' || SESSION_ENDINGS[status]) return close(SESSION_ENDINGS[status]);
  page.bank = bankOf(opened.session, page.token);
  if (page.bank === null) return end(`This page does not serve ${transactionProvider} yet. Pay on the page of the shop.`, 'bad');
  await follow();
}

async function readSession() {
  const headers = { authorization: `Bearer ${page.token}` };
  const response = await send('/graphql', { query: SESSION_QUERY, variables: { token: page.token } }, headers);
  const { data, errors } = await response.json();
  if (data && data.clientSession) return { session: data.clientSession, merchant: data.merchant };
  const code = errors && errors[0] && errors[0].extensions && errors[0].extensions.code;
  if (code === 'UNAUTHENTICATED' || code === 'SESSION_NOT_FOUND' || code === 'FORBIDDEN') return { session: null };
  throw new Error('The gateway gave no answer to use.');
}

/** Asks the bank how the payment stands, and shows it; waits, a bounded time, while the bank decides. */
async function follow(fallback) {
  const run = page.run;
  for (let tries = 0; ; tries += 1) {
    const status = await attempt(() => page.bank.status());
    if (run !== page.run) return;
    if (status === null) return offerRetry(follow);
    if (status.phase !== 'processing') return show(status, fallback);
    if (tries === POLL_DELAYS_MS.length)
      return offerRetry(follow, 'The bank is still deciding. You may close this page: the shop will be told.');
    tell('The bank is deciding. This takes a moment…');
    await new Promise((resolve) => setTimeout(resolve, POLL_DELAYS_MS[tries]));
    if (run !== page.run) return;
  }
}

function show(status, fallback) {
  switch (status.phase) {
    case 'succeeded':
      return succeed();
    case 'closed':
      return close(status.closedAs);
    case 'gone':
      return end('This link is not valid any more. Ask the shop for a new one.', 'bad');
    case 'requires_action':
      return offerChallenge(status.challengeUrl);
    default:
      return ask(fallback || (status.declineCode ? declined(status.declineCode) : undefined));
  }
}

function declined(code) {
  return `${DECLINES[code] || 'Your bank declined the card.'} Nothing was charged. Try again, or use another card.`;
}

async function submit(event) {
  event.preventDefault();
  if (page.isBusy) return;
  const card = readCard();
  if (card === null) return;
  busy('Asking the bank…');
  const answer = await attempt(() => page.bank.confirm(card));
  if (answer === null) return follow('The connection was lost and nothing was charged. Try again.');
  if (!answer.refused) return afterConfirm(answer);
  const { kind, message, field } = answer.refused;
  if (kind === 'form' && markField(field, message)) return ask(undefined, 'keep-focus');
  return follow(
    kind === 'busy'
      ? 'The bank is busy. Nothing was charged: try again in a moment.'
      : 'The bank had a problem. Nothing was charged: try again.',
  );
}

function afterConfirm(body) {
  if (body.status === 'succeeded') return succeed();
  if (body.status === 'requires_action') return goToChallenge(body.challengeUrl);
  return follow(body.status === 'declined' ? declined(body.declineCode) : undefined);
}

/** The token waits in this tab's own storage and is taken out on return. */
function goToChallenge(challengeUrl) {
  sessionStorage.setItem(STORED_TOKEN, page.token);
  const url = new URL(challengeUrl);
  // The test bank's page is on this origin, whatever name the gateway gives itself.
  location.assign(page.session.transactionProvider === 'EXAMPLE' ? url.pathname : url.href);
}

function readCard() {
  clearErrors();
  const [, month, year] = /^\s*(\d{1,2})\s*[/\s-]?\s*(\d{2}|\d{4})\s*$/.exec(form.elements.expiry.value) || [];
  const card = {
    number: form.elements.number.value,
    expMonth: Number(month),
    expYear: Number(year),
    cvc: form.elements.cvc.value.trim(),
  };
  const missing = [];
  if (!/\d/.test(card.number)) missing.push(['card.number', 'Type the card number.']);
  if (!month) missing.push(['card.expMonth', 'Type month and year, such as 12 / 34.']);
  if (!/^\d{3,4}$/.test(card.cvc)) missing.push(['card.cvc', 'Type the 3 or 4 digits.']);
  for (const [field, message] of missing.reverse()) markField(field, message);
  return missing.length > 0 ? null : card;
}

const INPUTS = { 'card.number': 'number', 'card.expMonth': 'expiry', 'card.expYear': 'expiry', 'card.cvc': 'cvc' };

function markField(field, message) {
  const id = INPUTS[field];
  if (!id) return false;
  element(id).setAttribute('aria-invalid', 'true');
  element(`${id}-error`).textContent = message;
  element(id).focus();
  return true;
}

function clearErrors() {
  for (const id of new Set(Object.values(INPUTS))) {
    element(id).removeAttribute('aria-invalid');
    element(`${id}-error`).textContent = '';
  }
}

function summarize({ session, merchant }) {
  const purpose = PURPOSES[session.kind];
  const amount = session.amount === undefined ? '' : formatMoney(session.amount, session.currency);
  element('merchant').textContent = merchant ? merchant.name : '';
  element('purpose').textContent = purpose.title;
  element('amount').textContent = amount;
  element('amount').hidden = !amount;
  element('description').textContent = session.description || '';
  element('description').hidden = !session.description;
  element('submit').textContent = amount ? `${purpose.button} ${amount}` : purpose.button;
  element('summary').hidden = false;
  document.title = `${purpose.title}${amount ? ` ${amount}` : ''}`;
}

/** @param minor the amount in the smallest unit, as a string: it may be larger than a number can hold exactly */
function formatMoney(minor, currency) {
  const known = new Map(document.body.dataset.decimals.split(' ').map((entry) => entry.split(':')));
  const decimals = Number(known.get(currency) || 2);
  const digits = minor.padStart(decimals + 1, '0');
  const decimal = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  const options = { style: 'currency', currency, minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(navigator.language, options).format(decimal);
}

function ask(message, focus) {
  page.isBusy = false;
  element('submit').disabled = false;
  element('actions').replaceChildren();
  form.hidden = false;
  if (message) tell(message, 'bad');
  else element('status').replaceChildren();
  if (focus === undefined) element(message ? 'status' : 'number').focus();
}

function busy(message) {
  page.isBusy = true;
  element('submit').disabled = true;
  tell(message);
}

function succeed() {
  end(PURPOSES[page.session.kind].done, 'good');
}

function close(reason) {
  end(ENDINGS[reason] || 'This payment cannot be completed.', 'bad');
}

/** The last word of this page, with the way back to the shop. */
function end(message, tone) {
  stopAsking();
  tell(message, tone);
  const url = page.session && page.session.returnUrl;
  if (!url || !/^https?:\/\//i.test(url)) return;
  const link = document.createElement('a');
  link.className = 'button primary';
  link.href = url;
  link.textContent = 'Back to the shop';
  element('actions').append(link);
}

function offerChallenge(challengeUrl) {
  stopAsking();
  tell('Your bank wants to know that it is you.');
  offer('Continue to your bank', () => goToChallenge(challengeUrl));
}

function offerRetry(again, message = 'The connection was lost. What you have done so far is safe.') {
  stopAsking();
  tell(message, 'bad');
  offer('Check again', () => {
    element('actions').replaceChildren();
    again();
  });
}

function offer(text, run) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'primary';
  button.textContent = text;
  button.addEventListener('click', run);
  element('actions').append(button);
}

function stopAsking() {
  page.isBusy = false;
  form.hidden = true;
  form.reset();
  element('actions').replaceChildren();
}

function tell(message, tone = 'lead') {
  const line = document.createElement('p');
  line.className = tone;
  line.textContent = message;
  element('status').replaceChildren(line);
}

/** The value, or null when the network or the answer failed. */
async function attempt(run) {
  try {
    return await run();
  } catch {
    return null;
  }
}

form.addEventListener('submit', submit);
form.elements.number.addEventListener('blur', ({ target }) => {
  target.value = (target.value.replace(/\D/g, '').match(/.{1,4}/g) || []).join(' ');
});
form.addEventListener('click', ({ target }) => {
  const { card } = target.dataset;
  if (card === undefined) return;
  clearErrors();
  form.elements.number.value = card.replace(/(.{4})(?=.)/g, '$1 ');
  form.elements.expiry.value = '12 / 34';
  form.elements.cvc.value = '123';
  element('submit').focus();
});
window.addEventListener('hashchange', () => {
  if (location.hash.slice(1) !== page.token) open();
});
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) open();
});
open();
