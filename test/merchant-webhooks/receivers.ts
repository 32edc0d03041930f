import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts';

/** An endpoint's id. */
export const ID = '019aa3b0-0000-7000-8000-000000000001';

/** Starts a server on a free port of this machine. */
export async function listen<S extends Server | HttpServer>(server: S): Promise<S> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export function portOf(server: Server | HttpServer): number {
  return (server.address() as AddressInfo).port;
}

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The name that TLS was asked for; null without TLS. */
  readonly serverName: string | false | null;
}

export interface Receiver extends AsyncDisposable {
  readonly port: number;
  readonly received: readonly Received[];
  /** How many connections were opened so far. */
  readonly opened: () => number;
  /** How many are open. */
  readonly open: () => number;
  /** Resolves when none is open. */
  allClosed(): Promise<void>;
}

/** Keeps account of a server's connections, and cuts them at the end. */
async function follow(server: Server | HttpServer, received: readonly Received[]): Promise<Receiver> {
  const sockets = new Set<Socket>();
  let opened = 0;
  server.on('connection', (socket: Socket) => {
    opened += 1;
    sockets.add(socket.on('error', () => undefined));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) server.emit('quiet');
    });
  });
  await listen(server);
  return {
    port: portOf(server),
    received,
    opened: () => opened,
    open: () => sockets.size,
    async allClosed() {
      if (sockets.size > 0) await once(server, 'quiet');
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A receiver that reads each request as a whole and then does what it is told. */
export function openReceiver(respond: RequestListener, scheme: 'http' | 'https' = 'http'): Promise<Receiver> {
  const received: Received[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const serverName =
        scheme === 'https' ? ((request.socket as TLSSocket & { servername?: string | false }).servername ?? null) : null;
      received.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8'), serverName });
      respond(request, response);
    });
  };
  const server =
    scheme === 'https' ? createHttpsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, listener) : createHttpServer(listener);
  // Longer than any test, so that the sender is the one who closes.
  server.keepAliveTimeout = 60_000;
  return follow(server, received);
}

/** A receiver that has the bare connection at the arrival of its first bytes, or of its opening. */
export function openRaw(
  meet: (socket: Socket, firstBytes: string) => void,
  moment: 'bytes' | 'opening' = 'bytes',
): Promise<Receiver> {
  const server = createServer((socket) => {
    if (moment === 'opening') meet(socket, '');
    else socket.on('data', (bytes) => meet(socket, bytes.toString('latin1')));
  });
  return follow(server, []);
}

export interface Proxy extends Receiver {
  /** What was asked to be connected to, such as `shop.example:443`, with the login. */
  readonly tunnels: readonly { readonly target: string; readonly login: string | undefined }[];
}

/** A proxy that leads every name to one port of this machine, or refuses with a status. */
export async function openProxy(way: { readonly port: number } | { readonly status: number }): Promise<Proxy> {
  const tunnels: { target: string; login: string | undefined }[] = [];
  const server = createHttpServer((_request, response) => void response.writeHead(400).end());
  server.on('connect', (request, socket: Socket) => {
    tunnels.push({ target: request.url ?? '', login: request.headers['proxy-authorization'] });
    if ('status' in way) {
      // Left open until the other end closes it.
      socket.resume().once('end', () => socket.end());
      socket.write(`HTTP/1.1 ${way.status} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(way.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  return { ...(await follow(server, [])), tunnels };
}
