/** The GraphQL documents of the operations. The baseline gets them too and ignores them, so that both sides receive the same bytes. */

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

const TRANSACTION = 'id action status amount currency merchantInternalTransactionCode providerCode createdAt';

export const DOCUMENTS = {
  start: `mutation Start($provider: TransactionProviderSelector!, $data: StartPaymentSessionInput!) {
  startPaymentSession(provider: $provider, data: $data) {
    id token tokenExpiresAt status action currency amount merchantInternalTransactionCode transactionProviderId payload
  }
}`,
  page: PAGE_QUERY,
  verify: `mutation Verify($by: ClientSessionSelector!) { verifyPaymentSession(by: $by) { ${TRANSACTION} } }`,
  settle: `mutation Settle($by: TransactionSelector!, $idempotencyKey: String) {
  settleAuthorization(by: $by, idempotencyKey: $idempotencyKey) { ${TRANSACTION} }
}`,
  refund: `mutation Refund($by: TransactionSelector!, $amount: BigInt, $idempotencyKey: String) {
  refundTransaction(by: $by, amount: $amount, idempotencyKey: $idempotencyKey) { ${TRANSACTION} }
}`,
  'base-config': `query BaseConfig($provider: TransactionProviderSelector!) {
  baseConfig(provider: $provider) { transactionProviderId transactionProvider environment sessionKinds config }
}`,
} as const;
