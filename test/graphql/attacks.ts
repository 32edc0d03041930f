import { newCode } from '../support/gateway.ts';

/** Everything of one merchant that an outsider could try to use. */
export type Belongings = Readonly<
  Record<
    | 'account'
    | 'session'
    | 'token'
    | 'sessionProviderCode'
    | 'code'
    | 'open'
    | 'openToken'
    | 'held'
    | 'authorizing'
    | 'adding'
    | 'transaction'
    | 'transactionProviderCode',
    string
  >
> &
  Readonly<
    Record<
      | 'method'
      | 'customer'
      | 'customerCode'
      | 'key'
      | 'cursor'
      | 'transactionCursor'
      | 'customerCursor'
      | 'methodCursor'
      | 'eventCursor'
      | 'apiKey'
      | 'webhookCursor'
      | 'endpoint'
      | 'delivery'
      | 'deliveryCursor',
      string
    >
  >;

export interface Call {
  readonly args: string;
  /** The code that it is refused with; null where it is answered with nothing of A's. */
  readonly code: string | null;
}

const none = 'SESSION_NOT_FOUND';
const noEndpoint = 'WEBHOOK_ENDPOINT_NOT_FOUND';
const noMoney = 'TRANSACTION_NOT_FOUND';
export const q = (text: string) => JSON.stringify(text);
const sessionWays = (of: Belongings) => [
  `by: { id: ${q(of.open)} }`,
  `by: { token: ${q(of.openToken)} }`,
  `by: { providerCode: ${q(of.sessionProviderCode)} }`,
  `by: { merchantInternalTransactionCode: ${q(of.code)} }`,
];
const moneyWays = (of: Belongings, id = of.transaction) => [
  `by: { id: ${q(id)} }`,
  `by: { providerCode: ${q(of.transactionProviderCode)} }`,
  `by: { merchantInternalTransactionCode: ${q(of.code)} }`,
];
const customerWays = (of: Belongings) => [
  `by: { id: ${q(of.customer)} }`,
  `by: { merchantInternalCustomerCode: ${q(of.customerCode)} }`,
];
const accountWays = (of: Belongings) => [
  `provider: { merchantTransactionProviderId: ${q(of.account)} }`,
  'provider: { transactionProvider: EXAMPLE }',
];
const refusedWith = (code: string, ways: readonly string[], rest = ''): Call[] =>
  ways.map((way) => ({ args: `${way} ${rest}`, code }));
const shown = (...ways: string[]): Call[] => ways.map((args) => ({ args, code: null }));

function paging(cursor: string): string[] {
  return [
    '',
    'first: 100',
    'take: 100, skip: 0',
    'last: 100',
    `first: 100, after: ${q(cursor)}`,
    `last: 100, before: ${q(cursor)}`,
  ];
}

function starts(of: Belongings, money: string): Call[] {
  const billing =
    'billing: { billingFirstName: "Bee", billingLastName: "Bee", billingEmail: "b@b.example", billingAddressCountry: FR }';
  const data = (code: string) =>
    `data: { merchantInternalTransactionCode: ${q(code)}, currency: USD, ${money} ${billing}, customer: { merchantInternalCustomerCode: ${q(of.customerCode)} } }`;
  const [byId = '', byName = ''] = accountWays(of);
  return [
    { args: `${byId} ${data(newCode())}`, code: 'PROVIDER_ACCOUNT_NOT_FOUND' },
    { args: `${byName} ${data(of.code + money.length)}`, code: null },
    { args: `${byName} ${data(newCode())}`, code: null },
  ];
}

/** How an outsider tries each field with what belongs to A. A field without a line here fails the first test. */
export const ATTACKS: Readonly<Record<string, (of: Belongings) => readonly Call[]>> = {
  'Subscription.clientSessionChanged': (of) => refusedWith(none, sessionWays(of)),
  'Subscription.eventAppended': (of) => [...shown(''), { args: `after: ${q(of.eventCursor)}`, code: 'BAD_USER_INPUT' }],
  'Query.apiKeys': () => shown(''),
  'Query.providerAccounts': () => shown(''),
  'Query.receivedWebhooks': (of) => shown(...paging(of.webhookCursor)),
  'Query.webhookEndpoints': () => shown(''),
  'Query.webhookDeliveries': (of) =>
    shown(...paging(of.deliveryCursor), `endpointId: ${q(of.endpoint)}`, `sessionId: ${q(of.session)}`),
  'Query.baseConfig': (of) => [
    { args: accountWays(of)[0] ?? '', code: 'PROVIDER_ACCOUNT_NOT_FOUND' },
    ...shown(accountWays(of)[1] ?? ''),
  ],
  'Query.clientSession': (of) =>
    refusedWith(none, [...sessionWays(of), `by: { id: ${q(of.session)} }`, `by: { token: ${q(of.token)} }`]),
  'Query.clientSessions': (of) =>
    shown(
      ...paging(of.cursor),
      `filter: { merchantInternalTransactionCode: ${q(of.code)} }`,
      `filter: { merchantInternalCustomerCode: ${q(of.customerCode)} }`,
      `filter: { merchantTransactionProviderId: ${q(of.account)} }`,
      'filter: { transactionProviders: [EXAMPLE], hasProviderError: false }',
      ...[of.session, of.code, of.code.slice(0, 12), of.sessionProviderCode, of.customerCode].map(
        (text) => `filter: { search: ${q(text)} }`,
      ),
    ),
  'Query.customer': (of) => refusedWith('CUSTOMER_NOT_FOUND', customerWays(of)),
  'Query.customers': (of) => shown(...paging(of.customerCursor)),
  'Query.events': (of) => [
    ...shown('', 'first: 100'),
    ...refusedWith('BAD_USER_INPUT', [`first: 100, after: ${q(of.eventCursor)}`]),
  ],
  'Query.merchant': () => shown(''),
  'Query.overview': () =>
    shown(
      ...['HOUR', 'DAY'].map(
        (interval) => `range: { from: "2026-11-20T00:00:00Z", before: "2026-11-25T00:00:00Z", interval: ${interval} }`,
      ),
    ),
  'Query.paymentMethods': (of) =>
    shown(
      ...paging(of.methodCursor),
      `filter: { customerId: ${q(of.customer)} }`,
      `filter: { merchantInternalCustomerCode: ${q(of.customerCode)} }`,
    ),
  'Query.transaction': (of) => refusedWith(noMoney, [...moneyWays(of), ...moneyWays(of, of.held)]),
  'Query.transactions': (of) =>
    shown(
      ...paging(of.transactionCursor),
      `filter: { clientSessionId: ${q(of.session)} }`,
      `filter: { relatedTransactionId: ${q(of.transaction)} }`,
      `filter: { paymentMethodId: ${q(of.method)} }`,
      `filter: { merchantInternalTransactionCode: ${q(of.code)} }`,
      `filter: { merchantInternalCustomerCode: ${q(of.customerCode)} }`,
      `filter: { merchantTransactionProviderId: ${q(of.account)} }`,
    ),
  // Refused, so that no key appears on the LIVE side of the same merchant; what it answers is the outsider's own key anyway.
  'Mutation.createApiKey': () => refusedWith('BAD_USER_INPUT', ['data: { kind: SECRET, expiresAt: "2001-01-01T00:00:00Z" }']),
  'Mutation.revokeApiKey': (of) => refusedWith('API_KEY_NOT_FOUND', [`id: ${q(of.apiKey)}`]),
  // Refused, as above.
  'Mutation.createWebhookEndpoint': () => refusedWith('BAD_USER_INPUT', ['data: { url: "https://10.0.0.1/" }']),
  'Mutation.updateWebhookEndpoint': (of) =>
    refusedWith(noEndpoint, [
      `data: { id: ${q(of.endpoint)}, isEnabled: false }`,
      `data: { id: ${q(of.endpoint)}, description: "mine" }`,
    ]),
  'Mutation.rotateWebhookSecret': (of) => refusedWith(noEndpoint, [`data: { id: ${q(of.endpoint)} }`]),
  'Mutation.deleteWebhookEndpoint': (of) => refusedWith(noEndpoint, [`id: ${q(of.endpoint)}`]),
  'Mutation.testWebhookEndpoint': (of) => refusedWith(noEndpoint, [`id: ${q(of.endpoint)}`]),
  'Mutation.replayWebhookDeliveries': (of) => [
    ...refusedWith('WEBHOOK_DELIVERY_NOT_FOUND', [`data: { deliveryId: ${q(of.delivery)} }`]),
    ...refusedWith(noEndpoint, [
      `data: { endpointId: ${q(of.endpoint)} }`,
      `data: { endpointId: ${q(of.endpoint)}, from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }`,
    ]),
  ],
  'Mutation.checkProviderAccount': (of) => refusedWith('PROVIDER_ACCOUNT_NOT_FOUND', [`id: ${q(of.account)}`]),
  'Mutation.cancelClientSession': (of) => refusedWith(none, sessionWays(of)),
  'Mutation.chargePaymentMethod': (of) =>
    [of.code, newCode()].map((code) => ({
      args: `data: { paymentMethodId: ${q(of.method)}, merchantInternalTransactionCode: ${q(code)}, amount: 5, currency: USD }`,
      code: 'PAYMENT_METHOD_NOT_FOUND',
    })),
  'Mutation.detachPaymentMethod': (of) => refusedWith('PAYMENT_METHOD_NOT_FOUND', [`id: ${q(of.method)}`]),
  'Mutation.eraseClientSession': (of) => refusedWith(none, sessionWays(of)),
  'Mutation.eraseCustomer': (of) => refusedWith('CUSTOMER_NOT_FOUND', customerWays(of)),
  'Mutation.refundTransaction': (of) => [
    ...refusedWith(noMoney, moneyWays(of), 'amount: 1'),
    ...refusedWith(noMoney, moneyWays(of), `amount: 1, idempotencyKey: ${q(of.key)}`),
  ],
  'Mutation.settleAuthorization': (of) => refusedWith(noMoney, moneyWays(of, of.held), 'amount: 1'),
  'Mutation.startAddPaymentMethodSession': (of) => starts(of, ''),
  'Mutation.startAuthorizationSession': (of) => starts(of, 'amount: 7, storePaymentMethod: false,'),
  'Mutation.startPaymentSession': (of) => starts(of, 'amount: 77, storePaymentMethod: false,'),
  'Mutation.syncTransaction': (of) => refusedWith(noMoney, [...moneyWays(of), ...moneyWays(of, of.held)]),
  'Mutation.verifyAddPaymentMethodSession': (of) => refusedWith(none, [...sessionWays(of), `by: { id: ${q(of.adding)} }`]),
  'Mutation.verifyAuthorizationSession': (of) => refusedWith(none, [...sessionWays(of), `by: { id: ${q(of.authorizing)} }`]),
  'Mutation.verifyPaymentSession': (of) => refusedWith(none, sessionWays(of)),
  'Mutation.voidAuthorization': (of) => refusedWith(noMoney, moneyWays(of, of.held)),
  'Mutation.voidTransaction': (of) => refusedWith(noMoney, [...moneyWays(of), ...moneyWays(of, of.held)]),
};
