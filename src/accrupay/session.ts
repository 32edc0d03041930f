import type { InputShapeFromFields } from '@pothos/core';
import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { type Connection, connect } from '../endpoint/paging.ts';
import { given } from '../kernel/given.ts';
import { SESSION_KINDS } from '../providers/provider.ts';
import { countSessions, listSessions, type SessionFilter } from '../sessions/list.ts';
import { findSession } from '../sessions/read.ts';
import { SESSION_STATUSES, type Session, type SessionStatus } from '../sessions/session.ts';
import { builder, type Fields } from './builder.ts';
import { defineConnection, listArgs, NOTHING, pageArgs, textArgs, toSort } from './connection.ts';
import { type AccrupayContext, loadersOf, requireMerchant } from './context.ts';
import { ActionEnum, CurrencyEnum, SessionOriginEnum, SessionStatusEnum } from './enums.ts';
import { findNamedSession, nameShape, sessionNames } from './identifiers.ts';
import { peopleFields } from './people.ts';
import { methodOf, recordFields } from './record-fields.ts';
import { SessionObject, TransactionObject } from './refs.ts';
import { peopleOfSession, type ShownSession, showSession } from './shown-session.ts';

SessionObject.implement({
  description: 'One try to pay, to store a payment method or to have money held.',
  fields: (t) => ({
    ...recordFields(t),
    action: t.expose('kind', { type: ActionEnum, description: 'What the session is for.' }),
    kind: t.field({
      type: SessionOriginEnum,
      description: 'Whether a payer completes it or the merchant did, with a stored payment method.',
      resolve: ({ view }) => (view === 'TRANSACTION' ? 'SERVER' : 'CLIENT'),
    }),
    status: t.expose('status', { type: SessionStatusEnum }),
    providerStatus: t.expose('status', { type: SessionStatusEnum }),
    amount: t.field({
      type: 'BigInt',
      description: 'In the smallest unit; 0 where a payment method is only stored.',
      resolve: ({ amountMinor }) => amountMinor,
    }),
    ...opening(t),
    ...references(t),
    ...times(t),
    ...peopleFields(t, peopleOfSession),
    ...links(t),
  }),
});

/** What opens it in a browser. */
function opening(t: Fields<ShownSession>) {
  return {
    token: t.string({
      nullable: true,
      description: 'The provider’s token for its own browser part. Null for browsers once the session is over.',
      resolve: async (session, _args, context) => (await secretsOf(session, context)).clientToken,
    }),
    tokenExpiresAt: t.expose('tokenExpiresAt', { type: 'DateTimeISO', nullable: true }),
    payload: t.field({
      type: 'JSON',
      description: 'Everything that the provider’s browser part needs; empty for browsers, which read the base config.',
      resolve: async (session, _args, context) => (await secretsOf(session, context)).payload ?? {},
    }),
    storePaymentMethod: t.exposeBoolean('storePaymentMethod', { nullable: true }),
  };
}

async function secretsOf(session: ShownSession, context: AccrupayContext) {
  switch (session.view) {
    case 'MERCHANT':
      return (await loadersOf(context).sessionSecrets(session.id)) ?? { clientToken: null, payload: null };
    case 'BROWSER':
      return { clientToken: session.browser.clientToken, payload: null };
    case 'TRANSACTION':
      return { clientToken: null, payload: null };
  }
}

function references(t: Fields<ShownSession>) {
  return {
    providerCustomerCode: t.string({
      nullable: true,
      description: 'What the provider calls the customer. Null until a payment method is stored.',
      resolve: async (session, _args, context) => (await methodOf(session, context))?.stored.providerCustomerCode ?? null,
    }),
    providerError: t.exposeString('providerError', { nullable: true }),
  };
}

function times(t: Fields<ShownSession>) {
  const endedAs = (status: SessionStatus) =>
    t.field({
      type: 'DateTimeISO',
      nullable: true,
      resolve: (session) => (session.status === status ? session.endedAt : null),
    });
  return {
    startedAt: t.expose('startedAt', { type: 'DateTimeISO', nullable: true }),
    completedAt: endedAs('COMPLETED'),
    canceledAt: endedAs('CANCELED'),
    providerLastVerifiedAt: t.field({
      type: 'DateTimeISO',
      description: 'When the provider was asked last, or when the session was started.',
      resolve: ({ observedAt, createdAt }) => observedAt ?? createdAt,
    }),
  };
}

function links(t: Fields<ShownSession>) {
  return {
    transactions: t.field({
      type: [TransactionObject],
      nullable: true,
      description: 'Everything that happened in the session, oldest first. Null for browsers.',
      resolve: async (session, _args, context) => (session.view === 'BROWSER' ? null : transactionsOf(session, context)),
    }),
  };
}

/** Everything that happened in a session, oldest first. */
export async function transactionsOf(session: ShownSession, context: AccrupayContext) {
  const loaders = loadersOf(context);
  if (session.view !== 'TRANSACTION') return (await loaders.transactionsOfSession(session.id)) ?? [];
  return [session.transaction, ...((await loaders.relatedTransactions(session.id)) ?? [])];
}

const SessionConnection = defineConnection(SessionObject);

const SORTS = { createdAt: 'CREATED_AT', updatedAt: 'UPDATED_AT', amount: 'AMOUNT' } as const;

const NAMES = [
  'customerId',
  'id',
  'merchantInternalCustomerCode',
  'merchantInternalTransactionCode',
  'paymentMethodId',
  'paymentPlanId',
  'providerCode',
  'providerCustomerCode',
  'token',
  'transactionProviderId',
] as const;

const filterArgs = builder.args((t) => ({
  ...textArgs(t, NAMES),
  action: t.field({ type: ActionEnum }),
  amount: t.field({ type: 'BigInt' }),
  canceled: t.boolean(),
  completed: t.boolean(),
  currency: t.field({ type: CurrencyEnum }),
  hasProviderError: t.boolean(),
  kind: t.field({ type: SessionOriginEnum }),
  providerStatus: t.field({ type: SessionStatusEnum }),
  started: t.boolean(),
}));

type FilterArgs = InputShapeFromFields<typeof filterArgs>;

builder.queryFields((t) => ({
  merchantApiClientTransactionSession: t.field({
    type: SessionObject,
    args: sessionNames,
    validate: checked(z.looseObject(nameShape)),
    resolve: async (_root, names, context) => showSession(await findNamedSession(context, names)),
  }),
  merchantApiClientTransactionSessions: t.field({
    type: SessionConnection,
    description: 'Client sessions, newest first unless sorted by createdAt, updatedAt or amount.',
    args: { ...filterArgs, ...pageArgs },
    validate: listArgs(...NAMES),
    resolve: async (_root, args, context): Promise<Connection<ShownSession>> => {
      const scope = requireMerchant(context);
      const sort = toSort(args.sorting, SORTS);
      const filter = await toFilter(context, args);
      if (filter === null) return NOTHING;
      const sessions = await connect(
        args,
        (page) => listSessions(context.deps, scope, { filter, sort, page }),
        () => countSessions(context.deps, scope, filter),
      );
      return shown(sessions);
    },
  }),
}));

/** The filter of the core; null where nothing can meet it. Every condition must hold. */
async function toFilter(context: AccrupayContext, args: FilterArgs): Promise<SessionFilter | null> {
  const isElsewhere = args.kind === 'SERVER' || args.paymentPlanId != null;
  const statuses = statusesOf(args);
  const kinds = SESSION_KINDS.filter((kind) => (args.action ?? kind) === kind);
  const id = args.token == null ? args.id : await idBehind(context, { id: args.id, token: args.token });
  if (isElsewhere || id === NOBODY || statuses.length === 0 || kinds.length === 0) return null;
  const { amount, currency, hasProviderError, customerId, paymentMethodId, providerCode, providerCustomerCode } = args;
  const { merchantInternalCustomerCode, merchantInternalTransactionCode } = args;
  const same = { hasProviderError, customerId, paymentMethodId, providerCode, providerCustomerCode };
  return given({
    ...same,
    id,
    merchantInternalCustomerCode,
    merchantInternalTransactionCode,
    providerAccountId: args.transactionProviderId,
    isStarted: args.started,
    statuses: statuses.length === SESSION_STATUSES.length ? null : statuses,
    kinds: kinds.length === SESSION_KINDS.length ? null : kinds,
    currencies: currency == null ? null : [currency],
    amountMin: amount,
    amountMax: amount,
  });
}

function statusesOf({ providerStatus, completed, canceled }: FilterArgs): readonly SessionStatus[] {
  const wanted = (flag: boolean | null | undefined, isMet: boolean): boolean => flag == null || flag === isMet;
  return SESSION_STATUSES.filter(
    (status) =>
      (providerStatus ?? status) === status &&
      wanted(completed, status === 'COMPLETED') &&
      wanted(canceled, status === 'CANCELED'),
  );
}

const NOBODY = 'nobody';

/** Tokens are hashed, so a list is not filtered by one: the one session that it names is. */
async function idBehind(context: AccrupayContext, names: { id: FilterArgs['id']; token: string }): Promise<string> {
  const found = await findSession(context.deps, requireMerchant(context), { clientToken: names.token });
  const isOne = found.ok && (names.id ?? found.value.id) === found.value.id;
  return isOne ? found.value.id : NOBODY;
}

function shown({ page, count }: Connection<Session>): Connection<ShownSession> {
  return { page: { ...page, edges: page.edges.map((edge) => ({ cursor: edge.cursor, node: showSession(edge.node) })) }, count };
}
