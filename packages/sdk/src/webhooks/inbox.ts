import type { WebhookEvent } from './event.ts';
import { type EventReader, isReplaced, readMissed } from './missed.ts';

/**
 * Which event of each session was handled last. Keep it in the shop's database: best in the transaction of what the
 * handler writes there. A key is the id of a session, or of an event that is about no session.
 */
export interface SequenceStore {
  /** A store may keep and return the sequence alone. Then new events at known places, after a restore of the gateway, are lost. */
  get(key: string): HandledEvent | number | undefined | Promise<HandledEvent | number | undefined>;
  set(key: string, sequence: number, eventId: string): void | Promise<void>;
}

export interface HandledEvent {
  readonly sequence: number;
  readonly eventId: string;
}

export interface InboxOptions {
  /** A `Tollgate` of `@tollgate/sdk`, which fetches what was missed. Its key is of the endpoint's merchant and environment. */
  readonly client: EventReader;
  readonly store: SequenceStore;
  /** The types that the endpoint gets, where it does not get all: others are not handled when a gap is closed. */
  readonly types?: readonly string[] | undefined;
}

export interface Inbox {
  /**
   * Hands the event to the handler, after all that was missed of its session: each one once, in the order of the sequence,
   * one at a time. Returns what was handled: nothing for a duplicate.
   *
   * Throws what the handler or the client throws, and a `WebhookGapError` where the gateway does not know what was missed.
   * What was handled before then is remembered, so the next attempt goes on behind it. Answer 500 then: the gateway sends again.
   */
  receive(event: WebhookEvent, handle: (event: WebhookEvent) => unknown): Promise<readonly WebhookEvent[]>;
}

/** Puts the events of each session in order, without gaps and duplicates. */
export function createInbox({ client, store, types }: InboxOptions): Inbox {
  const takeTurn = createTurns();
  return {
    receive: (event, handle) => {
      const { key, sequence, previous } = placeOf(event);
      return takeTurn(key, async () => {
        const known = await store.get(key);
        const last = (typeof known === 'object' ? known.sequence : known) ?? 0;
        if (sequence <= last && (typeof known !== 'object' || !(await isReplaced(client, event, known)))) return [];
        const missed = previous > last ? await readMissed(client, event, { last, types }) : [];
        const due = [...missed, event];
        for (const next of due) {
          await handle(next);
          await store.set(key, placeOf(next).sequence, next.data.eventId);
        }
        return due;
      });
    },
  };
}

/** An event of no session is alone: the first and last of its kind. */
function placeOf({ data }: WebhookEvent): { key: string; sequence: number; previous: number } {
  if (data.session === null || data.sequence === null) return { key: data.eventId, sequence: 1, previous: 0 };
  return { key: data.session.id, sequence: data.sequence, previous: data.previousSequence ?? 0 };
}

/** Work under the same key waits for its turn. A key is forgotten with its last work. */
function createTurns() {
  const lasts = new Map<string, Promise<unknown>>();
  return async <Value>(key: string, work: () => Promise<Value>): Promise<Value> => {
    const mine = (lasts.get(key) ?? Promise.resolve()).then(work, work);
    lasts.set(key, mine);
    try {
      return await mine;
    } finally {
      if (lasts.get(key) === mine) lasts.delete(key);
    }
  };
}

const KEYS_MAX = 100_000;

/** Remembers as long as the process lives: for examples and tests. Beyond 100,000 keys it forgets the oldest. */
export function createMemoryStore(): {
  get(key: string): HandledEvent | undefined;
  set(key: string, sequence: number, eventId: string): void;
} {
  const handled = new Map<string, HandledEvent>();
  return {
    get: (key) => handled.get(key),
    set: (key, sequence, eventId) => {
      handled.delete(key);
      handled.set(key, { sequence, eventId });
      const [oldest] = handled.keys();
      if (handled.size > KEYS_MAX && oldest !== undefined) handled.delete(oldest);
    },
  };
}
