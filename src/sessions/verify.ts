import { reached } from '../events/event.ts';
import { insertEvents } from '../events/store.ts';
import { newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import type { SessionKind } from '../providers/provider.ts';
import { draftTransaction, inheritedFrom } from '../transactions/draft.ts';
import { insertTransaction, listAttempts, type NewTransaction } from '../transactions/store.ts';
import type { Transaction, TransactionStatus } from '../transactions/transaction.ts';
import { findSession, type SessionSelector } from './read.ts';
import { refreshSession } from './refresh.ts';
import { isOpen, type Session } from './session.ts';

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
  const found = await findSession(deps, scope, input.by);
  if (!found.ok) return found;
  if (found.value.kind !== input.kind) {
    const message = `Session ${found.value.id} is of kind ${found.value.kind}: verify it with the mutation of that kind.`;
    return refused(refusal('WRONG_SESSION_KIND', message));
  }
  if (!isOpen(found.value.status)) return ok(await readEnding(deps, scope, found.value));
  const refreshed = await refreshSession(deps, scope, { id: found.value.id, source: 'API' });
  if (!refreshed.ok) return refreshed;
  if (!isOpen(refreshed.value.status)) return ok(await readEnding(deps, scope, refreshed.value));
  return readProgress(deps, scope, refreshed.value);
}

async function readProgress(deps: Deps, scope: MerchantScope, session: Session): Promise<Result<Transaction>> {
  const last = (await listAttempts(deps.database.client, scope, session.id)).at(-1);
  if (last !== undefined) return ok(last);
  const details = { sessionId: session.id };
  if (session.status === 'UNKNOWN') {
    return refused(refusal('PROVIDER_OUTCOME_UNKNOWN', 'The provider’s answer could not be read.', details));
  }
  return refused(refusal('SESSION_NOT_COMPLETED', 'The payer has not tried to pay yet.', details));
}

async function readEnding(deps: Deps, scope: MerchantScope, session: Session): Promise<Transaction> {
  const attempts = await listAttempts(deps.database.client, scope, session.id);
  const ending = attempts.find((attempt) => attempt.status === 'SUCCEEDED') ?? attempts.at(-1);
  return ending ?? recordEnding(deps, scope, session);
}

/** One row tells of a session that nobody tried to pay: attempt 0, which concurrent callers can insert only once. */
async function recordEnding(deps: Deps, scope: MerchantScope, session: Session): Promise<Transaction> {
  const now = deps.clock.now();
  const transaction = draftEnding(session, now);
  await deps.database.inTransaction(async (tx) => {
    const isInserted = await insertTransaction(tx, scope, { transaction, now });
    const type = reached('transaction', transaction.status);
    const event = { type, sessionId: session.id, transactionId: transaction.id, customerId: session.customerId };
    if (isInserted) await insertEvents(tx, { scope, source: 'API', now }, [event]);
  });
  const [ending] = await listAttempts(deps.database.client, scope, session.id);
  if (ending === undefined) throw new Error(`Session ${session.id} has no transaction after one was recorded.`);
  return ending;
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
