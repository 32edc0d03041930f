/** Why a request is refused. The message of the error says more, and what to do. */
export const WEBHOOK_ERROR_CODES = [
  /** A header of the gateway is missing. */
  'HEADER_MISSING',
  /** A header has a form that the gateway never sends. */
  'HEADER_MALFORMED',
  /** What was passed as the body is no body: it was parsed, read before, or not awaited. */
  'BODY_NOT_RAW',
  /** The gateway signed this body, but written in other bytes. */
  'BODY_CHANGED',
  /** A key that was passed cannot be a key of an endpoint. */
  'KEY_MALFORMED',
  /** No key that was passed made the signature. */
  'KEY_WRONG',
  /** The signature is right, and older than the tolerance. */
  'TOO_OLD',
  /** The signature is right, and of a time that is still to come. */
  'TOO_NEW',
  /** This runtime cannot check the signature. */
  'RUNTIME_UNSUPPORTED',
  /** The signature is right, and what it signs is no event. */
  'NOT_AN_EVENT',
] as const;
export type WebhookErrorCode = (typeof WEBHOOK_ERROR_CODES)[number];

/** A request that is not to be trusted, or not to be read. Its message holds no key and nothing of the body. */
export class WebhookVerificationError extends Error {
  readonly code: WebhookErrorCode;

  constructor(code: WebhookErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'WebhookVerificationError';
    this.code = code;
  }
}

/** Events before this one are missing and could not be fetched. The gateway sends again when the answer is no 2xx. */
export class WebhookGapError extends Error {
  readonly sessionId: string;
  /** The sequence that is missing. */
  readonly missing: number;

  constructor(message: string, facts: { readonly sessionId: string; readonly missing: number }) {
    super(message);
    this.name = 'WebhookGapError';
    this.sessionId = facts.sessionId;
    this.missing = facts.missing;
  }
}
