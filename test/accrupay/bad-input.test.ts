import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CARD_SPELLINGS, LUHN, NO_SUCH_ID, openScene, type Scene } from '../graphql/refusing.ts';
import { BAD_VALUES, rowsOf, startWith } from '../support/bad-start.ts';
import { type Answer, newCode } from '../support/gateway.ts';
import { ask } from './ask.ts';

/** The bad values of the core's starts, sent in this dialect: what it has no field for is left out. */

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});

afterAll(() => scene.gateway.close());

const NOT_HERE = ['returnUrl', 'metadata', 'metadata.order', 'description', 'attemptsMax', 'expiresAt'];

const START = `mutation Start($merchantTransactionProviderId: String, $transactionProvider: TRANSACTION_PROVIDER, $data: MerchantApiClientTransactionPaymentSessionStartSchema!) {
  merchantApiClientTransactionPaymentSessionStartV2(merchantTransactionProviderId: $merchantTransactionProviderId, transactionProvider: $transactionProvider, data: $data) { id status } }`;

function start(path: string, value: unknown): Promise<Answer> {
  const { provider, data } = startWith(path, value) as { provider: object; data: object };
  return send(START, { ...provider, data });
}

const send = (text: string, variables: object): Promise<Answer> =>
  ask(scene.gateway, { text, variables, secret: scene.merchant.secretKey });

describe('a start is refused, with nothing written,', () => {
  const here = Object.fromEntries(Object.entries(BAD_VALUES).filter(([path]) => !NOT_HERE.includes(path)));

  test.each(rowsOf(here))('with $path = $shown', async ({ path, value }) => {
    const { code, message, status } = await scene.refuse(() => start(path, value), { paths: [`data.${path}`] });
    expect(['BAD_USER_INPUT', '@input/INVALID']).toContain(code);
    expect(message).toContain(path);
    expect(status).toBe(200);
  });

  test.each(['billing.billingFirstName', 'shipping.shippingAddressCity', 'user.userLastName'])(
    'with a card number in %s, however it is typed',
    async (path) => {
      for (const card of CARD_SPELLINGS) {
        const { message } = await scene.refuse(() => start(path, `Card ${card} please`), { paths: [`data.${path}`] });
        expect(message).toContain('card number');
      }
    },
  );

  test.each<[what: string, routing: object, code: string]>([
    ['an account that does not exist', { merchantTransactionProviderId: NO_SUCH_ID }, '@provider/NOT_FOUND'],
    ['an account id that is none', { merchantTransactionProviderId: LUHN }, '@provider/NOT_FOUND'],
    ['a provider without an account', { transactionProvider: 'STRIPE' }, '@provider/NOT_FOUND'],
  ])('with %s', async (_what, routing, code) => {
    const { data } = startWith('amount', '100');
    expect((await scene.refuse(() => send(START, { ...routing, data }))).code).toBe(code);
  });
});

describe('a call is refused, with nothing written,', () => {
  const REFUND =
    'mutation Refund($id: String, $amount: BigInt!) { merchantApiTransactionRefund(id: $id, amount: $amount) { id } }';
  const SETTLE =
    'mutation Settle($id: String, $amount: BigInt!) { merchantApiTransactionAuthorizationSettle(id: $id, amount: $amount) { transaction { id } } }';
  const VOID = 'mutation Void($id: String) { merchantApiTransactionAuthorizationVoid(id: $id) { transaction { id } } }';

  test.each<[what: string, text: string, id: () => string, amount: string, code: string]>([
    ['a refund of a decline', REFUND, () => scene.facts.declined, '1', '@transaction/INVALID_STATE'],
    ['a refund of what is held', REFUND, () => scene.facts.held, '1', '@transaction/INVALID_STATE'],
    ['a refund of too much', REFUND, () => scene.facts.payment, '10001', '@amount/EXCEEDS_AVAILABLE'],
    ['a refund of what nobody made', REFUND, () => NO_SUCH_ID, '1', '@transaction/NOT_FOUND'],
    ['a settle of a payment', SETTLE, () => scene.facts.payment, '1', '@transaction/INVALID_STATE'],
    ['a settle of what is settled', SETTLE, () => scene.facts.settled, '1', '@transaction/INVALID_STATE'],
    ['a settle of more than is held', SETTLE, () => scene.facts.held, '10001', '@amount/EXCEEDS_AVAILABLE'],
    ['a void of what is voided', VOID, () => scene.facts.voided, '1', '@transaction/INVALID_STATE'],
  ])('%s', async (_what, text, id, amount, code) => {
    const variables = text === VOID ? { id: id() } : { id: id(), amount };
    expect((await scene.refuse(() => send(text, variables))).code).toBe(code);
  });

  test.each(['0', '-1', '1.5', '9223372036854775808'])('a refund of %s', async (amount) => {
    const answer = scene.refuse(() => send(REFUND, { id: scene.facts.payment, amount }), { paths: ['amount'] });
    expect(['BAD_USER_INPUT', '@input/INVALID']).toContain((await answer).code);
  });

  test('a charge of a detached card, and one of a session in its place', async () => {
    const text = `mutation Charge($data: MerchantApiServerPaymentMethodTransactionCreateSchema!) {
      merchantApiServerPaymentMethodTransactionCreate(data: $data) { id } }`;
    const { data } = startWith('amount', '100') as { data: Record<string, unknown> };
    const { storePaymentMethod: _store, ...rest } = data;
    const charge = (merchantCustomerPaymentMethodId: string) =>
      send(text, { data: { ...rest, merchantInternalTransactionCode: newCode(), merchantCustomerPaymentMethodId } });
    expect((await scene.refuse(() => charge(scene.facts.detached))).code).toBe('@payment-method/NOT_CHARGEABLE');
    expect((await scene.refuse(() => charge(scene.facts.open.id))).code).toBe('@payment-method/NOT_FOUND');
  });
});
