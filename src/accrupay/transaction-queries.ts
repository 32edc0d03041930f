import type { InputShapeFromFields } from '@pothos/core';
import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { connect } from '../endpoint/paging.ts';
import { addMs } from '../kernel/clock.ts';
import { given } from '../kernel/given.ts';
import { findSession } from '../sessions/read.ts';
import { countTransactions, listTransactions, type TransactionFilter } from '../transactions/list.ts';
import { TRANSACTION_ACTIONS, TRANSACTION_STATUSES, type TransactionStatus } from '../transactions/transaction.ts';
import { builder } from './builder.ts';
import { defineConnection, listArgs, NOTHING, pageArgs, toSort } from './connection.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';
import { ActionEnum, CurrencyEnum, MethodTypeEnum, ProviderEnum, TransactionStatusEnum } from './enums.ts';
import { CODE_IS_ID, findNamedTransaction, nameShape, transactionNames } from './identifiers.ts';
import { TransactionObject } from './refs.ts';
import { FAILED_STATUSES } from './transaction.ts';

const TransactionConnection = defineConnection(TransactionObject);

const SORTS = { createdAt: 'CREATED_AT', transactionDate: 'CREATED_AT', amount: 'AMOUNT' } as const;

const filterArgs = builder.args((t) => ({
  action: t.field({ type: ActionEnum }),
  actions: t.field({ type: [ActionEnum] }),
  canceled: t.boolean(),
  clientTransactionSessionId: t.string(),
  code: t.string({ deprecationReason: CODE_IS_ID }),
  currency: t.field({ type: CurrencyEnum }),
  customerId: t.string(),
  disputed: t.boolean(),
  failed: t.boolean(),
  hasProviderError: t.boolean(),
  id: t.string(),
  merchantInternalCustomerCode: t.string(),
  merchantInternalTransactionCode: t.string(),
  paymentMethodCode: t.string(),
  paymentMethodId: t.string(),
  paymentMethodType: t.field({ type: MethodTypeEnum }),
  paymentPlanId: t.string(),
  providerCode: t.string(),
  providerRelatedCode: t.string(),
  relatedTransactionId: t.string(),
  reverted: t.boolean({ description: 'Whether money of it was given back or let go.' }),
  started: t.boolean({ description: 'Whether it was begun, as every transaction was.' }),
  status: t.field({ type: TransactionStatusEnum }),
  statuses: t.field({ type: [TransactionStatusEnum] }),
  succeeded: t.boolean(),
  token: t.string({
    description: 'The provider’s token of the session.',
    deprecationReason: 'Sessions have tokens: filter by clientTransactionSessionId.',
  }),
  transactionDateFrom: t.field({ type: 'DateTimeISO' }),
  transactionDateTo: t.field({ type: 'DateTimeISO', description: 'Inclusive.' }),
  transactionProvider: t.field({ type: ProviderEnum }),
  transactionProviderId: t.string(),
}));

type FilterArgs = InputShapeFromFields<typeof filterArgs>;

const NAMES = [
  'clientTransactionSessionId',
  'code',
  'customerId',
  'id',
  'merchantInternalCustomerCode',
  'merchantInternalTransactionCode',
  'paymentMethodCode',
  'paymentMethodId',
  'paymentPlanId',
  'providerCode',
  'providerRelatedCode',
  'relatedTransactionId',
  'token',
  'transactionProviderId',
];

builder.queryFields((t) => ({
  merchantApiTransaction: t.field({
    type: TransactionObject,
    args: transactionNames,
    validate: checked(z.looseObject(nameShape)),
    resolve: (_root, names, context) => findNamedTransaction(context, names),
  }),
  merchantApiTransactions: t.field({
    type: TransactionConnection,
    description: 'Transactions, newest first unless sorted by createdAt, transactionDate or amount.',
    args: { ...filterArgs, ...pageArgs },
    validate: listArgs(...NAMES),
    resolve: async (_root, args, context) => {
      const scope = requireMerchant(context);
      const sort = toSort(args.sorting, SORTS);
      const filter = await toFilter(context, args);
      if (filter === null) return NOTHING;
      return connect(
        args,
        (page) => listTransactions(context.deps, scope, { filter, sort, page }),
        () => countTransactions(context.deps, scope, filter),
      );
    },
  }),
}));

/** The filter of the core; null where nothing can meet it. Every condition must hold. */
async function toFilter(context: AccrupayContext, args: FilterArgs): Promise<TransactionFilter | null> {
  const isElsewhere = args.paymentPlanId != null || args.started === false;
  const id = agreed(args.id, args.code);
  const ofToken = await sessionIdBehind(context, args.token);
  const sessionId = ofToken === NOTHING_AGREED ? ofToken : agreed(args.clientTransactionSessionId, ofToken);
  const statuses = statusesOf(args);
  const actions = TRANSACTION_ACTIONS.filter(
    (action) => (args.action ?? action) === action && (args.actions ?? [action]).includes(action),
  );
  if (isElsewhere || id === NOTHING_AGREED || sessionId === NOTHING_AGREED) return null;
  if (statuses.length === 0 || actions.length === 0) return null;
  const { customerId, hasProviderError, paymentMethodId, paymentMethodCode, providerCode, relatedTransactionId } = args;
  const { currency, merchantInternalCustomerCode, merchantInternalTransactionCode, paymentMethodType } = args;
  const same = { id, customerId, hasProviderError, paymentMethodId, paymentMethodCode, providerCode, relatedTransactionId };
  return given({
    ...same,
    merchantInternalCustomerCode,
    merchantInternalTransactionCode,
    relatedProviderCode: args.providerRelatedCode,
    providerAccountId: args.transactionProviderId,
    providers: args.transactionProvider == null ? null : [args.transactionProvider],
    sessionId,
    currencies: currency == null ? null : [currency],
    statuses: statuses.length === TRANSACTION_STATUSES.length ? null : statuses,
    actions: actions.length === TRANSACTION_ACTIONS.length ? null : actions,
    isOfCard: paymentMethodType == null ? null : paymentMethodType === 'CARD',
    isDisputed: args.disputed,
    isReverted: args.reverted,
    createdFrom: args.transactionDateFrom,
    createdBefore: args.transactionDateTo == null ? null : addMs(args.transactionDateTo, 1),
  });
}

const NOTHING_AGREED = Symbol('nothing');

/** What both names of one thing say; null without either. */
function agreed(name: string | null | undefined, older: string | null | undefined): string | null | typeof NOTHING_AGREED {
  if (older == null) return name ?? null;
  return name == null || name === older ? older : NOTHING_AGREED;
}

async function sessionIdBehind(context: AccrupayContext, clientToken: string | null | undefined) {
  if (clientToken == null) return null;
  const found = await findSession(context.deps, requireMerchant(context), { clientToken });
  return found.ok ? found.value.id : NOTHING_AGREED;
}

function statusesOf(args: FilterArgs): readonly TransactionStatus[] {
  const wanted = (flag: boolean | null | undefined, isMet: boolean): boolean => flag == null || flag === isMet;
  return TRANSACTION_STATUSES.filter(
    (status) =>
      (args.status ?? status) === status &&
      (args.statuses ?? [status]).includes(status) &&
      wanted(args.succeeded, status === 'SUCCEEDED') &&
      wanted(args.canceled, status === 'CANCELED') &&
      wanted(args.failed, FAILED_STATUSES.includes(status)),
  );
}
