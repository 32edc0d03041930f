import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMs, DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/kernel/clock.ts';
import { createRollUp } from '../../src/overview/roll-up.ts';
import { lockMark, readOldestWriteMs } from '../../src/overview/store.ts';
import { type Data, type Gateway, openGateway, start, type TestMerchant } from '../support/gateway.ts';
import { testServerUrl } from '../support/template.ts';
import { changeStatus, insertStarted, startedAt } from './ledger.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway();
});

afterAll(() => gateway.close());

const isEmbedded = testServerUrl() === null;

async function newMerchantWith(count: number, spacingMs: number, agoMs: number): Promise<TestMerchant> {
  const merchant = await gateway.newMerchant();
  const now = gateway.clock.now();
  const sessions = Array.from({ length: count }, (_, n) => startedAt(addMs(now, n * spacingMs - agoMs)));
  await insertStarted({ gateway, merchant }, sessions);
  return merchant;
}

async function readMark(merchant: TestMerchant): Promise<Data> {
  const { merchantId, environment } = merchant.scope;
  return gateway.database.client.overviewMark.findUnique({ where: { merchantId_environment: { merchantId, environment } } });
}

async function countRolledUp(merchant: TestMerchant): Promise<number> {
  const rows = await gateway.database.client.overviewSessions.findMany({ where: merchant.scope });
  return rows.reduce((sum, { count }) => sum + count, 0);
}

async function countShown(merchant: TestMerchant): Promise<number> {
  const range = { from: addMs(gateway.clock.now(), -100 * DAY_MS), before: addMs(gateway.clock.now(), DAY_MS), interval: 'DAY' };
  const text = 'query O($range: OverviewRangeInput!) { overview(range: $range) { sessions { count } } }';
  const { overview } = await merchant.data(text, { range });
  return overview.sessions.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
}

describe('what is rolled up', () => {
  test('begins with a merchant’s first session and ends an hour before the hour that runs', async () => {
    const merchant = await gateway.newMerchant();
    await gateway.app.jobs.runDue();
    expect(await readMark(merchant)).toBeNull();
    await start(merchant, 'PAYMENT');
    await gateway.pass(11 * MINUTE_MS);
    const hour = new Date(Math.floor(gateway.clock.now().getTime() / HOUR_MS) * HOUR_MS);
    expect((await readMark(merchant)).rolledUpBefore).toEqual(hour);
    expect(await countRolledUp(merchant)).toBe(0);
    await gateway.pass(3 * HOUR_MS);
    expect((await readMark(merchant)).rolledUpBefore).toEqual(addMs(hour, 2 * HOUR_MS));
    expect(await countRolledUp(merchant)).toBe(1);
  });

  test('grows by a bounded step at a time, until all of a long past is there', async () => {
    const merchant = await newMerchantWith(250, HOUR_MS / 4, 90 * DAY_MS);
    const sweep = createRollUp({ sessionsMax: 40, changesMax: 10 });
    const grown: number[] = [];
    for (let step = 0; step < 8; step += 1) {
      await sweep(gateway.app.deps);
      grown.push(await countRolledUp(merchant));
      expect(await countShown(merchant)).toBe(250);
    }
    expect(grown).toEqual([40, 80, 120, 160, 200, 240, 250, 250]);
  });

  test('is what the overview is taken from, so that whoever changes a status must move updatedAt', async () => {
    const merchant = await newMerchantWith(1, 0, 2 * DAY_MS);
    await gateway.pass(11 * MINUTE_MS);
    await gateway.pass(11 * MINUTE_MS);
    await gateway.database.client
      .$executeRaw`UPDATE sessions SET currency = 'EUR' WHERE merchant_id = ${merchant.scope.merchantId}::uuid`;
    const range = { from: addMs(gateway.clock.now(), -3 * DAY_MS), before: gateway.clock.now(), interval: 'DAY' };
    const read = async () =>
      (
        await merchant.data('query O($range: OverviewRangeInput!) { overview(range: $range) { sessions { currency } } }', {
          range,
        })
      ).overview.sessions;
    expect(await read()).toEqual([{ currency: 'USD' }]);
    await gateway.database.client
      .$executeRaw`UPDATE sessions SET updated_at = ${gateway.clock.now()} WHERE merchant_id = ${merchant.scope.merchantId}::uuid`;
    expect(await read()).toEqual([{ currency: 'EUR' }]);
  });

  test('is counted anew where a session changed long after its start', async () => {
    const merchant = await gateway.newMerchant();
    const session = startedAt(addMs(gateway.clock.now(), -40 * DAY_MS));
    await insertStarted({ gateway, merchant }, [session, startedAt(session.createdAt)]);
    await gateway.pass(11 * MINUTE_MS);
    const statuses = async () =>
      (await gateway.database.client.overviewSessions.findMany({ where: merchant.scope, orderBy: { status: 'asc' } })).map(
        ({ status, count }) => [status, count],
      );
    expect(await statuses()).toEqual([['PENDING', 2]]);
    const endedAt = gateway.clock.now();
    await changeStatus({ gateway, merchant }, { id: session.id, status: 'COMPLETED', endedAt, updatedAt: endedAt });
    await gateway.pass(HOUR_MS);
    expect(await statuses()).toEqual([
      ['COMPLETED', 1],
      ['PENDING', 1],
    ]);
  });

  test('keeps TEST and LIVE apart', async () => {
    const merchant = await newMerchantWith(2, 0, 2 * DAY_MS);
    const live = { ...merchant, scope: { ...merchant.scope, environment: 'LIVE' as const } };
    await insertStarted({ gateway, merchant: live }, [startedAt(addMs(gateway.clock.now(), -2 * DAY_MS))]);
    await gateway.pass(11 * MINUTE_MS);
    expect([await countRolledUp(merchant), await countRolledUp(live)]).toEqual([2, 1]);
  });
});

describe('the sweep', () => {
  test.each([
    ['a minute', 'now', 0, MINUTE_MS],
    ['ten minutes', 'ten minutes ago', 10 * MINUTE_MS, 10 * MINUTE_MS],
    ['an hour', 'a month ago', 30 * DAY_MS, HOUR_MS],
  ])('comes back after %s to a merchant whose sessions changed last %s', async (_pause, _last, agoMs, pauseMs) => {
    const merchant = await newMerchantWith(1, 0, agoMs);
    await gateway.app.jobs.runDue();
    await createRollUp()(gateway.app.deps);
    expect((await readMark(merchant)).nextAt).toEqual(addMs(gateway.clock.now(), pauseMs));
    expect(await createRollUp()(gateway.app.deps)).toBe(0);
  });

  test('has nothing to do once everything is rolled up', async () => {
    await gateway.pass(2 * HOUR_MS);
    gateway.clock.advance(30 * MINUTE_MS);
    expect(await createRollUp()(gateway.app.deps)).toBe(0);
  });

  test.skipIf(isEmbedded)('leaves a merchant to the process that is at work on it', async () => {
    const merchant = await newMerchantWith(3, MINUTE_MS, DAY_MS);
    await createRollUp({ sessionsMax: 1, changesMax: 1 })(gateway.app.deps);
    const before = await countRolledUp(merchant);
    await gateway.database.inTransaction(async (tx) => {
      expect(await lockMark(tx, merchant.scope)).not.toBeNull();
      await createRollUp()(gateway.app.deps);
      expect(await countRolledUp(merchant)).toBe(before);
    });
    await createRollUp()(gateway.app.deps);
    expect(await countRolledUp(merchant)).toBe(3);
  });

  test('does not wait for itself: a database where nobody writes has no open write', async () => {
    expect(await readOldestWriteMs(gateway.database.client)).toBe(0);
  });

  test.skipIf(isEmbedded)('knows how long a change has been on its way to its commit', async () => {
    const merchant = await newMerchantWith(1, 0, 0);
    await gateway.database.inTransaction(async (tx) => {
      await tx.$queryRaw`SELECT 1`;
      expect(await readOldestWriteMs(gateway.database.client)).toBe(0);
      await tx.$executeRaw`UPDATE sessions SET version = version WHERE merchant_id = ${merchant.scope.merchantId}::uuid`;
      expect(await readOldestWriteMs(gateway.database.client)).toBeGreaterThan(0);
    });
  });
});
