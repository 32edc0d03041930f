import { unwrap } from '../endpoint/errors.ts';
import type { SessionKind } from '../providers/provider.ts';
import { cancelSession } from '../sessions/close.ts';
import { eraseSession } from '../sessions/erase.ts';
import type { SessionSelector } from '../sessions/read.ts';
import { verifySession } from '../sessions/verify.ts';
import { requireMerchant } from './access.ts';
import { builder } from './builder.ts';
import type { GraphqlContext } from './context.ts';
import { ClientSession, TransactionObject } from './refs.ts';
import { SessionSelectorInput, toSessionSelector } from './selectors.ts';

const ANSWER =
  'Asks the provider and answers the transaction that tells how it went; its status decides, not the absence of an error. Safe to repeat: once the session has ended, every repeat answers the same transaction.';

async function verify(context: GraphqlContext, kind: SessionKind, by: SessionSelector) {
  const scope = requireMerchant(context);
  return unwrap(await verifySession(context.deps, scope, { kind, by }));
}

const bySession = builder.args((t) => ({
  by: t.field({ type: SessionSelectorInput, required: true, description: 'Which session.' }),
}));

builder.mutationFields((t) => ({
  verifyPaymentSession: t.field({
    type: TransactionObject,
    description: `Learns how a payment session went. ${ANSWER}`,
    args: bySession,
    resolve: (_root, { by }, context) => verify(context, 'PAYMENT', toSessionSelector(by)),
  }),
  verifyAuthorizationSession: t.field({
    type: TransactionObject,
    description: `Learns how an authorization session went. ${ANSWER}`,
    args: bySession,
    resolve: (_root, { by }, context) => verify(context, 'AUTHORIZATION', toSessionSelector(by)),
  }),
  verifyAddPaymentMethodSession: t.field({
    type: TransactionObject,
    description: `Learns whether a payment method was stored. ${ANSWER}`,
    args: bySession,
    resolve: (_root, { by }, context) => verify(context, 'ADD_PAYMENT_METHOD', toSessionSelector(by)),
  }),
  cancelClientSession: t.field({
    type: ClientSession,
    description:
      'Ends a session that nobody has paid yet. Safe to repeat: a canceled session is answered as it is. A session that has ended otherwise, or in which an attempt is in progress, is refused.',
    args: bySession,
    resolve: async (_root, { by }, context) => {
      const scope = requireMerchant(context);
      return unwrap(await cancelSession(context.deps, scope, toSessionSelector(by)));
    },
  }),
  eraseClientSession: t.field({
    type: ClientSession,
    description:
      'Cancels a session that could still be paid and blanks the personal data that it holds, also where it has no customer. What its customer and a stored payment method hold stays: `eraseCustomer` blanks that. The records of money stay. Safe to repeat, and cannot be undone.',
    args: bySession,
    resolve: async (_root, { by }, context) => {
      const scope = requireMerchant(context);
      return unwrap(await eraseSession(context.deps, scope, toSessionSelector(by)));
    },
  }),
}));
