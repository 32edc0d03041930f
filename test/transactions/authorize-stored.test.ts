import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorizePaymentMethod, chargePaymentMethod } from '../../src/transactions/charge.ts';
import { CARDS, type Gateway, must, newCode, openGateway, paid, SETTLE, type TestMerchant, VOID } from '../support/gateway.ts';

let gateway: Gateway;
let merchant: TestMerchant;
let capabilities: object;

beforeAll(async () => {
  capabilities = {};
  gateway = await openGateway({
    wrapProvider: (provider) => ({
      ...provider,
      get capabilities() {
        return { ...provider.capabilities, ...capabilities };
      },
    }),
  });
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

async function newInput(card: string = CARDS.approve) {
  const { transaction } = await paid(gateway, merchant, { kind: 'ADD_PAYMENT_METHOD', card });
  return {
    dialect: 'ACCRUPAY' as const,
    paymentMethodId: transaction.paymentMethod.id as string,
    merchantInternalTransactionCode: newCode('hold'),
    amountMinor: 900n,
    currency: 'USD',
    description: null,
    billing: null,
  };
}

describe('an authorization of a stored method', () => {
  test('holds the money without a session, and is settled in part', async () => {
    const held = must(await authorizePaymentMethod(gateway.app.deps, merchant.scope, await newInput()));
    expect(held).toMatchObject({ action: 'AUTHORIZATION', status: 'SUCCEEDED', hold: 'HELD', sessionId: null });
    expect(held.capturableUntil).toBeInstanceOf(Date);
    const { transaction } = await merchant.data(SETTLE, { by: { id: held.id }, amount: '500' });
    expect(transaction).toMatchObject({ action: 'SETTLE', status: 'SUCCEEDED', relatedTransaction: { id: held.id } });
    expect(await merchant.code(VOID, { by: { id: held.id } })).toBe('INVALID_TRANSACTION_STATE');
  });

  test('is voided', async () => {
    const held = must(await authorizePaymentMethod(gateway.app.deps, merchant.scope, await newInput()));
    expect((await merchant.data(VOID, { by: { id: held.id } })).transaction.status).toBe('SUCCEEDED');
  });

  test('is answered again for the same code and input, and never becomes a charge', async () => {
    const input = await newInput();
    const held = must(await authorizePaymentMethod(gateway.app.deps, merchant.scope, input));
    expect(must(await authorizePaymentMethod(gateway.app.deps, merchant.scope, input)).id).toBe(held.id);
    expect(await chargePaymentMethod(gateway.app.deps, merchant.scope, input)).toMatchObject({
      refusal: { code: 'CODE_ALREADY_USED' },
    });
  });

  test('is refused without a call where the provider holds nothing on stored methods', async () => {
    const input = await newInput();
    capabilities = { holdsStored: false };
    const refused = await authorizePaymentMethod(gateway.app.deps, merchant.scope, input);
    capabilities = {};
    expect(refused).toMatchObject({ refusal: { code: 'UNSUPPORTED' } });
    expect((await authorizePaymentMethod(gateway.app.deps, merchant.scope, input)).ok).toBe(true);
  });
});
