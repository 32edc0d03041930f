import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MINUTE_MS } from '../../src/kernel/clock.ts';
import type { ProviderAccount, WebhookRequest } from '../../src/providers/provider.ts';
import { createStripeProvider } from '../../src/providers/stripe/stripe.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { openWorld } from '../support/world.ts';
import type { Behaviour, ProviderLab } from './lab.ts';

const CARDS: Readonly<Record<Behaviour, string>> = {
  approve: '4242424242424242',
  decline: '4000000000000002',
  challenge: '4000000000003220',
  'answer-lost': '4000009900000038',
  'request-lost': '4000009900000046',
  'notified-twice': '4000009900000095',
  'notified-out-of-order': '4000009900000103',
};

/** What the simulator keeps of a request that it got. */
export interface SimulatedRequest {
  readonly call: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface StripeLab extends ProviderLab {
  /** Reads from the simulator's control, or writes to it. */
  control<T>(path: string, body?: object): Promise<T>;
  requests(): Promise<readonly SimulatedRequest[]>;
}

/** The adapter against an in-process simulator over real HTTP, with a receiver for what it is told. */
export async function openStripeLab(): Promise<StripeLab> {
  const { database, clock, vault, log, close } = await openWorld();
  const simulator = await createSimulator({ database, clock, sign: vault.fingerprint, log, host: '127.0.0.1', port: 0 });
  const receiver = await openReceiver();
  const account = newAccount(simulator);
  const { secretKey = '', publishableKey = '', webhookSecret = '' } = account.credentials;
  const keys = { secretKey, publishableKey, webhookSecret };
  await simulator.addAccount({ dialect: 'STRIPE', id: account.id, ...keys, webhookUrl: receiver.url });
  const control: StripeLab['control'] = async (path, body) => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${simulator.url}/simulator/${path}`, { headers: JSON_BODY, ...init });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    provider: createStripeProvider({ deadlineMs: 5_000 }),
    account,
    clock,
    control,
    requests: () => readList(control, `requests?accountId=${account.id}`, 'requests'),
    pay: ({ payload }, behaviour) => confirm(payload, CARDS[behaviour]),
    async answerChallenge(challengeUrl, result) {
      await fetch(challengeUrl, { method: 'POST', headers: JSON_BODY, body: JSON.stringify({ result }) });
    },
    async deliveries(providerCode) {
      // Deliveries come some time after what they tell of; the simulator's own clock is moved there.
      await control('time', { advanceMs: MINUTE_MS });
      await simulator.deliverDue();
      return receiver.received.filter(({ rawBody }) => new TextDecoder().decode(rawBody).includes(providerCode));
    },
    lacks: [],
    publicCredentials: ['publishableKey'],
    tamper(delivery) {
      const text = new TextDecoder().decode(delivery.rawBody);
      return { ...delivery, rawBody: new TextEncoder().encode(text.replace('"livemode": false', '"livemode": true')) };
    },
    unsign({ headers: { 'stripe-signature': _signature, ...headers }, ...delivery }) {
      return { ...delivery, headers };
    },
    deliveriesGoStale: true,
    unknown: (reference) => ({ ...reference, providerCode: `${reference.providerCode}x` }),
    async close() {
      await simulator.close();
      await receiver.close();
      await close();
    },
  };
}

const JSON_BODY = { 'content-type': 'application/json' };

function newAccount(simulator: Simulator): ProviderAccount {
  const secret = () => randomUUID().replaceAll('-', '');
  return {
    id: randomUUID(),
    merchantId: randomUUID(),
    environment: 'TEST',
    provider: 'STRIPE',
    baseUrl: simulator.url,
    credentials: {
      secretKey: `sk_test_${secret()}`,
      publishableKey: `pk_test_${secret()}`,
      webhookSecret: `whsec_${secret()}`,
    },
  };
}

async function readList<T>(control: StripeLab['control'], path: string, name: string): Promise<readonly T[]> {
  const answer = await control<readonly T[] | Record<string, readonly T[]>>(path);
  return Array.isArray(answer) ? answer : ((answer as Record<string, readonly T[]>)[name] ?? []);
}

/** What Stripe.js does with a card, until it has an answer that tells of an execution. */
async function confirm(payload: Readonly<Record<string, unknown>>, number: string): Promise<void> {
  const [apiUrl, clientSecret, intent] = [payload['apiUrl'], payload['clientSecret'], payload['intent']].map(String);
  const form = new URLSearchParams({
    client_secret: clientSecret ?? '',
    key: String(payload['publishableKey']),
    'payment_method_data[type]': 'card',
  });
  for (const [name, value] of Object.entries({ number, exp_month: '12', exp_year: '2034', cvc: '123' })) {
    form.set(`payment_method_data[card][${name}]`, value);
  }
  const url = `${apiUrl}/v1/${intent}_intents/${clientSecret?.split('_secret_')[0]}/confirm`;
  for (let tries = 0; tries < 3; tries += 1) {
    const status = await fetch(url, { method: 'POST', body: form }).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200 || status === 400 || status === 402) return;
  }
  throw new Error(`The card ${number} was never answered.`);
}

/** Takes what is delivered, as it came. */
async function openReceiver() {
  const received: WebhookRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      received.push({ method: 'POST', rawBody: new Uint8Array(Buffer.concat(chunks)), headers, query: {} });
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
