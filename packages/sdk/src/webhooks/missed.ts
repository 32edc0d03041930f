import type { WithBigints } from '../client/amounts.ts';
import type { SessionEventsQuery } from '../generated/graphql.ts';
import { WebhookGapError } from './errors.ts';
import type { WebhookEvent, WebhookSession, WebhookTransaction } from './event.ts';

type Found = WithBigints<SessionEventsQuery>['clientSession'];
type LogEvent = Found['events'][number];

/** The part of the client `Tollgate` that fetches events. */
export interface EventReader {
  readonly events: { ofSession(choice: { readonly id: string }): Promise<Found> };
}

/**
 * The events of the session behind the last one and before this one, as messages. Their session and transaction are as they
 * are now, as in any message that arrives late.
 */
export async function readMissed(
  client: EventReader,
  event: WebhookEvent,
  { last, types }: { last: number; types: readonly string[] | undefined },
): Promise<readonly WebhookEvent[]> {
  const { session, sequence, environment } = event.data;
  if (session === null || sequence === null) return [];
  const found = await client.events.ofSession({ id: session.id }).catch((error: { code?: unknown }) => {
    throw error.code === 'SESSION_NOT_FOUND' ? gap(session.id, last + 1) : error;
  });
  const known = new Map(found.events.map((logged) => [logged.sequence, logged]));
  const missed: WebhookEvent[] = [];
  let previousSequence: number | null = last === 0 ? null : last;
  for (let place = last + 1; place < sequence; place += 1) {
    const logged = known.get(place);
    if (logged === undefined) throw gap(session.id, place);
    if (types !== undefined && !types.includes(logged.type)) continue;
    missed.push(toMessage(logged, found, { environment, sequence: place, previousSequence }));
    previousSequence = place;
  }
  return missed;
}

/**
 * Whether the log no longer has the last event at its place, as after a restore of the gateway's database. Then an event at or before
 * that place is no duplicate. Asks the gateway where the event itself does not tell.
 */
export async function isReplaced(
  client: EventReader,
  { data: { session, sequence, eventId } }: WebhookEvent,
  last: { readonly sequence: number; readonly eventId: string },
): Promise<boolean> {
  if (session === null || sequence === null || sequence > last.sequence) return false;
  if (sequence === last.sequence) return eventId !== last.eventId;
  const found = await client.events.ofSession({ id: session.id });
  return !found.events.some(({ id }) => id === last.eventId);
}

function gap(sessionId: string, missing: number): WebhookGapError {
  return new WebhookGapError(
    `Event ${missing} of session ${sessionId} is missing and was not found: is the secret key of the same merchant and environment as the endpoint?`,
    { sessionId, missing },
  );
}

type Place = Pick<WebhookEvent['data'], 'environment' | 'sequence' | 'previousSequence'>;

function toMessage(logged: LogEvent, found: Found, place: Place): WebhookEvent {
  const transaction = found.transactions.find(({ id }) => id === logged.transactionId);
  const { paymentMethodId } = logged.data as { paymentMethodId?: string };
  const data = {
    eventId: logged.id,
    isAlert: logged.isAlert,
    ...place,
    session: toSession(found),
    transaction: transaction === undefined ? null : toTransaction(transaction),
    paymentMethodId: paymentMethodId ?? null,
    customerId: logged.customerId,
  };
  // The gateway says the type, and with it what it holds.
  return { type: logged.type, timestamp: logged.createdAt, data } as WebhookEvent;
}

function toSession(found: Found): WebhookSession {
  const { id, kind, status, currency, merchantInternalTransactionCode, customer } = found;
  const amount = 'amount' in found ? `${found.amount}` : '0';
  return { id, kind, status, amount, currency, merchantInternalTransactionCode, customerId: customer?.id ?? null };
}

function toTransaction(found: Found['transactions'][number]): WebhookTransaction {
  const { id, action, status, amount, currency, providerCode, relatedTransaction, decline } = found;
  const relatedTransactionId = relatedTransaction?.id ?? null;
  return {
    id,
    action,
    status,
    amount: `${amount}`,
    currency,
    providerCode,
    relatedTransactionId,
    declineReason: decline?.reason ?? null,
  };
}
