import { z } from 'zod';
import { consoleCookie, isSentFrom, readConsoleToken, readPageSignIn } from '../endpoint/console-cookie.ts';
import { httpStatusOf } from '../endpoint/errors.ts';
import type { Clock } from '../kernel/clock.ts';
import { readJsonText } from '../kernel/json-text.ts';
import type { Refusal } from '../kernel/refusal.ts';
import type { Result } from '../kernel/result.ts';
import type { SignedIn, SignIn } from '../merchants/sign-in.ts';
import { createPage } from './pages.ts';

/** The console: static files, the same for everybody, and the sign-in that gives the browser its cookie. */

export interface ConsoleRoutesDeps {
  /** The console's own. */
  readonly origin: string;
  readonly clock: Clock;
  readonly signInWithKey: (secretKey: string) => Promise<Result<SignedIn>>;
  readonly signInWithLink: (code: string) => Promise<Result<SignedIn>>;
  readonly findSignIn: (token: string) => Promise<SignIn | null>;
  readonly signOut: (token: string) => Promise<void>;
}

const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

const inputSchema = z.union([
  z.strictObject({ secretKey: z.string().min(1).max(200) }),
  z.strictObject({ code: z.string().min(1).max(200) }),
]);

/** Answers the paths under /console, and null for every other. */
export function createConsoleRoutes(deps: ConsoleRoutesDeps): (request: Request) => Promise<Response | null> {
  const page = createPage('console');
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/console/session') return answerSession(deps, request);
    if (pathname !== '/console' && !pathname.startsWith('/console/')) return null;
    const path = pathname.slice('/console/'.length);
    // Every view of the console has an address, and they all are one page.
    return page.answer(request, isView(path) ? 'index.html' : path, HEADERS);
  };
}

function isView(path: string): boolean {
  return !path.includes('.') && !path.startsWith('_/');
}

async function answerSession(deps: ConsoleRoutesDeps, request: Request): Promise<Response> {
  const { method, headers } = request;
  if (!['GET', 'POST', 'DELETE'].includes(method))
    return new Response(null, { status: 405, headers: { allow: 'GET, POST, DELETE' } });
  // No page of another site can send the header or the origin, so nobody is signed in or out by one. A plain read bears no origin.
  const isOurs = readPageSignIn(headers) !== null && (method === 'GET' || isSentFrom(headers, deps.origin));
  if (!isOurs) return refuse({ code: 'FORBIDDEN', message: `Only the console at ${deps.origin}/console signs in here.` });
  if (method === 'GET') return tellSignIn(deps, request);
  return method === 'POST' ? signIn(deps, request) : endSignIn(deps, request);
}

/** Which sign-in the browser has and until when, or nulls: that nobody is signed in, is no error. */
async function tellSignIn(deps: ConsoleRoutesDeps, request: Request): Promise<Response> {
  const token = readConsoleToken(request.headers, deps.origin);
  const found = token === null ? null : await deps.findSignIn(token);
  return json({ id: found?.id ?? null, expiresAt: found?.expiresAt.toISOString() ?? null });
}

async function signIn(deps: ConsoleRoutesDeps, request: Request): Promise<Response> {
  const input = inputSchema.safeParse(parseJson(await request.text()));
  if (!input.success) {
    return refuse({ code: 'BAD_USER_INPUT', message: 'Send { "secretKey": … } or { "code": … } as JSON.' });
  }
  const { data } = input;
  const signedIn = await ('code' in data ? deps.signInWithLink(data.code) : deps.signInWithKey(data.secretKey.trim()));
  if (!signedIn.ok) return refuse(signedIn.refusal);
  // The browser keeps one: who was signed in before is so no more.
  const previous = readConsoleToken(request.headers, deps.origin);
  if (previous !== null) await deps.signOut(previous);
  const { id, token, expiresAt } = signedIn.value;
  const lifeMs = expiresAt.getTime() - deps.clock.now().getTime();
  return json({ id, expiresAt: expiresAt.toISOString() }, { 'set-cookie': consoleCookie(deps.origin, token, lifeMs) });
}

function parseJson(text: string): unknown {
  const read = readJsonText(text);
  return read.ok ? read.value : null;
}

async function endSignIn(deps: ConsoleRoutesDeps, request: Request): Promise<Response> {
  const token = readConsoleToken(request.headers, deps.origin);
  if (token !== null) await deps.signOut(token);
  return json({ id: null, expiresAt: null }, { 'set-cookie': consoleCookie(deps.origin, '', 0) });
}

function json(body: object, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, { headers: { 'cache-control': 'no-store', ...headers } });
}

function refuse({ code, message }: Refusal): Response {
  const error = { message, extensions: { code } };
  return Response.json({ errors: [error] }, { status: httpStatusOf(code), headers: { 'cache-control': 'no-store' } });
}
