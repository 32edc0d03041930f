import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { findCredentialProblem } from '../../src/providers/credentials.ts';
import { createNuveiProvider } from '../../src/providers/nuvei/nuvei.ts';
import type { Provider, ProviderAccount, StartedSession } from '../../src/providers/provider.ts';
import { createStripeProvider } from '../../src/providers/stripe/stripe.ts';
import { describeProvider } from './conformance.ts';
import { type Behaviour, newEffect, type ProviderLab } from './lab.ts';

/**
 * The conformance suite against the vendors' own test environments, where keys are given in the environment. Live keys are refused
 * before any call. A run makes a few dozen small test payments; intents that are still open at its end are canceled.
 */

const { env } = process;
const DEADLINE_MS = 15_000;

function accountOf(provider: 'STRIPE' | 'NUVEI', credentials: Record<string, string | undefined>): ProviderAccount | null {
  const given = Object.entries(credentials).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  if (given.length < Object.keys(credentials).length) return null;
  const ids = { id: randomUUID(), merchantId: randomUUID() };
  return { ...ids, environment: 'TEST', provider, baseUrl: null, credentials: Object.fromEntries(given) };
}

const stripeAccount = accountOf('STRIPE', {
  secretKey: env['LIVE_STRIPE_SECRET_KEY'],
  publishableKey: env['LIVE_STRIPE_PUBLISHABLE_KEY'],
  webhookSecret: env['LIVE_STRIPE_WEBHOOK_SECRET'] ?? 'whsec_none',
});
const nuveiAccount = accountOf('NUVEI', {
  merchantId: env['LIVE_NUVEI_MERCHANT_ID'],
  merchantSiteId: env['LIVE_NUVEI_MERCHANT_SITE_ID'],
  merchantSecretKey: env['LIVE_NUVEI_MERCHANT_SECRET_KEY'],
});

/** What nobody can bring about at a vendor from outside. */
const LACKS: ProviderLab['lacks'] = [
  'challenge',
  'answer-lost',
  'request-lost',
  'notified-twice',
  'notified-out-of-order',
  'time',
  'webhooks',
];

async function openLiveLab(
  provider: Provider,
  account: ProviderAccount,
  pay: (started: StartedSession, behaviour: Behaviour) => Promise<void>,
): Promise<ProviderLab> {
  const problem = findCredentialProblem(provider.descriptor, 'TEST', account.credentials);
  if (problem !== null) throw new Error(`Only keys of a test environment may be used: ${problem}`);
  const opened: StartedSession[] = [];
  const lab: ProviderLab = {
    provider: {
      ...provider,
      async send(kind, call, request) {
        const answer = await provider.send(kind, call, request);
        if (kind === 'START') opened.push(answer as StartedSession);
        return answer;
      },
    },
    account,
    clock: { ...systemClock, advance: () => {} },
    pay,
    answerChallenge: async () => {},
    deliveries: async () => [],
    lacks: LACKS,
    publicCredentials: ['publishableKey', 'merchantId', 'merchantSiteId'],
    tamper: (delivery) => delivery,
    unsign: (delivery) => delivery,
    deliveriesGoStale: false,
    unknown: (reference) => ({ ...reference, providerCode: `${reference.providerCode}x`, state: {} }),
    async close() {
      if (!provider.capabilities.effects.includes('CANCEL')) return;
      for (const { providerCode, state } of opened) {
        const kind = providerCode.startsWith('seti_') ? 'ADD_PAYMENT_METHOD' : 'PAYMENT';
        const reference = { sessionId: randomUUID(), kind, providerCode, state } as const;
        // What was paid or is closed already refuses to be canceled, which is as good.
        await provider.send('CANCEL', newEffect(lab), reference).catch(() => {});
      }
    },
  };
  return lab;
}

/** Stripe's own names for test cards, which a server may confirm with in test mode. */
const STRIPE_CARDS: Partial<Record<Behaviour, string>> = { approve: 'pm_card_visa', decline: 'pm_card_chargeDeclined' };

async function openLiveStripe(account: ProviderAccount): Promise<ProviderLab> {
  const provider = createStripeProvider({ deadlineMs: DEADLINE_MS });
  const stripe = new Stripe(account.credentials['secretKey'] ?? '', { timeout: DEADLINE_MS, telemetry: false });
  return openLiveLab(provider, account, async ({ providerCode }, behaviour) => {
    const params = { payment_method: STRIPE_CARDS[behaviour] ?? 'pm_card_visa', return_url: 'https://shop.example/back' };
    const intents = providerCode.startsWith('seti_') ? stripe.setupIntents : stripe.paymentIntents;
    await intents.confirm(providerCode, params).catch((error: unknown) => {
      if (!(error instanceof Stripe.errors.StripeCardError)) throw error;
    });
  });
}

/** Test cards of Nuvei's sandbox. Paying from a server needs an account that may send card numbers. */
const NUVEI_CARDS: Partial<Record<Behaviour, string>> = { approve: '4761344136141390', decline: '4008370896662369' };

function openLiveNuvei(account: ProviderAccount): Promise<ProviderLab> {
  const provider = createNuveiProvider({ webhookUrl: () => 'https://gateway.example/webhooks/nuvei/none' });
  return openLiveLab(provider, account, async ({ payload }, behaviour) => {
    const { merchantId, merchantSiteId, sessionToken, userTokenId } = payload;
    const cardNumber = NUVEI_CARDS[behaviour] ?? NUVEI_CARDS.approve;
    const card = { cardNumber, cardHolderName: 'Jane Smith', expirationMonth: '12', expirationYear: '2031', CVV: '217' };
    const body = { merchantId, merchantSiteId, sessionToken, userTokenId, paymentOption: { card } };
    await fetch('https://ppp-test.nuvei.com/ppp/api/v1/payment.do', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  });
}

if (stripeAccount !== null) describeProvider('STRIPE in its test environment', () => openLiveStripe(stripeAccount));
if (nuveiAccount !== null) describeProvider('NUVEI in its test environment', () => openLiveNuvei(nuveiAccount));

test('the suite refuses live keys before any call', async () => {
  const credentials = { secretKey: 'sk_live_x', publishableKey: 'pk_live_x', webhookSecret: 'whsec_x' };
  const account = accountOf('STRIPE', credentials);
  if (account === null) throw new Error('The account has all its credentials.');
  await expect(openLiveStripe(account)).rejects.toThrow('Only keys of a test environment');
});
