import type { GatewayEvent } from '../events/event.ts';
import { listEvents, readEndOfLog } from '../events/read.ts';
import type { Page } from '../kernel/paging.ts';
import { ok, type Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from './deps.ts';
import { farewell, type Holder, last, type Message, type Messages, type Stream, untilEnd } from './stream.ts';

/** A place in the log with the event there; the first message of a reader that gave no cursor has none, and says where it begins. */
export interface LogEntry {
  readonly cursor: string;
  readonly event: GatewayEvent | null;
}

export interface Following {
  readonly holder: Holder;
  readonly scope: MerchantScope;
  /** The cursor of the last entry that the reader knows; null to begin at the present end of the log. */
  readonly after: string | null;
}

/** A slow reader keeps one page. */
const PAGE_SIZE = 100;

/**
 * What the merchant's log has behind a cursor, and then each event as it is appended, in the order of `listEvents` and without a gap.
 * It ends with the stream. Refuses as `listEvents` and as `Streams.open`.
 */
export async function followEvents(deps: Deps, following: Following): Promise<Result<Messages<LogEntry>>> {
  const { holder, scope, after } = following;
  const first = after === null ? null : await readPage(deps, scope, after);
  if (first !== null && !first.ok) return first;
  const cursor = after ?? (await readEndOfLog(deps, scope));
  const opened = deps.streams.open(holder, { kind: 'EVENTS', scope, cursor });
  if (!opened.ok) return opened;
  const stream = opened.value;
  return ok(untilEnd(stream, entriesOf(deps, { stream, scope, cursor, isNew: after === null })));
}

interface Place {
  readonly stream: Stream;
  readonly scope: MerchantScope;
  readonly cursor: string;
  readonly isNew: boolean;
}

async function* entriesOf(deps: Deps, { stream, scope, cursor: start, isNew }: Place): AsyncGenerator<Message<LogEntry>, void> {
  let cursor = start;
  try {
    if (isNew) yield { messageId: cursor, result: ok({ cursor, event: null }) };
    for (;;) {
      const page = await readPage(deps, scope, cursor);
      if (!page.ok) return yield last(page.refusal);
      for (const entry of page.value.edges) {
        cursor = entry.cursor;
        yield { messageId: cursor, result: ok({ cursor, event: entry.node }) };
      }
      stream.moveTo({ kind: 'EVENTS', scope, cursor });
      const signal = page.value.hasNextPage ? 'NEWS' : await stream.next();
      if (signal !== 'NEWS') return yield* farewell(signal);
    }
  } finally {
    stream.end();
  }
}

function readPage(deps: Deps, scope: MerchantScope, cursor: string): Promise<Result<Page<GatewayEvent>>> {
  return listEvents(deps, scope, { direction: 'forward', size: PAGE_SIZE, cursor, skip: 0 });
}
