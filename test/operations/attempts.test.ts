import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { addMs, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { ProviderFailure } from '../../src/providers/provider.ts';
import { type Data, paid, READ_TRANSACTION, REFUND, startInput, startText, type TestMerchant } from '../support/gateway.ts';
import { openPatientGateway, type Wire, type WiredGateway } from './wire.ts';

/** What one attempt at an operation does, and what it leaves for the next. */
let gateway: WiredGateway;
let merchant: TestMerchant;
let wire: Wire;
let refund: WiredGateway['refund'];

beforeAll(async () => {
  gateway = await openPatientGateway();
  ({ merchant, wire, refund } = gateway);
});
afterAll(() => gateway.close());
beforeEach(() => gateway.calm());

const capture = async (): Promise<Data> => (await paid(gateway, merchant, { data: { amount: '1000' } })).transaction;
const read = async (id: string): Promise<Data> => (await merchant.data(READ_TRANSACTION, { by: { id } })).transaction;
const operationOf = ({ id: subjectId }: Data) =>
  gateway.database.client.operation.findFirstOrThrow({ where: { subjectId }, orderBy: { createdAt: 'desc' } });
const change = (of: Data, data: Record<string, unknown>) =>
  gateway.database.client.operation.updateMany({ where: { subjectId: of.id }, data });
/** The operation of the refund that is on the wire. */
const changeOfParent = async (payment: Data, data: Record<string, unknown>) => {
  const where = { relatedTransactionId: payment.id };
  const child = await gateway.database.client.transaction.findFirstOrThrow({ where, orderBy: { createdAt: 'desc' } });
  await change(child, data);
};
const lookUps = (): (() => number) => {
  let count = 0;
  wire.onLookUp = async () => void (count += 1);
  return () => count;
};
const REPLAY = { mode: 'replay', windowMs: 60 * MINUTE_MS, settleDelayMs: 0 } as const;

describe('an attempt that', () => {
  test.each([
    [
      'was lost is UNKNOWN, sent when it was lost',
      'UNKNOWN_OUTCOME',
      { state: 'UNKNOWN', sentAfterMs: 1_000, dueAfterMs: 5_000 },
    ],
    [
      'did not leave is PENDING, not sent since it was recorded',
      'UNAVAILABLE',
      { state: 'PENDING', sentAfterMs: 0, dueAfterMs: 5_000 },
    ],
    ['cannot be is PARKED, sent and never due', 'PROGRAMMING_ERROR', { state: 'PARKED', sentAfterMs: 1_000, dueAfterMs: null }],
    ['is refused is DONE, not sent since', 'CONFLICT', { state: 'DONE', sentAfterMs: 0, dueAfterMs: null }],
  ] as const)('%s', async (_what, failure, { state, sentAfterMs, dueAfterMs }) => {
    const payment = await capture();
    const recordedAt = gateway.clock.now();
    wire.onSend = async () => gateway.clock.advance(SECOND_MS);
    wire.failures = [failure];
    const operation = await operationOf(await refund(payment, randomUUID()));
    expect(operation).toMatchObject({
      state,
      attempts: 1,
      lastFailure: `${failure}: test`,
      lastSentAt: addMs(recordedAt, sentAfterMs),
      nextAttemptAt: dueAfterMs === null ? null : addMs(recordedAt, dueAfterMs),
      leaseUntil: null,
      storeFailures: 0,
    });
  });

  test('breaks off without a reason is UNKNOWN without one', async () => {
    const payment = await capture();
    wire.onSend = () => Promise.reject(new Error('The wire broke.'));
    expect(await operationOf(await refund(payment, randomUUID()))).toMatchObject({
      state: 'UNKNOWN',
      lastFailure: 'UNKNOWN_OUTCOME',
    });
  });

  test('is answered once it was closed by someone else counts all the same', async () => {
    const payment = await capture();
    wire.onSend = () => changeOfParent(payment, { state: 'DONE', request: null });
    expect((await refund(payment, randomUUID())).status).toBe('SUCCEEDED');
  });

  test('is refused once it was closed by someone else changes nothing', async () => {
    const payment = await capture();
    wire.onSend = () => changeOfParent(payment, { state: 'DONE', request: null });
    wire.failures = ['CONFLICT'];
    expect((await refund(payment, randomUUID())).status).toBe('PENDING');
  });

  test('is lost once another process has taken the operation leaves it to that one', async () => {
    const payment = await capture();
    const leaseUntil = addMs(gateway.clock.now(), MINUTE_MS);
    wire.onSend = () => changeOfParent(payment, { leaseOwner: 'other', leaseUntil });
    wire.failures = ['PROGRAMMING_ERROR'];
    const lost = await refund(payment, randomUUID());
    expect(lost.status).toBe('PENDING');
    expect(await operationOf(lost)).toMatchObject({ state: 'PENDING', leaseOwner: 'other', leaseUntil });
    expect(await gateway.database.client.event.count({ where: { transactionId: lost.id, isAlert: true } })).toBe(0);
  });

  test('cannot be made, because the account cannot be read, leaves the operation as it was, and is logged', async () => {
    const payment = await capture();
    const accounts = gateway.app.deps.accounts as { get: unknown };
    const { get } = accounts;
    accounts.get = () => Promise.reject(new Error('Unreadable.'));
    const waiting = await refund(payment, randomUUID());
    accounts.get = get;
    const operation = await operationOf(waiting);
    expect([waiting.status, operation.state, operation.lastFailure]).toEqual([
      'PENDING',
      'PENDING',
      'UNAVAILABLE: gateway_error',
    ]);
    const line = gateway.logLines.find((text) => text.includes('could not be attempted') && text.includes(operation.id));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ kind: 'REFUND', operationId: operation.id });
    await gateway.pass(6 * SECOND_MS);
    expect((await read(waiting.id)).status).toBe('SUCCEEDED');
  });
});

describe('a process that stood still after it had recorded a refund', () => {
  /** Lets time pass between the record and the call. */
  async function refundAfter(pauseMs: number): Promise<Data> {
    const payment = await capture();
    const accounts = gateway.app.deps.accounts as { get: (...args: unknown[]) => Promise<unknown> };
    const { get } = accounts;
    accounts.get = (...args) => {
      gateway.clock.advance(pauseMs);
      accounts.get = get;
      return get(...args);
    };
    return refund(payment, randomUUID());
  }

  test('sends it while its lease holds', async () => {
    const { operationLeaseMs } = gateway.app.deps.settings;
    expect((await refundAfter(operationLeaseMs - 1)).status).toBe('SUCCEEDED');
  });

  // Another process may have found by then that the provider never received it.
  test('sends nothing once its lease has run out', async () => {
    let sends = 0;
    wire.onSend = async () => void (sends += 1);
    const waiting = await refundAfter(gateway.app.deps.settings.operationLeaseMs);
    expect(sends).toBe(0);
    expect(waiting.status).toBe('UNKNOWN');
    expect((await operationOf(waiting)).lastFailure).toBe('UNKNOWN_OUTCOME: lease_lost');
  });
});

describe('the next attempt at a lost refund', () => {
  async function lose(
    capabilities: Wire['capabilities'] = { idempotency: REPLAY },
  ): Promise<{ key: string; payment: Data; lost: Data }> {
    const [payment, key] = [await capture(), randomUUID()];
    wire.capabilities = capabilities;
    wire.failures = ['UNKNOWN_OUTCOME'];
    const lost = await refund(payment, key);
    expect(lost.status).toBe('UNKNOWN');
    return { payment, key, lost };
  }

  test('that is lost as well asks for the first one, and leaves UNKNOWN what is not there', async () => {
    const { payment, key } = await lose();
    const asked = lookUps();
    wire.failures = ['UNKNOWN_OUTCOME'];
    const again = await refund(payment, key);
    expect([again.status, wire.sent.length, asked()]).toEqual(['UNKNOWN', 2, 1]);
    expect((await operationOf(again)).lastFailure).toBe('UNKNOWN_OUTCOME: test');
  });

  test('that is lost as well finds what the first one did', async () => {
    const [payment, key] = [await capture(), randomUUID()];
    wire.capabilities = { idempotency: REPLAY };
    wire.failures = ['after'];
    await refund(payment, key);
    wire.failures = ['UNKNOWN_OUTCOME'];
    expect((await refund(payment, key)).status).toBe('SUCCEEDED');
    expect(wire.sent).toHaveLength(2);
  });

  test('that is refused finds what the first one did', async () => {
    const [payment, key] = [await capture(), randomUUID()];
    wire.capabilities = { idempotency: REPLAY };
    wire.failures = ['after'];
    await refund(payment, key);
    wire.failures = ['CONFLICT'];
    expect((await refund(payment, key)).status).toBe('SUCCEEDED');
  });

  test('that is refused ends it for the reason of the refusal, where the first one is not there', async () => {
    const { payment, key, lost } = await lose();
    wire.failures = ['CONFLICT'];
    expect(await refund(payment, key)).toMatchObject({ id: lost.id, status: 'ERROR', failureCode: 'test' });
    expect((await operationOf(lost)).lastFailure).toBe('CONFLICT: test');
  });

  test('that is refused leaves it UNKNOWN where nobody can tell what the first one did', async () => {
    const { payment, key } = await lose();
    wire.canTell = false;
    wire.failures = ['CONFLICT'];
    expect((await refund(payment, key)).status).toBe('UNKNOWN');
  });

  test('that did not leave asks for nothing, and leaves UNKNOWN what was', async () => {
    const { payment, key, lost } = await lose();
    const asked = lookUps();
    wire.failures = ['UNAVAILABLE'];
    expect((await refund(payment, key)).status).toBe('UNKNOWN');
    expect(asked()).toBe(0);
    expect(await operationOf(lost)).toMatchObject({ state: 'UNKNOWN', attempts: 2 });
  });

  test('asks for nothing where it is answered', async () => {
    const { payment, key } = await lose();
    const asked = lookUps();
    expect((await refund(payment, key)).status).toBe('SUCCEEDED');
    expect(asked()).toBe(0);
  });

  test('leaves it UNKNOWN where the look-up fails, and says why', async () => {
    const { payment, key, lost } = await lose({ idempotency: { mode: 'lookup-only', settleDelayMs: 0 } });
    wire.onLookUp = () => Promise.reject(new ProviderFailure('UNAVAILABLE', 'Away.', 'away'));
    expect((await refund(payment, key)).status).toBe('UNKNOWN');
    expect(await operationOf(lost)).toMatchObject({ state: 'UNKNOWN', lastFailure: 'UNAVAILABLE: away' });
    wire.onLookUp = null;
    wire.canTell = false;
    expect((await refund(payment, key)).status).toBe('UNKNOWN');
    expect((await operationOf(lost)).lastFailure).toBe('UNKNOWN_OUTCOME: cannot-tell');
  });

  test('ends it where it was never received, and leaves it UNKNOWN while that may be too early to say', async () => {
    const { payment, key, lost } = await lose({ idempotency: { mode: 'lookup-only', settleDelayMs: MINUTE_MS } });
    expect((await refund(payment, key)).status).toBe('UNKNOWN');
    expect((await operationOf(lost)).lastFailure).toBe('UNKNOWN_OUTCOME: absent');
    gateway.clock.advance(MINUTE_MS);
    expect(await refund(payment, key)).toMatchObject({ status: 'ERROR', failureCode: 'absent' });
    expect((await operationOf(lost)).lastFailure).toBe('NOT_FOUND: absent');
    expect(wire.sent).toHaveLength(1);
  });

  test('sends nothing where another process has taken the operation while it was looked up', async () => {
    const { payment, key, lost } = await lose({ idempotency: { mode: 'duplicate-guard', settleDelayMs: 0 } });
    const leaseUntil = addMs(gateway.clock.now(), MINUTE_MS);
    wire.onLookUp = () => change(lost, { leaseOwner: 'other', leaseUntil });
    expect((await refund(payment, key)).status).toBe('UNKNOWN');
    expect(wire.sent).toHaveLength(1);
    expect(await operationOf(lost)).toMatchObject({ leaseOwner: 'other', leaseUntil, lastFailure: 'UNKNOWN_OUTCOME: test' });
  });

  test('is made by a caller at the moment at which the lease of a vanished process ends', async () => {
    const { payment, key, lost } = await lose();
    await change(lost, { leaseOwner: 'vanished', leaseUntil: gateway.clock.now() });
    expect((await refund(payment, key)).status).toBe('SUCCEEDED');
  });

  test('is not made by a caller once it is left to an operator', async () => {
    const { payment, key, lost } = await lose();
    await change(lost, { state: 'PARKED' });
    expect((await refund(payment, key)).status).toBe('UNKNOWN');
    expect(wire.sent).toHaveLength(1);
  });
});

describe('an outcome that cannot be stored', () => {
  /** The coming transactions of the database that fail. */
  function failTransactions(times: number): void {
    const { database } = gateway.app.deps;
    const { inTransaction } = database;
    let left = times;
    const failing: typeof inTransaction = async (...work) => {
      if (left <= 0) (database as { inTransaction: unknown }).inTransaction = inTransaction;
      else {
        left -= 1;
        throw new Error('The disk is full.');
      }
      return inTransaction(...work);
    };
    (database as { inTransaction: unknown }).inTransaction = failing;
  }

  test('and is a refusal leaves the operation PENDING, and is made again', async () => {
    const [payment, key] = [await capture(), randomUUID()];
    wire.failures = ['CONFLICT'];
    failTransactions(1);
    const waiting = await refund(payment, key);
    const operation = await operationOf(waiting);
    expect(waiting.status).toBe('PENDING');
    expect(operation).toMatchObject({ state: 'PENDING', lastFailure: 'PROGRAMMING_ERROR: not_storable', storeFailures: 1 });
    const line = gateway.logLines.find((text) => text.includes('could not be stored') && text.includes(operation.id));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ kind: 'REFUND', operationId: operation.id });
    wire.failures = ['CONFLICT'];
    expect((await refund(payment, key)).status).toBe('ERROR');
  });

  test('and is a loss leaves the operation UNKNOWN', async () => {
    const [payment, key] = [await capture(), randomUUID()];
    wire.failures = ['UNKNOWN_OUTCOME'];
    failTransactions(1);
    const lost = await refund(payment, key);
    expect(lost.status).toBe('UNKNOWN');
    expect(await operationOf(lost)).toMatchObject({ state: 'UNKNOWN', lastFailure: 'PROGRAMMING_ERROR: not_storable' });
    wire.failures = ['UNKNOWN_OUTCOME'];
    wire.canTell = false;
    expect((await refund(payment, key)).status).toBe('UNKNOWN');
    // It could be stored this time.
    expect(await operationOf(lost)).toMatchObject({ attempts: 2, storeFailures: 0 });
  });

  test('because the database is away is recorded at its return, without another call', async () => {
    const payment = await capture();
    wire.failures = ['CONFLICT'];
    failTransactions(3);
    const { errors } = await merchant.query(REFUND, { by: { id: payment.id }, key: randomUUID() });
    expect(errors[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
    const where = { relatedTransactionId: payment.id };
    const statusOf = async () => (await gateway.database.client.transaction.findFirstOrThrow({ where })).status;
    expect(await statusOf()).toBe('PENDING');
    await vi.waitFor(async () => expect(await statusOf()).toBe('ERROR'), { timeout: 15_000 });
    expect(wire.sent).toHaveLength(1);
  });
});

test('callers who wait for the same start learn what became of it, and do not send it again', async () => {
  wire.watched = 'START';
  wire.canTell = false;
  const input = startInput('PAYMENT');
  let release = () => {};
  const isHeld = new Promise<void>((resolve) => {
    release = resolve;
  });
  wire.onSend = () => isHeld;
  wire.failures = ['UNAVAILABLE'];
  const first = merchant.query(startText('PAYMENT'), input);
  await vi.waitFor(() => expect(wire.sent).toHaveLength(1));
  const others = Array.from({ length: 4 }, () => merchant.query(startText('PAYMENT'), input));
  // Each of them looks at it, waits for a moment and looks again.
  const database = gateway.app.deps.database as { client: object };
  const { client } = database;
  let reads = 0;
  const count = (name: string | symbol) => void (reads += name === '$queryRaw' ? 1 : 0);
  database.client = new Proxy(client, { get: (target, name) => count(name) ?? Reflect.get(target, name) });
  await vi.waitFor(() => expect(reads).toBeGreaterThan(20), { timeout: 10_000 });
  database.client = client;
  release();
  const answers = await Promise.all([first, ...others]);
  expect(new Set(answers.map(({ errors }) => errors[0]?.extensions.code))).toEqual(new Set(['PROVIDER_UNAVAILABLE']));
  expect(wire.sent).toHaveLength(1);
});
