import { GraphQLError } from 'graphql';
import type { ZodError } from 'zod';
import { maskCardNumbers } from '../kernel/card-number.ts';
import { given } from '../kernel/given.ts';
import { type Issue, REFUSALS, type Refusal, type RefusalCode } from '../kernel/refusal.ts';
import type { Result } from '../kernel/result.ts';

/** The value of an operation's result; a refusal becomes the GraphQL error with its code. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw toGraphqlError(result.refusal);
}

export function toGraphqlError(refusal: Refusal): GraphQLError {
  const { message, code, issues, details } = refusal;
  return new GraphQLError(message, { extensions: given({ code, issues, details }) });
}

export function refuse(code: RefusalCode, message: string): GraphQLError {
  return toGraphqlError({ code, message });
}

const HTTP_STATUSES: Readonly<Partial<Record<RefusalCode, number>>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  TOO_MANY_REQUESTS: 429,
  SHUTTING_DOWN: 503,
};

/** The status of a refusal outside of GraphQL, whose own answers of this kind have status 200. */
export function httpStatusOf(code: RefusalCode): number {
  return HTTP_STATUSES[code] ?? 400;
}

/** For a refusal that a client mends by repeating the same request later, as any HTTP client understands it. */
export function refuseForNow(refusal: Refusal, retryAfterSeconds: number): GraphQLError {
  const { message, extensions } = toGraphqlError(refusal);
  const http = { status: httpStatusOf(refusal.code), headers: { 'retry-after': `${retryAfterSeconds}` } };
  return new GraphQLError(message, { extensions: { ...extensions, http } });
}

/** How many problems of one input an answer lists. A search for problems stops at one more. */
export const ISSUES_MAX = 50;

/** One error for what is wrong with an input: at most 50 problems, and whether there are more. The message never repeats a value. */
export function badInput(issues: readonly Issue[]): GraphQLError {
  const listed = issues.slice(0, ISSUES_MAX);
  const first = listed[0];
  const where = first === undefined || first.path.length === 0 ? '' : ` at ${first.path.join('.')}`;
  const count = issues.length > ISSUES_MAX ? `more than ${ISSUES_MAX}` : `${issues.length}`;
  const what = issues.length === 1 ? '1 problem' : `${count} problems`;
  const message = `The input has ${what}${where}${issues.length > 1 ? ' and elsewhere' : ''}: ${first?.message ?? 'see issues'}`;
  return toGraphqlError({ code: 'BAD_USER_INPUT', message, issues: listed });
}

/** For what is refused before any part of the operation ran: the whole request failed, so the HTTP status may say so. */
export function asRequestError(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, { extensions: { ...error.extensions, http: { spec: true, status: 400 } } });
}

/** The problems that zod found, in the order of the input. An "exactly one of these" failure shows what its nearest branch said. */
export function toIssues(error: ZodError): readonly Issue[] {
  return error.issues.map((issue) => ({
    path: issue.path.filter((key) => typeof key !== 'symbol'),
    message: issue.message,
  }));
}

/** Errors of the GraphQL engine and of the HTTP layer, as the catalogue names them. */
const CODES_OF_OTHERS: Readonly<Record<string, RefusalCode>> = {
  BAD_REQUEST: 'BAD_USER_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'GRAPHQL_VALIDATION_FAILED',
  REQUEST_ENTITY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
};

export interface MaskingContext {
  readonly requestId: string;
  readonly onBug: (error: unknown) => void;
}

/**
 * What leaves the gateway for an error: a coded one as it is, anything else masked, logged and marked with the request id.
 * Query text that an engine's message repeats has card numbers blanked.
 */
export function toPublicError(error: unknown, context: MaskingContext): GraphQLError {
  if (!(error instanceof GraphQLError)) return maskBug(error, context);
  const origin = error.originalError;
  if (origin instanceof GraphQLError && origin !== error) return relocate(toPublicError(origin, context), error);
  if (origin !== undefined) return relocate(maskBug(origin, context), error);
  const code = codeOf(error);
  // An error at a field without a code is the engine's word for a resolver that broke its promise.
  if (code === null && error.path !== undefined) return relocate(maskBug(error, context), error);
  return new GraphQLError(maskCardNumbers(cut(error.message)), {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions: { ...publicExtensions(error), code: code ?? codeOfEngineError(error) },
  });
}

/** An engine's message repeats names and values of the query, which may be of any length. */
const MESSAGE_LENGTH_MAX = 400;

function cut(message: string): string {
  return message.length <= MESSAGE_LENGTH_MAX ? message : `${message.slice(0, MESSAGE_LENGTH_MAX)}…`;
}

/** What an error may carry besides its message. Libraries put more there, such as a part of the input that they could not read. */
const PUBLIC_EXTENSIONS: readonly string[] = ['http', 'issues', 'details', 'requestId'];

function publicExtensions({ extensions }: GraphQLError): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extensions).filter(([name]) => PUBLIC_EXTENSIONS.includes(name)));
}

function codeOf(error: GraphQLError): string | null {
  const code = error.extensions['code'];
  if (typeof code !== 'string') return null;
  return code in REFUSALS ? code : (CODES_OF_OTHERS[code] ?? null);
}

function codeOfEngineError(error: GraphQLError): RefusalCode {
  return error.message.startsWith('Syntax Error') ? 'GRAPHQL_PARSE_FAILED' : 'GRAPHQL_VALIDATION_FAILED';
}

function relocate(error: GraphQLError, at: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: at.nodes ?? null,
    source: at.source ?? null,
    positions: at.positions ?? null,
    path: at.path ?? null,
    extensions: error.extensions,
  });
}

function maskBug(error: unknown, context: MaskingContext): GraphQLError {
  context.onBug(error);
  return new GraphQLError('Something broke in the gateway. Quote the request id to its operator.', {
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: context.requestId, unexpected: true },
  });
}
