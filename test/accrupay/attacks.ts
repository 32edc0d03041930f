import { type Belongings, type Call, q } from '../graphql/attacks.ts';
import { newCode } from '../support/gateway.ts';

/** How an outsider tries each field of this dialect with what belongs to A. A field without a line here fails the first test. */

const noSession = '@session/NOT_FOUND';
const noMoney = '@transaction/NOT_FOUND';
const noMethod = '@payment-method/NOT_FOUND';
const noCustomer = '@customer/NOT_FOUND';
const noAccount = '@provider/NOT_FOUND';

type Ways = readonly string[];
const refusedWith = (code: string, ways: Ways, rest = ''): Call[] => ways.map((way) => ({ args: `${way}${rest}`, code }));
const shown = (...ways: string[]): Call[] => ways.map((args) => ({ args, code: null }));

const sessionWays = (of: Belongings, id = of.open): Ways => [
  `id: ${q(id)}`,
  `code: ${q(id)}`,
  `token: ${q(of.openToken)}`,
  `providerCode: ${q(of.sessionProviderCode)}`,
  `providerCode: ${q(id)}`,
  `merchantInternalTransactionCode: ${q(of.code)}`,
];
const serverWays = (of: Belongings, id = of.transaction): Ways => [
  `id: ${q(id)}`,
  `code: ${q(id)}`,
  `providerCode: ${q(of.transactionProviderCode)}`,
  `providerCode: ${q(id)}`,
  `merchantInternalTransactionCode: ${q(of.code)}`,
];
const moneyWays = (of: Belongings, id = of.transaction): Ways => [...serverWays(of, id), `token: ${q(of.openToken)}`];

const paging = (cursor: string): string[] => [
  '',
  'first: 100',
  'take: 100, skip: 0, sorting: [{ field: "createdAt", order: ASC }]',
  'last: 100',
  `first: 100, after: ${q(cursor)}`,
  `last: 100, before: ${q(cursor)}`,
];

const BILLING =
  'billing: { billingFirstName: "Bee", billingLastName: "Bee", billingEmail: "b@b.example", billingAddressCountry: FR }';

function starts(of: Belongings, money: string): Call[] {
  const data = (code: string, customer: string) =>
    `data: { merchantInternalTransactionCode: ${q(code)}, currency: USD, ${money} ${BILLING}, ${customer} }`;
  const byCode = `customer: { merchantInternalCustomerCode: ${q(of.customerCode)} }`;
  const byId = `customer: { merchantInternalCustomerCode: ${q(of.customerCode)}, id: ${q(of.customer)} }`;
  return [
    { args: `merchantTransactionProviderId: ${q(of.account)}, ${data(newCode(), byCode)}`, code: noAccount },
    { args: `transactionProvider: EXAMPLE, ${data(newCode(), byId)}`, code: noCustomer },
    { args: `transactionProvider: EXAMPLE, ${data(of.code + money.length, byCode)}`, code: null },
    { args: data(newCode(), `merchantInternalCustomerCode: ${q(of.customerCode)}`), code: null },
  ];
}

const charges = (of: Belongings): Call[] =>
  [of.code, newCode()].map((code) => ({
    args: `data: { merchantCustomerPaymentMethodId: ${q(of.method)}, merchantInternalTransactionCode: ${q(code)}, amount: 5, currency: USD, ${BILLING} }`,
    code: noMethod,
  }));

export const ATTACKS: Readonly<Record<string, (of: Belongings) => readonly Call[]>> = {
  'Query.clientPublicTransactionSession': (of) =>
    refusedWith(noSession, [`merchantPublicId: ${q(newCode())}, transactionSessionId: ${q(of.open)}`]),
  'Query.clientPublicTransactionSessionBaseConfig': (of) => [
    ...refusedWith(noSession, [`merchantPublicId: ${q(newCode())}, transactionSessionId: ${q(of.open)}`]),
    ...refusedWith(noAccount, [`merchantPublicId: ${q(newCode())}`]),
  ],
  'Query.clientPublicTransactionGetPreSessionData': (of) =>
    refusedWith(noSession, [`merchantPublicId: ${q(newCode())}, transactionCode: ${q(of.open)}, transactionId: ${q(of.open)}`]),
  'Query.merchantApi': () => shown(''),
  'Query.merchantApiClientGetPreSessionData': (of) => [
    ...refusedWith(noAccount, [`merchantTransactionProviderId: ${q(of.account)}`]),
    ...shown('transactionProvider: EXAMPLE', ''),
  ],
  'Query.merchantApiClientTransactionSession': (of) =>
    refusedWith(noSession, [...sessionWays(of), ...sessionWays(of, of.session)]),
  'Query.merchantApiClientTransactionSessionBaseConfig': (of) => [
    ...refusedWith(noAccount, [`merchantTransactionProviderId: ${q(of.account)}`]),
    ...shown('transactionProvider: EXAMPLE', ''),
  ],
  'Query.merchantApiClientTransactionSessions': (of) =>
    shown(
      ...paging(of.cursor),
      ...sessionWays(of, of.session).filter((way) => !way.startsWith('code')),
      `merchantInternalCustomerCode: ${q(of.customerCode)}`,
      `customerId: ${q(of.customer)}`,
      `paymentMethodId: ${q(of.method)}`,
      `transactionProviderId: ${q(of.account)}`,
    ),
  'Query.merchantApiCustomerPaymentMethod': (of) => refusedWith(noMethod, [`merchantCustomerPaymentMethodId: ${q(of.method)}`]),
  'Query.merchantApiCustomerPaymentMethods': (of) =>
    shown(
      ...paging(of.methodCursor),
      `id: ${q(of.method)}`,
      `customerId: ${q(of.customer)}`,
      `merchantInternalCustomerCode: ${q(of.customerCode)}`,
      `transactionProviderId: ${q(of.account)}`,
    ),
  'Query.merchantApiCustomerResolve': (of) =>
    refusedWith(noAccount, [
      `selector: { merchantInternalCustomerCode: ${q(of.customerCode)}, id: ${q(of.customer)} }, merchantTransactionProviderId: ${q(of.account)}`,
    ]),
  'Query.merchantApiTransaction': (of) => refusedWith(noMoney, [...moneyWays(of), ...moneyWays(of, of.held)]),
  'Query.merchantApiTransactionProvider': (of) => refusedWith(noAccount, [`merchantTransactionProviderId: ${q(of.account)}`]),
  'Query.merchantApiTransactionProviders': (of) => shown('', 'first: 100', `id: ${q(of.account)}`),
  'Query.merchantApiTransactions': (of) =>
    shown(
      ...paging(of.transactionCursor),
      `id: ${q(of.transaction)}`,
      `code: ${q(of.transaction)}`,
      `token: ${q(of.openToken)}`,
      `providerCode: ${q(of.transactionProviderCode)}`,
      `providerRelatedCode: ${q(of.transactionProviderCode)}`,
      `clientTransactionSessionId: ${q(of.session)}`,
      `relatedTransactionId: ${q(of.transaction)}`,
      `paymentMethodId: ${q(of.method)}`,
      `customerId: ${q(of.customer)}`,
      `merchantInternalTransactionCode: ${q(of.code)}`,
      `merchantInternalCustomerCode: ${q(of.customerCode)}`,
      `transactionProviderId: ${q(of.account)}`,
    ),
  'Mutation.merchantApiClientTransactionAddPaymentMethodSessionStart': (of) => starts(of, ''),
  'Mutation.merchantApiClientTransactionAddPaymentMethodSessionVerify': (of) =>
    refusedWith(noSession, [...sessionWays(of), ...sessionWays(of, of.adding)]),
  'Mutation.merchantApiClientTransactionAuthorizationSessionStart': (of) => starts(of, 'amount: 7, storePaymentMethod: false,'),
  'Mutation.merchantApiClientTransactionAuthorizationSessionVerify': (of) =>
    refusedWith(noSession, [...sessionWays(of), ...sessionWays(of, of.authorizing)]),
  'Mutation.merchantApiClientTransactionPaymentSessionStartV2': (of) => starts(of, 'amount: 77, storePaymentMethod: false,'),
  'Mutation.merchantApiClientTransactionPaymentSessionVerify': (of) => refusedWith(noSession, sessionWays(of)),
  'Mutation.merchantApiCustomerCreate': (of) => [
    ...refusedWith(noAccount, [
      `merchantTransactionProviderId: ${q(of.account)}, data: { merchantInternalCustomerCode: ${q(of.customerCode)} }`,
    ]),
    ...shown(`transactionProvider: EXAMPLE, data: { merchantInternalCustomerCode: ${q(of.customerCode)} }`),
  ],
  'Mutation.merchantApiCustomerPaymentMethodSyncAll': (of) =>
    shown(`merchantTransactionProviderId: ${q(of.account)}, merchantInternalCustomerCode: ${q(of.customerCode)}`),
  'Mutation.merchantApiCustomerPaymentMethodSyncOne': (of) =>
    refusedWith(noMethod, [`merchantTransactionProviderId: ${q(of.account)}, providerCode: ${q(of.method)}`]),
  'Mutation.merchantApiServerAchPaymentTransactionCreate': (of) =>
    refusedWith('@provider/UNSUPPORTED', [
      `data: { merchantInternalTransactionCode: ${q(of.code)}, amount: 1, currency: USD, storePaymentMethod: false, ${BILLING}, ach: { accountNumber: "1", routingNumber: "2" } }`,
    ]),
  'Mutation.merchantApiServerPaymentMethodTransactionAuthorizationSessionStart': charges,
  'Mutation.merchantApiServerPaymentMethodTransactionAuthorizationSessionVerify': (of) =>
    refusedWith(noMoney, serverWays(of, of.held)),
  'Mutation.merchantApiServerPaymentMethodTransactionCreate': charges,
  'Mutation.merchantApiTransactionAuthorizationSettle': (of) => refusedWith(noMoney, moneyWays(of, of.held), ', amount: 1'),
  'Mutation.merchantApiTransactionAuthorizationVoid': (of) => refusedWith(noMoney, moneyWays(of, of.held)),
  'Mutation.merchantApiTransactionRefund': (of) => refusedWith(noMoney, moneyWays(of), ', amount: 1'),
  'Mutation.merchantApiTransactionSyncOne': (of) =>
    refusedWith(noMoney, [...moneyWays(of), ...moneyWays(of, of.held)], `, merchantTransactionProviderId: ${q(of.account)}`),
  'Mutation.merchantApiTransactionVoid': (of) => refusedWith(noMoney, [...moneyWays(of), ...moneyWays(of, of.held)]),
};
