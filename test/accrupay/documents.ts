/** The documents of clients that are on no registry, written from what is known of them: @accrupay/node 0.17.0 and @accrupay/react 0.1.0. */

const contact = (prefix: string): string =>
  `FirstName LastName Email Phone AddressLine1 AddressLine2 AddressCity AddressState AddressCountry AddressPostalCode`
    .split(' ')
    .map((name) => prefix + name)
    .join(' ');

const PEOPLE = `deviceId deviceIp deviceBrowser deviceOS deviceName deviceType ${contact('billing')} ${contact('shipping')} ${contact('user')}
  userBirthDate userLocale userLegalIdentifier userLegalIdentifierType`;

const METHOD = `__typename id isDefault isEnabled status customerId initialTransactionId merchantInternalCustomerCode methodType expiresAt
  providerCode providerCustomerCode providerError providerLastSyncedAt providerLastVerifiedAt providerStatus transactionProviderId
  ${contact('billing')} createdAt updatedAt
  paymentMethodInfo { __typename
    ... on MerchantCustomerPaymentMethodCreditCardInfo { methodType cardBrand cardNumberMasked expirationMonth expirationYear }
    ... on MerchantCustomerPaymentMethodGenericInfo { methodType }
    ... on MerchantCustomerPaymentMethodAchInfo { methodType accountNumber bankName routingNumber secCode } }`;

const PROVIDER = '__typename id merchantId provider providerCode status createdAt updatedAt';

const SESSION_BASE = `__typename id action kind status providerCode providerStatus providerError providerLastSyncedAt providerLastVerifiedAt
  token tokenExpiresAt payload amount currency customerId providerCustomerCode merchantInternalCustomerCode merchantInternalTransactionCode
  startedAt completedAt canceledAt storePaymentMethod transactionProviderId paymentMethodId paymentPlanId createdAt updatedAt ${PEOPLE}`;

const TRANSACTION_BASE = `__typename id action status providerStatus providerCode providerRelatedCode providerCustomerCode providerAuthorizationCode
  providerError providerLastSyncedAt providerLastVerifiedAt amount refundedAmount currency customerId clientTransactionSessionId
  merchantInternalCustomerCode merchantInternalTransactionCode transactionDate startedAt succeededAt failedAt canceledAt disputedAt refundedAt
  voidedAt transactionError storePaymentMethod paymentMethodId paymentMethodCode paymentMethodType paymentPlanId relatedTransactionId
  transactionProviderId payload createdAt updatedAt ${PEOPLE}`;

const FRAGMENTS = `
  fragment P on MerchantTransactionProvider { ${PROVIDER} }
  fragment M on MerchantCustomerPaymentMethod { ${METHOD} }
  fragment C on MerchantCustomer { __typename id merchantInternalCustomerCode providerCode providerStatus providerError providerLastSyncedAt
    providerLastVerifiedAt firstName lastName email phone addressLine1 addressLine2 addressCity addressState addressCountry addressPostalCode
    transactionProviderId createdAt updatedAt }
  fragment SB on MerchantClientTransactionSession { ${SESSION_BASE} }
  fragment TB on MerchantTransaction { ${TRANSACTION_BASE} }
  fragment T on MerchantTransaction { ...TB paymentMethod { ...M } relatedTransaction { ...TB } transactionProvider { ...P }
    clientTransactionSession { ...SB } }
  fragment S on MerchantClientTransactionSession { ...SB paymentMethod { ...M } transactionProvider { ...P } transactions { ...TB } }
  fragment SC on MerchantClientTransactionSessionContext { __typename session { ...S } transactionProvider { ...P } transactions { ...T }
    customer { ...C } paymentMethod { ...M } }
  fragment TC on MerchantTransactionContext { __typename transaction { ...T } transactionProvider { ...P } session { ...S }
    customer { ...C } paymentMethod { ...M } }`;

/** The part of the fragments that a document spreads: unused ones are not valid. */
function withFragments(operation: string): string {
  const all = new Map(
    [...FRAGMENTS.matchAll(/fragment (\w+) on [^]*?(?=\n {2}fragment|$)/g)].map(([text, name = '']) => [name, text]),
  );
  const used = new Set<string>();
  const visit = (text: string): void => {
    for (const [, name = ''] of text.matchAll(/\.\.\.(\w+)/g)) {
      if (name === 'on' || used.has(name)) continue;
      used.add(name);
      visit(all.get(name) ?? '');
    }
  };
  visit(operation);
  return [operation, ...[...used].map((name) => all.get(name))].join('\n');
}

const ROUTING = '$merchantTransactionProviderId: String, $transactionProvider: TRANSACTION_PROVIDER';
const ROUTE = 'merchantTransactionProviderId: $merchantTransactionProviderId, transactionProvider: $transactionProvider';
const I3 = '$id: String, $merchantInternalTransactionCode: String, $providerCode: String';
const BY_I3 = 'id: $id, merchantInternalTransactionCode: $merchantInternalTransactionCode, providerCode: $providerCode';

export const NODE_0_17 = {
  authorizationStart:
    withFragments(`mutation Start(${ROUTING}, $data: MerchantApiClientTransactionAuthorizationSessionStartSchema!) {
    merchantApiClientTransactionAuthorizationSessionStart(${ROUTE}, data: $data) { ...SC } }`),
  authorizationVerify: withFragments(`mutation Verify(${I3}, $token: String) {
    merchantApiClientTransactionAuthorizationSessionVerify(${BY_I3}, token: $token) { ...SC } }`),
  serverStart:
    withFragments(`mutation Start(${ROUTING}, $data: MerchantApiServerPaymentMethodTransactionAuthorizationSessionStartSchema!) {
    merchantApiServerPaymentMethodTransactionAuthorizationSessionStart(${ROUTE}, data: $data) { ...SC } }`),
  serverVerify: withFragments(`mutation Verify(${I3}) {
    merchantApiServerPaymentMethodTransactionAuthorizationSessionVerify(${BY_I3}) { ...SC } }`),
  settle: withFragments(`mutation Settle($amount: BigInt!, ${I3}) {
    merchantApiTransactionAuthorizationSettle(amount: $amount, ${BY_I3}) { ...TC } }`),
  void: withFragments(`mutation Void(${I3}) { merchantApiTransactionAuthorizationVoid(${BY_I3}) { ...TC } }`),
  paymentStart:
    withFragments(`mutation MerchantApiClientTransactionPaymentSessionStart(${ROUTING}, $data: MerchantApiClientTransactionPaymentSessionStartSchema!) {
    merchantApiClientTransactionPaymentSessionStartV2(${ROUTE}, data: $data) { ...S } }`),
  addStart: withFragments(`mutation Start(${ROUTING}, $data: MerchantApiClientTransactionAddPaymentMethodSessionStartSchema!) {
    merchantApiClientTransactionAddPaymentMethodSessionStart(${ROUTE}, data: $data) { ...S } }`),
  addVerify: withFragments(`mutation Verify(${I3}, $token: String) {
    merchantApiClientTransactionAddPaymentMethodSessionVerify(${BY_I3}, token: $token) { ...T } }`),
  paymentVerify: withFragments(`mutation MerchantApiClientTransactionPaymentSessionVerifyV2(${I3}, $token: String) {
    merchantApiClientTransactionPaymentSessionVerify(${BY_I3}, token: $token) { ...T } }`),
  sessions:
    withFragments(`query Sessions($kind: CLIENT_TRANSACTION_SESSION_KIND, $customerId: String, $providerCustomerCode: String, $take: Int) {
    merchantApiClientTransactionSessions(kind: $kind, customerId: $customerId, providerCustomerCode: $providerCustomerCode, take: $take) {
      __typename edges { __typename node { ...S } cursor } pageInfo { __typename hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`),
  transactions: withFragments(`query Transactions($customerId: String, $reverted: Boolean, $disputed: Boolean, $take: Int) {
    merchantApiTransactions(customerId: $customerId, reverted: $reverted, disputed: $disputed, take: $take) {
      __typename edges { __typename node { ...T } cursor } pageInfo { __typename hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`),
  methods: withFragments(`query Methods($customerId: String, $initialTransactionId: String, $take: Int) {
    merchantApiCustomerPaymentMethods(customerId: $customerId, initialTransactionId: $initialTransactionId, take: $take) {
      __typename edges { __typename node { ...M } cursor } totalCount } }`),
  methodSync:
    withFragments(`mutation Sync($merchantTransactionProviderId: String!, $providerCode: String!, $customer: MerchantCustomerSelector) {
    merchantApiCustomerPaymentMethodSyncOne(merchantTransactionProviderId: $merchantTransactionProviderId, providerCode: $providerCode, customer: $customer) { ...M } }`),
  methodSyncAll: withFragments(`mutation Sync($merchantTransactionProviderId: String!, $customer: MerchantCustomerSelector) {
    merchantApiCustomerPaymentMethodSyncAll(merchantTransactionProviderId: $merchantTransactionProviderId, customer: $customer) { ...M } }`),
  customerCreate: withFragments(`mutation Create($data: MerchantCustomerCreateSchema!, ${ROUTING}) {
    merchantApiCustomerCreate(data: $data, ${ROUTE}) { ...C } }`),
  customerResolve: withFragments(`query Resolve($selector: MerchantCustomerSelector!, ${ROUTING}) {
    merchantApiCustomerResolve(selector: $selector, ${ROUTE}) { ...C } }`),
  merchant: `query MerchantApi { merchantApi { __typename id publicId name email entityType status emailVerificationId phoneVerificationId
    legalIdentifier legalIdentifierType } }`,
} as const;

const BASE_CONFIG_DATA = `__typename
  ... on MerchantClientTransactionSessionNuveiBaseConfig { provider merchantId merchantSiteId env }
  ... on MerchantClientTransactionSessionGenericBaseConfig { provider publicKey }`;

export const REACT_0_1 = {
  session: `query ClientPublicTransactionSession($merchantPublicId: String!, $transactionSessionId: String!) {
    clientPublicTransactionSession(merchantPublicId: $merchantPublicId, transactionSessionId: $transactionSessionId) {
      __typename provider baseConfig { ${BASE_CONFIG_DATA} }
      transactionSession { ${SESSION_BASE} transactionProvider { ${PROVIDER} applicationId } } } }`,
  baseConfig: `query ClientPublicBaseConfig($merchantPublicId: String!, $transactionSessionId: String, $transactionProvider: TRANSACTION_PROVIDER) {
    clientPublicTransactionSessionBaseConfig(merchantPublicId: $merchantPublicId, transactionSessionId: $transactionSessionId, transactionProvider: $transactionProvider) {
      __typename provider data { ${BASE_CONFIG_DATA} } } }`,
} as const;
