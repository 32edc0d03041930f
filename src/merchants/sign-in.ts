import { addMs, HOUR_MS } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { newSecret } from '../kernel/secret.ts';
import type { Deps } from '../operations/deps.ts';
import { authenticate } from './keys.ts';
import { forgetSignIns, insertSignIn, openSignIn, readSignIn, saveSignOut } from './store.ts';

/**
 * A person at the console. The browser holds a token of its own in place of the secret key, so that the key is nowhere in it. The
 * token ends by itself after twelve hours, and with the key that was given for it.
 */
export interface SignIn {
  readonly id: string;
  readonly scope: MerchantScope;
  /** The secret key that was given; null when a link from the operator opened it. */
  readonly keyId: string | null;
  /** Of the link until it is used, of the sign-in from then on. */
  readonly expiresAt: Date;
}

export interface SignedIn {
  /** What the browser holds: 256 random bits. */
  readonly token: string;
  readonly expiresAt: Date;
}

type SignInDeps = Pick<Deps, 'database' | 'clock' | 'vault'>;

export const SIGN_IN_LIFE_MS = 12 * HOUR_MS;
export const LINK_LIFE_MS = HOUR_MS;
const TOKEN_FORM = /^cns_[\w-]{43}$/;
const LINK_FORM = /^cnl_[\w-]{43}$/;

/** Signs in with a secret key. Refuses every other credential with UNAUTHENTICATED. */
export async function signInWithKey(deps: SignInDeps & Pick<Deps, 'log'>, secretKey: string): Promise<Result<SignedIn>> {
  const credential = await authenticate(deps, secretKey);
  if (credential === null) return refused(noUse('This is no key in force. Copy the whole secret key, sk_test_… or sk_live_….'));
  if (credential.kind !== 'SECRET') return refused(noUse('This is a publishable key. The console needs a secret key, sk_….'));
  const now = deps.clock.now();
  const expiresAt = addMs(now, SIGN_IN_LIFE_MS);
  const token = newSecret('cns_');
  const signIn: SignIn = { id: newId(now), scope: credential.scope, keyId: credential.keyId, expiresAt };
  await insertSignIn(deps.database.client, signIn, { tokenFingerprint: deps.vault.fingerprint(token), createdAt: now });
  return ok({ token, expiresAt });
}

/** Makes the code of a link that signs in once, within an hour. For whoever runs the gateway: no key is asked for. */
export async function createSignInLink(deps: SignInDeps, scope: MerchantScope): Promise<{ code: string; expiresAt: Date }> {
  const now = deps.clock.now();
  const expiresAt = addMs(now, LINK_LIFE_MS);
  const code = newSecret('cnl_');
  const signIn: SignIn = { id: newId(now), scope: scopeOf(scope), keyId: null, expiresAt };
  await forgetSignIns(deps.database.client, scope.merchantId, addMs(now, -SIGN_IN_LIFE_MS));
  await insertSignIn(deps.database.client, signIn, { linkFingerprint: deps.vault.fingerprint(code), createdAt: now });
  return { code, expiresAt };
}

/** Signs in with the code of a link. Of concurrent uses one succeeds. Refuses with UNAUTHENTICATED what was used or has expired. */
export async function signInWithLink(deps: SignInDeps, code: string): Promise<Result<SignedIn>> {
  const now = deps.clock.now();
  const expiresAt = addMs(now, SIGN_IN_LIFE_MS);
  const token = newSecret('cns_');
  const [linkFingerprint, tokenFingerprint] = [deps.vault.fingerprint(code), deps.vault.fingerprint(token)];
  const use = { linkFingerprint, tokenFingerprint, expiresAt, now };
  if (LINK_FORM.test(code) && (await openSignIn(deps.database.client, use))) return ok({ token, expiresAt });
  return refused(noUse('This link was used already, or its hour is over. `npx tollgate console <merchant>` prints a new one.'));
}

/** Who holds the token; null when it is unknown, ended or expired, or its key is no longer in force. One indexed look-up. */
export async function findSignIn(deps: SignInDeps, token: string): Promise<SignIn | null> {
  if (!TOKEN_FORM.test(token)) return null;
  return readSignIn(deps.database.client, deps.vault.fingerprint(token), deps.clock.now());
}

/** Ends a sign-in for good. An unknown token changes nothing. */
export async function signOut(deps: SignInDeps, token: string): Promise<void> {
  await saveSignOut(deps.database.client, deps.vault.fingerprint(token), deps.clock.now());
}

function noUse(message: string) {
  return refusal('UNAUTHENTICATED', message);
}
