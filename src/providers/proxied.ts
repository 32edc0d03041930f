import {
  Agent,
  type Dispatcher,
  EnvHttpProxyAgent,
  Pool,
  Request as UndiciRequest,
  type RequestInit as UndiciRequestInit,
  fetch as undiciFetch,
} from 'undici';
import { isLoopbackHost } from '../kernel/origin.ts';
import { type OutboundFetch, ProxyFailure, type ProxySettings } from '../kernel/proxy.ts';

/** What `createOutboundFetch` returns, by undici. */
export function createProxiedFetch(proxies: ProxySettings, deadlineMs: number): OutboundFetch {
  const connectTimeoutMs = Math.min(10_000, Math.floor((deadlineMs * 3) / 4));
  const dispatcher = new EnvHttpProxyAgent({
    // Empty texts, because the library reads the environment for what is undefined.
    httpsProxy: proxies.https?.url ?? '',
    httpProxy: proxies.http?.url ?? '',
    noProxy: proxies.noProxy,
    clientFactory: (origin, options) => new Pool(origin, { ...options, headersTimeout: connectTimeoutMs }),
    factory: (origin, options) => new Pool(origin, withNamedFailures(options, { origin, proxies, connectTimeoutMs })),
  });
  const direct = new Agent();
  return async (url, init) => {
    const way = isLoopbackHost(new URL(url).hostname) ? direct : dispatcher;
    return (await undiciFetch(writeRequest(url, init, way))) as unknown as Response;
  };
}

/** What cannot be written has not left. The library names it by a TypeError alone, so it gets the code that Node.js has for it. */
function writeRequest(url: string, init: RequestInit, dispatcher: Dispatcher): UndiciRequest {
  try {
    return new UndiciRequest(url, { redirect: 'manual', ...(init as UndiciRequestInit), dispatcher });
  } catch {
    throw Object.assign(new Error('The request cannot be written.'), { code: 'ERR_INVALID_ARG_VALUE' });
  }
}

interface Route {
  readonly origin: string | URL;
  readonly proxies: ProxySettings;
  readonly connectTimeoutMs: number;
}

type Connected = (error: Error | null, socket: { destroy(): unknown } | null) => void;
type Connect = (options: object, connected: Connected) => void;

/**
 * The library connects through a proxy by a function, and directly by none. What fails in that function came before the first byte
 * of the request, whatever its code. Left alone, a proxy that hangs up would be asked again in a tight loop (undici 7.30.2, client.js).
 */
function withNamedFailures(options: object, route: Route): object {
  const connect = 'connect' in options && typeof options.connect === 'function' ? (options.connect as Connect) : null;
  if (connect === null) return options;
  const named: Connect = (target, connected) => {
    let isOver = false;
    const end: Connected = (error, socket) => {
      if (isOver) {
        socket?.destroy();
        return;
      }
      isOver = true;
      clearTimeout(timer);
      if (error === null) connected(null, socket);
      else connected(toProxyFailure(error, route), null);
    };
    const timer = setTimeout(() => end(new Error('The proxy made no tunnel in time.'), null), route.connectTimeoutMs);
    connect(target, end);
  };
  return { ...options, connect: named };
}

const REFUSED_STATUS = /^Proxy response \((\d{3})\)/;
const UNTRUSTED = /^(CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|ERR_TLS_CERT_|UND_ERR_PRX_TLS)/;

function toProxyFailure(error: Error, { origin, proxies }: Route): ProxyFailure {
  const isSecure = new URL(origin).protocol === 'https:';
  const variable = (isSecure ? (proxies.https ?? proxies.http) : proxies.http)?.variable ?? 'HTTPS_PROXY';
  const [, status] = REFUSED_STATUS.exec(error.message) ?? [];
  if (status === '407') {
    const message = `The proxy in ${variable} refused its user name and password (407). Correct them in ${variable}.`;
    return new ProxyFailure('proxy_407', message, error);
  }
  if (status !== undefined) {
    const message = `The proxy in ${variable} did not connect to the provider’s host (${status}). Allow the host there.`;
    return new ProxyFailure(`proxy_${status}`, message, error);
  }
  const code = 'code' in error ? String(error.code) : '';
  if (UNTRUSTED.test(code)) {
    const message = `A certificate at the proxy in ${variable}, or behind it, is not trusted. Name its authority in NODE_EXTRA_CA_CERTS.`;
    return new ProxyFailure('proxy_untrusted', message, error);
  }
  const message = `The proxy in ${variable} could not be reached or made no connection. Check its address, and that it runs.`;
  return new ProxyFailure('proxy_unreachable', message, error);
}
