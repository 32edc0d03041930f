import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { alignClock, measureSkewMs } from '../../src/database/skew.ts';
import { addMs, createAlignedClock, DAY_MS, MINUTE_MS, SECOND_MS, systemClock } from '../../src/kernel/clock.ts';
import { cleanTexts } from '../../src/kernel/text.ts';
import { withCleanTexts } from '../../src/providers/clean.ts';
import { type Provider, ProviderFailure } from '../../src/providers/provider.ts';
import {
  answerChallenge,
  CARDS,
  confirm,
  type Data,
  PUBLIC_URL,
  paid,
  REFUND,
  start,
  type TestMerchant,
  testConfig,
  verify,
  verifyText,
} from '../support/gateway.ts';
import { openPatientGateway, type Wire, type WiredGateway } from './wire.ts';

let gateway: WiredGateway;
let merchant: TestMerchant;
let wire: Wire;

beforeAll(async () => {
  gateway = await openPatientGateway();
  ({ merchant, wire } = gateway);
});
afterAll(() => gateway.close());
beforeEach(() => gateway.calm());

const BAD = 'a\0b\ud83d';
const CLEAN = 'a\ufffdb\ufffd';

describe('a text of a provider that cannot be stored', () => {
  test('is stored in a clean form, and the call counts', async () => {
    const { transaction } = await paid(gateway, merchant, { data: { amount: '1000' } });
    wire.movement = (movement) => ({ ...movement, status: 'failed', failureCode: BAD });
    const refund = (await merchant.data(REFUND, { by: { id: transaction.id }, key: randomUUID() })).transaction;
    expect(refund).toMatchObject({ status: 'FAILED', failureCode: CLEAN });
  });

  test('is clean in answers, failures and notifications, whichever call brought it', async () => {
    const instant = new Date();
    const answer = { [BAD]: [{ text: BAD, instant, amount: 1n, none: null }] };
    const expected = { [CLEAN]: [{ text: CLEAN, instant, amount: 1n, none: null }] };
    const calls = ['send', 'findByOperation', 'fetchSession', 'fetchMovement', 'fetchDispute', 'checkAccount'] as const;
    const answering = Object.fromEntries(calls.map((name) => [name, async () => answer]));
    const failing = Object.fromEntries(
      calls.map((name) => [name, () => Promise.reject(new ProviderFailure('CONFLICT', BAD, BAD))]),
    );
    for (const name of calls) {
      const good = withCleanTexts(answering as unknown as Provider)[name] as () => Promise<unknown>;
      expect(await good()).toEqual(expected);
      const bad = withCleanTexts(failing as unknown as Provider)[name] as () => Promise<unknown>;
      await expect(bad()).rejects.toMatchObject({ category: 'CONFLICT', message: CLEAN, rawCode: CLEAN });
    }
    const notified = withCleanTexts({ verifyWebhook: () => answer } as unknown as Provider).verifyWebhook;
    expect((notified as () => unknown)()).toEqual(expected);
  });

  test('holds no card number where it is a word of the provider, and keeps its ids', async () => {
    const card = '4242424242424242';
    const movement = {
      providerCode: card,
      failureCode: `card ${card}`,
      decline: { rawCode: `No to ${card}` },
      attempts: [{ reason: card }],
    };
    const masked = {
      providerCode: card,
      failureCode: 'card [card number]',
      decline: { rawCode: 'No to [card number]' },
      attempts: [{ reason: '[card number]' }],
    };
    const provider = { send: async () => movement, verifyWebhook: () => ({ hint: { eventId: card, type: card } }) };
    const clean = withCleanTexts(provider as unknown as Provider) as unknown as Record<string, () => unknown>;
    expect(await clean['send']?.()).toEqual(masked);
    expect(clean['verifyWebhook']?.()).toEqual({ hint: { eventId: card, type: '[card number]' } });
    const failing = withCleanTexts({
      send: () => Promise.reject(new ProviderFailure('CONFLICT', card, card)),
    } as unknown as Provider);
    await expect((failing.send as () => Promise<unknown>)()).rejects.toMatchObject({
      message: '[card number]',
      rawCode: '[card number]',
    });
  });

  test.each(['', 'plain', 'half \ud83d', '\ude00 half', 'whole 😀', '\0', '😀\0\ud83d😀'])('%j becomes storable', (text) => {
    const clean = cleanTexts(text);
    expect(Buffer.from(clean, 'utf8').toString('utf8')).toBe(clean);
    expect(clean).not.toContain('\0');
    expect(clean).toHaveLength(text.length);
  });
});

describe('a cancel that the provider refuses', () => {
  const CANCEL = 'mutation Cancel($by: ClientSessionSelector!) { cancelClientSession(by: $by) { status } }';

  test.each([
    ['PROVIDER_AUTH', 'PROVIDER_REJECTED', /credentials/],
    ['INVALID_REQUEST', 'PROVIDER_REJECTED', /test/],
    ['CONFLICT', 'SESSION_NOT_CANCELABLE', /PENDING/],
  ] as const)('for %s is reported as %s, and can be repeated', async (failure, code, message) => {
    const { id } = await start(merchant, 'PAYMENT');
    wire.failures = [failure];
    const { errors } = await merchant.query(CANCEL, { by: { id } });
    expect(errors[0]?.extensions.code).toBe(code);
    expect(errors[0]?.message).toMatch(message);
    expect((await merchant.data(CANCEL, { by: { id } })).cancelClientSession.status).toBe('CANCELED');
  });
});

test('a method that is detached by eight calls at once is detached by one operation', async () => {
  const { transaction } = await paid(gateway, merchant, { kind: 'ADD_PAYMENT_METHOD' });
  const { id } = transaction.paymentMethod;
  const DETACH = 'mutation Detach($id: ID!) { detachPaymentMethod(id: $id) { status } }';
  const detached = await Promise.all(Array.from({ length: 8 }, () => merchant.data(DETACH, { id })));
  expect(new Set(detached.map((answer: Data) => answer.detachPaymentMethod.status))).toEqual(new Set(['DISABLED']));
  const { client } = gateway.database;
  expect(await client.operation.count({ where: { subjectId: id, kind: 'DETACH' } })).toBe(1);
  const where = { type: 'payment_method.detached', data: { path: ['paymentMethodId'], equals: id } };
  expect(await client.event.count({ where })).toBe(1);
});

test('a refund that comes back is noticed without a notification', async () => {
  const { transaction } = await paid(gateway, merchant, { card: '4000000000005126', data: { amount: '1000' } });
  const refund = (await merchant.data(REFUND, { by: { id: transaction.id }, key: randomUUID() })).transaction;
  await gateway.database.client.job.deleteMany({});
  expect(refund.status).toBe('SUCCEEDED');
  gateway.clock.advance(10 * MINUTE_MS);
  await gateway.database.client.job.deleteMany({});
  expect((await gateway.readTransaction(refund.id)).status).toBe('SUCCEEDED');
  await gateway.pass(DAY_MS);
  expect((await gateway.readTransaction(refund.id)).status).toBe('FAILED');
  expect((await gateway.readTransaction(transaction.id)).refundedAmount).toBe('0');
});

describe('gateways whose clocks differ', () => {
  test('by 110 s see each other’s news: a verify returns the attempt as it is', async () => {
    const { database, vault, log, clock } = gateway;
    const ahead = createApp({
      config: testConfig(),
      database,
      vault,
      log,
      clock: { now: () => addMs(clock.now(), 110 * SECOND_MS) },
    });
    const session = await start(merchant, 'PAYMENT');
    await confirm(gateway.app, session.token, CARDS.challenge);
    const body = JSON.stringify({ query: verifyText('PAYMENT'), variables: { by: { id: session.id } } });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${merchant.secretKey}` };
    const asked = await ahead.fetch(new Request(`${PUBLIC_URL}/graphql`, { method: 'POST', headers, body }));
    expect((await asked.json()).data.transaction.status).toBe('PENDING');
    const { clientSession } = await merchant.data(
      'query R($by: ClientSessionSelector!) { clientSession(by: $by) { challengeUrl } }',
      { by: { id: session.id } },
    );
    await answerChallenge(gateway.app, clientSession.challengeUrl, 'fail');
    expect((await verify(merchant, 'PAYMENT', session.id)).status).toBe('DECLINED');
  });

  /** A machine whose clock is so far behind the database's, whatever this machine's own is. */
  const machineBehind = async (behindMs: number) => {
    const ofThisMs = await measureSkewMs(gateway.database, systemClock);
    return { now: () => addMs(systemClock.now(), ofThisMs - behindMs) };
  };

  test('by 110 s follow the database’s', async () => {
    const { database, log } = gateway;
    const [one, other] = await Promise.all([machineBehind(110 * SECOND_MS), machineBehind(-100 * SECOND_MS)]);
    const clocks = [createAlignedClock(one), createAlignedClock(other)] as const;
    for (const clock of clocks) await alignClock(database, clock, log);
    expect(Math.abs(clocks[0].now().getTime() - clocks[1].now().getTime())).toBeLessThan(5 * SECOND_MS);
    expect(Math.abs(await measureSkewMs(database, clocks[0]))).toBeLessThan(5 * SECOND_MS);
  });

  test('by more than five minutes follow it as well, and the log says that one of the two is wrong', async () => {
    const { database, log, logLines } = gateway;
    const machine = await machineBehind(30 * MINUTE_MS);
    const wrong = createAlignedClock(machine);
    await alignClock(database, wrong, log);
    expect(Math.abs(await measureSkewMs(database, wrong))).toBeLessThan(5 * SECOND_MS);
    expect(Math.abs(wrong.aheadMs() - 30 * MINUTE_MS)).toBeLessThan(5 * SECOND_MS);
    expect(logLines.at(-1)).toContain('30 minutes behind the database’s');
  });
});
