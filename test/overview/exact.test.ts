import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMs, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { createRollUp } from '../../src/overview/roll-up.ts';
import { SESSION_STATUSES } from '../../src/sessions/session.ts';
import { type Gateway, openGateway, type TestMerchant } from '../support/gateway.ts';
import { runsWhole } from '../support/template.ts';
import { changeStatus, countPlainly, insertStarted, OVERVIEW, readStarted, startedAt } from './ledger.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway();
});

afterAll(() => gateway.close());

/** What happens between two looks at the overview. Clocks of gateways may differ by a minute. */
const stepArbitrary = fc.oneof(
  fc.record({
    kind: fc.constant('start' as const),
    count: fc.integer({ min: 1, max: 6 }),
    agoMs: fc.oneof(fc.integer({ min: -SECOND_MS, max: MINUTE_MS }), fc.integer({ min: 0, max: 3 * DAY_MS })),
    currency: fc.constantFrom('EUR', 'JPY', 'USD'),
    provider: fc.constantFrom('EXAMPLE' as const, 'STRIPE' as const),
    amount: fc.oneof(fc.bigInt({ min: 0n, max: 1_000n }), fc.constant(2n ** 63n - 1n)),
  }),
  fc.record({
    kind: fc.constant('change' as const),
    which: fc.nat(),
    status: fc.constantFrom(...SESSION_STATUSES),
    tookMs: fc.integer({ min: -SECOND_MS, max: 2 * DAY_MS }),
    agoMs: fc.integer({ min: 0, max: MINUTE_MS }),
  }),
  fc.record({ kind: fc.constant('sweep' as const) }),
  fc.record({
    kind: fc.constant('wait' as const),
    ms: fc.oneof(fc.integer({ min: 1, max: 5 * MINUTE_MS }), fc.integer({ min: 0, max: 30 * HOUR_MS })),
  }),
);
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** How far back a look at the overview goes, and how its ends lie within hours. */
const lookArbitrary = fc.record({
  days: fc.integer({ min: 1, max: 6 }),
  offsetMs: fc.integer({ min: 0, max: HOUR_MS }),
  endAgoMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 * HOUR_MS })),
});
type Look = typeof lookArbitrary extends fc.Arbitrary<infer T> ? T : never;
const LOOK: Look = { days: 3, offsetMs: 20 * MINUTE_MS, endAgoMs: 0 };

async function take(step: Step, merchant: TestMerchant, sweep: () => Promise<unknown>): Promise<void> {
  const place = { gateway, merchant };
  const now = gateway.clock.now();
  switch (step.kind) {
    case 'start': {
      const { currency, provider, amount } = step;
      // One that starts in the past was written by a gateway only now.
      const createdAt = addMs(now, -step.agoMs);
      const updatedAt = addMs(now, -Math.min(step.agoMs, MINUTE_MS));
      const session = () => startedAt(createdAt, { currency, provider, amount, updatedAt });
      return insertStarted(place, Array.from({ length: step.count }, session));
    }
    case 'change': {
      const sessions = await readStarted(place);
      const session = sessions[step.which % Math.max(sessions.length, 1)];
      if (session === undefined) return;
      const endedAt = ['PENDING', 'ACTIVE', 'UNKNOWN'].includes(step.status) ? null : addMs(session.createdAt, step.tookMs);
      return changeStatus(place, { id: session.id, status: step.status, endedAt, updatedAt: addMs(now, -step.agoMs) });
    }
    case 'sweep':
      await sweep();
      return;
    case 'wait':
      return gateway.clock.advance(step.ms);
  }
}

/** The range is chosen so that it has an end in what is rolled up, and one there or beyond. */
async function expectExact(merchant: TestMerchant, look: Look): Promise<void> {
  const now = gateway.clock.now().getTime();
  const edges = { from: new Date(now - look.days * DAY_MS - look.offsetMs), before: new Date(now + 2 * HOUR_MS - look.endAgoMs) };
  const sessions = await readStarted({ gateway, merchant });
  for (const [interval, timeZone, aheadMs] of [
    ['HOUR', 'UTC', 0],
    ['DAY', 'UTC', 0],
    ['DAY', 'Asia/Kolkata', 330 * MINUTE_MS],
  ] as const) {
    const { overview } = await merchant.data(OVERVIEW, { range: { ...edges, interval, timeZone } });
    const range = { from: new Date(overview.from), before: new Date(overview.before) };
    const unitMs = interval === 'HOUR' ? HOUR_MS : DAY_MS;
    const startOf = ({ createdAt }: { createdAt: Date }) =>
      new Date(Math.floor((createdAt.getTime() + aheadMs) / unitMs) * unitMs - aheadMs).toISOString();
    const expected = countPlainly(sessions, range, startOf);
    expect(overview.sessions).toEqual(expected.sessions);
    const byName = [...overview.providers].sort((left, right) => (left.transactionProvider < right.transactionProvider ? -1 : 1));
    expect(byName).toEqual(expected.providers);
    expect(overview.timeToCompletion.buckets).toEqual(expected.buckets);
  }
}

describe('the overview', () => {
  test('tells what a plain count of the sessions tells, whatever happened since it was rolled up', {
    timeout: 120_000,
  }, async () => {
    const scenario = fc.record({
      steps: fc.array(stepArbitrary, { minLength: 5, maxLength: 40 }),
      look: lookArbitrary,
      limits: fc.constantFrom({ sessionsMax: 3, changesMax: 2 }, { sessionsMax: 50_000, changesMax: 10_000 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ steps, look, limits }) => {
        const merchant = await gateway.newMerchant();
        const sweeps = [createRollUp(limits), createRollUp(limits)];
        for (const [index, step] of steps.entries()) {
          await take(step, merchant, async () => sweeps[index % 2]?.(gateway.app.deps));
          await expectExact(merchant, look);
        }
      }),
      { numRuns: runsWhole() ? 25 : 8 },
    );
  });

  test('stays exact while two gateways sweep, and others start and change sessions, all at once', async () => {
    const merchant = await gateway.newMerchant();
    const place = { gateway, merchant };
    const now = gateway.clock.now().getTime();
    const old = Array.from({ length: 300 }, (_, n) => startedAt(new Date(now - ((n * 977) % 4_000) * MINUTE_MS)));
    await insertStarted(place, old);
    const sweeps = Array.from({ length: 4 }, () => createRollUp({ sessionsMax: 20, changesMax: 10 }));
    for (let round = 0; round < 12; round += 1) {
      const changed = old.filter((_, n) => n % 12 === round);
      const endedAt = gateway.clock.now();
      await Promise.all([
        ...sweeps.map((sweep) => sweep(gateway.app.deps)),
        ...changed.map(({ id }) => changeStatus(place, { id, status: 'COMPLETED', endedAt, updatedAt: endedAt })),
        insertStarted(place, [startedAt(endedAt), startedAt(addMs(endedAt, -HOUR_MS))]),
        merchant.data(OVERVIEW, { range: { from: new Date(now - DAY_MS), before: new Date(now), interval: 'HOUR' } }),
      ]);
      await expectExact(merchant, LOOK);
      gateway.clock.advance(MINUTE_MS * 7);
    }
    for (let round = 0; round < 40; round += 1) for (const sweep of sweeps) await sweep(gateway.app.deps);
    await expectExact(merchant, LOOK);
    expect(gateway.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});
