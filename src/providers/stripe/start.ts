import type { Stripe } from 'stripe';
import { isPlainEmail, toAsciiEmail, toE164 } from '../../kernel/contact-forms.ts';
import { withoutCountry } from '../../kernel/country.ts';
import { cutText } from '../../kernel/cut.ts';
import { given } from '../../kernel/given.ts';
import type { JsonObject } from '../../kernel/json.ts';
import {
  type Address,
  type Contact,
  type ProviderAccount,
  type ProviderEffect,
  ProviderFailure,
  type StartedSession,
  type StartSessionRequest,
} from '../provider.ts';
import { toStripeAmount } from './amounts.ts';
import { ask, idOf } from './ask.ts';
import { unreadable } from './failures.ts';

/** Cards only: what a payer can pay with is the same at every provider. Never `payment_method_types`, which Stripe refuses since 2026-09. */
const CARDS_ONLY = { allowed_payment_method_types: ['card'] };

/**
 * Opens an intent that a browser can confirm, and before it the customer that the intent belongs to, when Stripe does not
 * know them yet. Every request follows from the stored one, so a repeat of any of them is answered by Stripe with its first answer.
 */
export async function startSession(stripe: Stripe, call: ProviderEffect, request: StartSessionRequest): Promise<StartedSession> {
  const customerCode = await findCustomer(stripe, call, request);
  return toStarted(await openIntent(stripe, call, { request, customerCode }), call.account, request);
}

async function findCustomer(stripe: Stripe, call: ProviderEffect, request: StartSessionRequest): Promise<string | null> {
  const { customerId, providerCustomerCode } = request;
  if (customerId === null || providerCustomerCode !== null) return providerCustomerCode;
  // Two first starts of one customer send the same request under the same key, and so get the same customer.
  const { id } = await ask(call, { mode: 'write', object: 'customer' }, () =>
    stripe.customers.create(
      { metadata: { customer_id: customerId } },
      { idempotencyKey: `customer:${call.account.id}:${customerId}` },
    ),
  );
  await ask(call, { mode: 'write', object: 'customer' }, () =>
    stripe.customers.update(id, toCustomer(request.billing), { idempotencyKey: `${call.idempotencyKey}:customer` }),
  );
  return id;
}

/**
 * Stripe takes names of 150 characters and phones of 20 (stripe 23.1.0, CustomerUpdateParams, 2026-10). The order of the fields is
 * the order of the bytes: a stored start that is sent again after an upgrade has the same key and so needs the same body.
 */
function toCustomer(contact: Contact): Stripe.CustomerUpdateParams {
  const { email, phone } = reachOf(contact);
  return given({ email, name: cutText(nameOf(contact), NAME_LENGTH_MAX), phone });
}

const NAME_LENGTH_MAX = 150;
/** Shorter than what Stripe takes, which its types do not say (unsure). */
const LINE_LENGTH_MAX = 500;

/**
 * Mail address and phone in the forms that every system takes. Both are optional at Stripe and a bad one fails the whole call, so an
 * address of a rarer form is left out (unsure which ones Stripe takes).
 */
function reachOf({ email, phone }: Contact): { readonly email: string | null; readonly phone: string | null } {
  return { email: isPlainEmail(email) ? toAsciiEmail(email) : null, phone: phone === null ? null : toE164(phone) };
}

async function openIntent(
  stripe: Stripe,
  call: ProviderEffect,
  { request, customerCode }: { request: StartSessionRequest; customerCode: string | null },
): Promise<Stripe.PaymentIntent | Stripe.SetupIntent> {
  const options = { idempotencyKey: call.idempotencyKey };
  const { money, description } = request;
  const common = {
    ...CARDS_ONLY,
    ...given({ customer: customerCode, description }),
    metadata: {
      session_id: request.sessionId,
      operation_id: call.operationId,
      merchant_transaction_code: request.merchantInternalTransactionCode,
    },
  };
  if (request.kind === 'ADD_PAYMENT_METHOD' || money === null) {
    return ask(call, { mode: 'write', object: 'setup_intent' }, () =>
      stripe.setupIntents.create({ ...common, usage: 'off_session' }, options),
    );
  }
  const intent: Stripe.PaymentIntentCreateParams = {
    ...common,
    amount: toStripeAmount(money),
    currency: money.currency.toLowerCase(),
    capture_method: request.kind === 'AUTHORIZATION' ? 'manual' : 'automatic',
    ...(request.storePaymentMethod ? { setup_future_usage: 'off_session' } : {}),
    ...given({ shipping: request.shipping && toShipping(request.shipping) }),
  };
  return ask(call, { mode: 'write', object: 'payment_intent' }, () => stripe.paymentIntents.create(intent, options));
}

/** The answer to a start, from the intent as it was opened or found again. */
export function toStarted(
  intent: Stripe.PaymentIntent | Stripe.SetupIntent,
  account: ProviderAccount,
  request: StartSessionRequest,
): StartedSession {
  const customerCode = idOf(intent.customer);
  if (intent.client_secret === null) throw unreadable('write');
  return {
    providerCode: intent.id,
    clientToken: intent.client_secret,
    // An intent takes its client secret until it is paid or canceled.
    clientTokenExpiresAt: null,
    providerCustomerCode: customerCode,
    payload: {
      provider: 'STRIPE',
      publishableKey: publishableKeyOf(account),
      clientSecret: intent.client_secret,
      intent: intent.object === 'payment_intent' ? 'payment' : 'setup',
      billingDetails: toBillingDetails(request.billing),
      apiUrl: account.baseUrl,
    },
    state: { intentId: intent.id, customerCode },
  };
}

export function publishableKeyOf({ credentials }: ProviderAccount): string {
  const key = credentials['publishableKey'];
  if (key === undefined) throw new ProviderFailure('PROVIDER_AUTH', 'The account has no publishableKey.');
  return key;
}

/** In the form of Stripe.js, which sends them with the payer's card. */
function toBillingDetails(contact: Contact): JsonObject {
  return { name: nameOf(contact), ...reachOf(contact), address: toStripeAddress(contact.address) };
}

function toShipping(contact: Contact): Stripe.PaymentIntentCreateParams.Shipping {
  const { phone } = reachOf(contact);
  return given({ name: nameOf(contact), phone, address: given(toStripeAddress(contact.address)) });
}

function toStripeAddress(address: Address) {
  const { line1, line2, city, postalCode, country } = address;
  const short = (line: string | null) => line && cutText(line, LINE_LENGTH_MAX);
  return { line1: short(line1), line2: short(line2), city, state: stateOf(address), postal_code: postalCode, country };
}

function nameOf({ firstName, lastName }: Contact): string {
  return `${firstName} ${lastName}`.trim();
}

/** Stripe names a state within its country: NY, not US-NY. It takes any text there. */
function stateOf({ state, country }: Address): string | null {
  if (state === null) return null;
  return state.startsWith(`${country}-`) ? state.slice(country.length + 1) : withoutCountry(state);
}
