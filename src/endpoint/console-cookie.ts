/** How the console's browser shows that somebody is signed in: a cookie that no script can read, and a header that no other site can send. */

/** Browsers let a page of another origin send it only after asking, and nobody is told yes: so the cookie alone is worth nothing. */
const CONSOLE_HEADER = 'x-tollgate-console';

/** The token of the sign-in, of a request that comes from our own console; null when it holds none. */
export function readConsoleToken(headers: Headers, publicUrl: string): string | null {
  const name = cookieName(publicUrl);
  const cookies = (headers.get('cookie') ?? '').split(';').map((part) => part.trim());
  const found = cookies.find((cookie) => cookie.startsWith(`${name}=`));
  return found === undefined ? null : found.slice(name.length + 1);
}

export function isFromConsole(headers: Headers): boolean {
  return headers.has(CONSOLE_HEADER);
}

/** A `set-cookie` value: the browser keeps the token until then, sends it to this gateway alone, and shows it to no script. */
export function consoleCookie(publicUrl: string, token: string, lifeMs: number): string {
  const secure = isSecure(publicUrl) ? '; Secure' : '';
  return `${cookieName(publicUrl)}=${token}; Path=/; Max-Age=${Math.floor(lifeMs / 1_000)}; HttpOnly; SameSite=Strict${secure}`;
}

/** Cookies of one host are shared by its ports, so two gateways on one machine use two names. */
function cookieName(publicUrl: string): string {
  return isSecure(publicUrl) ? '__Host-tollgate-console' : `tollgate-console-${new URL(publicUrl).port || '80'}`;
}

function isSecure(publicUrl: string): boolean {
  return publicUrl.startsWith('https:');
}
