import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { DAY_MS } from '../../src/kernel/clock.ts';
import { type Gateway, openGateway, READ_SESSION, start, type TestMerchant, testConfig } from '../support/gateway.ts';

/** A provider that hangs for one account until it is let go. */
const slow = { accountId: '', calls: 0, most: 0, letGo: new AbortController() };
let gateway: Gateway;
let merchant: TestMerchant;
let other: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway({
    config: { providerDeadlineMs: 600_000 },
    wrapProvider: (provider) => ({
      ...provider,
      async fetchSession(call, session) {
        if (call.account.id === slow.accountId && !slow.letGo.signal.aborted) {
          slow.calls += 1;
          slow.most = Math.max(slow.most, slow.calls);
          await new Promise((resolve) => slow.letGo.signal.addEventListener('abort', resolve));
          slow.calls -= 1;
        }
        return provider.fetchSession(call, session);
      },
    }),
  });
  merchant = await gateway.newMerchant();
  other = await gateway.newMerchant();
  slow.accountId = merchant.accountId;
});
afterAll(() => gateway.close());

test('an account that does not respond delays its own sessions only, and the stop ends within its limit', async () => {
  // The slow account has far more due work than one claim takes, all of it due before the other's.
  for (let n = 0; n < 30; n += 1) await start(merchant, 'PAYMENT');
  const session = await start(other, 'PAYMENT');
  gateway.clock.advance(DAY_MS);
  await gateway.app.start();
  await vi.waitFor(
    async () => {
      const { clientSession } = await other.data(READ_SESSION, { by: { id: session.id } });
      expect(clientSession.status).toBe('EXPIRED');
    },
    { timeout: 20_000, interval: 100 },
  );
  await vi.waitFor(() => expect(slow.calls).toBe(4), { timeout: 20_000 });
  const stopped = gateway.app.stop(200).then(() => 'stopped');
  expect(await stopped).toBe('stopped');
  expect(slow.most).toBe(4);
  // Another gateway takes over what was left behind, once its lease has run out, and what was not begun.
  slow.letGo.abort();
  const { database, vault, clock, log } = gateway;
  gateway.clock.advance(DAY_MS);
  await createApp({ config: testConfig(), database, vault, clock, log }).jobs.runDue();
  const open = await merchant.data(
    '{ clientSessions(first: 50, filter: { statuses: [PENDING, ACTIVE] }) { edges { node { id } } } }',
  );
  expect(open.clientSessions.edges).toEqual([]);
});
