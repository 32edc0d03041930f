import type { Transaction } from '../transactions/transaction.ts';
import type { Fields } from './builder.ts';
import { type AccrupayContext, accountNamed, codeOfCustomer, loadersOf } from './context.ts';
import { CurrencyEnum } from './enums.ts';
import { AccountObject, PaymentMethodObject } from './refs.ts';
import type { ShownSession } from './shown-session.ts';

/** What a session and a transaction tell of themselves under the same names. */
export function recordFields<Parent extends ShownSession | Transaction>(t: Fields<Parent>) {
  return {
    id: t.id({ resolve: ({ id }) => id }),
    currency: t.field({ type: CurrencyEnum, resolve: ({ currency }) => currency }),
    providerCode: t.string({
      description: 'The provider’s reference, or our own id while there is none.',
      resolve: ({ providerCode, id }) => providerCode ?? id,
    }),
    transactionProviderId: t.string({ resolve: ({ providerAccountId }) => providerAccountId }),
    transactionProvider: t.field({
      type: AccountObject,
      resolve: ({ merchantId, providerAccountId }, _args, context) => accountNamed(context, merchantId, providerAccountId),
    }),
    merchantInternalTransactionCode: t.string({ nullable: true, resolve: (parent) => parent.merchantInternalTransactionCode }),
    merchantInternalCustomerCode: t.string({
      nullable: true,
      resolve: ({ customerId }, _args, context) => codeOfCustomer(context, customerId),
    }),
    customerId: t.string({ nullable: true, resolve: ({ customerId }) => customerId }),
    paymentMethodId: t.string({ nullable: true, resolve: ({ paymentMethodId }) => paymentMethodId }),
    paymentMethod: t.field({
      type: PaymentMethodObject,
      nullable: true,
      resolve: (parent, _args, context) => methodOf(parent, context),
    }),
    paymentPlanId: t.string({ nullable: true, description: 'Always null: there are no payment plans.', resolve: () => null }),
    createdAt: t.field({ type: 'DateTimeISO', resolve: ({ createdAt }) => createdAt }),
    updatedAt: t.field({ type: 'DateTimeISO', resolve: ({ updatedAt }) => updatedAt }),
    providerLastSyncedAt: t.field({ type: 'DateTimeISO', nullable: true, resolve: ({ observedAt }) => observedAt }),
  };
}

export async function methodOf({ paymentMethodId }: ShownSession | Transaction, context: AccrupayContext) {
  return paymentMethodId === null ? null : ((await loadersOf(context).paymentMethod(paymentMethodId)) ?? null);
}
