import { deleteProviderCustomerCode, providerCustomerPart } from '../customers/store.ts';
import { type Part, write } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import type { NewEvent } from '../events/event.ts';
import type { JsonObject } from '../kernel/json.ts';
import { scopeOf } from '../kernel/scope.ts';
import { freeCode } from '../operations/code-store.ts';
import type { OperationHandler } from '../operations/handler.ts';
import type { Operation } from '../operations/operation.ts';
import { closingPart, isClosable } from '../operations/store.ts';
import { eraseState } from '../personal-data/requests.ts';
import type { StartedSession } from '../providers/provider.ts';
import { applyOutcome } from './apply-outcome.ts';
import type { Deps } from './deps.ts';
import { nextCheckAfterRefusedCancel, nextCheckAfterStart } from './due.ts';
import { type Move, moveSession, tryMove } from './move.ts';
import type { Session, SessionSignal } from './session.ts';
import { lockSession, placeIn, type SealedOpening } from './store.ts';

/** What the end of a start means for its session. */
export const startHandler: OperationHandler<'START', Deps> = {
  async onAnswer(deps, tx, { operation, answer }) {
    const session = await lockStarting(tx, operation);
    if (session === null) return;
    await moveSession(deps, tx, openingMove(deps, session, answer));
    for (const part of customerParts(deps, session, answer)) await write(tx, part);
  },
  async onRefusal(deps, tx, { operation, failure }) {
    const session = await lockStarting(tx, operation);
    if (session === null) return;
    if (failure.category === 'NOT_FOUND') await forgetCustomerCode(tx, operation);
    const progress = { phase: 'closed', providerError: failure.rawCode ?? failure.category } as const;
    await moveSession(deps, tx, startMove(deps, { session, signal: 'START_REFUSED', progress }));
    await freeCode(tx, scopeOf(operation), { code: session.merchantInternalTransactionCode, ownerId: session.id });
  },
  async onLoss(deps, tx, operation) {
    const session = await lockStarting(tx, operation);
    if (session !== null) await moveSession(deps, tx, startMove(deps, { session, signal: 'START_LOST', progress: {} }));
  },
};

/**
 * Records the answer to a start in one statement, where nothing has changed since the session was recorded. Null when something
 * has: then nothing is written, and the handler records it under the session's lock.
 */
export async function tryOpening(
  deps: Deps,
  start: { session: Session; operation: Operation<'START'>; answer: StartedSession },
): Promise<Session | null> {
  const { session, operation, answer } = start;
  const closing = { operation, by: 'answer' } as const;
  const others = [closingPart(deps, closing), ...customerParts(deps, session, answer)];
  const conditions = [isClosable(deps, closing)];
  return tryMove(deps, deps.database.client, { move: openingMove(deps, session, answer), conditions, others });
}

function openingMove(deps: Deps, session: Session, answer: StartedSession): Move {
  const { clientTokenExpiresAt, providerCode } = answer;
  const isShorter = clientTokenExpiresAt !== null && clientTokenExpiresAt < session.tokenExpiresAt;
  const tokenExpiresAt = isShorter ? clientTokenExpiresAt : session.tokenExpiresAt;
  const progress = { phase: 'awaiting', tokenExpiresAt, providerCode, providerError: null } as const;
  const event: NewEvent = { type: 'session.started', sessionId: session.id, data: { providerCode } };
  const opening = sealOpening(deps, session, answer);
  return { ...startMove(deps, { session, signal: 'STARTED', progress }), opening, before: [event] };
}

function startMove(deps: Pick<Deps, 'clock'>, move: Pick<Move, 'session' | 'progress'> & { signal: SessionSignal }): Move {
  const nextCheckAt = (moved: Session) => nextCheckAfterStart(moved, move.signal, deps.clock.now());
  return { ...move, nextCheckAt, source: 'PROVIDER' };
}

/** A session that was erased meanwhile keeps what later calls need and nothing that its payer could be known or go on by. */
function sealOpening({ vault }: Pick<Deps, 'vault'>, session: Session, answer: StartedSession): SealedOpening {
  const sealState = (state: JsonObject) => vault.seal(placeIn(session, 'provider_state'), state);
  if (session.erasedAt !== null) {
    const nothing = { payload: null, clientToken: null, clientTokenFingerprint: null };
    return { ...nothing, providerState: sealState(eraseState(answer.state)) };
  }
  return {
    payload: vault.seal(placeIn(session, 'payload'), answer.payload),
    providerState: sealState(answer.state),
    clientToken: vault.seal(placeIn(session, 'client_token'), answer.clientToken),
    clientTokenFingerprint: vault.fingerprint(answer.clientToken, 'client-token'),
  };
}

/** What the end of a cancel means: the provider's word on the whole session, or that it would not cancel. */
export const cancelHandler: OperationHandler<'CANCEL', Deps> = {
  async onAnswer(deps, tx, { operation, answer }) {
    const session = { id: operation.subjectId, ...scopeOf(operation) };
    await applyOutcome(deps, tx, { session, outcome: answer, source: 'PROVIDER' });
  },
  async onRefusal(deps, tx, { operation }) {
    const session = await lockSession(tx, scopeOf(operation), operation.subjectId);
    if (session === null || session.closingAs === null) return;
    const nextCheckAt = nextCheckAfterRefusedCancel(session, deps.clock.now());
    await moveSession(deps, tx, { session, signal: null, progress: { closingAs: null }, nextCheckAt, source: 'PROVIDER' });
  },
  onLoss: async () => {},
};

/** Keeps what the provider calls the customer. */
function customerParts(
  deps: Pick<Deps, 'clock'>,
  session: Session,
  { providerCustomerCode: providerCode }: StartedSession,
): readonly Part[] {
  const { customerId, providerAccountId } = session;
  if (providerCode === null || customerId === null || session.erasedAt !== null) return [];
  return [providerCustomerPart(scopeOf(session), { providerAccountId, customerId, providerCode, now: deps.clock.now() })];
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
