import type { Database } from '../database/database.ts';
import { type Clock, MINUTE_MS } from '../kernel/clock.ts';
import { isId, newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { newSecret } from '../kernel/secret.ts';
import type { Deps } from '../operations/deps.ts';
import { type Cache, createCache } from './cache.ts';
import { countKeysInForce, insertKey, type Owner, readKeyByFingerprint, readKeys, saveLastUse, saveRevocation } from './store.ts';

/** SECRET opens everything of one merchant and side; PUBLISHABLE opens what a browser may see. */
export const KEY_KINDS = ['SECRET', 'PUBLISHABLE'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** A key as it is kept: its text is shown once, when it is made, and stored nowhere. */
export interface ApiKey {
  readonly id: string;
  readonly scope: MerchantScope;
  readonly kind: KeyKind;
  /** The first characters and the last, so that people can tell keys apart. */
  readonly hint: string;
  readonly label: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** Exact to a minute. */
  readonly lastUsedAt: Date | null;
}

export interface Credential {
  readonly kind: KeyKind;
  readonly scope: MerchantScope;
  readonly keyId: string;
}

type KeyDeps = Pick<Deps, 'database' | 'clock' | 'vault' | 'log'>;

const KEY_FORM = /^[sp]k_(test|live)_[\w-]{43}$/;
export const KEYS_LISTED_MAX = 1_000;
/** Of one side at a time: far more than backends that change their keys need, and few enough to be looked through. */
export const KEYS_IN_FORCE_MAX = 100;
const CACHE_LIFE_MS = 5_000;

/**
 * Whose key the text is; null for anything that is not a key in force. One indexed look-up, remembered for five seconds: a key
 * revoked by another process works at most that much longer, one revoked by this process stops at once.
 */
export async function authenticate(deps: KeyDeps, bearer: string): Promise<Credential | null> {
  if (!KEY_FORM.test(bearer)) return null;
  const fingerprint = deps.vault.fingerprint(bearer);
  const entry = await cacheOf(deps).get(fingerprint, async () => {
    const found = await readKeyByFingerprint(deps.database.client, fingerprint);
    return found && { key: found, usedAt: found.lastUsedAt };
  });
  const now = deps.clock.now();
  if (entry === null || !isInForce(entry.key, now)) return null;
  noteUse(deps, entry, now);
  return { kind: entry.key.kind, scope: entry.key.scope, keyId: entry.key.id };
}

/**
 * Makes a key. Its text is in the answer and nowhere else. Several keys may be in force at once, which is how they are rotated, at most
 * 100 of one side. Refuses with BAD_USER_INPUT.
 */
export async function createKey(
  deps: KeyDeps,
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
  await insertKey(deps.database.client, key, deps.vault.fingerprint(text));
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
export async function revokeKey(deps: KeyDeps, owner: Owner, keyId: string): Promise<Result<ApiKey>> {
  const revoked = { keyId, at: deps.clock.now() };
  const saved = isId(keyId) ? await saveRevocation(deps.database.client, owner, revoked) : null;
  cacheOf(deps).clear();
  if (saved === null) {
    return refused(refusal('API_KEY_NOT_FOUND', `This merchant has no key ${keyId}. List its keys to see their ids.`));
  }
  if (saved.isNew) deps.log.info({ ...scopeOf(saved.key.scope), keyId, kind: saved.key.kind }, 'an API key was revoked');
  return ok(saved.key);
}

function isInForce(key: ApiKey, now: Date): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);
}

/** At most once a minute, and nobody waits for it. */
function noteUse(deps: KeyDeps, entry: CachedKey, now: Date): void {
  if (entry.usedAt !== null && now.getTime() - entry.usedAt.getTime() < MINUTE_MS) return;
  entry.usedAt = now;
  const { id, scope } = entry.key;
  saveLastUse(deps.database.client, scope.merchantId, { keyId: id, at: now }).catch((error: unknown) => {
    deps.log.warn({ keyId: id, error }, 'the last use of a key was not noted');
  });
}

interface CachedKey {
  readonly key: ApiKey;
  usedAt: Date | null;
}

const caches = new WeakMap<Database, Cache<CachedKey>>();

function cacheOf(deps: { database: Database; clock: Clock }): Cache<CachedKey> {
  const known = caches.get(deps.database);
  if (known !== undefined) return known;
  const cache = createCache<CachedKey>(deps.clock, CACHE_LIFE_MS);
  caches.set(deps.database, cache);
  return cache;
}
