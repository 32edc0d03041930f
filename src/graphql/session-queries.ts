import { checked } from '../endpoint/checked.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
import { connect, listInput } from '../endpoint/paging.ts';
import { selectsWhole } from '../endpoint/selection.ts';
import { openTo } from '../endpoint/strangers.ts';
import { given } from '../kernel/given.ts';
import { countSessions, listSessions, listSummaries, type SessionFilter, type SessionSort } from '../sessions/list.ts';
import { openSession } from '../sessions/open.ts';
import { findSession, findSessionByToken, type SessionSelector } from '../sessions/read.ts';
import type { Session, SessionSummary } from '../sessions/session.ts';
import { requireMerchant, requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { defineConnection, pagingArgs } from './connection.ts';
import type { GraphqlContext } from './context.ts';
import { CurrencyEnum, ProviderEnum, SessionKindEnum, SessionStatusEnum, SortOrderEnum } from './enums.ts';
import { filterSchema } from './filters.ts';
import { ClientSession } from './refs.ts';
import { SessionSelectorInput, toSessionSelector } from './selectors.ts';

const SessionSortField = builder.enumType('ClientSessionSortField', {
  description: 'What a list of sessions is sorted by. Ties are broken by id.',
  values: {
    CREATED_AT: { description: 'The list is sorted by when sessions were started.' },
    UPDATED_AT: { description: 'The list is sorted by when sessions changed last.' },
    AMOUNT: { description: 'The list is sorted by amount, whatever the currency.' },
  } as const,
});

const SessionSortInput = builder.inputType('ClientSessionSort', {
  description: 'How a list of sessions is sorted.',
  fields: (t) => ({
    field: t.field({ type: SessionSortField, required: true, description: 'What to sort by.' }),
    order: t.field({ type: SortOrderEnum, required: true, description: 'In which direction to sort.' }),
  }),
});

const SessionFilterInput = builder.inputType('ClientSessionFilter', {
  description: 'Which sessions to list. A session must meet everything that is given.',
  fields: (t) => ({
    statuses: t.field({ type: [SessionStatusEnum], description: 'The session has one of these statuses.' }),
    kinds: t.field({ type: [SessionKindEnum], description: 'The session is of one of these kinds.' }),
    transactionProviders: t.field({ type: [ProviderEnum], description: 'The session runs through one of these providers.' }),
    merchantTransactionProviderId: t.id({ description: 'The session runs through the provider account with this id.' }),
    currencies: t.field({ type: [CurrencyEnum], description: 'The session is in one of these currencies.' }),
    amountMin: t.field({ type: 'BigInt', description: 'The amount is at least this, in the smallest unit.' }),
    amountMax: t.field({ type: 'BigInt', description: 'The amount is at most this, in the smallest unit.' }),
    createdFrom: t.field({ type: 'DateTime', description: 'The session was started at this instant or later.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'The session was started before this instant.' }),
    merchantInternalTransactionCode: t.string({ description: 'The session has exactly this code of the merchant.' }),
    merchantInternalCustomerCode: t.string({ description: 'The session belongs to the customer with exactly this code.' }),
    search: t.string({
      description:
        'What a person looks for: the merchant’s code begins with this, or the id, the provider’s reference or the customer’s code is exactly this.',
    }),
    hasProviderError: t.boolean({ description: 'Whether the provider said that something went wrong.' }),
    isStuck: t.boolean({
      description:
        'Whether a person should look at the session: it is UNKNOWN; or it is open although it expired more than 15 minutes ago; or it is PENDING because the provider has not answered its start for 5 minutes.',
    }),
  }),
});

export type SessionFilterShape = typeof SessionFilterInput.$inferInput;
export type SessionSortShape = typeof SessionSortInput.$inferInput;

export const NEWEST_FIRST: SessionSort = { field: 'CREATED_AT', order: 'DESC' };

export function toFilter(input: SessionFilterShape | null | undefined): SessionFilter {
  const { transactionProviders, merchantTransactionProviderId, ...same } = input ?? {};
  return given({ ...same, providers: transactionProviders, providerAccountId: merchantTransactionProviderId });
}

/** A session as its viewer may find it: any of the merchant's by secret key, one by its token for browsers. */
export async function readSession(context: GraphqlContext, by: SessionSelector): Promise<Session> {
  const viewer = requireViewer(context);
  if (viewer.kind === 'secret') return unwrap(await findSession(context.deps, viewer.scope, by));
  if (!('token' in by)) throw refuse('FORBIDDEN', 'Without a secret key a session is found by its token only.');
  const session = await findSessionByToken(context.deps, by.token);
  const isOfMerchant = session?.merchantId === viewer.scope.merchantId && session.environment === viewer.scope.environment;
  const isOwn = viewer.kind !== 'session' || session?.id === viewer.sessionId;
  if (session === null || !isOfMerchant || !isOwn) throw refuse('SESSION_NOT_FOUND', 'No open session has this token.');
  return openSession(context.deps, session);
}

const SessionConnection = defineConnection('ClientSession', ClientSession, 'sessions');

builder.queryFields((t) => ({
  clientSession: t.field({
    type: ClientSession,
    extensions: openTo('CREDENTIALS'),
    description:
      'One session. A secret key finds any of the merchant’s; a publishable key or the session’s own token finds it by token, without personal data, and marks it as opened.',
    args: { by: t.arg({ type: SessionSelectorInput, required: true, description: 'Which session.' }) },
    resolve: (_root, { by }, context) => readSession(context, toSessionSelector(by)),
  }),
  clientSessions: t.field({
    type: SessionConnection,
    description: 'The merchant’s sessions, newest first unless sorted otherwise.',
    args: {
      filter: t.arg({ type: SessionFilterInput, description: 'Which sessions; all of them without a filter.' }),
      sort: t.arg({ type: SessionSortInput, description: 'In which order; newest first without a sort.' }),
      ...pagingArgs,
    },
    validate: checked(listInput({ filter: filterSchema })),
    resolve: (...[, { filter: filterInput, sort, ...paging }, context, info]) => {
      const scope = requireMerchant(context);
      const filter = toFilter(filterInput);
      const list = selectsWhole(info) ? listSessions : listSummaries;
      return connect<SessionSummary>(
        paging,
        (page) => list(context.deps, scope, { filter, sort: sort ?? NEWEST_FIRST, page }),
        () => countSessions(context.deps, scope, filter),
      );
    },
  }),
}));
