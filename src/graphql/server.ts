import type { Deps } from '../deps.ts';
import { createEndpoint } from '../endpoint/endpoint.ts';
import type { HeaderSource } from '../endpoint/fast-path.ts';
import { BROWSER_FIELDS_MAX } from '../endpoint/list-budget.ts';
import { createLoaders, type Loaders } from '../endpoint/loaders.ts';
import { QUERY_LIMITS, type QueryLimits } from '../kernel/query-limits.ts';
import { identify, requireAccess } from './access.ts';
import type { GraphqlContext, Viewer } from './context.ts';
import { EXAMPLE_HEADERS, EXAMPLE_QUERY } from './graphiql.ts';
import { schema } from './schema.ts';

export const GRAPHQL_PATH = '/graphql';

export interface GraphqlOptions {
  /** Origins whose pages may call from a browser; with none, no page of another origin can. */
  readonly corsOrigins: readonly string[];
  readonly hasGraphiql: boolean;
  readonly hasIntrospection: boolean;
  readonly bodyBytesMax: number;
  readonly limits?: QueryLimits;
}

/** The /graphql endpoint. */
export function createGraphqlServer(deps: Deps, options: GraphqlOptions) {
  return createEndpoint<GraphqlContext>(deps, {
    path: GRAPHQL_PATH,
    schema,
    limits: options.limits ?? QUERY_LIMITS,
    bodyBytesMax: options.bodyBytesMax,
    hasIntrospection: options.hasIntrospection,
    cors: corsFor(options.corsOrigins),
    graphiql: {
      graphiql: options.hasGraphiql && { title: 'Tollgate', defaultQuery: EXAMPLE_QUERY, headers: EXAMPLE_HEADERS },
      // Comes with the package: a gateway must not need another host to show its own page.
      renderGraphiQL: async (shown) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(shown),
    },
    createContext: (headers, requestId) => createContext(deps, headers, requestId),
    renewContext: (context) => ({ ...context, loaders: loadersFor(deps, context.viewer) }),
    requireAccess,
    fieldsMaxOf: ({ viewer }) => (viewer.kind === 'secret' ? undefined : BROWSER_FIELDS_MAX),
  });
}

async function createContext(deps: Deps, headers: HeaderSource, requestId: string): Promise<GraphqlContext> {
  const viewer = await identify(deps, headers);
  return { viewer, deps, requestId, loaders: loadersFor(deps, viewer) };
}

function loadersFor(deps: Deps, viewer: Viewer): Loaders | null {
  return viewer.kind === 'anonymous' ? null : createLoaders(deps, viewer.scope);
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
