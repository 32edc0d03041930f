import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const ports = new WeakMap<RequestListener, Promise<number>>();

/** Asks the listener at a port of its own, which ends with the process. The fast path of an endpoint is behind ports only. */
export function overPort(listener: RequestListener): Fetch {
  return async (url, init) => {
    const { pathname, search } = new URL(url);
    return fetch(`${await servedAt(listener)}${pathname}${search}`, init);
  };
}

/** The origin of that port. */
export async function servedAt(listener: RequestListener): Promise<string> {
  const opened = ports.get(listener) ?? openPort(listener);
  ports.set(listener, opened);
  return `http://127.0.0.1:${await opened}`;
}

async function openPort(listener: RequestListener): Promise<number> {
  // Without a limit on idle connections, which would close one while the next request is on its way.
  const server = createServer({ keepAliveTimeout: 0 }, listener).unref().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** What the connection adds, and what the clock does. */
const OF_THE_WIRE = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date'];

/**
 * Asks twice without a port, which Yoga answers, and then over a port, where the fast path answers what it can: a document is
 * compiled by its second run. Throws where the last two answers differ.
 */
export function bothWays(inside: Fetch, listener: RequestListener): Fetch {
  const outside = overPort(listener);
  return async (url, init) => {
    const headers = { 'x-request-id': 'both-ways', ...Object.fromEntries(new Headers(init.headers)) };
    // A copy each, because Yoga's `fetch` writes into what it is given.
    await inside(url, { ...init, headers: { ...headers } });
    const expected = await inside(url, { ...init, headers: { ...headers } });
    const response = await outside(url, { ...init, headers });
    expect(await show(response.clone())).toEqual(await show(expected));
    return response;
  };
}

async function show(response: Response) {
  const named = Array.from(response.headers, ([name, value]) => [name.toLowerCase(), value] as const);
  const headers = Object.fromEntries(named.filter(([name]) => !OF_THE_WIRE.includes(name)));
  return { status: response.status, headers, body: await response.text() };
}
