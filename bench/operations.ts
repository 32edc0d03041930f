import { randomUUID } from 'node:crypto';

/** The operations that are compared. Each has a GraphQL document for the gateway and a path at the raw server; the body is the same. */
export const OPERATIONS = ['start', 'page', 'verify'] as const;
export type OperationName = (typeof OPERATIONS)[number];

export const PAGE_SIZE = 50;

const NODE = `id kind status currency merchantInternalTransactionCode transactionProvider createdAt updatedAt
      ... on PaymentSession { amount }`;

export const PAGE_QUERY = `query Page($filter: ClientSessionFilter, $first: Int, $after: String, $last: Int, $skip: Int, $take: Int) {
  clientSessions(filter: $filter, first: $first, after: $after, last: $last, skip: $skip, take: $take) {
    edges { node { ${NODE} } }
    pageInfo { hasNextPage endCursor }
  }
}`;

export const COUNTED_PAGE_QUERY = PAGE_QUERY.replace('pageInfo', 'totalCount pageInfo');

const START_QUERY = `mutation Start($provider: TransactionProviderSelector!, $data: StartPaymentSessionInput!) {
  startPaymentSession(provider: $provider, data: $data) {
    id token tokenExpiresAt status action currency amount merchantInternalTransactionCode transactionProviderId payload
  }
}`;

const VERIFY_QUERY = `mutation Verify($by: ClientSessionSelector!) {
  verifyPaymentSession(by: $by) { id action status amount currency merchantInternalTransactionCode providerCode createdAt }
}`;

/** Makes the bodies of one operation, one after the other. */
export function createBodies(operation: OperationName, paidSessionIds: readonly string[]): () => string {
  const run = randomUUID();
  let count = 0;
  switch (operation) {
    case 'start':
      return () => JSON.stringify({ query: START_QUERY, variables: startVariables(`${run}-${count++}`) });
    case 'page': {
      const body = JSON.stringify({ query: PAGE_QUERY, variables: { first: PAGE_SIZE } });
      return () => body;
    }
    case 'verify': {
      const bodies = paidSessionIds.map((id) => JSON.stringify({ query: VERIFY_QUERY, variables: { by: { id } } }));
      return () => bodies[count++ % bodies.length] ?? '';
    }
  }
}

function startVariables(code: string) {
  return {
    provider: { transactionProvider: 'EXAMPLE' },
    data: {
      merchantInternalTransactionCode: code,
      amount: '10000',
      currency: 'USD',
      storePaymentMethod: false,
      billing: {
        billingFirstName: 'Jane',
        billingLastName: 'Smith',
        billingEmail: 'jane@example.com',
        billingPhone: '+12125550100',
        billingAddressCountry: 'US',
        billingAddressState: 'US-NY',
        billingAddressCity: 'New York',
        billingAddressPostalCode: '10001',
        billingAddressLine1: '1 Main Street',
      },
    },
  };
}
