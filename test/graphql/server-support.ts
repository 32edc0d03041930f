import { createGraphqlServer, type GraphqlOptions } from '../../src/graphql/server.ts';
import { createLogger } from '../../src/kernel/log.ts';
import type { Deps } from '../../src/operations/deps.ts';

export const URL_OF_GRAPHQL = 'http://gateway.test/graphql';

/** A server for requests without a credential: they are answered before any dependency but the log is touched. */
export function createAnonymousServer(options: Partial<GraphqlOptions> = {}) {
  const lines: string[] = [];
  const deps = {
    log: createLogger({ level: 'error', destination: { write: (line: string) => lines.push(line) } }),
  } as unknown as Deps;
  const server = createGraphqlServer(deps, {
    corsOrigins: [],
    hasGraphiql: false,
    hasIntrospection: true,
    bodyBytesMax: 100_000,
    ...options,
  });
  return { server, lines };
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

export async function post(
  server: ReturnType<typeof createAnonymousServer>['server'],
  query: string,
  variables?: Record<string, unknown>,
): Promise<WireAnswer> {
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
