import { groupBy } from '../kernel/group.ts';
import { decodeCursor, encodeCursor, type Page, type PageRequest, toPage } from '../kernel/paging.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import type { GatewayEvent } from './event.ts';
import { type LogPosition, listEventsAfter, listEventsOfSessions } from './store.ts';

const DIGITS = /^\d{1,18}$/;

/**
 * The merchant's event log, oldest first, forward only. Asking again with the last cursor continues without a gap: what
 * appears later is always behind it. Refuses a cursor that is not of this list.
 */
export async function listEvents(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  page: PageRequest,
): Promise<Result<Page<GatewayEvent>>> {
  const after = page.cursor === null ? null : parsePosition(page.cursor);
  if (after === 'invalid') {
    const message = 'This is not a cursor of the event log.';
    return refused({ ...refusal('BAD_USER_INPUT', `after: ${message}`), issues: [{ path: ['after'], message }] });
  }
  const rows = await listEventsAfter(deps.database.client, scope, { after, size: page.size + 1 });
  return ok(toPage(page, rows, (row) => ({ cursor: encodeCursor([row.xid.toString(), row.seq.toString()]), node: row.event })));
}

export async function readEventsOfSessions(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  sessionIds: readonly string[],
): Promise<Map<string, readonly GatewayEvent[]>> {
  return groupBy(await listEventsOfSessions(deps.database.client, scope, sessionIds), (event) => event.sessionId);
}

function parsePosition(cursor: string): LogPosition | 'invalid' {
  const [xid, seq] = decodeCursor(cursor, 2) ?? [];
  if (xid === undefined || seq === undefined || !DIGITS.test(xid) || !DIGITS.test(seq)) return 'invalid';
  return { xid: BigInt(xid), seq: BigInt(seq) };
}
