import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
import * as rules from '../endpoint/text-rules.ts';
import { refundOrJoin } from '../transactions/refund.ts';
import { settleAuthorization } from '../transactions/settle.ts';
import { syncTransaction } from '../transactions/sync.ts';
import { voidAuthorization, voidTransaction } from '../transactions/void.ts';
import { builder } from './builder.ts';
import { requireMerchant } from './context.ts';
import { TransactionContextObject } from './contexts.ts';
import { findNamedTransaction, nameShape, transactionNames } from './identifiers.ts';
import { TransactionObject } from './refs.ts';

const named = checked(z.looseObject(nameShape));
const namedWithAmount = checked(z.looseObject({ ...nameShape, amount: rules.amount }));

builder.mutationFields((t) => ({
  merchantApiTransactionAuthorizationSettle: t.field({
    type: TransactionContextObject,
    description: 'Takes held money, in part or in whole, and releases the rest. The transaction is the new SETTLE.',
    args: { ...transactionNames, amount: t.arg({ type: 'BigInt', required: true }) },
    validate: namedWithAmount,
    resolve: async (_root, { amount, ...names }, context) => {
      const by = await findNamedTransaction(context, names);
      const input = { by: { id: by.id }, amountMinor: amount, idempotencyKey: null };
      return unwrap(await settleAuthorization(context.deps, requireMerchant(context), input));
    },
  }),
  merchantApiTransactionAuthorizationVoid: t.field({
    type: TransactionContextObject,
    description: 'Releases held money. The transaction is the new VOID.',
    args: transactionNames,
    validate: named,
    resolve: async (_root, names, context) => {
      const { id } = await findNamedTransaction(context, names);
      return unwrap(await voidAuthorization(context.deps, requireMerchant(context), { by: { id }, idempotencyKey: null }));
    },
  }),
  merchantApiTransactionVoid: t.field({
    type: TransactionObject,
    description: 'Undoes an authorization, or a payment where its provider offers it. Answers the new VOID.',
    args: transactionNames,
    validate: named,
    resolve: async (_root, names, context) => {
      const { id } = await findNamedTransaction(context, names);
      return unwrap(await voidTransaction(context.deps, requireMerchant(context), { by: { id }, idempotencyKey: null }));
    },
  }),
  merchantApiTransactionRefund: t.field({
    type: TransactionObject,
    description:
      'Gives taken money back. Each call is one refund, but one that equals a refund which is still under way answers that one. Answers the REFUND.',
    args: { ...transactionNames, amount: t.arg({ type: 'BigInt', required: true }) },
    validate: namedWithAmount,
    resolve: async (_root, { amount, ...names }, context) => {
      const { id } = await findNamedTransaction(context, names);
      const input = { by: { id }, amountMinor: amount, reason: null };
      return unwrap(await refundOrJoin(context.deps, requireMerchant(context), input));
    },
  }),
  merchantApiTransactionSyncOne: t.field({
    type: TransactionObject,
    description: 'Asks the provider what became of a transaction.',
    args: { ...transactionNames, merchantTransactionProviderId: t.arg.string({ required: true }) },
    validate: checked(z.looseObject({ ...nameShape, merchantTransactionProviderId: rules.code })),
    resolve: async (_root, { merchantTransactionProviderId, ...names }, context) => {
      const { id, providerAccountId } = await findNamedTransaction(context, names);
      if (providerAccountId !== merchantTransactionProviderId) {
        throw refuse('TRANSACTION_NOT_FOUND', 'The transaction is not of this provider account.');
      }
      return unwrap(await syncTransaction(context.deps, requireMerchant(context), { id }));
    },
  }),
}));
