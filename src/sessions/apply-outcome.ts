import { isErased } from '../customers/store.ts';
import type { Tx } from '../database/database.ts';
import { type EventSource, type NewEvent, reached } from '../events/event.ts';
import { insertEvents } from '../events/store.ts';
import { addMs } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import { equalMoney } from '../kernel/money.ts';
import { scopeOf } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import { ensurePaymentMethod } from '../payment-methods/store.ts';
import type { Movement, SessionOutcome } from '../providers/provider.ts';
import { applyToLocked, pollPauseMs } from '../transactions/apply-movement.ts';
import { draftTransaction, inheritedFrom } from '../transactions/draft.ts';
import { lockAttempts } from '../transactions/store.ts';
import { isUnsettled, type Transaction } from '../transactions/transaction.ts';
import { isOpen, type Session, signalOf, transitionSession } from './session.ts';
import { listPersonalData, lockSession, type SessionProgress, saveSession } from './store.ts';

type ApplyDeps = Pick<Deps, 'clock' | 'count'>;

export interface OutcomeNews {
  readonly session: Pick<Session, 'id' | 'merchantId' | 'environment'>;
  readonly outcome: SessionOutcome;
  readonly source: EventSource;
}

/**
 * The one door for news of a session, whoever brought it: verify, webhook, poll, checkout page or cancel. Checks that the
 * outcome is of this session, records each attempt as a transaction, moves the session along its table and appends
 * events, all in the caller's transaction and under the session's lock, so that any number of callers leave one result.
 * News older than what is known changes nothing, unless it is final.
 */
export async function applyOutcome(deps: ApplyDeps, tx: Tx, news: OutcomeNews): Promise<Session> {
  const { outcome, source } = news;
  const scope = scopeOf(news.session);
  const session = await lockSession(tx, scope, news.session.id);
  if (session === null) throw new Error(`Session ${news.session.id} does not exist.`);
  if (outcome.phase === 'unknown') deps.count('unknown_statuses', session.provider);
  if (isStale(session, outcome)) return session;
  const mismatch = findMismatch(session, outcome);
  if (mismatch !== null) return applyMismatch(deps, tx, { session, outcome, source, mismatch });

  const before = await lockAttempts(tx, scope, session.id);
  const attempts = await applyAttempts(deps, tx, { session, outcome, source, before });
  return saveOutcome(deps, tx, { session, outcome, source, before, attempts });
}

/** Every attempt of the session as it stands after the news, oldest first. */
async function applyAttempts(
  deps: ApplyDeps,
  tx: Tx,
  news: OutcomeNews & { session: Session; before: readonly Transaction[] },
): Promise<readonly Transaction[]> {
  const { session, outcome, source, before } = news;
  const { observedAt } = outcome;
  const attempts = new Map(before.map((attempt) => [attempt.id, attempt]));
  for (const { movement, attempt } of matchAttempts(outcome, before)) {
    const transaction = attempt ?? draftAttempt(deps, session, nextPosition([...attempts.values()]));
    const paymentMethodId = await storeMethod(deps, tx, { session, movement, source });
    const movementNews = { movement, source, observedAt, paymentMethodId };
    attempts.set(transaction.id, await applyToLocked(deps, tx, { transaction, news: movementNews }));
  }
  const status = endOfLeftAttempt(outcome);
  const named = new Set(outcome.attempts.map(({ providerCode }) => providerCode));
  for (const attempt of attempts.values()) {
    if (status === null || !isUnsettled(attempt.status) || named.has(attempt.providerCode ?? '')) continue;
    const movement = leftMovement(attempt, status);
    attempts.set(attempt.id, await applyToLocked(deps, tx, { transaction: attempt, news: { movement, source, observedAt } }));
  }
  return [...attempts.values()];
}

/**
 * Which recorded attempt each movement is; null for a new one. A movement under an unknown reference is the attempt in progress
 * that the outcome does not name any more, if there is one: some providers give an attempt its own reference late.
 */
function matchAttempts(outcome: SessionOutcome, before: readonly Transaction[]) {
  const named = new Set(outcome.attempts.map(({ providerCode }) => providerCode));
  const unnamed = before.filter((attempt) => isUnsettled(attempt.status) && !named.has(attempt.providerCode ?? ''));
  return outcome.attempts.map((movement) => {
    const known = before.find((attempt) => attempt.providerCode === movement.providerCode);
    return { movement, attempt: known ?? unnamed.shift() ?? null };
  });
}

function nextPosition(attempts: readonly Transaction[]): number {
  return Math.max(0, ...attempts.map(({ attempt }) => attempt ?? 0)) + 1;
}

/**
 * What an attempt has come to that is recorded as in progress and not named any more: nothing, once the session has ended or
 * nothing is in progress in it. Null while another one may be.
 */
function endOfLeftAttempt({ phase, closedReason }: SessionOutcome): 'expired' | 'canceled' | null {
  switch (phase) {
    case 'awaiting':
    case 'succeeded':
      return 'canceled';
    case 'closed':
      return closedReason === 'expired' ? 'expired' : 'canceled';
    case 'authenticating':
    case 'processing':
    case 'unknown':
      return null;
  }
}

function leftMovement(attempt: Transaction, status: 'expired' | 'canceled'): Movement {
  const nothing = { money: null, decline: null, failureCode: null, card: null, storedMethod: null, hold: null };
  return { ...nothing, providerCode: attempt.providerCode ?? '', status, capturableUntil: null };
}

/** Late, unordered news never takes back what newer news told. */
function isStale(session: Session, outcome: SessionOutcome): boolean {
  const isFinal = outcome.phase === 'succeeded' || outcome.phase === 'closed';
  return !isFinal && session.observedAt !== null && outcome.observedAt < session.observedAt;
}

async function saveOutcome(
  deps: ApplyDeps,
  tx: Tx,
  news: OutcomeNews & { session: Session; before: readonly Transaction[]; attempts: readonly Transaction[] },
): Promise<Session> {
  const { session, outcome, before, attempts } = news;
  const now = deps.clock.now();
  const transition = transitionSession(session.status, signalOf(outcome, session.closingAs));
  const isStillOpen = isOpen(transition.to);
  const last = attempts.at(-1);
  const progress: SessionProgress = {
    status: transition.to,
    phase: outcome.phase,
    paymentMethodId: attempts.find((attempt) => attempt.paymentMethodId !== null)?.paymentMethodId ?? session.paymentMethodId,
    tokenExpiresAt: session.tokenExpiresAt,
    attempts: attempts.filter(({ attempt }) => attempt !== 0).length,
    providerCode: session.providerCode,
    providerError: last?.failureCode ?? session.providerError,
    challengeUrl: outcome.challengeUrl,
    closingAs: isStillOpen ? session.closingAs : null,
    observedAt: outcome.observedAt,
    startedAt: session.startedAt ?? (transition.to === 'PENDING' ? null : now),
    endedAt: isStillOpen ? null : (session.endedAt ?? now),
  };
  const successes = attempts.filter((attempt) => attempt.status === 'SUCCEEDED');
  const isPaidTwice =
    successes.length > 1 && successes.length > before.filter((attempt) => attempt.status === 'SUCCEEDED').length;
  if (!isChanged(session, progress) && !isPaidTwice) return session;
  const saved = await saveSession(tx, session, { progress, nextCheckAt: nextCheck(session, progress, now), now });
  const events = eventsOf(session, saved, { isAlert: transition.isAlert, isPaidTwice });
  for (const event of events) if (event.isAlert === true) deps.count('alerts', event.type);
  await insertEvents(tx, { scope: scopeOf(session), source: news.source, now }, events);
  return saved;
}

/** What does not fit what we asked for, in words for the alert; null when all of it fits. */
function findMismatch(session: Session, outcome: SessionOutcome): string | null {
  if (outcome.providerCode !== session.providerCode) return 'reference';
  if (outcome.sessionId !== null && outcome.sessionId !== session.id) return 'session';
  if (session.kind === 'ADD_PAYMENT_METHOD') return null;
  const expected = { amountMinor: session.amountMinor, currency: session.currency };
  const amounts = [outcome.money, ...outcome.attempts.map((attempt) => attempt.money)];
  return amounts.some((money) => money !== null && !equalMoney(money, expected)) ? 'amount' : null;
}

async function applyMismatch(
  deps: ApplyDeps,
  tx: Tx,
  news: OutcomeNews & { session: Session; mismatch: string },
): Promise<Session> {
  const { session, outcome, mismatch } = news;
  const providerError = `MISMATCH: ${mismatch}`;
  if (session.providerError === providerError) return session;
  const now = deps.clock.now();
  const transition = transitionSession(session.status, 'MISMATCHED');
  const progress: SessionProgress = {
    ...session,
    status: transition.to,
    providerError,
    closingAs: null,
    observedAt: outcome.observedAt,
    endedAt: session.endedAt ?? now,
  };
  const saved = await saveSession(tx, session, { progress, nextCheckAt: null, now });
  deps.count('alerts', 'session.mismatched');
  const observed = {
    mismatch,
    providerCode: outcome.providerCode,
    phase: outcome.phase,
    amount: outcome.money?.amountMinor.toString() ?? null,
    currency: outcome.money?.currency ?? null,
  };
  const subject = { sessionId: session.id, customerId: session.customerId };
  await insertEvents(tx, { scope: scopeOf(session), source: news.source, now }, [
    { ...subject, type: 'session.mismatched', isAlert: true, data: observed },
    ...(session.status === saved.status ? [] : [{ ...subject, type: 'session.error' as const }]),
  ]);
  return saved;
}

/** The stored method that a success left behind, if it was to be stored. */
async function storeMethod(
  deps: ApplyDeps,
  tx: Tx,
  news: { session: Session; movement: Movement; source: EventSource },
): Promise<string | null> {
  const { session, movement } = news;
  const { storedMethod, card } = movement;
  if (movement.status !== 'succeeded' || storedMethod === null || card === null || session.customerId === null) return null;
  if (session.paymentMethodId !== null) return session.paymentMethodId;
  if (await isErased(tx, session, session.customerId)) return null;
  const now = deps.clock.now();
  const scope = scopeOf(session);
  const personal = (await listPersonalData(tx, scope, [session.id])).get(session.id);
  const { customerId, providerAccountId, provider } = session;
  const billing = personal?.billing ?? null;
  const method = { id: newId(now), customerId, providerAccountId, provider, card, billing, stored: storedMethod };
  const { id, isNew } = await ensurePaymentMethod(tx, scope, { method, now });
  const event: NewEvent = { type: 'payment_method.stored', sessionId: session.id, customerId, data: { paymentMethodId: id } };
  if (isNew) await insertEvents(tx, { scope, source: news.source, now }, [event]);
  return id;
}

function draftAttempt(deps: ApplyDeps, session: Session, attempt: number): Transaction {
  const now = deps.clock.now();
  const { id: sessionId, kind: action, amountMinor } = session;
  return draftTransaction({ ...inheritedFrom(session), id: newId(now), sessionId, action, amountMinor, attempt }, now);
}

/** When a job looks again: soon while something is in progress, at expiry while open, never once it has ended. */
function nextCheck(from: Session, to: SessionProgress, now: Date): Date | null {
  if (!isOpen(to.status)) return null;
  const isLimitReached = to.phase === 'awaiting' && to.attempts >= from.attemptsMax;
  if (isLimitReached) return now;
  const isInProgress = to.phase === 'authenticating' || to.phase === 'processing' || to.status === 'UNKNOWN';
  if (!isInProgress) return from.expiresAt;
  return addMs(now, pollPauseMs(now.getTime() - (to.startedAt ?? from.createdAt).getTime()));
}

function eventsOf(from: Session, to: Session, news: { isAlert: boolean; isPaidTwice: boolean }): NewEvent[] {
  const subject = { sessionId: to.id, customerId: to.customerId };
  const events: NewEvent[] = [];
  if (from.status !== to.status || news.isAlert) {
    const data = { from: from.status };
    events.push({
      ...subject,
      type: reached('session', to.status),
      isAlert: news.isAlert,
      data,
    });
  }
  if (from.phase !== to.phase && (to.phase === 'authenticating' || to.phase === 'processing') && isOpen(to.status)) {
    events.push({ ...subject, type: `session.${to.phase}` });
  }
  if (news.isPaidTwice) events.push({ ...subject, type: 'session.paid_twice', isAlert: true });
  return events;
}

function isChanged(from: Session, to: SessionProgress): boolean {
  return (
    from.status !== to.status ||
    from.phase !== to.phase ||
    from.attempts !== to.attempts ||
    from.paymentMethodId !== to.paymentMethodId ||
    from.providerError !== to.providerError ||
    from.challengeUrl !== to.challengeUrl
  );
}
