import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { type Data, paid, REFUND, start, type TestMerchant, verifyText } from '../support/gateway.ts';
import { openPatientGateway, type Wire, type WiredGateway } from './wire.ts';

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

const capture = async (): Promise<Data> => (await paid(gateway, merchant, { data: { amount: '1000' } })).transaction;
/** What no database stores, and no cleaning mends. */
const NO_DATE = new Date(Number.NaN);
const alertsOf = (where: { transactionId?: string; sessionId?: string }) =>
  gateway.database.client.event.findMany({ where: { ...where, isAlert: true }, select: { type: true } });

describe('an answer that the database does not take', () => {
  test('leaves the refund UNKNOWN, pauses like a lost one, and counts once it can be stored', async () => {
    const payment = await capture();
    wire.movement = (movement) => ({ ...movement, capturableUntil: NO_DATE });
    const refunded = await refund(payment, randomUUID());
    expect(refunded.status).toBe('UNKNOWN');
    await gateway.pass(4 * SECOND_MS);
    expect(wire.sent).toHaveLength(1);
    await gateway.pass(2 * SECOND_MS);
    expect(wire.sent).toHaveLength(2);
    await gateway.pass(20 * SECOND_MS);
    expect(wire.sent).toHaveLength(2);
    wire.movement = null;
    await gateway.pass(10 * SECOND_MS);
    expect((await readTransaction(refunded.id)).status).toBe('SUCCEEDED');
    expect((await readTransaction(payment.id)).refundedAmount).toBe('600');
  });

  test('does not hold up the operations beside it', async () => {
    const [first, second] = [await capture(), await capture()];
    wire.failures = ['UNKNOWN_OUTCOME', 'UNKNOWN_OUTCOME'];
    wire.canTell = false;
    const lost = await refund(first, randomUUID());
    gateway.clock.advance(SECOND_MS);
    const other = await refund(second, randomUUID());
    let count = 0;
    // The one that is answered first cannot be stored. The two run side by side, so it can be either.
    wire.movement = (movement) => ((count += 1) === 1 ? { ...movement, capturableUntil: NO_DATE } : movement);
    await gateway.pass(6 * SECOND_MS);
    const statuses = [(await readTransaction(lost.id)).status, (await readTransaction(other.id)).status];
    expect(statuses.sort()).toEqual(['SUCCEEDED', 'UNKNOWN']);
  });

  test('is parked with an alert when it comes again and again, its amount still claimed', async () => {
    const payment = await capture();
    wire.movement = (movement) => ({ ...movement, capturableUntil: NO_DATE });
    const refunded = await refund(payment, randomUUID());
    for (let hour = 0; hour < 24; hour += 1) await gateway.pass(HOUR_MS);
    const operation = await gateway.database.client.operation.findFirstOrThrow({ where: { subjectId: refunded.id } });
    expect(operation).toMatchObject({ state: 'PARKED', nextAttemptAt: null });
    const sent = wire.sent.length;
    await gateway.pass(DAY_MS);
    expect(wire.sent).toHaveLength(sent);
    expect(await alertsOf({ transactionId: refunded.id })).toEqual([{ type: 'operation.parked' }]);
    expect(await merchant.code(REFUND, { by: { id: payment.id }, amount: '500', key: randomUUID() })).toBe(
      'AMOUNT_EXCEEDS_AVAILABLE',
    );
  });
});

describe('a request that cannot be opened', () => {
  test('does not hold up the operations beside it, pauses, and is parked with an alert', async () => {
    const [first, second] = [await capture(), await capture()];
    wire.failures = ['UNKNOWN_OUTCOME', 'UNKNOWN_OUTCOME'];
    wire.canTell = false;
    const [lost, other] = [await refund(first, randomUUID()), await refund(second, randomUUID())];
    const { client } = gateway.database;
    await client.operation.updateMany({ where: { subjectId: lost.id }, data: { request: Buffer.from('other bytes') } });
    await gateway.pass(6 * SECOND_MS);
    expect((await readTransaction(other.id)).status).toBe('SUCCEEDED');
    for (let hour = 0; hour < 24; hour += 1) await gateway.pass(HOUR_MS);
    expect(await client.operation.findFirstOrThrow({ where: { subjectId: lost.id } })).toMatchObject({ state: 'PARKED' });
    expect((await alertsOf({ transactionId: lost.id })).map(({ type }) => type)).toContain('operation.parked');
  });
});

describe('a session whose look-up cannot be stored', () => {
  test('is looked at ever more rarely, holds up no other, and is parked with an alert', async () => {
    const [bad, good] = [await start(merchant, 'PAYMENT'), await start(merchant, 'PAYMENT')];
    let looks = 0;
    wire.outcome = (outcome) => {
      if (outcome.sessionId !== bad.id) return outcome;
      looks += 1;
      return { ...outcome, phase: 'processing', observedAt: NO_DATE };
    };
    await gateway.pass(31 * MINUTE_MS);
    expect((await gateway.read(good.id)).status).toBe('EXPIRED');
    expect(looks).toBe(1);
    for (let hour = 0; hour < 60; hour += 1) await gateway.pass(HOUR_MS);
    const { checkFailures, nextCheckAt } = await gateway.database.client.session.findUniqueOrThrow({ where: { id: bad.id } });
    expect({ checkFailures, nextCheckAt }).toEqual({ checkFailures: 40, nextCheckAt: null });
    expect(await alertsOf({ sessionId: bad.id })).toEqual([{ type: 'session.parked' }]);
    expect((await merchant.query(verifyText('PAYMENT'), { by: { id: bad.id } })).errors).toHaveLength(1);
  });
});
