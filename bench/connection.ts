import { connect } from 'node:net';

export interface Response {
  readonly status: number;
  readonly body: string;
  /** What the server's probe measured of the bank's own time. */
  readonly providerMs: number;
}

/** One kept-alive connection to a server of this machine. It carries one request at a time. */
export interface Connection {
  exchange(request: string): Promise<Response>;
  close(): void;
}

const HEADER_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = '0\r\n\r\n';

export function openConnection(port: number): Connection {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let waiting: { resolve: (response: Response) => void; reject: (error: Error) => void } | null = null;
  let bytes: Buffer = Buffer.alloc(0);
  const fail = (error: Error) => waiting?.reject(error);
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('The server closed the connection.')));
  socket.on('data', (chunk: Buffer) => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const response = readResponse(bytes);
    if (response === null) return;
    bytes = Buffer.alloc(0);
    waiting?.resolve(response);
    waiting = null;
  });
  return {
    exchange: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

/** Null while it is incomplete. */
function readResponse(bytes: Buffer): Response | null {
  const headerEnd = bytes.indexOf(HEADER_END);
  if (headerEnd < 0) return null;
  const header = bytes.toString('latin1', 0, headerEnd);
  const bodyStart = headerEnd + HEADER_END.length;
  const status = Number(header.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
  const length = /\r\ncontent-length: *(\d+)/i.exec(header)?.[1];
  const text = bytes.toString('utf8', bodyStart);
  const isWhole = length === undefined ? text.endsWith(LAST_CHUNK) : bytes.length >= bodyStart + Number(length);
  if (!isWhole) return null;
  const providerMs = Number(/\r\nx-provider-ms: *([\d.]+)/i.exec(header)?.[1] ?? 0);
  return { status, body: length === undefined ? joinChunks(text) : text, providerMs };
}

function joinChunks(text: string): string {
  return text.replace(/(?:^|\r\n)[0-9a-f]+\r\n/gi, '');
}
