import type { InputShapeFromFields } from '@pothos/core';
import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { type Connection, connect } from '../endpoint/paging.ts';
import { given } from '../kernel/given.ts';
import { SESSION_KINDS } from '../providers/provider.ts';
import { countSessions, listSessions, type SessionFilter } from '../sessions/list.ts';
import { findSession } from '../sessions/read.ts';
import { SESSION_STATUSES, type Session, type SessionStatus } from '../sessions/session.ts';
import { builder } from './builder.ts';
import { defineConnection, listArgs, NOTHING, pageArgs, toSort } from './connection.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';
import { ActionEnum, CurrencyEnum, SessionOriginEnum, SessionStatusEnum } from './enums.ts';
import { findNamedSession, nameShape, sessionNames } from './identifiers.ts';
import { SessionObject } from './refs.ts';
import { type ShownSession, showSession } from './shown-session.ts';

const SessionConnection = defineConnection(SessionObject);

const SORTS = { createdAt: 'CREATED_AT', updatedAt: 'UPDATED_AT', amount: 'AMOUNT' } as const;

const filterArgs = builder.args((t) => ({
  action: t.field({ type: ActionEnum }),
  amount: t.field({ type: 'BigInt' }),
  canceled: t.boolean(),
  completed: t.boolean(),
  currency: t.field({ type: CurrencyEnum }),
  customerId: t.string(),
  hasProviderError: t.boolean(),
  id: t.string(),
  kind: t.field({ type: SessionOriginEnum }),
  merchantInternalCustomerCode: t.string(),
  merchantInternalTransactionCode: t.string(),
  paymentMethodId: t.string(),
  paymentPlanId: t.string(),
  providerCode: t.string(),
  providerCustomerCode: t.string(),
  providerStatus: t.field({ type: SessionStatusEnum }),
  started: t.boolean(),
  token: t.string(),
  transactionProviderId: t.string(),
}));

type FilterArgs = InputShapeFromFields<typeof filterArgs>;

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
];

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
