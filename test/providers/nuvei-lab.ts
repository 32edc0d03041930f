import { randomUUID } from 'node:crypto';
import { newSecret } from '../../src/kernel/secret.ts';
import { createNuveiProvider } from '../../src/providers/nuvei/nuvei.ts';
import type { ProviderAccount, StartedSession, WebhookRequest } from '../../src/providers/provider.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { openWorld } from '../support/world.ts';
import type { Behaviour, ProviderLab } from './lab.ts';

/** The numbers of the simulator's cards: those of the test bank behind it. */
const CARDS: Readonly<Record<Behaviour, string>> = {
  approve: '4242424242424242',
  decline: '4000000000000002',
  challenge: '4000000000003220',
  'answer-lost': '4000009900000038',
  'request-lost': '4000009900000046',
  'notified-twice': '4000009900000095',
  'notified-out-of-order': '4000009900000103',
};

const WEBHOOK_URL = 'https://gateway.test/webhooks/nuvei';
const JSON_BODY = { 'content-type': 'application/json' };

export interface NuveiLab extends ProviderLab {
  payWith(started: StartedSession, cardNumber: string): Promise<void>;
  control(path: string, body: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
}

/** The adapter over real HTTP against the simulator, both on a database of their own and on one clock that tests move. */
export async function openNuveiLab(): Promise<NuveiLab> {
  const { database, clock, vault, log, close } = await openWorld();
  const simulator = await createSimulator({ database, clock, sign: vault.fingerprint, log, host: '127.0.0.1', port: 0 });
  const keys = { merchantId: '1234567890123', merchantSiteId: '100001', merchantSecretKey: newSecret('') };
  const account: ProviderAccount = {
    id: randomUUID(),
    merchantId: randomUUID(),
    environment: 'TEST',
    provider: 'NUVEI',
    baseUrl: simulator.url,
    credentials: keys,
  };
  await simulator.addAccount({ dialect: 'NUVEI', id: account.id, ...keys });
  const post = async (url: string, body: Readonly<Record<string, unknown>>) => {
    const response = await fetch(url, { method: 'POST', headers: JSON_BODY, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
    return response;
  };
  const payWith = async (started: StartedSession, cardNumber: string) => {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) if (await payOnce(started, cardNumber)) return;
  };
  return {
    provider: createNuveiProvider({ webhookUrl: () => WEBHOOK_URL }),
    account,
    clock,
    // The simulator tells each event once, and a failed challenge leaves no attempt there: nuvei.test.ts has challenges of its own.
    lacks: ['notified-twice', 'challenge'],
    publicCredentials: ['merchantId', 'merchantSiteId'],
    payWith,
    pay: (started, behaviour) => payWith(started, CARDS[behaviour]),
    async answerChallenge(challengeUrl, result) {
      await post(challengeUrl, { result });
    },
    control: async (path, body) => (await post(`${simulator.url}/simulator/${path}`, body)).json(),
    tamper: (delivery) => changeForm(delivery, (form) => form.set('totalAmount', '0.01')),
    unsign: (delivery) => changeForm(delivery, (form) => form.delete('advanceResponseChecksum')),
    deliveriesGoStale: false,
    unknown: (reference) => ({
      ...reference,
      state: { ...reference.state, sessionToken: randomUUID(), clientUniqueId: randomUUID() },
    }),
    async deliveries(providerCode) {
      const response = await fetch(`${simulator.url}/simulator/webhooks?accountId=${account.id}`);
      const told = (await response.json()) as ToldEvent[] | { webhooks: ToldEvent[] };
      const events = Array.isArray(told) ? told : told.webhooks;
      return events.filter((event) => event.paymentCode === providerCode).map(toDelivery);
    },
    async close() {
      await simulator.close();
      await close();
    },
  };
}

const TRIES_MAX = 3;

/** What Nuvei's browser SDK sends for a card. False when it must be sent again: nothing was executed. */
async function payOnce({ payload }: StartedSession, cardNumber: string): Promise<boolean> {
  const { apiUrl, merchantId, merchantSiteId, sessionToken, userTokenId, savePM } = payload;
  const card = { cardNumber, cardHolderName: 'Jane Doe', expirationMonth: '12', expirationYear: '2034', CVV: '123' };
  const body = JSON.stringify({ merchantId, merchantSiteId, sessionToken, userTokenId, savePM, paymentOption: { card } });
  try {
    const response = await fetch(`${String(apiUrl)}/ppp/api/v1/payment.do`, { method: 'POST', headers: JSON_BODY, body });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

interface ToldEvent {
  readonly paymentCode: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function toDelivery({ method, headers, body }: ToldEvent): WebhookRequest {
  return { method, headers, rawBody: new TextEncoder().encode(body), query: {} };
}

function changeForm(delivery: WebhookRequest, change: (form: URLSearchParams) => void): WebhookRequest {
  const form = new URLSearchParams(new TextDecoder().decode(delivery.rawBody));
  change(form);
  return { ...delivery, rawBody: new TextEncoder().encode(form.toString()) };
}
