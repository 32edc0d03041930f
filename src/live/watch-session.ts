import { refusal } from '../kernel/refusal.ts';
import { ok, type Result } from '../kernel/result.ts';
import { scopeOf } from '../kernel/scope.ts';
import { isOpenToToken, readSessions } from '../sessions/read.ts';
import type { Session } from '../sessions/session.ts';
import type { Deps } from './deps.ts';
import { farewell, type Holder, last, type Message, type Messages, type Stream, untilEnd } from './stream.ts';

/** A state of a session. Its versions count up by one with each change of the session. */
export interface SessionState {
  readonly version: number;
  readonly session: Session;
}

const CLOSED = refusal('SESSION_NOT_FOUND', 'The time of this session’s token is over.');

export interface Watch {
  readonly holder: Holder;
  /** As it was read for whoever asks, with the checks of a query. */
  readonly session: Session;
  /** What the reader knows already; null for nothing. */
  readonly afterVersion: number | null;
  /** Whether the session's token opens it to the reader, and so for as long as the token may be read with. */
  readonly isByToken: boolean;
}

/**
 * The states of a session: the present one unless the reader knows it, then one after each change, or the newest where several come
 * together. It ends with the stream, and where the reader's credential or the session's token opens nothing any more.
 * Refuses as `Streams.open`.
 */
export function watchSession(deps: Deps, watch: Watch): Result<Messages<SessionState>> {
  const { id, version } = watch.session;
  const opened = deps.streams.open(watch.holder, { kind: 'SESSION', id, version });
  return opened.ok ? ok(untilEnd(opened.value, statesOf(deps, watch, opened.value))) : opened;
}

async function* statesOf(deps: Deps, watch: Watch, stream: Stream): AsyncGenerator<Message<SessionState>, void> {
  const { id } = watch.session;
  const scope = scopeOf(watch.session);
  let session: Session | undefined = watch.session;
  let known = watch.afterVersion;
  try {
    for (;;) {
      if (session.version !== known) {
        known = session.version;
        yield { messageId: `${known}`, result: ok({ version: known, session }) };
      }
      const signal = await stream.next();
      if (signal !== 'NEWS') return yield* farewell(signal);
      session = (await readSessions(deps, scope, [id])).get(id);
      if (session === undefined || (watch.isByToken && !isOpenToToken(session, deps.clock.now()))) return yield last(CLOSED);
      stream.moveTo({ kind: 'SESSION', id, version: session.version });
    }
  } finally {
    stream.end();
  }
}
