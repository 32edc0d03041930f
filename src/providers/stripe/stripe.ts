import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../kernel/clock.ts';
import type { OutboundFetch } from '../../kernel/proxy.ts';
import type { Capabilities, EffectKind, EffectShapes, Provider, ProviderEffect } from '../provider.ts';
import { refuseAmount } from './amounts.ts';
import { askList } from './ask.ts';
import { createStripeClients } from './client.ts';
import { STRIPE } from './descriptor.ts';
import { SENDERS, type Sending } from './effects.ts';
import { FINDERS } from './find.ts';
import { fetchDispute, fetchMovement, fetchSession, findDisputes } from './read.ts';
import { publishableKeyOf } from './start.ts';
import { verifyEvent } from './webhook.ts';

export interface StripeDeps {
  /** How long one request may take. */
  readonly deadlineMs: number;
  /** The way through a proxy; null or left out for a direct one. */
  readonly outboundFetch?: OutboundFetch | null;
}

const CAPABILITIES: Capabilities = {
  sessionKinds: ['PAYMENT', 'ADD_PAYMENT_METHOD', 'AUTHORIZATION'],
  effects: ['START', 'CANCEL', 'SETTLE', 'VOID', 'REFUND', 'CHARGE', 'DETACH'],
  // An intent has no end of its own at Stripe: the gateway cancels it.
  sessionLifeMsMax: 7 * DAY_MS,
  voidsPayments: false,
  holdsStored: true,
  limitsAttempts: false,
  disputes: 'by-payment',
  // Keys are kept for at least 24 hours (docs.stripe.com/api/idempotent_requests, 2026-10).
  idempotency: { mode: 'replay', windowMs: 24 * HOUR_MS, settleDelayMs: 5 * MINUTE_MS },
};

/** Stripe behind the port: PaymentIntents and SetupIntents that a browser confirms with Stripe.js. */
export function createStripeProvider(deps: StripeDeps): Provider {
  const clientOf = createStripeClients(deps.deadlineMs, deps.outboundFetch);
  const sendingOf = (call: ProviderEffect): Sending => ({ stripe: clientOf(call.account), call });
  return {
    name: 'STRIPE',
    descriptor: STRIPE,
    capabilities: CAPABILITIES,
    async checkAccount(call) {
      await askList(call, () => clientOf(call.account).paymentIntents.list({ limit: 1 }));
    },
    checkAmount: refuseAmount,
    baseConfig: (account) => ({
      provider: account.provider,
      environment: account.environment,
      publishableKey: publishableKeyOf(account),
    }),
    send<Kind extends EffectKind>(kind: Kind, call: ProviderEffect, request: EffectShapes[Kind]['request']) {
      return SENDERS[kind](sendingOf(call), request);
    },
    findByOperation<Kind extends EffectKind>(kind: Kind, call: ProviderEffect, request: EffectShapes[Kind]['request']) {
      return FINDERS[kind](sendingOf(call), request);
    },
    fetchSession: async (call, session) => fetchSession(clientOf(call.account), call, session),
    fetchMovement: async (call, movement) => fetchMovement(clientOf(call.account), call, movement),
    fetchDispute: async (call, providerCode) => fetchDispute(clientOf(call.account), call, providerCode),
    findDisputes: async (call, payment) => findDisputes(clientOf(call.account), call, payment),
    verifyWebhook: verifyEvent,
  };
}
