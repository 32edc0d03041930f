import { randomUUID } from 'node:crypto';
import { addMs, type Clock, SECOND_MS, systemClock } from '../kernel/clock.ts';
import type { JsonObject } from '../kernel/json.ts';
import { isUrl } from '../kernel/url.ts';
import { isOwnMachine } from '../merchant-webhooks/addresses.ts';
import { hostOf } from '../merchant-webhooks/rules.ts';
import { ask, openRemote, parse, Refused, type Remote, type RemoteOptions, reasonOf } from './remote.ts';
import type { Terminal } from './terminal.ts';

/** What can be made to happen, with what it is. */
export const TRIGGERS = {
  payment: 'a payment that is approved',
  decline: 'a payment that the bank declines, which ends its session',
  dispute: 'a payment at the simulated Stripe that its payer disputes',
  'failed-refund': 'a refund that succeeds, and comes back failed a few seconds later',
  expiry: 'a session that nobody pays, which expires after a minute',
} as const;

export type Trigger = keyof typeof TRIGGERS;

const CARDS = { approved: '4242424242424242', declined: '4000000000000002', refundFails: '4000000000005126' } as const;
/** The least that the test bank takes, and time for the call. */
const EXPIRY_MS = 65 * SECOND_MS;
const ANSWER_MS = 30 * SECOND_MS;
const EXAMPLE = { transactionProvider: 'EXAMPLE' } as const;

/**
 * Makes it happen over the API, as a shop and its payer would, and returns what was made. Throws Refused: for a LIVE key, and where the
 * merchant has no account at the test bank, or for a dispute none at a simulated Stripe on this machine.
 */
export async function trigger(
  terminal: Terminal,
  { what, ...options }: RemoteOptions & { readonly what: Trigger },
  clock: Clock = systemClock,
): Promise<JsonObject> {
  const remote = await openRemote(terminal, options);
  if (remote.environment !== 'TEST')
    throw new Refused('Only TEST events can be made to happen: use a key that begins with sk_test_.');
  switch (what) {
    case 'payment':
      return pay(remote, CARDS.approved);
    case 'decline':
      return pay(remote, CARDS.declined, { attemptsMax: 1 });
    case 'failed-refund': {
      const paid = await pay(remote, CARDS.refundFails);
      const { refund } = await tell<{ refund: Made }>(remote, REFUND, { id: paid.transactionId, key: randomUUID() });
      return { ...paid, refundId: refund.id, refundStatus: refund.status };
    }
    case 'expiry': {
      const expiresAt = addMs(clock.now(), EXPIRY_MS).toISOString();
      const { id: sessionId, status, code } = await start(remote, EXAMPLE, { expiresAt });
      return { sessionId, merchantInternalTransactionCode: code, status, expiresAt };
    }
    case 'dispute':
      return dispute(remote);
  }
}

interface Made {
  readonly id: string;
  readonly status: string;
}

interface Session extends Made {
  readonly code: string;
  readonly token: string;
  readonly providerCode: string | null;
  readonly payload: Readonly<Record<string, unknown>> | null;
}

const START = `mutation Start($provider: TransactionProviderSelector!, $data: StartPaymentSessionInput!) {
  session: startPaymentSession(provider: $provider, data: $data) {
    id status code: merchantInternalTransactionCode token providerCode payload
  }
}`;
const VERIFY = `mutation Verify($id: ID!) {
  transaction: verifyPaymentSession(by: { id: $id }) { id status session { status } }
}`;
const REFUND = `mutation Refund($id: ID!, $key: String!) {
  refund: refundTransaction(by: { id: $id }, idempotencyKey: $key) { id status }
}`;
const ACCOUNTS = '{ providerAccounts { id provider: transactionProvider status baseUrl } }';
const BILLING = {
  billingFirstName: 'Jane',
  billingLastName: 'Smith',
  billingEmail: 'jane@example.com',
  billingAddressCountry: 'US',
} as const;

function tell<Data>(remote: Remote, query: string, variables: object): Promise<Data> {
  return ask<Data>(remote, { query, variables }, AbortSignal.timeout(2 * ANSWER_MS));
}

async function start(remote: Remote, provider: object, wish: object = {}): Promise<Session> {
  const money = { amount: '10000', currency: 'USD', storePaymentMethod: false, billing: BILLING };
  const data = { merchantInternalTransactionCode: `trigger-${randomUUID()}`, ...money, ...wish };
  return (await tell<{ session: Session }>(remote, START, { provider, data })).session;
}

/** At the test bank, with a card that decides what becomes of it. */
async function pay(remote: Remote, number: string, wish: object = {}) {
  const session = await start(remote, EXAMPLE, wish);
  const card = { number, expMonth: 12, expYear: 2049, cvc: '123' };
  await post(`${remote.url}/example/v1/confirm`, { token: session.token, card });
  return verify(remote, session);
}

async function verify(remote: Remote, { id: sessionId, code }: Session) {
  const { transaction } = await tell<{ transaction: Made & { session: { status: string } } }>(remote, VERIFY, { id: sessionId });
  const { id: transactionId, status: transactionStatus, session } = transaction;
  return { sessionId, merchantInternalTransactionCode: code, status: session.status, transactionId, transactionStatus };
}

interface Account {
  readonly id: string;
  readonly provider: string;
  readonly status: string;
  readonly baseUrl: string | null;
}

async function dispute(remote: Remote): Promise<JsonObject> {
  const { providerAccounts } = await tell<{ providerAccounts: readonly Account[] }>(remote, ACCOUNTS, {});
  const account = providerAccounts.find((each) => each.provider === 'STRIPE' && each.status === 'ENABLED' && isSimulated(each));
  if (account === undefined) {
    throw new Refused(
      'A dispute needs an account at the simulated Stripe on this machine: docs/simulator.md says how to get one.',
    );
  }
  const session = await start(remote, { merchantTransactionProviderId: account.id });
  await confirmAtStripe(account, session);
  const paid = await verify(remote, session);
  const opened = await post(`${account.baseUrl}/simulator/disputes`, {
    accountId: account.id,
    providerCode: session.providerCode,
  });
  return { ...paid, disputeId: String((opened as { id?: unknown }).id) };
}

/** Cards and controls go to this machine only. */
function isSimulated({ baseUrl }: Account): boolean {
  return baseUrl !== null && isUrl(baseUrl) && isOwnMachine(hostOf(new URL(baseUrl)));
}

/** As Stripe's script does in the payer's browser. */
async function confirmAtStripe({ baseUrl }: Account, { payload }: Session): Promise<void> {
  const { clientSecret, publishableKey } = payload ?? {};
  const form = new URLSearchParams({
    client_secret: String(clientSecret),
    key: String(publishableKey),
    return_url: 'http://127.0.0.1/',
    'payment_method_data[type]': 'card',
    'payment_method_data[card][number]': CARDS.approved,
    'payment_method_data[card][exp_month]': '12',
    'payment_method_data[card][exp_year]': '2049',
    'payment_method_data[card][cvc]': '123',
  });
  await post(`${baseUrl}/v1/payment_intents/${String(clientSecret).split('_secret_')[0]}/confirm`, form);
}

/** Throws Refused unless the answer is a success, or a decline, which is what was asked for. */
async function post(url: string, body: object): Promise<unknown> {
  const content =
    body instanceof URLSearchParams ? { body } : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const signal = AbortSignal.timeout(ANSWER_MS);
  const response = await fetch(url, { method: 'POST', redirect: 'error', signal, ...content }).catch((error: unknown) => {
    throw new Refused(`${new URL(url).origin} cannot be reached: ${reasonOf(error)}`);
  });
  const answer = parse(await response.text());
  if (response.ok) return answer ?? {};
  const { error } = (answer ?? {}) as { error?: string | { message?: string } };
  const said = typeof error === 'string' ? error : error?.message;
  throw new Refused(`${new URL(url).origin} refused with status ${response.status}${said === undefined ? '.' : `: ${said}`}`);
}
