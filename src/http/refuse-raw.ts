import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { METHODS_TAKEN } from './target.ts';

/** What Node.js refuses before there is a request, by its error code. Its own answers say nothing. */
const BROKEN_REQUESTS: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The path and the headers are longer than 16 kB. Send less.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'The extensions of the chunks are too long. Send plain chunks.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not arrive in time. Send it again.'],
};
const NOT_HTTP = [
  '400 Bad Request',
  'This is not an HTTP/1.1 request. Check the client, and that it does not speak TLS here.',
] as const;

/** Lets the server explain each request that does not reach the listener. */
export function explainRefusals(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const [status, message] = BROKEN_REQUESTS[error.code ?? ''] ?? NOT_HTTP;
    endRaw(socket, status, message);
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy());
    const message = `The method CONNECT is not served. Send ${METHODS_TAKEN}.`;
    endRaw(socket, `405 Method Not Allowed\r\nAllow: ${METHODS_TAKEN}`, message);
  });
  server.on('checkExpectation', (_request: IncomingMessage, outgoing: ServerResponse) => {
    outgoing.writeHead(417, { 'content-type': 'application/json', connection: 'close' });
    outgoing.end(bodyOf('The only expectation that is met is 100-continue. Send the request without the Expect header.'));
  });
}

/** @param start the status, with headers after it if there are any */
export function endRaw(socket: Duplex, start: string, message: string): void {
  const body = bodyOf(message);
  const length = Buffer.byteLength(body);
  const headers = `Content-Type: application/json\r\nContent-Length: ${length}\r\nConnection: close`;
  socket.end(`HTTP/1.1 ${start}\r\n${headers}\r\n\r\n${body}`);
}

function bodyOf(message: string): string {
  return JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] });
}
