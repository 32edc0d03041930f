import type { HeaderSource } from './fast-path.ts';

/** How the console's browser shows that somebody is signed in: a cookie that no script can read, beside what no other page can say. */

/**
 * Names the sign-in that the page was loaded for: where another one has taken its place in the browser, an open page acts for nobody.
 * Browsers let a page of another origin send the header only after asking, and nobody is told yes.
 */
const CONSOLE_HEADER = 'x-tollgate-console';

/** The token of the sign-in, of a request that comes from our own console; null when it holds none. */
export function readConsoleToken(headers: HeaderSource, origin: string): string | null {
  const name = cookieName(origin);
  const cookies = (headers.get('cookie') ?? '').split(';').map((part) => part.trim());
  const found = cookies.find((cookie) => cookie.startsWith(`${name}=`));
  return found === undefined ? null : found.slice(name.length + 1);
}

/** The sign-in that the console's page was loaded for, or any text before it knows one. Null for what does not come from the console. */
export function readPageSignIn(headers: HeaderSource): string | null {
  return headers.get(CONSOLE_HEADER);
}

/** Whether a page of the console's own origin sends it. Browsers say so of every request that may change something, and no script can say otherwise. */
export function isSentFrom(headers: HeaderSource, origin: string): boolean {
  return headers.get('origin') === origin;
}

/** A `set-cookie` value: the browser keeps the token until then, sends it to this origin's host alone, and shows it to no script. */
export function consoleCookie(origin: string, token: string, lifeMs: number): string {
  const secure = isSecure(origin) ? '; Secure' : '';
  return `${cookieName(origin)}=${token}; Path=/; Max-Age=${Math.floor(lifeMs / 1_000)}; HttpOnly; SameSite=Strict${secure}`;
}

/** Cookies of one host are shared by its ports, so two gateways on one machine use two names. */
function cookieName(origin: string): string {
  const { port } = new URL(origin);
  return `${isSecure(origin) ? '__Host-' : ''}tollgate-console${port === '' ? '' : `-${port}`}`;
}

function isSecure(origin: string): boolean {
  return origin.startsWith('https:');
}
