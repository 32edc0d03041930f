import { z } from 'zod';
import { addMs, MINUTE_MS } from '../../kernel/clock.ts';
import { toAsciiEmail, toE164 } from '../../kernel/contact-forms.ts';
import { withoutCountry } from '../../kernel/country.ts';
import { cutText } from '../../kernel/cut.ts';
import { given } from '../../kernel/given.ts';
import { timeOfId } from '../../kernel/ids.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Money } from '../../kernel/money.ts';
import type { OutboundFetch } from '../../kernel/proxy.ts';
import {
  type Contact,
  type Environment,
  type ProviderAccount,
  type ProviderEffect,
  ProviderFailure,
  type SessionKind,
  type StartedSession,
  type StartSessionRequest,
} from '../provider.ts';
import { fromNuveiAmount, toNuveiAmount } from './amounts.ts';
import { type NuveiFields, presentFields } from './checksum.ts';
import { callNuvei, credentialsOf } from './client.ts';

export interface NuveiDeps {
  /** Where Nuvei notifies us of the account's payments: an absolute URL. */
  readonly webhookUrl: (account: ProviderAccount) => string;
  /** The way through a proxy; null or left out for a direct one. */
  readonly outboundFetch?: OutboundFetch | null;
}

/**
 * A session token lives for 15 minutes (Nuvei's older documentation and ActiveMerchant, read 2026-11). Unsure whether the
 * payer's activity prolongs it.
 */
export const SESSION_LIFE_MS = 15 * MINUTE_MS;

/** For so long a look-up may not show yet what has happened. Unsure: ten minutes are ours. */
export const SETTLE_DELAY_MS = 10 * MINUTE_MS;

const TRANSACTION_TYPES: Readonly<Record<SessionKind, 'Sale' | 'Auth'>> = {
  PAYMENT: 'Sale',
  AUTHORIZATION: 'Auth',
  // With the amount 0: nothing is taken, the card is checked and kept.
  ADD_PAYMENT_METHOD: 'Auth',
};

/** The environments' names in Nuvei's browser SDK. */
const BROWSER_ENVIRONMENTS: Readonly<Record<Environment, 'int' | 'prod'>> = { TEST: 'int', LIVE: 'prod' };

const stateSchema = z.object({
  sessionToken: z.string(),
  clientUniqueId: z.string(),
  openedAt: z.iso.datetime().transform((text) => new Date(text)),
  amount: z.string(),
  currency: z.string(),
  storedFor: z.string().nullable(),
});

/** What this adapter remembers of an order. */
export interface OrderState {
  readonly sessionToken: string;
  readonly clientUniqueId: string;
  readonly openedAt: Date;
  /** Null when a method is only stored. */
  readonly money: Money | null;
  /** The user that the card is to be stored for; null when it is not. */
  readonly storedFor: string | null;
}

export function readState(state: JsonObject): OrderState {
  const parsed = stateSchema.safeParse(state);
  if (!parsed.success) throw new ProviderFailure('PROGRAMMING_ERROR', 'The session’s state is not one of NUVEI’s.');
  const { amount, currency, ...rest } = parsed.data;
  const money = fromNuveiAmount(amount, currency);
  return { ...rest, money: money !== null && money.amountMinor > 0n ? money : null };
}

/** Opens an order for the browser to pay. Each call opens another one; one whose token nobody received can never be paid. */
export async function startOrder(deps: NuveiDeps, call: ProviderEffect, request: StartSessionRequest): Promise<StartedSession> {
  const amount = request.money === null ? '0' : toNuveiAmount(request.money);
  const fields = orderFields(call, request, { amount, notificationUrl: deps.webhookUrl(call.account) });
  const answer = await callNuvei(call, { method: 'openOrder', intent: 'harmless', fields, at: timeOfId(call.operationId) });
  const { sessionToken, orderId } = answer;
  if (sessionToken === null || orderId === null) {
    throw new ProviderFailure('UNKNOWN_OUTCOME', 'Nuvei opened an order without telling its token.', 'incomplete');
  }
  const state = {
    sessionToken,
    clientUniqueId: request.sessionId,
    // Our clock when the order was opened, so that its end is not taken to be earlier than it is.
    openedAt: call.now.toISOString(),
    amount,
    currency: request.currency,
    storedFor: request.storePaymentMethod ? request.customerId : null,
  };
  return {
    providerCode: orderId,
    clientToken: sessionToken,
    clientTokenExpiresAt: addMs(call.now, SESSION_LIFE_MS),
    providerCustomerCode: request.customerId,
    payload: browserPayload(call, request, { sessionToken, orderId }),
    state,
  };
}

function orderFields(
  { idempotencyKey }: ProviderEffect,
  request: StartSessionRequest,
  order: { amount: string; notificationUrl: string },
): NuveiFields {
  const { returnUrl: successUrl } = request;
  return presentFields({
    clientRequestId: idempotencyKey,
    clientUniqueId: request.sessionId,
    amount: order.amount,
    currency: request.currency,
    transactionType: TRANSACTION_TYPES[request.kind],
    userTokenId: request.customerId,
    // The first of a series: later charges without the payer refer to it (Nuvei on merchant-initiated payments, read 2026-11).
    isRebilling: request.storePaymentMethod ? '0' : null,
    billingAddress: contactFields(request.billing),
    shippingAddress: request.shipping === null ? null : contactFields(request.shipping),
    deviceDetails: presentFields({ ipAddress: request.deviceIp }),
    urlDetails: presentFields({
      notificationUrl: order.notificationUrl,
      successUrl,
      failureUrl: successUrl,
      pendingUrl: successUrl,
    }),
    merchantDetails: presentFields({
      customField1: clip(request.merchantInternalTransactionCode, 255),
      customField2: clip(request.description, 255),
    }),
    // The browser may not put other user or billing data into the order.
    preventOverride: '1',
    sessionCardDeclineLimit: request.attemptsMax.toString(),
  });
}

function browserPayload(
  { account }: ProviderEffect,
  request: StartSessionRequest,
  order: { sessionToken: string; orderId: string },
): JsonObject {
  return {
    ...browserConfig(account),
    sessionToken: order.sessionToken,
    orderId: order.orderId,
    ...given({ userTokenId: request.customerId }),
    savePM: request.storePaymentMethod,
    billing: contactFields(request.billing),
  };
}

/** What a browser needs at any time: no secret. */
export function browserConfig(account: ProviderAccount): JsonObject {
  const { merchantId, merchantSiteId } = credentialsOf(account);
  const env = BROWSER_ENVIRONMENTS[account.environment];
  return { provider: 'NUVEI', env, merchantId, merchantSiteId, apiUrl: account.baseUrl };
}

/** Lengths as the official SDK's schemas have them (read 2026-11). They do not say what a character is, so UTF-16 units count. */
export function contactFields({ firstName, lastName, email, phone, address }: Contact): NuveiFields {
  const { line1, line2, city, state, postalCode, country } = address;
  return presentFields({
    firstName: clip(firstName, 30),
    lastName: clip(lastName, 40),
    email: whole(toAsciiEmail(email), 100),
    phone: phone === null ? null : whole(toE164(phone), 18),
    address: clip(line1, 60),
    addressLine2: clip(line2, 60),
    city: clip(city, 30),
    state: stateCode(state),
    zip: clip(postalCode, 10),
    country,
  });
}

/** Absent when nothing is left: Nuvei is never sent an empty text. */
export function clip(text: string | null | undefined, lengthMax: number): string | null {
  return text === null || text === undefined ? null : cutText(text.trim(), lengthMax).trim() || null;
}

/** Half an address or a number would be another person's, so one that is too long is left out. */
function whole(text: string | null, lengthMax: number): string | null {
  return text !== null && text.length <= lengthMax ? text : null;
}

/** Nuvei takes two letters: `NY` of `US-NY`. A longer code or a name is left out. */
function stateCode(state: string | null): string | null {
  const code = state === null ? '' : withoutCountry(state);
  return /^[A-Z]{2}$/.test(code) ? code : null;
}
