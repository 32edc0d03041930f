import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { refuseForNow, toGraphqlError, unwrap } from '../endpoint/errors.ts';
import { listInput } from '../endpoint/paging.ts';
import { openTo } from '../endpoint/strangers.ts';
import type { Result } from '../kernel/result.ts';
import { followEvents, type LogEntry } from '../live/follow-events.ts';
import { type SessionState, watchSession } from '../live/watch-session.ts';
import { requireMerchant, requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { ClientSession, EventObject } from './refs.ts';
import { SessionSelectorInput, toSessionSelector } from './selectors.ts';
import { readSession } from './session.ts';

/** How long a client waits that was refused a stream because there are too many, and because the gateway stops. */
const RETRY_AFTER_SECONDS = { TOO_MANY_REQUESTS: 5, SHUTTING_DOWN: 1 } as const;

const SessionChange = builder.objectRef<SessionState>('ClientSessionChange').implement({
  description: 'A session as it is after a change.',
  fields: (t) => ({
    version: t.exposeInt('version', {
      description: 'Counts the changes of the session. Give the last one as `afterVersion` to go on behind it.',
    }),
    session: t.expose('session', { type: ClientSession, description: 'The session as a query would show it.' }),
  }),
});

const EventAppended = builder.objectRef<LogEntry>('EventAppended').implement({
  description: 'A place in the log of events, and what was appended there.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', {
      description: 'The place. Give the last one as `after` to go on behind it without a gap.',
    }),
    event: t.expose('event', {
      type: EventObject,
      nullable: true,
      description: 'The event. Null in the first message of a subscription without `after`, which says where it begins.',
    }),
  }),
});

builder.subscriptionFields((t) => ({
  clientSessionChanged: t.field({
    type: SessionChange,
    extensions: openTo('CREDENTIALS'),
    description:
      'A session now, and after each change. Changes that come faster than they are read arrive as the newest. The same credentials open it as the query `clientSession`, and show the same.',
    args: {
      by: t.arg({ type: SessionSelectorInput, required: true, description: 'Which session.' }),
      afterVersion: t.arg.int({
        description:
          'The last version that is known: the session is sent once it has another one. The session is sent at once without.',
      }),
    },
    validate: checked(z.looseObject({ afterVersion: z.number().int().min(0, 'A version is 0 or more.').nullish() })),
    subscribe: async (_root, { by, afterVersion }, context) => {
      const { holder, kind } = requireViewer(context);
      const session = await readSession(context, toSessionSelector(by));
      const watch = { holder, session, afterVersion: afterVersion ?? null, isByToken: kind !== 'secret' };
      return opened(watchSession(context.deps, watch));
    },
    resolve: ({ result }) => unwrap(result),
  }),
  eventAppended: t.field({
    type: EventAppended,
    description: 'Each event of the merchant as it is appended, in the order of `events` and without a gap.',
    args: {
      after: t.arg.string({
        description: 'The cursor to continue behind, also one of `events`; the present end of the log without one.',
      }),
    },
    validate: checked(listInput({})),
    subscribe: async (_root, { after }, context) => {
      const scope = requireMerchant(context);
      const { holder } = requireViewer(context);
      return opened(await followEvents(context.deps, { holder, scope, after: after ?? null }));
    },
    resolve: ({ result }) => unwrap(result),
  }),
}));

/** What a client mends by waiting is refused by the status of HTTP as well. */
function opened<Messages>(result: Result<Messages>): Messages {
  if (result.ok) return result.value;
  const { code } = result.refusal;
  if (code !== 'TOO_MANY_REQUESTS' && code !== 'SHUTTING_DOWN') throw toGraphqlError(result.refusal);
  throw refuseForNow(result.refusal, RETRY_AFTER_SECONDS[code]);
}
