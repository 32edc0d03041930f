import { isUrl } from './url.ts';

/** A proxy between the gateway and the providers, under the variable that names it. */
export interface ProxyAddress {
  /** As it is spelled in the environment, such as `https_proxy`. */
  readonly variable: string;
  /** Holds the password: for the HTTP client only, never for a message. */
  readonly url: string;
}

export interface ProxySettings {
  /** For addresses that begin with `https:`; null where they are reached directly. */
  readonly https: ProxyAddress | null;
  /** For addresses that begin with `http:`; null where they are reached directly. */
  readonly http: ProxyAddress | null;
  /** Hosts and domains that are reached directly, with commas or spaces between. */
  readonly noProxy: string;
}

/** How an adapter's HTTP client reaches its provider where a proxy stands between. */
export type OutboundFetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * The address of a proxy in its normal form. Without a scheme it means `http://`, as other programs read it. Null for another
 * scheme, a path, and a user name or password that is missing or malformed.
 */
export function toProxyUrl(text: string): string | null {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!/^https?:\/\/[^\s/\\?#]+\/?$/i.test(address) || !isUrl(address)) return null;
  const { username, password, port, href } = new URL(address);
  return (username === '') === (password === '') && port !== '0' && canDecode(username + password) ? href : null;
}

function canDecode(text: string): boolean {
  try {
    return decodeURIComponent(text) !== '' || text === '';
  } catch {
    return false;
  }
}

/** A proxy made no way to a provider, so nothing was sent. The message is a sentence for the operator and holds no secret. */
export class ProxyFailure extends Error {
  /** Such as `proxy_407`. */
  readonly code: string;

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const DEPTH_MAX = 5;

/** The failure of a proxy among an error and its causes. */
export function findProxyFailure(error: unknown): ProxyFailure | null {
  let current = error;
  for (let depth = 0; depth <= DEPTH_MAX && current instanceof Error; depth += 1) {
    if (current instanceof ProxyFailure) return current;
    current = current.cause;
  }
  return null;
}
