import { checked } from '../endpoint/checked.ts';
import { unwrap } from '../endpoint/errors.ts';
import { takeStarted } from '../endpoint/loaders.ts';
import {
  ATTEMPTS_MAX_DEFAULT,
  ATTEMPTS_MAX_LIMIT,
  moneyStartSchema,
  startSchema,
  toMoneyData,
  toStartData,
} from '../endpoint/start-input.ts';
import type { SessionKind } from '../providers/provider.ts';
import { startSession } from '../sessions/start.ts';
import type { StartData } from '../sessions/start-input.ts';
import { loadersOf, requireMerchant } from './access.ts';
import { builder } from './builder.ts';
import { BillingInput, DeviceInput, ShippingInput, UserInput } from './contact-input.ts';
import type { GraphqlContext } from './context.ts';
import { CurrencyEnum } from './enums.ts';
import { ProviderSelector, toAccountSelector } from './selectors.ts';
import { AddPaymentMethodSession, AuthorizationSession, PaymentSession } from './session.ts';

const CustomerReferenceInput = builder.inputType('CustomerReferenceInput', {
  description: 'Links a session to a customer record, which is created when the code is new.',
  fields: (t) => ({
    merchantInternalCustomerCode: t.string({ description: 'The merchant’s own code of the customer.' }),
  }),
});

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0];

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

interface StartCall {
  readonly kind: SessionKind;
  readonly provider: Parameters<typeof toAccountSelector>[0];
  readonly data: StartData;
}

async function start(context: GraphqlContext, call: StartCall) {
  const scope = requireMerchant(context);
  const account = toAccountSelector(call.provider);
  const input = { kind: call.kind, account, dialect: 'GRAPHQL', data: call.data } as const;
  const started = unwrap(await startSession(context.deps, scope, input));
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
    resolve: (_root, { provider, data }, context) => start(context, { kind: 'PAYMENT', provider, data: toMoneyData(data) }),
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
    resolve: (_root, { provider, data }, context) => start(context, { kind: 'AUTHORIZATION', provider, data: toMoneyData(data) }),
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
        provider,
        data: toStartData(data, { amountMinor: 0n, storePaymentMethod: true }),
      }),
  }),
}));
