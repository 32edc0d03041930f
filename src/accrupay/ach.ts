import { refuse } from '../endpoint/errors.ts';
import { builder } from './builder.ts';
import { requireMerchant } from './context.ts';
import { CustomerSelectorInput } from './customer-selector.ts';
import { CurrencyEnum, SecCodeEnum } from './enums.ts';
import { BillingInput, DeviceInput, ShippingInput, UserInput } from './people-input.ts';
import { TransactionObject } from './refs.ts';
import { routingArgs } from './routing.ts';

const AchDataInput = builder.inputType('MerchantServerAchTransactionDataSchema', {
  fields: (t) => ({
    accountNumber: t.string({ required: true }),
    routingNumber: t.string({ required: true }),
    secCode: t.field({ type: SecCodeEnum }),
  }),
});

const AchPaymentInput = builder.inputType('MerchantApiServerAchPaymentTransactionCreateSchema', {
  fields: (t) => ({
    amount: t.field({ type: 'BigInt', required: true }),
    currency: t.field({ type: CurrencyEnum, required: true }),
    merchantInternalTransactionCode: t.string({ required: true }),
    storePaymentMethod: t.boolean({ required: true }),
    billing: t.field({ type: BillingInput, required: true }),
    ach: t.field({ type: AchDataInput, required: true }),
    customer: t.field({ type: CustomerSelectorInput }),
    merchantInternalCustomerCode: t.string(),
    shipping: t.field({ type: ShippingInput }),
    user: t.field({ type: UserInput }),
    device: t.field({ type: DeviceInput }),
  }),
});

builder.mutationField('merchantApiServerAchPaymentTransactionCreate', (t) =>
  t.field({
    type: TransactionObject,
    description: 'Always refused, and nothing of it is kept: Tollgate takes no bank accounts.',
    args: { ...routingArgs, data: t.arg({ type: AchPaymentInput, required: true }) },
    resolve: (_root, _args, context) => {
      requireMerchant(context);
      throw refuse('UNSUPPORTED', 'Tollgate takes no payments from bank accounts (ACH). Nothing was sent.');
    },
  }),
);
