import { SessionEventsDocument } from '../generated/graphql.ts';
import { type SessionChoice, toSessionSelector } from './selectors.ts';
import type { Send } from './transport.ts';

/** The calls under `client.events`. */
export type Events = ReturnType<typeof createEvents>;

export function createEvents(send: Send) {
  return {
    /** One session as it is now, with all that happened to it in `events`, oldest first. */
    ofSession: async (choice: SessionChoice) =>
      (await send(SessionEventsDocument, { by: toSessionSelector(choice) })).clientSession,
  };
}
