import { type Bank, type OpenedPayment, type OpenRequest, PAYMENT_LIFE_MS_MAX } from '../../bank/bank.ts';
import type { BankAnswer, BankCall } from '../../bank/once.ts';
import type { BankRefusal } from '../../bank/refusal.ts';
import { HOUR_MS } from '../../kernel/clock.ts';
import { AMOUNT_MINOR_MAX } from '../../kernel/money.ts';
import type { Result } from '../../kernel/result.ts';
import {
  type Capabilities,
  type EffectKind,
  type EffectShapes,
  type Found,
  type Provider,
  type ProviderCall,
  type ProviderEffect,
  ProviderFailure,
  type SessionKind,
  type StartedSession,
  type StartSessionRequest,
  type VoidRequest,
} from '../provider.ts';
import type { Senders } from '../shapes.ts';
import { EXAMPLE } from './descriptor.ts';
import { toFailure, toMovement, toSessionOutcome } from './outcome.ts';
import { verifyNotification } from './webhook.ts';

export interface ExampleDeps {
  readonly bank: Bank;
  /** Where browsers reach this gateway, without a slash at the end. */
  readonly publicUrl: string;
}

const CAPABILITIES: Capabilities = {
  sessionKinds: ['PAYMENT', 'ADD_PAYMENT_METHOD', 'AUTHORIZATION'],
  effects: ['START', 'CANCEL', 'SETTLE', 'VOID', 'REFUND', 'CHARGE', 'DETACH'],
  sessionLifeMsMax: PAYMENT_LIFE_MS_MAX,
  voidsPayments: false,
  holdsStored: true,
  limitsAttempts: true,
  disputes: 'none',
  idempotency: { mode: 'replay', windowMs: 24 * HOUR_MS, settleDelayMs: 0 },
};

/** The built-in provider: the test bank behind the port. Its outcome depends on the card's number alone, and no real money can move. */
export function createExampleProvider(deps: ExampleDeps): Provider {
  const senders = createSenders(deps);
  const finders = createFinders(deps);
  const outcomeAt = ({ now }: ProviderCall) => ({ publicUrl: deps.publicUrl, now });
  return {
    name: 'EXAMPLE',
    descriptor: EXAMPLE,
    capabilities: CAPABILITIES,
    // The bank is in this process and opens an account for whoever asks.
    checkAccount: async () => {},
    checkAmount: ({ amountMinor }) =>
      amountMinor >= 1n && amountMinor <= AMOUNT_MINOR_MAX ? null : `The amount must be between 1 and ${AMOUNT_MINOR_MAX}.`,
    baseConfig: ({ provider, environment }) => ({ provider, environment, confirmUrl: confirmUrlOf(deps.publicUrl) }),
    async send(kind, call, request) {
      if (call.signal.aborted) throw new ProviderFailure('UNAVAILABLE', 'The call was over before it was sent.');
      return senders[kind](call, request);
    },
    async findByOperation(kind, call) {
      const answer = await deps.bank.findByOperation(call.account.id, call.operationId);
      return answer === null ? 'absent' : finders[kind](call, answer);
    },
    async fetchSession(call, session) {
      return toSessionOutcome(unwrap(await deps.bank.readPayment(call.account.id, session.providerCode)), outcomeAt(call));
    },
    async fetchMovement(call, movement) {
      return toMovement(unwrap(await deps.bank.readMovement(call.account.id, movement.providerCode)));
    },
    fetchDispute: refuseDisputes,
    findDisputes: refuseDisputes,
    verifyWebhook: (account, request, now) => verifyNotification(account.credentials['webhookSecret'], request, now),
  };
}

async function refuseDisputes(): Promise<never> {
  throw new ProviderFailure('UNSUPPORTED', 'The test bank has no disputes.');
}

function confirmUrlOf(publicUrl: string): string {
  return `${publicUrl}/example/v1/confirm`;
}

function createSenders({ bank, publicUrl }: ExampleDeps): Senders<ProviderEffect> {
  return {
    async START(call, request) {
      return toStarted(publicUrl, unwrap(await bank.openPayment(toBankCall(call), toOpenRequest(request))));
    },
    async CANCEL(call, session) {
      const payment = unwrap(await bank.cancelPayment(toBankCall(call), session.providerCode));
      return toSessionOutcome(payment, { publicUrl, now: call.now });
    },
    async SETTLE(call, { providerCode, money }) {
      return toMovement(unwrap(await bank.capture(toBankCall(call), { code: providerCode, ...money })));
    },
    async VOID(call, request) {
      refusePaymentVoid(request);
      return toMovement(unwrap(await bank.void(toBankCall(call), { code: request.providerCode, ...request.money })));
    },
    async REFUND(call, { providerCode, money }) {
      return toMovement(unwrap(await bank.refund(toBankCall(call), { code: providerCode, ...money })));
    },
    async CHARGE(call, { transactionId, method, money, isHold }) {
      const request = { reference: transactionId, methodId: method.providerCode, ...money, ...(isHold === true && { isHold }) };
      return toMovement(unwrap(await bank.chargeMethod(toBankCall(call), request)));
    },
    async DETACH(call, { method }) {
      return unwrap(await bank.detachMethod(toBankCall(call), method.providerCode));
    },
  };
}

/** A paid payment is refunded here, never voided. */
function refusePaymentVoid({ session }: VoidRequest): void {
  if (session?.kind !== 'PAYMENT') return;
  throw new ProviderFailure('UNSUPPORTED', 'EXAMPLE voids authorizations only. Refund the payment instead.');
}

type Finders = {
  readonly [Kind in EffectKind]: (call: ProviderEffect, answer: BankAnswer) => Promise<Found<EffectShapes[Kind]['answer']>>;
};

/** An operation that was executed is answered with what became of it since. */
function createFinders({ bank, publicUrl }: ExampleDeps): Finders {
  const findMovement = async (call: ProviderEffect, answer: BankAnswer) => {
    if (answer.type !== 'movement') throw impossible(answer);
    return { found: toMovement(unwrap(await bank.readMovement(call.account.id, answer.movement.id))) };
  };
  return {
    async START(call, answer) {
      if (answer.type !== 'opened') throw impossible(answer);
      const clientToken = bank.clientTokenOf({ accountId: call.account.id, operationId: call.operationId });
      return { found: toStarted(publicUrl, { ...answer, clientToken }) };
    },
    async CANCEL(call, answer) {
      if (answer.type !== 'payment') throw impossible(answer);
      const payment = unwrap(await bank.readPayment(call.account.id, answer.payment.id));
      return { found: toSessionOutcome(payment, { publicUrl, now: call.now }) };
    },
    SETTLE: findMovement,
    VOID: findMovement,
    REFUND: findMovement,
    CHARGE: findMovement,
    async DETACH() {
      return { found: null };
    },
  };
}

const OPEN_KINDS: Readonly<Record<SessionKind, OpenRequest['kind']>> = {
  PAYMENT: 'PAYMENT',
  ADD_PAYMENT_METHOD: 'STORE',
  AUTHORIZATION: 'AUTHORIZATION',
};

function toOpenRequest(request: StartSessionRequest): OpenRequest {
  return {
    reference: request.sessionId,
    kind: OPEN_KINDS[request.kind],
    amountMinor: request.money?.amountMinor ?? 0n,
    currency: request.currency,
    storeMethod: request.storePaymentMethod,
    customerReference: request.customerId,
    attemptsMax: request.attemptsMax,
    expiresAt: request.expiresAt,
    returnUrl: request.returnUrl,
  };
}

function toStarted(publicUrl: string, { paymentId, clientToken, expiresAt }: OpenedPayment): StartedSession {
  return {
    providerCode: paymentId,
    clientToken,
    clientTokenExpiresAt: expiresAt,
    providerCustomerCode: null,
    payload: { provider: 'EXAMPLE', clientToken, confirmUrl: confirmUrlOf(publicUrl) },
    state: {},
  };
}

function toBankCall({ account, operationId, idempotencyKey }: ProviderEffect): BankCall {
  return { accountId: account.id, operationId, key: idempotencyKey };
}

function unwrap<T>(result: Result<T, BankRefusal>): T {
  if (!result.ok) throw toFailure(result.refusal);
  return result.value;
}

function impossible(answer: BankAnswer): ProviderFailure {
  return new ProviderFailure(
    'PROGRAMMING_ERROR',
    `The operation was answered as ${answer.type}, which is not what it asked for.`,
  );
}
