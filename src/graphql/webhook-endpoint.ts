import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { unwrap } from '../endpoint/errors.ts';
import { cardFreeText, code, optional } from '../endpoint/text-rules.ts';
import { EVENT_TYPES } from '../events/event.ts';
import {
  type DisabledReason,
  ENDPOINTS_MAX,
  type Ordering,
  type Scheme,
  type WebhookEndpoint,
} from '../merchant-webhooks/endpoint.ts';
import { shownKey } from '../merchant-webhooks/keys.ts';
import {
  createEndpoint,
  OVERLAP_HOURS,
  readEndpoints,
  removeEndpoint,
  rotateSecret,
  type ShownOnce,
  testEndpoint,
  updateEndpoint,
} from '../merchant-webhooks/manage-endpoints.ts';
import { POST_FAILURES, type PostOutcome } from '../merchant-webhooks/post.ts';
import { isSuccess } from '../merchant-webhooks/schedule.ts';
import { requireMerchant } from './access.ts';
import { builder } from './builder.ts';
import { defineEnum } from './enums.ts';

const DESCRIPTION_LENGTH_MAX = 200;

const OrderingEnum = defineEnum<Ordering>('WebhookOrdering', 'Whether events of one session wait for each other.', {
  PER_SESSION: 'An event is sent when the one before it in its session was delivered or has failed for good.',
  NONE: 'Each event is sent as soon as possible.',
});

const SchemeEnum = defineEnum<Scheme>('WebhookSignatureScheme', 'How messages are signed, by Standard Webhooks 1.0.', {
  HMAC_SHA256: 'By a secret that both ends know: `v1`, with a `whsec_` secret.',
  ED25519: 'By a key pair: `v1a`. The receiver knows the public key (`whpk_`) only.',
});

const DisabledReasonEnum = defineEnum<DisabledReason>('WebhookEndpointDisabledReason', 'Why an endpoint is disabled.', {
  MERCHANT: 'The merchant disabled it.',
  GONE: 'It responded with status 410, which asks for no more messages.',
  FAILING: 'It failed for 120 hours without one success.',
});

const EndpointObject = builder.objectRef<WebhookEndpoint>('WebhookEndpoint').implement({
  description: 'Where the merchant is told of events. Its secret was shown once, when it was made.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the endpoint.' }),
    url: t.exposeString('url', { description: 'Where messages are sent by POST.' }),
    description: t.exposeString('description', { nullable: true, description: 'What it is for. Null when nothing was given.' }),
    eventTypes: t.stringList({
      description: 'The types of events that it is told of. Empty means all, also those of later versions.',
      resolve: ({ eventTypes }) => [...eventTypes],
    }),
    ordering: t.expose('ordering', { type: OrderingEnum, description: 'Whether events of one session wait for each other.' }),
    scheme: t.expose('scheme', { type: SchemeEnum, description: 'How its messages are signed.' }),
    publicKey: t.string({
      nullable: true,
      description: 'The public key (`whpk_…`) that a receiver verifies by. Null for a shared secret.',
      resolve: (endpoint, _args, context) => shownKey(context.deps.vault, endpoint),
    }),
    previousSecretUntil: t.expose('previousUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when the secret before the last rotation signs as well. Null when there was no rotation.',
    }),
    isEnabled: t.boolean({ description: 'Whether messages are sent to it.', resolve: ({ disabledAt }) => disabledAt === null }),
    disabledAt: t.expose('disabledAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was disabled. Null while it is enabled.',
    }),
    disabledReason: t.expose('disabledReason', {
      type: DisabledReasonEnum,
      nullable: true,
      description: 'Why it is disabled. Null while it is enabled.',
    }),
    failingSince: t.expose('failingSince', {
      type: 'DateTime',
      nullable: true,
      description: 'The first failure since the last success. Null when the last attempt succeeded or none was made.',
    }),
    lastSuccessAt: t.expose('lastSuccessAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a message was last delivered, exact to a minute. Null before the first.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});

const ShownOnceObject = builder.objectRef<ShownOnce>('WebhookEndpointWithSecret').implement({
  description: 'An endpoint with its new secret, which is shown this once.',
  fields: (t) => ({
    endpoint: t.expose('endpoint', { type: EndpointObject, description: 'The endpoint.' }),
    secret: t.exposeString('secret', {
      nullable: true,
      description:
        'The secret (`whsec_…`) that a receiver verifies by. Null for a key pair, whose public key is `publicKey` of the endpoint.',
    }),
  }),
});

const TestObject = builder.objectRef<PostOutcome>('WebhookTest').implement({
  description: 'What came of a test message.',
  fields: (t) => ({
    isDelivered: t.boolean({ description: 'Whether the endpoint responded with a status from 200 to 299.', resolve: isSuccess }),
    durationMs: t.int({ description: 'How long it took, in milliseconds.', resolve: ({ durationMs }) => Math.round(durationMs) }),
    status: t.int({
      nullable: true,
      description: 'The HTTP status of the response. Null where none came.',
      resolve: (outcome) => (outcome.kind === 'response' ? outcome.status : null),
    }),
    response: t.string({
      nullable: true,
      description: 'The first kilobyte of the response. Null where none came.',
      resolve: (outcome) => (outcome.kind === 'response' ? outcome.body : null),
    }),
    problem: t.string({
      nullable: true,
      description: 'Why no response came, and what to do. Null where one came.',
      resolve: (outcome) => (outcome.kind === 'failed' ? POST_FAILURES[outcome.reason] : null),
    }),
  }),
});

const TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);
const eventTypes = z
  .array(z.string().refine((type) => TYPES.has(type), 'This is no type of event. docs/webhooks.md lists them.'))
  .max(EVENT_TYPES.length, 'A type is named twice. Name each once.');
const details = {
  url: optional(code),
  description: optional(cardFreeText(DESCRIPTION_LENGTH_MAX)),
  eventTypes: eventTypes.nullish(),
};

const CreateInput = builder.inputType('CreateWebhookEndpointInput', {
  description: 'What an endpoint is created with. It is of the environment, TEST or LIVE, that the request came with.',
  fields: (t) => ({
    url: t.string({
      required: true,
      description: 'Where messages are sent: `https`, on the public internet. In TEST `http` is allowed.',
    }),
    description: t.string({ description: `What it is for, in up to ${DESCRIPTION_LENGTH_MAX} characters.` }),
    eventTypes: t.stringList({ description: 'The types of events that it is told of; all when left out or empty.' }),
    ordering: t.field({ type: OrderingEnum, description: 'PER_SESSION when left out.' }),
    scheme: t.field({ type: SchemeEnum, description: 'HMAC_SHA256 when left out.' }),
  }),
});

const UpdateInput = builder.inputType('UpdateWebhookEndpointInput', {
  description: 'What changes of an endpoint. What is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The id of the endpoint.' }),
    url: t.string({ description: 'Where messages are sent from now on, also those that wait.' }),
    description: t.string({ description: 'What it is for. Null removes the description.' }),
    eventTypes: t.stringList({ description: 'The types of events that it is told of from now on; all when empty.' }),
    ordering: t.field({ type: OrderingEnum, description: 'Whether events of one session wait for each other.' }),
    isEnabled: t.boolean({ description: 'Whether messages are sent to it.' }),
    sendsMissed: t.boolean({
      description: 'When it is enabled: whether it is sent what it has missed. When left out, what was waiting is dropped.',
    }),
  }),
});

const RotateInput = builder.inputType('RotateWebhookSecretInput', {
  description: 'How the secret of an endpoint is replaced.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The id of the endpoint.' }),
    scheme: t.field({ type: SchemeEnum, description: 'How messages are signed from now on; as before when left out.' }),
    overlapHours: t.int({
      description: `How long the old secret signs as well: ${OVERLAP_HOURS.min} to ${OVERLAP_HOURS.max} hours, ${OVERLAP_HOURS.default} when left out.`,
    }),
  }),
});

const overlap = z
  .number()
  .int()
  .min(OVERLAP_HOURS.min, `The old secret signs for at least ${OVERLAP_HOURS.min} hour.`)
  .max(OVERLAP_HOURS.max, `The old secret signs for at most ${OVERLAP_HOURS.max} hours.`);

builder.queryField('webhookEndpoints', (t) =>
  t.field({
    type: [EndpointObject],
    description: `The merchant’s webhook endpoints of this environment, oldest first; at most ${ENDPOINTS_MAX}.`,
    resolve: async (_root, _args, context) => [...(await readEndpoints(context.deps, requireMerchant(context)))],
  }),
);

builder.mutationFields((t) => ({
  createWebhookEndpoint: t.field({
    type: ShownOnceObject,
    description: `Creates a webhook endpoint and shows its secret, this once. There are at most ${ENDPOINTS_MAX} in an environment.`,
    args: {
      data: t.arg({
        type: CreateInput,
        required: true,
        description: 'What the endpoint is created with.',
        validate: checked(z.looseObject({ ...details, url: code })),
      }),
    },
    resolve: async (_root, { data }, context) => {
      const { url, description, eventTypes: types, ordering, scheme } = data;
      const chosen = { ordering: ordering ?? 'PER_SESSION', scheme: scheme ?? 'HMAC_SHA256' } as const;
      const input = { url, description: description ?? null, eventTypes: types ?? [], ...chosen };
      return unwrap(await createEndpoint(context.deps, requireMerchant(context), input));
    },
  }),
  updateWebhookEndpoint: t.field({
    type: EndpointObject,
    description: 'Changes a webhook endpoint, or enables or disables it.',
    args: {
      data: t.arg({
        type: UpdateInput,
        required: true,
        description: 'What changes.',
        validate: checked(z.looseObject({ ...details, id: code })),
      }),
    },
    resolve: async (_root, { data: { id, description, ...given } }, context) => {
      const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
      const update = { ...known, ...(description !== undefined && { description }) };
      return unwrap(await updateEndpoint(context.deps, requireMerchant(context), { id, update }));
    },
  }),
}));

builder.mutationFields((t) => ({
  rotateWebhookSecret: t.field({
    type: ShownOnceObject,
    description: 'Gives a webhook endpoint a new secret, shown this once. For a time messages are signed by the old one as well.',
    args: {
      data: t.arg({
        type: RotateInput,
        required: true,
        description: 'How the secret is replaced.',
        validate: checked(z.looseObject({ id: code, overlapHours: overlap.nullish() })),
      }),
    },
    resolve: async (_root, { data: { id, scheme, overlapHours } }, context) => {
      const rotation = { id, scheme: scheme ?? null, overlapHours: overlapHours ?? OVERLAP_HOURS.default };
      return unwrap(await rotateSecret(context.deps, requireMerchant(context), rotation));
    },
  }),
  deleteWebhookEndpoint: t.field({
    type: 'ID',
    description: 'Deletes a webhook endpoint with everything that was still to be sent to it. Returns its id.',
    args: { id: t.arg.id({ required: true, description: 'The id of the endpoint.' }) },
    validate: checked(z.looseObject({ id: code })),
    resolve: async (_root, { id }, context) => unwrap(await removeEndpoint(context.deps, requireMerchant(context), id)).id,
  }),
  testWebhookEndpoint: t.field({
    type: TestObject,
    description:
      'Sends one message of the type `webhook.test` and waits for the response, for up to 15 seconds. It is not repeated.',
    args: { id: t.arg.id({ required: true, description: 'The id of the endpoint.' }) },
    validate: checked(z.looseObject({ id: code })),
    resolve: async (_root, { id }, context) => unwrap(await testEndpoint(context.deps, requireMerchant(context), id)),
  }),
}));
