import { addMs, HOUR_MS } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { newSecret } from '../kernel/secret.ts';
import type { Deps, Settings } from '../operations/deps.ts';
import { authenticate } from './keys.ts';
import { forgetSignIns, insertSignIn, openSignIn, readSignIn, saveSignOut, saveSignOuts } from './store.ts';

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
  readonly id: string;
  /** What the browser holds: 256 random bits. */
  readonly token: string;
  readonly expiresAt: Date;
}

type SignInDeps = Pick<Deps, 'database' | 'clock' | 'vault' | 'settings'>;

export const SIGN_IN_LIFE_MS = 12 * HOUR_MS;
export const LINK_LIFE_MS = HOUR_MS;
const TOKEN_FORM = /^cns_[\w-]{43}$/;
const LINK_FORM = /^cnl_[\w-]{43}$/;

/** The console's origin: the gateway's own unless it was given one. */
export function consoleOriginOf({ publicUrl, consoleOrigin }: Pick<Settings, 'publicUrl' | 'consoleOrigin'>): string {
  return consoleOrigin ?? new URL(publicUrl).origin;
}

/**
 * Whether a sign-in of the scope may exist here. Every page of an origin can use its sign-ins, and the checkout page runs scripts of
 * the vendors that move real money. So the console of a LIVE side has an origin of its own.
 */
function allowsSignIn({ publicUrl, consoleOrigin, hasConsole }: Settings, { environment }: MerchantScope): boolean {
  return hasConsole && (environment === 'TEST' || consoleOriginOf({ publicUrl, consoleOrigin }) !== new URL(publicUrl).origin);
}

const NOT_HERE = refusal(
  'FORBIDDEN',
  'This console cannot show the LIVE side, because it shares its address with the checkout page. Set TOLLGATE_CONSOLE_ORIGIN to an address of its own.',
);

/** Signs in with a secret key. Refuses every other credential with UNAUTHENTICATED, and the LIVE side with FORBIDDEN where it is not shown. */
export async function signInWithKey(deps: SignInDeps & Pick<Deps, 'log'>, secretKey: string): Promise<Result<SignedIn>> {
  const credential = await authenticate(deps, secretKey);
  if (credential === null) return refused(noUse('This is no key in force. Copy the whole secret key, sk_test_… or sk_live_….'));
  if (credential.kind !== 'SECRET') return refused(noUse('This is a publishable key. The console needs a secret key, sk_….'));
  if (!allowsSignIn(deps.settings, credential.scope)) return refused(NOT_HERE);
  const now = deps.clock.now();
  const token = newSecret('cns_');
  const signIn: SignIn = {
    id: newId(now),
    scope: credential.scope,
    keyId: credential.keyId,
    expiresAt: addMs(now, SIGN_IN_LIFE_MS),
  };
  await addSignIn(deps, signIn, { tokenFingerprint: deps.vault.fingerprint(token) });
  return ok({ id: signIn.id, token, expiresAt: signIn.expiresAt });
}

/**
 * Makes the code of a link that signs in once, within an hour. For whoever runs the gateway: no key is asked for. Refuses the LIVE
 * side with FORBIDDEN where it is not shown.
 */
export async function createSignInLink(
  deps: SignInDeps,
  scope: MerchantScope,
): Promise<Result<{ code: string; expiresAt: Date }>> {
  if (!allowsSignIn(deps.settings, scope)) return refused(NOT_HERE);
  const now = deps.clock.now();
  const expiresAt = addMs(now, LINK_LIFE_MS);
  const code = newSecret('cnl_');
  const signIn: SignIn = { id: newId(now), scope: scopeOf(scope), keyId: null, expiresAt };
  await addSignIn(deps, signIn, { linkFingerprint: deps.vault.fingerprint(code) });
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
  const [linkFingerprint, tokenFingerprint] = [deps.vault.fingerprint(code), deps.vault.fingerprint(token)];
  const use = { linkFingerprint, tokenFingerprint, expiresAt, now };
  const id = LINK_FORM.test(code) ? await openSignIn(deps.database.client, use) : null;
  if (id !== null) return ok({ id, token, expiresAt });
  return refused(noUse('This link was used already, or its hour is over. `npx tollgate console <merchant>` prints a new one.'));
}

/** Who holds the token; null when it is unknown, ended or expired, or its key is no longer in force. One indexed look-up. */
export async function findSignIn(deps: SignInDeps, token: string): Promise<SignIn | null> {
  if (!TOKEN_FORM.test(token)) return null;
  const signIn = await readSignIn(deps.database.client, deps.vault.fingerprint(token), deps.clock.now());
  return signIn !== null && allowsSignIn(deps.settings, signIn.scope) ? signIn : null;
}

/** Ends a sign-in for good. An unknown token changes nothing. */
export async function signOut(deps: SignInDeps, token: string): Promise<void> {
  await saveSignOut(deps.database.client, deps.vault.fingerprint(token), deps.clock.now());
}

/** Ends every sign-in of a merchant's side and every link that was not used. Returns how many. */
export async function endSignIns(deps: SignInDeps, scope: MerchantScope): Promise<number> {
  return saveSignOuts(deps.database.client, scope, deps.clock.now());
}

function noUse(message: string) {
  return refusal('UNAUTHENTICATED', message);
}
