/**
 * The one catalogue of public error codes, with what each means and what the caller does about it. GraphQL errors carry the
 * code in `extensions.code`; a test holds docs/errors.md to this table.
 */
export const REFUSALS = {
  BAD_USER_INPUT:
    'A value of the request is missing, malformed or out of range. `issues` names each one: correct them and send again.',
  GRAPHQL_PARSE_FAILED: 'The query text is not GraphQL. Correct the query.',
  GRAPHQL_VALIDATION_FAILED: 'The query does not fit the schema. Correct the query.',
  QUERY_TOO_EXPENSIVE: 'The query is deeper, wider or costlier than the gateway allows. Ask for less at a time.',
  PAYLOAD_TOO_LARGE: 'The request body is larger than the gateway accepts. Send a smaller one.',
  REQUEST_TIMED_OUT:
    'The request took longer than the gateway allows. Ask for less, or repeat it: starts and keyed calls are safe to repeat.',
  TOO_MANY_REQUESTS:
    'Too many calls of this kind are under way at once. Nothing was done: repeat the call when one of them has ended.',
  SHUTTING_DOWN: 'This gateway is about to stop. Nothing was done: repeat the call, which then reaches another one or the next.',
  UNAUTHENTICATED:
    'No usable credential came with the request. Send `Authorization: Bearer <key>` with a key that is not revoked or expired.',
  FORBIDDEN: 'The credential is valid but does not open this field. Most fields need a secret key.',
  SESSION_NOT_FOUND: 'No session of this merchant and environment matches the selector.',
  TRANSACTION_NOT_FOUND: 'No transaction of this merchant and environment matches the selector.',
  PAYMENT_METHOD_NOT_FOUND: 'No stored payment method of this merchant and environment has this id.',
  CUSTOMER_NOT_FOUND: 'No customer of this merchant and environment matches the selector.',
  API_KEY_NOT_FOUND: 'No API key of this merchant and environment has this id.',
  WEBHOOK_ENDPOINT_NOT_FOUND: 'No webhook endpoint of this merchant and environment has this id.',
  WEBHOOK_DELIVERY_NOT_FOUND: 'No webhook delivery of this merchant and environment has this id.',
  PROVIDER_ACCOUNT_NOT_FOUND: 'No enabled provider account of this merchant and environment matches the selector.',
  PROVIDER_ACCOUNT_DISABLED: 'The provider account is disabled. Use another account or enable it again.',
  CODE_ALREADY_USED:
    'The merchantInternalTransactionCode belongs to an earlier call with other input. Nothing was created: use a new code, or repeat the same input.',
  IDEMPOTENCY_KEY_REUSED:
    'The idempotencyKey belongs to an earlier call with other input. Nothing was done: use a new key for a new call.',
  OPERATION_IN_PROGRESS:
    'Another call on the same object is still under way. Read the object, or repeat the same call a little later.',
  WRONG_SESSION_KIND: 'The session is of another kind. Use the verify mutation of its own kind.',
  SESSION_NOT_COMPLETED:
    'The payer has not tried to pay yet, so there is no transaction. Verify again after the browser reports completion.',
  SESSION_NOT_CANCELABLE: 'The session has ended or a payment in it is in progress. Read its status.',
  INVALID_TRANSACTION_STATE: 'The transaction is not in a state that allows this call. Read its status, action and hold.',
  AMOUNT_EXCEEDS_AVAILABLE: 'The amount is more than what is left to settle or refund on this transaction.',
  AMOUNT_NOT_SUPPORTED: 'The provider cannot take this amount in this currency. Nothing was sent to it.',
  RETURN_URL_NOT_ALLOWED: "The returnUrl does not begin with one of the merchant's allowed return origins.",
  PAYMENT_METHOD_NOT_CHARGEABLE:
    'The stored payment method is detached, disabled or expired. Collect a new one with a client session.',
  UNSUPPORTED: 'The provider of this object does not offer this call. Nothing was sent to it.',
  PROVIDER_REJECTED:
    'The provider refused the data or the credentials of the account. Correct them; a start frees its code for another try.',
  PROVIDER_UNAVAILABLE: 'The provider could not be reached and has certainly not acted. Repeat the same call: it resumes.',
  PROVIDER_OUTCOME_UNKNOWN:
    'The provider did not answer in time and may have acted. Repeat the same call, or read the object later: the gateway keeps asking.',
  INTERNAL_SERVER_ERROR: 'Something broke in the gateway. Quote the requestId to its operator.',
} as const satisfies Record<string, string>;

export type RefusalCode = keyof typeof REFUSALS;

/** One thing that is wrong with an input, with the path from the argument down to the value. */
export interface Issue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Why something was refused. The message says what happened, to which thing and what to do; it never holds a secret, a name or a card. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  readonly issues?: readonly Issue[];
  /** Ids and plain facts that help a program to go on, such as the session's id. */
  readonly details?: Readonly<Record<string, string>>;
}

export function refusal(code: RefusalCode, message: string, details?: Readonly<Record<string, string>>): Refusal {
  return details === undefined ? { code, message } : { code, message, details };
}
