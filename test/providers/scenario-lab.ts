import { randomUUID } from 'node:crypto';
import { newSecret } from '../../src/kernel/secret.ts';
import { addProviderAccount } from '../../src/merchants/manage-accounts.ts';
import { webhookPathOf } from '../../src/merchants/provider-account.ts';
import type { ProviderAccount } from '../../src/providers/provider.ts';
import type { SimulatedAccount } from '../../src/simulator/accounts.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import {
  type Data,
  type Gateway,
  type Kind,
  must,
  openGateway,
  PUBLIC_URL,
  startInput,
  startText,
  type TestMerchant,
  verify,
} from '../support/gateway.ts';

/** The calls of a provider that scenarios break, under the provider's own names. */
export type CallName = 'create' | 'read' | 'capture' | 'void' | 'refund' | 'charge';

export interface RecordedRequest {
  readonly call: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Data;
  readonly outcome: unknown;
}

export interface RecordedWebhook {
  readonly eventId: string;
  readonly type: string;
  readonly paymentCode: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What differs between the two vendors in a scenario. */
export interface Vendor {
  readonly provider: 'STRIPE' | 'NUVEI';
  readonly calls: Readonly<Record<CallName, readonly string[]>>;
  makeCredentials(): Readonly<Record<string, string>>;
  simulate(account: ProviderAccount, webhookUrl: string): SimulatedAccount;
  /** What the vendor's browser SDK sends for a card. */
  pay(payload: Data, card: string): Promise<Data>;
  /** The same notification with one figure changed under its old signature. */
  tamper(webhook: RecordedWebhook): RecordedWebhook;
  unsign(webhook: RecordedWebhook): RecordedWebhook;
  /** Whether a repeat under the same key gives the first answer again. */
  readonly replays: boolean;
}

/** A gateway with one merchant and one account, whose provider is simulated behind a real port. */
export interface ScenarioLab extends Gateway {
  readonly vendor: Vendor;
  readonly simulator: Simulator;
  readonly merchant: TestMerchant;
  readonly account: ProviderAccount;
  start(kind: Kind, data?: Record<string, unknown>): Promise<Data>;
  /** Answers as the vendor's API does towards a browser. */
  pay(session: Data, card: string): Promise<Data>;
  /** Started, paid and verified. */
  paid(kind: Kind, card?: string, data?: Record<string, unknown>): Promise<{ session: Data; transaction: Data }>;
  answerChallenge(url: string, result: 'approve' | 'fail'): Promise<void>;
  fault(call: CallName, fault: string, times?: number): Promise<void>;
  /** Takes back all faults, and the deadline. */
  calm(): Promise<void>;
  /** Waits no longer than this for a provider from now on: for scenarios in which one hangs. */
  setDeadline(deadlineMs: number): void;
  requests(call?: CallName): Promise<readonly RecordedRequest[]>;
  webhooks(paymentCode: string): Promise<readonly RecordedWebhook[]>;
  deliver(webhook: RecordedWebhook): Promise<Response>;
  dispute(providerCode: string): Promise<string>;
  endDispute(id: string, status: 'won' | 'lost'): Promise<void>;
}

export async function openScenarioLab(vendor: Vendor): Promise<ScenarioLab> {
  const gateway = await openGateway();
  const { app, database, clock, log, vault } = gateway;
  const simulator = await createSimulator({ database, clock, sign: vault.fingerprint, log, host: '127.0.0.1', port: 0 });
  const merchant = await gateway.newMerchant();
  const { provider } = vendor;
  const draft = { provider, label: 'simulated', baseUrl: simulator.url, credentials: vendor.makeCredentials() };
  const account = must(await addProviderAccount(app.deps, merchant.scope, draft));
  await simulator.addAccount(vendor.simulate(account, `${PUBLIC_URL}${webhookPathOf(account)}`));

  const settings = app.deps.settings as { providerDeadlineMs: number };
  const deadlineMs = settings.providerDeadlineMs;
  const setDeadline = (ms: number): void => void (settings.providerDeadlineMs = ms);

  const control = async (path: string, method = 'GET', body?: object): Promise<Data> => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${simulator.url}/simulator/${path}`, { method, headers, ...init });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const listOf = <T>(answer: Data, name: string): readonly T[] => (Array.isArray(answer) ? answer : answer[name]);
  const payloadOf = async (session: Data): Promise<Data> =>
    (
      await merchant.data('query Payload($by: ClientSessionSelector!) { clientSession(by: $by) { payload } }', {
        by: { id: session.id },
      })
    ).clientSession.payload;
  const start = async (kind: Kind, data: Record<string, unknown> = {}): Promise<Data> => {
    const input = startInput(kind, data);
    const by = { merchantTransactionProviderId: account.id };
    return (await merchant.data(startText(kind), { ...input, provider: by })).session;
  };
  const pay = async (session: Data, card: string): Promise<Data> => vendor.pay(await payloadOf(session), card);
  return {
    ...gateway,
    vendor,
    simulator,
    merchant,
    account,
    start,
    pay,
    async paid(kind, card = '4242424242424242', data = {}) {
      const session = await start(kind, data);
      await pay(session, card);
      return { session, transaction: await verify(merchant, kind, session.id) };
    },
    async answerChallenge(url, result) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ result }) });
      if (!response.ok) throw new Error(`The challenge page answered ${response.status}.`);
    },
    async fault(name, fault, times = 1) {
      for (const call of vendor.calls[name]) await control('faults', 'POST', { call, fault, times });
    },
    async calm() {
      setDeadline(deadlineMs);
      await control('faults', 'DELETE');
    },
    setDeadline,
    async requests(name) {
      const all = listOf<RecordedRequest>(await control(`requests?accountId=${account.id}`), 'requests');
      return name === undefined ? all : all.filter(({ call }) => vendor.calls[name].includes(call));
    },
    async webhooks(paymentCode) {
      const all = listOf<RecordedWebhook>(await control(`webhooks?accountId=${account.id}`), 'webhooks');
      return all.filter((webhook) => webhook.paymentCode === paymentCode);
    },
    deliver: ({ url, method, headers, body }) =>
      app.fetch(new Request(url, { method, headers, ...(method === 'GET' ? {} : { body }) })),
    dispute: async (providerCode) => (await control('disputes', 'POST', { accountId: account.id, providerCode })).id,
    endDispute: (id, status) => control(`disputes/${id}`, 'POST', { status }),
    async close() {
      await simulator.close();
      await gateway.close();
    },
  };
}

const JSON_BODY = { 'content-type': 'application/json' };

export const STRIPE: Vendor = {
  provider: 'STRIPE',
  replays: true,
  calls: {
    create: ['payment_intents.create', 'setup_intents.create'],
    read: ['payment_intents.retrieve', 'setup_intents.retrieve'],
    capture: ['payment_intents.capture'],
    void: ['payment_intents.cancel'],
    refund: ['refunds.create'],
    charge: ['payment_intents.create'],
  },
  makeCredentials: () => ({
    secretKey: newSecret('sk_test_'),
    publishableKey: newSecret('pk_test_'),
    webhookSecret: `${newSecret('whsec_')},${newSecret('whsec_')}`,
  }),
  simulate: ({ id, credentials }, webhookUrl) => ({
    dialect: 'STRIPE',
    id,
    secretKey: credentials['secretKey'] ?? '',
    publishableKey: credentials['publishableKey'] ?? '',
    // The second of two: the account is in the middle of a rotation.
    webhookSecret: credentials['webhookSecret']?.split(',')[1] ?? '',
    webhookUrl,
  }),
  async pay({ apiUrl, clientSecret, publishableKey, intent }, card) {
    const form = new URLSearchParams({ client_secret: clientSecret, key: publishableKey, 'payment_method_data[type]': 'card' });
    for (const [name, value] of Object.entries({ number: card, exp_month: '12', exp_year: '2031', cvc: '123' })) {
      form.set(`payment_method_data[card][${name}]`, value);
    }
    const id = String(clientSecret).split('_secret_')[0];
    return (await fetch(`${apiUrl}/v1/${intent}_intents/${id}/confirm`, { method: 'POST', body: form })).json();
  },
  tamper: (webhook) => ({ ...webhook, body: webhook.body.replace(/"created": \d+/, '"created": 1') }),
  unsign: ({ headers: { 'stripe-signature': _signature, ...headers }, ...webhook }) => ({ ...webhook, headers }),
};

export const NUVEI: Vendor = {
  provider: 'NUVEI',
  replays: false,
  calls: {
    create: ['openOrder'],
    read: ['getPaymentStatus', 'getTransactionDetails'],
    capture: ['settleTransaction'],
    void: ['voidTransaction'],
    refund: ['refundTransaction'],
    charge: ['payment'],
  },
  makeCredentials: () => ({
    merchantId: `1${randomUUID().replace(/\D/g, '').slice(0, 12)}`,
    merchantSiteId: '100001',
    merchantSecretKey: newSecret(''),
  }),
  simulate: ({ id, credentials }) => ({
    dialect: 'NUVEI',
    id,
    merchantId: credentials['merchantId'] ?? '',
    merchantSiteId: credentials['merchantSiteId'] ?? '',
    merchantSecretKey: credentials['merchantSecretKey'] ?? '',
  }),
  async pay({ apiUrl, merchantId, merchantSiteId, sessionToken, userTokenId, savePM }, cardNumber) {
    const card = { cardNumber, cardHolderName: 'Jane Smith', expirationMonth: '12', expirationYear: '2031', CVV: '123' };
    const body = { merchantId, merchantSiteId, sessionToken, userTokenId, savePM, paymentOption: { card } };
    const url = `${apiUrl}/ppp/api/v1/payment.do`;
    return (await fetch(url, { method: 'POST', headers: JSON_BODY, body: JSON.stringify(body) })).json();
  },
  tamper: (webhook) => ({ ...webhook, body: webhook.body.replace(/totalAmount=[\d.]+/, 'totalAmount=0.01') }),
  unsign: (webhook) => ({ ...webhook, body: webhook.body.replace(/&?advanceResponseChecksum=\w+/, '') }),
};
