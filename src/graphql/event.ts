import { checked } from '../endpoint/checked.ts';
import { unwrap } from '../endpoint/errors.ts';
import { EMPTY_PAGE, listInput, toPageRequest } from '../endpoint/paging.ts';
import type { EventSource, GatewayEvent } from '../events/event.ts';
import { listEvents } from '../events/read.ts';
import type { Page } from '../kernel/paging.ts';
import { loadersOf, requireMerchant, seesEverything } from './access.ts';
import { builder } from './builder.ts';
import { PageInfo } from './connection.ts';
import { DeliveryObject, EventObject } from './refs.ts';

const EventSourceEnum = builder.enumType('EventSource', {
  description: 'Who brought the news.',
  values: {
    API: { description: 'A call of the merchant’s backend brought it.' },
    BROWSER: { description: 'The payer’s browser brought it.' },
    PROVIDER: { description: 'An answer of the provider brought it.' },
    WEBHOOK: { description: 'A notification from the provider brought it.' },
    JOB: { description: 'The gateway’s own work in the background brought it.' },
    OPERATOR: { description: 'A person who runs the gateway brought it.' },
  } as const satisfies Record<EventSource, { description: string }>,
});

EventObject.implement({
  description: 'Something that happened. Events never change, and hold ids and plain facts, never personal data.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the event.' }),
    type: t.exposeString('type', {
      description: 'What happened, such as `session.completed` or `transaction.declined`. New types may appear.',
    }),
    source: t.expose('source', { type: EventSourceEnum, description: 'Who brought the news.' }),
    isAlert: t.exposeBoolean('isAlert', { description: 'Whether a person should look at it.' }),
    sessionId: t.exposeID('sessionId', { nullable: true, description: 'The session it is about. Null when it is about none.' }),
    transactionId: t.exposeID('transactionId', {
      nullable: true,
      description: 'The transaction it is about. Null when it is about none.',
    }),
    customerId: t.exposeID('customerId', {
      nullable: true,
      description: 'The customer it is about. Null when it is about none.',
    }),
    sequence: t.exposeInt('sequence', {
      nullable: true,
      description: 'The place among the events of its session, from 1 without gaps. Null when it is about no session.',
    }),
    data: t.expose('data', { type: 'JSONObject', description: 'Facts of this event.' }),
    deliveries: t.field({
      type: [DeliveryObject],
      description: 'To which webhook endpoints it is sent, and how far each delivery is. Empty for all but a secret key.',
      resolve: async ({ id }, _args, context) =>
        seesEverything(context) ? [...((await loadersOf(context).deliveriesOfEvent(id)) ?? [])] : [],
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it happened.' }),
  }),
});

const EventEdge = builder.objectRef<Page<GatewayEvent>['edges'][number]>('EventEdge').implement({
  description: 'One of the listed events with its place in the log.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'The place in the log, for `after`. Its text has no meaning.' }),
    node: t.expose('node', { type: EventObject, description: 'The event itself.' }),
  }),
});

/** The log has no total count: it grows for ever and is read by following it. */
const EventConnection = builder.objectRef<Page<GatewayEvent>>('EventConnection').implement({
  description: 'A page of the event log.',
  fields: (t) => ({
    edges: t.field({ type: [EventEdge], description: 'The events of this page, oldest first.', resolve: (page) => page.edges }),
    pageInfo: t.field({ type: PageInfo, description: 'Where this page lies in the log.', resolve: (page) => page }),
  }),
});

builder.queryField('events', (t) =>
  t.field({
    type: EventConnection,
    description: 'What happened, oldest first. Asking again with the last cursor continues without a gap.',
    args: {
      first: t.arg.int({ description: 'How many to return: 0 to 100, 20 when left out.' }),
      after: t.arg.string({ description: 'The cursor to continue behind; the start of the log without one.' }),
    },
    validate: checked(listInput({})),
    resolve: async (_root, paging, context) => {
      const scope = requireMerchant(context);
      const request = toPageRequest(paging);
      return request.size === 0 ? EMPTY_PAGE : unwrap(await listEvents(context.deps, scope, request));
    },
  }),
);
