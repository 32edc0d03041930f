import type { EventSource } from '../events/event.ts';
import { addMs, MINUTE_MS } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import { type Refusal, refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { driveOperation, runOperation } from '../operations/run.ts';
import { findLatestOperation, insertOperation } from '../operations/store.ts';
import type { Deps } from './deps.ts';
import { moveSession } from './move.ts';
import { findSession, readRecordedReference, type SessionSelector } from './read.ts';
import { refreshFound } from './refresh.ts';
import { allowedSessionCalls, type ClosingStatus, isOpen, type Session } from './session.ts';
import { resumeStart } from './start.ts';
import { findSessionRow, listOpenSessionsOfCustomer, lockSession } from './store.ts';

/** A client token can still be in use at the provider for this long after its end, by another clock than ours. */
const WITHDRAWAL_GRACE_MS = 2 * MINUTE_MS;

/**
 * Ends a session on the merchant's wish. The provider is asked to cancel first, so that no money can arrive afterwards;
 * where it has no such call, the token is withdrawn and the end comes when the provider's own has run out (`action` is
 * WAIT until then). Cancelling a canceled session returns it. Refuses with SESSION_NOT_FOUND, or with
 * SESSION_NOT_CANCELABLE when the session has ended otherwise or a payment in it is in progress, or with PROVIDER_REJECTED when
 * the provider refuses the credentials or the call itself.
 */
export async function cancelSession(deps: Deps, scope: MerchantScope, by: SessionSelector): Promise<Result<Session>> {
  const found = await findSession(deps, scope, by);
  if (!found.ok) return found;
  if (found.value.status === 'CANCELED') return found;
  const started =
    found.value.phase === 'starting' && isOpen(found.value.status) ? await resumeStart(deps, scope, found.value.id) : found;
  if (!started.ok) return started;
  const session = started.value;
  const isRepeated = isOpen(session.status) && session.closingAs === 'CANCELED';
  if (!isRepeated && !allowedSessionCalls(session).includes('CANCEL')) return refused(notCancelable(session));
  const closed = await closeSession(deps, { session, as: 'CANCELED', source: 'API' });
  const isCanceled = closed.status === 'CANCELED' || (isOpen(closed.status) && closed.closingAs === 'CANCELED');
  if (isCanceled) return ok(closed);
  return refused((await findProviderRefusal(deps, scope, closed)) ?? notCancelable(closed));
}

/** What the provider objected to, where that was the call itself and not the state of the session. */
async function findProviderRefusal(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  session: Session,
): Promise<Refusal | null> {
  if (!isOpen(session.status)) return null;
  const cancel = await findLatestOperation(deps.database.client, scope, { subjectId: session.id, kinds: ['CANCEL'] });
  const [category = '', code = ''] = (cancel?.state === 'DONE' ? cancel.lastFailure : null)?.split(': ', 2) ?? [];
  const details = { sessionId: session.id };
  switch (category) {
    case 'PROVIDER_AUTH': {
      const message = `${session.provider} refused to cancel session ${session.id}: the account’s credentials are wrong or lack a permission. Correct them and cancel again.`;
      return refusal('PROVIDER_REJECTED', message, details);
    }
    case 'INVALID_REQUEST':
    case 'NOT_FOUND':
    case 'UNSUPPORTED':
      break;
    default:
      return null;
  }
  const message = `${session.provider} refused to cancel session ${session.id} (${code || category}).`;
  return refusal('PROVIDER_REJECTED', message, details);
}

/** Brings an open session to the given end, or as near to it as the provider allows now. Returns how it then stands. */
export async function closeSession(
  deps: Deps,
  closing: { session: Session; as: ClosingStatus; source: EventSource },
): Promise<Session> {
  const { session } = closing;
  const scope = scopeOf(session);
  const canCancel = deps.provider(session.provider).capabilities.effects.includes('CANCEL');
  const reference = await readRecordedReference(deps, scope, session.id);
  const operation = await deps.database.inTransaction(async (tx) => {
    const locked = await lockSession(tx, scope, session.id);
    if (locked === null || !isOpen(locked.status)) return null;
    const earlier = await findLatestOperation(tx, scope, { subjectId: session.id, kinds: ['CANCEL'] });
    const isUnderWay = earlier !== null && earlier.state !== 'DONE';
    if (locked.closingAs !== null && (isUnderWay || !canCancel)) return null;
    const now = deps.clock.now();
    const nextCheckAt = canCancel ? addMs(now, MINUTE_MS) : addMs(locked.tokenExpiresAt, WITHDRAWAL_GRACE_MS);
    const subject = { sessionId: session.id, customerId: session.customerId };
    const event = { ...subject, type: 'session.closing', data: { as: closing.as } } as const;
    const progress = { closingAs: closing.as };
    const { source } = closing;
    await moveSession(deps, tx, { session: locked, signal: null, progress, nextCheckAt, source, before: [event] });
    if (!canCancel || reference === null) return null;
    const { id: subjectId, providerAccountId } = session;
    const cancel = { scope, id: newId(now), kind: 'CANCEL', subjectId, providerAccountId, request: reference } as const;
    return insertOperation(deps, tx, cancel);
  });
  if (operation === null) await driveOperation(deps, scope, { subjectId: session.id, kinds: ['CANCEL'] });
  else await runOperation(deps, operation);
  const closed = await findSessionRow(deps.database.client, scope, { id: session.id });
  if (closed === null) throw new Error(`Session ${session.id} does not exist.`);
  if (!isOpen(closed.status) || closed.closingAs !== null) return closed;
  // The provider would not cancel: something happened there that we have not seen.
  const refreshed = await refreshFound(deps, { session: closed, source: closing.source });
  return refreshed.ok ? refreshed.value : closed;
}

/** Cancels every session that a customer could still pay. One that the provider will not cancel stays as it is. */
export async function closeOpenSessionsOf(deps: Deps, scope: MerchantScope, customerId: string): Promise<void> {
  for (const { id } of await listOpenSessionsOfCustomer(deps.database.client, scope, customerId)) {
    await cancelSession(deps, scope, { id });
  }
}

function notCancelable(session: Session) {
  const isOngoing = isOpen(session.status) && session.phase === 'processing';
  const isClosing = isOpen(session.status) && session.closingAs !== null;
  const state = isOngoing ? 'in progress at the provider' : isClosing ? 'being closed already' : session.status;
  return refusal('SESSION_NOT_CANCELABLE', `Session ${session.id} is ${state}.`, { sessionId: session.id });
}
