import type { RequestListener } from 'node:http';
import type { Deps } from '../../src/deps.ts';
import { createEndpoint } from '../../src/endpoint/endpoint.ts';
import { refuse } from '../../src/endpoint/errors.ts';
import { requireAccess } from '../../src/graphql/access.ts';
import type { GraphqlContext } from '../../src/graphql/context.ts';
import { schema } from '../../src/graphql/schema.ts';
import { createGraphqlServer, type GraphqlOptions } from '../../src/graphql/server.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { QUERY_LIMITS } from '../../src/kernel/query-limits.ts';
import { bothWays, type Fetch } from '../support/over-port.ts';

export const URL_OF_GRAPHQL = 'http://gateway.test/graphql';

/** Asked both ways: by Yoga and by the fast path. */
function atBothWays(endpoint: ReturnType<typeof createGraphqlServer>): { fetch: Fetch } {
  const listener: RequestListener = (incoming, outgoing) => void endpoint(incoming, outgoing);
  return { fetch: bothWays(async (url, init) => endpoint.fetch(url, init), listener) };
}

/** A server for requests without a credential: they are answered before any dependency but the log is touched. */
export function createAnonymousServer(options: Partial<GraphqlOptions> = {}) {
  const lines: string[] = [];
  const deps = {
    log: createLogger({ level: 'error', destination: { write: (line: string) => lines.push(line) } }),
  } as unknown as Deps;
  const endpoint = createGraphqlServer(deps, {
    corsOrigins: [],
    hasGraphiql: false,
    hasIntrospection: true,
    bodyBytesMax: 100_000,
    ...options,
  });
  return { server: atBothWays(endpoint), lines };
}

/** What the first use of a dependency is refused with: the input has passed all checks. */
export const PASSED = 'PROVIDER_ACCOUNT_NOT_FOUND';

/** A server whose every request comes with a secret key, and which has nothing behind its checks of the input. */
export function createMerchantServer() {
  const lines: string[] = [];
  const log = createLogger({ level: 'error', destination: { write: (line: string) => lines.push(line) } });
  const deps = new Proxy({} as Deps, {
    get: () => {
      throw refuse(PASSED, 'The input has passed.');
    },
  });
  const scope = { merchantId: 'merchant', environment: 'TEST' } as const;
  const endpoint = createEndpoint<GraphqlContext>(
    { log },
    {
      path: new URL(URL_OF_GRAPHQL).pathname,
      schema,
      limits: QUERY_LIMITS,
      bodyBytesMax: 100_000,
      hasIntrospection: true,
      cors: false,
      createContext: async (_request, requestId) => ({
        viewer: { kind: 'secret', scope, keyId: null, holder: { kind: 'SECRET_KEY', id: scope.merchantId } },
        deps,
        requestId,
        loaders: null,
      }),
      requireAccess,
    },
  );
  return { server: atBothWays(endpoint), lines };
}

export interface WireAnswer {
  readonly status: number;
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: {
      readonly code: string;
      readonly issues?: readonly { path: (string | number)[]; message: string }[];
      requestId?: string;
    };
  }[];
}

export async function post(server: { fetch: Fetch }, query: string, variables?: Record<string, unknown>): Promise<WireAnswer> {
  const response = await server.fetch(URL_OF_GRAPHQL, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

export const START = `mutation Start($provider: TransactionProviderSelector!, $data: StartPaymentSessionInput!) {
  startPaymentSession(provider: $provider, data: $data) { id }
}`;

export const GOOD_DATA = {
  merchantInternalTransactionCode: 'order-8821',
  amount: '10000',
  currency: 'USD',
  storePaymentMethod: false,
  billing: {
    billingFirstName: 'Jane',
    billingLastName: 'Smith',
    billingEmail: 'jane@example.com',
    billingAddressCountry: 'US',
    billingPhone: '+12125550100',
    billingAddressState: 'US-NY',
    billingAddressCity: 'New York',
    billingAddressLine1: '123 Main St',
    billingAddressPostalCode: '10001',
  },
  customer: { merchantInternalCustomerCode: 'customer-4421' },
};

export const EXAMPLE_PROVIDER = { transactionProvider: 'EXAMPLE' };
