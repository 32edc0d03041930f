import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MerchantScope } from '../../src/kernel/scope.ts';
import { type AccountDirectory, createProviderAccounts, listProviderAccounts } from '../../src/merchants/find-account.ts';
import { addProviderAccount, disableProviderAccount } from '../../src/merchants/manage-accounts.ts';
import { type NewAccount, webhookPathOf } from '../../src/merchants/provider-account.ts';
import { DESCRIPTORS } from '../../src/providers/descriptors.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { openWorld, type World } from '../support/world.ts';

const ANY = { pattern: /^/, problem: '' };

/** Only what adding an account asks of a provider. */
const catalogue = {
  EXAMPLE: { name: 'EXAMPLE', descriptor: DESCRIPTORS.EXAMPLE },
  STRIPE: { name: 'STRIPE', descriptor: { isTestOnly: false, credentials: { secretKey: { form: { TEST: ANY, LIVE: ANY } } } } },
} as unknown as Record<string, Provider>;
const provider = (name: string): Provider => catalogue[name] as Provider;

let world: World;
let accounts: AccountDirectory;
beforeAll(async () => {
  world = await openWorld();
  accounts = createProviderAccounts({ ...world, isServed: () => true });
});
afterAll(() => world.close());

function newScope(environment: 'TEST' | 'LIVE' = 'TEST'): MerchantScope {
  return { merchantId: randomUUID(), environment };
}

const example: NewAccount = { provider: 'EXAMPLE', label: 'test bank', baseUrl: null, credentials: {} };
const stripe: NewAccount = { provider: 'STRIPE', label: 'main', baseUrl: null, credentials: { secretKey: 'vendor-secret-text' } };

async function add(scope: MerchantScope, input: NewAccount) {
  const result = await addProviderAccount({ ...world, provider }, scope, input);
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}

describe('provider accounts', () => {
  it('are found by id, and the first of a provider by the provider', async () => {
    const scope = newScope();
    const [first, second] = [await add(scope, example), await add(scope, example)];
    expect(await accounts.find(scope, { transactionProvider: 'EXAMPLE' })).toMatchObject({ ok: true, value: { id: first.id } });
    expect(await accounts.find(scope, { merchantTransactionProviderId: second.id })).toMatchObject({
      ok: true,
      value: { id: second.id },
    });
  });

  it('have one default, however many are added at once', async () => {
    const scope = newScope();
    await Promise.all(Array.from({ length: 8 }, () => add(scope, example)));
    const listed = await listProviderAccounts(world, { merchantId: scope.merchantId });
    expect(listed.filter((account) => account.isDefault)).toHaveLength(1);
    expect(listed).toHaveLength(8);
  });

  it('begin nothing new once disabled, but finish what they began', async () => {
    const scope = newScope();
    const account = await add(scope, example);
    await accounts.find(scope, { transactionProvider: 'EXAMPLE' });
    expect(await disableProviderAccount(world, scope.merchantId, account.id)).toMatchObject({ ok: true });
    expect(await accounts.find(scope, { transactionProvider: 'EXAMPLE' })).toMatchObject({
      refusal: { code: 'PROVIDER_ACCOUNT_DISABLED' },
    });
    expect(await accounts.get(scope, account.id)).toMatchObject({ id: account.id });
    expect(await accounts.findByWebhookSecret(webhookPathOf(account).split('/').at(-1) ?? '')).toMatchObject({ id: account.id });
  });

  it('get a new default when one is added after the default was disabled', async () => {
    const scope = newScope();
    const old = await add(scope, example);
    await disableProviderAccount(world, scope.merchantId, old.id);
    const successor = await add(scope, example);
    expect(await accounts.find(scope, { transactionProvider: 'EXAMPLE' })).toMatchObject({
      ok: true,
      value: { id: successor.id },
    });
  });

  it('are invisible to another merchant and to the other side', async () => {
    const scope = newScope();
    const { id } = await add(scope, example);
    for (const other of [newScope(), { ...scope, environment: 'LIVE' as const }]) {
      expect(await accounts.find(other, { merchantTransactionProviderId: id })).toMatchObject({
        refusal: { code: 'PROVIDER_ACCOUNT_NOT_FOUND' },
      });
      await expect(accounts.get(other, id)).rejects.toThrow('is missing');
    }
    expect(await disableProviderAccount(world, newScope().merchantId, id)).toMatchObject({ ok: false });
  });

  it('are refused when an id is not one', async () => {
    const found = await accounts.find(newScope(), { merchantTransactionProviderId: "'; DROP TABLE" });
    expect(found).toMatchObject({ refusal: { code: 'PROVIDER_ACCOUNT_NOT_FOUND' } });
  });

  it('keep their credentials sealed, readable with the key alone', async () => {
    const scope = newScope();
    const account = await add(scope, stripe);
    const { credentials } = await world.database.client.providerAccount.findUniqueOrThrow({ where: { id: account.id } });
    expect(Buffer.from(credentials).toString('latin1')).not.toContain('vendor-secret-text');
    expect((await accounts.get(scope, account.id)).credentials['secretKey']).toBe('vendor-secret-text');
  });

  it.each<[string, 'TEST' | 'LIVE', NewAccount, RegExp]>([
    ['EXAMPLE in LIVE', 'LIVE', example, /TEST only/],
    ['a changed host in LIVE', 'LIVE', { ...stripe, baseUrl: 'http://localhost:1' }, /TEST accounts only/],
    ['a missing credential', 'TEST', { ...stripe, credentials: {} }, /secretKey/],
    ['an unknown credential', 'TEST', { ...stripe, credentials: { secretKey: 'x', colour: 'red' } }, /colour/],
  ])('refuse %s', async (_what, environment, input, message) => {
    const result = await addProviderAccount({ ...world, provider }, newScope(environment), input);
    expect(result).toMatchObject({ ok: false, refusal: { message: expect.stringMatching(message) } });
  });

  it('of LIVE need a database server', async () => {
    const result = await addProviderAccount({ ...world, provider }, newScope('LIVE'), stripe);
    const expected = world.database.isEmbedded
      ? { ok: false, refusal: { message: expect.stringContaining('DATABASE_URL') } }
      : { ok: true };
    expect(result).toMatchObject(expected);
  });
});
