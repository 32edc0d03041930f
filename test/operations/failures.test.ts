import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { listOperations, resolveOperation } from '../../src/operations/operator.ts';
import {
  type Capabilities,
  type EffectKind,
  type FailureCategory,
  type Movement,
  type Provider,
  ProviderFailure,
  type RefundRequest,
  type SessionOutcome,
} from '../../src/providers/provider.ts';
import {
  CARDS,
  confirm,
  type Data,
  type Gateway,
  openGateway,
  paid,
  READ_SESSION,
  READ_TRANSACTION,
  REFUND,
  start,
  startInput,
  startText,
  type TestMerchant,
  verify,
  verifyText,
} from '../support/gateway.ts';

const SUCCEEDED: Movement = {
  providerCode: 'exm_mov_faked',
  status: 'succeeded',
  money: null,
  decline: null,
  failureCode: null,
  card: null,
  storedMethod: null,
  hold: null,
  capturableUntil: null,
};

/** EXAMPLE with a hand on its wire: what a test puts here happens to the next calls. */
interface Wire {
  /** Failures of coming sends, in order; `after` lets the bank act first. */
  failures: (FailureCategory | 'after' | 'hang')[];
  /** What each send carried, and for what. */
  sent: string[];
  watched: EffectKind;
  outcome: ((outcome: SessionOutcome) => SessionOutcome) | null;
  capabilities: Partial<Capabilities>;
  canTell: boolean;
  /** Runs while a watched call is under way. */
  onSend: (() => Promise<unknown>) | null;
  movement: ((movement: Movement) => Movement) | null;
  /** Refunds succeed without the bank's knowledge. */
  isFaked: boolean;
}

const STILL: Omit<Wire, 'failures' | 'sent'> = {
  watched: 'REFUND',
  outcome: null,
  capabilities: {},
  canTell: true,
  onSend: null,
  movement: null,
  isFaked: false,
};
const wire: Wire = { ...STILL, failures: [], sent: [] };
let gateway: Gateway;
let merchant: TestMerchant;

function tamper(provider: Provider): Provider {
  return {
    ...provider,
    get capabilities() {
      return { ...provider.capabilities, ...wire.capabilities };
    },
    async send(kind, call, request) {
      if (kind === wire.watched) {
        wire.sent.push(
          JSON.stringify([call.idempotencyKey, request], (_key, value) => (typeof value === 'bigint' ? `${value}` : value)),
        );
      }
      const failure = wire.failures.shift();
      if (failure === 'hang') return new Promise(() => {});
      if (failure !== undefined && failure !== 'after') throw new ProviderFailure(failure, 'The wire was cut.', 'test');
      if (kind === wire.watched) await wire.onSend?.();
      if (kind === 'REFUND' && wire.isFaked) return { ...SUCCEEDED, money: (request as RefundRequest).money } as never;
      const answer = await provider.send(kind, call, request);
      if (kind === 'REFUND' && wire.movement !== null && failure === undefined) return wire.movement(answer as Movement) as never;
      if (failure === 'after') throw new ProviderFailure('UNKNOWN_OUTCOME', 'The answer was lost.', 'test');
      return answer;
    },
    findByOperation: async (kind, call, request) =>
      wire.canTell ? provider.findByOperation(kind, call, request) : 'cannot-tell',
    async fetchSession(call, session) {
      const outcome = await provider.fetchSession(call, session);
      return wire.outcome === null ? outcome : wire.outcome(outcome);
    },
  };
}

beforeAll(async () => {
  gateway = await openGateway({ wrapProvider: tamper, config: { providerDeadlineMs: 200 } });
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());
beforeEach(() => {
  Object.assign(wire, STILL, { failures: [], sent: [] });
});

const read = async (id: string): Promise<Data> => (await merchant.data(READ_SESSION, { by: { id } })).clientSession;
const readTransaction = async (id: string): Promise<Data> => (await merchant.data(READ_TRANSACTION, { by: { id } })).transaction;
const refuseStart = async (input: Record<string, unknown>) => {
  const { errors } = await merchant.query(startText('PAYMENT'), input);
  expect(errors).toHaveLength(1);
  return { code: errors[0]?.extensions.code, sessionId: errors[0]?.extensions.details?.['sessionId'] ?? '' };
};
const refund = async (payment: Data, key: string): Promise<Data> =>
  (await merchant.data(REFUND, { by: { id: payment.id }, amount: '600', key })).transaction;

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
    const [unsettled] = (await listOperations(gateway.app.deps)).filter((operation) => operation.subjectId === lost.id);
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
    const [parked] = (await listOperations(gateway.app.deps)).filter((operation) => operation.subjectId === refused.sessionId);
    expect(await resolveOperation(gateway.app.deps, parked?.id ?? '', { executed: true, providerCode: 'x' })).toBe(
      'not-resolvable',
    );
    expect(await resolveOperation(gateway.app.deps, parked?.id ?? '', { executed: false })).toBe('resolved');
    expect((await read(refused.sessionId)).status).toBe('ERROR');
    expect((await merchant.data(startText('PAYMENT'), input)).session.status).toBe('PENDING');
  });
});

describe('an answer that cannot be used', () => {
  test('of a refund leaves UNKNOWN with an alert, and is asked about until it can be read', async () => {
    const payment = (await paid(gateway, merchant, { data: { amount: '1000' } })).transaction;
    wire.movement = (movement) => ({ ...movement, status: 'unknown' });
    const unclear = await refund(payment, randomUUID());
    expect(unclear.status).toBe('UNKNOWN');
    const alerts = await gateway.database.client.event.count({ where: { transactionId: unclear.id, isAlert: true } });
    expect(alerts).toBe(1);
    wire.movement = null;
    await gateway.pass(MINUTE_MS);
    expect((await readTransaction(unclear.id)).status).toBe('SUCCEEDED');
  });

  test('that says absent too early is no proof that nothing was done', async () => {
    wire.capabilities = { idempotency: { mode: 'lookup-only', settleDelayMs: MINUTE_MS } };
    const payment = (await paid(gateway, merchant, { data: { amount: '1000' } })).transaction;
    wire.failures = ['UNKNOWN_OUTCOME'];
    const lost = await refund(payment, randomUUID());
    await gateway.pass(6 * SECOND_MS);
    expect((await readTransaction(lost.id)).status).toBe('UNKNOWN');
    await gateway.pass(HOUR_MS);
    await gateway.pass(HOUR_MS);
    expect((await readTransaction(lost.id)).status).toBe('ERROR');
  });

  test('of a refund that was given up is an alert, also when its amount was refunded again meanwhile', async () => {
    const payment = (await paid(gateway, merchant, { data: { amount: '1000' } })).transaction;
    wire.movement = (movement) => ({ ...movement, status: 'failed' });
    const first = await refund(payment, randomUUID());
    expect(first.status).toBe('FAILED');
    wire.movement = null;
    wire.isFaked = true;
    expect((await refund(payment, randomUUID())).status).toBe('SUCCEEDED');
    const sync = 'mutation Sync($by: TransactionSelector!) { syncTransaction(by: $by) { status } }';
    expect((await merchant.data(sync, { by: { id: first.id } })).syncTransaction.status).toBe('SUCCEEDED');
    expect((await readTransaction(payment.id)).refundedAmount).toBe('1000');
    expect(await gateway.database.client.event.count({ where: { transactionId: first.id, isAlert: true } })).toBe(1);
  });
});

describe('news that does not fit', () => {
  test('of another amount puts the session in ERROR with an alert, and no money is believed', async () => {
    const session = await start(merchant, 'PAYMENT');
    await confirm(gateway.app, session.token, CARDS.approve);
    wire.outcome = (outcome) => ({ ...outcome, money: { amountMinor: 1n, currency: 'USD' } });
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('ERROR');
    const { status, events } = await read(session.id);
    expect(status).toBe('ERROR');
    expect(events.filter((event: Data) => event.isAlert).map((event: Data) => event.type)).toEqual(['session.mismatched']);
  });

  test('of a phase that the adapter does not know makes the session UNKNOWN, and a later look leads it out', async () => {
    const session = await start(merchant, 'PAYMENT');
    wire.outcome = (outcome) => ({ ...outcome, phase: 'unknown' });
    expect(await merchant.code(verifyText('PAYMENT'), { by: { id: session.id } })).toBe('PROVIDER_OUTCOME_UNKNOWN');
    wire.outcome = null;
    await confirm(gateway.app, session.token, CARDS.approve);
    await gateway.pass(HOUR_MS);
    expect((await read(session.id)).status).toBe('COMPLETED');
  });

  test('of money after the session had expired completes it, with an alert', async () => {
    const session = await start(merchant, 'PAYMENT');
    const before: { outcome: SessionOutcome | null } = { outcome: null };
    wire.outcome = (outcome) => {
      before.outcome ??= outcome;
      return { ...before.outcome, phase: 'closed', closedReason: 'expired' };
    };
    await gateway.pass(HOUR_MS);
    expect((await read(session.id)).status).toBe('EXPIRED');
    wire.outcome = (outcome) => ({ ...outcome, phase: 'succeeded', closedReason: null, attempts: [succeeded(outcome)] });
    await merchant.query('mutation Sync($by: TransactionSelector!) { syncTransaction(by: $by) { id } }', {
      by: { id: (await verify(merchant, 'PAYMENT', session.id)).id },
    });
    const { status, events } = await read(session.id);
    expect(status).toBe('COMPLETED');
    expect(events.at(-1)).toMatchObject({ type: 'session.completed', isAlert: true });
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });

  test('of a second success is a second transaction and an alert', async () => {
    const session = await start(merchant, 'PAYMENT');
    wire.outcome = (outcome) => ({
      ...outcome,
      phase: 'succeeded',
      attempts: [succeeded(outcome), { ...succeeded(outcome), providerCode: 'exm_mov_second' }],
    });
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
    const { transactions, events } = await read(session.id);
    expect(transactions).toHaveLength(2);
    expect(events.some((event: Data) => event.type === 'session.paid_twice' && event.isAlert)).toBe(true);
  });

  const succeeded = (outcome: SessionOutcome): Movement => ({
    ...SUCCEEDED,
    providerCode: `${outcome.providerCode}_late`,
    money: outcome.money,
  });
});

describe('a provider that will not cancel', () => {
  test('is not asked again without a pause', async () => {
    const session = await start(merchant, 'PAYMENT');
    wire.watched = 'CANCEL';
    wire.failures = Array.from({ length: 60 }, () => 'CONFLICT' as const);
    wire.outcome = (outcome) => ({ ...outcome, phase: 'awaiting', closedReason: null });
    await gateway.pass(31 * MINUTE_MS);
    expect(wire.sent).toHaveLength(1);
    wire.failures = [];
    wire.outcome = null;
    await gateway.pass(10 * MINUTE_MS);
    expect((await read(session.id)).status).toBe('EXPIRED');
  });
});

describe('a provider without a cancel call', () => {
  test('has its token withdrawn first, and the session ends when that has run out', async () => {
    wire.capabilities = { effects: ['START', 'SETTLE', 'VOID', 'REFUND', 'CHARGE'] };
    const session = await start(merchant, 'PAYMENT');
    wire.outcome = (outcome) => ({ ...outcome, phase: 'awaiting', closedReason: null });
    const cancel = 'mutation Cancel($by: ClientSessionSelector!) { cancelClientSession(by: $by) { status action } }';
    expect((await merchant.data(cancel, { by: { id: session.id } })).cancelClientSession).toEqual({
      status: 'PENDING',
      action: 'WAIT',
    });
    wire.outcome = (outcome) => ({ ...outcome, phase: 'processing', closedReason: null });
    await merchant.query(verifyText('PAYMENT'), { by: { id: session.id } });
    await gateway.pass(20 * MINUTE_MS);
    expect((await read(session.id)).status).toBe('ACTIVE');
    wire.outcome = (outcome) => ({ ...outcome, phase: 'awaiting', closedReason: null });
    await gateway.pass(5 * MINUTE_MS);
    expect((await read(session.id)).status).toBe('ACTIVE');
    await gateway.pass(8 * MINUTE_MS);
    expect((await read(session.id)).status).toBe('CANCELED');
  });

  test('answers UNSUPPORTED to what it does not declare, without a call', async () => {
    wire.capabilities = { effects: ['START', 'CANCEL'] };
    const payment = (await paid(gateway, merchant)).transaction;
    wire.sent = [];
    expect(await merchant.code(REFUND, { by: { id: payment.id }, key: randomUUID() })).toBe('UNSUPPORTED');
    expect(wire.sent).toEqual([]);
  });
});
