import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFirstOpen, readNextTransaction } from '../events/store.ts';
import { addMs, HOUR_MS, MINUTE_MS } from '../kernel/clock.ts';
import { firstIdAt, newId } from '../kernel/ids.ts';
import { type Issue, refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { checkEndpointUrl } from './addresses.ts';
import { dropPending, replay } from './delivery-store.ts';
import type { Deps } from './deps.ts';
import { ENDPOINTS_MAX, noSuchEndpoint, type Ordering, type Scheme, type WebhookEndpoint } from './endpoint.ts';
import { newKey, retireKey } from './keys.ts';
import { toBody } from './message.ts';
import type { PostOutcome } from './post.ts';
import { sendMessage } from './send-message.ts';
import { type EndpointChange, findEndpoint, insertEndpoint, listEndpoints, saveEndpoint } from './store.ts';

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
  return ok({ endpoint, secret: input.scheme === 'HMAC_SHA256' ? text : null });
}

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
  const { isEnabled, sendsMissed = false, url: givenUrl, ...fields } = update;
  const found = await find(deps, scope, id);
  if (!found.ok) return found;
  const url = givenUrl === undefined ? null : await checkEndpointUrl(givenUrl, deps.addressRules[scope.environment]);
  if (url?.ok === false) return refusedUrl(url.refusal);
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as EndpointChange;
  if (isEnabled === true && !sendsMissed && found.value.disabledAt !== null) await dropAll(deps, found.value);
  const changed = await change(deps, { ...scopeOf(scope), id }, (endpoint, now) => ({
    ...given,
    ...(url !== null && { url: url.value }),
    // What failed was the old URL.
    ...(url !== null && url.value !== endpoint.url && { failingSince: null, failureAlerts: 0 }),
    ...enabling(endpoint, { isEnabled, now }),
  }));
  if (!changed.ok) return changed;
  const { before, endpoint } = changed.value;
  if (sendsMissed && before.disabledAt !== null && endpoint.disabledAt === null)
    await sendMissed(deps, endpoint, before.disabledAt);
  return ok(endpoint);
}

const CHANGES_MAX = 10;

/** Changes an endpoint as it is: where it was changed since it was read, the change is decided again. */
async function change(
  deps: Pick<Deps, 'database' | 'clock'>,
  { id, ...scope }: MerchantScope & { readonly id: string },
  decide: (endpoint: WebhookEndpoint, now: Date) => EndpointChange & { readonly deletedAt?: Date },
): Promise<Result<{ before: WebhookEndpoint; endpoint: WebhookEndpoint }>> {
  for (let attempt = 0; attempt < CHANGES_MAX; attempt += 1) {
    const found = await find(deps, scope, id);
    if (!found.ok) return found;
    const now = deps.clock.now();
    const endpoint = await saveEndpoint(deps.database.client, found.value, { change: decide(found.value, now), now });
    if (endpoint !== null) return ok({ before: found.value, endpoint });
  }
  throw new Error(`Webhook endpoint ${id} was changed again and again.`);
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

/** Small enough for one statement to end soon. */
const BATCH = 5_000;
const OLDER_WRITERS_POLL_MS = 20;
const OLDER_WRITERS_LOOKS_MAX = 500;

/** While it is disabled, nothing is added. */
async function dropAll(deps: Pick<Deps, 'database' | 'clock'>, endpoint: WebhookEndpoint): Promise<void> {
  const drop = { endpointId: endpoint.id, now: deps.clock.now(), limit: BATCH };
  while ((await dropPending(deps.database.client, endpoint, drop)) === BATCH);
}

/**
 * Sends what happened while the endpoint was disabled, and nothing that it has. A transaction that began before it was enabled appends
 * its events without deliveries, so those are waited for.
 */
async function sendMissed(deps: Pick<Deps, 'database' | 'clock' | 'log'>, endpoint: WebhookEndpoint, since: Date): Promise<void> {
  const { client } = deps.database;
  await waitForOlderWriters(deps);
  const now = deps.clock.now();
  // Clocks of gateways differ.
  const to = firstIdAt(addMs(now, MINUTE_MS));
  let from = firstIdAt(addMs(since, -MINUTE_MS));
  for (;;) {
    const which = { endpointId: endpoint.id, from, to, takes: 'missed' } as const;
    const { count, lastEventId } = await replay(client, endpoint, { which, now, limit: BATCH });
    if (count < BATCH || lastEventId === null) return;
    from = lastEventId;
  }
}

async function waitForOlderWriters(deps: Pick<Deps, 'database' | 'log'>): Promise<void> {
  const { client } = deps.database;
  const before = await readNextTransaction(client);
  for (let look = 0; look < OLDER_WRITERS_LOOKS_MAX; look += 1) {
    if ((await readFirstOpen(client)) >= before) return;
    await sleep(OLDER_WRITERS_POLL_MS);
  }
  deps.log.warn('a transaction is open for long: events of it may not reach a webhook endpoint that was enabled meanwhile');
}

export const OVERLAP_HOURS = { min: 1, max: 168, default: 24 } as const;

/**
 * Gives the endpoint a new secret. The one before it signs as well for the given hours, so that a receiver can change at any time
 * between; so do those of earlier rotations whose time is not over. Refuses with WEBHOOK_ENDPOINT_NOT_FOUND.
 */
export async function rotateSecret(
  deps: Deps,
  scope: MerchantScope,
  { id, scheme, overlapHours }: { id: string; scheme: Scheme | null; overlapHours: number },
): Promise<Result<ShownOnce>> {
  let secret: string | null = null;
  const changed = await change(deps, { ...scopeOf(scope), id }, (endpoint, now) => {
    const next = scheme ?? endpoint.scheme;
    const { text, sealed } = newKey(deps.vault, endpoint, next);
    secret = next === 'HMAC_SHA256' ? text : null;
    const until = addMs(now, overlapHours * HOUR_MS);
    return {
      scheme: next,
      sealedSecret: sealed,
      sealedPreviousSecret: retireKey(deps.vault, endpoint, { now, until }),
      previousUntil: endpoint.previousUntil !== null && endpoint.previousUntil > until ? endpoint.previousUntil : until,
    };
  });
  if (!changed.ok) return changed;
  deps.log.info({ ...scopeOf(scope), endpointId: id }, 'the secret of a webhook endpoint was rotated');
  return ok({ endpoint: changed.value.endpoint, secret });
}

/**
 * Deletes the endpoint with everything that was to be delivered to it, which is removed in the background. Refuses with
 * WEBHOOK_ENDPOINT_NOT_FOUND.
 */
export async function removeEndpoint(deps: Deps, scope: MerchantScope, id: string): Promise<Result<{ id: string }>> {
  const deleted = await change(deps, { ...scopeOf(scope), id }, (_endpoint, now) => ({ deletedAt: now, disabledAt: now }));
  if (!deleted.ok) return deleted;
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
  const { environment } = found.value;
  const at = deps.clock.now();
  const messageId = randomUUID();
  const event = { id: messageId, type: 'webhook.test', isAlert: false, sequence: null, previousSequence: null } as const;
  const about = { customerId: null, paymentMethodId: null, createdAt: at };
  const body = toBody({ environment, event: { ...event, ...about }, session: null, transaction: null });
  return ok(await sendMessage(deps, found.value, { id: messageId, at, body }));
}

async function find(deps: Pick<Deps, 'database'>, scope: MerchantScope, id: string): Promise<Result<WebhookEndpoint>> {
  const endpoint = await findEndpoint(deps.database.client, scope, id);
  return endpoint === null ? refused(noSuchEndpoint(id)) : ok(endpoint);
}

function refusedUrl(problems: readonly Issue[]) {
  const message = problems.map((problem) => `url ${problem.message}`).join(' ');
  return refused({
    ...refusal('BAD_USER_INPUT', message),
    issues: problems.map(({ message: text }) => ({ path: ['data', 'url'], message: text })),
  });
}
