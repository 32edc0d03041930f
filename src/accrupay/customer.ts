import { z } from 'zod';
import { createCustomer } from '../customers/resolve.ts';
import { unwrap } from '../endpoint/errors.ts';
import * as rules from '../endpoint/text-rules.ts';
import type { Contact } from '../providers/provider.ts';
import { builder } from './builder.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';
import { CustomerSelectorInput, findSelected, selectorSchema } from './customer-selector.ts';
import { CustomerStatusEnum } from './enums.ts';
import { CustomerObject } from './refs.ts';
import { type Routing, route, routingArgs, routingShape } from './routing.ts';
import type { ShownCustomer } from './shown-customer.ts';

const CONTACT: Readonly<Record<string, (contact: Contact) => string | null>> = {
  firstName: ({ firstName }) => firstName,
  lastName: ({ lastName }) => lastName,
  email: ({ email }) => email,
  phone: ({ phone }) => phone,
  addressLine1: ({ address }) => address.line1,
  addressLine2: ({ address }) => address.line2,
  addressCity: ({ address }) => address.city,
  addressState: ({ address }) => address.state,
  addressCountry: ({ address }) => address.country,
  addressPostalCode: ({ address }) => address.postalCode,
};

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
    merchantInternalCustomerCode: t.string(),
    firstName: t.string(),
    lastName: t.string(),
    email: t.string(),
    phone: t.string(),
    addressLine1: t.string(),
    addressLine2: t.string(),
    addressCity: t.string(),
    addressState: t.string(),
    addressCountry: t.string(),
    addressPostalCode: t.string(),
  }),
});

const line = rules.cardFreeText(200).nullish();
const createSchema = z.looseObject({
  merchantInternalCustomerCode: rules.code.nullish(),
  firstName: line,
  lastName: line,
  email: rules.email.nullish(),
  phone: rules.phone.nullish(),
  addressLine1: line,
  addressLine2: line,
  addressCity: line,
  addressState: line,
  addressCountry: rules.country.nullish(),
  addressPostalCode: rules.postalCode.nullish(),
});

/** Null until the four parts that every contact has are there: then the first session tells who it is. */
function toContact(data: typeof CreateInput.$inferInput): Contact | null {
  const { firstName, lastName, email, addressCountry: country } = data;
  if (firstName == null || lastName == null || email == null || country == null) return null;
  const address = {
    line1: data.addressLine1 ?? null,
    line2: data.addressLine2 ?? null,
    city: data.addressCity ?? null,
    state: data.addressState ?? null,
    postalCode: data.addressPostalCode ?? null,
    country,
  };
  return { firstName, lastName, email, phone: data.phone ?? null, address };
}

async function routeToAccount(context: AccrupayContext, routing: Routing): Promise<string> {
  const scope = requireMerchant(context);
  return unwrap(await context.deps.accounts.find(scope, await route(context, routing))).id;
}

builder.mutationField('merchantApiCustomerCreate', (t) =>
  t.field({
    type: CustomerObject,
    description: 'Records a customer. A code that exists answers its customer as it is.',
    args: { data: t.arg({ type: CreateInput, required: true, validate: { schema: createSchema } }), ...routingArgs },
    validate: { schema: z.looseObject(routingShape) as never },
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
    validate: { schema: z.looseObject(routingShape) as never },
    resolve: async (_root, { selector, ...routing }, context): Promise<ShownCustomer> => {
      const providerAccountId = await routeToAccount(context, routing);
      return { customer: await findSelected(context, selector), providerAccountId };
    },
  }),
);
