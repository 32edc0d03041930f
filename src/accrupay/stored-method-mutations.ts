import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { billingSchema, shippingSchema, toContact } from '../endpoint/contact-input.ts';
import { deviceSchema } from '../endpoint/device-input.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
import * as rules from '../endpoint/text-rules.ts';
import { findPaymentMethod } from '../payment-methods/read.ts';
import { authorizePaymentMethod, type ChargeInput, chargePaymentMethod } from '../transactions/charge.ts';
import { builder } from './builder.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';
import { SessionContextObject } from './contexts.ts';
import { codeOfCustomer } from './customer-code.ts';
import { CurrencyEnum } from './enums.ts';
import { BillingInput, DeviceInput, ShippingInput, UserInput } from './people-input.ts';
import { TransactionObject } from './refs.ts';
import { type Routing, requireSameAccount, routingArgs, routingShape } from './routing.ts';
import { showServerSession } from './shown-session.ts';

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0];

const chargeFields = (t: InputFields) => ({
  amount: t.field({ type: 'BigInt', required: true }),
  currency: t.field({ type: CurrencyEnum, required: true }),
  merchantCustomerPaymentMethodId: t.string({ required: true }),
  merchantInternalTransactionCode: t.string({ required: true }),
  billing: t.field({ type: BillingInput, required: true }),
  shipping: t.field({ type: ShippingInput, description: 'Checked and not kept: nobody is at a checkout.' }),
  user: t.field({ type: UserInput, description: 'Not kept: nobody is at a checkout.' }),
  device: t.field({ type: DeviceInput, description: 'Checked and not kept: nobody is at a checkout.' }),
});

const ChargeInputObject = builder.inputType('MerchantApiServerPaymentMethodTransactionCreateSchema', {
  fields: (t) => ({
    ...chargeFields(t),
    merchantInternalCustomerCode: t.string({
      description: 'Must be the code of the customer who stored the method.',
      deprecationReason: 'The payment method names its customer.',
    }),
  }),
});

const AuthorizeInputObject = builder.inputType('MerchantApiServerPaymentMethodTransactionAuthorizationSessionStartSchema', {
  fields: chargeFields,
});

const chargeSchema = z.looseObject({
  amount: rules.amount,
  merchantCustomerPaymentMethodId: rules.code,
  merchantInternalTransactionCode: rules.code,
  merchantInternalCustomerCode: rules.code.nullish(),
  billing: billingSchema,
  shipping: shippingSchema.nullish(),
  device: deviceSchema.nullish(),
});

type ChargeData = typeof AuthorizeInputObject.$inferInput & { merchantInternalCustomerCode?: string | null | undefined };

/** The core charges through the account that stored the method, so routing and customer can only agree with it. */
async function toCharge(context: AccrupayContext, routing: Routing, data: ChargeData): Promise<ChargeInput> {
  const scope = requireMerchant(context);
  const { merchantCustomerPaymentMethodId: paymentMethodId, merchantInternalCustomerCode: customerCode } = data;
  const method = unwrap(await findPaymentMethod(context.deps, scope, paymentMethodId));
  await requireSameAccount(context, routing, method.providerAccountId);
  if (customerCode != null && customerCode !== (await codeOfCustomer(context, method.customerId))) {
    throw refuse('PAYMENT_METHOD_NOT_FOUND', 'This customer has no such payment method.');
  }
  return {
    dialect: 'ACCRUPAY',
    paymentMethodId,
    merchantInternalTransactionCode: data.merchantInternalTransactionCode,
    amountMinor: data.amount,
    currency: data.currency,
    description: null,
    billing: toContact('billing', data.billing),
  };
}

const routed = checked(z.looseObject(routingShape));

builder.mutationFields((t) => ({
  merchantApiServerPaymentMethodTransactionCreate: t.field({
    type: TransactionObject,
    description:
      'Charges a stored payment method without the payer. A decline is a status. The same code and input answer the same charge.',
    args: {
      ...routingArgs,
      data: t.arg({ type: ChargeInputObject, required: true, validate: checked(chargeSchema) }),
    },
    validate: routed,
    resolve: async (_root, { data, ...routing }, context) => {
      const input = await toCharge(context, routing, data);
      return unwrap(await chargePaymentMethod(context.deps, requireMerchant(context), input));
    },
  }),
  merchantApiServerPaymentMethodTransactionAuthorizationSessionStart: t.field({
    type: SessionContextObject,
    description: 'Holds money on a stored payment method without the payer, to be settled or voided later.',
    args: {
      ...routingArgs,
      data: t.arg({ type: AuthorizeInputObject, required: true, validate: checked(chargeSchema) }),
    },
    validate: routed,
    resolve: async (_root, { data, ...routing }, context) => {
      const input = await toCharge(context, routing, data);
      return showServerSession(unwrap(await authorizePaymentMethod(context.deps, requireMerchant(context), input)));
    },
  }),
}));
