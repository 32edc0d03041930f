import { z } from 'zod';
import { EVENT_TYPES } from '../events/event.ts';
import { ok, type Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { DELIVERY_STATUSES, type Delivery, ORDERINGS, SCHEMES, type WebhookEndpoint } from '../merchant-webhooks/endpoint.ts';
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
import { listDeliveries, readReplay, replayDeliveries } from '../merchant-webhooks/read-deliveries.ts';
import { isSuccess } from '../merchant-webhooks/schedule.ts';
import { bad, type Command, command, ofMerchant, ofSide } from './command.ts';
import type { Runtime } from './runtime.ts';

const eventType = z.enum(EVENT_TYPES, {
  error: ({ input }) => `${String(input)} is no type of event. docs/webhooks.md lists them.`,
});
const described = { description: z.string().max(200, 'must have at most 200 characters').nullable() };
const chosen = {
  eventTypes: z.array(eventType).max(EVENT_TYPES.length, 'names a type twice'),
  ordering: z.enum(ORDERINGS),
};
const scheme = z.enum(SCHEMES);
const endpoint = { ...ofSide, endpointId: z.string() };
const instant = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-11-27T08:00:00Z' })
  .transform((text) => new Date(text));
const overlapHours = z
  .int()
  .min(OVERLAP_HOURS.min, `must be at least ${OVERLAP_HOURS.min}`)
  .max(OVERLAP_HOURS.max, `must be at most ${OVERLAP_HOURS.max}`);

/** What the command line does with webhook endpoints, by name. */
export const WEBHOOK_COMMANDS: Readonly<Record<string, Command>> = {
  'webhooks list': command(z.object(ofSide), (runtime, input) =>
    inScope(runtime, input, async (scope) =>
      ok((await readEndpoints(runtime.app.deps, scope)).map((each) => shown(runtime, each))),
    ),
  ),
  'webhooks create': command(
    z.object({ ...ofSide, url: z.string(), ...described, ...chosen, scheme }),
    (runtime, { merchant, environment, ...input }) =>
      inScope(runtime, { merchant, environment }, async (scope) =>
        withSecret(runtime, await createEndpoint(runtime.app.deps, scope, input)),
      ),
  ),
  'webhooks update': command(
    z.object({
      ...endpoint,
      update: z
        .object({ url: z.string(), ...described, ...chosen, isEnabled: z.boolean(), sendsMissed: z.boolean() })
        .partial()
        .refine((update) => Object.values(update).some((value) => value !== undefined), 'Say what is to change.'),
    }),
    (runtime, { endpointId: id, update, ...input }) =>
      inScope(runtime, input, async (scope) => {
        const updated = await updateEndpoint(runtime.app.deps, scope, { id, update });
        return updated.ok ? ok(shown(runtime, updated.value)) : updated;
      }),
  ),
  'webhooks rotate': command(
    z.object({ ...endpoint, scheme: scheme.nullable(), overlapHours }),
    (runtime, { endpointId: id, scheme: next, overlapHours: hours, ...input }) =>
      inScope(runtime, input, async (scope) =>
        withSecret(runtime, await rotateSecret(runtime.app.deps, scope, { id, scheme: next, overlapHours: hours })),
      ),
  ),
  'webhooks delete': command(z.object(endpoint), ({ app, ...runtime }, { endpointId, ...input }) =>
    inScope({ ...runtime, app }, input, async (scope) => {
      const removed = await removeEndpoint(app.deps, scope, endpointId);
      return removed.ok ? ok({ endpointId }) : removed;
    }),
  ),
  'webhooks test': command(z.object(endpoint), (runtime, { endpointId, ...input }) =>
    inScope(runtime, input, async (scope) => {
      const tested = await testEndpoint(runtime.app.deps, scope, endpointId);
      return tested.ok ? toTested(endpointId, tested.value) : tested;
    }),
  ),
  'webhooks deliveries': command(
    z.object({
      ...ofSide,
      endpointId: z.string().optional(),
      sessionId: z.string().optional(),
      status: z.enum(DELIVERY_STATUSES).optional(),
      limit: z.int().min(1, 'must be at least 1').max(100, 'must be at most 100'),
    }),
    (runtime, { merchant, environment, limit, ...filter }) =>
      inScope(runtime, { merchant, environment }, async (scope) => {
        const page = { direction: 'forward', size: limit, cursor: null, skip: 0 } as const;
        const listed = await listDeliveries(runtime.app.deps, scope, { filter, page });
        return listed.ok ? ok(listed.value.edges.map(({ node }) => shownDelivery(node))) : listed;
      }),
  ),
  'webhooks replay': command(
    z.object({
      ...ofSide,
      deliveryId: z.string().optional(),
      endpointId: z.string().optional(),
      from: instant.optional(),
      to: instant.optional(),
    }),
    (runtime, { merchant, environment, ...which }) =>
      inScope(runtime, { merchant, environment }, async (scope) => {
        const read = readReplay(which);
        if (!read.ok) return bad('Say --delivery, or --endpoint, or --endpoint with --from and a later --to.');
        return replayDeliveries(runtime.app.deps, scope, read.value);
      }),
  ),
};

function inScope<T>(
  runtime: Runtime,
  { merchant, environment }: { merchant: string; environment: MerchantScope['environment'] },
  run: (scope: MerchantScope) => Promise<Result<T>>,
): Promise<Result<T>> {
  return ofMerchant(runtime.app.deps, merchant, ({ id }) => run({ merchantId: id, environment }));
}

/** Without its secrets. */
function shown({ app }: Runtime, endpoint: WebhookEndpoint) {
  const { id, url, description, eventTypes, ordering, scheme: signs, previousUntil, disabledAt, disabledReason } = endpoint;
  const { failingSince, lastSuccessAt, createdAt } = endpoint;
  return {
    id,
    url,
    description,
    isEnabled: disabledAt === null,
    disabledReason,
    eventTypes: eventTypes.length === 0 ? ['all'] : eventTypes,
    ordering,
    scheme: signs,
    publicKey: shownKey(app.deps.vault, endpoint),
    oldSecretUntil: previousUntil,
    failingSince,
    lastSuccessAt,
    createdAt,
  };
}

function withSecret(runtime: Runtime, result: Result<ShownOnce>) {
  if (!result.ok) return result;
  const { secret, endpoint: made } = result.value;
  return ok({ secret, ...shown(runtime, made) });
}

function toTested(endpointId: string, outcome: PostOutcome) {
  const { durationMs } = outcome;
  if (outcome.kind === 'failed') return bad(`The endpoint did not respond. ${POST_FAILURES[outcome.reason]}`);
  const { status, body } = outcome;
  if (isSuccess(outcome)) return ok({ endpointId, status, durationMs, response: body });
  return bad(`The endpoint responded with status ${status}${body === '' ? '.' : `: ${body}`}`);
}

function shownDelivery(delivery: Delivery) {
  const { id, status, attempts, lastStatus, nextAttemptAt, eventType: type, sessionId, sequence } = delivery;
  const { endpointId, eventId, createdAt, endedAt } = delivery;
  const what = { id, status, eventType: type, sessionId, sequence, attempts, lastStatus };
  return { ...what, nextAttemptAt, createdAt, endedAt, endpointId, eventId };
}
