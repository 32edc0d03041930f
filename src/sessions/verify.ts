import { commit, when } from '../database/commit.ts';
import { reached } from '../events/event.ts';
import { eventsPart } from '../events/store.ts';
import { newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { SessionKind } from '../providers/provider.ts';
import { draftTransaction, inheritedFrom } from '../transactions/draft.ts';
import { listAttempts, type NewTransaction, transactionPart } from '../transactions/store.ts';
import type { Transaction, TransactionStatus } from '../transactions/transaction.ts';
import type { Deps } from './deps.ts';
import { findSession, findSessionEnding, type SessionSelector } from './read.ts';
import { refreshSession } from './refresh.ts';
import { isOpen, type Session } from './session.ts';
import { isUnmoved, type NamedSession } from './store.ts';

export interface VerifyInput {
  readonly kind: SessionKind;
  readonly by: SessionSelector;
}

/**
 * Asks the provider how far the payer came and returns the session's transaction: the success if there is one, else the
 * last attempt, which is final only once the session has ended. A session that ended without an attempt has one
 * transaction that tells how. Repeating is safe and, once the session has ended, gives the same transaction. A decline is
 * a status. Refuses with SESSION_NOT_FOUND, WRONG_SESSION_KIND, SESSION_NOT_COMPLETED while nothing was tried, and with what
 * `refreshSession` refuses with.
 */
export async function verifySession(deps: Deps, scope: MerchantScope, input: VerifyInput): Promise<Result<Transaction>> {
  const found = await findSessionEnding(deps, scope, input.by);
  if (!found.ok) return found;
  const { session, value: ending } = found.value;
  if (session.kind !== input.kind) {
    const message = `Session ${session.id} is of kind ${session.kind}: verify it with the mutation of that kind.`;
    return refused(refusal('WRONG_SESSION_KIND', message));
  }
  if (!isOpen(session.status) && ending !== null) return ok(ending);
  const refreshed = await bringUpToDate(deps, scope, session);
  if (!refreshed.ok) return refreshed;
  if (!isOpen(refreshed.value.status)) return ok(await readEnding(deps, scope, refreshed.value));
  return readProgress(deps, scope, refreshed.value);
}

/** A session that has ended is not asked for again. */
async function bringUpToDate(deps: Deps, scope: MerchantScope, { id, status }: NamedSession): Promise<Result<Session>> {
  return isOpen(status) ? refreshSession(deps, scope, { id, source: 'API' }) : findSession(deps, scope, { id });
}

async function readProgress(deps: Pick<Deps, 'database'>, scope: MerchantScope, session: Session): Promise<Result<Transaction>> {
  const last = (await listAttempts(deps.database.client, scope, session.id)).at(-1);
  if (last !== undefined) return ok(last);
  const details = { sessionId: session.id };
  if (session.status === 'UNKNOWN') {
    return refused(refusal('PROVIDER_OUTCOME_UNKNOWN', 'The provider’s answer could not be read.', details));
  }
  return refused(refusal('SESSION_NOT_COMPLETED', 'The payer has not tried to pay yet.', details));
}

const RECORDS_MAX = 5;

/** The success, else the last attempt. Attempt 0 stands for a session that was never tried. */
async function readEnding(deps: Deps, scope: MerchantScope, session: Session): Promise<Transaction> {
  let ended = session;
  for (let round = 0; round < RECORDS_MAX; round += 1) {
    const attempts = await listAttempts(deps.database.client, scope, ended.id);
    const ending = attempts.find((attempt) => attempt.status === 'SUCCEEDED') ?? attempts.at(-1);
    if (ending !== undefined) return ending;
    await recordEnding(deps, scope, ended);
    const read = await findSession(deps, scope, { id: ended.id });
    if (read.ok) ended = read.value;
  }
  throw new Error(`Session ${session.id} has no transaction after one was recorded.`);
}

/** Writes nothing where another caller was first, or where the session has changed: a late success tells how it ended. */
async function recordEnding(deps: Pick<Deps, 'clock' | 'database'>, scope: MerchantScope, session: Session): Promise<void> {
  const now = deps.clock.now();
  const transaction = draftEnding(session, now);
  const type = reached('transaction', transaction.status);
  const event = { type, sessionId: session.id, transactionId: transaction.id, customerId: session.customerId };
  const ending = when([isUnmoved(session)], transactionPart(scope, { transaction, now }));
  await commit(deps.database.client, ending, [eventsPart({ scope, source: 'API', now }, [event])]);
}

function draftEnding(session: Session, now: Date): NewTransaction {
  const { id: sessionId, kind: action, amountMinor, providerCode, providerError: failureCode, observedAt } = session;
  const ended = {
    status: endingStatus(session),
    attempt: 0,
    providerCode,
    failureCode,
    observedAt,
    endedAt: session.endedAt ?? now,
  };
  return draftTransaction({ ...inheritedFrom(session), ...ended, id: newId(now), sessionId, action, amountMinor }, now);
}

function endingStatus(session: Session): TransactionStatus {
  switch (session.status) {
    case 'DECLINED':
    case 'CANCELED':
    case 'EXPIRED':
      return session.status;
    case 'COMPLETED':
    case 'ERROR':
    case 'PENDING':
    case 'ACTIVE':
    case 'UNKNOWN':
      return 'ERROR';
  }
}
