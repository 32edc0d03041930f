import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import {
  answerChallenge,
  CARDS,
  confirm,
  type Gateway,
  newCode,
  openGateway,
  paid,
  READ_SESSION,
  start,
  startInput,
  startText,
  type TestMerchant,
  verify,
  verifyText,
} from '../support/gateway.ts';
import { testServerUrl } from '../support/template.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

const read = async (id: string) => (await merchant.data(READ_SESSION, { by: { id } })).clientSession;

describe('a payment session', () => {
  test('is started, paid and verified', async () => {
    const session = await start(merchant, 'PAYMENT', { amount: '9007199254740993' });
    expect(session).toMatchObject({
      status: 'PENDING',
      action: 'COLLECT_PAYMENT_METHOD',
      kind: 'PAYMENT',
      amount: '9007199254740993',
    });
    expect((await confirm(gateway.app, session.token, CARDS.approve)).body).toEqual({ status: 'succeeded' });
    const transaction = await verify(merchant, 'PAYMENT', session.id);
    expect(transaction).toMatchObject({
      status: 'SUCCEEDED',
      action: 'PAYMENT',
      amount: '9007199254740993',
      session: { status: 'COMPLETED', action: 'NONE' },
    });
    expect(await verify(merchant, 'PAYMENT', session.id)).toEqual(transaction);
    const { events } = await read(session.id);
    expect(events.map((event: { type: string }) => event.type)).toEqual([
      'session.created',
      'session.started',
      'session.active',
      'transaction.succeeded',
      'session.completed',
    ]);
  });

  test('is completed by the webhook alone', async () => {
    const session = await start(merchant, 'PAYMENT');
    await confirm(gateway.app, session.token, CARDS.approve);
    expect((await read(session.id)).status).toBe('ACTIVE');
    await gateway.pass(2 * SECOND_MS);
    const completed = await read(session.id);
    expect(completed.status).toBe('COMPLETED');
    expect(completed.events.find((event: { type: string }) => event.type === 'session.completed').source).toBe('WEBHOOK');
  });

  test('answers SESSION_NOT_COMPLETED to a verify before the payer has tried', async () => {
    const session = await start(merchant, 'PAYMENT');
    expect(await merchant.code(verifyText('PAYMENT'), { by: { id: session.id } })).toBe('SESSION_NOT_COMPLETED');
  });

  test('stays open after a decline and can still be paid', async () => {
    const session = await start(merchant, 'PAYMENT');
    expect((await confirm(gateway.app, session.token, CARDS.insufficientFunds)).body.status).toBe('declined');
    const declined = await verify(merchant, 'PAYMENT', session.id);
    expect(declined).toMatchObject({
      status: 'DECLINED',
      decline: { reason: 'INSUFFICIENT_FUNDS', advice: 'LATER' },
      session: { status: 'ACTIVE' },
    });
    await confirm(gateway.app, session.token, CARDS.approve);
    const succeeded = await verify(merchant, 'PAYMENT', session.id);
    expect(succeeded).toMatchObject({ status: 'SUCCEEDED', session: { status: 'COMPLETED' } });
    expect(succeeded.id).not.toBe(declined.id);
    expect((await read(session.id)).transactions).toHaveLength(2);
  });

  test('is DECLINED once its attempts are used up', async () => {
    const session = await start(merchant, 'PAYMENT', { attemptsMax: 2 });
    await confirm(gateway.app, session.token, CARDS.decline);
    await confirm(gateway.app, session.token, CARDS.decline);
    expect(await verify(merchant, 'PAYMENT', session.id)).toMatchObject({
      status: 'DECLINED',
      session: { status: 'DECLINED', action: 'NONE' },
    });
    expect((await confirm(gateway.app, session.token, CARDS.approve)).status).toBe(409);
  });

  test('waits for the challenge, and counts it passed or failed', async () => {
    for (const [result, status] of [
      ['approve', 'SUCCEEDED'],
      ['fail', 'DECLINED'],
    ] as const) {
      const session = await start(merchant, 'PAYMENT');
      const { body } = await confirm(gateway.app, session.token, CARDS.challenge);
      expect(body.status).toBe('requires_action');
      expect(await verify(merchant, 'PAYMENT', session.id)).toMatchObject({
        status: 'PENDING',
        session: { status: 'ACTIVE', action: 'AUTHENTICATE' },
      });
      await answerChallenge(gateway.app, body.challengeUrl, result);
      expect(await verify(merchant, 'PAYMENT', session.id)).toMatchObject({ status });
    }
  });

  test('expires unpaid, and verify tells so with one transaction for good', async () => {
    const session = await start(merchant, 'PAYMENT');
    await gateway.pass(31 * MINUTE_MS);
    expect(await read(session.id)).toMatchObject({ status: 'EXPIRED', action: 'NONE', checkoutUrl: null });
    const expired = await verify(merchant, 'PAYMENT', session.id);
    expect(expired.status).toBe('EXPIRED');
    expect((await verify(merchant, 'PAYMENT', session.id)).id).toBe(expired.id);
  });

  // The embedded database has one connection, so that no other writer can come in between there.
  test.skipIf(testServerUrl() === null)('that ends otherwise while a verify records its end is told as it ended', async () => {
    const session = await start(merchant, 'PAYMENT');
    await gateway.pass(31 * MINUTE_MS);
    const verifying = await gateway.database.inTransaction(async (tx) => {
      await tx.$executeRaw`UPDATE sessions SET status = 'CANCELED', version = version + 1 WHERE id = ${session.id}::uuid`;
      const asked = verify(merchant, 'PAYMENT', session.id);
      const isWaiting = async () => {
        const [row] = await gateway.database.client.$queryRaw<[{ count: number }]>`
          SELECT count(*)::integer AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        return row.count;
      };
      await expect.poll(isWaiting).toBe(1);
      return { asked };
    });
    expect((await verifying.asked).status).toBe('CANCELED');
    expect(await gateway.database.client.transaction.count({ where: { sessionId: session.id } })).toBe(1);
  });

  test('that was canceled can no longer be paid', async () => {
    const session = await start(merchant, 'PAYMENT');
    const cancel = 'mutation Cancel($by: ClientSessionSelector!) { cancelClientSession(by: $by) { status } }';
    expect((await merchant.data(cancel, { by: { id: session.id } })).cancelClientSession.status).toBe('CANCELED');
    expect((await merchant.data(cancel, { by: { id: session.id } })).cancelClientSession.status).toBe('CANCELED');
    expect((await confirm(gateway.app, session.token, CARDS.approve)).status).toBe(409);
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('CANCELED');
    const { session: done } = await paid(gateway, merchant);
    expect(await merchant.code(cancel, { by: { id: done.id } })).toBe('SESSION_NOT_CANCELABLE');
  });

  test('is healed by the poller when no webhook ever comes', async () => {
    const session = await start(merchant, 'PAYMENT');
    await confirm(gateway.app, session.token, CARDS.noWebhook);
    await gateway.pass(31 * MINUTE_MS);
    expect((await read(session.id)).status).toBe('COMPLETED');
  });

  test('with an asynchronous result is PENDING first and ends by webhook', async () => {
    for (const [card, status] of [
      [CARDS.asyncApprove, 'SUCCEEDED'],
      [CARDS.asyncDecline, 'DECLINED'],
    ] as const) {
      const session = await start(merchant, 'PAYMENT');
      expect((await confirm(gateway.app, session.token, card)).body.status).toBe('processing');
      expect(await verify(merchant, 'PAYMENT', session.id)).toMatchObject({ status: 'PENDING', session: { action: 'WAIT' } });
      await gateway.pass(2 * MINUTE_MS);
      expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe(status);
    }
  });
});

describe('the code of a start', () => {
  test('returns the same session for the same input, whatever its state', async () => {
    const input = startInput('PAYMENT');
    const first = (await merchant.data(startText('PAYMENT'), input)).session;
    const byId = { ...input, provider: { merchantTransactionProviderId: merchant.accountId } };
    expect((await merchant.data(startText('PAYMENT'), byId)).session.id).toBe(first.id);
    await confirm(gateway.app, first.token, CARDS.approve);
    await verify(merchant, 'PAYMENT', first.id);
    expect((await merchant.data(startText('PAYMENT'), input)).session).toMatchObject({
      id: first.id,
      status: 'COMPLETED',
      token: first.token,
    });
  });

  test('is refused with other input, and nothing is created', async () => {
    const code = newCode();
    await start(merchant, 'PAYMENT', { merchantInternalTransactionCode: code });
    const other = startInput('PAYMENT', { merchantInternalTransactionCode: code, amount: '10001' });
    expect(await merchant.code(startText('PAYMENT'), other)).toBe('CODE_ALREADY_USED');
    const found = await merchant.data('query Q($f: ClientSessionFilter) { clientSessions(filter: $f) { totalCount } }', {
      f: { merchantInternalTransactionCode: code },
    });
    expect(found.clientSessions.totalCount).toBe(1);
  });

  test('100 parallel starts with one code make one session and one provider effect', async () => {
    const input = startInput('PAYMENT');
    const code = (input['data'] as { merchantInternalTransactionCode: string }).merchantInternalTransactionCode;
    const answers = await Promise.all(Array.from({ length: 100 }, () => merchant.data(startText('PAYMENT'), input)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.session))).size).toBe(1);
    const operations = await gateway.database.client.operation.count({ where: { subjectId: answers[0].session.id } });
    const payments = await gateway.database.client.bankPayment.count({ where: { reference: answers[0].session.id } });
    expect({ operations, payments }).toEqual({ operations: 1, payments: 1 });
    const other = startInput('PAYMENT', { merchantInternalTransactionCode: code, amount: '5' });
    expect(await merchant.code(startText('PAYMENT'), other)).toBe('CODE_ALREADY_USED');
  });

  test('20 parallel verifies leave one transaction and one set of events', async () => {
    const session = await start(merchant, 'PAYMENT');
    await confirm(gateway.app, session.token, CARDS.approve);
    const transactions = await Promise.all(Array.from({ length: 20 }, () => verify(merchant, 'PAYMENT', session.id)));
    expect(new Set(transactions.map((transaction) => transaction.id)).size).toBe(1);
    const { events, transactions: stored } = await read(session.id);
    expect(stored).toHaveLength(1);
    expect(events.filter((event: { type: string }) => event.type === 'session.completed')).toHaveLength(1);
  });
});
