import { GraphQLError } from 'graphql';
import type { RefusalCode } from '../kernel/refusal.ts';

/** The words of the official documentation, which a program may read beside the finer code. */
type Category = 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'VALIDATION_ERROR' | 'INTERNAL_SERVER_ERROR';

/** What the clients of this dialect are told for each refusal of the core. Codes of our own have the form `@area/CODE`. */
export const ACCRUPAY_CODES: Readonly<Record<RefusalCode, readonly [code: string, category: Category]>> = {
  UNAUTHENTICATED: ['UNAUTHENTICATED', 'UNAUTHENTICATED'],
  GRAPHQL_PARSE_FAILED: ['GRAPHQL_PARSE_FAILED', 'VALIDATION_ERROR'],
  GRAPHQL_VALIDATION_FAILED: ['GRAPHQL_VALIDATION_FAILED', 'VALIDATION_ERROR'],
  BAD_USER_INPUT: ['BAD_USER_INPUT', 'VALIDATION_ERROR'],
  INTERNAL_SERVER_ERROR: ['INTERNAL_SERVER_ERROR', 'INTERNAL_SERVER_ERROR'],
  QUERY_TOO_EXPENSIVE: ['@request/TOO_EXPENSIVE', 'VALIDATION_ERROR'],
  PAYLOAD_TOO_LARGE: ['@request/TOO_LARGE', 'VALIDATION_ERROR'],
  REQUEST_TIMED_OUT: ['@request/TIMED_OUT', 'INTERNAL_SERVER_ERROR'],
  TOO_MANY_REQUESTS: ['@request/TOO_MANY', 'VALIDATION_ERROR'],
  SHUTTING_DOWN: ['@request/SHUTTING_DOWN', 'VALIDATION_ERROR'],
  FORBIDDEN: ['@access/FORBIDDEN', 'FORBIDDEN'],
  API_KEY_NOT_FOUND: ['@access/KEY_NOT_FOUND', 'NOT_FOUND'],
  WEBHOOK_ENDPOINT_NOT_FOUND: ['@webhook/ENDPOINT_NOT_FOUND', 'NOT_FOUND'],
  WEBHOOK_DELIVERY_NOT_FOUND: ['@webhook/DELIVERY_NOT_FOUND', 'NOT_FOUND'],
  SESSION_NOT_FOUND: ['@session/NOT_FOUND', 'NOT_FOUND'],
  WRONG_SESSION_KIND: ['@session/WRONG_KIND', 'VALIDATION_ERROR'],
  SESSION_NOT_COMPLETED: ['@session/NOT_COMPLETED', 'VALIDATION_ERROR'],
  SESSION_NOT_CANCELABLE: ['@session/NOT_CANCELABLE', 'VALIDATION_ERROR'],
  RETURN_URL_NOT_ALLOWED: ['@session/RETURN_URL_NOT_ALLOWED', 'VALIDATION_ERROR'],
  TRANSACTION_NOT_FOUND: ['@transaction/NOT_FOUND', 'NOT_FOUND'],
  INVALID_TRANSACTION_STATE: ['@transaction/INVALID_STATE', 'VALIDATION_ERROR'],
  CODE_ALREADY_USED: ['@transaction/CODE_ALREADY_USED', 'VALIDATION_ERROR'],
  IDEMPOTENCY_KEY_REUSED: ['@transaction/KEY_REUSED', 'VALIDATION_ERROR'],
  OPERATION_IN_PROGRESS: ['@transaction/IN_PROGRESS', 'VALIDATION_ERROR'],
  AMOUNT_EXCEEDS_AVAILABLE: ['@amount/EXCEEDS_AVAILABLE', 'VALIDATION_ERROR'],
  AMOUNT_NOT_SUPPORTED: ['@amount/NOT_SUPPORTED', 'VALIDATION_ERROR'],
  PAYMENT_METHOD_NOT_FOUND: ['@payment-method/NOT_FOUND', 'NOT_FOUND'],
  PAYMENT_METHOD_NOT_CHARGEABLE: ['@payment-method/NOT_CHARGEABLE', 'VALIDATION_ERROR'],
  CUSTOMER_NOT_FOUND: ['@customer/NOT_FOUND', 'NOT_FOUND'],
  PROVIDER_ACCOUNT_NOT_FOUND: ['@provider/NOT_FOUND', 'NOT_FOUND'],
  PROVIDER_ACCOUNT_DISABLED: ['@provider/DISABLED', 'VALIDATION_ERROR'],
  PROVIDER_REJECTED: ['@provider/REJECTED', 'VALIDATION_ERROR'],
  PROVIDER_UNAVAILABLE: ['@provider/UNAVAILABLE', 'INTERNAL_SERVER_ERROR'],
  PROVIDER_OUTCOME_UNKNOWN: ['@provider/OUTCOME_UNKNOWN', 'INTERNAL_SERVER_ERROR'],
  UNSUPPORTED: ['@provider/UNSUPPORTED', 'VALIDATION_ERROR'],
};

/** Fits the schema and breaks a rule of ours. The clients' own tests take a code without `@` for a mistake in the schema. */
export const INVALID_INPUT = '@input/INVALID';

/** The published error in the words of this dialect. Its own HTTP status is dropped, since every answer here is 200. */
export function translate(error: GraphQLError): GraphQLError {
  const { http: _http, ...own } = error.extensions;
  const extensions = translateExtensions(own);
  const code = own['code'] === 'BAD_USER_INPUT' && error.path !== undefined ? INVALID_INPUT : extensions.code;
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions: { ...extensions, code },
  });
}

/** The extensions of a published error in the words of this dialect. */
export function translateExtensions({ code: own, ...others }: Readonly<Record<string, unknown>>) {
  const known: readonly [string, Category] | undefined = ACCRUPAY_CODES[own as RefusalCode];
  const [code, category] = known ?? ACCRUPAY_CODES.BAD_USER_INPUT;
  return { ...others, code, category };
}
