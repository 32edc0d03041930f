import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
import { code } from '../endpoint/text-rules.ts';
import { PAGE_SIZE_MAX } from '../kernel/paging.ts';
import type { PaymentMethod } from '../payment-methods/payment-method.ts';
import { listPaymentMethods, type PaymentMethodFilter } from '../payment-methods/read.ts';
import { builder } from './builder.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';
import { CustomerSelectorInput, codeOfNamed, customerShape } from './customer-selector.ts';
import { PaymentMethodObject } from './refs.ts';

const customerArgs = builder.args((t) => ({
  merchantInternalCustomerCode: t.string({ deprecationReason: 'Name the customer by `customer`.' }),
  customer: t.field({ type: CustomerSelectorInput }),
}));

builder.mutationFields((t) => ({
  merchantApiCustomerPaymentMethodSyncOne: t.field({
    type: PaymentMethodObject,
    description:
      'A stored method by its account and the provider’s reference. Sessions bring methods here; there is nothing to ask for.',
    args: {
      merchantTransactionProviderId: t.arg.string({ required: true }),
      providerCode: t.arg.string({ required: true }),
      ...customerArgs,
    },
    validate: checked(z.looseObject({ ...customerShape, merchantTransactionProviderId: code, providerCode: code })),
    resolve: async (_root, args, context) => {
      const { merchantTransactionProviderId: providerAccountId, providerCode } = args;
      const [method] = await listed(context, { providerAccountId, providerCode, ...(await filterOf(context, args)) });
      if (method === undefined)
        throw refuse('PAYMENT_METHOD_NOT_FOUND', 'No stored payment method of this account has this reference.');
      return method;
    },
  }),
  merchantApiCustomerPaymentMethodSyncAll: t.field({
    type: [PaymentMethodObject],
    description: `The methods that a customer has stored with an account, newest first, at most ${PAGE_SIZE_MAX}.`,
    args: { merchantTransactionProviderId: t.arg.string({ required: true }), ...customerArgs },
    validate: checked(z.looseObject({ ...customerShape, merchantTransactionProviderId: code })),
    resolve: async (_root, args, context) => {
      if (args.customer == null && args.merchantInternalCustomerCode == null) {
        throw refuse('BAD_USER_INPUT', 'Name the customer by `customer` or `merchantInternalCustomerCode`.');
      }
      return listed(context, { providerAccountId: args.merchantTransactionProviderId, ...(await filterOf(context, args)) });
    },
  }),
}));

async function filterOf(context: AccrupayContext, named: Parameters<typeof codeOfNamed>[1]): Promise<PaymentMethodFilter> {
  requireMerchant(context);
  const merchantInternalCustomerCode = await codeOfNamed(context, named);
  return merchantInternalCustomerCode === null ? {} : { merchantInternalCustomerCode };
}

async function listed(context: AccrupayContext, filter: PaymentMethodFilter): Promise<readonly PaymentMethod[]> {
  const page = { direction: 'forward', size: PAGE_SIZE_MAX, cursor: null, skip: 0 } as const;
  const { edges } = unwrap(await listPaymentMethods(context.deps, requireMerchant(context), { filter, page }));
  return edges.map(({ node }) => node);
}
