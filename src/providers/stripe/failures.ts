import Stripe from 'stripe';
import { lookUp } from '../../kernel/look-up.ts';
import { findProxyFailure } from '../../kernel/proxy.ts';
import { readUnsent } from '../../kernel/unsent.ts';
import { type FailureCategory, ProviderFailure } from '../provider.ts';
import { byWord } from '../shapes.ts';

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
const REFUSAL_CATEGORIES = byWord<FailureCategory>([
  ['NOT_FOUND', 'resource_missing'],
  [
    'CONFLICT',
    `payment_intent_unexpected_state setup_intent_unexpected_state payment_method_unexpected_state
    intent_invalid_state charge_already_captured charge_already_refunded charge_disputed charge_expired_for_capture
    charge_not_refundable capture_charge_authorization_expired capture_unauthorized_payment refund_disputed_payment`,
  ],
  ['PROVIDER_AUTH', 'secret_key_required testmode_charges_only'],
]);

/**
 * What an error of the library proves. Its messages are dropped, because they may quote a key or what a payer typed; its
 * codes are kept. A failure of the adapter stays as it is.
 * @param progress whether the library had handed the request to the HTTP client
 */
export function toFailure(
  error: unknown,
  { mode, progress }: { mode: CallMode; progress: 'before' | 'handed-over' },
): ProviderFailure {
  if (error instanceof ProviderFailure) return error;
  if (progress === 'before') return notWritten(error);
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
  const ofProxy = findProxyFailure(detail);
  if (ofProxy !== null)
    return new ProviderFailure('UNAVAILABLE', `Stripe could not be reached. ${ofProxy.message}`, ofProxy.code);
  const code = detail instanceof Error && 'code' in detail ? shortCode(String(detail.code)) : null;
  const unsent = readUnsent(detail);
  if (unsent === 'not-written') return notWritten(detail);
  const category = unsent === null ? lost(mode) : 'UNAVAILABLE';
  return new ProviderFailure(category, MESSAGES[category], code ?? 'connection_broken');
}

/** A request that cannot be written has not left, and another attempt would not either. */
function notWritten(error: unknown): ProviderFailure {
  const message = 'The request could not be written for Stripe. Check the account’s address and secretKey.';
  const failure = new ProviderFailure('INVALID_REQUEST', message, 'request_not_written');
  failure.cause = error;
  return failure;
}

/** The library stumbles over an `error` that is not an object. */
function toBrokenCall(error: unknown, mode: CallMode): ProviderFailure {
  const unsent = readUnsent(error);
  if (unsent === 'not-written') return notWritten(error);
  const failure = unsent === null ? unreadable(mode) : new ProviderFailure('UNAVAILABLE', MESSAGES.UNAVAILABLE, 'unreachable');
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

/** A code of the vendor's, if it is short and plain enough to be one and not a sentence. None has a number of five digits or more. */
export function shortCode(text: string | null | undefined): string | null {
  return text !== null && text !== undefined && /^[\w.-]{1,64}$/.test(text) && !/\d{5}/.test(text) ? text : null;
}
