import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { createVault } from '../../src/kernel/secret.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { type DatabaseProxy, openDatabaseProxy } from '../support/database-proxy.ts';
import {
  CARDS,
  confirm,
  newMerchant,
  READ_SESSION,
  start,
  startInput,
  startText,
  type TestMerchant,
  testConfig,
} from '../support/gateway.ts';
import { testServerUrl } from '../support/template.ts';
import { copyTemplate, type DatabasePlace } from '../support/world.ts';

/** Real time and a real server: what is proved is that work goes on by itself once the database is back. */
describe.skipIf(testServerUrl() === null)('deferred work', () => {
  let place: DatabasePlace;
  let proxy: DatabaseProxy;
  let database: Database;
  let app: App;
  let merchant: TestMerchant;
  const lines: string[] = [];
  let afterSend = () => {};
  beforeAll(async () => {
    place = await copyTemplate();
    proxy = await openDatabaseProxy(place.databaseUrl ?? '');
    const log = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
    const connectionLimits = { connectMs: 4_000, queryMs: 4_000 };
    database = await openDatabase({ databaseUrl: proxy.url, dataDir: '', poolSize: 4, log, connectionLimits });
    const vault = createVault(new Uint8Array(32).fill(7));
    const wrapProvider = (provider: Provider): Provider => ({
      ...provider,
      async send(...call) {
        const answer = await provider.send(...call);
        afterSend();
        return answer;
      },
    });
    app = createApp({ config: testConfig(), database, vault, log, clock: systemClock, wrapProvider });
    merchant = await newMerchant({ app, logLines: lines }, []);
    await app.start();
  });
  afterAll(async () => {
    await app.stop(5_000);
    await database.close();
    await proxy.close();
    await place.remove();
  });

  const failures = () => lines.filter((line) => /background work failed|sweep failed/.test(line)).length;

  test.each<[string, () => void]>([
    ['was stopped', () => proxy.stop()],
    ['fell silent on every connection', () => proxy.silence()],
    ['vanished from the network', () => proxy.blackhole()],
  ])(
    'goes on by itself after the database %s',
    async (_what, breakIt) => {
      const session = await start(merchant, 'PAYMENT');
      const before = failures();
      breakIt();
      await vi.waitFor(() => expect(failures()).toBeGreaterThanOrEqual(before + 1), { timeout: 30_000 });
      proxy.restore();
      await vi.waitFor(() => confirm(app, session.token, CARDS.approve), { timeout: 15_000 });
      // The bank's notification and its processing are two jobs; nothing asks for the session itself.
      await vi.waitFor(
        async () => {
          const { clientSession } = await merchant.data(READ_SESSION, { by: { id: session.id } });
          expect(clientSession.status).toBe('COMPLETED');
        },
        { timeout: 45_000 },
      );
    },
    90_000,
  );

  test('records an answer that came while the database was away, without waiting for the lease', async () => {
    afterSend = () => {
      afterSend = () => {};
      proxy.stop();
    };
    const input = startInput('PAYMENT');
    const refused = await merchant.query(startText('PAYMENT'), input);
    expect(refused.errors).toHaveLength(1);
    proxy.restore();
    // The lease would hold the operation for 30 seconds.
    const restoredMs = performance.now();
    await vi.waitFor(async () => expect((await merchant.data(startText('PAYMENT'), input)).session.status).toBe('PENDING'), {
      timeout: 25_000,
    });
    expect(performance.now() - restoredMs).toBeLessThan(25_000);
  }, 60_000);
});
