import { checked } from '../endpoint/checked.ts';
import { unwrap } from '../endpoint/errors.ts';
import { connect, listInput } from '../endpoint/paging.ts';
import { given } from '../kernel/given.ts';
import { countTransactions, listTransactions, type TransactionFilter } from '../transactions/list.ts';
import { findTransaction } from '../transactions/read.ts';
import { requireMerchant } from './access.ts';
import { builder } from './builder.ts';
import { defineConnection, pagingArgs } from './connection.ts';
import { CurrencyEnum, ProviderEnum, SortOrderEnum, TransactionActionEnum, TransactionStatusEnum } from './enums.ts';
import { filterSchema } from './filters.ts';
import { TransactionObject } from './refs.ts';
import { TransactionSelectorInput, toTransactionSelector } from './selectors.ts';

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
    resolve: async (_root, { by }, context) => {
      const scope = requireMerchant(context);
      return unwrap(await findTransaction(context.deps, scope, toTransactionSelector(by)));
    },
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
