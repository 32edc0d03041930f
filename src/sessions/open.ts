import { scopeOf } from '../kernel/scope.ts';
import type { Deps } from './deps.ts';
import { moveSession } from './move.ts';
import type { Session } from './session.ts';
import { lockSession } from './store.ts';

/** The payer's browser has seen the session: PENDING becomes ACTIVE. Anything else stays as it is. */
export async function openSession(deps: Pick<Deps, 'database' | 'clock' | 'count'>, session: Session): Promise<Session> {
  if (session.status !== 'PENDING' || session.phase === 'starting') return session;
  return deps.database.inTransaction(async (tx) => {
    const locked = await lockSession(tx, scopeOf(session), session.id);
    if (locked === null || locked.status !== 'PENDING') return locked ?? session;
    const progress = { startedAt: deps.clock.now() };
    const { expiresAt: nextCheckAt } = locked;
    return moveSession(deps, tx, { session: locked, signal: 'OPENED', progress, nextCheckAt, source: 'BROWSER' });
  });
}
