import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import type { Movement, SessionOutcome } from '../../src/providers/provider.ts';
import { CARDS, confirm, type Data, paid, REFUND, start, type TestMerchant, verify, verifyText } from '../support/gateway.ts';
import { openWiredGateway, SUCCEEDED, type Wire, type WiredGateway } from './wire.ts';

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

  test('of an attempt under its final reference is the attempt in progress, and not a second one', async () => {
    const session = await start(merchant, 'PAYMENT');
    const attempt = (outcome: SessionOutcome, news: Partial<Movement>): Movement => ({ ...succeeded(outcome), ...news });
    wire.outcome = (outcome) => ({
      ...outcome,
      phase: 'authenticating',
      attempts: [attempt(outcome, { status: 'authenticating', providerCode: 'provisional' })],
    });
    const waiting = await verify(merchant, 'PAYMENT', session.id);
    wire.outcome = (outcome) => ({ ...outcome, phase: 'succeeded', attempts: [attempt(outcome, { providerCode: 'final' })] });
    const paid = await verify(merchant, 'PAYMENT', session.id);
    expect(paid).toMatchObject({ id: waiting.id, status: 'SUCCEEDED', providerCode: 'final' });
    expect((await read(session.id)).transactions).toHaveLength(1);
  });

  test('of the last attempt alone leaves what was recorded of those before it', async () => {
    const session = await start(merchant, 'PAYMENT');
    const only = (providerCode: string, status: Movement['status']) => (outcome: SessionOutcome) => ({
      ...outcome,
      phase: status === 'succeeded' ? ('succeeded' as const) : outcome.phase,
      attempts: [{ ...succeeded(outcome), providerCode, status }],
    });
    wire.outcome = only('first', 'declined');
    await verify(merchant, 'PAYMENT', session.id);
    wire.outcome = only('second', 'succeeded');
    await verify(merchant, 'PAYMENT', session.id);
    const { transactions, attempts } = await read(session.id);
    expect([attempts, transactions.map(({ status }: Data) => status)]).toEqual([2, ['DECLINED', 'SUCCEEDED']]);
  });

  test('of a session in which nothing is in progress ends the attempt that was, and the payer may try again', async () => {
    const session = await start(merchant, 'PAYMENT');
    wire.outcome = (outcome) => ({
      ...outcome,
      phase: 'authenticating',
      attempts: [{ ...succeeded(outcome), status: 'authenticating' }],
    });
    await verify(merchant, 'PAYMENT', session.id);
    wire.outcome = (outcome) => ({ ...outcome, phase: 'awaiting', attempts: [] });
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('CANCELED');
    wire.outcome = null;
    await confirm(gateway.app, session.token, CARDS.approve);
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
    expect((await read(session.id)).events.filter(({ isAlert }: Data) => isAlert)).toEqual([]);
  });

  test('of an end takes the attempt with it that was left in progress', async () => {
    const session = await start(merchant, 'PAYMENT');
    wire.outcome = (outcome) => ({
      ...outcome,
      phase: 'authenticating',
      attempts: [{ ...succeeded(outcome), status: 'authenticating' }],
    });
    await verify(merchant, 'PAYMENT', session.id);
    wire.outcome = (outcome) => ({ ...outcome, phase: 'closed', closedReason: 'expired', attempts: [] });
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('EXPIRED');
    expect((await read(session.id)).status).toBe('EXPIRED');
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
