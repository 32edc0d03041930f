import type { Deps } from '../deps.ts';
import { isSentFrom, readConsoleToken, readPageSignIn } from '../endpoint/console-cookie.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
import type { HeaderSource } from '../endpoint/fast-path.ts';
import type { Loaders } from '../endpoint/loaders.ts';
import type { Opening } from '../endpoint/strangers.ts';
import type { Result } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { authenticate } from '../merchants/authenticate.ts';
import { findSignIn } from '../merchants/manage-sign-ins.ts';
import { consoleOriginOf } from '../merchants/sign-in.ts';
import { findSessionByToken } from '../sessions/read.ts';
import { SESSION_TOKEN_PREFIX } from '../sessions/start.ts';
import type { GraphqlContext, Viewer } from './context.ts';

const BEARER = /^Bearer +(\S+) *$/i;
/** Far above any key or token; longer headers are not worth a look-up. */
const CREDENTIAL_LENGTH_MAX = 200;

/**
 * Who sends these headers: by the `Authorization` header, or else by the sign-in of our own console. Keys and tokens that are wrong,
 * revoked or expired make an anonymous viewer.
 */
export async function identify(deps: Deps, headers: HeaderSource): Promise<Viewer> {
  const authorization = headers.get('authorization');
  if (authorization === null) return identifyConsole(deps, headers);
  const credential = BEARER.exec(authorization)?.[1];
  if (credential === undefined || credential.length > CREDENTIAL_LENGTH_MAX) return { kind: 'anonymous' };
  if (credential.startsWith(SESSION_TOKEN_PREFIX)) return identifySession(deps, credential);
  const key = await authenticate(deps, credential);
  if (key === null) return { kind: 'anonymous' };
  const { scope, keyId } = key;
  return key.kind === 'SECRET'
    ? { kind: 'secret', scope, keyId, holder: { kind: 'SECRET_KEY', id: keyId } }
    : { kind: 'publishable', scope, holder: { kind: 'PUBLISHABLE_KEY', id: keyId } };
}

async function identifyConsole(deps: Deps, headers: HeaderSource): Promise<Viewer> {
  const page = readPageSignIn(headers);
  if (page === null) return { kind: 'anonymous' };
  const origin = consoleOriginOf(deps.settings);
  if (!isSentFrom(headers, origin)) return { kind: 'anonymous' };
  const token = readConsoleToken(headers, origin);
  const signIn = token === null ? null : await findSignIn(deps, token);
  if (signIn?.id !== page) return { kind: 'anonymous' };
  return { kind: 'secret', scope: signIn.scope, keyId: signIn.keyId, holder: { kind: 'SIGN_IN', id: signIn.id } };
}

async function identifySession(deps: Deps, token: string): Promise<Viewer> {
  const session = await findSessionByToken(deps, token);
  if (session === null) return { kind: 'anonymous' };
  const scope = scopeOf(session);
  return { kind: 'session', scope, sessionId: session.id, holder: { kind: 'TOKEN', id: session.id } };
}

type KnownViewer = Exclude<Viewer, { kind: 'anonymous' }>;

/** The viewer, whoever it is, unless nobody. */
export function requireViewer(context: Pick<GraphqlContext, 'viewer'>): KnownViewer {
  const { viewer } = context;
  if (viewer.kind !== 'anonymous') return viewer;
  throw refuse(
    'UNAUTHENTICATED',
    'No usable credential came with the request. Send `Authorization: Bearer <key>` with a key that is not revoked or expired.',
  );
}

/** The merchant that the secret key belongs to. Every other credential is refused. */
export function requireMerchant(context: Pick<GraphqlContext, 'viewer'>): MerchantScope {
  const viewer = requireViewer(context);
  if (viewer.kind === 'secret') return viewer.scope;
  throw refuse('FORBIDDEN', 'This field needs a secret key. Publishable keys and session tokens do not open it.');
}

/** The merchant that a secret or publishable key belongs to. */
export function requireKey(context: GraphqlContext): MerchantScope {
  const viewer = requireViewer(context);
  if (viewer.kind !== 'session') return viewer.scope;
  throw refuse('FORBIDDEN', 'This field needs a secret or publishable key. Session tokens do not open it.');
}

/** Throws unless the viewer may ask for what is open to so many. */
export function requireAccess(context: GraphqlContext, opening: Opening): void {
  switch (opening) {
    case 'EVERYBODY':
      return;
    case 'CREDENTIALS':
      return void requireViewer(context);
    case 'KEYS':
      return void requireKey(context);
    case 'SECRET_KEYS':
      return void requireMerchant(context);
  }
}

/** The result of an operation for the merchant that the secret key belongs to, or the refusal as an error. */
export async function call<Input, Value>(
  context: GraphqlContext,
  operation: (deps: Deps, scope: MerchantScope, input: Input) => Promise<Result<Value>>,
  input: Input,
): Promise<Value> {
  return unwrap(await operation(context.deps, requireMerchant(context), input));
}

/** Whether what only the merchant's backend may see is shown. Others get null or nothing in its place. */
export function seesEverything(context: GraphqlContext): boolean {
  return context.viewer.kind === 'secret';
}

/** The resolver of a field that only the merchant's backend sees. Others get `hidden` in its place. */
export function merchantOnly<Parent, Value, Hidden = null>(
  resolve: (parent: Parent, context: GraphqlContext) => Value,
  hidden: Hidden = null as Hidden,
) {
  return (parent: Parent, _args: object, context: GraphqlContext): Value | Hidden =>
    seesEverything(context) ? resolve(parent, context) : hidden;
}

/** What an id names, by a loader; null where there is no id, or nothing of that id. */
export async function linked<Value>(id: string | null, load: (id: string) => Promise<Value | undefined>): Promise<Value | null> {
  return id === null ? null : ((await load(id)) ?? null);
}

/** The loaders of the viewer's merchant. */
export function loadersOf(context: GraphqlContext): Loaders {
  if (context.loaders !== null) return context.loaders;
  requireViewer(context);
  throw new Error('A known viewer came without loaders.');
}
