import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { unwrap } from '../endpoint/errors.ts';
import { connect, listInput } from '../endpoint/paging.ts';
import { code, optional } from '../endpoint/text-rules.ts';
import type { Delivery, DeliveryAttempt, DeliveryStatus } from '../merchant-webhooks/endpoint.ts';
import {
  countDeliveries,
  listDeliveries,
  REPLAYED_MAX,
  type Replay,
  readReplay,
  replayDeliveries,
} from '../merchant-webhooks/read-deliveries.ts';
import { loadersOf, requireMerchant } from './access.ts';
import { builder } from './builder.ts';
import { defineConnection, pagingArgs } from './connection.ts';
import { defineEnum } from './enums.ts';
import { DeliveryObject } from './refs.ts';

const DeliveryStatusEnum = defineEnum<DeliveryStatus>('WebhookDeliveryStatus', 'How far a delivery is.', {
  PENDING: 'It is still to be delivered.',
  DELIVERED: 'The endpoint responded with a status from 200 to 299.',
  FAILED: 'Every attempt failed. It is sent again only when it is replayed.',
  DROPPED: 'It was waiting when the endpoint was enabled again without what it had missed.',
});

const AttemptObject = builder.objectRef<DeliveryAttempt>('WebhookDeliveryAttempt').implement({
  description: 'One request of a delivery. Attempts are kept for 30 days.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the attempt.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When the request was sent.' }),
    durationMs: t.exposeInt('durationMs', { description: 'How long it took, in milliseconds.' }),
    status: t.exposeInt('status', { nullable: true, description: 'The HTTP status of the response. Null where none came.' }),
    failure: t.exposeString('failure', {
      nullable: true,
      description: 'Why no response came, such as `timeout`, `dns` or `refused_address`. Null where one came.',
    }),
    response: t.exposeString('response', {
      nullable: true,
      description: 'The first kilobyte of the response. Null where it was empty or none came.',
    }),
  }),
});

DeliveryObject.implement({
  description: 'One event for one webhook endpoint.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the delivery.' }),
    endpointId: t.exposeID('endpointId', { description: 'The id of the endpoint.' }),
    eventId: t.exposeID('eventId', { description: 'The id of the event, which is the `webhook-id` of every attempt.' }),
    eventType: t.exposeString('eventType', { description: 'What happened, such as `session.completed`.' }),
    sessionId: t.exposeID('sessionId', { nullable: true, description: 'The session of the event. Null when it is about none.' }),
    sequence: t.exposeInt('sequence', {
      nullable: true,
      description: 'The place of the event in its session. Null when it is about none.',
    }),
    status: t.expose('status', { type: DeliveryStatusEnum, description: 'How far the delivery is.' }),
    attempts: t.field({
      type: [AttemptObject],
      description: 'Its requests of the last 30 days, oldest first; the newest 100.',
      resolve: async ({ id }: Delivery, _args, context) => [...((await loadersOf(context).attemptsOfDelivery(id)) ?? [])],
    }),
    attemptsMade: t.exposeInt('attempts', { description: 'How many attempts were made since it was last sent or replayed.' }),
    nextAttemptAt: t.expose('nextAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the next attempt is due at the earliest. Null once it has ended.',
    }),
    lastStatus: t.exposeInt('lastStatus', {
      nullable: true,
      description: 'The HTTP status of the last response. Null before the first, and where none came.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the event happened.' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the delivery ended. Null while it is PENDING.',
    }),
  }),
});

const DeliveryConnection = defineConnection('WebhookDelivery', DeliveryObject, 'deliveries');

builder.queryField('webhookDeliveries', (t) =>
  t.field({
    type: DeliveryConnection,
    description: 'What was sent to the webhook endpoints of this environment, and what is still to be sent; newest event first.',
    args: {
      ...pagingArgs,
      endpointId: t.arg.id({ description: 'Only those of this endpoint.' }),
      sessionId: t.arg.id({ description: 'Only those of events of this session.' }),
      status: t.arg({ type: DeliveryStatusEnum, description: 'Only those with this status.' }),
    },
    validate: checked(listInput({ endpointId: optional(code), sessionId: optional(code) })),
    resolve: (_root, { endpointId, sessionId, status, ...paging }, context) => {
      const scope = requireMerchant(context);
      const filter = { endpointId: endpointId ?? undefined, sessionId: sessionId ?? undefined, status: status ?? undefined };
      return connect(
        paging,
        (page) => listDeliveries(context.deps, scope, { filter, page }),
        () => countDeliveries(context.deps, scope, filter),
      );
    },
  }),
);

const Replayed = builder.objectRef<Replay>('ReplayedWebhookDeliveries').implement({
  description: 'What a replay has set going.',
  fields: (t) => ({
    count: t.exposeInt('count', { description: `How many deliveries are sent again, at most ${REPLAYED_MAX}.` }),
    nextFrom: t.expose('nextFrom', {
      type: 'DateTime',
      nullable: true,
      description: 'Where the rest of a range begins, for `from` of a further call. Null where all of it is sent.',
    }),
  }),
});

const ReplayInput = builder.inputType('ReplayWebhookDeliveriesInput', {
  description:
    'Which deliveries are sent again: one (`deliveryId`), all that failed at an endpoint (`endpointId`), or all of an endpoint whose events happened within a time (`endpointId`, `from`, `to`).',
  fields: (t) => ({
    deliveryId: t.id({ description: 'The delivery, when it is one.' }),
    endpointId: t.id({ description: 'The endpoint, when it is more than one.' }),
    from: t.field({ type: 'DateTime', description: 'Events that happened at this time or later. It needs `to`.' }),
    to: t.field({ type: 'DateTime', description: 'Events that happened before this time. It needs `from`.' }),
  }),
});

builder.mutationField('replayWebhookDeliveries', (t) =>
  t.field({
    type: Replayed,
    description: `Sends deliveries again under their \`webhook-id\`, at most ${REPLAYED_MAX} at a time. For a range of time this includes delivered ones and events that the endpoint was not told of, because it was disabled or created later.`,
    args: {
      data: t.arg({
        type: ReplayInput,
        required: true,
        description: 'Which deliveries are sent again.',
        validate: checked(z.looseObject({ deliveryId: optional(code), endpointId: optional(code) })),
      }),
    },
    resolve: async (_root, { data }, context) => {
      const scope = requireMerchant(context);
      return unwrap(await replayDeliveries(context.deps, scope, unwrap(readReplay(data))));
    },
  }),
);
