import http from 'node:http';
import https from 'node:https';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { portOf } from './rules.ts';

/** The egress proxy made no way to the endpoint. The code is `proxy_` and its status, or `proxy_unreachable`. */
export class TunnelFailure extends Error {
  readonly code: string;

  constructor(code: string, cause?: unknown) {
    super('The proxy made no connection to the endpoint.', { cause });
    this.code = code;
  }
}

interface Way {
  /** `http` or `https`, with a user name and password or without. */
  readonly proxyUrl: string;
  readonly target: { readonly host: string; readonly port: number };
  /** How long the proxy may take. */
  readonly limitMs: number;
}

/** Has the proxy connect to a host and port (`CONNECT`). Resolves the name of the proxy alone. Throws a `TunnelFailure`. */
export async function openTunnel({ proxyUrl, target, limitMs }: Way): Promise<Duplex> {
  const proxy = new URL(proxyUrl);
  const authority = `${isIPv6(target.host) ? `[${target.host}]` : target.host}:${target.port}`;
  const request = (proxy.protocol === 'https:' ? https : http).request({
    method: 'CONNECT',
    host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: portOf(proxy),
    path: authority,
    headers: { host: authority, ...loginOf(proxy) },
    agent: false,
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => request.destroy(new Error('The proxy did not respond in time.')), limitMs);
    // A proxy that hangs up without a response is reported as an error as well.
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(new TunnelFailure('proxy_unreachable', error));
    });
    request.once('connect', ({ statusCode }, socket, head) => {
      clearTimeout(timer);
      if (statusCode !== 200) {
        socket.on('error', () => {}).destroy();
        reject(new TunnelFailure(`proxy_${statusCode}`));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.end();
  });
}

function loginOf({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` };
}
