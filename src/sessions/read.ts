import { insertEvents } from '../events/store.ts';
import { addMs, HOUR_MS } from '../kernel/clock.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Deps } from '../operations/deps.ts';
import type { Hold } from '../providers/provider.ts';
import { readTransactionsOfSessions } from '../transactions/read.ts';
import { type Session, type SessionPersonalData, type SessionSecrets, transitionSession } from './session.ts';
import {
  findSessionOfToken,
  findSessionRow,
  listPersonalData,
  listSecrets,
  listSessionsByIds,
  lockSession,
  saveSession,
} from './store.ts';

/** Exactly one way to name a session. `providerCode` is the provider's reference, `token` our own for browsers, `clientToken` the provider's. */
export type SessionSelector =
  | { readonly id: string }
  | { readonly token: string }
  | { readonly clientToken: string }
  | { readonly providerCode: string }
  | { readonly merchantInternalTransactionCode: string };

/** Refuses with SESSION_NOT_FOUND. */
export async function findSession(
  deps: Pick<Deps, 'database' | 'vault'>,
  scope: MerchantScope,
  by: SessionSelector,
): Promise<Result<Session>> {
  const session = await findSessionRow(deps.database.client, scope, toCondition(deps, by));
  if (session === null) return refused(refusal('SESSION_NOT_FOUND', 'No session matches this selector.'));
  return ok(session);
}

export async function readSessions(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  ids: readonly string[],
): Promise<Map<string, Session>> {
  const sessions = await listSessionsByIds(deps.database.client, scope, ids);
  return new Map(sessions.map((session) => [session.id, session]));
}

function toCondition(deps: Pick<Deps, 'vault'>, by: SessionSelector) {
  if ('clientToken' in by) return { clientTokenFingerprint: deps.vault.fingerprint(by.clientToken) };
  if ('token' in by) return { tokenFingerprint: deps.vault.fingerprint(by.token) };
  if ('merchantInternalTransactionCode' in by) return { code: by.merchantInternalTransactionCode };
  return by;
}

/** A page that is reloaded after the end still shows how it ended, for this long. */
const TOKEN_READ_GRACE_MS = HOUR_MS;

/** The session that a browser's token opens; null when the token is unknown or its time is over. */
export async function findSessionByToken(
  deps: Pick<Deps, 'database' | 'vault' | 'clock'>,
  token: string,
): Promise<Session | null> {
  const session = await findSessionOfToken(deps.database.client, deps.vault.fingerprint(token));
  if (session === null) return null;
  return deps.clock.now() < addMs(session.tokenExpiresAt, TOKEN_READ_GRACE_MS) ? session : null;
}

/** The payer's browser has seen the session: PENDING becomes ACTIVE. Anything else stays as it is. */
export async function openSession(deps: Pick<Deps, 'database' | 'clock'>, session: Session): Promise<Session> {
  if (session.status !== 'PENDING' || session.phase === 'starting') return session;
  const scope = scopeOf(session);
  return deps.database.inTransaction(async (tx) => {
    const locked = await lockSession(tx, scope, session.id);
    if (locked === null || locked.status !== 'PENDING') return locked ?? session;
    const now = deps.clock.now();
    const { to: status } = transitionSession(locked.status, 'OPENED');
    const progress = { ...locked, status, startedAt: now };
    const opened = await saveSession(tx, locked, { progress, nextCheckAt: locked.expiresAt, now });
    const event = { type: 'session.active', sessionId: session.id, customerId: session.customerId } as const;
    await insertEvents(tx, { scope, source: 'BROWSER', now }, [event]);
    return opened;
  });
}

/** Tokens and browser payloads, decrypted. For the merchant's backend and the session's own browser only. */
export async function readSessionSecrets(
  deps: Pick<Deps, 'database' | 'vault'>,
  scope: MerchantScope,
  sessionIds: readonly string[],
): Promise<Map<string, SessionSecrets>> {
  return listSecrets(deps, deps.database.client, { scope, ids: sessionIds });
}

export async function readSessionPersonalData(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  sessionIds: readonly string[],
): Promise<Map<string, SessionPersonalData>> {
  return listPersonalData(deps.database.client, scope, sessionIds);
}

/** What became of the hold of each completed authorization session. */
export async function readHolds(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  sessionIds: readonly string[],
): Promise<Map<string, Hold>> {
  const bySession = await readTransactionsOfSessions(deps, scope, sessionIds);
  const holds = new Map<string, Hold>();
  for (const [sessionId, transactions] of bySession) {
    const held = transactions.find((transaction) => transaction.action === 'AUTHORIZATION' && transaction.hold !== null);
    if (held?.hold != null) holds.set(sessionId, held.hold);
  }
  return holds;
}
