import { checked } from '../endpoint/checked.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
import { connect, listInput } from '../endpoint/paging.ts';
import { selectsWhole, WHOLE } from '../endpoint/selection.ts';
import { openTo } from '../endpoint/strangers.ts';
import { given } from '../kernel/given.ts';
import { scopeOf } from '../kernel/scope.ts';
import { countSessions, listSessions, listSummaries, type SessionFilter, type SessionSort } from '../sessions/list.ts';
import { openSession } from '../sessions/open.ts';
import { findSession, findSessionByToken, readChallengeUrl, type SessionSelector } from '../sessions/read.ts';
import { actionOf, allowedSessionCalls, isOpen, isWhole, type Session, type SessionSummary } from '../sessions/session.ts';
import { linked, loadersOf, merchantOnly, requireMerchant, requireViewer, seesEverything } from './access.ts';
import { builder, type Types } from './builder.ts';
import { defineConnection, pagingArgs } from './connection.ts';
import { Billing, DeviceObject, Shipping, User } from './contact.ts';
import type { GraphqlContext } from './context.ts';
import {
  CurrencyEnum,
  ProviderEnum,
  SessionActionEnum,
  SessionCallEnum,
  SessionKindEnum,
  SessionStatusEnum,
  SortOrderEnum,
} from './enums.ts';
import { filterSchema } from './filters.ts';
import {
  ClientSession,
  CustomerObject,
  EventObject,
  MERCHANT_ONLY,
  OperationObject,
  PaymentMethodObject,
  TransactionObject,
} from './refs.ts';
import { SessionSelectorInput, toSessionSelector } from './selectors.ts';

const TYPE_NAMES = {
  PAYMENT: 'PaymentSession',
  ADD_PAYMENT_METHOD: 'AddPaymentMethodSession',
  AUTHORIZATION: 'AuthorizationSession',
} as const;

ClientSession.implement({
  description:
    'What a payer sees: one try to pay, to store a payment method or to have money held. Its token alone opens it in a browser.',
  resolveType: (session) => TYPE_NAMES[session.kind],
  fields: (t) => ({
    ...identity(t),
    ...opening(t),
    ...terms(t),
    ...people(t),
    ...links(t),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the session was started.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the session changed last.' }),
  }),
});

export const PaymentSession = builder.objectRef<SessionSummary>('PaymentSession').implement({
  interfaces: [ClientSession],
  description: 'A session in which a payer pays at once.',
  fields: (t) => ({
    amount: t.expose('amountMinor', { type: 'BigInt', description: 'The amount to pay, in the smallest unit of the currency.' }),
    storePaymentMethod: t.boolean({
      description: 'Whether the payment method is stored for later charges.',
      ...whole((session) => session.storePaymentMethod),
    }),
  }),
});

export const AuthorizationSession = builder.objectRef<SessionSummary>('AuthorizationSession').implement({
  interfaces: [ClientSession],
  description: 'A session in which a payer’s money is held, to be settled or voided later.',
  fields: (t) => ({
    amount: t.expose('amountMinor', { type: 'BigInt', description: 'The amount to hold, in the smallest unit of the currency.' }),
    storePaymentMethod: t.boolean({
      description: 'Whether the payment method is stored for later charges.',
      ...whole((session) => session.storePaymentMethod),
    }),
  }),
});

export const AddPaymentMethodSession = builder.objectRef<SessionSummary>('AddPaymentMethodSession').implement({
  interfaces: [ClientSession],
  description: 'A session in which a payer stores a payment method and pays nothing.',
});

type Fields = PothosSchemaTypes.InterfaceFieldBuilder<Types, SessionSummary>;

/** What the session is and how far it has come. */
function identity(t: Fields) {
  return {
    id: t.exposeID('id', { description: 'The id of the session.' }),
    kind: t.expose('kind', { type: SessionKindEnum, description: 'What the session is for.' }),
    status: t.expose('status', { type: SessionStatusEnum, description: 'How far the session has come.' }),
    action: t.field({
      type: SessionActionEnum,
      description: 'What is expected to happen next.',
      resolve: (session, _args, context) => {
        // Only a completed authorization depends on its hold; every other session is answered without a promise.
        if (session.kind !== 'AUTHORIZATION' || session.status !== 'COMPLETED') return actionOf(session, null);
        return loadersOf(context)
          .hold(session.id)
          .then((hold) => actionOf(session, hold ?? null));
      },
    }),
    allowedActions: t.field({
      type: [SessionCallEnum],
      description:
        'What the merchant can ask of the session now: any other call would be refused or change nothing. Empty for everybody but a secret key.',
      resolve: merchantOnly(allowedSessionCalls, []),
    }),
    currency: t.expose('currency', { type: CurrencyEnum, description: 'The currency of the session.' }),
    merchantInternalTransactionCode: t.exposeString('merchantInternalTransactionCode', {
      description: 'The merchant’s own code, as given at the start.',
    }),
    transactionProvider: t.expose('provider', { type: ProviderEnum, description: 'The provider behind the session.' }),
    transactionProviderId: t.exposeID('providerAccountId', { description: 'The id of the provider account behind the session.' }),
    providerCode: t.exposeString('providerCode', {
      nullable: true,
      description: 'The provider’s reference of the session. Null until the provider has answered the start.',
    }),
    providerError: t.string({
      nullable: true,
      description: `What the provider said went wrong. Null when nothing did. ${MERCHANT_ONLY}`,
      ...whole((session, context) => (seesEverything(context) ? session.providerError : null)),
    }),
  };
}

/** What opens it in a browser. */
function opening(t: Fields) {
  return {
    token: t.string({
      description: 'The short-lived secret that opens this one session in a browser, and nothing else.',
      resolve: async (session, _args, context) => (await secretsOf(session, context)).token,
    }),
    tokenExpiresAt: t.field({
      type: 'DateTime',
      description: 'When the token stops opening the session.',
      ...whole((session) => session.tokenExpiresAt),
    }),
    payload: t.field({
      type: 'JSONObject',
      nullable: true,
      description:
        'What the provider’s browser part needs. Null until the provider has answered the start, once the session was erased, and for browsers once the session has ended.',
      resolve: async (session, _args, context) => {
        const isShown = seesEverything(context) || (isOpen(session.status) && session.closingAs === null);
        return isShown ? (await secretsOf(session, context)).payload : null;
      },
    }),
    checkoutUrl: t.string({
      nullable: true,
      description:
        'A page where a payer completes the session, with the token behind its #. Null once the session is not open any more.',
      resolve: async (session, _args, context) => {
        if (!isOpen(session.status) || session.closingAs !== null) return null;
        const { token } = await secretsOf(session, context);
        const publicId = await context.deps.merchants.publicId(scopeOf(session));
        return `${context.deps.settings.publicUrl}/checkout/${publicId}#${token}`;
      },
    }),
    challengeUrl: t.string({
      nullable: true,
      description: 'Where the payer authenticates. Null unless the action is AUTHENTICATE.',
      ...whole((session, context) => readChallengeUrl(context.deps, session)),
    }),
  };
}

/** What the start agreed on. */
function terms(t: Fields) {
  return {
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When the session ends unless it has succeeded or an attempt is in progress.',
      ...whole((session) => session.expiresAt),
    }),
    attempts: t.exposeInt('attempts', { description: 'How many attempts were made.' }),
    attemptsMax: t.exposeInt('attemptsMax', { description: 'After how many declined attempts the session ends.' }),
    returnUrl: t.string({
      nullable: true,
      description: 'Where the payer comes back to. Null when the start named no address, and once the session was erased.',
      ...whole((session) => session.returnUrl),
    }),
    description: t.string({
      nullable: true,
      description: 'What is paid. Null when the start told nothing, and once the session was erased.',
      ...whole((session) => session.description),
    }),
    metadata: t.field({
      type: 'JSONObject',
      description: 'The merchant’s own facts, empty when there are none and for everybody but a secret key.',
      ...whole((session, context) => (seesEverything(context) ? session.metadata : {})),
    }),
  };
}

/** Personal data, for secret keys only. */
function people(t: Fields) {
  return {
    isErased: t.boolean({
      description: 'Whether the personal data was blanked, by `eraseCustomer` or `eraseClientSession`.',
      ...whole(({ erasedAt }) => erasedAt !== null),
    }),
    billing: t.field({
      type: Billing,
      nullable: true,
      description: `Who pays. Null once the customer was erased. ${MERCHANT_ONLY}`,
      resolve: async (session, _args, context) => (await personalDataOf(session, context))?.billing ?? null,
    }),
    shipping: t.field({
      type: Shipping,
      nullable: true,
      description: `Where goods go. Null when the start told nothing or the customer was erased. ${MERCHANT_ONLY}`,
      resolve: async (session, _args, context) => (await personalDataOf(session, context))?.shipping ?? null,
    }),
    user: t.field({
      type: User,
      nullable: true,
      description: `The end user. Null when the start told nothing or the customer was erased. ${MERCHANT_ONLY}`,
      resolve: async (session, _args, context) => (await personalDataOf(session, context))?.user ?? null,
    }),
    device: t.field({
      type: DeviceObject,
      nullable: true,
      description: `The payer’s device. Null when the start told nothing or the customer was erased. ${MERCHANT_ONLY}`,
      resolve: async (session, _args, context) => (await personalDataOf(session, context))?.device ?? null,
    }),
  };
}

/** What belongs to it. */
function links(t: Fields) {
  return {
    customer: t.field({
      type: CustomerObject,
      nullable: true,
      description: `The customer of the session. Null when it has none. ${MERCHANT_ONLY}`,
      resolve: merchantOnly(({ customerId }, context) => linked(customerId, loadersOf(context).customer)),
    }),
    paymentMethod: t.field({
      type: PaymentMethodObject,
      nullable: true,
      description: 'The payment method that the session stored. Null until it is completed, and when nothing was to be stored.',
      ...whole(({ paymentMethodId }, context) => linked(paymentMethodId, loadersOf(context).paymentMethod)),
    }),
    transactions: t.field({
      type: [TransactionObject],
      description: 'The attempts of the session and what followed from them, oldest first.',
      resolve: async (session, _args, context) => (await loadersOf(context).transactionsOfSession(session.id)) ?? [],
    }),
    operations: t.field({
      type: [OperationObject],
      description:
        'What the provider was asked about the session: its start, and its cancellation, oldest first, the newest 50; empty for everybody but a secret key.',
      resolve: merchantOnly(async ({ id }, context) => (await loadersOf(context).operationsOf(id)) ?? [], []),
    }),
    events: t.field({
      type: [EventObject],
      description: 'What happened to the session, oldest first; empty for everybody but a secret key.',
      resolve: merchantOnly(async ({ id }, context) => (await loadersOf(context).eventsOfSession(id)) ?? [], []),
    }),
  };
}

/** A field of all of the session. A list reads that much where `selectsWhole` finds such a field. */
function whole<Value>(resolve: (session: Session, context: GraphqlContext) => Value | Promise<Value>) {
  return {
    extensions: WHOLE,
    resolve: (session: SessionSummary, _args: object, context: GraphqlContext) => {
      if (!isWhole(session)) throw new Error('A field was selected whose columns were not read.');
      return resolve(session, context);
    },
  };
}

async function secretsOf(session: SessionSummary, context: GraphqlContext) {
  const secrets = await loadersOf(context).sessionSecrets(session.id);
  if (secrets === undefined) throw new Error(`Session ${session.id} has no stored token.`);
  return secrets;
}

async function personalDataOf(session: SessionSummary, context: GraphqlContext) {
  return seesEverything(context) ? loadersOf(context).sessionPersonalData(session.id) : undefined;
}

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
