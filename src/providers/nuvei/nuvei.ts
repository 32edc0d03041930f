import {
  type Capabilities,
  type EffectKind,
  type EffectShapes,
  type Provider,
  type ProviderEffect,
  ProviderFailure,
} from '../provider.ts';
import { refuseAmount } from './amounts.ts';
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
  tellsDisputes: true,
  // A clientRequestId that was used is refused (ActiveMerchant's remote tests, read 2026-11). Unsure for how long.
  idempotency: { mode: 'duplicate-guard', settleDelayMs: SETTLE_DELAY_MS },
};

/** The form of each credential; Nuvei's keys do not tell which environment they are of. */
const CREDENTIAL_FORMS: Readonly<Record<string, RegExp>> = {
  merchantId: /^\d{1,20}$/,
  merchantSiteId: /^\d{1,20}$/,
  merchantSecretKey: /^[\x21-\x7e]{6,255}$/,
};

/** Nuvei over its REST 1.0 API. Never run against Nuvei itself: what its documentation and public integrations tell is marked where it is used. */
export function createNuveiProvider(deps: NuveiDeps): Provider {
  const senders = createSenders(deps);
  return {
    name: 'NUVEI',
    capabilities: CAPABILITIES,
    isTestOnly: false,
    credentialNames: Object.keys(CREDENTIAL_FORMS),
    checkCredentials: (_environment, credentials) => checkForms(credentials),
    async checkAccount(call) {
      await fetchToken(call, { clientRequestId: `check:${call.account.id}:${call.now.getTime()}`, at: call.now });
    },
    checkAmount: refuseAmount,
    baseConfig: (account) => ({ ...browserConfig(account), environment: account.environment }),
    send: (kind, call, request) => senders[kind](call, request),
    findByOperation: (kind, call, request) => FINDERS[kind](call, request),
    fetchSession: fetchOrder,
    fetchMovement,
    fetchDispute,
    verifyWebhook: (account, request) => verifyNotification(account, request),
  };
}

function checkForms(credentials: Readonly<Record<string, string>>): string | null {
  for (const [name, form] of Object.entries(CREDENTIAL_FORMS)) {
    if (!form.test(credentials[name] ?? '')) return `${name} does not have the form of one of Nuvei’s.`;
  }
  return null;
}

type Senders = {
  readonly [Kind in EffectKind]: (
    call: ProviderEffect,
    request: EffectShapes[Kind]['request'],
  ) => Promise<EffectShapes[Kind]['answer']>;
};

function createSenders(deps: NuveiDeps): Senders {
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
