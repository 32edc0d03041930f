import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { billingSchema, shippingSchema, toContact } from '../endpoint/contact-input.ts';
import { deviceSchema } from '../endpoint/device-input.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
import * as rules from '../endpoint/text-rules.ts';
import { findPaymentMethod } from '../payment-methods/read.ts';
import { authorizePaymentMethod, type ChargeInput, chargePaymentMethod } from '../transactions/charge.ts';
import { refundOrJoin } from '../transactions/refund.ts';
import { settleAuthorization } from '../transactions/settle.ts';
import { syncTransaction } from '../transactions/sync.ts';
import { voidAuthorization, voidTransaction } from '../transactions/void.ts';
import { builder, type InputFields } from './builder.ts';
import { type AccrupayContext, codeOfCustomer, requireMerchant } from './context.ts';
import { SessionContextObject, TransactionContextObject } from './contexts.ts';
import { CurrencyEnum } from './enums.ts';
import { findNamedTransaction, nameShape, transactionNames } from './identifiers.ts';
import { BillingInput, DeviceInput, ShippingInput, UserInput } from './people.ts';
import { TransactionObject } from './refs.ts';
import { type Routing, requireSameAccount, routingArgs, routingShape } from './routing.ts';
import { showServerSession } from './shown-session.ts';

const named = checked(z.looseObject(nameShape));
const namedWithAmount = checked(z.looseObject({ ...nameShape, amount: rules.amount }));

builder.mutationFields((t) => ({
  merchantApiTransactionAuthorizationSettle: t.field({
    type: TransactionContextObject,
    description: 'Takes held money, in part or in whole, and releases the rest. The transaction is the new SETTLE.',
    args: { ...transactionNames, amount: t.arg({ type: 'BigInt', required: true }) },
    validate: namedWithAmount,
    resolve: async (_root, { amount, ...names }, context) => {
      const by = await findNamedTransaction(context, names);
      const input = { by: { id: by.id }, amountMinor: amount, idempotencyKey: null };
      return unwrap(await settleAuthorization(context.deps, requireMerchant(context), input));
    },
  }),
  merchantApiTransactionAuthorizationVoid: t.field({
    type: TransactionContextObject,
    description: 'Releases held money. The transaction is the new VOID.',
    args: transactionNames,
    validate: named,
    resolve: async (_root, names, context) => {
      const { id } = await findNamedTransaction(context, names);
      return unwrap(await voidAuthorization(context.deps, requireMerchant(context), { by: { id }, idempotencyKey: null }));
    },
  }),
  merchantApiTransactionVoid: t.field({
    type: TransactionObject,
    description: 'Undoes an authorization, or a payment where its provider offers it. Answers the new VOID.',
    args: transactionNames,
    validate: named,
    resolve: async (_root, names, context) => {
      const { id } = await findNamedTransaction(context, names);
      return unwrap(await voidTransaction(context.deps, requireMerchant(context), { by: { id }, idempotencyKey: null }));
    },
  }),
  merchantApiTransactionRefund: t.field({
    type: TransactionObject,
    description:
      'Gives taken money back. Each call is one refund, but one that equals a refund which is still under way answers that one. Answers the REFUND.',
    args: { ...transactionNames, amount: t.arg({ type: 'BigInt', required: true }) },
    validate: namedWithAmount,
    resolve: async (_root, { amount, ...names }, context) => {
      const { id } = await findNamedTransaction(context, names);
      const input = { by: { id }, amountMinor: amount, reason: null };
      return unwrap(await refundOrJoin(context.deps, requireMerchant(context), input));
    },
  }),
  merchantApiTransactionSyncOne: t.field({
    type: TransactionObject,
    description: 'Asks the provider what became of a transaction.',
    args: { ...transactionNames, merchantTransactionProviderId: t.arg.string({ required: true }) },
    validate: checked(z.looseObject({ ...nameShape, merchantTransactionProviderId: rules.code })),
    resolve: async (_root, { merchantTransactionProviderId, ...names }, context) => {
      const { id, providerAccountId } = await findNamedTransaction(context, names);
      if (providerAccountId !== merchantTransactionProviderId) {
        throw refuse('TRANSACTION_NOT_FOUND', 'The transaction is not of this provider account.');
      }
      return unwrap(await syncTransaction(context.deps, requireMerchant(context), { id }));
    },
  }),
}));

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
