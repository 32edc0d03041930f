import { paymentIdOf } from '../../bank/ids.ts';
import type { BankMovementView } from '../../bank/payment.ts';
import { keepRecord, readRecord } from '../record-store.ts';
import { fail, invalid, missing, refusalReply, type StripeReply, wordsOf } from './errors.ts';
import { bankCallOf, replyWithIntent, type StripeCall } from './expand.ts';
import { attemptsOf, type Intent, type IntentData, type IntentKind, intentIdOf, mustReadIntent } from './intent-record.ts';
import { methodView, readMethodState } from './method-view.ts';
import type { Parameters } from './parameters.ts';
import { chargeIdOf, intentView, methodIdOf } from './views.ts';

/**
 * Amounts come in Stripe's own smallest unit, which is not ISO 4217's everywhere (docs.stripe.com/currencies, stored copy of 2023-06). The
 * bank keeps the number as it came.
 */

/** Two decimals on the wire whose digits must be 00. */
const WHOLE_IN_HUNDREDTHS: ReadonlySet<string> = new Set(['isk', 'ugx']);
/** Three decimals on the wire whose last digit must be 0. */
const TENTHS_OF_CENTS: ReadonlySet<string> = new Set(['bhd', 'jod', 'kwd', 'omr', 'tnd']);

/** Twelve digits in rupiah, eight in every other currency. */
const maximumOf = (currency: string): number => (currency === 'idr' ? 999_999_999_999 : 99_999_999);

/** Null for an amount that a charge in the currency can have. */
function refuseAmount(amount: number, currency: string): StripeReply | null {
  const step = WHOLE_IN_HUNDREDTHS.has(currency) ? 100 : TENTHS_OF_CENTS.has(currency) ? 10 : 1;
  if (amount % step !== 0) {
    return invalid(`The amount must be divisible by ${step} in ${currency}.`, 'amount', 'parameter_invalid_integer');
  }
  if (amount <= maximumOf(currency)) return null;
  return invalid(`The amount must be at most ${maximumOf(currency)} in ${currency}.`, 'amount', 'amount_too_large');
}

/** Making intents: for a browser to complete, or charged at once off session. */

/** An intent is not closed by declines: its browser may try again and again. */
const ATTEMPTS_MAX = 1_000_000;

const NO_DATA: IntentData = {
  amount: 0,
  currency: '',
  captureMethod: 'automatic',
  customer: null,
  metadata: {},
  description: null,
  receiptEmail: null,
  shipping: null,
  statementDescriptor: null,
  statementDescriptorSuffix: null,
  setupFutureUsage: null,
  usage: 'off_session',
  allowedTypes: null,
  chargedMethod: null,
  returnUrl: null,
  cancellationReason: null,
  canceledAt: null,
};

type CreatePayment = StripeCall<Parameters<'payment_intents.create'>>;
type CreateSetup = StripeCall<Parameters<'setup_intents.create'>>;

export async function createPayment(call: CreatePayment): Promise<StripeReply> {
  const { params } = call;
  const refusal = (await refuseCommon(call)) ?? refusePayment(params) ?? refuseAmount(params.amount, params.currency);
  if (refusal !== null) return refusal;
  const data: IntentData = {
    ...NO_DATA,
    amount: params.amount,
    currency: params.currency,
    captureMethod: params.capture_method,
    customer: params.customer ?? null,
    metadata: params.metadata,
    description: params.description ?? null,
    receiptEmail: params.receipt_email ?? null,
    shipping: params.shipping ?? null,
    statementDescriptor: params.statement_descriptor ?? null,
    statementDescriptorSuffix: params.statement_descriptor_suffix ?? null,
    setupFutureUsage: params.setup_future_usage ?? null,
    allowedTypes: params.allowed_payment_method_types ?? null,
    chargedMethod: params.confirm ? (params.payment_method ?? null) : null,
  };
  return params.confirm ? charge(call, data) : open(call, 'payment_intent', data);
}

export async function createSetup(call: CreateSetup): Promise<StripeReply> {
  const { params } = call;
  const refusal = await refuseCommon(call);
  if (refusal !== null) return refusal;
  return open(call, 'setup_intent', {
    ...NO_DATA,
    customer: params.customer ?? null,
    metadata: params.metadata,
    description: params.description ?? null,
    usage: params.usage,
    allowedTypes: params.allowed_payment_method_types ?? null,
  });
}

async function refuseCommon(call: CreatePayment | CreateSetup): Promise<StripeReply | null> {
  const { deps, account, params } = call;
  if (params.allowed_payment_method_types !== undefined && params.automatic_payment_methods !== undefined)
    return invalid(
      'allowed_payment_method_types cannot be combined with automatic_payment_methods.',
      'allowed_payment_method_types',
    );
  if (params.allowed_payment_method_types?.includes('card') === false)
    return invalid('No valid payment method types for this intent.', 'allowed_payment_method_types');
  if (params.customer === undefined) return null;
  const customer = await readRecord(deps.database.client, account.id, params.customer);
  return customer?.kind === 'customer' ? null : missing('customer', params.customer, { status: 400, param: 'customer' });
}

function refusePayment(params: CreatePayment['params']): StripeReply | null {
  if (!params.confirm) {
    if (params.off_session !== undefined) return invalid('off_session can only be given when confirm is true.', 'off_session');
    return params.payment_method === undefined ? null : notSimulated('payment_method without confirm');
  }
  if (params.off_session !== true) return notSimulated('a confirmation by the server without off_session');
  if (params.setup_future_usage !== undefined)
    return invalid('setup_future_usage cannot be used when off_session is true.', 'setup_future_usage');
  if (params.payment_method !== undefined) return null;
  return invalid(
    'You cannot confirm this PaymentIntent because it is missing a payment method.',
    'payment_method',
    'parameter_missing',
  );
}

/** Stripe has it and the simulator does not: refused, so that nobody takes silence for a success. */
function notSimulated(what: string): StripeReply {
  return invalid(`The simulator does not do this: ${what}.`);
}

/** The record comes first: an intent whose creation was executed and not answered must be found in lists. */
async function record(call: StripeCall<unknown>, kind: IntentKind, data: IntentData): Promise<string> {
  const { account, operationId } = call;
  const id = intentIdOf(kind, account.id, operationId);
  await keepRecord(call, { id, kind, bankCode: paymentIdOf(account.id, operationId), reference: data.customer, data });
  return id;
}

async function open(call: CreatePayment | CreateSetup, kind: IntentKind, data: IntentData): Promise<StripeReply> {
  const { deps } = call;
  const id = await record(call, kind, data);
  const holdsOnly = data.captureMethod === 'manual';
  const opened = await deps.bank.openPayment(bankCallOf(call), {
    reference: id,
    kind: kind === 'setup_intent' ? 'STORE' : holdsOnly ? 'AUTHORIZATION' : 'PAYMENT',
    amountMinor: BigInt(data.amount),
    currency: data.currency,
    storeMethod: data.setupFutureUsage !== null,
    customerReference: data.customer,
    attemptsMax: ATTEMPTS_MAX,
    expiresAt: null,
    returnUrl: null,
  });
  if (!opened.ok) return refusalReply(opened.refusal, { intent: kind });
  return replyWithIntent(call, await mustReadIntent(call, id));
}

async function charge(call: CreatePayment, data: IntentData): Promise<StripeReply> {
  const { deps, account, params } = call;
  const method = await readMethodState(deps, account.id, data.chargedMethod ?? '');
  if (method === null) return missing('PaymentMethod', data.chargedMethod ?? '', { status: 400, param: 'payment_method' });
  // What was executed is answered again, whatever became of the card since. Assumption on both refusals: that they are 400s is in
  // the facts, which `param` and code they carry is not.
  const isRepeat = (await deps.bank.findByOperation(account.id, call.operationId)) !== null;
  if (method.methodId === null || (method.customer === null && !isRepeat))
    return invalid('The PaymentMethod is attached to no customer, or was detached, and may not be used again.', 'payment_method');
  if (method.customer !== data.customer && !isRepeat)
    return missing('PaymentMethod for this customer', data.chargedMethod ?? '', { status: 400, param: 'payment_method' });
  const id = await record(call, 'payment_intent', data);
  const charged = await deps.bank.chargeMethod(bankCallOf(call), {
    methodId: method.methodId,
    reference: id,
    amountMinor: BigInt(params.amount),
    currency: params.currency,
    isHold: data.captureMethod === 'manual',
  });
  if (!charged.ok) return refusalReply(charged.refusal, { intent: 'payment_intent' });
  const intent = await mustReadIntent(call, id);
  return (await refusedAttempt(call, intent)) ?? replyWithIntent(call, intent);
}

/** The card error of the intent's last attempt; null where it was not refused. */
export async function refusedAttempt({ deps, caller }: StripeCall<unknown>, intent: Intent): Promise<StripeReply | null> {
  const { kind, accountId } = intent.record;
  const last: BankMovementView | undefined = attemptsOf(intent).at(-1)?.movement;
  const words = last && wordsOf(last, { intent: kind, audience: caller });
  if (last === undefined || words == null) return null;
  return fail(words.type === 'card_error' ? 402 : 400, {
    ...words,
    ...(kind === 'payment_intent' && words.type === 'card_error' && { charge: chargeIdOf(last) }),
    payment_method: await methodView(deps, accountId, methodIdOf(intent, last)),
    [kind]: await intentView(deps, intent, caller),
  });
}
