import { expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { newMerchant, openGateway, paid, REFUND, startInput, startText, testConfig } from '../support/gateway.ts';

test('a production gateway starts nothing new through the test bank, and finishes what began', async () => {
  const gateway = await openGateway();
  const merchant = await gateway.newMerchant();
  const { transaction } = await paid(gateway, merchant);
  const app = createApp({ ...gateway, config: { ...testConfig(), allowsExample: false } });
  const other = await newMerchant({ app, logLines: [] }, []);
  expect(await other.code(startText('PAYMENT'), startInput('PAYMENT'))).toBe('PROVIDER_ACCOUNT_DISABLED');
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${merchant.secretKey}` };
  const body = JSON.stringify({ query: REFUND, variables: { by: { id: transaction.id } } });
  const response = await app.fetch(new Request('http://gateway.test/graphql', { method: 'POST', headers, body }));
  expect(await response.json()).toMatchObject({ data: { transaction: { status: 'SUCCEEDED' } } });
  await gateway.close();
});
