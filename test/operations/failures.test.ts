import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { listOperations, resolveOperation } from '../../src/operations/operator.ts';
import { type Data, paid, READ_SESSION, REFUND, startInput, startText, type TestMerchant, verify } from '../support/gateway.ts';
import { openWiredGateway, type Wire, type WiredGateway } from './wire.ts';

let gateway: WiredGateway;
let merchant: TestMerchant;
let wire: Wire;
let read: WiredGateway['read'];
let readTransaction: WiredGateway['readTransaction'];
let refund: WiredGateway['refund'];

beforeAll(async () => {
  gateway = await openWiredGateway();
  ({ merchant, wire, read, readTransaction, refund } = gateway);
});
afterAll(() => gateway.close());
beforeEach(() => gateway.calm());

const refuseStart = async (input: Record<string, unknown>) => {
  const { errors } = await merchant.query(startText('PAYMENT'), input);
  expect(errors).toHaveLength(1);
  return { code: errors[0]?.extensions.code, sessionId: errors[0]?.extensions.details?.['sessionId'] ?? '' };
};

describe('a start that the provider does not answer', () => {
  test('is asked again with the stored request and the same key', async () => {
    wire.watched = 'START';
    wire.failures = ['after', 'UNKNOWN_OUTCOME'];
    const { session } = await merchant.data(startText('PAYMENT'), startInput('PAYMENT'));
    expect(session.status).toBe('PENDING');
    expect(wire.sent.length).toBeGreaterThan(1);
    expect(new Set(wire.sent).size).toBe(1);
  });

  test('leaves an UNKNOWN session that the same start resumes', async () => {
    const input = startInput('PAYMENT');
    wire.failures = ['UNKNOWN_OUTCOME', 'UNKNOWN_OUTCOME', 'UNKNOWN_OUTCOME'];
    wire.canTell = false;
    const refused = await refuseStart(input);
    expect(refused.code).toBe('PROVIDER_OUTCOME_UNKNOWN');
    expect(await read(refused.sessionId)).toMatchObject({ status: 'UNKNOWN', action: 'WAIT' });
    expect((await merchant.data(startText('PAYMENT'), input)).session).toMatchObject({
      id: refused.sessionId,
      status: 'PENDING',
    });
  });

  test('is asked about ever more rarely once its session is over', async () => {
    wire.watched = 'START';
    wire.canTell = false;
    wire.failures = Array.from({ length: 500 }, () => 'UNKNOWN_OUTCOME');
    const { sessionId } = await refuseStart(startInput('PAYMENT'));
    await gateway.pass(HOUR_MS);
    const sentInTime = wire.sent.length;
    for (let hour = 0; hour < 6; hour += 1) await gateway.pass(HOUR_MS);
    expect(wire.sent.length - sentInTime).toBeLessThanOrEqual(12);
    wire.failures = [];
    await gateway.pass(HOUR_MS);
    expect((await read(sessionId)).status).not.toBe('UNKNOWN');
  });

  test('is not waited for beyond the deadline', async () => {
    const input = startInput('PAYMENT');
    wire.failures = ['hang', 'hang', 'hang'];
    wire.canTell = false;
    const refused = await refuseStart(input);
    expect(refused.code).toBe('PROVIDER_OUTCOME_UNKNOWN');
    // Three attempts were made while the caller waited, so the next pause is the third: 2 min.
    await gateway.pass(2 * MINUTE_MS);
    expect((await read(refused.sessionId)).status).toBe('PENDING');
  });

  test('that certainly did not act leaves a PENDING session that the reconciler opens', async () => {
    const input = startInput('PAYMENT');
    wire.failures = ['UNAVAILABLE'];
    const refused = await refuseStart(input);
    expect(refused.code).toBe('PROVIDER_UNAVAILABLE');
    expect(await read(refused.sessionId)).toMatchObject({ status: 'PENDING', action: 'WAIT', providerCode: null });
    await gateway.pass(6 * SECOND_MS);
    expect(await read(refused.sessionId)).toMatchObject({ status: 'PENDING', action: 'COLLECT_PAYMENT_METHOD' });
  });

  test('and never reached the provider expires without being opened any more', async () => {
    const input = startInput('PAYMENT');
    wire.watched = 'START';
    wire.failures = Array.from({ length: 50 }, () => 'UNAVAILABLE' as const);
    const refused = await refuseStart(input);
    await gateway.pass(31 * MINUTE_MS);
    await gateway.pass(MINUTE_MS);
    expect((await read(refused.sessionId)).status).toBe('EXPIRED');
    const attempts = wire.sent.length;
    await gateway.pass(DAY_MS);
    expect(wire.sent).toHaveLength(attempts);
    expect((await verify(merchant, 'PAYMENT', refused.sessionId)).status).toBe('EXPIRED');
    const operation = await gateway.database.client.operation.findFirstOrThrow({ where: { subjectId: refused.sessionId } });
    expect(operation).toMatchObject({ state: 'DONE', request: null });
  });

  test('that is refused ends in ERROR and frees its code', async () => {
    const input = startInput('PAYMENT');
    wire.failures = ['PROVIDER_AUTH'];
    const refused = await refuseStart(input);
    expect(refused.code).toBe('PROVIDER_REJECTED');
    expect(await read(refused.sessionId)).toMatchObject({ status: 'ERROR', providerError: 'test' });
    const { session } = await merchant.data(startText('PAYMENT'), input);
    expect(session.id).not.toBe(refused.sessionId);
    const { merchantInternalTransactionCode } = session;
    expect((await merchant.data(READ_SESSION, { by: { merchantInternalTransactionCode } })).clientSession.id).toBe(session.id);
  });
});

describe('an unknown refund', () => {
  const capture = async (): Promise<Data> => (await paid(gateway, merchant, { data: { amount: '1000' } })).transaction;

  test('is tried again after 5 s, 30 s, 2 min and 10 min with one key', async () => {
    const payment = await capture();
    wire.sent = [];
    wire.failures = ['UNKNOWN_OUTCOME', 'UNKNOWN_OUTCOME', 'UNKNOWN_OUTCOME', 'UNKNOWN_OUTCOME'];
    wire.canTell = false;
    const lost = await refund(payment, randomUUID());
    expect(lost.status).toBe('UNKNOWN');
    for (const [pauseMs, attempts] of [
      [4 * SECOND_MS, 1],
      [2 * SECOND_MS, 2],
      [31 * SECOND_MS, 3],
      [2 * MINUTE_MS + SECOND_MS, 4],
    ] as const) {
      await gateway.pass(pauseMs);
      expect(wire.sent).toHaveLength(attempts);
    }
    await gateway.pass(10 * MINUTE_MS + SECOND_MS);
    expect((await readTransaction(lost.id)).status).toBe('SUCCEEDED');
    expect(new Set(wire.sent).size).toBe(1);
  });

  test('is only looked up once the provider’s key window is nearly over', async () => {
    const payment = await capture();
    wire.failures = ['after'];
    wire.canTell = false;
    const lost = await refund(payment, randomUUID());
    wire.failures = Array.from({ length: 100 }, () => 'UNKNOWN_OUTCOME' as const);
    await gateway.pass(20 * HOUR_MS);
    const sentBefore = wire.sent.length;
    await gateway.pass(2 * HOUR_MS);
    expect(wire.sent).toHaveLength(sentBefore);
    wire.canTell = true;
    await gateway.pass(25 * HOUR_MS);
    expect(wire.sent).toHaveLength(sentBefore);
    expect((await readTransaction(lost.id)).status).toBe('SUCCEEDED');
  });

  test('is looked up first where a provider does not replay keys, and never sent twice', async () => {
    wire.capabilities = { idempotency: { mode: 'lookup-only', settleDelayMs: 0 } };
    const payment = await capture();
    wire.sent = [];
    wire.failures = ['after'];
    const lost = await refund(payment, randomUUID());
    expect(lost.status).toBe('UNKNOWN');
    await gateway.pass(6 * SECOND_MS);
    expect((await readTransaction(lost.id)).status).toBe('SUCCEEDED');
    expect(wire.sent).toHaveLength(1);
  });

  test.each([
    [true, 'SUCCEEDED', '600'],
    [false, 'ERROR', '0'],
  ] as const)('that the provider calls impossible waits for an operator (executed: %s)', async (executed, status, refunded) => {
    const payment = await capture();
    wire.failures = ['PROGRAMMING_ERROR'];
    const lost = await refund(payment, randomUUID());
    expect(lost.status).toBe('UNKNOWN');
    await gateway.pass(DAY_MS);
    const parked = (await listOperations(gateway.app.deps)).find((operation) => operation.subjectId === lost.id);
    expect(parked?.state).toBe('PARKED');
    const resolution = executed ? ({ executed, providerCode: 'exm_mov_found' } as const) : ({ executed } as const);
    expect(await resolveOperation(gateway.app.deps, parked?.id ?? '', resolution)).toBe('resolved');
    expect((await readTransaction(lost.id)).status).toBe(status);
    expect((await readTransaction(payment.id)).refundedAmount).toBe(refunded);
    expect(await resolveOperation(gateway.app.deps, parked?.id ?? '', resolution)).toBe('not-found');
  });

  test('is left to an operator after 30 days, its amount still claimed', async () => {
    const payment = await capture();
    wire.failures = Array.from({ length: 200 }, () => 'UNKNOWN_OUTCOME' as const);
    wire.canTell = false;
    const lost = await refund(payment, randomUUID());
    for (let day = 0; day < 32; day += 1) await gateway.pass(DAY_MS);
    const parked = (await listOperations(gateway.app.deps)).find((operation) => operation.subjectId === lost.id);
    expect(parked?.state).toBe('PARKED');
    expect(await merchant.code(REFUND, { by: { id: payment.id }, amount: '500', key: randomUUID() })).toBe(
      'AMOUNT_EXCEEDS_AVAILABLE',
    );
  });
});

describe('an operation that an operator looks at', () => {
  test('is not resolved while an attempt is under way, and its answer counts', async () => {
    const payment = (await paid(gateway, merchant, { data: { amount: '1000' } })).transaction;
    let onWire: Promise<unknown> = Promise.resolve();
    wire.failures = ['UNKNOWN_OUTCOME'];
    wire.canTell = false;
    const lost = await refund(payment, randomUUID());
    const unsettled = (await listOperations(gateway.app.deps)).find((operation) => operation.subjectId === lost.id);
    wire.onSend = () => {
      onWire = resolveOperation(gateway.app.deps, unsettled?.id ?? '', { executed: false });
      return onWire;
    };
    await gateway.pass(6 * SECOND_MS);
    expect(await onWire).toBe('busy');
    expect((await readTransaction(lost.id)).status).toBe('SUCCEEDED');
    expect((await readTransaction(payment.id)).refundedAmount).toBe('600');
  });

  test('can be a start that the provider called impossible: its code is free again', async () => {
    const input = startInput('PAYMENT');
    wire.failures = ['PROGRAMMING_ERROR'];
    const refused = await refuseStart(input);
    expect(refused.code).toBe('PROVIDER_OUTCOME_UNKNOWN');
    const parked = (await listOperations(gateway.app.deps)).find((operation) => operation.subjectId === refused.sessionId);
    expect(await resolveOperation(gateway.app.deps, parked?.id ?? '', { executed: true, providerCode: 'x' })).toBe(
      'not-resolvable',
    );
    expect(await resolveOperation(gateway.app.deps, parked?.id ?? '', { executed: false })).toBe('resolved');
    expect((await read(refused.sessionId)).status).toBe('ERROR');
    expect((await merchant.data(startText('PAYMENT'), input)).session.status).toBe('PENDING');
  });
});
