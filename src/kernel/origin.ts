import { isUrl } from './url.ts';

/** Scheme, host and port of a web address: what browsers keep apart, and what the gateway can be told to be. */

const HOST = /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?|\[[0-9a-f:.]+\])$/;
const LOOPBACK_HOST = /^(?:localhost|[a-z0-9.-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])\.?$/;
/** A listener takes these for every address of the machine. A browser cannot open them. */
const WILDCARD_HOSTS: readonly string[] = ['0.0.0.0', '[::]', '[::ffff:0:0]'];

/**
 * The origin that the text names, in its one normal form: `HTTPS://Pay.Example:443/` is `https://pay.example`. Null for a text that
 * holds more than an origin (a path, a query, a user name), and for a host that no browser can open.
 */
export function toOrigin(text: string): string | null {
  if (!/^https?:\/\/[^/\\?#@]+\/?$/i.test(text) || !isUrl(text)) return null;
  const { origin, hostname, port } = new URL(text);
  return HOST.test(hostname) && !isWildcardHost(hostname) && port !== '0' ? origin : null;
}

/** @param hostname as `URL` gives it: lower case, an IPv6 address in brackets */
export function isWildcardHost(hostname: string): boolean {
  return WILDCARD_HOSTS.includes(hostname);
}

/** Whether what is sent there stays on this machine. The argument is what `URL` gives as `hostname`. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK_HOST.test(hostname);
}
