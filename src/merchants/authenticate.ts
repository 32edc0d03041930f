import { MINUTE_MS } from '../kernel/clock.ts';
import { type Credential, isInForce, type KnownKey } from './api-key.ts';
import type { Deps } from './deps.ts';
import { listInForce, readKeyByFingerprint, saveLastUse } from './store.ts';

type KeyDeps = Pick<Deps, 'database' | 'clock' | 'vault' | 'log' | 'caches'>;

const KEY_FORM = /^[sp]k_(test|live)_[\w-]{43}$/;

/**
 * Whose key the text is; null for anything that is not a key in force. One indexed look-up, remembered for five seconds: a key
 * revoked by another process works at most that much longer, one revoked by this process stops at once.
 */
export async function authenticate(deps: KeyDeps, bearer: string): Promise<Credential | null> {
  if (!KEY_FORM.test(bearer)) return null;
  const fingerprint = deps.vault.fingerprint(bearer, 'api-key');
  const entry = await deps.caches.keys.get(fingerprint, async () => {
    const found = await readKeyByFingerprint(deps.database.client, fingerprint);
    return found && { key: found, usedAt: found.lastUsedAt };
  });
  const now = deps.clock.now();
  if (entry === null || !isInForce(entry.key, now)) return null;
  noteUse(deps, entry, now);
  return { kind: entry.key.kind, scope: entry.key.scope, keyId: entry.key.id };
}

/** The ids, among those of keys and of sign-ins to the console, of what still opens something. Asks the database, whatever is remembered. */
export async function findInForce(deps: Pick<Deps, 'database' | 'clock'>, ids: readonly string[]): Promise<readonly string[]> {
  return listInForce(deps.database.client, [...new Set(ids)], deps.clock.now());
}

/** At most once a minute, and no request waits for it. */
function noteUse(deps: KeyDeps, entry: KnownKey, now: Date): void {
  if (entry.usedAt !== null && now.getTime() - entry.usedAt.getTime() < MINUTE_MS) return;
  entry.usedAt = now;
  const { id, scope } = entry.key;
  saveLastUse(deps.database.client, scope.merchantId, { keyId: id, at: now }).catch((error: unknown) => {
    deps.log.warn({ keyId: id, error }, 'the last use of a key was not noted');
  });
}
