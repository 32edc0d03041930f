import type { Database } from '../database/database.ts';
import { groupBy } from '../kernel/group.ts';
import { firstIdAt, isId, timeOfId } from '../kernel/ids.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Vault } from '../kernel/secret.ts';
import {
  countDeliveryRows,
  type DeliveryFilter,
  hasDelivery,
  listAttempts,
  listDeliveriesOfEvents,
  type Replayed,
  readDeliveryPage,
  replay,
} from './delivery-store.ts';
import type { Deps } from './deps.ts';
import { type Delivery, type DeliveryAttempt, noSuchEndpoint } from './endpoint.ts';
import { findEndpoint } from './store.ts';

/** Deliveries that one call replays. */
export const REPLAYED_MAX = 10_000;

type ReadDeps = { readonly database: Database };

/** Newest first. Refuses a cursor of another list. */
export async function listDeliveries(
  deps: ReadDeps,
  scope: MerchantScope,
  { filter, page }: { filter: DeliveryFilter; page: PageRequest },
): Promise<Result<Page<Delivery>>> {
  const ids = [filter.endpointId, filter.sessionId].filter((id) => id !== undefined);
  if (!ids.every(isId)) return ok({ edges: [], hasNextPage: false, hasPreviousPage: false });
  return readDeliveryPage(deps.database.client, scope, { filter, page });
}

/** To which endpoints each event goes, by event. */
export async function readDeliveriesOfEvents(
  deps: ReadDeps,
  scope: MerchantScope,
  eventIds: readonly string[],
): Promise<Map<string, readonly Delivery[]>> {
  return groupBy(await listDeliveriesOfEvents(deps.database.client, scope, eventIds), ({ eventId }) => eventId);
}

/** The attempts of each delivery, oldest first, for 30 days. */
export async function readAttempts(
  deps: ReadDeps & { readonly vault: Vault },
  scope: MerchantScope,
  deliveryIds: readonly string[],
): Promise<Map<string, readonly DeliveryAttempt[]>> {
  const rows = await listAttempts(deps.database.client, scope, deliveryIds);
  const attempts = rows.map(({ id, deliveryId, at, durationMs, status, failure, response: sealed }): DeliveryAttempt => {
    const place = { column: 'delivery_attempts.response', row: { ...scopeOf(scope), id } } as const;
    const response = sealed === null ? null : (deps.vault.open(place, sealed) as string);
    return { id, deliveryId, at, durationMs, status, failure, response };
  });
  return groupBy(attempts, ({ deliveryId }) => deliveryId);
}

export interface Replay {
  readonly count: number;
  /** Where a range holds more than one call sends: its rest begins here. */
  readonly nextFrom: Date | null;
}

/**
 * Sends deliveries again, delivered ones as well, under the same `webhook-id`: 10,000 at most at a time. What is under way just now is
 * left alone. Refuses with WEBHOOK_DELIVERY_NOT_FOUND and WEBHOOK_ENDPOINT_NOT_FOUND.
 */
export async function replayDeliveries(
  deps: Pick<Deps, 'database' | 'clock'>,
  scope: MerchantScope,
  which: Replayed,
): Promise<Result<Replay>> {
  const { client } = deps.database;
  const now = deps.clock.now();
  const isKnown =
    'deliveryId' in which
      ? isId(which.deliveryId) && (await hasDelivery(client, scope, which.deliveryId))
      : (await findEndpoint(client, scope, which.endpointId)) !== null;
  if (!isKnown) return refused('deliveryId' in which ? noSuchDelivery(which.deliveryId) : noSuchEndpoint(which.endpointId));
  const { count, lastEventId } = await replay(client, scope, { which, now, limit: REPLAYED_MAX });
  const nextFrom = count === REPLAYED_MAX && lastEventId !== null ? timeOfId(lastEventId) : null;
  return ok({ count, nextFrom });
}

function noSuchDelivery(id: string) {
  return refusal('WEBHOOK_DELIVERY_NOT_FOUND', `This merchant has no webhook delivery ${id} in this environment.`);
}

/** As slow as they are many. */
export function countDeliveries(deps: ReadDeps, scope: MerchantScope, filter: DeliveryFilter): Promise<number> {
  return deps.database.inTurn(() => countDeliveryRows(deps.database.client, scope, filter));
}

/** Which deliveries a caller means: refuses with BAD_USER_INPUT what names none or more than one kind. */
export function readReplay(input: {
  deliveryId?: string | null | undefined;
  endpointId?: string | null | undefined;
  from?: Date | null | undefined;
  to?: Date | null | undefined;
}): Result<Replayed> {
  const { deliveryId = null, endpointId = null, from = null, to = null } = input;
  if (deliveryId !== null && endpointId === null && from === null && to === null) return ok({ deliveryId });
  if (deliveryId === null && endpointId !== null) {
    if (from === null && to === null) return ok({ endpointId, failed: true });
    if (from !== null && to !== null && from < to) {
      return ok({ endpointId, from: firstIdAt(from), to: firstIdAt(to), takes: 'all' });
    }
  }
  const message = 'Give a `deliveryId`, or an `endpointId`, or an `endpointId` with `from` and a later `to`.';
  return refused({ ...refusal('BAD_USER_INPUT', `data: ${message}`), issues: [{ path: ['data'], message }] });
}
