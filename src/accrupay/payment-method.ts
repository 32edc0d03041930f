import { type InputShapeFromFields } from '@pothos/core';
import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
import { connect } from '../endpoint/paging.ts';
import { code } from '../endpoint/text-rules.ts';
import { given } from '../kernel/given.ts';
import { PAGE_SIZE_MAX } from '../kernel/paging.ts';
import type { PaymentMethod } from '../payment-methods/payment-method.ts';
import { countPaymentMethods, findPaymentMethod, listPaymentMethods, type PaymentMethodFilter } from '../payment-methods/read.ts';
import type { CardSummary } from '../providers/provider.ts';
import { builder, type Fields } from './builder.ts';
import { defineConnection, listArgs, NOTHING, pageArgs, textArgs, toSort } from './connection.ts';
import { type AccrupayContext, codeOfCustomer, requireMerchant } from './context.ts';
import { CustomerSelectorInput, codeOfNamed, customerShape } from './customer.ts';
import { MethodStatusEnum, MethodTypeEnum, ProviderEnum, SecCodeEnum } from './enums.ts';
import { contactFields } from './people.ts';
import { PaymentMethodObject } from './refs.ts';

const CardInfo = builder.objectRef<CardSummary>('MerchantCustomerPaymentMethodCreditCardInfo').implement({
  fields: (t) => ({
    methodType: t.field({ type: MethodTypeEnum, resolve: () => 'CARD' as const }),
    cardBrand: t.exposeString('brand', { nullable: true }),
    cardNumberMasked: t.string({ nullable: true, resolve: ({ last4 }) => `****${last4}` }),
    expirationMonth: t.exposeFloat('expMonth', { nullable: true }),
    expirationYear: t.exposeFloat('expYear', { nullable: true }),
  }),
});

const AchInfo = builder.objectRef<never>('MerchantCustomerPaymentMethodAchInfo').implement({
  description: 'For the form of the contract only: bank accounts are not stored.',
  fields: (t) => ({
    methodType: t.field({ type: MethodTypeEnum, resolve: () => 'ACH' as const }),
    accountNumber: t.string({ nullable: true, resolve: () => null }),
    routingNumber: t.string({ nullable: true, resolve: () => null }),
    bankName: t.string({ nullable: true, resolve: () => null }),
    secCode: t.field({ type: SecCodeEnum, nullable: true, resolve: () => null }),
  }),
});

const GenericInfo = builder.objectRef<never>('MerchantCustomerPaymentMethodGenericInfo').implement({
  description: 'For the form of the contract only: every stored method is a card.',
  fields: (t) => ({ methodType: t.field({ type: MethodTypeEnum, resolve: () => 'OTHER' as const }) }),
});

const MethodInfo = builder.unionType('MerchantCustomerPaymentMethodInfo', {
  types: [CardInfo, AchInfo, GenericInfo],
  resolveType: () => CardInfo,
});

PaymentMethodObject.implement({
  description: 'A card that a provider keeps for later charges.',
  fields: (t) => ({
    id: t.exposeID('id'),
    status: t.expose('status', { type: MethodStatusEnum }),
    providerStatus: t.expose('status', { type: MethodStatusEnum }),
    methodType: t.field({ type: MethodTypeEnum, resolve: () => 'CARD' as const }),
    paymentMethodInfo: t.field({ type: MethodInfo, nullable: true, resolve: ({ card }) => card }),
    isDefault: t.boolean({ description: 'Always false: customers have no default method.', resolve: () => false }),
    isEnabled: t.boolean({ resolve: ({ status }) => status === 'ENABLED' }),
    expiresAt: t.field({
      type: 'DateTimeISO',
      nullable: true,
      description: 'The end of the card’s last month.',
      resolve: ({ card }) => (card === null ? null : new Date(Date.UTC(card.expYear, card.expMonth))),
    }),
    ...references(t),
    ...contactFields(t, 'billing', async ({ billing }) => billing),
    createdAt: t.expose('createdAt', { type: 'DateTimeISO' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTimeISO' }),
    providerLastVerifiedAt: t.expose('updatedAt', { type: 'DateTimeISO' }),
    providerLastSyncedAt: t.expose('updatedAt', { type: 'DateTimeISO', nullable: true }),
  }),
});

function references(t: Fields<PaymentMethod>) {
  return {
    providerCode: t.string({ resolve: ({ stored }) => stored.providerCode }),
    providerCustomerCode: t.string({ nullable: true, resolve: ({ stored }) => stored.providerCustomerCode }),
    providerError: t.string({ nullable: true, description: 'Always null: only charges can fail.', resolve: () => null }),
    transactionProviderId: t.exposeString('providerAccountId'),
    customerId: t.exposeString('customerId', { nullable: true }),
    merchantInternalCustomerCode: t.string({
      nullable: true,
      description: 'Null for a method that was stored without naming a customer.',
      resolve: ({ customerId }, _args, context) => codeOfCustomer(context, customerId),
    }),
    initialTransactionId: t.string({ nullable: true, description: 'Always null: it is not kept.', resolve: () => null }),
  };
}

const NAMES = [
  'customerId',
  'id',
  'initialTransactionId',
  'merchantInternalCustomerCode',
  'providerCode',
  'transactionProviderId',
] as const;

const filterArgs = builder.args((t) => ({
  ...textArgs(t, NAMES),
  hasProviderError: t.boolean(),
  isDefault: t.boolean(),
  methodType: t.field({ type: MethodTypeEnum }),
  transactionProvider: t.field({ type: ProviderEnum }),
}));

const MethodConnection = defineConnection(PaymentMethodObject);

builder.queryFields((t) => ({
  merchantApiCustomerPaymentMethod: t.field({
    type: PaymentMethodObject,
    args: { merchantCustomerPaymentMethodId: t.arg.string({ required: true }) },
    validate: checked(z.looseObject({ merchantCustomerPaymentMethodId: code })),
    resolve: async (_root, args, context) => {
      const scope = requireMerchant(context);
      return unwrap(await findPaymentMethod(context.deps, scope, args.merchantCustomerPaymentMethodId));
    },
  }),
  merchantApiCustomerPaymentMethods: t.field({
    type: MethodConnection,
    args: { ...filterArgs, ...pageArgs },
    validate: listArgs(...NAMES),
    resolve: (_root, args, context) => {
      const scope = requireMerchant(context);
      const { order } = toSort(args.sorting, { createdAt: 'CREATED_AT' });
      const isElsewhere =
        args.isDefault === true ||
        args.hasProviderError === true ||
        args.initialTransactionId != null ||
        (args.methodType ?? 'CARD') !== 'CARD';
      if (isElsewhere) return NOTHING;
      const filter = toFilter(args);
      return connect(
        args,
        (page) => listPaymentMethods(context.deps, scope, { filter, page, order }),
        () => countPaymentMethods(context.deps, scope, filter),
      );
    },
  }),
}));

function toFilter(args: InputShapeFromFields<typeof filterArgs>): PaymentMethodFilter {
  const { id, customerId, merchantInternalCustomerCode, providerCode } = args;
  return given({
    id,
    customerId,
    merchantInternalCustomerCode,
    providerCode,
    provider: args.transactionProvider,
    providerAccountId: args.transactionProviderId,
  });
}

const customerArgs = builder.args((t) => ({
  merchantInternalCustomerCode: t.string({ deprecationReason: 'Name the customer by `customer`.' }),
  customer: t.field({ type: CustomerSelectorInput }),
}));

builder.mutationFields((t) => ({
  merchantApiCustomerPaymentMethodSyncOne: t.field({
    type: PaymentMethodObject,
    description:
      'A stored method by its account and the provider’s reference. Sessions bring methods here; there is nothing to ask for.',
    args: {
      merchantTransactionProviderId: t.arg.string({ required: true }),
      providerCode: t.arg.string({ required: true }),
      ...customerArgs,
    },
    validate: checked(z.looseObject({ ...customerShape, merchantTransactionProviderId: code, providerCode: code })),
    resolve: async (_root, args, context) => {
      const { merchantTransactionProviderId: providerAccountId, providerCode } = args;
      const [method] = await listed(context, { providerAccountId, providerCode, ...(await filterOf(context, args)) });
      if (method === undefined)
        throw refuse('PAYMENT_METHOD_NOT_FOUND', 'No stored payment method of this account has this reference.');
      return method;
    },
  }),
  merchantApiCustomerPaymentMethodSyncAll: t.field({
    type: [PaymentMethodObject],
    description: `The methods that a customer has stored with an account, newest first, at most ${PAGE_SIZE_MAX}.`,
    args: { merchantTransactionProviderId: t.arg.string({ required: true }), ...customerArgs },
    validate: checked(z.looseObject({ ...customerShape, merchantTransactionProviderId: code })),
    resolve: async (_root, args, context) => {
      if (args.customer == null && args.merchantInternalCustomerCode == null) {
        throw refuse('BAD_USER_INPUT', 'Name the customer by `customer` or `merchantInternalCustomerCode`.');
      }
      return listed(context, { providerAccountId: args.merchantTransactionProviderId, ...(await filterOf(context, args)) });
    },
  }),
}));

async function filterOf(context: AccrupayContext, named: Parameters<typeof codeOfNamed>[1]): Promise<PaymentMethodFilter> {
  requireMerchant(context);
  const merchantInternalCustomerCode = await codeOfNamed(context, named);
  return merchantInternalCustomerCode === null ? {} : { merchantInternalCustomerCode };
}

async function listed(context: AccrupayContext, filter: PaymentMethodFilter): Promise<readonly PaymentMethod[]> {
  const page = { direction: 'forward', size: PAGE_SIZE_MAX, cursor: null, skip: 0 } as const;
  const { edges } = unwrap(await listPaymentMethods(context.deps, requireMerchant(context), { filter, page }));
  return edges.map(({ node }) => node);
}
