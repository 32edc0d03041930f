import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { userSchemaWith } from '../endpoint/contact-input.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
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
import { findSession } from '../sessions/read.ts';
import { startSession } from '../sessions/start.ts';
import type { StartData } from '../sessions/start-input.ts';
import { verifySession } from '../sessions/verify.ts';
import { syncTransaction } from '../transactions/sync.ts';
import { builder, type InputFields } from './builder.ts';
import { type AccrupayContext, loadersOf, requireMerchant } from './context.ts';
import { SessionContextObject } from './contexts.ts';
import { CustomerSelectorInput, codeOfNamed, customerShape, type NamesCustomer } from './customer.ts';
import { CurrencyEnum } from './enums.ts';
import { findNamedSession, findNamedTransaction, nameShape, serverSessionNames, sessionNames } from './identifiers.ts';
import { BillingInput, type DatedUser, DeviceInput, ShippingInput, toUserShape, UserInput } from './people.ts';
import { SessionObject, TransactionObject } from './refs.ts';
import { type Routing, route, routingArgs, routingShape } from './routing.ts';
import { type ShownSession, showServerSession, showSession } from './shown-session.ts';

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

const named = checked(z.looseObject(nameShape));

async function verify(context: AccrupayContext, kind: SessionKind, names: Parameters<typeof findNamedSession>[1]) {
  const { id } = await findNamedSession(context, names);
  return unwrap(await verifySession(context.deps, requireMerchant(context), { kind, by: { id } }));
}

const ANSWER = 'Asks the provider how it went. Refused until the payer has tried; a decline is a status. Safe to repeat.';

builder.mutationFields((t) => ({
  merchantApiClientTransactionPaymentSessionVerify: t.field({
    type: TransactionObject,
    description: ANSWER,
    args: sessionNames,
    validate: named,
    resolve: (_root, names, context) => verify(context, 'PAYMENT', names),
  }),
  merchantApiClientTransactionAddPaymentMethodSessionVerify: t.field({
    type: TransactionObject,
    description: ANSWER,
    args: sessionNames,
    validate: named,
    resolve: (_root, names, context) => verify(context, 'ADD_PAYMENT_METHOD', names),
  }),
  merchantApiClientTransactionAuthorizationSessionVerify: t.field({
    type: SessionContextObject,
    description: ANSWER,
    args: sessionNames,
    validate: named,
    resolve: async (_root, names, context) => {
      const { sessionId } = await verify(context, 'AUTHORIZATION', names);
      const by = { id: sessionId ?? '' };
      return showSession(unwrap(await findSession(context.deps, requireMerchant(context), by)));
    },
  }),
  merchantApiServerPaymentMethodTransactionAuthorizationSessionVerify: t.field({
    type: SessionContextObject,
    description: 'Asks the provider what became of an authorization of a stored payment method. Safe to repeat.',
    args: serverSessionNames,
    validate: named,
    resolve: async (_root, names, context) => {
      const { id, action, sessionId } = await findNamedTransaction(context, names);
      if (action !== 'AUTHORIZATION' || sessionId !== null) {
        throw refuse(
          'WRONG_SESSION_KIND',
          'This is no authorization of a stored payment method: verify it with the call of its kind.',
        );
      }
      return showServerSession(unwrap(await syncTransaction(context.deps, requireMerchant(context), { id })));
    },
  }),
}));
