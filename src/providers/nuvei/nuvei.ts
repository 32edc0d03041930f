import { type Capabilities, type Provider, type ProviderCall, type ProviderEffect, ProviderFailure } from '../provider.ts';
import type { Senders } from '../shapes.ts';
import { refuseAmount } from './amounts.ts';
import { NUVEI } from './descriptor.ts';
import { FINDERS, fetchDispute, fetchMovement } from './find.ts';
import { charge, detach, fetchToken, refund, settle, voidMovement } from './moves.ts';
import { browserConfig, type NuveiDeps, SESSION_LIFE_MS, SETTLE_DELAY_MS, startOrder } from './order.ts';
import { fetchOrder } from './session.ts';
import { verifyNotification } from './webhook.ts';

const CAPABILITIES: Capabilities = {
  sessionKinds: ['PAYMENT', 'ADD_PAYMENT_METHOD', 'AUTHORIZATION'],
  effects: ['START', 'SETTLE', 'VOID', 'REFUND', 'CHARGE', 'DETACH'],
  sessionLifeMsMax: SESSION_LIFE_MS,
  voidsPayments: true,
  holdsStored: true,
  limitsAttempts: true,
  disputes: 'by-reference',
  // A clientRequestId that was used is refused (ActiveMerchant's remote tests, read 2026-11). Unsure for how long.
  idempotency: { mode: 'duplicate-guard', settleDelayMs: SETTLE_DELAY_MS },
};

/** Nuvei over its REST 1.0 API. Never run against Nuvei itself: what its documentation and public integrations tell is marked where it is used. */
export function createNuveiProvider(deps: NuveiDeps): Provider {
  const senders = createSenders(deps);
  const { outboundFetch = null } = deps;
  const outbound = <Call extends ProviderCall>(call: Call): Call => ({ ...call, outboundFetch });
  return {
    name: 'NUVEI',
    descriptor: NUVEI,
    capabilities: CAPABILITIES,
    async checkAccount(call) {
      await fetchToken(outbound(call), { clientRequestId: `check:${call.account.id}:${call.now.getTime()}`, at: call.now });
    },
    checkAmount: refuseAmount,
    baseConfig: (account) => ({ ...browserConfig(account), environment: account.environment }),
    send: (kind, call, request) => senders[kind](outbound(call), request),
    findByOperation: (kind, call, request) => FINDERS[kind](outbound(call), request),
    fetchSession: async (call, session) => fetchOrder(outbound(call), session),
    fetchMovement: async (call, movement) => fetchMovement(outbound(call), movement),
    fetchDispute: async (call, providerCode) => fetchDispute(outbound(call), providerCode),
    async findDisputes() {
      throw new ProviderFailure('UNSUPPORTED', 'NUVEI reports a dispute by a notification only.');
    },
    verifyWebhook: (account, request) => verifyNotification(account, request),
  };
}

function createSenders(deps: NuveiDeps): Senders<ProviderEffect> {
  return {
    START: (call, request) => startOrder(deps, call, request),
    async CANCEL() {
      throw new ProviderFailure('UNSUPPORTED', 'NUVEI cancels no session: its token ends by itself.');
    },
    SETTLE: (call, request) => settle(deps, call, request),
    VOID: (call, request) => voidMovement(deps, call, request),
    REFUND: (call, request) => refund(deps, call, request),
    CHARGE: (call, request) => charge(deps, call, request),
    DETACH: detach,
  };
}
