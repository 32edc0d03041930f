import { addMs } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { newSecret } from '../kernel/secret.ts';
import { authenticate } from './authenticate.ts';
import type { Deps } from './deps.ts';
import { LINK_LIFE_MS, SIGN_IN_LIFE_MS, type SignedIn, type SignIn, signInProblem } from './sign-in.ts';
import { forgetSignIns, insertSignIn, openSignIn, readSignIn, saveSignOut, saveSignOuts } from './store.ts';

type SignInDeps = Pick<Deps, 'database' | 'clock' | 'vault' | 'settings'>;

const TOKEN_FORM = /^cns_[\w-]{43}$/;
const LINK_FORM = /^cnl_[\w-]{43}$/;

/** Signs in with a secret key. Refuses every other credential with UNAUTHENTICATED, and the LIVE side with FORBIDDEN where it is not shown. */
export async function signInWithKey(
  deps: SignInDeps & Pick<Deps, 'log' | 'caches'>,
  secretKey: string,
): Promise<Result<SignedIn>> {
  const credential = await authenticate(deps, secretKey);
  if (credential === null) return refused(noUse('This is no key in force. Copy the whole secret key, sk_test_… or sk_live_….'));
  if (credential.kind !== 'SECRET') return refused(noUse('This is a publishable key. The console needs a secret key, sk_….'));
  const problem = signInProblem(deps.settings, credential.scope);
  if (problem !== null) return refused(problem);
  const now = deps.clock.now();
  const token = newSecret('cns_');
  const signIn: SignIn = {
    id: newId(now),
    scope: credential.scope,
    keyId: credential.keyId,
    expiresAt: addMs(now, SIGN_IN_LIFE_MS),
  };
  await addSignIn(deps, signIn, { tokenFingerprint: deps.vault.fingerprint(token, 'sign-in') });
  return ok({ id: signIn.id, token, expiresAt: signIn.expiresAt });
}

/**
 * Makes the code of a link that signs in once, within an hour. For the operator of the gateway: no key is asked for. Refuses the LIVE
 * side with FORBIDDEN where it is not shown.
 */
export async function createSignInLink(
  deps: SignInDeps,
  scope: MerchantScope,
): Promise<Result<{ code: string; expiresAt: Date }>> {
  const problem = signInProblem(deps.settings, scope);
  if (problem !== null) return refused(problem);
  const now = deps.clock.now();
  const expiresAt = addMs(now, LINK_LIFE_MS);
  const code = newSecret('cnl_');
  const signIn: SignIn = { id: newId(now), scope: scopeOf(scope), keyId: null, expiresAt };
  await addSignIn(deps, signIn, { linkFingerprint: deps.vault.fingerprint(code, 'sign-in-link') });
  return ok({ code, expiresAt });
}

/** The merchant's sign-ins that are long over go with each new one. */
async function addSignIn(
  { database, clock }: SignInDeps,
  signIn: SignIn,
  how: { tokenFingerprint: string } | { linkFingerprint: string },
): Promise<void> {
  const createdAt = clock.now();
  await forgetSignIns(database.client, signIn.scope.merchantId, addMs(createdAt, -SIGN_IN_LIFE_MS));
  await insertSignIn(database.client, signIn, { ...how, createdAt });
}

/** Signs in with the code of a link. Of concurrent uses one succeeds. Refuses with UNAUTHENTICATED what was used or has expired. */
export async function signInWithLink(deps: SignInDeps, code: string): Promise<Result<SignedIn>> {
  const now = deps.clock.now();
  const expiresAt = addMs(now, SIGN_IN_LIFE_MS);
  const token = newSecret('cns_');
  const [linkFingerprint, tokenFingerprint] = [
    deps.vault.fingerprint(code, 'sign-in-link'),
    deps.vault.fingerprint(token, 'sign-in'),
  ];
  const use = { linkFingerprint, tokenFingerprint, expiresAt, now };
  const id = LINK_FORM.test(code) ? await openSignIn(deps.database.client, use) : null;
  if (id !== null) return ok({ id, token, expiresAt });
  return refused(noUse('This link was used already, or its hour is over. `npx tollgate console <merchant>` prints a new one.'));
}

/** Who holds the token; null when it is unknown, ended or expired, or its key is no longer in force. One indexed look-up. */
export async function findSignIn(deps: SignInDeps, token: string): Promise<SignIn | null> {
  if (!TOKEN_FORM.test(token)) return null;
  const signIn = await readSignIn(deps.database.client, deps.vault.fingerprint(token, 'sign-in'), deps.clock.now());
  return signIn !== null && signInProblem(deps.settings, signIn.scope) === null ? signIn : null;
}

/** Ends a sign-in for good. An unknown token changes nothing. */
export async function signOut(deps: SignInDeps, token: string): Promise<void> {
  await saveSignOut(deps.database.client, deps.vault.fingerprint(token, 'sign-in'), deps.clock.now());
}

/** Ends every sign-in of a merchant's side and every link that was not used. Returns how many. */
export async function endSignIns(deps: SignInDeps, scope: MerchantScope): Promise<number> {
  return saveSignOuts(deps.database.client, scope, deps.clock.now());
}

function noUse(message: string) {
  return refusal('UNAUTHENTICATED', message);
}
