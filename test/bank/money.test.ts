import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { type BankWorld, codeOf, must, newCall, open, openBankWorld, pay } from './bank-world.ts';

let world: BankWorld;
beforeAll(async () => {
  world = await openBankWorld();
});
afterAll(() => world.close());

const APPROVED = '4242424242424242';
const hold = (number = APPROVED) => pay(world, number, { kind: 'AUTHORIZATION' });
const usd = (code: string, amountMinor: bigint) => ({ code, amountMinor, currency: 'USD' });

async function storedMethod(number: string) {
  const { accountId, attempt, payment } = await pay(world, number, {
    kind: 'STORE',
    amountMinor: 0n,
    storeMethod: true,
    customerReference: 'customer',
  });
  const { challengeId } = attempt;
  const answered = challengeId === null ? payment : must(await world.bank.answerChallenge(challengeId, 'approve'));
  return { accountId, methodId: answered.attempts[0]?.methodId ?? '' };
}

describe('a hold', () => {
  it('is captured once, in part, and the rest is released', async () => {
    const { accountId, attempt } = await hold();
    expect(must(await world.bank.capture(newCall(accountId), usd(attempt.id, 400n)))).toMatchObject({
      status: 'succeeded',
      amountMinor: 400n,
    });
    expect(codeOf(await world.bank.capture(newCall(accountId), usd(attempt.id, 100n)))).toBe('not_capturable');
    expect(codeOf(await world.bank.void(newCall(accountId), usd(attempt.id, 1000n)))).toBe('not_voidable');
    expect(must(await world.bank.readMovement(accountId, attempt.id)).hold).toBe('SETTLED');
  });

  it('is not captured for more, or in another currency', async () => {
    const { accountId, attempt } = await hold();
    expect(codeOf(await world.bank.capture(newCall(accountId), usd(attempt.id, 1001n)))).toBe('amount_too_large');
    expect(codeOf(await world.bank.capture(newCall(accountId), { ...usd(attempt.id, 1n), currency: 'EUR' }))).toBe(
      'wrong_currency',
    );
  });

  it('goes to one of a capture and a void that come at once', async () => {
    const { accountId, attempt } = await hold();
    const codes = await Promise.all([
      world.bank.capture(newCall(accountId), usd(attempt.id, 1000n)).then(codeOf),
      world.bank.void(newCall(accountId), usd(attempt.id, 1000n)).then(codeOf),
    ]);
    expect(codes.filter((code) => code === 'accepted')).toHaveLength(1);
  });

  it('lasts seven days', async () => {
    const { accountId, attempt } = await hold();
    world.clock.advance(7 * DAY_MS - 1);
    expect(must(await world.bank.readMovement(accountId, attempt.id)).hold).toBe('HELD');
    world.clock.advance(1);
    expect(must(await world.bank.readMovement(accountId, attempt.id)).hold).toBe('EXPIRED');
    expect(codeOf(await world.bank.capture(newCall(accountId), usd(attempt.id, 1n)))).toBe('not_capturable');
  });

  it('of the card with the short hold lasts a minute', async () => {
    const { accountId, attempt } = await hold('4000009900000087');
    world.clock.advance(60 * SECOND_MS);
    expect(must(await world.bank.readMovement(accountId, attempt.id)).hold).toBe('EXPIRED');
  });

  it('stays after a capture that fails, and can be voided', async () => {
    const { accountId, attempt } = await hold('4000009900000079');
    expect(must(await world.bank.capture(newCall(accountId), usd(attempt.id, 1000n)))).toMatchObject({
      status: 'failed',
      failureCode: 'capture_failed',
    });
    expect(must(await world.bank.void(newCall(accountId), usd(attempt.id, 1000n))).status).toBe('succeeded');
  });
});

describe('a refund', () => {
  it('is given up to what was captured, however many come at once', async () => {
    const { accountId, attempt } = await pay(world, APPROVED);
    const refunds = Array.from({ length: 16 }, () => world.bank.refund(newCall(accountId), usd(attempt.id, 100n)).then(codeOf));
    expect((await Promise.all(refunds)).filter((code) => code === 'accepted')).toHaveLength(10);
  });

  it('of a hold needs a capture, and may name either', async () => {
    const { accountId, attempt } = await hold();
    expect(codeOf(await world.bank.refund(newCall(accountId), usd(attempt.id, 100n)))).toBe('not_refundable');
    const captured = must(await world.bank.capture(newCall(accountId), usd(attempt.id, 300n)));
    expect(must(await world.bank.refund(newCall(accountId), usd(captured.id, 200n))).status).toBe('succeeded');
    expect(codeOf(await world.bank.refund(newCall(accountId), usd(attempt.id, 101n)))).toBe('amount_too_large');
  });

  it('stays pending for a while with one card, and claims its amount meanwhile', async () => {
    const { accountId, attempt } = await pay(world, '4000000000007726');
    const refund = must(await world.bank.refund(newCall(accountId), usd(attempt.id, 1000n)));
    expect(refund.status).toBe('processing');
    expect(codeOf(await world.bank.refund(newCall(accountId), usd(attempt.id, 1n)))).toBe('amount_too_large');
    world.clock.advance(3 * SECOND_MS);
    expect(must(await world.bank.readMovement(accountId, refund.id)).status).toBe('succeeded');
  });

  it('comes back with another card, and gives its amount back', async () => {
    const { accountId, attempt } = await pay(world, '4000000000005126');
    const refund = must(await world.bank.refund(newCall(accountId), usd(attempt.id, 1000n)));
    expect(refund.status).toBe('succeeded');
    world.clock.advance(3 * SECOND_MS);
    expect(must(await world.bank.readMovement(accountId, refund.id))).toMatchObject({
      status: 'failed',
      failureCode: 'refund_returned',
    });
    expect(must(await world.bank.refund(newCall(accountId), usd(attempt.id, 1000n))).status).toBe('succeeded');
  });
});

describe('a stored method', () => {
  it.each([
    [APPROVED, 'succeeded', null],
    ['4000002500003155', 'succeeded', null],
    ['4000008260003178', 'declined', 'insufficient_funds'],
    ['4000002760003184', 'declined', 'authentication_required'],
    ['4000000000000341', 'declined', 'generic_decline'],
    ['4000009900000012', 'processing', null],
  ])('of %s is charged later: %s', async (number, status, code) => {
    const { accountId, attempt, payment } = await pay(world, number, { storeMethod: true, customerReference: 'customer' });
    if (attempt.challengeId !== null) await world.bank.answerChallenge(attempt.challengeId, 'approve');
    world.clock.advance(3 * SECOND_MS);
    const { methodId } = must(await world.bank.readMovement(accountId, attempt.id));
    const charge = await world.bank.chargeMethod(newCall(accountId), {
      methodId: methodId ?? '',
      reference: payment.id,
      amountMinor: 700n,
      currency: 'EUR',
    });
    expect(must(charge)).toMatchObject({ status, declineCode: code, amountMinor: 700n, currency: 'EUR' });
  });

  it('is not charged once it is detached', async () => {
    const { accountId, methodId } = await storedMethod(APPROVED);
    const charge = () =>
      world.bank.chargeMethod(newCall(accountId), { methodId, reference: 'charge', amountMinor: 1n, currency: 'USD' });
    const charged = must(await charge());
    expect(codeOf(await world.bank.detachMethod(newCall(accountId), methodId))).toBe('accepted');
    expect(codeOf(await world.bank.detachMethod(newCall(accountId), methodId))).toBe('accepted');
    expect(codeOf(await charge())).toBe('unknown_method');
    expect(must(await world.bank.refund(newCall(accountId), usd(charged.id, 1n))).status).toBe('succeeded');
  });
});

describe('an idempotency key', () => {
  it('replays the first answer, even when things have moved on', async () => {
    const { accountId, attempt } = await pay(world, '4000000000007726');
    const call = newCall(accountId);
    const first = must(await world.bank.refund(call, usd(attempt.id, 600n)));
    world.clock.advance(3 * SECOND_MS);
    expect(must(await world.bank.refund(call, usd(attempt.id, 600n)))).toEqual(first);
    expect(codeOf(await world.bank.refund(call, usd(attempt.id, 500n)))).toBe('key_reused');
    expect(codeOf(await world.bank.void(call, usd(attempt.id, 600n)))).toBe('key_reused');
  });

  it('used many times at once acts once', async () => {
    const { accountId, attempt } = await pay(world, APPROVED);
    const call = newCall(accountId);
    const answers = await Promise.all(Array.from({ length: 8 }, () => world.bank.refund(call, usd(attempt.id, 600n))));
    expect(new Set(answers.map((answer) => must(answer).id)).size).toBe(1);
  });

  it('of a refused call is free: a later try may succeed', async () => {
    const { accountId, attempt } = await hold();
    const call = newCall(accountId);
    expect(codeOf(await world.bank.refund(call, usd(attempt.id, 100n)))).toBe('not_refundable');
    await world.bank.capture(newCall(accountId), usd(attempt.id, 1000n));
    expect(codeOf(await world.bank.refund(call, usd(attempt.id, 100n)))).toBe('accepted');
  });

  it.each([
    ['4000009900000038', ['answer_lost', 'accepted']],
    ['4000009900000046', ['answer_lost', 'accepted']],
    ['4000009900000053', ['bank_error', 'accepted']],
    ['4000009900000061', ['rate_limited', 'rate_limited', 'accepted']],
  ])('of a refund on %s is used again: %j', async (number, codes) => {
    const { clientToken, accountId, paymentId } = await open(world);
    const card = { number, expMonth: 12, expYear: 2034, cvc: '123' };
    for (let tries = 0; tries < 3; tries += 1) await world.bank.confirm({ clientToken }, card);
    const call = newCall(accountId);
    for (const code of codes) expect(codeOf(await world.bank.refund(call, usd(paymentId, 600n)))).toBe(code);
    const other = newCall(accountId);
    const others = [];
    for (let tries = 0; tries < 3; tries += 1) others.push(codeOf(await world.bank.refund(other, usd(paymentId, 600n))));
    expect(others.at(-1)).toBe('amount_too_large');
  });
});
