import type { Database } from '../database/database.ts';
import { groupBy } from '../kernel/group.ts';
import { isId } from '../kernel/ids.ts';
import { decodeCursor, encodeCursor, type Page, type PageRequest, toPage } from '../kernel/paging.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { GatewayEvent } from './event.ts';
import { type EventPlace, findLastEvent, hasEventAt, listEventsAfter, listEventsOfSessions, listReadersBehind } from './store.ts';

const DIGITS = /^\d{1,18}$/;
/** Before the first event: the end of a log that is empty. */
const START_OF_LOG = encodeCursor(['0', '0']);
const NO_CURSOR = 'This is not a cursor of the event log.';
const FOREIGN_CURSOR =
  'This cursor is of another log, or its event is lost because the database was restored from an older backup. Use a cursor of this ' +
  'merchant and environment: the last one that is accepted, or none to begin at the start. Events that you know keep their ids.';

/**
 * The merchant's event log, oldest first, forward only. Asking again with the last cursor continues without a gap: what
 * appears later is always behind it. Refuses a cursor that is not of this list, and one whose event was lost with a restored database.
 */
export async function listEvents(
  deps: { database: Database },
  scope: MerchantScope,
  page: PageRequest,
): Promise<Result<Page<GatewayEvent>>> {
  const tx = deps.database.client;
  const place = page.cursor === null ? 'start' : parseCursor(page.cursor);
  if (place === 'invalid') return refused(badCursor(NO_CURSOR));
  const after = place === 'start' ? null : place;
  if (after !== null && !(await hasEventAt(tx, scope, after))) return refused(badCursor(FOREIGN_CURSOR));
  const rows = await listEventsAfter(tx, scope, { after, size: page.size + 1 });
  return ok(toPage(page, rows, ({ xid, seq, event }) => ({ cursor: encodeCursor([`${xid}`, `${seq}`, event.id]), node: event })));
}

/** The cursor of the last event that can be read now. What appears later is behind it. */
export async function readEndOfLog(deps: { database: Database }, scope: MerchantScope): Promise<string> {
  const last = await findLastEvent(deps.database.client, scope);
  return last === null ? START_OF_LOG : encodeCursor([`${last.xid}`, `${last.seq}`, last.id]);
}

/** The positions, in the given list, of the readers behind whose cursor there are events. Their cursors were accepted before. */
export async function findReadersBehind(
  deps: { database: Database },
  readers: readonly { readonly scope: MerchantScope; readonly cursor: string }[],
): Promise<readonly number[]> {
  const places = readers.map(({ scope, cursor }) => {
    const place = parseCursor(cursor);
    return { scope, ...(place === 'invalid' || place === 'start' ? { xid: 0n, seq: 0n } : place) };
  });
  return listReadersBehind(deps.database.client, places);
}

export async function readEventsOfSessions(
  deps: { database: Database },
  scope: MerchantScope,
  sessionIds: readonly string[],
): Promise<Map<string, readonly GatewayEvent[]>> {
  return groupBy(await listEventsOfSessions(deps.database.client, scope, sessionIds), (event) => event.sessionId);
}

/** The id tells the event from another one at its place: a database that was put back gives its numbers out again. 0.1.0 wrote none. */
function parseCursor(cursor: string): EventPlace | 'invalid' | 'start' {
  if (cursor === START_OF_LOG) return 'start';
  const [xid = '', seq = '', id = null] = decodeCursor(cursor, 3) ?? decodeCursor(cursor, 2) ?? [];
  if (!DIGITS.test(xid) || !DIGITS.test(seq) || (id !== null && !isId(id))) return 'invalid';
  return { xid: BigInt(xid), seq: BigInt(seq), id };
}

function badCursor(message: string) {
  return { ...refusal('BAD_USER_INPUT', `after: ${message}`), issues: [{ path: ['after'], message }] };
}
