import { addMs, MINUTE_MS } from '../kernel/clock.ts';
import { pollPauseMs } from '../transactions/due.ts';
import { type ClosingStatus, isOpen, type Session, type SessionSignal } from './session.ts';

/** When a job looks at a session next, and what a session has come to by then. Everything here is pure. */

/** A payer who is at the bank's challenge page when the session expires gets this long to finish. */
const AUTHENTICATION_GRACE_MS = 15 * MINUTE_MS;
const RECHECK_MS = MINUTE_MS;

/** After news from the provider: soon while something is in progress, at expiry while open, never once it has ended. */
export function nextCheckAfterOutcome(session: Session, now: Date): Date | null {
  const { status, phase, expiresAt } = session;
  if (!isOpen(status)) return null;
  if (isLimitReached(session)) return now;
  const isInProgress = phase === 'authenticating' || phase === 'processing' || status === 'UNKNOWN';
  if (!isInProgress) return expiresAt;
  return addMs(now, pollPauseMs(now.getTime() - (session.startedAt ?? session.createdAt).getTime()));
}

/** After the end of a start: at expiry; where that is over and the answer still missing, ever more rarely. */
export function nextCheckAfterStart(session: Session, signal: SessionSignal, now: Date): Date | null {
  const { status, expiresAt, createdAt, erasedAt } = session;
  if (status === 'ERROR') return null;
  // It was opened at the provider after its payer was erased: the job that looks at it ends it.
  if (signal === 'STARTED' && erasedAt !== null) return now;
  if (signal !== 'START_LOST' || expiresAt > now) return expiresAt;
  return addMs(now, Math.max(pollPauseMs(now.getTime() - createdAt.getTime()), RECHECK_MS));
}

/** After a cancel that the provider refused: the more often it was refused, the later. */
export function nextCheckAfterRefusedCancel({ expiresAt }: Session, now: Date): Date {
  const overdueMs = Math.max(now.getTime() - expiresAt.getTime(), 0);
  return addMs(now, Math.max(pollPauseMs(overdueMs), RECHECK_MS));
}

/** After a look: at expiry while it only waits; else the more rarely, the older it is, and when the payer's time at the bank is over. */
export function nextLook({ expiresAt, createdAt, phase }: Session, now: Date): Date {
  if (expiresAt > now && phase === 'awaiting') return expiresAt;
  const polledAt = addMs(now, Math.max(pollPauseMs(now.getTime() - createdAt.getTime()), RECHECK_MS));
  const graceEndsAt = addMs(expiresAt, AUTHENTICATION_GRACE_MS);
  return phase === 'authenticating' && graceEndsAt > now && graceEndsAt < polledAt ? graceEndsAt : polledAt;
}

/**
 * The end that an open session has come to by now; null while it may still be paid.
 * `canCancel`: whether its provider can be asked to cancel; one that cannot says itself when its token has run out.
 */
export function dueEnding(session: Session, { canCancel, now }: { canCancel: boolean; now: Date }): ClosingStatus | null {
  const { phase, closingAs, expiresAt, erasedAt } = session;
  if (phase === 'processing') return null;
  if (closingAs !== null) return canCancel ? closingAs : null;
  if (isLimitReached(session)) return 'DECLINED';
  if (phase === 'awaiting' && erasedAt !== null) return 'CANCELED';
  if (now < expiresAt) return null;
  const isGraceOver = now >= addMs(expiresAt, AUTHENTICATION_GRACE_MS);
  return phase === 'authenticating' && !isGraceOver ? null : 'EXPIRED';
}

function isLimitReached({ phase, attempts, attemptsMax }: Session): boolean {
  return phase === 'awaiting' && attempts >= attemptsMax;
}
