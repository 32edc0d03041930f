import { performance } from 'node:perf_hooks';
import { openConnection } from './connection.ts';
import { type PlainRequest, pathOf, type Request, type Side, type Unit } from './operations.ts';

export interface Timing {
  readonly latencyMs: number;
  /** The bank's own part of it, where the server measures that. */
  readonly providerMs: number;
}

/** Does units one after the other on a kept-alive connection. */
export interface Caller {
  do(unit: Unit): Promise<Timing>;
  close(): void;
}

/** Throws for a response that is an error. */
export function openCaller(to: { side: Side; port: number; key: string }): Caller {
  const connection = openConnection(to.port);
  let providerMs = 0;
  const send = async (request: Request | PlainRequest): Promise<string> => {
    const response = await connection.exchange(toText(to, request));
    if (response.status !== 200 || response.body.includes('"errors"'))
      throw new Error(`${pathOf(to.side, request)} failed: ${response.status} ${response.body}`);
    providerMs += response.providerMs;
    return response.body;
  };
  return {
    async do(unit) {
      providerMs = 0;
      const startedAt = performance.now();
      await unit(send);
      return { latencyMs: performance.now() - startedAt, providerMs };
    },
    close: () => connection.close(),
  };
}

function toText(to: { side: Side; key: string }, request: Request | PlainRequest): string {
  const own = 'path' in request ? request.headers : { authorization: `Bearer ${to.key}` };
  const headers = {
    host: '127.0.0.1',
    'content-type': 'application/json',
    accept: 'application/json',
    'content-length': Buffer.byteLength(request.body),
    ...own,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${pathOf(to.side, request)} HTTP/1.1\r\n${lines.join('')}\r\n${request.body}`;
}
