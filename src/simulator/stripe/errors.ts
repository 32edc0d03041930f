import { AUTHENTICATION_FAILED } from '../../bank/attempt.ts';
import type { BankMovementView } from '../../bank/payment.ts';
import type { BankRefusal, BankRefusalCode } from '../../bank/refusal.ts';
import { given } from '../../kernel/given.ts';

/** How Stripe says no. Types, codes and statuses as its error reference has them; the sentences are our own. */

/** The answer to a call: a body under a status, or a cut connection. */
export type StripeReply = { readonly status: number; readonly body: Readonly<Record<string, unknown>> } | 'reset';

interface StripeError {
  readonly type: 'invalid_request_error' | 'card_error' | 'api_error' | 'idempotency_error';
  readonly message: string;
  readonly code?: string;
  readonly decline_code?: string;
  readonly param?: string;
  /** The objects that the error is about, whole. */
  readonly payment_intent?: unknown;
  readonly setup_intent?: unknown;
  readonly payment_method?: unknown;
  readonly charge?: string;
}

export function reply(body: Readonly<Record<string, unknown>>): StripeReply {
  return { status: 200, body };
}

export function fail(status: number, error: StripeError): StripeReply {
  const doc =
    error.code === undefined ? {} : { doc_url: `https://stripe.com/docs/error-codes/${error.code.replaceAll('_', '-')}` };
  return { status, body: { error: { ...doc, ...error } } };
}

export function invalid(message: string, param?: string, code?: string): StripeReply {
  return fail(400, { type: 'invalid_request_error', message, ...given({ code, param }) });
}

/** 404 where the path names it, 400 where a parameter does. */
export function missing(what: string, id: string, rest: { status?: 400 | 404; param?: string } = {}): StripeReply {
  const { status = 404, param = 'id' } = rest;
  return fail(status, { type: 'invalid_request_error', code: 'resource_missing', message: `No such ${what}: '${id}'`, param });
}

export function brokenDown(): StripeReply {
  return fail(500, { type: 'api_error', message: 'An unknown error occurred' });
}

export function rateLimited(): StripeReply {
  return fail(429, {
    type: 'invalid_request_error',
    code: 'rate_limit',
    message: 'Too many requests were made in a short time.',
  });
}

/** What is wrong with a card before any issuer is asked. */
const CARD_FORM_ERRORS: Partial<Record<BankRefusalCode, Pick<StripeError, 'code' | 'decline_code' | 'param'>>> = {
  invalid_number: { code: 'incorrect_number', param: 'number' },
  // A number that might be a real card: Stripe's test mode turns it down in these words.
  unknown_card: { code: 'card_declined', decline_code: 'test_mode_live_card', param: 'number' },
  invalid_cvc: { code: 'invalid_cvc', param: 'cvc' },
};

/**
 * The bank's refusal of a call about an intent, as Stripe tells it.
 * @param about the intent's own name in the error, with the intent where it is told
 */
export function refusalReply(
  refusal: BankRefusal,
  about: { intent: 'payment_intent' | 'setup_intent'; view?: unknown },
): StripeReply {
  switch (refusal.code) {
    case 'answer_lost':
      return 'reset';
    case 'rate_limited':
      return rateLimited();
    case 'bank_error':
      return brokenDown();
    case 'invalid_expiry': {
      const field = refusal.field === 'expYear' ? 'year' : 'month';
      return cardFormError(refusal, { code: `invalid_expiry_${field}`, param: `exp_${field}` });
    }
    case 'invalid_number':
    case 'unknown_card':
    case 'invalid_cvc':
      return cardFormError(refusal, CARD_FORM_ERRORS[refusal.code] ?? {});
    case 'key_reused':
      return fail(400, { type: 'idempotency_error', message: 'This key was used before with other parameters.' });
    case 'amount_too_large':
      return invalid('The amount is greater than what is left.', 'amount', 'amount_too_large');
    case 'unknown_method':
      return invalid('This PaymentMethod was detached from its customer and may not be used again.', 'payment_method');
    case 'wrong_currency':
    case 'unknown_token':
    case 'unknown_payment':
    case 'unknown_movement':
    case 'unknown_challenge':
      return missing(about.intent, '');
    case 'payment_succeeded':
    case 'payment_closed':
    case 'payment_expired':
    case 'attempt_in_progress':
    case 'not_capturable':
    case 'not_voidable':
    case 'not_refundable':
      return fail(400, {
        type: 'invalid_request_error',
        code: `${about.intent}_unexpected_state`,
        message: `The status of this ${about.intent} does not allow that.`,
        ...(about.view === undefined ? {} : { [about.intent]: about.view }),
      });
  }
}

function cardFormError({ message }: BankRefusal, rest: Pick<StripeError, 'code' | 'decline_code' | 'param'>): StripeReply {
  return fail(402, { type: 'card_error', message, ...rest });
}

/** The bank's words for a refused attempt in Stripe's: `code` is the class, `decline_code` the issuer's word. */

type Words = Pick<StripeError, 'type' | 'code' | 'decline_code'>;

const declined = (decline_code: string): Words => ({ type: 'card_error', code: 'card_declined', decline_code });
/** Codes that are a class of their own repeat themselves as the issuer's word. */
const own = (code: string): Words => ({ type: 'card_error', code, decline_code: code });

const WORDS: Readonly<Record<string, Words>> = {
  generic_decline: declined('generic_decline'),
  insufficient_funds: declined('insufficient_funds'),
  lost_card: declined('lost_card'),
  stolen_card: declined('stolen_card'),
  fraudulent: declined('fraudulent'),
  expired_card: own('expired_card'),
  incorrect_cvc: own('incorrect_cvc'),
  processing_error: own('processing_error'),
  authentication_required: own('authentication_required'),
  // Assumption: Stripe knows no partial approvals for plain accounts; its nearest word stands for it.
  partial_approval_unsupported: declined('card_not_supported'),
  // Told as an invalid request, although it is the payer who failed.
  [AUTHENTICATION_FAILED]: { type: 'invalid_request_error', code: 'payment_intent_authentication_failure' },
};

/** What a shopper must not learn of the card in their hand. */
const NEVER_TOLD: ReadonlySet<string> = new Set(['lost_card', 'stolen_card', 'fraudulent']);

/** Whom an object or an error is for: a browser is told less. */
export type Audience = 'server' | 'browser';

/** Null for an attempt that was not refused. */
export function wordsOf(
  attempt: BankMovementView,
  { intent, audience }: { intent: 'payment_intent' | 'setup_intent'; audience: Audience },
): StripeError | null {
  const code = attempt.declineCode ?? attempt.failureCode;
  if (code === null) return null;
  const shown = audience === 'browser' && NEVER_TOLD.has(code) ? 'generic_decline' : code;
  const words = WORDS[shown] ?? declined('generic_decline');
  const message = code === AUTHENTICATION_FAILED ? 'The payer could not be authenticated.' : 'The card was declined.';
  // The failed challenge of a setup carries the setup's name.
  return { ...words, ...(words.code && { code: words.code.replace('payment_intent', intent) }), message };
}

/** Whether the issuer was asked at all: only then there is a charge. */
export function reachedIssuer(attempt: BankMovementView): boolean {
  switch (attempt.status) {
    case 'processing':
    case 'succeeded':
    case 'failed':
      return true;
    case 'declined':
      return attempt.declineCode !== AUTHENTICATION_FAILED;
    case 'challenged':
    case 'canceled':
    case 'expired':
      return false;
  }
}
