import type { OutboundFetch, ProxySettings } from '../kernel/proxy.ts';

/**
 * The way to the providers through the proxies of the environment, for every adapter. Hosts of NO_PROXY and of this machine are
 * reached directly. Follows no redirect and sends once. Null where no proxy is set: then adapters keep the clients that they have.
 * @param deadlineMs how long one call may take; a tunnel may take three quarters of it, and 10 seconds at most
 */
export function createOutboundFetch(proxies: ProxySettings | null, deadlineMs: number): OutboundFetch | null {
  if (proxies === null) return null;
  // The library behind it takes memory, which a gateway without a proxy saves.
  const opened = import('./proxied.ts').then(({ createProxiedFetch }) => createProxiedFetch(proxies, deadlineMs));
  return async (url, init) => (await opened)(url, init);
}
