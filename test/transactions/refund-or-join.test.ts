import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECOND_MS } from '../../src/kernel/clock.ts';
import { refundOrJoin } from '../../src/transactions/refund.ts';
import { CARDS, type Gateway, must, openGateway, paid, type TestMerchant } from '../support/gateway.ts';

const REFUNDS_LATER = '4000000000007726';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

async function payment(card: string): Promise<{ refund: (amountMinor: bigint) => ReturnType<typeof refundOrJoin> }> {
  const { transaction } = await paid(gateway, merchant, { card, data: { amount: '1000' } });
  return {
    refund: (amountMinor) =>
      refundOrJoin(gateway.app.deps, merchant.scope, { by: { id: transaction.id }, amountMinor, reason: null }),
  };
}

describe('a refund without a key', () => {
  test('is a refund of its own once the equal one before it has ended', async () => {
    const { refund } = await payment(CARDS.approve);
    const [first, second] = [must(await refund(300n)), must(await refund(300n))];
    expect([first.status, second.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(second.id).not.toBe(first.id);
  });

  test('returns the equal one that is still pending, and makes one of another amount', async () => {
    const { refund } = await payment(REFUNDS_LATER);
    const first = must(await refund(300n));
    expect(first.status).toBe('PENDING');
    expect(must(await refund(300n)).id).toBe(first.id);
    expect(must(await refund(200n)).id).not.toBe(first.id);
    await gateway.pass(10 * SECOND_MS);
    expect(must(await refund(300n)).id).not.toBe(first.id);
  });

  test('returns the equal one whose answer was lost', async () => {
    const { refund } = await payment(CARDS.lostAfter);
    const first = must(await refund(300n));
    expect(first.status).toBe('UNKNOWN');
    expect(must(await refund(300n)).id).toBe(first.id);
  });

  test('happens once when two equal calls come at the same time and it stays under way', async () => {
    const { refund } = await payment(REFUNDS_LATER);
    const refunds = await Promise.all([refund(400n), refund(400n), refund(400n)]);
    expect(new Set(refunds.map((result) => must(result).id)).size).toBe(1);
  });

  test('never exceeds what was paid', async () => {
    const { refund } = await payment(CARDS.approve);
    must(await refund(1000n));
    expect(await refund(1n)).toMatchObject({ ok: false, refusal: { code: 'AMOUNT_EXCEEDS_AVAILABLE' } });
  });
});
