import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BankWorld, must, newCall, openBankWorld, pay } from './bank-world.ts';

let world: BankWorld;
beforeAll(async () => {
  world = await openBankWorld();
});
afterAll(() => world.close());

/** Type, delivery and delay of what is owed for a payment, in the order of delivery. */
function owed(paymentId: string): readonly string[] {
  const now = world.clock.now().getTime();
  return world.notifications
    .filter((notification) => notification.paymentId === paymentId)
    .sort((left, right) => left.runAt.getTime() - right.runAt.getTime())
    .map(({ type, delivery, runAt }) => `${type} #${delivery} +${runAt.getTime() - now}`);
}

describe('the notifications of a payment', () => {
  it.each([
    ['4242424242424242', ['attempt.succeeded #1 +1500']],
    ['4000000000000002', ['attempt.declined #1 +1500']],
    ['4000009900000012', ['attempt.processing #1 +1500', 'attempt.succeeded #1 +3000']],
    ['4000009900000020', ['attempt.processing #1 +1500', 'attempt.declined #1 +3000']],
    ['4000009900000095', ['attempt.succeeded #1 +1500', 'attempt.succeeded #2 +3000']],
    ['4000009900000103', ['attempt.succeeded #1 +1500', 'attempt.created #1 +3000']],
    ['4000009900000111', []],
  ])('with %s are %j', async (number, expected) => {
    expect(owed((await pay(world, number)).paymentId)).toEqual(expected);
  });

  it('repeat the id of their event, and differ between events', async () => {
    const { paymentId } = await pay(world, '4000009900000095');
    const twice = world.notifications.filter((notification) => notification.paymentId === paymentId);
    expect(new Set(twice.map(({ eventId }) => eventId)).size).toBe(1);
    const { paymentId: other } = await pay(world, '4000009900000103');
    const reordered = world.notifications.filter((notification) => notification.paymentId === other);
    expect(new Set(reordered.map(({ eventId }) => eventId)).size).toBe(2);
  });

  it('tell of a refund that comes back', async () => {
    const { accountId, paymentId } = await pay(world, '4000000000005126');
    must(await world.bank.refund(newCall(accountId), { code: paymentId, amountMinor: 1n, currency: 'USD' }));
    expect(owed(paymentId).slice(1)).toEqual(['refund.succeeded #1 +1500', 'refund.failed #1 +3000']);
  });

  it('are not owed for an attempt that was never executed', async () => {
    const before = world.notifications.length;
    await expect(pay(world, '4000009900000046')).rejects.toThrow('answer_lost');
    expect(world.notifications).toHaveLength(before);
  });
});
