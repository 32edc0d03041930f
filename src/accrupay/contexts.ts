import type { Transaction } from '../transactions/transaction.ts';
import { builder, type Fields } from './builder.ts';
import { type AccrupayContext, accountNamed, loadersOf } from './context.ts';
import type { ShownCustomer } from './refs.ts';
import { AccountObject, CustomerObject, PaymentMethodObject, SessionObject, TransactionObject } from './refs.ts';
import { transactionsOf } from './session.ts';
import { type ShownSession, showServerSession, showSession } from './shown-session.ts';

/** What a context's parts are found by. */
interface Origin {
  readonly merchantId: string;
  readonly providerAccountId: string;
  readonly customerId: string | null;
  readonly paymentMethodId: string | null;
}

export const SessionContextObject = builder.objectRef<ShownSession>('MerchantClientTransactionSessionContext').implement({
  description: 'A session with everything around it.',
  fields: (t) => ({
    session: t.field({ type: SessionObject, resolve: (session) => session }),
    transactions: t.field({ type: [TransactionObject], resolve: (session, _args, context) => transactionsOf(session, context) }),
    ...surroundings<ShownSession>(t),
  }),
});

export const TransactionContextObject = builder.objectRef<Transaction>('MerchantTransactionContext').implement({
  description: 'A transaction with everything around it.',
  fields: (t) => ({
    transaction: t.field({ type: TransactionObject, resolve: (transaction) => transaction }),
    session: t.field({
      type: SessionObject,
      nullable: true,
      description: 'The session in which the money was held.',
      resolve: (transaction, _args, context) => sessionBehind(transaction, context),
    }),
    ...surroundings<Transaction>(t),
  }),
});

async function sessionBehind(transaction: Transaction, context: AccrupayContext): Promise<ShownSession | null> {
  const { sessionId, relatedTransactionId } = transaction;
  const loaders = loadersOf(context);
  if (sessionId !== null) {
    const session = await loaders.session(sessionId);
    return session === undefined ? null : showSession(session);
  }
  const authorization = relatedTransactionId === null ? undefined : await loaders.transaction(relatedTransactionId);
  return authorization?.action === 'AUTHORIZATION' ? showServerSession(authorization) : null;
}

function surroundings<Parent extends Origin>(t: Fields<Parent>) {
  return {
    transactionProvider: t.field({
      type: AccountObject,
      resolve: ({ merchantId, providerAccountId }: Origin, _args: object, context: AccrupayContext) =>
        accountNamed(context, merchantId, providerAccountId),
    }),
    customer: t.field({
      type: CustomerObject,
      nullable: true,
      resolve: async (
        { customerId, providerAccountId }: Origin,
        _args: object,
        context: AccrupayContext,
      ): Promise<ShownCustomer | null> => {
        const customer = customerId === null ? undefined : await loadersOf(context).customer(customerId);
        return customer === undefined ? null : { customer, providerAccountId };
      },
    }),
    paymentMethod: t.field({
      type: PaymentMethodObject,
      nullable: true,
      resolve: async ({ paymentMethodId }: Origin, _args: object, context: AccrupayContext) =>
        paymentMethodId === null ? null : ((await loadersOf(context).paymentMethod(paymentMethodId)) ?? null),
    }),
  };
}
