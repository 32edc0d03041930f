import { z } from 'zod';
import type { CustomerSelector } from '../customers/customer.ts';
import { badInput } from '../endpoint/errors.ts';
import { EXACTLY_ONE } from '../endpoint/one-of.ts';
import { code } from '../endpoint/text-rules.ts';
import type { AccountSelector } from '../operations/deps.ts';
import type { ProviderName } from '../providers/provider.ts';
import type { SessionSelector } from '../sessions/read.ts';
import type { TransactionSelector } from '../transactions/read.ts';
import { builder } from './builder.ts';
import { ProviderEnum } from './enums.ts';

/** Each way of a selector is a text; GraphQL has made sure that exactly one is there. */
function selectorSchema(...names: readonly string[]) {
  return z.looseObject(Object.fromEntries(names.map((name) => [name, code.nullish()])));
}

export const ProviderSelector = builder.inputType('TransactionProviderSelector', {
  isOneOf: true,
  description: 'Names a provider account in exactly one way.',
  validate: { schema: selectorSchema('merchantTransactionProviderId') },
  fields: (t) => ({
    merchantTransactionProviderId: t.id({ description: 'The id of the provider account.' }),
    transactionProvider: t.field({ type: ProviderEnum, description: 'The provider, for the merchant’s default account there.' }),
  }),
});

export const SessionSelectorInput = builder.inputType('ClientSessionSelector', {
  isOneOf: true,
  description: 'Names a session in exactly one way.',
  validate: { schema: selectorSchema('id', 'token', 'providerCode', 'merchantInternalTransactionCode') },
  fields: (t) => ({
    id: t.id({ description: 'The id of the session.' }),
    token: t.string({ description: 'The token of the session.' }),
    providerCode: t.string({ description: 'The provider’s reference of the session.' }),
    merchantInternalTransactionCode: t.string({ description: 'The merchant’s own code, as given at the start.' }),
  }),
});

export const TransactionSelectorInput = builder.inputType('TransactionSelector', {
  isOneOf: true,
  description: 'Names a transaction in exactly one way.',
  validate: { schema: selectorSchema('id', 'providerCode', 'merchantInternalTransactionCode') },
  fields: (t) => ({
    id: t.id({ description: 'The id of the transaction.' }),
    providerCode: t.string({ description: 'The provider’s reference of the transaction.' }),
    merchantInternalTransactionCode: t.string({
      description: 'The merchant’s own code of a session or charge, for the transaction that tells how it ended.',
    }),
  }),
});

export const CustomerSelectorInput = builder.inputType('CustomerSelector', {
  isOneOf: true,
  description: 'Names a customer in exactly one way.',
  validate: { schema: selectorSchema('id', 'merchantInternalCustomerCode') },
  fields: (t) => ({
    id: t.id({ description: 'The id of the customer.' }),
    merchantInternalCustomerCode: t.string({ description: 'The merchant’s own code of the customer.' }),
  }),
});

type OneOf<Ways> = { readonly [Name in keyof Ways]?: Ways[Name] | null | undefined };
type ExactlyOne<Ways> = { [Name in keyof Ways]: { readonly [Only in Name]: Ways[Name] } }[keyof Ways];

/** The one way that is given. GraphQL refuses anything else before a resolver runs; an empty selector would name any object. */
function pickOne<Ways extends object>(input: OneOf<Ways>): ExactlyOne<Ways> {
  const [only, ...others] = Object.entries(input).filter(([, value]) => value !== null && value !== undefined);
  if (only === undefined || others.length > 0) throw badInput([{ path: [], message: EXACTLY_ONE }]);
  return Object.fromEntries([only]) as ExactlyOne<Ways>;
}

type SessionWays = { id: string; token: string; providerCode: string; merchantInternalTransactionCode: string };
type TransactionWays = { id: string; providerCode: string; merchantInternalTransactionCode: string };
type CustomerWays = { id: string; merchantInternalCustomerCode: string };
type AccountWays = { merchantTransactionProviderId: string; transactionProvider: ProviderName };

export const toSessionSelector = (input: OneOf<SessionWays>): SessionSelector => pickOne<SessionWays>(input);

export const toTransactionSelector = (input: OneOf<TransactionWays>): TransactionSelector => pickOne<TransactionWays>(input);

export const toCustomerSelector = (input: OneOf<CustomerWays>): CustomerSelector => pickOne<CustomerWays>(input);

export const toAccountSelector = (input: OneOf<AccountWays>): AccountSelector => pickOne<AccountWays>(input);
