import { z } from 'zod';
import type { Customer } from '../customers/customer.ts';
import { type CustomerClues, createCustomer, resolveCustomer } from '../customers/resolve.ts';
import { checked } from '../endpoint/checked.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
import * as rules from '../endpoint/text-rules.ts';
import { code } from '../endpoint/text-rules.ts';
import type { Contact } from '../providers/provider.ts';
import { builder } from './builder.ts';
import { textArgs } from './connection.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';
import { CustomerStatusEnum, ResolutionStrategyEnum } from './enums.ts';
import { CONTACT_TEXTS } from './people.ts';
import type { ShownCustomer } from './refs.ts';
import { CustomerObject } from './refs.ts';
import { type Routing, route, routingArgs, routingShape } from './routing.ts';

export const CustomerSelectorInput = builder.inputType('MerchantCustomerSelector', {
  fields: (t) => ({
    merchantInternalCustomerCode: t.string({ required: true }),
    id: t.string(),
    providerCode: t.string({ description: 'What the provider calls the customer.' }),
    resolutionStrategy: t.field({ type: ResolutionStrategyEnum }),
  }),
});

type CustomerSelector = typeof CustomerSelectorInput.$inferInput;

const selectorSchema = z.looseObject({
  merchantInternalCustomerCode: code,
  id: code.nullish(),
  providerCode: code.nullish(),
});

type Strategy = NonNullable<CustomerSelector['resolutionStrategy']>;

const STRATEGIES: Readonly<Record<Strategy, CustomerClues['strategy']>> = {
  AUTO: 'MATCH_OR_CREATE',
  STRICT: 'IDENTIFIERS_ONLY',
  MATCH_OR_CREATE: 'MATCH_OR_CREATE',
  MATCH_OR_FAIL: 'MATCH',
};

async function findSelected(context: AccrupayContext, selector: CustomerSelector): Promise<Customer> {
  const scope = requireMerchant(context);
  const clues: CustomerClues = {
    merchantInternalCustomerCode: selector.merchantInternalCustomerCode,
    id: selector.id ?? null,
    providerCode: selector.providerCode ?? null,
    strategy: STRATEGIES[selector.resolutionStrategy ?? 'AUTO'],
  };
  return unwrap(await resolveCustomer(context.deps, scope, clues));
}

/** A start or call may name its customer in the new way, in the old one, in both when they agree, or not at all. */
export interface NamesCustomer {
  customer?: CustomerSelector | null | undefined;
  merchantInternalCustomerCode?: string | null | undefined;
}

export const customerShape = { customer: selectorSchema.nullish(), merchantInternalCustomerCode: code.nullish() };

/**
 * The code of the customer that is named; null where none is. A selector that only gives a code leaves it to the start to create the
 * customer; any other must name one that exists.
 */
export async function codeOfNamed(context: AccrupayContext, named: NamesCustomer): Promise<string | null> {
  const { customer, merchantInternalCustomerCode: plain } = named;
  if (customer == null) return plain ?? null;
  if (plain != null && plain !== customer.merchantInternalCustomerCode) {
    const message = 'data.customer and data.merchantInternalCustomerCode name different customers: leave one of them out.';
    throw refuse('BAD_USER_INPUT', message);
  }
  const isLeftToStart =
    customer.id == null &&
    customer.providerCode == null &&
    STRATEGIES[customer.resolutionStrategy ?? 'AUTO'] === 'MATCH_OR_CREATE';
  if (!isLeftToStart) await findSelected(context, customer);
  return customer.merchantInternalCustomerCode;
}

const CONTACT: typeof CONTACT_TEXTS = { ...CONTACT_TEXTS, addressCountry: ({ address }) => address.country };

CustomerObject.implement({
  description: 'Whom sessions and stored payment methods belong to, at one provider account.',
  fields: (t) => ({
    id: t.id({ resolve: ({ customer }) => customer.id }),
    merchantInternalCustomerCode: t.string({ nullable: true, resolve: ({ customer }) => customer.merchantInternalCustomerCode }),
    providerCode: t.string({
      description: 'Our own id, by which customers are known here.',
      resolve: ({ customer }) => customer.id,
    }),
    transactionProviderId: t.exposeString('providerAccountId'),
    providerStatus: t.field({
      type: CustomerStatusEnum,
      description: 'DISABLED once the customer was erased.',
      resolve: ({ customer }) => (customer.isErased ? 'DISABLED' : 'ENABLED'),
    }),
    providerError: t.string({ nullable: true, description: 'Always null.', resolve: () => null }),
    ...Object.fromEntries(
      Object.entries(CONTACT).map(([name, of]) => [
        name,
        t.string({ nullable: true, resolve: ({ customer }) => customer.contact && of(customer.contact) }),
      ]),
    ),
    createdAt: t.field({ type: 'DateTimeISO', resolve: ({ customer }) => customer.createdAt }),
    updatedAt: t.field({ type: 'DateTimeISO', resolve: ({ customer }) => customer.updatedAt }),
    providerLastVerifiedAt: t.field({ type: 'DateTimeISO', resolve: ({ customer }) => customer.createdAt }),
    providerLastSyncedAt: t.field({ type: 'DateTimeISO', nullable: true, resolve: () => null }),
  }),
});

const CreateInput = builder.inputType('MerchantCustomerCreateSchema', {
  fields: (t) => ({
    ...textArgs(t, ['merchantInternalCustomerCode', 'firstName', 'lastName', 'email', 'phone', 'addressLine1', 'addressLine2']),
    ...textArgs(t, ['addressCity', 'addressState', 'addressCountry', 'addressPostalCode']),
  }),
});

const line = rules.optional(rules.cardFreeText(200));
const createSchema = z.looseObject({
  merchantInternalCustomerCode: rules.code.nullish(),
  firstName: line,
  lastName: line,
  email: rules.optional(rules.email),
  phone: rules.optional(rules.phone),
  addressLine1: rules.optional(rules.addressLine),
  addressLine2: rules.optional(rules.addressLine),
  addressCity: line,
  addressState: line,
  addressCountry: rules.optional(rules.country),
  addressPostalCode: rules.optional(rules.postalCode),
});

/** Null until the parts that every contact has are there: then the first session tells who it is. */
function toContact(data: typeof CreateInput.$inferInput): Contact | null {
  const [email, country] = [data.email, data.addressCountry].map(rules.given);
  // Of a name of one word, either part is empty.
  const [firstName, lastName] = [data.firstName?.trim(), data.lastName?.trim()];
  if (firstName === undefined || lastName === undefined || email == null || country == null) return null;
  if (firstName === '' && lastName === '') return null;
  const address = {
    line1: rules.given(data.addressLine1),
    line2: rules.given(data.addressLine2),
    city: rules.given(data.addressCity),
    state: rules.given(data.addressState),
    postalCode: rules.given(data.addressPostalCode),
    country,
  };
  return { firstName, lastName, email: email.trim(), phone: rules.given(data.phone), address };
}

async function routeToAccount(context: AccrupayContext, routing: Routing): Promise<string> {
  const scope = requireMerchant(context);
  return unwrap(await context.deps.accounts.find(scope, await route(context, routing))).id;
}

builder.mutationField('merchantApiCustomerCreate', (t) =>
  t.field({
    type: CustomerObject,
    description: 'Records a customer. A code that exists answers its customer as it is.',
    args: { data: t.arg({ type: CreateInput, required: true, validate: checked(createSchema) }), ...routingArgs },
    validate: checked(z.looseObject(routingShape)),
    resolve: async (_root, { data, ...routing }, context): Promise<ShownCustomer> => {
      const providerAccountId = await routeToAccount(context, routing);
      const input = { merchantInternalCustomerCode: data.merchantInternalCustomerCode ?? null, contact: toContact(data) };
      return { customer: unwrap(await createCustomer(context.deps, requireMerchant(context), input)), providerAccountId };
    },
  }),
);

builder.queryField('merchantApiCustomerResolve', (t) =>
  t.field({
    type: CustomerObject,
    description: 'The one customer that everything in the selector points at; by default created when the code is new.',
    args: {
      selector: t.arg({ type: CustomerSelectorInput, required: true, validate: { schema: selectorSchema } }),
      ...routingArgs,
    },
    validate: checked(z.looseObject(routingShape)),
    resolve: async (_root, { selector, ...routing }, context): Promise<ShownCustomer> => {
      const providerAccountId = await routeToAccount(context, routing);
      return { customer: await findSelected(context, selector), providerAccountId };
    },
  }),
);
