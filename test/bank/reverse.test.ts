import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import { type BankWorld, cardInput, codeOf, must, newCall, open, openBankWorld, pay } from './bank-world.ts';

let world: BankWorld;
beforeAll(async () => {
  world = await openBankWorld();
});
afterAll(() => world.close());

const usd = (code: string, amountMinor = 1000n) => ({ code, amountMinor, currency: 'USD' });

describe('money that was taken', () => {
  it('is taken back within a day, once, and is not refunded then', async () => {
    const { accountId, paymentId } = await pay(world, '4242424242424242');
    const call = newCall(accountId);
    const reversed = must(await world.bank.reverse(call, usd(paymentId)));
    expect(reversed).toMatchObject({ kind: 'VOID', status: 'succeeded', amountMinor: 1000n });
    expect(must(await world.bank.reverse(call, usd(paymentId)))).toEqual(reversed);
    expect(codeOf(await world.bank.reverse(newCall(accountId), usd(paymentId)))).toBe('not_voidable');
    expect(codeOf(await world.bank.refund(newCall(accountId), usd(paymentId, 1n)))).toBe('not_refundable');
  });

  it('is not taken back after a day, in part, in another currency, or beside a refund', async () => {
    const { accountId, paymentId } = await pay(world, '4000000000005126');
    const reverse = (change: object = {}) => world.bank.reverse(newCall(accountId), { ...usd(paymentId), ...change });
    expect(codeOf(await reverse({ amountMinor: 999n }))).toBe('not_voidable');
    expect(codeOf(await reverse({ amountMinor: 1001n }))).toBe('amount_too_large');
    expect(codeOf(await reverse({ currency: 'EUR' }))).toBe('wrong_currency');
    must(await world.bank.refund(newCall(accountId), usd(paymentId, 1n)));
    expect(codeOf(await reverse())).toBe('not_voidable');
    // The refund comes back, so that nothing stands in the way any more but the time.
    world.clock.advance(3 * SECOND_MS);
    world.clock.advance(DAY_MS - 3 * SECOND_MS - 1);
    const late = await pay(world, '4242424242424242');
    expect(codeOf(await reverse())).toBe('accepted');
    world.clock.advance(DAY_MS);
    expect(codeOf(await world.bank.reverse(newCall(late.accountId), usd(late.paymentId)))).toBe('not_voidable');
  });

  it('of a hold is what was captured, and the hold is voided then', async () => {
    const { accountId, paymentId, attempt } = await pay(world, '4242424242424242', { kind: 'AUTHORIZATION' });
    expect(codeOf(await world.bank.reverse(newCall(accountId), usd(paymentId)))).toBe('not_voidable');
    must(await world.bank.capture(newCall(accountId), usd(paymentId, 400n)));
    expect(codeOf(await world.bank.reverse(newCall(accountId), usd(paymentId, 400n)))).toBe('accepted');
    expect(must(await world.bank.readMovement(accountId, attempt.id)).hold).toBe('VOIDED');
    expect(codeOf(await world.bank.refund(newCall(accountId), usd(paymentId, 1n)))).toBe('not_refundable');
  });

  it('counts its day from the decision where that took time', async () => {
    const { accountId, paymentId } = await pay(world, '4000009900000012');
    expect(codeOf(await world.bank.reverse(newCall(accountId), usd(paymentId)))).toBe('not_voidable');
    world.clock.advance(DAY_MS + 2 * SECOND_MS);
    expect(codeOf(await world.bank.reverse(newCall(accountId), usd(paymentId)))).toBe('accepted');
  });
});

describe('a statement', () => {
  it('names every movement in order, by the payment’s id or by one of theirs', async () => {
    const { accountId, paymentId, clientToken } = await open(world, { kind: 'AUTHORIZATION', customerReference: 'customer' });
    await world.bank.confirm({ clientToken }, cardInput('4000000000000002'));
    await world.bank.confirm({ clientToken }, cardInput('4242424242424242'));
    const capture = must(await world.bank.capture(newCall(accountId), usd(paymentId, 400n)));
    must(await world.bank.refund(newCall(accountId), usd(paymentId, 100n)));
    const statement = must(await world.bank.readStatement(accountId, paymentId));
    expect(statement.entries.map(({ movement }) => [movement.kind, movement.status, movement.amountMinor])).toEqual([
      ['ATTEMPT', 'declined', 1000n],
      ['ATTEMPT', 'succeeded', 1000n],
      ['CAPTURE', 'succeeded', 400n],
      ['REFUND', 'succeeded', 100n],
    ]);
    expect(statement).toMatchObject({ customerReference: 'customer', storesMethod: false, payment: { id: paymentId } });
    expect(must(await world.bank.readStatement(accountId, capture.id))).toEqual(statement);
    expect(codeOf(await world.bank.readStatement(accountId, 'exm_pay_none'))).toBe('unknown_payment');
  });
});

describe('a payment without an end', () => {
  it('stays open, and can be told at the confirmation to keep the card', async () => {
    const { accountId, clientToken, expiresAt } = await open(world, { expiresAt: null, customerReference: 'payer' });
    expect(expiresAt).toBeNull();
    world.clock.advance(400 * DAY_MS);
    const paid = must(await world.bank.confirm({ clientToken }, cardInput('4242424242424242'), { storeMethod: true }));
    const methodId = paid.attempts[0]?.methodId ?? '';
    expect(await world.bank.listMethods(accountId, 'payer')).toMatchObject([{ id: methodId, last4: '4242', isDetached: false }]);
    await world.bank.detachMethod(newCall(accountId), methodId);
    expect(await world.bank.listMethods(accountId, 'payer')).toEqual([]);
    expect(must(await world.bank.readMethod(accountId, methodId)).isDetached).toBe(true);
    expect(codeOf(await world.bank.readMethod(accountId, 'exm_met_none'))).toBe('unknown_method');
  });
});
