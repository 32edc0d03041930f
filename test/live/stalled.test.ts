import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SECOND_MS } from '../../src/kernel/clock.ts';
import { QUERY_LIMITS } from '../../src/kernel/query-limits.ts';
import { revokeKey } from '../../src/merchants/manage-keys.ts';
import { type Gateway, must, openGateway, start, type TestMerchant } from '../support/gateway.ts';

const LIFE_MS = 900 * SECOND_MS;
const EVENTS = 20;
/** About 25 kB for each event, so that all of them are more than the buffers of a socket hold. */
const ALIASES = Array.from({ length: 200 }, (_, index) => `a${index}_${'x'.repeat(80)}: id`).join(' ');
const LARGE = `subscription Follow($after: String) { eventAppended(after: $after) { cursor event { ${ALIASES} } } }`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stalled-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Subscribes over a socket of small buffers, and reads nothing. Resolves to the response when it waits for its reader. */
async function stall(app: Gateway['app'], { secretKey }: TestMerchant, after: string): Promise<ServerResponse> {
  const path = join(folder, `${after}.sock`);
  let response: ServerResponse | undefined;
  const server = createServer((incoming, outgoing) => {
    response = outgoing;
    app.listener(incoming, outgoing);
  });
  await once(server.unref().listen(path), 'listening');
  const body = JSON.stringify({ query: LARGE, variables: { after } });
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: gateway.example',
    'Accept: text/event-stream',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Authorization: Bearer ${secretKey}`,
  ];
  const socket = connect(path).pause();
  socket.on('error', () => {}).write(`${head.join('\r\n')}\r\n\r\n${body}`);
  await expect.poll(() => response?.writableNeedDrain, { timeout: 5_000 }).toBe(true);
  (response as ServerResponse).once('close', () => {
    socket.destroy();
    server.close();
  });
  return response as ServerResponse;
}

test.each<[what: string, end: (own: Gateway, owner: TestMerchant) => unknown]>([
  ['its time is over', ({ clock }) => clock.advance(LIFE_MS)],
  [
    'its key is revoked',
    async ({ app }, owner) => {
      const { apiKeys } = await owner.data('{ apiKeys { id kind } }');
      const { id } = apiKeys.find(({ kind }: { kind: string }) => kind === 'SECRET');
      must(await revokeKey(app.deps, owner.scope, id));
    },
  ],
  ['the gateway drains', ({ app }) => app.drain()],
])('a stream whose reader does not read is cut when %s', async (_what, end) => {
  const own = await openGateway({ streamLimits: { lifeMs: LIFE_MS }, config: { limits: { ...QUERY_LIMITS, aliasesMax: 300 } } });
  const owner = await own.newMerchant();
  for (let count = 0; count <= EVENTS; count += 1) await start(owner, 'PAYMENT');
  const { cursor } = (await owner.data('{ events(first: 1) { edges { cursor } } }')).events.edges[0];
  const response = await stall(own.app, owner, cursor);
  expect(own.app.deps.streams.count).toBe(1);
  await end(own, owner);
  await expect.poll(() => response.closed, { timeout: 5_000 }).toBe(true);
  expect(own.app.deps.streams.count).toBe(0);
  own.app.drain();
  await own.close();
});
