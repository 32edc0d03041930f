import { z } from 'zod';
import type { CustomerSelector } from '../customers/customer.ts';
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

type OneOf<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | null | undefined };

/** The one way that is given. GraphQL checked that it is exactly one before a resolver runs. */
function pickOne<Selected>(input: object): Selected {
  const given = Object.entries(input).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(given) as Selected;
}

type SessionWays = OneOf<{ id: string; token: string; providerCode: string; merchantInternalTransactionCode: string }>;

export const toSessionSelector = (input: SessionWays) => pickOne<SessionSelector>(input);

export const toTransactionSelector = (
  input: OneOf<{ id: string; providerCode: string; merchantInternalTransactionCode: string }>,
) => pickOne<TransactionSelector>(input);

export const toCustomerSelector = (input: OneOf<{ id: string; merchantInternalCustomerCode: string }>) =>
  pickOne<CustomerSelector>(input);

export const toAccountSelector = (input: OneOf<{ merchantTransactionProviderId: string; transactionProvider: ProviderName }>) =>
  pickOne<AccountSelector>(input);
