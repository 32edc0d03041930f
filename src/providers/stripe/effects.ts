import Stripe from 'stripe';
import { given } from '../../kernel/given.ts';
import {
  type ChargeRequest,
  type DetachRequest,
  type Movement,
  type ProviderEffect,
  ProviderFailure,
  type RefundRequest,
  type SessionOutcome,
  type SessionReference,
  type SettleRequest,
  type VoidRequest,
} from '../provider.ts';
import type { Senders } from '../shapes.ts';
import { toStripeAmount } from './amounts.ts';
import { ask } from './ask.ts';
import { shortCode } from './failures.ts';
import { intentCodeOf, isSettleCode, toCharge, toFailedSettle, toRefund, toSettle, toVoid } from './movements.ts';
import { EXPANSION, retrieveMethod, retrievePayment } from './read.ts';
import { toSessionOutcome } from './session.ts';
import { startSession } from './start.ts';

/** A call that changes something, and the client that sends it. */
export interface Sending {
  readonly stripe: Stripe;
  readonly call: ProviderEffect;
}

export const SENDERS: Senders<Sending> = {
  START: ({ stripe, call }, request) => startSession(stripe, call, request),
  CANCEL: cancelSession,
  SETTLE: settle,
  VOID: voidHold,
  REFUND: refund,
  CHARGE: charge,
  DETACH: detach,
};

const WRITE_PAYMENT = { mode: 'write', object: 'payment_intent' } as const;

async function cancelSession({ stripe, call }: Sending, session: SessionReference): Promise<SessionOutcome> {
  const options = { idempotencyKey: call.idempotencyKey };
  const reason = { cancellation_reason: 'abandoned' } as const;
  if (session.kind === 'ADD_PAYMENT_METHOD') {
    const params = { ...reason, expand: ['payment_method'] };
    const intent = await ask(call, { mode: 'write', object: 'setup_intent' }, () =>
      stripe.setupIntents.cancel(session.providerCode, params, options),
    );
    return toSessionOutcome({ intent, charges: [] }, session, call.now);
  }
  if (session.kind === 'AUTHORIZATION') await refuseHeld({ stripe, call }, session);
  const intent = await ask(call, WRITE_PAYMENT, () =>
    stripe.paymentIntents.cancel(session.providerCode, { ...reason, expand: [...EXPANSION] }, options),
  );
  return toSessionOutcome({ intent, charges: [] }, session, call.now);
}

/** To cancel an intent whose payer has just authorized it would void the hold, where a paid one would refuse. */
async function refuseHeld({ stripe, call }: Sending, session: SessionReference): Promise<void> {
  const { status } = await retrievePayment(stripe, call, session.providerCode);
  if (status === 'requires_capture') throw new ProviderFailure('CONFLICT', 'The payer has authorized meanwhile.', status);
}

/** The metadata carries a name of its own for the operation: the intent has that of its start already. */
export const SETTLE_OPERATION = 'settle_operation_id';

async function settle({ stripe, call }: Sending, request: SettleRequest): Promise<Movement> {
  const code = intentCodeOf(request);
  const params = {
    amount_to_capture: toStripeAmount(request.money),
    metadata: { settle_transaction_id: request.transactionId, [SETTLE_OPERATION]: call.operationId },
  };
  let declineCode: string | undefined;
  const intent = await ask(call, WRITE_PAYMENT, () =>
    stripe.paymentIntents.capture(code, params, { idempotencyKey: call.idempotencyKey }).catch((error: unknown) => {
      declineCode = declineCodeOf(error);
      return intentOfDecline(error);
    }),
  );
  return declineCode === undefined ? toSettle(intent) : toFailedSettle(code, shortCode(declineCode));
}

async function voidHold({ stripe, call }: Sending, request: VoidRequest): Promise<Movement> {
  const isOfHold = request.isHold === true || request.session?.kind === 'AUTHORIZATION';
  const isHold = isOfHold && !isSettleCode(request.providerCode);
  if (!isHold) {
    throw new ProviderFailure('UNSUPPORTED', 'Stripe voids authorizations only. Refund the payment instead.', 'void_of_payment');
  }
  const params = { cancellation_reason: 'requested_by_customer' } as const;
  const options = { idempotencyKey: call.idempotencyKey };
  return toVoid(await ask(call, WRITE_PAYMENT, () => stripe.paymentIntents.cancel(intentCodeOf(request), params, options)));
}

/** Stripe knows three reasons; what a merchant writes besides may be about a person and stays here. */
const REFUND_REASONS: readonly (string | null)[] = ['duplicate', 'fraudulent', 'requested_by_customer'];

async function refund({ stripe, call }: Sending, request: RefundRequest): Promise<Movement> {
  const { reason, transactionId } = request;
  const params: Stripe.RefundCreateParams = {
    payment_intent: intentCodeOf(request),
    amount: toStripeAmount(request.money),
    metadata: { transaction_id: transactionId, operation_id: call.operationId },
    ...(reason !== null && REFUND_REASONS.includes(reason) ? { reason } : {}),
  };
  return toRefund(
    await ask(call, { mode: 'write', object: 'refund' }, () =>
      stripe.refunds.create(params, { idempotencyKey: call.idempotencyKey }),
    ),
  );
}

async function charge({ stripe, call }: Sending, request: ChargeRequest): Promise<Movement> {
  const { method, money, description } = request;
  const params: Stripe.PaymentIntentCreateParams = {
    amount: toStripeAmount(money),
    currency: money.currency.toLowerCase(),
    ...given({ customer: method.providerCustomerCode }),
    payment_method: method.providerCode,
    allowed_payment_method_types: ['card'],
    capture_method: request.isHold === true ? 'manual' : 'automatic',
    confirm: true,
    off_session: true,
    ...given({ description }),
    metadata: {
      transaction_id: request.transactionId,
      operation_id: call.operationId,
      merchant_transaction_code: request.merchantInternalTransactionCode,
    },
    expand: [...EXPANSION],
  };
  const options = { idempotencyKey: call.idempotencyKey };
  const intent = await ask(call, WRITE_PAYMENT, () =>
    stripe.paymentIntents.create(params, options).catch((error: unknown) => {
      refuseUnusableMethod(error);
      return intentOfDecline(error);
    }),
  );
  return toCharge(intent);
}

/** Stripe tells of a method that was detached, or is another customer's, as of a wrong parameter. */
function refuseUnusableMethod(error: unknown): void {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError) || error.param !== 'payment_method') return;
  throw new ProviderFailure(
    'NOT_FOUND',
    'The stored method cannot be charged any more.',
    shortCode(error.code) ?? 'payment_method',
  );
}

/** A decline comes as an error that carries the intent as it stands after it. Throws any other error again. */
function intentOfDecline(error: unknown): Stripe.PaymentIntent {
  if (error instanceof Stripe.errors.StripeCardError && error.payment_intent !== undefined) return error.payment_intent;
  throw error;
}

function declineCodeOf(error: unknown): string | undefined {
  return error instanceof Stripe.errors.StripeCardError ? error.decline_code || error.code : undefined;
}

async function detach({ stripe, call }: Sending, { method }: DetachRequest): Promise<null> {
  const options = { idempotencyKey: call.idempotencyKey };
  try {
    await ask(call, { mode: 'write', object: 'payment_method' }, () =>
      stripe.paymentMethods.detach(method.providerCode, undefined, options),
    );
  } catch (failure) {
    const isRefused = failure instanceof ProviderFailure && ALREADY_DETACHED.includes(failure.category);
    // Stripe refuses to detach what is detached already, and has no code for that.
    if (!isRefused || (await retrieveMethod(stripe, call, method.providerCode)).customer !== null) throw failure;
  }
  return null;
}

const ALREADY_DETACHED: readonly string[] = ['INVALID_REQUEST', 'CONFLICT'];
