import { randomUUID } from 'node:crypto';
import { addMs, HOUR_MS, MINUTE_MS } from '../kernel/clock.ts';
import { isId, newId } from '../kernel/ids.ts';
import { type Issue, refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { checkEndpointUrl } from './addresses.ts';
import { dropPending, firstIdAt, replay } from './delivery-store.ts';
import type { Deps } from './deps.ts';
import { ENDPOINTS_MAX, type Ordering, type Scheme, type WebhookEndpoint } from './endpoint.ts';
import { newKey, retireKey, signingKeys } from './keys.ts';
import { toBody } from './message.ts';
import type { PostOutcome } from './post.ts';
import { signMessage } from './signing.ts';
import { deleteEndpoint, type EndpointChange, findEndpoint, insertEndpoint, listEndpoints, saveEndpoint } from './store.ts';

export interface NewEndpoint {
  readonly url: string;
  readonly description: string | null;
  /** Empty: every type. */
  readonly eventTypes: readonly string[];
  readonly ordering: Ordering;
  readonly scheme: Scheme;
}

/** An endpoint with its secret, which is shown this once. */
export interface ShownOnce {
  readonly endpoint: WebhookEndpoint;
  /** `whsec_…`; null for a key pair, whose secret part never leaves the gateway. */
  readonly secret: string | null;
}

/** Every endpoint of the merchant in this environment, oldest first. */
export function readEndpoints(deps: Pick<Deps, 'database'>, scope: MerchantScope): Promise<readonly WebhookEndpoint[]> {
  return listEndpoints(deps.database.client, scope);
}

/** Refuses with BAD_USER_INPUT: a URL that may not be called, and more than 16 endpoints. */
export async function createEndpoint(deps: Deps, scope: MerchantScope, input: NewEndpoint): Promise<Result<ShownOnce>> {
  const url = await checkEndpointUrl(input.url, deps.addressRules[scope.environment]);
  if (!url.ok) return refusedUrl(url.refusal);
  const now = deps.clock.now();
  const place = { ...scopeOf(scope), id: newId(now) };
  const { text, sealed } = newKey(deps.vault, place, input.scheme);
  const endpoint: WebhookEndpoint = {
    ...place,
    ...input,
    url: url.value,
    sealedSecret: sealed,
    sealedPreviousSecret: null,
    previousUntil: null,
    disabledAt: null,
    disabledReason: null,
    failingSince: null,
    lastSuccessAt: null,
    failureAlerts: 0,
    createdAt: now,
    updatedAt: now,
  };
  if (!(await deps.database.inTransaction((tx) => insertEndpoint(tx, endpoint, ENDPOINTS_MAX)))) {
    const message = `There are ${ENDPOINTS_MAX} endpoints in this environment, which is the most. Delete one that is not used.`;
    return refused(refusal('BAD_USER_INPUT', message));
  }
  deps.log.info({ ...scopeOf(scope), endpointId: endpoint.id }, 'a webhook endpoint was created');
  return ok({ endpoint, secret: shown(endpoint, text) });
}

/** Events that an endpoint is sent when it is enabled again; a replay sends further ones. */
const MISSED_MAX = 100_000;

export interface EndpointUpdate {
  readonly url?: string | undefined;
  readonly description?: string | null | undefined;
  readonly eventTypes?: readonly string[] | undefined;
  readonly ordering?: Ordering | undefined;
  readonly isEnabled?: boolean | undefined;
  /** With `isEnabled: true`: whether the events since the endpoint was disabled are sent as well. */
  readonly sendsMissed?: boolean | undefined;
}

/**
 * Changes the given fields. What is still to be delivered goes to the new URL. Enabling an endpoint sends what it has missed, or drops what
 * was waiting. Refuses with WEBHOOK_ENDPOINT_NOT_FOUND, and with BAD_USER_INPUT for a URL that may not be called.
 */
export async function updateEndpoint(
  deps: Deps,
  scope: MerchantScope,
  { id, update }: { id: string; update: EndpointUpdate },
): Promise<Result<WebhookEndpoint>> {
  const found = await find(deps, scope, id);
  if (!found.ok) return found;
  const { isEnabled, sendsMissed = false, url: givenUrl, ...fields } = update;
  const url = givenUrl === undefined ? null : await checkEndpointUrl(givenUrl, deps.addressRules[scope.environment]);
  if (url?.ok === false) return refusedUrl(url.refusal);
  const now = deps.clock.now();
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as EndpointChange;
  const change = { ...given, ...(url !== null && { url: url.value }), ...enabling(found.value, { isEnabled, now }) };
  const saved = await deps.database.inTransaction(async (tx) => {
    const endpoint = await saveEndpoint(tx, scope, { id, change, now });
    const { disabledAt } = found.value;
    if (endpoint === null || disabledAt === null || isEnabled !== true) return endpoint;
    if (sendsMissed) {
      // Clocks of gateways differ. What was delivered is not sent again.
      const range = { from: firstIdAt(addMs(disabledAt, -MINUTE_MS)), to: firstIdAt(addMs(now, MINUTE_MS)) };
      await replay(tx, scope, { which: { endpointId: id, ...range, takes: 'missed' }, now, limit: MISSED_MAX });
    } else await dropPending(tx, scope, { endpointId: id, now });
    return endpoint;
  });
  return saved === null ? notFound(id) : ok(saved);
}

function enabling(
  { disabledAt }: WebhookEndpoint,
  { isEnabled, now }: { isEnabled: boolean | undefined; now: Date },
): EndpointChange {
  if (isEnabled === true && disabledAt !== null)
    return { disabledAt: null, disabledReason: null, failingSince: null, failureAlerts: 0 };
  if (isEnabled === false && disabledAt === null) return { disabledAt: now, disabledReason: 'MERCHANT' };
  return {};
}

export const OVERLAP_HOURS = { min: 1, max: 168, default: 24 } as const;

/**
 * Gives the endpoint a new secret. The one before it signs as well for the given hours, so that a receiver can change at any time
 * between. Refuses with WEBHOOK_ENDPOINT_NOT_FOUND.
 */
export async function rotateSecret(
  deps: Deps,
  scope: MerchantScope,
  { id, scheme, overlapHours }: { id: string; scheme: Scheme | null; overlapHours: number },
): Promise<Result<ShownOnce>> {
  const found = await find(deps, scope, id);
  if (!found.ok) return found;
  const now = deps.clock.now();
  const { text, sealed } = newKey(deps.vault, found.value, scheme ?? found.value.scheme);
  const change: EndpointChange = {
    scheme: scheme ?? found.value.scheme,
    sealedSecret: sealed,
    sealedPreviousSecret: retireKey(deps.vault, found.value),
    previousUntil: addMs(now, overlapHours * HOUR_MS),
  };
  const endpoint = await saveEndpoint(deps.database.client, scope, { id, change, now });
  if (endpoint === null) return notFound(id);
  deps.log.info({ ...scopeOf(scope), endpointId: id }, 'the secret of a webhook endpoint was rotated');
  return ok({ endpoint, secret: shown(endpoint, text) });
}

/** Deletes the endpoint with everything that was to be delivered to it. Refuses with WEBHOOK_ENDPOINT_NOT_FOUND. */
export async function removeEndpoint(deps: Deps, scope: MerchantScope, id: string): Promise<Result<{ id: string }>> {
  const isDeleted = isId(id) && (await deps.database.inTransaction((tx) => deleteEndpoint(tx, scope, id)));
  if (!isDeleted) return notFound(id);
  deps.log.info({ ...scopeOf(scope), endpointId: id }, 'a webhook endpoint was deleted');
  return ok({ id });
}

/**
 * Sends one message of the type `webhook.test`, also to a disabled endpoint, and returns what came of it. It is not repeated and leaves
 * no record. Refuses with WEBHOOK_ENDPOINT_NOT_FOUND.
 */
export async function testEndpoint(deps: Deps, scope: MerchantScope, id: string): Promise<Result<PostOutcome>> {
  const found = await find(deps, scope, id);
  if (!found.ok) return found;
  const { url, environment } = found.value;
  const now = deps.clock.now();
  const messageId = randomUUID();
  const event = { id: messageId, type: 'webhook.test', isAlert: false, sequence: null, previousSequence: null } as const;
  const about = { customerId: null, paymentMethodId: null, createdAt: now };
  const body = toBody({ environment, event: { ...event, ...about }, session: null, transaction: null });
  const headers = signMessage({ id: messageId, sentAt: now, body }, signingKeys(deps.vault, found.value, now));
  return ok(await deps.poster.post({ endpointId: id, environment, url, headers: { ...headers }, body }));
}

async function find(deps: Pick<Deps, 'database'>, scope: MerchantScope, id: string): Promise<Result<WebhookEndpoint>> {
  const endpoint = await findEndpoint(deps.database.client, scope, id);
  return endpoint === null ? notFound(id) : ok(endpoint);
}

function notFound(id: string) {
  const message = `This merchant has no webhook endpoint ${id} in this environment. List its endpoints to see their ids.`;
  return refused(refusal('WEBHOOK_ENDPOINT_NOT_FOUND', message));
}

function refusedUrl(problems: readonly Issue[]) {
  const message = problems.map((problem) => `url ${problem.message}`).join(' ');
  return refused({
    ...refusal('BAD_USER_INPUT', message),
    issues: problems.map(({ message: text }) => ({ path: ['data', 'url'], message: text })),
  });
}

function shown({ scheme }: WebhookEndpoint, text: string): string | null {
  return scheme === 'HMAC_SHA256' ? text : null;
}
