import Stripe from 'stripe';
import { type FailureCategory, ProviderFailure } from '../provider.ts';
import { lookUp, shortCode } from './words.ts';

/** Whether a call can have changed something: a lost answer to a read is harmless. */
export type CallMode = 'read' | 'write';

/** By the library's error class (stripe 23.1.0, Error.js, 2026-10). Other classes are a lost answer. */
const CATEGORIES: Readonly<Record<string, FailureCategory>> = {
  StripeCardError: 'INVALID_REQUEST',
  StripeInvalidRequestError: 'INVALID_REQUEST',
  StripeAuthenticationError: 'PROVIDER_AUTH',
  StripePermissionError: 'PROVIDER_AUTH',
  StripeRateLimitError: 'RATE_LIMITED',
  StripeIdempotencyError: 'PROGRAMMING_ERROR',
};

/** Codes of refused requests that say more than "refused" (docs.stripe.com/error-codes, and stripe 23.1.0, 2026-10). */
const REFUSAL_CATEGORIES: Readonly<Record<string, FailureCategory>> = {
  resource_missing: 'NOT_FOUND',
  payment_intent_unexpected_state: 'CONFLICT',
  setup_intent_unexpected_state: 'CONFLICT',
  payment_method_unexpected_state: 'CONFLICT',
  intent_invalid_state: 'CONFLICT',
  charge_already_captured: 'CONFLICT',
  charge_already_refunded: 'CONFLICT',
  charge_disputed: 'CONFLICT',
  charge_expired_for_capture: 'CONFLICT',
  charge_not_refundable: 'CONFLICT',
  capture_charge_authorization_expired: 'CONFLICT',
  capture_unauthorized_payment: 'CONFLICT',
  refund_disputed_payment: 'CONFLICT',
  secret_key_required: 'PROVIDER_AUTH',
  testmode_charges_only: 'PROVIDER_AUTH',
};

/** Errors of Node.js that come before the first byte has left. */
const UNSENT_CODES: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
];

/**
 * What an error of the library proves. Its messages are dropped, because they may quote a key or what a payer typed; its
 * codes are kept. A failure of ours stays as it is.
 */
export function toFailure(error: unknown, mode: CallMode): ProviderFailure {
  if (error instanceof ProviderFailure) return error;
  if (!(error instanceof Stripe.errors.StripeError)) return toBrokenCall(error, mode);
  if (error instanceof Stripe.errors.StripeConnectionError) return toConnectionFailure(error, mode);
  const category = categoryOf(error) ?? lost(mode);
  return new ProviderFailure(category, MESSAGES[category], shortCode(error.code) ?? shortCode(error.rawType) ?? error.type);
}

/** An answer that is not what was asked for, whatever HTTP status it came with. */
export function unreadable(mode: CallMode): ProviderFailure {
  return new ProviderFailure(lost(mode), 'Stripe answered with something else than was asked for.', 'unreadable_answer');
}

function categoryOf({ type, code, statusCode }: Stripe.errors.StripeError): FailureCategory | undefined {
  if (type !== 'StripeInvalidRequestError') return lookUp(CATEGORIES, type);
  return lookUp(REFUSAL_CATEGORIES, code) ?? (statusCode === 404 ? 'NOT_FOUND' : lookUp(CATEGORIES, type));
}

function toConnectionFailure({ detail }: Stripe.errors.StripeConnectionError, mode: CallMode): ProviderFailure {
  const code = detail instanceof Error && 'code' in detail ? shortCode(String(detail.code)) : null;
  const isUnsent = code !== null && UNSENT_CODES.includes(code);
  const category = isUnsent ? 'UNAVAILABLE' : lost(mode);
  return new ProviderFailure(category, MESSAGES[category], code ?? 'connection_broken');
}

/** The library stumbles over an `error` that is none, and over a request that it cannot build. */
function toBrokenCall(error: unknown, mode: CallMode): ProviderFailure {
  const failure = unreadable(mode);
  failure.cause = error;
  return failure;
}

function lost(mode: CallMode): FailureCategory {
  return mode === 'read' ? 'UNAVAILABLE' : 'UNKNOWN_OUTCOME';
}

const MESSAGES: Readonly<Record<FailureCategory, string>> = {
  INVALID_REQUEST: 'Stripe refused the request.',
  CONFLICT: 'Stripe refused the request in the present state.',
  NOT_FOUND: 'Stripe does not know what the request names.',
  PROVIDER_AUTH: 'Stripe refused the secretKey, or it lacks a permission.',
  RATE_LIMITED: 'Stripe takes no more requests for the moment.',
  UNAVAILABLE: 'Stripe could not be reached, or did not answer a question.',
  UNKNOWN_OUTCOME: 'Stripe gave no answer that can be trusted.',
  UNSUPPORTED: 'Stripe does not offer this.',
  PROGRAMMING_ERROR: 'Stripe was sent other data under a key that it knows.',
};
