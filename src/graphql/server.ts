import type { Deps } from '../deps.ts';
import { createEndpoint } from '../endpoint/endpoint.ts';
import type { HeaderSource } from '../endpoint/fast-path.ts';
import { BROWSER_FIELDS_MAX } from '../endpoint/list-budget.ts';
import { createLoaders, type Loaders } from '../endpoint/loaders.ts';
import { QUERY_LIMITS, type QueryLimits } from '../kernel/query-limits.ts';
import { identify, requireAccess } from './access.ts';

import type { GraphqlContext, Viewer } from './context.ts';

import { schema } from './schema.ts';

/** What GraphiQL shows first: a session that can be paid at once. */
const EXAMPLE_QUERY = `# Put a secret key into the Headers tab below, then run this. Open checkoutUrl and pay with 4242 4242 4242 4242.
mutation StartPaymentSession {
  startPaymentSession(
    provider: { transactionProvider: EXAMPLE }
    data: {
      merchantInternalTransactionCode: "order-8821"
      amount: "10000"
      currency: USD
      storePaymentMethod: false
      billing: {
        billingFirstName: "Jane"
        billingLastName: "Smith"
        billingEmail: "jane@example.com"
        billingAddressCountry: US
      }
    }
  ) {
    id
    status
    action
    amount
    currency
    checkoutUrl
    tokenExpiresAt
  }
}

# Run this after the payment. Only the returned status tells the outcome.
mutation VerifyPaymentSession {
  verifyPaymentSession(by: { merchantInternalTransactionCode: "order-8821" }) {
    id
    status
    amount
    refundableAmount
    decline {
      reason
      advice
    }
  }
}
`;

const EXAMPLE_HEADERS = JSON.stringify({ Authorization: 'Bearer sk_test_PUT_YOUR_KEY_HERE' }, null, 2);

const GRAPHQL_PATH = '/graphql';

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
