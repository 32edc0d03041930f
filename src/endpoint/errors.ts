import { GraphQLError } from 'graphql';
import type { ZodError } from 'zod';
import { maskCardNumbers } from '../kernel/card-number.ts';
import { type Issue, REFUSALS, type Refusal, type RefusalCode } from '../kernel/refusal.ts';
import type { Result } from '../kernel/result.ts';

/** The value of an operation's result; a refusal becomes the GraphQL error with its code. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw toGraphqlError(result.refusal);
}

export function toGraphqlError(refusal: Refusal): GraphQLError {
  return new GraphQLError(refusal.message, {
    extensions: {
      code: refusal.code,
      ...(refusal.issues === undefined ? {} : { issues: refusal.issues }),
      ...(refusal.details === undefined ? {} : { details: refusal.details }),
    },
  });
}

export function refuse(code: RefusalCode, message: string): GraphQLError {
  return toGraphqlError({ code, message });
}

/** One error for everything that is wrong with an input. The message never repeats a value. */
export function badInput(issues: readonly Issue[]): GraphQLError {
  const first = issues[0];
  const where = first === undefined || first.path.length === 0 ? '' : ` at ${first.path.join('.')}`;
  const what = issues.length === 1 ? '1 problem' : `${issues.length} problems`;
  const message = `The input has ${what}${where}${issues.length > 1 ? ' and elsewhere' : ''}: ${first?.message ?? 'see issues'}`;
  return toGraphqlError({ code: 'BAD_USER_INPUT', message, issues });
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
  return new GraphQLError(maskCardNumbers(error.message), {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions: { ...error.extensions, code: code ?? codeOfEngineError(error) },
  });
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
