import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { userSchemaWith } from '../endpoint/contact-input.ts';
import { unwrap } from '../endpoint/errors.ts';
import { takeStarted } from '../endpoint/loaders.ts';
import {
  type CommonStartShape,
  type MoneyStartShape,
  moneyStartSchema,
  startSchema,
  toMoneyData,
  toStartData,
} from '../endpoint/start-input.ts';
import type { SessionKind } from '../providers/provider.ts';
import { startSession } from '../sessions/start.ts';
import type { StartData } from '../sessions/start-input.ts';
import { builder } from './builder.ts';
import { type AccrupayContext, loadersOf, requireMerchant } from './context.ts';
import { SessionContextObject } from './contexts.ts';
import { CustomerSelectorInput, codeOfNamed, customerShape, type NamesCustomer } from './customer-selector.ts';
import { CurrencyEnum } from './enums.ts';
import { BillingInput, type DatedUser, DeviceInput, ShippingInput, toUserShape, UserInput } from './people-input.ts';
import { SessionObject } from './refs.ts';
import { type Routing, route, routingArgs, routingShape } from './routing.ts';
import { type ShownSession, showSession } from './shown-session.ts';

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0];

const commonFields = (t: InputFields) => ({
  merchantInternalTransactionCode: t.string({ required: true }),
  currency: t.field({ type: CurrencyEnum, required: true }),
  billing: t.field({ type: BillingInput, required: true }),
  customer: t.field({ type: CustomerSelectorInput }),
  merchantInternalCustomerCode: t.string({ description: 'Older form of customer.merchantInternalCustomerCode.' }),
  shipping: t.field({ type: ShippingInput }),
  user: t.field({ type: UserInput }),
  device: t.field({ type: DeviceInput }),
});

const moneyFields = (t: InputFields) => ({
  amount: t.field({ type: 'BigInt', required: true }),
  storePaymentMethod: t.boolean({ required: true }),
});

const PaymentInput = builder.inputType('MerchantApiClientTransactionPaymentSessionStartSchema', {
  fields: (t) => ({ ...moneyFields(t), ...commonFields(t) }),
});
const AuthorizationInput = builder.inputType('MerchantApiClientTransactionAuthorizationSessionStartSchema', {
  fields: (t) => ({ ...moneyFields(t), ...commonFields(t) }),
});
const AddInput = builder.inputType('MerchantApiClientTransactionAddPaymentMethodSessionStartSchema', {
  fields: commonFields,
});

/** What a start of this dialect holds otherwise than the core's. */
type Started<Shape> = Omit<Shape, 'customer' | 'user'> & NamesCustomer & { user?: DatedUser | null | undefined };

const ownShape = { ...customerShape, user: userSchemaWith(z.date()).nullish() };
const commonSchema = startSchema.extend(ownShape);
const moneySchema = moneyStartSchema.extend(ownShape);

async function toShape<Shape extends CommonStartShape>(context: AccrupayContext, data: Started<Shape>) {
  const merchantInternalCustomerCode = await codeOfNamed(context, data);
  return { ...data, customer: { merchantInternalCustomerCode }, user: data.user && toUserShape(data.user) };
}

interface StartCall {
  readonly kind: SessionKind;
  readonly routing: Routing;
  readonly data: StartData;
}

async function start(context: AccrupayContext, { kind, routing, data }: StartCall): Promise<ShownSession> {
  const account = await route(context, routing);
  const input = { kind, account, dialect: 'ACCRUPAY', data } as const;
  const started = unwrap(await startSession(context.deps, requireMerchant(context), input));
  return showSession(takeStarted(loadersOf(context), started));
}

async function startForMoney(
  context: AccrupayContext,
  call: Omit<StartCall, 'data'> & { data: Started<MoneyStartShape> },
): Promise<ShownSession> {
  requireMerchant(context);
  return start(context, { ...call, data: toMoneyData(await toShape(context, call.data)) });
}

const routed = checked(z.looseObject(routingShape));

builder.mutationFields((t) => ({
  merchantApiClientTransactionPaymentSessionStartV2: t.field({
    type: SessionObject,
    description: 'The same code with the same input answers the session that exists; with other input it is refused.',
    args: {
      ...routingArgs,
      data: t.arg({ type: PaymentInput, required: true, validate: checked(moneySchema) }),
    },
    validate: routed,
    resolve: (_root, { data, ...routing }, context) => startForMoney(context, { kind: 'PAYMENT', routing, data }),
  }),
  merchantApiClientTransactionAuthorizationSessionStart: t.field({
    type: SessionContextObject,
    args: {
      ...routingArgs,
      data: t.arg({ type: AuthorizationInput, required: true, validate: checked(moneySchema) }),
    },
    validate: routed,
    resolve: (_root, { data, ...routing }, context) => startForMoney(context, { kind: 'AUTHORIZATION', routing, data }),
  }),
  merchantApiClientTransactionAddPaymentMethodSessionStart: t.field({
    type: SessionObject,
    args: { ...routingArgs, data: t.arg({ type: AddInput, required: true, validate: checked(commonSchema) }) },
    validate: routed,
    resolve: async (_root, { data, ...routing }, context) => {
      requireMerchant(context);
      const stored = toStartData(await toShape(context, data), { amountMinor: 0n, storePaymentMethod: true });
      return start(context, { kind: 'ADD_PAYMENT_METHOD', routing, data: stored });
    },
  }),
}));
