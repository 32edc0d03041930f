import { randomUUID } from 'node:crypto';
import { useGraphQlJit } from '@envelop/graphql-jit';
import {
  BREAK,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  Kind,
  NoSchemaIntrospectionCustomRule,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { createYoga, type Plugin, type YogaServerOptions } from 'graphql-yoga';
import type { Deps } from '../operations/deps.ts';
import { findInputError } from './coercion.ts';
import { toPublicError } from './errors.ts';
import { limitQueries, type QueryLimits } from './limits.ts';

const REQUEST_ID = /^[\w-]{1,64}$/;

/** What an HTTP layer hands in with a request. */
export interface ServerContext {
  /** Set by an HTTP layer that has given the request an id already. */
  readonly requestId?: string;
}

type Yoga<Context extends object> = YogaServerOptions<ServerContext, Context>;

/** What a dialect is, and where it is served. */
export interface EndpointOptions<Context extends object> {
  readonly path: string;
  readonly schema: GraphQLSchema;
  readonly limits: QueryLimits;
  readonly bodyBytesMax: number;
  readonly hasIntrospection: boolean;
  readonly cors: NonNullable<Yoga<Context>['cors']>;
  readonly graphiql?: Pick<Yoga<Context>, 'graphiql' | 'renderGraphiQL'>;
  /** Who asks, and what resolvers need. */
  createContext(request: Request, requestId: string): Promise<Context>;
  /** What the dialect does besides; an answer meets it after its errors were coded. */
  readonly plugins?: readonly Plugin<object, ServerContext>[];
}

/**
 * A GraphQL endpoint with what every dialect of ours holds: JSON only, limits before execution, variables checked once, errors
 * coded and bugs masked. A node request listener and, by `fetch`, the same without a port.
 */
export function createEndpoint<Context extends object>(deps: Pick<Deps, 'log'>, options: EndpointOptions<Context>) {
  return createYoga<ServerContext, Context>({
    schema: options.schema,
    graphqlEndpoint: options.path,
    batching: false,
    multipart: false,
    landingPage: false,
    logging: false,
    maxRequestBodySize: options.bodyBytesMax,
    cors: options.cors,
    graphiql: false,
    ...options.graphiql,
    // Done by publishErrors, which also sees what fails before and after execution.
    maskedErrors: false,
    context: ({ request, ...server }) => options.createContext(request, requestIdOf(request, server.requestId)),
    plugins: [
      refuseSimpleRequests(),
      ...limitQueries(options.limits),
      ...(options.hasIntrospection ? [] : [refuseIntrospection()]),
      useGraphQlJit({}, { enableIf: isWorthCompiling() }),
      checkVariables(),
      publishErrors(deps),
      ...(options.plugins ?? []),
    ],
  });
}

const requestIds = new WeakMap<Request, string>();

/** The same id for the whole request: the HTTP layer's, else the caller's header, else a new one. */
function requestIdOf(request: Request, given: string | undefined): string {
  const known = requestIds.get(request);
  if (known !== undefined) return known;
  const header = request.headers.get('x-request-id');
  const id = given ?? (header !== null && REQUEST_ID.test(header) ? header : randomUUID());
  requestIds.set(request, id);
  return id;
}

/**
 * A page of another origin can send some POST requests without asking first, but none with a JSON body. So only those are
 * read; GET runs queries only.
 */
function refuseSimpleRequests(): Plugin {
  return {
    onRequest({ request, fetchAPI, endResponse }) {
      if (request.method !== 'POST') return;
      const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
      if (type === 'application/json') return;
      const message = 'Send the query as JSON with `Content-Type: application/json`.';
      const body = { errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] };
      endResponse(fetchAPI.Response.json(body, { status: 415 }));
    },
  };
}

function refuseIntrospection(): Plugin {
  return { onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule) };
}

/**
 * Compiling pays from the second run on, so a document that is sent once costs no compiler. Whether one can be compiled is found
 * out then, and kept.
 */
function isWorthCompiling() {
  const verdicts = new WeakMap<DocumentNode, 'seen once' | boolean>();
  return ({ document, schema: of }: ExecutionArgs): boolean => {
    const known = verdicts.get(document);
    if (typeof known === 'boolean') return known;
    const verdict = known === undefined ? 'seen once' : isCompilable(of, document);
    verdicts.set(document, verdict);
    return verdict === true;
  };
}

/**
 * graphql-jit keeps one program per document and forgets the operation's name, and it writes values of the query text into the
 * program as JSON, which holds neither a bigint nor an instant. Documents with either are left to the interpreter.
 */
function isCompilable(of: GraphQLSchema, document: DocumentNode): boolean {
  if (document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION).length !== 1) return false;
  const types = new TypeInfo(of);
  let isPlain = true;
  const check = () => {
    const type = getNamedType(types.getInputType());
    if (type === undefined || !NOT_JSON.includes(type.name)) return undefined;
    isPlain = false;
    return BREAK;
  };
  visit(document, visitWithTypeInfo(types, { IntValue: check, StringValue: check }));
  return isPlain;
}

const NOT_JSON: readonly string[] = ['BigInt', 'DateTime', 'DateTimeISO'];

/** Coerces variables before either engine does: graphql-jit lets several keys of a `@oneOf` pass, and both repeat values in messages. */
function checkVariables(): Plugin {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const operation = getOperationAST(args.document, args.operationName);
      if (!operation?.variableDefinitions?.length) return;
      const error = findInputError(args.schema, operation, args.variableValues ?? {});
      if (error !== null) setResultAndStopExecution({ errors: [error] });
    },
  };
}

/** The last hook of every answer, whatever failed on the way to it. */
function publishErrors(deps: Pick<Deps, 'log'>): Plugin<object, ServerContext> {
  return {
    onResultProcess({ request, serverContext, result, setResult }) {
      if (Array.isArray(result) || !('errors' in result) || !result.errors?.length) return;
      const requestId = requestIdOf(request, serverContext.requestId);
      const onBug = (error: unknown) => deps.log.error({ error, requestId }, 'A GraphQL request failed unexpectedly.');
      const errors = result.errors.map((error: unknown) => toPublicError(error, { requestId, onBug }));
      setResult({ ...result, errors });
    },
  };
}
