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
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Deps } from '../operations/deps.ts';
import { identify } from './access.ts';
import { findInputError } from './coercion.ts';
import type { GraphqlContext } from './context.ts';
import { toPublicError } from './errors.ts';
import { EXAMPLE_HEADERS, EXAMPLE_QUERY } from './graphiql.ts';
import { limitQueries, QUERY_LIMITS, type QueryLimits } from './limits.ts';
import { createLoaders } from './loaders.ts';
import { schema } from './schema.ts';

export const GRAPHQL_PATH = '/graphql';
const REQUEST_ID = /^[\w-]{1,64}$/;

export interface GraphqlOptions {
  /** Origins whose pages may call from a browser; with none, no page of another origin can. */
  readonly corsOrigins: readonly string[];
  readonly hasGraphiql: boolean;
  readonly hasIntrospection: boolean;
  readonly bodyBytesMax: number;
  readonly limits?: QueryLimits;
}

interface ServerContext {
  /** Set by an HTTP layer that has given the request an id already. */
  readonly requestId?: string;
}

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

/** The /graphql endpoint: a node request listener and, by `fetch`, the same without a port. */
export function createGraphqlServer(deps: Deps, options: GraphqlOptions) {
  return createYoga<ServerContext, GraphqlContext>({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    batching: false,
    multipart: false,
    landingPage: false,
    logging: false,
    maxRequestBodySize: options.bodyBytesMax,
    cors: corsFor(options.corsOrigins),
    graphiql: options.hasGraphiql && { title: 'Tollgate', defaultQuery: EXAMPLE_QUERY, headers: EXAMPLE_HEADERS },
    // Comes with the package: a gateway must not need another host to show its own page.
    renderGraphiQL: async (shown) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(shown),
    // Done by publishErrors, which also sees what fails before and after execution.
    maskedErrors: false,
    context: ({ request, ...server }) => createContext(deps, request, requestIdOf(request, server.requestId)),
    plugins: [
      refuseSimpleRequests(),
      ...limitQueries(options.limits ?? QUERY_LIMITS),
      ...(options.hasIntrospection ? [] : [refuseIntrospection()]),
      useGraphQlJit({}, { enableIf: isWorthCompiling() }),
      checkVariables(),
      publishErrors(deps),
    ],
  });
}

async function createContext(deps: Deps, request: Request, requestId: string): Promise<GraphqlContext> {
  const viewer = await identify(deps, request.headers.get('authorization'));
  const loaders = viewer.kind === 'anonymous' ? null : createLoaders(deps, viewer.scope);
  return { viewer, deps, requestId, loaders };
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

function corsFor(origins: readonly string[]) {
  if (origins.length === 0) return false;
  return {
    origin: [...origins],
    credentials: false,
    methods: ['GET', 'POST', 'OPTIONS'],
    allowedHeaders: ['authorization', 'content-type', 'x-request-id'],
    exposedHeaders: ['x-request-id'],
    maxAge: 600,
  };
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

const NOT_JSON: readonly string[] = ['BigInt', 'DateTime'];

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
function publishErrors(deps: Deps): Plugin<object, ServerContext> {
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
