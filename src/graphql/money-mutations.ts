import type { InputShapeFromFields } from '@pothos/core';
import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { billingSchema, toContact } from '../endpoint/contact-input.ts';
import * as rules from '../endpoint/text-rules.ts';
import { chargePaymentMethod } from '../transactions/charge.ts';
import { refundTransaction } from '../transactions/refund.ts';
import { settleAuthorization } from '../transactions/settle.ts';
import { syncTransaction } from '../transactions/sync.ts';
import { voidAuthorization, voidTransaction } from '../transactions/void.ts';
import { call } from './access.ts';
import { builder } from './builder.ts';
import { BillingInput } from './contact-input.ts';
import { CurrencyEnum } from './enums.ts';
import { TransactionObject } from './refs.ts';
import { TransactionSelectorInput, toTransactionSelector } from './selectors.ts';

const REASON_LENGTH_MAX = 255;
const DESCRIPTION_LENGTH_MAX = 1_000;

const LOST_ANSWER = 'When the provider’s answer is lost the transaction comes back as UNKNOWN, and the gateway keeps asking.';

const ChargeInput = builder.inputType('ChargePaymentMethodInput', {
  description: 'What a stored payment method is charged with.',
  fields: (t) => ({
    paymentMethodId: t.id({ required: true, description: 'The id of the stored payment method.' }),
    merchantInternalTransactionCode: t.string({
      required: true,
      description:
        'The merchant’s own code, 1 to 255 characters, unique among sessions and charges. The same code with the same input returns the charge that exists.',
    }),
    amount: t.field({
      type: 'BigInt',
      required: true,
      description: 'The amount in the smallest unit of the currency, from 1 to 2^63−1.',
    }),
    currency: t.field({ type: CurrencyEnum, required: true, description: 'The currency of the charge.' }),
    description: t.string({ description: 'A text of up to 1000 characters that tells what is paid.' }),
    billing: t.field({ type: BillingInput, description: 'Who pays, where it is not as stored with the payment method.' }),
  }),
});

const chargeSchema = z.looseObject({
  paymentMethodId: rules.code,
  merchantInternalTransactionCode: rules.code,
  amount: rules.amount,
  description: rules.optional(rules.cardFreeText(DESCRIPTION_LENGTH_MAX)),
  billing: billingSchema.nullish(),
});

/** Amount, reason and key of a call on a transaction; all of them may be left out. */
const callSchema = z.looseObject({
  amount: rules.amount.nullish(),
  reason: rules.optional(rules.cardFreeText(REASON_LENGTH_MAX)),
  idempotencyKey: rules.code.nullish(),
});

const keyed = builder.args((t) => ({
  by: t.field({ type: TransactionSelectorInput, required: true, description: 'Which transaction.' }),
  idempotencyKey: t.string({
    description:
      'A key of your own, 1 to 255 characters. The same key with the same input does nothing twice and answers the first call’s transaction; send one with every call.',
  }),
}));

/** What every call on a transaction is made with. */
function toCall({ by, idempotencyKey }: InputShapeFromFields<typeof keyed>) {
  return { by: toTransactionSelector(by), idempotencyKey: idempotencyKey ?? null };
}

builder.mutationFields((t) => ({
  settleAuthorization: t.field({
    type: TransactionObject,
    description: `Takes held money and releases the rest; an authorization is settled once. Answers the new settle. ${LOST_ANSWER}`,
    args: {
      ...keyed,
      amount: t.arg({ type: 'BigInt', description: 'How much to take, at most what is held; all of it when left out.' }),
    },
    validate: checked(callSchema),
    resolve: (_root, { amount, ...args }, context) =>
      call(context, settleAuthorization, { ...toCall(args), amountMinor: amount ?? null }),
  }),
  voidAuthorization: t.field({
    type: TransactionObject,
    description: `Releases held money. Answers the new void. ${LOST_ANSWER}`,
    args: keyed,
    validate: checked(callSchema),
    resolve: (_root, args, context) => call(context, voidAuthorization, toCall(args)),
  }),
  voidTransaction: t.field({
    type: TransactionObject,
    description: `Undoes an authorization, or a payment that is not yet paid out where the provider offers it. Answers the new void. ${LOST_ANSWER}`,
    args: keyed,
    validate: checked(callSchema),
    resolve: (_root, args, context) => call(context, voidTransaction, toCall(args)),
  }),
}));

builder.mutationFields((t) => ({
  refundTransaction: t.field({
    type: TransactionObject,
    description: `Gives taken money back, in one or several refunds that never exceed what was taken. A settled authorization is refunded through its settle. Answers the new refund. ${LOST_ANSWER}`,
    args: {
      ...keyed,
      amount: t.arg({ type: 'BigInt', description: 'How much to give back; all that is left when left out.' }),
      reason: t.arg.string({ description: 'Why, in up to 255 characters.' }),
    },
    validate: checked(callSchema),
    resolve: (_root, { amount, reason, ...args }, context) =>
      call(context, refundTransaction, { ...toCall(args), amountMinor: amount ?? null, reason: rules.given(reason) }),
  }),
  chargePaymentMethod: t.field({
    type: TransactionObject,
    description: `Charges a stored payment method without the payer, through the account that stored it. ${LOST_ANSWER}`,
    args: {
      data: t.arg({
        type: ChargeInput,
        required: true,
        description: 'What is charged.',
        validate: checked(chargeSchema),
      }),
    },
    resolve: (_root, { data: { amount, description, billing, ...same } }, context) =>
      call(context, chargePaymentMethod, {
        ...same,
        dialect: 'GRAPHQL',
        amountMinor: amount,
        description: rules.given(description),
        billing: billing ? toContact('billing', billing) : null,
      }),
  }),
  syncTransaction: t.field({
    type: TransactionObject,
    description: 'Asks the provider what became of a transaction and applies the answer. Moves no money and is safe to repeat.',
    args: { by: t.arg({ type: TransactionSelectorInput, required: true, description: 'Which transaction.' }) },
    resolve: (_root, { by }, context) => call(context, syncTransaction, toTransactionSelector(by)),
  }),
}));
