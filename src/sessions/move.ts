import { commit, type Part, when } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import { type EventSource, type NewEvent, reached } from '../events/event.ts';
import { eventsPart } from '../events/store.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { scopeOf } from '../kernel/scope.ts';
import type { Deps } from './deps.ts';
import { isOpen, type Session, type SessionSignal, type SessionStatus, transitionSession } from './session.ts';
import { isChanged, movePart, type SealedOpening, type SessionProgress } from './store.ts';

/** One move of a session. Every change after its insertion is one of these. */
export interface Move {
  /** As it was read, under its lock or just recorded. */
  readonly session: Session;
  /** What has happened; null when the status stays whatever it is. */
  readonly signal: SessionSignal | null;
  /** What changes besides the status and the end; may depend on the new status. */
  readonly progress: Progress | ((to: SessionStatus) => Progress);
  /** When a job looks next; null for never. */
  readonly nextCheckAt: Date | null | ((moved: Session) => Date | null);
  readonly source: EventSource;
  /** What the provider's answer to the start adds. */
  readonly opening?: SealedOpening;
  /** Reported before the new status. An alert among them stands for the alert of the transition. */
  readonly before?: readonly NewEvent[];
  /** Reported after it. */
  readonly after?: (to: SessionStatus) => readonly NewEvent[];
}

type Progress = Partial<Omit<SessionProgress, 'status' | 'endedAt'>>;

type MoveDeps = Pick<Deps, 'clock' | 'count'>;

interface Plan {
  readonly moved: Session;
  readonly parts: readonly [Part, ...Part[]];
  readonly events: readonly NewEvent[];
}

/**
 * Moves a session along its table and reports the move, in one statement. The caller holds the row's lock: throws when another
 * writer was first all the same. A move that changes nothing and reports nothing is not written.
 */
export async function moveSession(deps: MoveDeps, tx: Tx, move: Move): Promise<Session> {
  const plan = planMove(deps, move);
  if (plan === null) return move.session;
  const [first, ...others] = plan.parts;
  if (!(await commit(tx, first, others))) throw new Error(`Session ${move.session.id} changed under its lock.`);
  countAlerts(deps, plan);
  return plan.moved;
}

/**
 * The same without a lock, with further conditions and parts that belong to the commit. Null when there is nothing to write, a condition
 * is not met or another writer was first: then nothing is written, and the caller reads the session again under its lock.
 */
export async function tryMove(
  deps: MoveDeps,
  tx: Tx,
  { move, conditions, others }: { move: Move; conditions: readonly Prisma.Sql[]; others: readonly Part[] },
): Promise<Session | null> {
  const plan = planMove(deps, move);
  if (plan === null) return null;
  const [first, ...own] = plan.parts;
  if (!(await commit(tx, when(conditions, first), [...others, ...own]))) return null;
  countAlerts(deps, plan);
  return plan.moved;
}

/** Null when there is nothing to write. */
function planMove(deps: MoveDeps, move: Move): Plan | null {
  const { session, signal, opening } = move;
  const now = deps.clock.now();
  const { to: status, isAlert } =
    signal === null ? { to: session.status, isAlert: false } : transitionSession(session.status, signal);
  const endedAt = isOpen(status) ? null : (session.endedAt ?? now);
  const progress = typeof move.progress === 'function' ? move.progress(status) : move.progress;
  const moved = { ...session, ...progress, status, endedAt, version: session.version + 1, updatedAt: now };
  const events = [...(move.before ?? []), ...statusEvents(move, { status, isAlert }), ...(move.after?.(status) ?? [])];
  if (events.length === 0 && opening === undefined && !isChanged(session, moved)) return null;
  const nextCheckAt = typeof move.nextCheckAt === 'function' ? move.nextCheckAt(moved) : move.nextCheckAt;
  const change = { progress: moved, nextCheckAt, now, ...(opening === undefined ? {} : { opening }) };
  const parts: [Part, ...Part[]] = [movePart(session, change)];
  if (events.length > 0) parts.push(eventsPart({ scope: scopeOf(session), source: move.source, now }, events));
  return { moved, parts, events };
}

function statusEvents({ session, before = [] }: Move, to: { status: Session['status']; isAlert: boolean }): NewEvent[] {
  const isAlert = to.isAlert && !before.some((event) => event.isAlert === true);
  if (session.status === to.status && !isAlert) return [];
  const subject = { sessionId: session.id, customerId: session.customerId };
  return [{ ...subject, type: reached('session', to.status), isAlert, data: { from: session.status } }];
}

function countAlerts(deps: MoveDeps, { events }: Plan): void {
  for (const event of events) if (event.isAlert === true) deps.count('alerts', event.type);
}
