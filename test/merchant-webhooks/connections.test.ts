import { createServer } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { createConnections } from '../../src/merchant-webhooks/connections.ts';
import { listen, portOf } from './receivers.ts';

test('a request fails by itself where its connection through a tunnel cannot be made, and the tunnel ends', async () => {
  const tunnels: Duplex[] = [];
  const proxy = createServer().on('connect', (_request, socket) => {
    tunnels.push(socket);
    socket.on('error', () => {}).write('HTTP/1.1 200 OK\r\n\r\n');
    socket.resume();
  });
  await listen(proxy);
  const connections = createConnections({
    clock: systemClock,
    proxyUrl: `http://127.0.0.1:${portOf(proxy)}`,
    connectMs: 1_000,
    idleMs: 1_000,
  });
  const url = new URL('https://shop.example/hooks');
  // No cipher has this name, which is found out when TLS begins in the tunnel.
  const options = { agent: connections.agentFor(url), isProxied: true, group: 'TEST', ciphers: 'NO-SUCH-CIPHER' };
  const failure = await new Promise((resolve) => https.request(url, options).once('error', resolve).end());
  expect(failure).toMatchObject({ code: 'ERR_SSL_NO_CIPHER_MATCH' });
  await expect.poll(() => tunnels.map(({ readableEnded }) => readableEnded)).toEqual([true]);
  connections.close();
  proxy.close();
});
