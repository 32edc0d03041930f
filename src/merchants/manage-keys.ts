import { isId, newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { newSecret } from '../kernel/secret.ts';
import type { ApiKey, KeyKind } from './api-key.ts';
import type { Deps } from './deps.ts';
import type { Owner } from './merchant.ts';
import { countKeysInForce, insertKey, readKeys, saveRevocation } from './store.ts';

export const KEYS_LISTED_MAX = 1_000;
/** Of one side at a time: far more than backends that change their keys need, and few enough to be looked through. */
export const KEYS_IN_FORCE_MAX = 100;

/**
 * Makes a key. Its text is in the answer and nowhere else. Several keys may be in force at once, which is how they are rotated, at most
 * 100 of one side. Refuses with BAD_USER_INPUT.
 */
export async function createKey(
  deps: Pick<Deps, 'database' | 'clock' | 'vault' | 'log'>,
  scope: MerchantScope,
  input: { kind: KeyKind; label: string; expiresAt: Date | null },
): Promise<Result<{ key: ApiKey; text: string }>> {
  const createdAt = deps.clock.now();
  if (input.expiresAt !== null && input.expiresAt <= createdAt) {
    const message = 'The expiry of the key lies in the past. Give a later one, or none.';
    return refused({ ...refusal('BAD_USER_INPUT', message), issues: [{ path: ['data', 'expiresAt'], message }] });
  }
  if ((await countKeysInForce(deps.database.client, scope, createdAt)) >= KEYS_IN_FORCE_MAX) {
    const message = `There are ${KEYS_IN_FORCE_MAX} keys of this side in force already, which is the most. Revoke one that nobody uses.`;
    return refused(refusal('BAD_USER_INPUT', message));
  }
  const prefix = `${input.kind === 'SECRET' ? 'sk' : 'pk'}_${scope.environment.toLowerCase()}_`;
  const text = newSecret(prefix);
  const hint = `${prefix}…${text.slice(-4)}`;
  const key: ApiKey = { ...input, id: newId(createdAt), scope, hint, createdAt, revokedAt: null, lastUsedAt: null };
  await insertKey(deps.database.client, key, deps.vault.fingerprint(text, 'api-key'));
  deps.log.info({ ...scopeOf(scope), keyId: key.id, kind: key.kind }, 'an API key was made');
  return ok({ key, text });
}

/** Of both sides, or of the one that is given; newest first, at most KEYS_LISTED_MAX. */
export async function listKeys(deps: Pick<Deps, 'database'>, owner: Owner): Promise<readonly ApiKey[]> {
  return readKeys(deps.database.client, owner, KEYS_LISTED_MAX);
}

/**
 * Ends a key for good, and with it who signed in to the console with it. Revoking it again changes nothing. Refuses with
 * API_KEY_NOT_FOUND, also when the key is of another side than the one that is given.
 */
export async function revokeKey(
  deps: Pick<Deps, 'database' | 'clock' | 'log' | 'caches'>,
  owner: Owner,
  keyId: string,
): Promise<Result<ApiKey>> {
  const revoked = { keyId, at: deps.clock.now() };
  const saved = isId(keyId) ? await saveRevocation(deps.database.client, owner, revoked) : null;
  deps.caches.keys.clear();
  if (saved === null) {
    return refused(refusal('API_KEY_NOT_FOUND', `This merchant has no key ${keyId}. List its keys to see their ids.`));
  }
  if (saved.isNew) deps.log.info({ ...scopeOf(saved.key.scope), keyId, kind: saved.key.kind }, 'an API key was revoked');
  return ok(saved.key);
}
