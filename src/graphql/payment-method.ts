import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { connect, listInput } from '../endpoint/paging.ts';
import { code } from '../endpoint/text-rules.ts';
import { given } from '../kernel/given.ts';
import { detachPaymentMethod } from '../payment-methods/detach.ts';
import { countPaymentMethods, listPaymentMethods } from '../payment-methods/read.ts';
import { call, linked, loadersOf, merchantOnly, requireMerchant } from './access.ts';
import { builder } from './builder.ts';
import { defineConnection, pagingArgs } from './connection.ts';
import { Billing } from './contact.ts';
import { PaymentMethodStatusEnum, ProviderEnum } from './enums.ts';
import { filterSchema } from './filters.ts';
import { CustomerObject, MERCHANT_ONLY, PaymentMethodObject } from './refs.ts';

const UNTIL_ERASED = 'Null once the customer was erased.';

PaymentMethodObject.implement({
  description: 'A card that a provider keeps for later charges. Tollgate knows its brand and last digits only.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the payment method, for `chargePaymentMethod`.' }),
    status: t.expose('status', { type: PaymentMethodStatusEnum, description: 'Whether it can be charged.' }),
    brand: t.string({
      nullable: true,
      description: `The card’s brand, as the provider names it. ${UNTIL_ERASED}`,
      resolve: ({ card }) => card?.brand ?? null,
    }),
    last4: t.string({
      nullable: true,
      description: `The last four digits of the card. ${UNTIL_ERASED}`,
      resolve: ({ card }) => card?.last4 ?? null,
    }),
    expMonth: t.int({
      nullable: true,
      description: `The month of the card’s expiry, 1 to 12. ${UNTIL_ERASED}`,
      resolve: ({ card }) => card?.expMonth ?? null,
    }),
    expYear: t.int({
      nullable: true,
      description: `The year of the card’s expiry, with four digits. ${UNTIL_ERASED}`,
      resolve: ({ card }) => card?.expYear ?? null,
    }),
    transactionProvider: t.expose('provider', { type: ProviderEnum, description: 'The provider that keeps the card.' }),
    transactionProviderId: t.exposeID('providerAccountId', {
      description: 'The id of the provider account that a charge goes to.',
    }),
    providerCode: t.string({
      nullable: true,
      description: `The provider’s reference of the stored card. ${MERCHANT_ONLY} Others get null.`,
      resolve: merchantOnly(({ stored }) => stored.providerCode),
    }),
    billing: t.field({
      type: Billing,
      nullable: true,
      description: `Who stored it. Null once the customer was erased. ${MERCHANT_ONLY}`,
      resolve: merchantOnly(({ billing }) => billing),
    }),
    customer: t.field({
      type: CustomerObject,
      nullable: true,
      description: `The customer it belongs to. ${MERCHANT_ONLY} Others get null.`,
      resolve: merchantOnly(({ customerId }, context) => linked(customerId, loadersOf(context).customer)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was stored.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it changed last.' }),
  }),
});

const PaymentMethodFilterInput = builder.inputType('PaymentMethodFilter', {
  description: 'Which payment methods to list. A payment method must meet everything that is given.',
  fields: (t) => ({
    customerId: t.id({ description: 'The payment method belongs to the customer with this id.' }),
    merchantInternalCustomerCode: t.string({ description: 'The payment method belongs to the customer with exactly this code.' }),
    statuses: t.field({ type: [PaymentMethodStatusEnum], description: 'The payment method has one of these statuses.' }),
  }),
});

const PaymentMethodConnection = defineConnection('PaymentMethod', PaymentMethodObject, 'payment methods');

builder.queryField('paymentMethods', (t) =>
  t.field({
    type: PaymentMethodConnection,
    description: 'The stored payment methods of the merchant’s customers, newest first.',
    args: {
      filter: t.arg({ type: PaymentMethodFilterInput, description: 'Which payment methods; all of them without a filter.' }),
      ...pagingArgs,
    },
    validate: checked(listInput({ filter: filterSchema })),
    resolve: (_root, { filter: filterInput, ...paging }, context) => {
      const scope = requireMerchant(context);
      const filter = given(filterInput ?? {});
      return connect(
        paging,
        (page) => listPaymentMethods(context.deps, scope, { filter, page }),
        () => countPaymentMethods(context.deps, scope, filter),
      );
    },
  }),
);

builder.mutationField('detachPaymentMethod', (t) =>
  t.field({
    type: PaymentMethodObject,
    description: 'Makes the provider forget a stored payment method, which cannot be charged any more. Safe to repeat.',
    args: { id: t.arg.id({ required: true, description: 'The id of the payment method.' }) },
    validate: checked(z.looseObject({ id: code })),
    resolve: (_root, { id }, context) => call(context, detachPaymentMethod, id),
  }),
);
