import { addMs, HOUR_MS } from '../kernel/clock.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { refuseAmbiguousName } from '../operations/refuse.ts';
import { eraseState } from '../personal-data/requests.ts';
import type { Hold, SessionReference } from '../providers/provider.ts';
import { readTransactionsOfSessions } from '../transactions/read.ts';
import { sessionEnding } from '../transactions/store.ts';
import type { Transaction } from '../transactions/transaction.ts';
import type { Deps } from './deps.ts';
import { type Session, type SessionPersonalData, type SessionSecrets } from './session.ts';
import {
  findSessionOfToken,
  type KnownVersion,
  listChangedSessions,
  listPersonalData,
  listSecrets,
  listSessionsByIds,
  listSessionsNamed,
  listSessionsWith,
  type NamedSession,
  openChallenge,
  readReference,
} from './store.ts';

/** Exactly one way to name a session. `providerCode` is the provider's reference, `token` our own for browsers, `clientToken` the provider's. */
export type SessionSelector =
  | { readonly id: string }
  | { readonly token: string }
  | { readonly clientToken: string }
  | { readonly providerCode: string }
  | { readonly merchantInternalTransactionCode: string };

/** Refuses with SESSION_NOT_FOUND, and with BAD_USER_INPUT when sessions of several provider accounts have the name. */
export async function findSession(
  deps: Pick<Deps, 'database' | 'vault'>,
  scope: MerchantScope,
  by: SessionSelector,
): Promise<Result<Session>> {
  return theOne(by, await listSessionsNamed(deps.database.client, scope, toName(deps, by)), (session) => session);
}

/** The same, with the attempt that tells how it ended, in one statement. */
export async function findSessionEnding(
  deps: Pick<Deps, 'database' | 'vault'>,
  scope: MerchantScope,
  by: SessionSelector,
): Promise<Result<{ session: NamedSession; value: Transaction | null }>> {
  const named = { name: toName(deps, by), join: sessionEnding };
  return theOne(by, await listSessionsWith(deps.database.client, scope, named), ({ session }) => session);
}

function theOne<Found>(
  by: SessionSelector,
  [found, other]: readonly Found[],
  sessionOf: (found: Found) => { provider: string },
): Result<Found> {
  if (found === undefined) return refused(refusal('SESSION_NOT_FOUND', 'No session matches this selector.'));
  return other === undefined ? ok(found) : refused(refuseAmbiguousName(by, [sessionOf(found), sessionOf(other)]));
}

export async function readSessions(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  ids: readonly string[],
): Promise<Map<string, Session>> {
  const sessions = await listSessionsByIds(deps.database.client, scope, ids);
  return new Map(sessions.map((session) => [session.id, session]));
}

function toName(deps: Pick<Deps, 'vault'>, by: SessionSelector) {
  if ('clientToken' in by) return { clientTokenFingerprint: deps.vault.fingerprint(by.clientToken, 'client-token') };
  if ('token' in by) return { tokenFingerprint: deps.vault.fingerprint(by.token, 'session-token') };
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
  const session = await findSessionOfToken(deps.database.client, deps.vault.fingerprint(token, 'session-token'));
  return session !== null && isOpenToToken(session, deps.clock.now()) ? session : null;
}

/** Whether the session's token still opens it, if only to be read. */
export function isOpenToToken({ tokenExpiresAt }: Pick<Session, 'tokenExpiresAt'>, now: Date): boolean {
  return now < addMs(tokenExpiresAt, TOKEN_READ_GRACE_MS);
}

/** The ids of the sessions that have another version than the given one, of any merchant. For streams that were let in before. */
export async function findChangedSessions(
  deps: Pick<Deps, 'database'>,
  known: readonly KnownVersion[],
): Promise<readonly string[]> {
  return listChangedSessions(deps.database.client, known);
}

/** Tokens and browser payloads, decrypted. For the merchant's backend and the session's own browser only. */
export async function readSessionSecrets(
  deps: Pick<Deps, 'database' | 'vault'>,
  scope: MerchantScope,
  sessionIds: readonly string[],
): Promise<Map<string, SessionSecrets>> {
  return listSecrets(deps, deps.database.client, { scope, ids: sessionIds });
}

/** Where the payer of a session authenticates; null while nobody has to. For the merchant's backend and the session's own browser only. */
export function readChallengeUrl({ vault }: Pick<Deps, 'vault'>, session: Session): string | null {
  return openChallenge(vault, session);
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

/**
 * How a session is named in a request that is recorded: without what names the payer, so that an erasure finds nothing to take out
 * of it, whichever comes first. Null before the provider has answered the start.
 */
export async function readRecordedReference(
  deps: Pick<Deps, 'database' | 'vault'>,
  scope: MerchantScope,
  id: string,
): Promise<SessionReference | null> {
  const reference = await readReference(deps, deps.database.client, { scope, id });
  return reference === null ? null : { ...reference, state: eraseState(reference.state) };
}
