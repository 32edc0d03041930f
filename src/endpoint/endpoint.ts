import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { EnvelopArmorPlugin } from '@escape.tech/graphql-armor';
import {
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  type ValidationContext,
} from 'graphql';
import { createYoga, type Plugin, type YogaServerOptions } from 'graphql-yoga';
import type { Deps } from '../deps.ts';
import type { QueryLimits } from '../kernel/query-limits.ts';
import { limitCost, tooExpensive } from './cost.ts';
import { createDocuments } from './documents.ts';
import { toPublicError } from './errors.ts';
import { answerWithEvents } from './event-stream.ts';
import { createOperations } from './execution.ts';
import { answerFast, type FastPathParts, fastMediaType, type HeaderSource } from './fast-path.ts';
import { allowFields, limitLists } from './list-budget.ts';
import { refuseAmbiguousInputs } from './one-of.ts';
import { readRequests } from './requests.ts';
import type { Opening } from './strangers.ts';
import { runSubscriptions } from './subscriptions.ts';

const REQUEST_ID = /^[\w-]{1,64}$/;

/** What an HTTP layer hands in with a request. */
interface ServerContext {
  /** Set by an HTTP layer that has given the request an id already. */
  readonly requestId?: string;
  /** Is told that the response goes on for minutes, and when the gateway has said all. */
  readonly onStream?: (ended: Promise<void>) => void;
}

type Yoga<Context extends object> = YogaServerOptions<ServerContext, Context>;

/** What a dialect is, and where it is served. */
interface EndpointOptions<Context extends object> {
  readonly path: string;
  readonly schema: GraphQLSchema;
  readonly limits: QueryLimits;
  readonly bodyBytesMax: number;
  readonly hasIntrospection: boolean;
  readonly cors: NonNullable<Yoga<Context>['cors']>;
  readonly graphiql?: Pick<Yoga<Context>, 'graphiql' | 'renderGraphiQL'>;
  /** Who asks, and what resolvers need. */
  createContext(headers: HeaderSource, requestId: string): Promise<Context>;
  /** The context of one more message of a stream, which shares nothing that was loaded; the same unless given. */
  renewContext?(context: Context): Context;
  /** Throws the dialect's refusal unless the caller's credential opens so much. */
  requireAccess(context: Context, opening: Opening): void;
  /** How many fields the lists of an answer may lead to; as many as a query may cost unless given. */
  fieldsMaxOf?(context: Context): number | undefined;
  /** The form of a result in the dialect, its errors coded; as it is unless given. */
  toResult?(result: ExecutionResult): ExecutionResult;
  /** What the dialect does besides, for the requests that Yoga answers: the fast path takes documents that passed there before. */
  readonly plugins?: readonly Plugin<object, ServerContext>[];
}

/**
 * A GraphQL endpoint with what every dialect has: JSON only, limits before execution, variables checked once, errors
 * coded and bugs masked. A node request listener and, by `fetch`, the same without a port. The listener answers what is asked again
 * and again by the fast path. Yoga answers the rest, and everything that `fetch` is asked.
 */
export function createEndpoint<Context extends object>(deps: Pick<Deps, 'log'>, options: EndpointOptions<Context>) {
  const documents = createDocuments(options.limits);
  limitLists(options.schema);
  const begin = beginningOf(options);
  const operations = createOperations(options.schema, {
    begin,
    requireAccess: (context, opening) => options.requireAccess(context as Context, opening),
    noteCompiled: documents.noteCompiled,
  });
  const publish = publishIn(deps, options.toResult);
  const yoga = createYoga<ServerContext, Context>({
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
    // Done by `publish`, which also sees what fails before and after execution.
    maskedErrors: false,
    // They are bounded by their number, and documents differ in size: `documents` keeps them.
    parserAndValidationCache: false,
    context: ({ request, ...server }) => options.createContext(request.headers, requestIdOf(request, server.requestId)),
    plugins: [
      refuseSimpleRequests(),
      readRequests(),
      ...limitQueries(options.limits),
      ...(options.hasIntrospection ? [] : [refuseIntrospection()]),
      refuseAmbiguousInputs(),
      documents.plugin,
      operations.plugin,
      runSubscriptions({ operations, renew: (context) => begin({ ...(options.renewContext?.(context as Context) ?? context) }) }),
      publishResults(publish),
      answerWithEvents({ log: deps.log, publish, requestIdOf }),
      ...(options.plugins ?? []),
    ],
  });
  const parts: FastPathParts = {
    path: options.path,
    bodyBytesMax: options.bodyBytesMax,
    hasCors: options.cors !== false,
    findDocument: documents.find,
    operations,
    createContext: options.createContext,
    publish,
  };
  async function listener(incoming: IncomingMessage, outgoing: ServerResponse, server: ServerContext = {}): Promise<void> {
    const mediaType = fastMediaType(incoming, parts);
    if (mediaType === null) return yoga(incoming, outgoing, server);
    const requestId = server.requestId ?? newRequestId(incoming.headers['x-request-id']?.toString() ?? null);
    const body = await answerFast(parts, { incoming, outgoing, mediaType, requestId });
    if (body !== null) await yoga(Object.assign(incoming, { body }), outgoing, { ...server, requestId });
  }
  return Object.assign(listener, { graphqlEndpoint: options.path, fetch: yoga.fetch });
}

/** Allows a context what an answer may lead to. */
function beginningOf<Context extends object>({ fieldsMaxOf, limits }: EndpointOptions<Context>) {
  return <Given extends object>(context: Given): Given => {
    allowFields(context, fieldsMaxOf?.(context as unknown as Context) ?? limits.costMax);
    return context;
  };
}

const requestIds = new WeakMap<Request, string>();

/** The same id for the whole request: the HTTP layer's, else the caller's header, else a new one. */
function requestIdOf(request: Request, given: string | undefined): string {
  const known = requestIds.get(request);
  if (known !== undefined) return known;
  const id = given ?? newRequestId(request.headers.get('x-request-id'));
  requestIds.set(request, id);
  return id;
}

function newRequestId(header: string | null): string {
  return header !== null && REQUEST_ID.test(header) ? header : randomUUID();
}

/**
 * A page of another origin can send some POST requests without asking first, but none with a JSON body. So only those are
 * read; GET runs queries only. Media types know no case. JSON is always UTF-8, and a `charset` beside it means nothing (RFC 8259).
 */
function refuseSimpleRequests(): Plugin {
  return {
    onRequest({ request, fetchAPI, endResponse }) {
      if (request.method !== 'POST') return;
      const type = request.headers.get('content-type')?.split(/[;,]/, 1)[0]?.trim().toLowerCase();
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

/** How many errors an answer lists. One list of a query can fail for each of its items. */
const ERRORS_MAX = 10;

function publishErrors({ log }: Pick<Deps, 'log'>, result: ExecutionResult, requestId: string): ExecutionResult {
  if (!result.errors?.length) return result;
  const onBug = (error: unknown) => log.error({ error, requestId }, 'A GraphQL request failed unexpectedly.');
  return {
    ...result,
    errors: result.errors.slice(0, ERRORS_MAX).map((error: unknown) => toPublicError(error, { requestId, onBug })),
  };
}

type Publish = (result: ExecutionResult, requestId: string) => ExecutionResult;

function publishIn(deps: Pick<Deps, 'log'>, toResult: ((result: ExecutionResult) => ExecutionResult) | undefined): Publish {
  return (result, requestId) => {
    const published = publishErrors(deps, result, requestId);
    return toResult?.(published) ?? published;
  };
}

/** The last hook of every result, whatever failed on the way to it. */
function publishResults(publish: Publish): Plugin<object, ServerContext> {
  return {
    onResultProcess({ request, serverContext, result, setResult }) {
      if (Array.isArray(result) || Symbol.asyncIterator in result) return;
      setResult(publish(result, requestIdOf(request, serverContext.requestId)));
    },
  };
}

/** graphql-armor's limits with our error code, and our own cost rule: armor's reads no page size out of a variable. */
function limitQueries(limits: QueryLimits): readonly Plugin[] {
  const report = (context: ValidationContext | null, error: GraphQLError) =>
    context?.reportError(tooExpensive(error.message.replace(/^Syntax Error: /, '')));
  const reporting = { onReject: [report], propagateOnRejection: false };
  const costRule = limitCost(limits.costMax);
  return [
    EnvelopArmorPlugin({
      maxDepth: { n: limits.depthMax, flattenFragments: true, ...reporting },
      // An alias of `__typename` is answered like any other.
      maxAliases: { n: limits.aliasesMax, allowList: [], ...reporting },
      maxDirectives: { n: limits.directivesMax, ...reporting },
      // Counted by graphql's own parser.
      maxTokens: { enabled: false },
      costLimit: { enabled: false },
      blockFieldSuggestion: { enabled: false },
    }) as Plugin,
    { onValidate: ({ addValidationRule }) => addValidationRule(costRule) },
  ];
}
