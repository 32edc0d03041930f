import type { IncomingMessage } from 'node:http';
import { isUrl } from '../kernel/url.ts';

/** What a request asks for: one path in the one form that every part of the gateway compares. */
export interface Target {
  /** Normalised as browsers do it: without `.` and `..`, with slashes for backslashes. Percent-encoded letters stay encoded. */
  readonly path: string;
  /** With its question mark, or empty. */
  readonly search: string;
  /** Of the `Host` header, lower case; empty where an old client sent none. */
  readonly host: string;
}

/** Why a request is refused before any path is looked at. */
export interface TargetProblem {
  readonly status: 400 | 405;
  readonly message: string;
}

export const METHODS_TAKEN = 'GET, HEAD, POST, DELETE, OPTIONS';
const HOST = /^(?:[\w.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{0,5})?$/i;

/** Parses the request line and the `Host` header, which come from strangers and may hold anything. */
export function readTarget({ method, url, headers, rawHeaders, httpVersion }: IncomingMessage): Target | TargetProblem {
  // No `Request` can be made of these two, and no client needs them here.
  if (method === 'TRACE' || method === 'CONNECT')
    return { status: 405, message: `The method ${method} is not served. Send ${METHODS_TAKEN}.` };
  if (url === undefined || !url.startsWith('/'))
    return badRequest('The request target must be a path such as /graphql. This server is not a proxy.');
  // Other protocols may be offered beside HTTP/1.1. One that asks for a WebSocket can do nothing with another answer.
  if (headers.upgrade?.toLowerCase().includes('websocket') === true)
    return badRequest('WebSockets are not served. Send the query by POST to /graphql.');
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1) return badRequest('The request has several Host headers. Send one.');
  const host = (headers.host ?? '').toLowerCase();
  if (hosts === 0 && httpVersion !== '1.0') return badRequest('The request has no Host header. Send one.');
  if (host !== '' && !HOST.test(host))
    return badRequest('The Host header is malformed. Send a host name or an address, with a port if there is one.');
  const base = `http://gateway${url}`;
  if (!isUrl(base)) return badRequest('The path cannot be read. Send a path such as /graphql.');
  const { pathname, search } = new URL(base);
  return { path: pathname, search, host };
}

function badRequest(message: string): TargetProblem {
  return { status: 400, message };
}

/** What the console's page asks for. Pages for payers are at the gateway's own address only, where vendors' scripts run. */
const CONSOLE_PATHS = /^\/(console|graphql|export|health)(\/|$)/;

/**
 * Where the console has an origin of its own, each origin serves its own paths. Returns the origin that has a path, or null when it is
 * the one that was asked. That is decided by the host, which no script in a browser can choose.
 */
export function createPartition({
  publicUrl,
  consoleOrigin,
}: {
  readonly publicUrl: string;
  readonly consoleOrigin: string | null;
}): (target: Pick<Target, 'host' | 'path'>) => string | null {
  if (consoleOrigin === null || consoleOrigin === publicUrl) return () => null;
  const own = hostOf(consoleOrigin, new URL(consoleOrigin).host);
  const others = hostOf(publicUrl, new URL(publicUrl).host);
  return ({ host, path }) => {
    const asked = hostOf(consoleOrigin, host);
    // Some proxies leave the port out or name their own. Where the names differ, the name decides alone.
    const isOwn = asked.name === own.name && (asked.port === own.port || own.name !== others.name);
    if (isOwn) return CONSOLE_PATHS.test(path) ? null : publicUrl;
    return /^\/console(\/|$)/.test(path) ? consoleOrigin : null;
  };
}

/** A host with its parts as they are compared: no final dot, and the scheme's own port spelled out. */
function hostOf(origin: string, host: string): { readonly name: string; readonly port: string } {
  const { protocol } = new URL(origin);
  const url = `${protocol}//${host}`;
  if (host === '' || !isUrl(url)) return { name: '', port: '' };
  const { hostname, port } = new URL(url);
  return {
    name: hostname.endsWith('.') ? hostname.slice(0, -1) : hostname,
    port: port || (protocol === 'https:' ? '443' : '80'),
  };
}
