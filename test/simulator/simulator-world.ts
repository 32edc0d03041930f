import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import type { SimulatedAccount } from '../../src/simulator/accounts.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { openWorld, type World } from '../support/world.ts';

/** A simulator on a database and a clock of its own, and callers in both dialects. */
export interface SimulatorWorld extends World {
  readonly simulator: Simulator;
  control<T = any>(path: string, body?: object, method?: string): Promise<T>;
  newStripe(webhookUrl?: string | null): Promise<StripeCaller>;
}

export type StripeAccount = Extract<SimulatedAccount, { dialect: 'STRIPE' }>;

export interface StripeCaller {
  readonly account: StripeAccount;
  readonly stripe: Stripe;
  /** What Stripe.js sends: status and body. */
  pay(intent: { id: string; client_secret: string | null }, card?: string, more?: Record<string, string>): Promise<Answer>;
  /** A call by its path, with the secret key. */
  raw(path: string): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

export async function openSimulatorWorld(): Promise<SimulatorWorld> {
  const world = await openWorld();
  const simulator = await startSimulator(world);
  return {
    ...world,
    simulator,
    control: (path, body, method) => control(simulator.url, path, { body, method }),
    newStripe: (webhookUrl = null) => newStripe(simulator, webhookUrl),
    async close() {
      await simulator.close();
      await world.close();
    },
  };
}

export function startSimulator(world: World): Promise<Simulator> {
  const { database, clock, vault, log } = world;
  return createSimulator({ database, clock, sign: vault.fingerprint, log, host: '127.0.0.1', port: 0 });
}

export async function control(
  url: string,
  path: string,
  asked: { body?: object | undefined; method?: string | undefined },
): Promise<any> {
  const { body, method = body === undefined ? 'GET' : 'POST' } = asked;
  const init = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`${url}/simulator/${path}`, { method, ...init });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

export function newStripeAccount(webhookUrl: string | null = null): StripeAccount {
  const secret = () => randomUUID().replaceAll('-', '');
  return {
    dialect: 'STRIPE',
    id: randomUUID(),
    secretKey: `sk_test_${secret()}`,
    publishableKey: `pk_test_${secret()}`,
    webhookSecret: `whsec_${secret()}`,
    webhookUrl,
  };
}

async function newStripe(simulator: Simulator, webhookUrl: string | null): Promise<StripeCaller> {
  const account = newStripeAccount(webhookUrl);
  await simulator.addAccount(account);
  return callerOf(simulator.url, account);
}

export function callerOf(url: string, account: StripeAccount): StripeCaller {
  return {
    account,
    stripe: createClient(url, account.secretKey),
    async pay(intent, card = APPROVED, more = {}) {
      const form = new URLSearchParams({
        client_secret: intent.client_secret ?? '',
        key: account.publishableKey,
        'payment_method_data[type]': 'card',
        'payment_method_data[card][number]': card,
        'payment_method_data[card][exp_month]': '12',
        'payment_method_data[card][exp_year]': '2034',
        'payment_method_data[card][cvc]': '123',
        ...more,
      });
      const kind = intent.id.startsWith('seti_') ? 'setup' : 'payment';
      return ask(`${url}/v1/${kind}_intents/${intent.id}/confirm`, { method: 'POST', body: form });
    },
    raw: (path) => ask(`${url}/v1/${path}`, { headers: { authorization: `Bearer ${account.secretKey}` } }),
  };
}

/** The vendor's own library, pointed here as its documentation says. */
export function createClient(url: string, key: string): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(key, {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: 2_000,
  });
}

export async function ask(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

export const APPROVED = '4242424242424242';

/** What the call throws. */
export async function errorOf(call: Promise<unknown>): Promise<any> {
  return call.then(
    () => 'no error',
    (error: unknown) => error,
  );
}

/** Answers a challenge as a script. */
export async function answerChallenge(url: string, result: 'approve' | 'fail' | 'leave'): Promise<Answer> {
  return ask(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ result }) });
}
