import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { type BankWorld, cardInput, codeOf, lastAttempt, must, newCall, open, openBankWorld, pay } from './bank-world.ts';

let world: BankWorld;
beforeAll(async () => {
  world = await openBankWorld();
});
afterAll(() => world.close());

const STATUSES_AT_ONCE: readonly (readonly [number: string, status: string, code: string | null])[] = [
  ['4242424242424242', 'succeeded', null],
  ['5555555555554444', 'succeeded', null],
  ['378282246310005', 'succeeded', null],
  ['6011111111111117', 'succeeded', null],
  ['4000056655665556', 'succeeded', null],
  ['4000000000000002', 'declined', 'generic_decline'],
  ['4000000000009995', 'declined', 'insufficient_funds'],
  ['4000000000009987', 'declined', 'lost_card'],
  ['4000000000009979', 'declined', 'stolen_card'],
  ['4000000000000069', 'declined', 'expired_card'],
  ['4000000000000127', 'declined', 'incorrect_cvc'],
  ['4000000000000119', 'failed', 'processing_error'],
  ['4100000000000019', 'declined', 'fraudulent'],
  ['4000002500003155', 'challenged', null],
  ['4000008260003178', 'challenged', null],
  ['4000002760003184', 'challenged', null],
  ['4000000000003220', 'challenged', null],
  ['4000008400001629', 'challenged', null],
  ['4000000000000341', 'succeeded', null],
  ['4000000000007726', 'succeeded', null],
  ['4000000000005126', 'succeeded', null],
  ['4000009900000012', 'processing', null],
  ['4000009900000020', 'processing', null],
  ['4000009900000079', 'succeeded', null],
  ['4000009900000087', 'succeeded', null],
  ['4000009900000095', 'succeeded', null],
  ['4000009900000103', 'succeeded', null],
  ['4000009900000111', 'succeeded', null],
  ['4000009900000129', 'declined', 'partial_approval_unsupported'],
];

describe('a card that is given by the payer', () => {
  it.each(STATUSES_AT_ONCE)('%s is %s at once', async (number, status, code) => {
    const { attempt } = await pay(world, number);
    expect([attempt.status, attempt.declineCode ?? attempt.failureCode]).toEqual([status, code]);
    expect(attempt.card?.last4).toBe(number.slice(-4));
  });

  it.each([
    ['4000009900000012', 'succeeded', 'succeeded'],
    ['4000009900000020', 'declined', 'open'],
  ])('%s is %s some seconds later, by the clock alone', async (number, status, phase) => {
    const { accountId, paymentId } = await pay(world, number);
    world.clock.advance(3 * SECOND_MS);
    const payment = must(await world.bank.readPayment(accountId, paymentId));
    expect([lastAttempt(payment).status, payment.phase]).toEqual([status, phase]);
  });

  it('leaves nothing when it is not in the table', async () => {
    const { clientToken, accountId, paymentId } = await open(world);
    expect(codeOf(await world.bank.confirm({ clientToken }, cardInput('4111111111111111')))).toBe('unknown_card');
    expect(codeOf(await world.bank.confirm({ clientToken }, cardInput('4242424242424241')))).toBe('invalid_number');
    expect(must(await world.bank.readPayment(accountId, paymentId)).attempts).toEqual([]);
  });

  it('is never stored with its number', async () => {
    await pay(world, '6011111111111117', { storeMethod: true, customerReference: 'customer' });
    const { client } = world.database;
    const rows = [
      await client.bankPayment.findMany(),
      await client.bankMovement.findMany(),
      await client.bankMethod.findMany(),
      await client.bankKey.findMany(),
    ];
    const text = JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
    expect(text).toContain('"1117"');
    expect(text).not.toContain('6011111111111117');
  });
});

describe('a payment', () => {
  it('takes another card after a decline, until the bank closes it', async () => {
    const { clientToken, accountId, paymentId } = await open(world, { attemptsMax: 2 });
    const decline = () => world.bank.confirm({ clientToken }, cardInput('4000000000000002'));
    expect(must(await decline()).phase).toBe('open');
    expect(must(await decline())).toMatchObject({ phase: 'closed', closedAs: 'declined' });
    expect(codeOf(await decline())).toBe('payment_closed');
    expect(must(await world.bank.readPayment(accountId, paymentId)).attempts).toHaveLength(2);
  });

  it('is paid once, however many confirms come at the same time', async () => {
    const { clientToken } = await open(world);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => world.bank.confirm({ clientToken }, cardInput('4242424242424242'))),
    );
    expect(answers.map(codeOf).sort()).toEqual(['accepted', ...Array.from({ length: 7 }, () => 'payment_succeeded')]);
  });

  it('takes no other card while one is being decided', async () => {
    const { clientToken } = await pay(world, '4000009900000012');
    expect(codeOf(await world.bank.confirm({ clientToken }, cardInput('4242424242424242')))).toBe('attempt_in_progress');
  });

  it('expires by the clock, also with an open challenge', async () => {
    const plain = await open(world);
    const challenged = await pay(world, '4000000000003220');
    world.clock.advance(30 * MINUTE_MS);
    expect(codeOf(await world.bank.confirm(plain, cardInput('4242424242424242')))).toBe('payment_expired');
    const payment = must(await world.bank.readPayment(challenged.accountId, challenged.paymentId));
    expect([payment.closedAs, lastAttempt(payment).status]).toEqual(['expired', 'expired']);
    expect(codeOf(await world.bank.answerChallenge(challenged.attempt.challengeId ?? '', 'approve'))).toBe('payment_expired');
  });

  it('is canceled with its open challenge, and not once it is paid or being decided', async () => {
    const challenged = await pay(world, '4000000000003220');
    const canceled = must(await world.bank.cancelPayment(newCall(challenged.accountId), challenged.paymentId));
    expect([canceled.closedAs, lastAttempt(canceled).status]).toEqual(['canceled', 'canceled']);
    const paid = await pay(world, '4242424242424242');
    expect(codeOf(await world.bank.cancelPayment(newCall(paid.accountId), paid.paymentId))).toBe('payment_succeeded');
    const processing = await pay(world, '4000009900000012');
    expect(codeOf(await world.bank.cancelPayment(newCall(processing.accountId), processing.paymentId))).toBe(
      'attempt_in_progress',
    );
  });

  it('belongs to one account', async () => {
    const { paymentId } = await open(world);
    const stranger = newCall('00000000-0000-4000-8000-000000000000');
    expect(codeOf(await world.bank.readPayment(stranger.accountId, paymentId))).toBe('unknown_payment');
    expect(codeOf(await world.bank.cancelPayment(stranger, paymentId))).toBe('unknown_payment');
  });
});

describe('a challenge', () => {
  it.each([
    ['4000000000003220', 'approve', 'succeeded', null],
    ['4000000000003220', 'fail', 'declined', 'authentication_failed'],
    ['4000000000003220', 'leave', 'challenged', null],
    ['4000008400001629', 'approve', 'declined', 'generic_decline'],
    ['4000008400001629', 'fail', 'declined', 'authentication_failed'],
  ] as const)('of %s answered with %s makes the attempt %s', async (number, result, status, code) => {
    const { attempt } = await pay(world, number);
    const payment = must(await world.bank.answerChallenge(attempt.challengeId ?? '', result));
    expect([lastAttempt(payment).status, lastAttempt(payment).declineCode]).toEqual([status, code]);
  });

  it('is answered once', async () => {
    const { attempt } = await pay(world, '4000000000003220');
    const answer = (result: 'approve' | 'fail') => world.bank.answerChallenge(attempt.challengeId ?? '', result);
    await answer('approve');
    expect(lastAttempt(must(await answer('fail'))).status).toBe('succeeded');
  });

  it('stores the card only once it is passed', async () => {
    const storing = { kind: 'STORE', amountMinor: 0n, storeMethod: true, customerReference: 'customer' } as const;
    const { attempt } = await pay(world, '4000002500003155', storing);
    expect(attempt.methodId).toBeNull();
    const payment = must(await world.bank.answerChallenge(attempt.challengeId ?? '', 'approve'));
    expect(lastAttempt(payment).methodId).toMatch(/^exm_met_/);
  });
});

describe('a browser whose answer is lost or turned away', () => {
  it.each([
    ['4000009900000038', ['answer_lost', 'payment_succeeded']],
    ['4000009900000046', ['answer_lost', 'accepted']],
    ['4000009900000053', ['bank_error', 'accepted']],
    ['4000009900000061', ['rate_limited', 'rate_limited', 'accepted']],
  ])('%s: %j', async (number, codes) => {
    const { clientToken, accountId, paymentId } = await open(world);
    for (const code of codes) expect(codeOf(await world.bank.confirm({ clientToken }, cardInput(number)))).toBe(code);
    const payment = must(await world.bank.readPayment(accountId, paymentId));
    expect([payment.phase, payment.attempts.length]).toEqual(['succeeded', 1]);
  });
});
