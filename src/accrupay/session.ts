import type { SessionStatus } from '../sessions/session.ts';
import type { Fields } from './builder.ts';
import { type AccrupayContext, accountNamed, loadersOf } from './context.ts';
import { codeOfCustomer } from './customer-code.ts';
import { ActionEnum, CurrencyEnum, SessionOriginEnum, SessionStatusEnum } from './enums.ts';
import { peopleFields } from './people.ts';
import { AccountObject, PaymentMethodObject, SessionObject, TransactionObject } from './refs.ts';
import { peopleOfSession, type ShownSession } from './shown-session.ts';

SessionObject.implement({
  description: 'One try to pay, to store a payment method or to have money held.',
  fields: (t) => ({
    id: t.exposeID('id'),
    action: t.expose('kind', { type: ActionEnum, description: 'What the session is for.' }),
    kind: t.field({
      type: SessionOriginEnum,
      description: 'Whether a payer completes it or the merchant did, with a stored payment method.',
      resolve: ({ view }) => (view === 'TRANSACTION' ? 'SERVER' : 'CLIENT'),
    }),
    status: t.expose('status', { type: SessionStatusEnum }),
    providerStatus: t.expose('status', { type: SessionStatusEnum }),
    amount: t.field({
      type: 'BigInt',
      description: 'In the smallest unit; 0 where a payment method is only stored.',
      resolve: ({ amountMinor }) => amountMinor,
    }),
    currency: t.expose('currency', { type: CurrencyEnum }),
    ...opening(t),
    ...references(t),
    ...times(t),
    ...peopleFields(t, peopleOfSession),
    ...links(t),
  }),
});

/** What opens it in a browser. */
function opening(t: Fields<ShownSession>) {
  return {
    token: t.string({
      nullable: true,
      description: 'The provider’s token for its own browser part. Null for browsers once the session is over.',
      resolve: async (session, _args, context) => (await secretsOf(session, context)).clientToken,
    }),
    tokenExpiresAt: t.expose('tokenExpiresAt', { type: 'DateTimeISO', nullable: true }),
    payload: t.field({
      type: 'JSON',
      description: 'Everything that the provider’s browser part needs; empty for browsers, which read the base config.',
      resolve: async (session, _args, context) => (await secretsOf(session, context)).payload ?? {},
    }),
    storePaymentMethod: t.exposeBoolean('storePaymentMethod', { nullable: true }),
  };
}

async function secretsOf(session: ShownSession, context: AccrupayContext) {
  switch (session.view) {
    case 'MERCHANT':
      return (await loadersOf(context).sessionSecrets(session.id)) ?? { clientToken: null, payload: null };
    case 'BROWSER':
      return { clientToken: session.browser.clientToken, payload: null };
    case 'TRANSACTION':
      return { clientToken: null, payload: null };
  }
}

function references(t: Fields<ShownSession>) {
  return {
    providerCode: t.string({
      description: 'The provider’s reference, or our own id while there is none.',
      resolve: ({ providerCode, id }) => providerCode ?? id,
    }),
    transactionProviderId: t.exposeString('providerAccountId'),
    merchantInternalTransactionCode: t.exposeString('merchantInternalTransactionCode', { nullable: true }),
    merchantInternalCustomerCode: t.string({
      nullable: true,
      resolve: ({ customerId }, _args, context) => codeOfCustomer(context, customerId),
    }),
    customerId: t.exposeString('customerId', { nullable: true }),
    paymentMethodId: t.exposeString('paymentMethodId', { nullable: true }),
    paymentPlanId: t.string({ nullable: true, description: 'Always null: there are no payment plans.', resolve: () => null }),
    providerCustomerCode: t.string({
      nullable: true,
      description: 'What the provider calls the customer. Null until a payment method is stored.',
      resolve: async ({ paymentMethodId }, _args, context) => {
        if (paymentMethodId === null) return null;
        return (await loadersOf(context).paymentMethod(paymentMethodId))?.stored.providerCustomerCode ?? null;
      },
    }),
    providerError: t.exposeString('providerError', { nullable: true }),
  };
}

function times(t: Fields<ShownSession>) {
  const endedAs = (status: SessionStatus) =>
    t.field({
      type: 'DateTimeISO',
      nullable: true,
      resolve: (session) => (session.status === status ? session.endedAt : null),
    });
  return {
    createdAt: t.expose('createdAt', { type: 'DateTimeISO' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTimeISO' }),
    startedAt: t.expose('startedAt', { type: 'DateTimeISO', nullable: true }),
    completedAt: endedAs('COMPLETED'),
    canceledAt: endedAs('CANCELED'),
    providerLastSyncedAt: t.expose('observedAt', { type: 'DateTimeISO', nullable: true }),
    providerLastVerifiedAt: t.field({
      type: 'DateTimeISO',
      description: 'When the provider was asked last, or when the session was started.',
      resolve: ({ observedAt, createdAt }) => observedAt ?? createdAt,
    }),
  };
}

function links(t: Fields<ShownSession>) {
  return {
    transactionProvider: t.field({
      type: AccountObject,
      resolve: ({ merchantId, providerAccountId }, _args, context) => accountNamed(context, merchantId, providerAccountId),
    }),
    paymentMethod: t.field({
      type: PaymentMethodObject,
      nullable: true,
      resolve: async ({ paymentMethodId }, _args, context) =>
        paymentMethodId === null ? null : ((await loadersOf(context).paymentMethod(paymentMethodId)) ?? null),
    }),
    transactions: t.field({
      type: [TransactionObject],
      nullable: true,
      description: 'Everything that happened in the session, oldest first. Null for browsers.',
      resolve: async (session, _args, context) => (session.view === 'BROWSER' ? null : transactionsOf(session, context)),
    }),
  };
}

/** Everything that happened in a session, oldest first. */
export async function transactionsOf(session: ShownSession, context: AccrupayContext) {
  const loaders = loadersOf(context);
  if (session.view !== 'TRANSACTION') return (await loaders.transactionsOfSession(session.id)) ?? [];
  return [session.transaction, ...((await loaders.relatedTransactions(session.id)) ?? [])];
}
