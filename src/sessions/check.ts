import type { Tx } from '../database/database.ts';
import { reached } from '../events/event.ts';
import { insertEvents } from '../events/store.ts';
import { addMs, MINUTE_MS } from '../kernel/clock.ts';
import { scopeOf } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import { abandonOperations } from '../operations/store.ts';
import { pollPauseMs } from '../transactions/apply-movement.ts';
import { closeSession } from './close.ts';
import { refreshSession } from './refresh.ts';
import { type ClosingStatus, isOpen, type Session, transitionSession } from './session.ts';
import { claimDueSessions, lockSession, saveNextCheck, saveSession } from './store.ts';

/** A payer who is at the bank's challenge page when the session expires gets this long to finish. */
const AUTHENTICATION_GRACE_MS = 15 * MINUTE_MS;
const RECHECK_MS = MINUTE_MS;

/**
 * Looks at sessions that are due: those in progress, those that have expired or used up their attempts, and those that wait
 * for a withdrawn token to run out. Returns how many it looked at; at most 20.
 */
export async function checkDueSessions(deps: Deps): Promise<number> {
  const due = await claimDueSessions(deps.database.client, deps.clock.now());
  for (const session of due) {
    await checkSession(deps, session).catch((error: unknown) => {
      deps.log.error({ sessionId: session.id, error }, 'a session could not be checked');
    });
  }
  return due.length;
}

async function checkSession(deps: Deps, claimed: Session): Promise<void> {
  const scope = scopeOf(claimed);
  if (claimed.phase === 'starting' && isOpen(claimed.status) && (await endUnstarted(deps, claimed))) return;
  const refreshed = await refreshSession(deps, scope, { id: claimed.id, source: 'JOB' });
  if (!refreshed.ok) return saveNextCheck(deps.database.client, claimed, nextLook(deps, claimed));
  const session = refreshed.value;
  if (!isOpen(session.status)) return saveNextCheck(deps.database.client, session, null);
  const as = dueEnding(deps, session);
  if (as === null) return saveNextCheck(deps.database.client, session, nextLook(deps, session));
  await closeSession(deps, { session, as, source: 'JOB' });
}

/** At its expiry while it only waits; else the more rarely, the older it is. */
function nextLook(deps: Deps, session: Session): Date {
  const now = deps.clock.now();
  if (session.expiresAt > now && session.phase === 'awaiting') return session.expiresAt;
  return addMs(now, Math.max(pollPauseMs(now.getTime() - session.createdAt.getTime()), RECHECK_MS));
}

/** The end that an open session has come to by now; null while it may still be paid. */
function dueEnding(deps: Deps, session: Session): ClosingStatus | null {
  const now = deps.clock.now();
  if (session.phase === 'processing') return null;
  // A provider that cannot cancel says itself when its token has run out.
  if (session.closingAs !== null) return canCancel(deps, session) ? session.closingAs : null;
  if (session.phase === 'awaiting' && session.attempts >= session.attemptsMax) return 'DECLINED';
  if (now < session.expiresAt) return null;
  const isGraceOver = now >= addMs(session.expiresAt, AUTHENTICATION_GRACE_MS);
  return session.phase === 'authenticating' && !isGraceOver ? null : 'EXPIRED';
}

function canCancel(deps: Deps, session: Session): boolean {
  return deps.provider(session.provider).capabilities.effects.includes('CANCEL');
}

/**
 * Ends an expired session whose start certainly never reached the provider, so that nobody opens it any more. False while the
 * start may still have had an effect: the reconciler finds out.
 */
async function endUnstarted(deps: Deps, session: Session): Promise<boolean> {
  const scope = scopeOf(session);
  return deps.database.inTransaction(async (tx) => {
    const locked = await lockSession(tx, scope, session.id);
    if (locked === null || locked.phase !== 'starting' || deps.clock.now() < locked.expiresAt) return false;
    if (!(await abandonOperations(deps, tx, { scope, subjectId: session.id }))) return false;
    await saveEnding(deps, tx, { session: locked, as: 'EXPIRED' });
    return true;
  });
}

async function saveEnding(deps: Deps, tx: Tx, ending: { session: Session; as: ClosingStatus }): Promise<void> {
  const { session } = ending;
  const now = deps.clock.now();
  const { to: status } = transitionSession(session.status, `CLOSED_${ending.as}`);
  const progress = { ...session, status, phase: 'closed' as const, closingAs: null, endedAt: now };
  await saveSession(tx, session, { progress, nextCheckAt: null, now });
  const type = reached('session', status);
  await insertEvents(tx, { scope: scopeOf(session), source: 'JOB', now }, [
    { type, sessionId: session.id, customerId: session.customerId },
  ]);
}
