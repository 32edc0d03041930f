import type { InputShapeFromFields } from '@pothos/core';
import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { connect } from '../endpoint/paging.ts';
import { addMs } from '../kernel/clock.ts';
import { given } from '../kernel/given.ts';
import { findSession } from '../sessions/read.ts';
import { countTransactions, listTransactions, type TransactionFilter } from '../transactions/list.ts';
import {
  TRANSACTION_ACTIONS,
  TRANSACTION_STATUSES,
  type Transaction,
  type TransactionAction,
  type TransactionStatus,
} from '../transactions/transaction.ts';
import { builder, type Fields } from './builder.ts';
import { defineConnection, listArgs, NOTHING, pageArgs, textArgs, toSort } from './connection.ts';
import { type AccrupayContext, loadersOf, requireMerchant } from './context.ts';
import { ActionEnum, CurrencyEnum, MethodTypeEnum, ProviderEnum, TransactionStatusEnum } from './enums.ts';
import { CODE_IS_ID, findNamedTransaction, nameShape, transactionNames } from './identifiers.ts';
import { peopleFields } from './people.ts';
import { methodOf, recordFields } from './record-fields.ts';
import { SessionObject, TransactionObject } from './refs.ts';
import { peopleOfTransaction, showSession } from './shown-session.ts';

/** Ended without success, and not by the merchant or by time. */
const FAILED_STATUSES: readonly TransactionStatus[] = ['FAILED', 'DECLINED', 'ERROR'];

TransactionObject.implement({
  description:
    'One movement of money, or one try to store a payment method. Refunds, settles and voids are transactions of their own.',
  fields: (t) => ({
    ...recordFields(t),
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
    clientTransactionSessionId: t.exposeString('sessionId', { nullable: true }),
    relatedTransactionId: t.exposeString('relatedTransactionId', { nullable: true }),
    paymentMethodCode: t.string({
      nullable: true,
      resolve: async (transaction, _args, context) => (await methodOf(transaction, context))?.stored.providerCode ?? null,
    }),
    paymentMethodType: t.field({
      type: MethodTypeEnum,
      nullable: true,
      resolve: ({ card, paymentMethodId }) => (card === null && paymentMethodId === null ? null : 'CARD'),
    }),
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
    providerLastVerifiedAt: t.field({
      type: 'DateTimeISO',
      description: 'When the provider told of it last, or when it was recorded.',
      resolve: ({ observedAt, createdAt }) => observedAt ?? createdAt,
    }),
  };
}

function links(t: Fields<Transaction>) {
  return {
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

const TransactionConnection = defineConnection(TransactionObject);

const SORTS = { createdAt: 'CREATED_AT', transactionDate: 'CREATED_AT', amount: 'AMOUNT' } as const;

const NAMES = [
  'clientTransactionSessionId',
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
  'transactionProviderId',
] as const;

const filterArgs = builder.args((t) => ({
  ...textArgs(t, NAMES),
  action: t.field({ type: ActionEnum }),
  actions: t.field({ type: [ActionEnum] }),
  canceled: t.boolean(),
  code: t.string({ deprecationReason: CODE_IS_ID }),
  currency: t.field({ type: CurrencyEnum }),
  disputed: t.boolean(),
  failed: t.boolean(),
  hasProviderError: t.boolean(),
  paymentMethodType: t.field({ type: MethodTypeEnum }),
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
}));

type FilterArgs = InputShapeFromFields<typeof filterArgs>;

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
    validate: listArgs(...NAMES, 'code', 'token'),
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
