import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findUrlProblems } from '../../src/merchant-webhooks/addresses.ts';
import { readAddressRules } from '../../src/merchant-webhooks/rules.ts';
import { testConfig } from './gateway.ts';

/** A message as a merchant's backend receives it. */
export interface Received {
  readonly id: string;
  readonly type: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks at is as free as the message
  readonly data: any;
}

export interface Receiver {
  readonly url: string;
  /** Every request, in the order in which they came. */
  readonly received: readonly Received[];
  /** How it responds from now on: with a status, or as the function does. Status 200 at first. */
  respond(how: number | ((message: Received, response: ServerResponse) => void)): void;
  close(): Promise<void>;
}

/** A backend of a merchant that takes webhooks over real HTTP on this machine. */
export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let respond: (message: Received, response: ServerResponse) => void = (_message, response) => void response.writeHead(200).end();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const { type, data } = JSON.parse(body) as Pick<Received, 'type' | 'data'>;
      const message = { id: String(request.headers['webhook-id']), type, headers: request.headers, body, data };
      received.push(message);
      respond(message, response);
    });
  });
  const url = await listen(server);
  return {
    url,
    received,
    respond(how) {
      respond = typeof how === 'number' ? (_message, response) => void response.writeHead(how).end(`status ${how}`) : how;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** On a port that the gateway may call: it refuses those of well-known services, and the system may give one of these. */
async function listen(server: Server): Promise<string> {
  const rules = readAddressRules({ ...testConfig(), databaseUrl: null }).TEST;
  for (;;) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
    if (findUrlProblems(url, rules).length === 0) return url;
    await new Promise((resolve) => server.close(resolve));
  }
}
