import { checked } from '../endpoint/checked.ts';
import { takeStarted } from '../endpoint/loaders.ts';
import {
  ATTEMPTS_MAX_DEFAULT,
  ATTEMPTS_MAX_LIMIT,
  moneyStartSchema,
  startSchema,
  toMoneyData,
  toStartData,
} from '../endpoint/start-input.ts';
import { cancelSession } from '../sessions/close.ts';
import { eraseSession } from '../sessions/erase.ts';
import { startSession } from '../sessions/start.ts';
import type { StartInput } from '../sessions/start-input.ts';
import { verifySession } from '../sessions/verify.ts';
import { call, loadersOf } from './access.ts';
import { builder, type InputFields } from './builder.ts';
import { BillingInput, DeviceInput, ShippingInput, UserInput } from './contact-input.ts';
import type { GraphqlContext } from './context.ts';
import { CurrencyEnum } from './enums.ts';
import { ClientSession, TransactionObject } from './refs.ts';
import { ProviderSelector, SessionSelectorInput, toAccountSelector, toSessionSelector } from './selectors.ts';
import { AddPaymentMethodSession, AuthorizationSession, PaymentSession } from './session.ts';

const CustomerReferenceInput = builder.inputType('CustomerReferenceInput', {
  description: 'Links a session to a customer record, which is created when the code is new.',
  fields: (t) => ({
    merchantInternalCustomerCode: t.string({ description: 'The merchant’s own code of the customer.' }),
  }),
});

const moneyFields = (t: InputFields) => ({
  amount: t.field({
    type: 'BigInt',
    required: true,
    description: 'The amount in the smallest unit of the currency, from 1 to 2^63−1: "10000" in USD is $100.00.',
  }),
  storePaymentMethod: t.boolean({ required: true, description: 'Whether the payment method is stored for later charges.' }),
});

const commonFields = (t: InputFields) => ({
  merchantInternalTransactionCode: t.string({
    required: true,
    description:
      'The merchant’s own code, 1 to 255 characters, unique among sessions and charges. The same code with the same input returns the session that exists; with other input it is refused.',
  }),
  currency: t.field({ type: CurrencyEnum, required: true, description: 'The currency of the session.' }),
  billing: t.field({ type: BillingInput, required: true, description: 'Who pays.' }),
  customer: t.field({
    type: CustomerReferenceInput,
    description: 'The customer to whom the session and a stored payment method belong.',
  }),
  shipping: t.field({ type: ShippingInput, description: 'Where goods go.' }),
  user: t.field({ type: UserInput, description: 'The end user behind the payment.' }),
  device: t.field({ type: DeviceInput, description: 'The payer’s device.' }),
  returnUrl: t.string({
    description:
      'Where the payer comes back to. It is https (http only on localhost) and begins with one of the merchant’s return origins.',
  }),
  metadata: t.field({
    type: 'JSONObject',
    description: 'Up to 50 facts of your own: keys up to 40 characters, values are texts up to 500.',
  }),
  description: t.string({ description: 'A text of up to 1000 characters that tells what is paid.' }),
  expiresAt: t.field({
    type: 'DateTime',
    description: 'When the session ends at the latest. It lies in the future and within what the provider allows.',
  }),
  attemptsMax: t.int({
    defaultValue: ATTEMPTS_MAX_DEFAULT,
    description: `After how many declined attempts the session ends, from 1 to ${ATTEMPTS_MAX_LIMIT}.`,
  }),
});

const PaymentSessionInput = builder.inputType('StartPaymentSessionInput', {
  description: 'What a payment session is started with.',
  fields: (t) => ({ ...moneyFields(t), ...commonFields(t) }),
});

const AuthorizationSessionInput = builder.inputType('StartAuthorizationSessionInput', {
  description: 'What an authorization session is started with.',
  fields: (t) => ({ ...moneyFields(t), ...commonFields(t) }),
});

const AddPaymentMethodSessionInput = builder.inputType('StartAddPaymentMethodSessionInput', {
  description: 'What a session that stores a payment method is started with. It takes no amount, and storing is its purpose.',
  fields: (t) => commonFields(t),
});

async function start(context: GraphqlContext, input: Omit<StartInput, 'dialect'>) {
  const started = await call(context, startSession, { ...input, dialect: 'GRAPHQL' } as const);
  return takeStarted(loadersOf(context), started);
}

const PROVIDER_ARG = 'Through which provider account.';
const REPEATS =
  'Safe to repeat with the same input: one code makes one session. When the provider does not answer, the error tells whether to repeat.';

builder.mutationFields((t) => ({
  startPaymentSession: t.field({
    type: PaymentSession,
    description: `Starts a session in which a payer pays at once. ${REPEATS}`,
    args: {
      provider: t.arg({ type: ProviderSelector, required: true, description: PROVIDER_ARG }),
      data: t.arg({
        type: PaymentSessionInput,
        required: true,
        description: 'What is paid, by whom and how.',
        validate: checked(moneyStartSchema),
      }),
    },
    resolve: (_root, { provider, data }, context) =>
      start(context, { kind: 'PAYMENT', account: toAccountSelector(provider), data: toMoneyData(data) }),
  }),
  startAuthorizationSession: t.field({
    type: AuthorizationSession,
    description: `Starts a session in which a payer’s money is held, to be settled or voided later. ${REPEATS}`,
    args: {
      provider: t.arg({ type: ProviderSelector, required: true, description: PROVIDER_ARG }),
      data: t.arg({
        type: AuthorizationSessionInput,
        required: true,
        description: 'What is held, from whom and how.',
        validate: checked(moneyStartSchema),
      }),
    },
    resolve: (_root, { provider, data }, context) =>
      start(context, { kind: 'AUTHORIZATION', account: toAccountSelector(provider), data: toMoneyData(data) }),
  }),
  startAddPaymentMethodSession: t.field({
    type: AddPaymentMethodSession,
    description: `Starts a session in which a payer stores a payment method and pays nothing. ${REPEATS}`,
    args: {
      provider: t.arg({ type: ProviderSelector, required: true, description: PROVIDER_ARG }),
      data: t.arg({
        type: AddPaymentMethodSessionInput,
        required: true,
        description: 'Whose payment method is stored and how.',
        validate: checked(startSchema),
      }),
    },
    resolve: (_root, { provider, data }, context) =>
      start(context, {
        kind: 'ADD_PAYMENT_METHOD',
        account: toAccountSelector(provider),
        data: toStartData(data, { amountMinor: 0n, storePaymentMethod: true }),
      }),
  }),
}));

const ANSWER =
  'Asks the provider and answers the transaction that tells how it went; its status decides, not the absence of an error. Safe to repeat: once the session has ended, every repeat answers the same transaction.';

const bySession = builder.args((t) => ({
  by: t.field({ type: SessionSelectorInput, required: true, description: 'Which session.' }),
}));

builder.mutationFields((t) => ({
  verifyPaymentSession: t.field({
    type: TransactionObject,
    description: `Learns how a payment session went. ${ANSWER}`,
    args: bySession,
    resolve: (_root, { by }, context) => call(context, verifySession, { kind: 'PAYMENT', by: toSessionSelector(by) }),
  }),
  verifyAuthorizationSession: t.field({
    type: TransactionObject,
    description: `Learns how an authorization session went. ${ANSWER}`,
    args: bySession,
    resolve: (_root, { by }, context) => call(context, verifySession, { kind: 'AUTHORIZATION', by: toSessionSelector(by) }),
  }),
  verifyAddPaymentMethodSession: t.field({
    type: TransactionObject,
    description: `Learns whether a payment method was stored. ${ANSWER}`,
    args: bySession,
    resolve: (_root, { by }, context) => call(context, verifySession, { kind: 'ADD_PAYMENT_METHOD', by: toSessionSelector(by) }),
  }),
  cancelClientSession: t.field({
    type: ClientSession,
    description:
      'Ends a session that nobody has paid yet. Safe to repeat: a canceled session is answered as it is. A session that has ended otherwise, or in which an attempt is in progress, is refused.',
    args: bySession,
    resolve: (_root, { by }, context) => call(context, cancelSession, toSessionSelector(by)),
  }),
  eraseClientSession: t.field({
    type: ClientSession,
    description:
      'Cancels a session that could still be paid and blanks the personal data that it holds, also where it has no customer. What its customer and a stored payment method hold stays: `eraseCustomer` blanks that. The records of money stay. Safe to repeat, and cannot be undone.',
    args: bySession,
    resolve: (_root, { by }, context) => call(context, eraseSession, toSessionSelector(by)),
  }),
}));
