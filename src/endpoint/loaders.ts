import { readCustomers } from '../customers/read.ts';
import type { Deps } from '../deps.ts';
import { readEventsOfSessions } from '../events/read.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { readAttempts, readDeliveriesOfEvents } from '../merchant-webhooks/read-deliveries.ts';
import { readOperationsOf, readUnanswered } from '../operations/read.ts';
import { readPaymentMethods } from '../payment-methods/read.ts';
import { readHolds, readSessionPersonalData, readSessionSecrets, readSessions } from '../sessions/read.ts';
import type { Session } from '../sessions/session.ts';
import type { Started } from '../sessions/start.ts';
import { readRelatedTransactions, readTransactions, readTransactionsOfSessions } from '../transactions/read.ts';
import { readLastReceived, readRejectedWebhooks } from '../webhooks/read.ts';

/** Collects the keys that one tick asks for and reads them at once. Each key is read once per request. */
export interface Load<Value> {
  (key: string): Promise<Value | undefined>;
  /** Keeps what is known of a key without reading it. */
  know(key: string, value: Value): void;
}

export type Loaders = ReturnType<typeof createLoaders>;

/** One set per request, for one merchant: nothing is kept between requests or shared between merchants. */
export function createLoaders(deps: Deps, scope: MerchantScope) {
  return {
    session: batch((ids) => readSessions(deps, scope, ids)),
    sessionSecrets: batch((ids) => readSessionSecrets(deps, scope, ids)),
    sessionPersonalData: batch((ids) => readSessionPersonalData(deps, scope, ids)),
    hold: batch((ids) => readHolds(deps, scope, ids)),
    eventsOfSession: batch((ids) => readEventsOfSessions(deps, scope, ids)),
    transaction: batch((ids) => readTransactions(deps, scope, ids)),
    transactionsOfSession: batch((ids) => readTransactionsOfSessions(deps, scope, ids)),
    relatedTransactions: batch((ids) => readRelatedTransactions(deps, scope, ids)),
    customer: batch((ids) => readCustomers(deps, scope, ids)),
    paymentMethod: batch((ids) => readPaymentMethods(deps, scope, ids)),
    deliveriesOfEvent: batch((ids) => readDeliveriesOfEvents(deps, scope, ids)),
    attemptsOfDelivery: batch((ids) => readAttempts(deps, scope, ids)),
    operationsOf: batch((ids) => readOperationsOf(deps, scope, ids)),
    unansweredOfAccount: batch((ids) => readUnanswered(deps, scope, ids)),
    lastWebhookOfAccount: batch((ids) => readLastReceived(deps, scope, ids)),
    rejectedWebhooksOfAccount: batch((ids) => readRejectedWebhooks(deps, scope, ids)),
  };
}

/** What a batched read answers: a map, of which only the look-up is needed. */
interface Found<Value> {
  get(key: string): Value | undefined;
}

interface Batch<Value> {
  readonly keys: string[];
  readonly values: Promise<Found<Value>>;
}

export function batch<Value>(read: (keys: readonly string[]) => Promise<Found<Value>>): Load<Value> {
  const loaded = new Map<string, Promise<Value | undefined>>();
  let open: Batch<Value> | null = null;

  function openBatch(): Batch<Value> {
    const keys: string[] = [];
    // Two turns later every sibling has asked: resolvers of one list run before the first promise of theirs settles.
    const values = Promise.resolve()
      .then(() => new Promise<void>((resolve) => process.nextTick(resolve)))
      .then(() => {
        open = null;
        return read(keys);
      });
    return { keys, values };
  }

  const load = (key: string): Promise<Value | undefined> => {
    const known = loaded.get(key);
    if (known !== undefined) return known;
    open ??= openBatch();
    open.keys.push(key);
    const value = open.values.then((values) => values.get(key));
    loaded.set(key, value);
    return value;
  };
  return Object.assign(load, { know: (key: string, value: Value) => void loaded.set(key, Promise.resolve(value)) });
}

/** The session of a start, whose secrets are known where this request opened it. */
export function takeStarted({ sessionSecrets }: Loaders, { session, secrets }: Started): Session {
  if (secrets !== null) sessionSecrets.know(session.id, secrets);
  return session;
}
