import type { Transaction, TransactionAction, TransactionStatus } from '../transactions/transaction.ts';
import type { Fields } from './builder.ts';
import { type AccrupayContext, accountNamed, loadersOf } from './context.ts';
import { codeOfCustomer } from './customer-code.ts';
import { ActionEnum, CurrencyEnum, MethodTypeEnum, TransactionStatusEnum } from './enums.ts';
import { peopleFields } from './people.ts';
import { AccountObject, PaymentMethodObject, SessionObject, TransactionObject } from './refs.ts';
import { peopleOfTransaction, showSession } from './shown-session.ts';

/** Ended without success, and not by the merchant or by time. */
export const FAILED_STATUSES: readonly TransactionStatus[] = ['FAILED', 'DECLINED', 'ERROR'];

TransactionObject.implement({
  description:
    'One movement of money, or one try to store a payment method. Refunds, settles and voids are transactions of their own.',
  fields: (t) => ({
    id: t.exposeID('id'),
    code: t.exposeString('id', { deprecationReason: 'It is the id.' }),
    token: t.string({ nullable: true, deprecationReason: 'Always null: sessions have tokens.', resolve: () => null }),
    tokenExpiresAt: t.field({
      type: 'DateTimeISO',
      nullable: true,
      deprecationReason: 'Always null: sessions have tokens.',
      resolve: () => null,
    }),
    action: t.expose('action', { type: ActionEnum }),
    status: t.expose('status', { type: TransactionStatusEnum }),
    providerStatus: t.expose('status', { type: TransactionStatusEnum }),
    amount: t.field({ type: 'BigInt', resolve: ({ amountMinor }) => amountMinor }),
    refundedAmount: t.field({
      type: 'BigInt',
      nullable: true,
      description: 'Never null: 0 until something is refunded.',
      resolve: ({ refundedAmountMinor }) => refundedAmountMinor,
    }),
    currency: t.expose('currency', { type: CurrencyEnum }),
    payload: t.field({ type: 'JSON', description: 'Always empty: what providers answer is not kept.', resolve: () => ({}) }),
    storePaymentMethod: t.boolean({
      nullable: true,
      resolve: async ({ sessionId }, _args, context) => {
        if (sessionId === null) return false;
        return (await loadersOf(context).session(sessionId))?.storePaymentMethod ?? null;
      },
    }),
    ...references(t),
    ...times(t),
    ...peopleFields(t, peopleOfTransaction),
    ...links(t),
  }),
});

function references(t: Fields<Transaction>) {
  return {
    providerCode: t.string({
      description: 'The provider’s reference, or our own id while there is none.',
      resolve: ({ providerCode, id }) => providerCode ?? id,
    }),
    providerRelatedCode: t.string({
      nullable: true,
      resolve: async (transaction, _args, context) => {
        const related = await relatedOf(transaction, context);
        return related && (related.providerCode ?? related.id);
      },
    }),
    providerCustomerCode: t.string({
      nullable: true,
      resolve: async (transaction, _args, context) => (await methodOf(transaction, context))?.stored.providerCustomerCode ?? null,
    }),
    providerAuthorizationCode: t.string({ nullable: true, description: 'Always null: it is not kept.', resolve: () => null }),
    providerError: t.string({
      nullable: true,
      description: 'The provider’s own word for a decline or failure.',
      resolve: ({ failureCode, decline }) => failureCode ?? decline?.rawCode ?? null,
    }),
    transactionError: t.string({
      nullable: true,
      description: 'Why it was declined, in words that all providers share.',
      resolve: ({ decline, failureCode }) => decline?.reason ?? failureCode,
    }),
    transactionProviderId: t.exposeString('providerAccountId'),
    merchantInternalTransactionCode: t.exposeString('merchantInternalTransactionCode', { nullable: true }),
    merchantInternalCustomerCode: t.string({
      nullable: true,
      resolve: ({ customerId }, _args, context) => codeOfCustomer(context, customerId),
    }),
    customerId: t.exposeString('customerId', { nullable: true }),
    clientTransactionSessionId: t.exposeString('sessionId', { nullable: true }),
    relatedTransactionId: t.exposeString('relatedTransactionId', { nullable: true }),
    paymentMethodId: t.exposeString('paymentMethodId', { nullable: true }),
    paymentMethodCode: t.string({
      nullable: true,
      resolve: async (transaction, _args, context) => (await methodOf(transaction, context))?.stored.providerCode ?? null,
    }),
    paymentMethodType: t.field({
      type: MethodTypeEnum,
      nullable: true,
      resolve: ({ card, paymentMethodId }) => (card === null && paymentMethodId === null ? null : 'CARD'),
    }),
    paymentPlanId: t.string({ nullable: true, description: 'Always null: there are no payment plans.', resolve: () => null }),
  };
}

function times(t: Fields<Transaction>) {
  const endedAs = (...statuses: readonly TransactionStatus[]) =>
    t.field({
      type: 'DateTimeISO',
      nullable: true,
      resolve: (transaction) => (statuses.includes(transaction.status) ? transaction.endedAt : null),
    });
  const followedBy = (action: TransactionAction) =>
    t.field({
      type: 'DateTimeISO',
      nullable: true,
      resolve: async ({ id }, _args, context) => {
        const children = (await loadersOf(context).relatedTransactions(id)) ?? [];
        const last = children.findLast((child) => child.action === action && child.status === 'SUCCEEDED');
        return last?.endedAt ?? null;
      },
    });
  return {
    transactionDate: t.expose('createdAt', { type: 'DateTimeISO' }),
    createdAt: t.expose('createdAt', { type: 'DateTimeISO' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTimeISO' }),
    startedAt: t.expose('createdAt', { type: 'DateTimeISO', nullable: true }),
    succeededAt: endedAs('SUCCEEDED'),
    failedAt: endedAs(...FAILED_STATUSES),
    canceledAt: endedAs('CANCELED'),
    refundedAt: followedBy('REFUND'),
    voidedAt: followedBy('VOID'),
    disputedAt: t.field({
      type: 'DateTimeISO',
      nullable: true,
      description: 'When the payer first disputed it.',
      resolve: async ({ id }, _args, context) => {
        const children = (await loadersOf(context).relatedTransactions(id)) ?? [];
        return children.find(({ action }) => action === 'CHARGEBACK')?.createdAt ?? null;
      },
    }),
    providerLastSyncedAt: t.expose('observedAt', { type: 'DateTimeISO', nullable: true }),
    providerLastVerifiedAt: t.field({
      type: 'DateTimeISO',
      description: 'When the provider told of it last, or when it was recorded.',
      resolve: ({ observedAt, createdAt }) => observedAt ?? createdAt,
    }),
  };
}

function links(t: Fields<Transaction>) {
  return {
    transactionProvider: t.field({
      type: AccountObject,
      resolve: ({ merchantId, providerAccountId }, _args, context) => accountNamed(context, merchantId, providerAccountId),
    }),
    paymentMethod: t.field({
      type: PaymentMethodObject,
      nullable: true,
      resolve: (transaction, _args, context) => methodOf(transaction, context),
    }),
    clientTransactionSession: t.field({
      type: SessionObject,
      nullable: true,
      resolve: async ({ sessionId }, _args, context) => {
        const session = sessionId === null ? undefined : await loadersOf(context).session(sessionId);
        return session === undefined ? null : showSession(session);
      },
    }),
    relatedTransaction: t.field({
      type: TransactionObject,
      nullable: true,
      description: 'What a settle, void, refund or chargeback acts on.',
      resolve: (transaction, _args, context) => relatedOf(transaction, context),
    }),
    transactionsRelated: t.field({
      type: [TransactionObject],
      nullable: true,
      description: 'What acts on this transaction, oldest first; empty where nothing does.',
      resolve: async ({ id }, _args, context) => (await loadersOf(context).relatedTransactions(id)) ?? [],
    }),
  };
}

async function relatedOf({ relatedTransactionId }: Transaction, context: AccrupayContext): Promise<Transaction | null> {
  return relatedTransactionId === null ? null : ((await loadersOf(context).transaction(relatedTransactionId)) ?? null);
}

async function methodOf({ paymentMethodId }: Transaction, context: AccrupayContext) {
  return paymentMethodId === null ? null : ((await loadersOf(context).paymentMethod(paymentMethodId)) ?? null);
}
