import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { nextAttemptAt } from '../../src/operations/operation.ts';
import { type Data, paid, start, startInput, startText, type TestMerchant, verifyText } from '../support/gateway.ts';
import { openPatientGateway, SUCCEEDED, type Wire, type WiredGateway } from './wire.ts';

let gateway: WiredGateway;
let merchant: TestMerchant;
let wire: Wire;
let readTransaction: WiredGateway['readTransaction'];
let refund: WiredGateway['refund'];

beforeAll(async () => {
  gateway = await openPatientGateway();
  ({ merchant, wire, readTransaction, refund } = gateway);
});
afterAll(() => gateway.close());
beforeEach(() => gateway.calm());

const SYNC = 'mutation Sync($by: TransactionSelector!) { syncTransaction(by: $by) { id status providerCode } }';
const sync = async (id: string): Promise<Data> => (await merchant.data(SYNC, { by: { id } })).syncTransaction;
const capture = async (): Promise<Data> => (await paid(gateway, merchant, { data: { amount: '1000' } })).transaction;
const lose = (times: number) => Array.from({ length: times }, () => 'UNKNOWN_OUTCOME' as const);

describe('asking for a lost refund', () => {
  test.each([
    ['lookup-only', { mode: 'lookup-only', settleDelayMs: 5 * MINUTE_MS }],
    ['replay, after its window', { mode: 'replay', windowMs: 0, settleDelayMs: 5 * MINUTE_MS }],
  ] as const)('again and again does not keep its absence from becoming final (%s)', async (_mode, idempotency) => {
    const payment = await capture();
    wire.capabilities = { idempotency };
    wire.failures = lose(1);
    const lost = await refund(payment, randomUUID());
    const seen: string[] = [];
    for (let asked = 0; asked < 20; asked += 1) {
      gateway.clock.advance(20 * SECOND_MS);
      seen.push((await sync(lost.id)).status);
    }
    // Fourteen questions come before five minutes have passed since the send, and the fifteenth at five minutes.
    expect(seen.indexOf('ERROR')).toBe(14);
    expect(wire.sent).toHaveLength(1);
    expect((await readTransaction(payment.id)).refundedAmount).toBe('0');
  });

  test('where the provider guards against duplicates sends it once more, as soon as its absence is final', async () => {
    const payment = await capture();
    wire.capabilities = { idempotency: { mode: 'duplicate-guard', settleDelayMs: 10 * MINUTE_MS } };
    wire.failures = lose(1);
    const lost = await refund(payment, randomUUID());
    for (let asked = 0; asked < 39; asked += 1) {
      gateway.clock.advance(15 * SECOND_MS);
      await sync(lost.id);
    }
    expect(wire.sent).toHaveLength(1);
    gateway.clock.advance(15 * SECOND_MS);
    expect((await sync(lost.id)).status).toBe('SUCCEEDED');
    expect(wire.sent).toHaveLength(2);
  });

  test('does not delay the next automatic attempt', async () => {
    const payment = await capture();
    wire.failures = lose(8);
    wire.canTell = false;
    const lost = await refund(payment, randomUUID());
    for (let asked = 0; asked < 7; asked += 1) await sync(lost.id);
    await gateway.pass(4 * SECOND_MS);
    expect((await readTransaction(lost.id)).status).toBe('UNKNOWN');
    await gateway.pass(2 * SECOND_MS);
    expect((await readTransaction(lost.id)).status).toBe('SUCCEEDED');
  });

  test('returns the status that the question itself has brought', async () => {
    const payment = await capture();
    wire.failures = ['after'];
    const lost = await refund(payment, randomUUID());
    expect(lost.status).toBe('UNKNOWN');
    expect(await sync(lost.id)).toMatchObject({ id: lost.id, status: 'SUCCEEDED', providerCode: expect.any(String) });
  });

  test('that every repeat of is refused ends it, although each repeat is a send', async () => {
    const payment = await capture();
    wire.capabilities = { idempotency: { mode: 'replay', windowMs: DAY_MS, settleDelayMs: 5 * MINUTE_MS } };
    wire.failures = [...lose(1), ...Array.from({ length: 30 }, () => 'PROVIDER_AUTH' as const)];
    const lost = await refund(payment, randomUUID());
    for (let asked = 0; asked < 16; asked += 1) {
      gateway.clock.advance(20 * SECOND_MS);
      await sync(lost.id);
    }
    expect((await readTransaction(lost.id)).status).toBe('ERROR');
  });
});

describe('asking for a start whose answer is lost', () => {
  test('gives it up in time where keys do not replay', async () => {
    wire.capabilities = { idempotency: { mode: 'duplicate-guard', settleDelayMs: 10 * MINUTE_MS } };
    wire.failures = lose(500);
    const refused = await merchant.query(startText('PAYMENT'), startInput('PAYMENT'));
    const id = refused.errors[0]?.extensions.details?.['sessionId'] ?? '';
    for (let asked = 0; asked < 22; asked += 1) {
      gateway.clock.advance(30 * SECOND_MS);
      await merchant.query(verifyText('PAYMENT'), { by: { id } });
    }
    expect((await gateway.read(id)).status).toBe('ERROR');
  });
});

describe('verifying a session again and again', () => {
  test('does not keep it from ending when its time is over', async () => {
    const session = await start(merchant, 'PAYMENT');
    let asked = 0;
    wire.outcome = (outcome) => ({
      ...outcome,
      phase: 'authenticating',
      closedReason: null,
      // Another address each time, so that each answer is news.
      challengeUrl: `https://bank.example/${(asked += 1)}`,
      attempts: [{ ...SUCCEEDED, providerCode: 'waits', money: outcome.money, status: 'authenticating' }],
    });
    for (let step = 0; step < 12; step += 1) {
      gateway.clock.advance(4 * MINUTE_MS);
      await merchant.query(verifyText('PAYMENT'), { by: { id: session.id } });
      await gateway.app.jobs.runDue();
    }
    const { closingAs, status } = await gateway.database.client.session.findUniqueOrThrow({ where: { id: session.id } });
    const canceled = await gateway.database.client.operation.count({ where: { subjectId: session.id, kind: 'CANCEL' } });
    expect({ isEnding: closingAs !== null || status === 'EXPIRED', canceled }).toEqual({ isEnding: true, canceled: 1 });
  });
});

describe('the schedule of automatic attempts', () => {
  const created = new Date('2026-11-23T12:00:00Z');
  const at = (ageMs: number) => new Date(created.getTime() + ageMs);
  const dueAfter = (ageMs: number) => nextAttemptAt(created, at(ageMs)).getTime() - created.getTime();

  test('is 5 s, 30 s, 2 min and 10 min apart, then hourly, then daily', () => {
    const due: number[] = [];
    for (let ageMs = 0; due.length < 7; ageMs = dueAfter(ageMs)) due.push(dueAfter(ageMs));
    expect(due.map((ms) => ms / SECOND_MS)).toEqual([5, 35, 155, 755, 755 + 3600, 755 + 7200, 755 + 10_800]);
    const lateMs = 3 * DAY_MS;
    expect(dueAfter(dueAfter(lateMs)) - dueAfter(lateMs)).toBe(DAY_MS);
  });

  test('is always ahead, and never further than a day', () => {
    for (let ageMs = 0; ageMs < 3 * DAY_MS; ageMs += 7 * MINUTE_MS + 13) {
      expect(dueAfter(ageMs)).toBeGreaterThan(ageMs);
      expect(dueAfter(ageMs) - ageMs).toBeLessThanOrEqual(ageMs < DAY_MS ? HOUR_MS : DAY_MS);
    }
  });
});
