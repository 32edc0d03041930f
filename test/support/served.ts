import type { RequestListener } from 'node:http';
import type { AppOptions } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import { listen } from '../../src/http/listen.ts';
import { type Data, type Gateway, openGateway } from './gateway.ts';

/** A gateway behind a real port of this machine, with its own address in every link that it gives out. */
export interface ServedGateway extends Gateway {
  readonly url: string;
}

export interface ServeOptions extends Pick<AppOptions, 'wrapProvider'> {
  /** Names by which a browser reaches it, where that was told that they are this machine. */
  readonly hostName?: string;
  readonly consoleHostName?: string;
}

/** @param config what else the gateway must know */
export async function serveGateway(config: Partial<Config> = {}, options: ServeOptions = {}): Promise<ServedGateway> {
  const later: { listener: RequestListener } = { listener: (_request, response) => void response.writeHead(503).end() };
  // The port comes first, because the gateway must know it.
  const server = await listen((request, response) => later.listener(request, response), {
    host: '127.0.0.1',
    port: 0,
    requestTimeoutMs: 30_000,
  });
  const { hostName = '127.0.0.1', consoleHostName, ...rest } = options;
  const url = `http://${hostName}:${server.port}`;
  const consoleOrigin = consoleHostName === undefined ? null : `http://${consoleHostName}:${server.port}`;
  const gateway = await openGateway({ ...rest, config: { ...config, publicUrl: url, consoleOrigin } });
  later.listener = gateway.app.listener;
  return {
    ...gateway,
    url,
    async close() {
      await server.close(0);
      await gateway.close();
    },
  };
}

/** What the payer's browser does on the provider's side, over HTTP: gives the card and gets the answer. */
export async function payOver(url: string, token: string, card: string): Promise<Data> {
  const response = await fetch(`${url}/example/v1/confirm`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, card: { number: card, expMonth: 12, expYear: 2031, cvc: '123' } }),
  });
  return response.json();
}
