/**
 * The root fields of the contract (schema of the official SDK, 0.17.0) and their arguments, as `name: type`. A `~` marks an argument that
 * the contract deprecates. Payment plans and the areas of AccruPay's own users and administrators are left out.
 */

const PAGE =
  'skip: Int, take: Int, first: Int, last: Int, after: ConnectionCursor, before: ConnectionCursor, sorting: [SortingFieldSchema!]';
const ROUTING = 'merchantTransactionProviderId: String, transactionProvider: TRANSACTION_PROVIDER';
const NAMES = 'id: String, merchantInternalTransactionCode: String, providerCode: String';
const SESSION = `${NAMES}, token: String, ~code: String`;
const TRANSACTION = `${NAMES}, ~code: String, ~token: String`;
const CUSTOMER = 'customer: MerchantCustomerSelector, ~merchantInternalCustomerCode: String';

export const CONTRACT: Readonly<Record<string, string>> = {
  'Query.clientPublicTransactionGetPreSessionData': 'merchantPublicId: String!, transactionCode: String!, transactionId: String!',
  'Query.clientPublicTransactionSession': 'merchantPublicId: String!, transactionSessionId: String!',
  'Query.clientPublicTransactionSessionBaseConfig':
    'merchantPublicId: String!, transactionProvider: TRANSACTION_PROVIDER, transactionSessionId: String',
  'Query.merchantApi': '',
  'Query.merchantApiClientGetPreSessionData': ROUTING,
  'Query.merchantApiClientTransactionSession': SESSION,
  'Query.merchantApiClientTransactionSessionBaseConfig': ROUTING,
  'Query.merchantApiClientTransactionSessions': `action: TRANSACTION_ACTION, amount: BigInt, canceled: Boolean, completed: Boolean,
    currency: CURRENCY, customerId: String, hasProviderError: Boolean, id: String, kind: CLIENT_TRANSACTION_SESSION_KIND,
    merchantInternalCustomerCode: String, merchantInternalTransactionCode: String, paymentMethodId: String, paymentPlanId: String,
    providerCode: String, providerCustomerCode: String, providerStatus: CLIENT_TRANSACTION_SESSION_STATUS, started: Boolean,
    token: String, transactionProviderId: String, ${PAGE}`,
  'Query.merchantApiCustomerPaymentMethod': 'merchantCustomerPaymentMethodId: String!',
  'Query.merchantApiCustomerPaymentMethods': `customerId: String, hasProviderError: Boolean, id: String, initialTransactionId: String,
    isDefault: Boolean, merchantInternalCustomerCode: String, methodType: PAYMENT_METHOD, providerCode: String,
    transactionProvider: TRANSACTION_PROVIDER, transactionProviderId: String, ${PAGE}`,
  'Query.merchantApiCustomerResolve': `selector: MerchantCustomerSelector!, ${ROUTING}`,
  'Query.merchantApiTransaction': TRANSACTION,
  'Query.merchantApiTransactionProvider': 'merchantTransactionProviderId: String!',
  'Query.merchantApiTransactionProviders': `id: String, provider: TRANSACTION_PROVIDER, status: MERCHANT_TRANSACTION_PROVIDER_STATUS, ${PAGE}`,
  'Query.merchantApiTransactions': `action: TRANSACTION_ACTION, actions: [TRANSACTION_ACTION!], canceled: Boolean,
    clientTransactionSessionId: String, ~code: String, currency: CURRENCY, customerId: String, disputed: Boolean, failed: Boolean,
    hasProviderError: Boolean, id: String, merchantInternalCustomerCode: String, merchantInternalTransactionCode: String,
    paymentMethodCode: String, paymentMethodId: String, paymentMethodType: PAYMENT_METHOD, paymentPlanId: String,
    providerCode: String, providerRelatedCode: String, relatedTransactionId: String, reverted: Boolean, started: Boolean,
    status: TRANSACTION_STATUS, statuses: [TRANSACTION_STATUS!], succeeded: Boolean, ~token: String,
    transactionDateFrom: DateTimeISO, transactionDateTo: DateTimeISO, transactionProvider: TRANSACTION_PROVIDER,
    transactionProviderId: String, ${PAGE}`,
  'Mutation.merchantApiClientTransactionAddPaymentMethodSessionStart': `data: MerchantApiClientTransactionAddPaymentMethodSessionStartSchema!, ${ROUTING}`,
  'Mutation.merchantApiClientTransactionAddPaymentMethodSessionVerify': SESSION,
  'Mutation.merchantApiClientTransactionAuthorizationSessionStart': `data: MerchantApiClientTransactionAuthorizationSessionStartSchema!, ${ROUTING}`,
  'Mutation.merchantApiClientTransactionAuthorizationSessionVerify': SESSION,
  'Mutation.merchantApiClientTransactionPaymentSessionStartV2': `data: MerchantApiClientTransactionPaymentSessionStartSchema!, ${ROUTING}`,
  'Mutation.merchantApiClientTransactionPaymentSessionVerify': SESSION,
  'Mutation.merchantApiCustomerCreate': `data: MerchantCustomerCreateSchema!, ${ROUTING}`,
  'Mutation.merchantApiCustomerPaymentMethodSyncAll': `merchantTransactionProviderId: String!, ${CUSTOMER}`,
  'Mutation.merchantApiCustomerPaymentMethodSyncOne': `merchantTransactionProviderId: String!, providerCode: String!, ${CUSTOMER}`,
  'Mutation.merchantApiServerAchPaymentTransactionCreate': `data: MerchantApiServerAchPaymentTransactionCreateSchema!, ${ROUTING}`,
  'Mutation.merchantApiServerPaymentMethodTransactionAuthorizationSessionStart': `data: MerchantApiServerPaymentMethodTransactionAuthorizationSessionStartSchema!, ${ROUTING}`,
  'Mutation.merchantApiServerPaymentMethodTransactionAuthorizationSessionVerify': NAMES,
  'Mutation.merchantApiServerPaymentMethodTransactionCreate': `data: MerchantApiServerPaymentMethodTransactionCreateSchema!, ${ROUTING}`,
  'Mutation.merchantApiTransactionAuthorizationSettle': `amount: BigInt!, ${TRANSACTION}`,
  'Mutation.merchantApiTransactionAuthorizationVoid': TRANSACTION,
  'Mutation.merchantApiTransactionRefund': `amount: BigInt!, ${TRANSACTION}`,
  'Mutation.merchantApiTransactionSyncOne': `merchantTransactionProviderId: String!, ${TRANSACTION}`,
  'Mutation.merchantApiTransactionVoid': TRANSACTION,
};

/** Root fields that the contract deprecates as a whole. */
export const DEPRECATED_FIELDS = ['Query.clientPublicTransactionGetPreSessionData', 'Query.merchantApiClientGetPreSessionData'];

/** What this dialect takes beyond the contract: `code` was served here before. */
export const BEYOND: Readonly<Record<string, readonly string[]>> = {
  'Mutation.merchantApiServerPaymentMethodTransactionAuthorizationSessionVerify': ['~code: String'],
};
