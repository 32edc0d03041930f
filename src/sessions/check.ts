import { type Due, saveFailedLook, saveNextLook } from '../database/due.ts';
import { insertEvents } from '../events/store.ts';
import type { DueWork, Share } from '../kernel/due-work.ts';
import { scopeOf } from '../kernel/scope.ts';
import { abandonOperations, lockOperations } from '../operations/store.ts';
import { closeSession } from './close.ts';
import type { Deps } from './deps.ts';
import { dueEnding, nextLook } from './due.ts';
import { moveSession } from './move.ts';
import { refreshFound } from './refresh.ts';
import { isOpen, type Session } from './session.ts';
import { claimDueSessions, lockSession } from './store.ts';

/**
 * Claims looks at sessions that are due: those in progress, those that have expired or used up their attempts, and those that wait
 * for a withdrawn token to run out. A look that breaks off pauses its own session only, and is parked with an alert when it breaks off for more than a day.
 */
export async function checkDueSessions(deps: Deps, share: Share): Promise<readonly DueWork[]> {
  const claimed = await claimDueSessions(deps.database.client, { now: deps.clock.now(), share });
  return claimed.map(({ session, due }) => ({ accountId: session.providerAccountId, run: () => look(deps, session, due) }));
}

async function look(deps: Deps, session: Session, due: Due): Promise<void> {
  try {
    await saveNextLook(deps.database.client, 'sessions', { due, nextCheckAt: await checkSession(deps, session) });
  } catch (error) {
    deps.log.error({ sessionId: session.id, error }, 'a session could not be checked');
    await postpone(deps, session, due);
  }
}

async function postpone(deps: Pick<Deps, 'clock' | 'database' | 'count'>, session: Session, due: Due): Promise<void> {
  const now = deps.clock.now();
  await deps.database.inTransaction(async (tx) => {
    if ((await saveFailedLook(tx, 'sessions', { due, now })) === 'postponed') return;
    deps.count('alerts', 'session.parked');
    const { id: sessionId, customerId } = session;
    const event = { type: 'session.parked', isAlert: true, sessionId, customerId } as const;
    await insertEvents(tx, { scope: scopeOf(session), source: 'JOB', now }, [event]);
  });
}

/** Returns when to look again; null when never. */
async function checkSession(deps: Deps, claimed: Session): Promise<Date | null> {
  if (claimed.phase === 'starting' && isOpen(claimed.status) && (await endUnstarted(deps, claimed))) return null;
  const refreshed = await refreshFound(deps, { session: claimed, source: 'JOB' });
  if (!refreshed.ok) return nextLook(claimed, deps.clock.now());
  const session = refreshed.value;
  if (!isOpen(session.status)) return null;
  const as = dueEnding(session, { canCancel: canCancel(deps, session), now: deps.clock.now() });
  if (as === null) return nextLook(session, deps.clock.now());
  const closed = await closeSession(deps, { session, as, source: 'JOB' });
  return isOpen(closed.status) ? nextLook(closed, deps.clock.now()) : null;
}

function canCancel(deps: Pick<Deps, 'provider'>, session: Session): boolean {
  return deps.provider(session.provider).capabilities.effects.includes('CANCEL');
}

/**
 * Ends an expired session whose start certainly never reached the provider, so that nobody opens it any more. False while the
 * start may still have had an effect: the reconciler finds out.
 */
async function endUnstarted(deps: Deps, session: Session): Promise<boolean> {
  const scope = scopeOf(session);
  return deps.database.inTransaction(async (tx) => {
    await lockOperations(tx, scope, session.id);
    const locked = await lockSession(tx, scope, session.id);
    if (locked === null || locked.phase !== 'starting' || deps.clock.now() < locked.expiresAt) return false;
    if (!(await abandonOperations(deps, tx, { scope, subjectId: session.id }))) return false;
    const ending = { signal: 'CLOSED_EXPIRED', progress: { phase: 'closed', closingAs: null }, nextCheckAt: null } as const;
    await moveSession(deps, tx, { session: locked, ...ending, source: 'JOB' });
    return true;
  });
}
