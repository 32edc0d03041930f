import { isErased } from '../customers/store.ts';
import type { Tx } from '../database/database.ts';
import type { EventSource, NewEvent } from '../events/event.ts';
import { insertEvents } from '../events/store.ts';
import { newId } from '../kernel/ids.ts';
import { equalMoney } from '../kernel/money.ts';
import { scopeOf } from '../kernel/scope.ts';
import { recordUnwanted } from '../payment-methods/detach.ts';
import { ensurePaymentMethod } from '../payment-methods/store.ts';
import type { Movement, SessionOutcome } from '../providers/provider.ts';
import { applyToLocked, type NewsPlan, planMovement } from '../transactions/apply-movement.ts';
import { draftTransaction, inheritedFrom } from '../transactions/draft.ts';
import { listAttempts, lockAttempts } from '../transactions/store.ts';
import type { Transaction } from '../transactions/transaction.ts';
import { endOfLeftAttempt, leftMovement, listUnnamed, matchAttempts, nextPosition } from './attempts.ts';
import type { Deps } from './deps.ts';
import { nextCheckAfterOutcome } from './due.ts';
import { type Move, moveSession, tryMove } from './move.ts';
import { isOpen, type Session, type SessionStatus, signalOf } from './session.ts';
import { listPersonalData, lockSession, openChallenge, placeIn } from './store.ts';

type ApplyDeps = Pick<Deps, 'clock' | 'count' | 'vault' | 'provider'>;

export interface OutcomeNews {
  readonly session: Pick<Session, 'id' | 'merchantId' | 'environment'>;
  readonly outcome: SessionOutcome;
  readonly source: EventSource;
  /**
   * The session's version before the provider was asked. While it is the same, nothing newer can have come meanwhile, whatever
   * the clocks of several gateways say.
   */
  readonly askedAtVersion?: number;
}

/** A session and its attempts, oldest first, as they stand after news. */
export interface AppliedOutcome {
  readonly session: Session;
  readonly attempts: readonly Transaction[];
}

/**
 * The one door for news of a session, whoever brought it: verify, webhook, poll, checkout page or cancel. Checks that the
 * outcome is of this session, records each attempt as a transaction, moves the session along its table and appends
 * events, all in the caller's transaction and under the session's lock, so that any number of callers leave one result.
 * News older than what is known changes nothing, unless it is final.
 */
export async function applyOutcome(deps: ApplyDeps, tx: Tx, news: OutcomeNews): Promise<AppliedOutcome> {
  const { outcome, source } = news;
  const scope = scopeOf(news.session);
  const session = await lockSession(tx, scope, news.session.id);
  if (session === null) throw new Error(`Session ${news.session.id} does not exist.`);
  if (outcome.phase === 'unknown') deps.count('unknown_statuses', session.provider);
  const before = await lockAttempts(tx, scope, session.id);
  if (isStale(session, news)) return { session, attempts: before };
  const mismatch = findMismatch(session, outcome);
  if (mismatch !== null) {
    return { session: await applyMismatch(deps, tx, { session, outcome, source, mismatch }), attempts: before };
  }
  const attempts = await applyAttempts(deps, tx, { session, outcome, source, before });
  return { session: await moveSession(deps, tx, outcomeMove(deps, { session, outcome, source, before, attempts })), attempts };
}

/**
 * The same in one statement, where nothing has changed since the session was read and no attempt that is recorded changes. Null where
 * something has or does, or where there is nothing to write: then nothing is written.
 */
export async function tryOutcome(
  deps: ApplyDeps & Pick<Deps, 'database'>,
  news: OutcomeNews & { session: Session },
): Promise<AppliedOutcome | null> {
  const { session, outcome } = news;
  const { client } = deps.database;
  if (outcome.phase === 'unknown' || findMismatch(session, outcome) !== null) return null;
  const before = await listAttempts(client, scopeOf(session), session.id);
  const plans = planAttempts(deps, { ...news, before });
  if (plans === null) return null;
  const attempts = [...before, ...plans.map(({ saved }) => saved)];
  const others = plans.flatMap(({ parts }) => parts);
  const move = { ...outcomeMove(deps, { ...news, before, attempts }), before: plans.flatMap(({ events }) => events) };
  const moved = await tryMove(deps, client, { move, conditions: [], others });
  return moved === null ? null : { session: moved, attempts };
}

/** What the news adds to the attempts; null where it changes one that is recorded, or leaves a stored method behind. */
function planAttempts(
  deps: ApplyDeps,
  { session, outcome, source, before }: OutcomeNews & { session: Session; before: readonly Transaction[] },
): readonly NewsPlan[] | null {
  const { observedAt } = outcome;
  if (listUnnamed(before, outcome).some((attempt) => endOfLeftAttempt(attempt, outcome) !== null)) return null;
  const plans: NewsPlan[] = [];
  for (const { movement, attempt } of matchAttempts(outcome, before)) {
    if (leavesMethod(session, movement)) return null;
    const position = nextPosition(before) + plans.length;
    const transaction = attempt ?? draftAttempt(deps, session, position);
    const plan = planMovement(deps, { transaction, news: { movement, source, observedAt } });
    if (plan === null || (attempt !== null && plan !== 'nothing')) return null;
    if (plan !== 'nothing') plans.push(plan);
  }
  return plans;
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
  for (const attempt of listUnnamed([...attempts.values()], outcome)) {
    const status = endOfLeftAttempt(attempt, outcome);
    if (status === null) continue;
    const movement = leftMovement(attempt, status);
    attempts.set(attempt.id, await applyToLocked(deps, tx, { transaction: attempt, news: { movement, source, observedAt } }));
  }
  return [...attempts.values()];
}

/** Late, unordered news never takes back what newer news told. */
function isStale(session: Session, { outcome, askedAtVersion }: OutcomeNews): boolean {
  if (session.version === askedAtVersion) return false;
  const isFinal = outcome.phase === 'succeeded' || outcome.phase === 'closed';
  return !isFinal && session.observedAt !== null && outcome.observedAt < session.observedAt;
}

function outcomeMove(
  deps: ApplyDeps,
  news: OutcomeNews & { session: Session; before: readonly Transaction[]; attempts: readonly Transaction[] },
): Move {
  const { session, outcome, before, attempts, source } = news;
  const { phase } = outcome;
  const now = deps.clock.now();
  const progress = (to: SessionStatus) => ({
    phase,
    paymentMethodId: attempts.find((attempt) => attempt.paymentMethodId !== null)?.paymentMethodId ?? session.paymentMethodId,
    attempts: attempts.filter(({ attempt }) => attempt !== 0).length,
    providerError: attempts.at(-1)?.failureCode ?? session.providerError,
    sealedChallenge: sealChallenge(deps, session, outcome.challengeUrl),
    closingAs: isOpen(to) ? session.closingAs : null,
    observedAt: outcome.observedAt,
    startedAt: session.startedAt ?? (to === 'PENDING' ? null : now),
  });
  const after = (to: SessionStatus): readonly NewEvent[] => {
    const subject = { sessionId: session.id, customerId: session.customerId };
    const isInProgress = (phase === 'authenticating' || phase === 'processing') && isOpen(to) && phase !== session.phase;
    const isAlert = isPaidTwice(before, attempts);
    return [
      ...(isInProgress ? [{ ...subject, type: `session.${phase}` } as const] : []),
      ...(isAlert ? [{ ...subject, type: 'session.paid_twice', isAlert } as const] : []),
    ];
  };
  const signal = signalOf(outcome, session.closingAs);
  const nextCheckAt = (moved: Session) => nextCheckAfterOutcome(moved, now);
  return { session, signal, progress, nextCheckAt, source, after };
}

/** Whether the news brought a further success of a session that has one. */
function isPaidTwice(before: readonly Transaction[], attempts: readonly Transaction[]): boolean {
  const countOf = (all: readonly Transaction[]) => all.filter(({ status }) => status === 'SUCCEEDED').length;
  return countOf(attempts) > 1 && countOf(attempts) > countOf(before);
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
  const observed = {
    mismatch,
    providerCode: outcome.providerCode,
    phase: outcome.phase,
    amount: outcome.money?.amountMinor.toString() ?? null,
    currency: outcome.money?.currency ?? null,
  };
  const subject = { sessionId: session.id, customerId: session.customerId };
  const alert = { ...subject, type: 'session.mismatched', isAlert: true, data: observed } as const;
  const progress = { providerError, closingAs: null, observedAt: outcome.observedAt };
  const { source } = news;
  return moveSession(deps, tx, { session, signal: 'MISMATCHED', progress, nextCheckAt: null, source, before: [alert] });
}

function leavesMethod({ customerId }: Session, { status, storedMethod }: Movement): boolean {
  return status === 'succeeded' && storedMethod !== null && customerId !== null;
}

/** The stored method that a success left behind, if it was to be stored. That of a payer who was erased meanwhile is withdrawn. */
async function storeMethod(
  deps: ApplyDeps,
  tx: Tx,
  news: { session: Session; movement: Movement; source: EventSource },
): Promise<string | null> {
  const { session, movement } = news;
  const { storedMethod: stored, card } = movement;
  const { customerId, providerAccountId, provider } = session;
  if (!leavesMethod(session, movement) || stored === null || customerId === null) return null;
  if (session.paymentMethodId !== null) return session.paymentMethodId;
  const now = deps.clock.now();
  const scope = scopeOf(session);
  const { source } = news;
  const method = { id: newId(now), customerId, providerAccountId, provider, stored };
  const isUnwanted = session.erasedAt !== null || (await isErased(tx, scope, customerId));
  if (isUnwanted) return recordUnwanted(deps, tx, { scope, method, source });
  if (card === null) return null;
  const billing = (await listPersonalData(tx, scope, [session.id])).get(session.id)?.billing ?? null;
  const { id, isNew } = await ensurePaymentMethod(tx, scope, { method: { ...method, card, billing }, now });
  const event: NewEvent = { type: 'payment_method.stored', sessionId: session.id, customerId, data: { paymentMethodId: id } };
  if (isNew) await insertEvents(tx, { scope, source, now }, [event]);
  return id;
}

function draftAttempt(deps: ApplyDeps, session: Session, attempt: number): Transaction {
  const now = deps.clock.now();
  const { id: sessionId, kind: action, amountMinor } = session;
  return draftTransaction({ ...inheritedFrom(session), id: newId(now), sessionId, action, amountMinor, attempt }, now);
}

/** The bytes that are stored already where the address is the same, so that they tell whether anything changed. */
function sealChallenge({ vault }: ApplyDeps, session: Session, url: string | null): Session['sealedChallenge'] {
  if (url === null || session.erasedAt !== null) return null;
  if (openChallenge(vault, session) === url) return session.sealedChallenge;
  return vault.seal(placeIn(session, 'challenge_url'), url);
}
