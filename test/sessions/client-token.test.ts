import { afterAll, beforeAll, expect, test } from 'vitest';
import { findSession, readSessionSecrets } from '../../src/sessions/read.ts';
import { type Gateway, openGateway, start, type TestMerchant } from '../support/gateway.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

async function clientTokenOf(id: string): Promise<string> {
  const secrets = await readSessionSecrets(gateway.app.deps, merchant.scope, [id]);
  return secrets.get(id)?.clientToken ?? '';
}

test('a session keeps the token that its provider’s browser part presents, and is found by it', async () => {
  const { id } = await start(merchant, 'PAYMENT');
  const clientToken = await clientTokenOf(id);
  expect(clientToken).toMatch(/^exm_tok_/);
  expect(await findSession(gateway.app.deps, merchant.scope, { clientToken })).toMatchObject({ ok: true, value: { id } });
  const other = await gateway.newMerchant();
  expect((await findSession(gateway.app.deps, other.scope, { clientToken })).ok).toBe(false);
});

test('neither of a session’s two tokens opens the door of the other', async () => {
  const { id, token } = await start(merchant, 'PAYMENT');
  const clientToken = await clientTokenOf(id);
  expect((await findSession(gateway.app.deps, merchant.scope, { clientToken: token })).ok).toBe(false);
  expect((await findSession(gateway.app.deps, merchant.scope, { token: clientToken })).ok).toBe(false);
});
