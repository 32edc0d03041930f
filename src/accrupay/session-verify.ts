import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
import type { SessionKind } from '../providers/provider.ts';
import { findSession } from '../sessions/read.ts';
import { verifySession } from '../sessions/verify.ts';
import { syncTransaction } from '../transactions/sync.ts';
import { builder } from './builder.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';
import { SessionContextObject } from './contexts.ts';
import { findNamedSession, findNamedTransaction, nameShape, serverSessionNames, sessionNames } from './identifiers.ts';
import { TransactionObject } from './refs.ts';
import { showServerSession, showSession } from './shown-session.ts';

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
