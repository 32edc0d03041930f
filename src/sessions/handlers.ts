import { deleteProviderCustomerCode, saveProviderCustomerCode } from '../customers/store.ts';
import type { Tx } from '../database/database.ts';
import { type NewEvent, reached } from '../events/event.ts';
import { insertEvents } from '../events/store.ts';
import { addMs, MINUTE_MS } from '../kernel/clock.ts';
import { scopeOf } from '../kernel/scope.ts';
import { freeCode } from '../operations/codes.ts';
import type { Deps } from '../operations/deps.ts';
import type { OperationHandler } from '../operations/handler.ts';
import type { Operation } from '../operations/operation.ts';
import { pollPauseMs } from '../transactions/apply-movement.ts';
import { applyOutcome } from './apply-outcome.ts';
import { type Session, type SessionSignal, transitionSession } from './session.ts';
import { lockSession, type SealedOpening, type SessionProgress, saveSession } from './store.ts';

/** What the end of a start means for its session. */
export const startHandler: OperationHandler<'START'> = {
  async onAnswer(deps, tx, { operation, answer }) {
    const session = await lockStarting(tx, operation);
    if (session === null) return;
    const { clientToken, clientTokenExpiresAt, providerCode } = answer;
    await keepCustomerCode(deps, tx, { session, code: answer.providerCustomerCode });
    const isShorter = clientTokenExpiresAt !== null && clientTokenExpiresAt < session.tokenExpiresAt;
    const tokenExpiresAt = isShorter ? clientTokenExpiresAt : session.tokenExpiresAt;
    const opening = {
      payload: deps.vault.seal(answer.payload),
      providerState: deps.vault.seal(answer.state),
      clientToken: deps.vault.seal(clientToken),
      clientTokenFingerprint: deps.vault.fingerprint(clientToken),
    };
    const event: NewEvent = { type: 'session.started', sessionId: session.id, data: { providerCode } };
    const progress = { phase: 'awaiting', tokenExpiresAt, providerCode, providerError: null } as const;
    await saveSignal(deps, tx, { session, signal: 'STARTED', progress, opening, events: [event] });
  },
  async onRefusal(deps, tx, { operation, failure }) {
    const session = await lockStarting(tx, operation);
    if (session === null) return;
    if (failure.category === 'NOT_FOUND') await forgetCustomerCode(tx, operation);
    const now = deps.clock.now();
    const progress = { phase: 'closed', providerError: failure.rawCode ?? failure.category, endedAt: now } as const;
    await saveSignal(deps, tx, { session, signal: 'START_REFUSED', progress });
    await freeCode(tx, scopeOf(operation), { code: session.merchantInternalTransactionCode, ownerId: session.id });
  },
  async onLoss(deps, tx, operation) {
    const session = await lockStarting(tx, operation);
    if (session !== null) await saveSignal(deps, tx, { session, signal: 'START_LOST', progress: {} });
  },
};

/** What the end of a cancel means: the provider's word on the whole session, or that it would not cancel. */
export const cancelHandler: OperationHandler<'CANCEL'> = {
  async onAnswer(deps, tx, { operation, answer }) {
    const session = { id: operation.subjectId, ...scopeOf(operation) };
    await applyOutcome(deps, tx, { session, outcome: answer, source: 'PROVIDER' });
  },
  async onRefusal(deps, tx, { operation }) {
    const session = await lockSession(tx, scopeOf(operation), operation.subjectId);
    if (session === null || session.closingAs === null) return;
    const now = deps.clock.now();
    // The more often it was refused, the longer until it is tried again.
    const overdueMs = Math.max(now.getTime() - session.expiresAt.getTime(), 0);
    const nextCheckAt = addMs(now, Math.max(pollPauseMs(overdueMs), MINUTE_MS));
    await saveSession(tx, session, { progress: { ...session, closingAs: null }, nextCheckAt, now });
  },
  onLoss: async () => {},
};

async function keepCustomerCode(deps: Deps, tx: Tx, told: { session: Session; code: string | null }): Promise<void> {
  const { customerId, providerAccountId } = told.session;
  if (told.code === null || customerId === null) return;
  const customer = { providerAccountId, customerId, providerCode: told.code, now: deps.clock.now() };
  await saveProviderCustomerCode(tx, scopeOf(told.session), customer);
}

/** All that a start names at the provider is its customer: one that was deleted there must not stand in the way of the next. */
async function forgetCustomerCode(tx: Tx, { request, providerAccountId, ...operation }: Operation<'START'>): Promise<void> {
  const { customerId, providerCustomerCode: providerCode } = request;
  if (customerId === null || providerCode === null) return;
  await deleteProviderCustomerCode(tx, scopeOf(operation), { providerAccountId, customerId, providerCode });
}

/** Null when the start was answered before: a session is opened once. */
async function lockStarting(tx: Tx, operation: Operation): Promise<Session | null> {
  const session = await lockSession(tx, scopeOf(operation), operation.subjectId);
  return session?.phase === 'starting' ? session : null;
}

/** At its expiry; where that is over and the answer still missing, ever more rarely, as the reconciler asks as well. */
function nextCheck({ expiresAt, createdAt }: Session, signal: SessionSignal, now: Date): Date {
  if (signal !== 'START_LOST' || expiresAt > now) return expiresAt;
  return addMs(now, Math.max(pollPauseMs(now.getTime() - createdAt.getTime()), MINUTE_MS));
}

interface Signaled {
  readonly session: Session;
  readonly signal: SessionSignal;
  readonly progress: Partial<SessionProgress>;
  readonly opening?: SealedOpening;
  readonly events?: readonly NewEvent[];
}

async function saveSignal(deps: Deps, tx: Tx, news: Signaled): Promise<void> {
  const { session, opening } = news;
  const now = deps.clock.now();
  const { to: status } = transitionSession(session.status, news.signal);
  const progress = { ...session, ...news.progress, status };
  const nextCheckAt = status === 'ERROR' ? null : nextCheck(session, news.signal, now);
  await saveSession(tx, session, { progress, nextCheckAt, now, ...(opening === undefined ? {} : { opening }) });
  const events: NewEvent[] = [...(news.events ?? [])];
  if (status !== session.status) {
    const type = reached('session', status);
    events.push({ type, sessionId: session.id, customerId: session.customerId, data: { from: session.status } });
  }
  await insertEvents(tx, { scope: scopeOf(session), source: 'PROVIDER', now }, events);
}
