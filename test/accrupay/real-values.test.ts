import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataOf, starts } from '../graphql/real-values.ts';
import { openScene, type Scene } from '../graphql/refusing.ts';
import { startInput } from '../support/gateway.ts';
import { sampled } from '../support/template.ts';
import { ask } from './ask.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.gateway.close());

const START = `mutation Start($merchantTransactionProviderId: String, $transactionProvider: TRANSACTION_PROVIDER, $data: MerchantApiClientTransactionPaymentSessionStartSchema!) {
  session: merchantApiClientTransactionPaymentSessionStartV2(merchantTransactionProviderId: $merchantTransactionProviderId, transactionProvider: $transactionProvider, data: $data) { id status } }`;

/** What this dialect has no field for is left out. A day of birth is an instant here. */
function send(given: Record<string, unknown>) {
  const { provider, data } = startInput('PAYMENT', given) as { provider: object; data: Record<string, unknown> };
  const { returnUrl: _url, description: _text, metadata: _facts, attemptsMax: _max, expiresAt: _end, ...here } = data;
  const { userBirthDate: _day, ...user } = { ...(here['user'] as Record<string, unknown>) };
  return ask(scene.gateway, {
    text: START,
    variables: { ...provider, data: { ...here, user } },
    secret: scene.merchant.secretKey,
  });
}

test.each(sampled(starts(), 4))('a person can pay with $title', async ({ data }) => {
  const { errors, data: answer } = await send(data);
  expect(errors ?? []).toEqual([]);
  expect(answer.session.status).toMatch(/PENDING|STARTED/);
});

test('a payer without any name is refused', async () => {
  const { errors } = await send(dataOf({ billingFirstName: '', billingLastName: ' ' }));
  expect(JSON.stringify(errors)).toContain('Give a first name, a last name, or both');
});
