import { checked } from '../endpoint/checked.ts';
import { connect, listInput } from '../endpoint/paging.ts';
import { given } from '../kernel/given.ts';
import type { CardSummary, Decline } from '../providers/provider.ts';
import { countTransactions, listTransactions, type TransactionFilter } from '../transactions/list.ts';
import { findTransaction, readAllowedCalls } from '../transactions/read.ts';
import { type AllowedCall, refundableMinor, type Transaction } from '../transactions/transaction.ts';
import { call, linked, loadersOf, merchantOnly, requireMerchant, seesEverything } from './access.ts';
import { builder, type Fields, nullable, nullableInstant } from './builder.ts';
import { defineConnection, pagingArgs } from './connection.ts';
import type { GraphqlContext } from './context.ts';
import {
  CurrencyEnum,
  DeclineAdviceEnum,
  DeclineReasonEnum,
  HoldEnum,
  ProviderEnum,
  SortOrderEnum,
  TransactionActionEnum,
  TransactionCallEnum,
  TransactionStatusEnum,
} from './enums.ts';
import { filterSchema } from './filters.ts';
import { ClientSession, CustomerObject, MERCHANT_ONLY, OperationObject, PaymentMethodObject, TransactionObject } from './refs.ts';
import { TransactionSelectorInput, toTransactionSelector } from './selectors.ts';

interface ShownDecline extends Omit<Decline, 'rawCode'> {
  readonly rawCode: string | null;
}

const CardObject = builder.objectRef<CardSummary>('Card').implement({
  description: 'What may be shown of a card.',
  fields: (t) => ({
    brand: t.exposeString('brand', { description: 'The brand, such as visa.' }),
    last4: t.exposeString('last4', { description: 'The last four digits of the number.' }),
    expMonth: t.exposeInt('expMonth', { description: 'The last month in which it can be used, from 1 to 12.' }),
    expYear: t.exposeInt('expYear', { description: 'The year of that month, with four digits.' }),
  }),
});

const DeclineObject = builder.objectRef<ShownDecline>('Decline').implement({
  description: 'Why a transaction was declined and what to do about it.',
  fields: (t) => ({
    reason: t.expose('reason', {
      type: DeclineReasonEnum,
      description:
        'The reason in words that all providers share. What a payer must not be told is shown as GENERIC unless a secret key asks.',
    }),
    advice: t.expose('advice', { type: DeclineAdviceEnum, description: 'Whether the same payment method may be tried again.' }),
    rawCode: t.exposeString('rawCode', nullable(`The provider’s own word. ${MERCHANT_ONLY} Others get null.`)),
  }),
});

const PLAIN_DECLINE = { reason: 'GENERIC', advice: 'LATER' } as const;

/** Payers and thieves read the same page, so a browser never learns that a card is known as lost, stolen or fraudulent. */
function declineFor(context: GraphqlContext, decline: Decline | null): ShownDecline | null {
  if (decline === null || seesEverything(context)) return decline;
  const isDelicate = decline.reason === 'LOST_OR_STOLEN' || decline.reason === 'FRAUD_SUSPECTED';
  return isDelicate ? { ...PLAIN_DECLINE, rawCode: null } : { ...decline, rawCode: null };
}

const AllowedActionObject = builder.objectRef<AllowedCall>('AllowedTransactionAction').implement({
  description: 'A call that a transaction allows now.',
  fields: (t) => ({
    action: t.expose('call', { type: TransactionCallEnum, description: 'What can be asked.' }),
    amountMax: t.expose('amountMaxMinor', {
      type: 'BigInt',
      nullable: true,
      description: 'The most that it takes, in the smallest unit of the currency. Null for calls without an amount.',
    }),
  }),
});

TransactionObject.implement({
  description:
    'One movement of money: an attempt in a session, a charge of a stored payment method, or a settle, void or refund of an earlier movement.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the transaction.' }),
    action: t.expose('action', { type: TransactionActionEnum, description: 'What kind of movement this is.' }),
    status: t.expose('status', {
      type: TransactionStatusEnum,
      description: 'How far the transaction has come. A decline is a status, never an error.',
    }),
    amount: t.expose('amountMinor', {
      type: 'BigInt',
      description: 'The amount in the smallest unit of the currency; 0 where a payment method was only stored.',
    }),
    currency: t.expose('currency', { type: CurrencyEnum, description: 'The currency of the amount.' }),
    merchantInternalTransactionCode: t.exposeString('merchantInternalTransactionCode', {
      nullable: true,
      description:
        'The merchant’s own code of the session or charge that this belongs to. Null where the provider began it by itself.',
    }),
    providerCode: t.exposeString('providerCode', {
      nullable: true,
      description: 'The provider’s reference of the transaction. Null until the provider has given one.',
    }),
    transactionProvider: t.expose('provider', { type: ProviderEnum, description: 'The provider behind the transaction.' }),
    transactionProviderId: t.exposeID('providerAccountId', {
      description: 'The id of the provider account behind the transaction.',
    }),
    allowedActions: t.field({
      type: [AllowedActionObject],
      description:
        'What the merchant can ask of the transaction now: any other call would be refused or change nothing. Empty for everybody but a secret key.',
      resolve: merchantOnly(async (transaction, context) => {
        const isAuthorization = transaction.action === 'AUTHORIZATION';
        const related = isAuthorization ? await loadersOf(context).relatedTransactions(transaction.id) : undefined;
        return readAllowedCalls(context.deps, transaction, related ?? []);
      }, []),
    }),
    ...ending(t),
    ...sums(t),
    ...links(t),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the transaction was recorded.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the transaction changed last.' }),
    endedAt: t.expose('endedAt', nullableInstant('When the transaction reached its end. Null while it is in progress.')),
  }),
});

/** Why it ended as it did, and with which card. */
function ending(t: Fields<Transaction>) {
  return {
    card: t.expose('card', {
      type: CardObject,
      nullable: true,
      description: 'The card that was used. Null until one was, and once the customer was erased.',
    }),
    decline: t.field({
      type: DeclineObject,
      nullable: true,
      description: 'Why it was declined. Null unless the status is DECLINED.',
      resolve: (transaction, _args, context) => declineFor(context, transaction.decline),
    }),
    failureCode: t.string({
      nullable: true,
      description: `The provider’s word for a failure that is not the bank’s decision. Null when there was none. ${MERCHANT_ONLY}`,
      resolve: merchantOnly(({ failureCode }) => failureCode),
    }),
    reason: t.string({
      nullable: true,
      description: `Why the merchant gave the money back. Null when no reason was given. ${MERCHANT_ONLY}`,
      resolve: merchantOnly(({ reason }) => reason),
    }),
  };
}

/** What became of the money since. */
function sums(t: Fields<Transaction>) {
  return {
    hold: t.expose('hold', {
      type: HoldEnum,
      nullable: true,
      description: 'What became of the held money. Null for everything but authorizations.',
    }),
    capturableUntil: t.expose('capturableUntil', {
      type: 'DateTime',
      nullable: true,
      description:
        'Until when held money can be settled. Null for everything but authorizations, and where the provider tells no time.',
    }),
    settledAmount: t.expose('settledAmountMinor', { type: 'BigInt', description: 'How much of an authorization was settled.' }),
    refundedAmount: t.expose('refundedAmountMinor', { type: 'BigInt', description: 'How much was refunded.' }),
    refundableAmount: t.field({
      type: 'BigInt',
      description:
        'How much can still be refunded: what was taken, less refunds that succeeded or are under way, less what the payer disputes.',
      resolve: refundableMinor,
    }),
  };
}

function links(t: Fields<Transaction>) {
  return {
    session: t.field({
      type: ClientSession,
      nullable: true,
      description: 'The session in which this happened. Null for charges of stored payment methods.',
      resolve: ({ sessionId }, _args, context) => linked(sessionId, loadersOf(context).session),
    }),
    paymentMethod: t.field({
      type: PaymentMethodObject,
      nullable: true,
      description: 'The stored payment method. Null when none was stored or charged.',
      resolve: ({ paymentMethodId }, _args, context) => linked(paymentMethodId, loadersOf(context).paymentMethod),
    }),
    customer: t.field({
      type: CustomerObject,
      nullable: true,
      description: `The customer. Null when there is none. ${MERCHANT_ONLY}`,
      resolve: merchantOnly(({ customerId }, context) => linked(customerId, loadersOf(context).customer)),
    }),
    relatedTransaction: t.field({
      type: TransactionObject,
      nullable: true,
      description: `The transaction that this settle, void or refund acts on. Null for everything else. ${MERCHANT_ONLY}`,
      resolve: merchantOnly((transaction, context) => linked(transaction.relatedTransactionId, loadersOf(context).transaction)),
    }),
    operations: t.field({
      type: [OperationObject],
      description:
        'What the provider was asked for this settle, void, refund or charge, oldest first, the newest 50; empty for everybody but a secret key.',
      resolve: merchantOnly(async ({ id }, context) => (await loadersOf(context).operationsOf(id)) ?? [], []),
    }),
    relatedTransactions: t.field({
      type: [TransactionObject],
      description:
        'The settles, voids and refunds that act on this transaction, oldest first; empty for everybody but a secret key.',
      resolve: merchantOnly(async ({ id }, context) => (await loadersOf(context).relatedTransactions(id)) ?? [], []),
    }),
  };
}

const TransactionSortField = builder.enumType('TransactionSortField', {
  description: 'What a list of transactions is sorted by. Ties are broken by id.',
  values: {
    CREATED_AT: { description: 'The list is sorted by when transactions were recorded.' },
    AMOUNT: { description: 'The list is sorted by amount, whatever the currency.' },
  } as const,
});

const TransactionSortInput = builder.inputType('TransactionSort', {
  description: 'How a list of transactions is sorted.',
  fields: (t) => ({
    field: t.field({ type: TransactionSortField, required: true, description: 'What to sort by.' }),
    order: t.field({ type: SortOrderEnum, required: true, description: 'In which direction to sort.' }),
  }),
});

const TransactionFilterInput = builder.inputType('TransactionFilter', {
  description: 'Which transactions to list. A transaction must meet everything that is given.',
  fields: (t) => ({
    statuses: t.field({ type: [TransactionStatusEnum], description: 'The transaction has one of these statuses.' }),
    actions: t.field({ type: [TransactionActionEnum], description: 'The transaction is one of these kinds of movement.' }),
    transactionProviders: t.field({ type: [ProviderEnum], description: 'The transaction runs through one of these providers.' }),
    merchantTransactionProviderId: t.id({ description: 'The transaction runs through the provider account with this id.' }),
    currencies: t.field({ type: [CurrencyEnum], description: 'The transaction is in one of these currencies.' }),
    amountMin: t.field({ type: 'BigInt', description: 'The amount is at least this, in the smallest unit.' }),
    amountMax: t.field({ type: 'BigInt', description: 'The amount is at most this, in the smallest unit.' }),
    createdFrom: t.field({ type: 'DateTime', description: 'The transaction was recorded at this instant or later.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'The transaction was recorded before this instant.' }),
    merchantInternalTransactionCode: t.string({ description: 'The transaction has exactly this code of the merchant.' }),
    merchantInternalCustomerCode: t.string({ description: 'The transaction belongs to the customer with exactly this code.' }),
    clientSessionId: t.id({ description: 'The transaction happened in the session with this id.' }),
    relatedTransactionId: t.id({ description: 'The transaction acts on the transaction with this id.' }),
    paymentMethodId: t.id({ description: 'The transaction stored or charged the payment method with this id.' }),
  }),
});

type FilterInput = typeof TransactionFilterInput.$inferInput;

function toFilter(input: FilterInput | null | undefined): TransactionFilter {
  const { transactionProviders, merchantTransactionProviderId, clientSessionId, ...same } = input ?? {};
  return given({
    ...same,
    providers: transactionProviders,
    providerAccountId: merchantTransactionProviderId,
    sessionId: clientSessionId,
  });
}

const TransactionConnection = defineConnection('Transaction', TransactionObject, 'transactions');

builder.queryFields((t) => ({
  transaction: t.field({
    type: TransactionObject,
    description: 'One transaction of the merchant.',
    args: { by: t.arg({ type: TransactionSelectorInput, required: true, description: 'Which transaction.' }) },
    resolve: (_root, { by }, context) => call(context, findTransaction, toTransactionSelector(by)),
  }),
  transactions: t.field({
    type: TransactionConnection,
    description: 'The merchant’s transactions, newest first unless sorted otherwise.',
    args: {
      filter: t.arg({ type: TransactionFilterInput, description: 'Which transactions; all of them without a filter.' }),
      sort: t.arg({ type: TransactionSortInput, description: 'In which order; newest first without a sort.' }),
      ...pagingArgs,
    },
    validate: checked(listInput({ filter: filterSchema })),
    resolve: (_root, { filter: filterInput, sort, ...paging }, context) => {
      const scope = requireMerchant(context);
      const filter = toFilter(filterInput);
      return connect(
        paging,
        (page) => listTransactions(context.deps, scope, { filter, sort: sort ?? { field: 'CREATED_AT', order: 'DESC' }, page }),
        () => countTransactions(context.deps, scope, filter),
      );
    },
  }),
}));
