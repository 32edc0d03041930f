import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CustomerClues, createCustomer, resolveCustomer } from '../../src/customers/resolve.ts';
import { providerCustomerPart } from '../../src/customers/store.ts';
import { write } from '../../src/database/commit.ts';
import { type Gateway, must, newCode, openGateway, type TestMerchant } from '../support/gateway.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

const CONTACT = {
  firstName: 'Ada',
  lastName: 'Byron',
  email: 'ada@example.com',
  phone: null,
  address: { line1: null, line2: null, city: null, state: null, postalCode: null, country: 'GB' },
};

const create = (merchantInternalCustomerCode: string | null, contact: typeof CONTACT | null = CONTACT) =>
  createCustomer(gateway.app.deps, merchant.scope, { merchantInternalCustomerCode, contact }).then(must);

const resolve = (clues: Partial<CustomerClues> & { merchantInternalCustomerCode: string }, scope = merchant.scope) =>
  resolveCustomer(gateway.app.deps, scope, { id: null, providerCode: null, strategy: 'MATCH', ...clues });

const NOBODY = { ok: false, refusal: { code: 'CUSTOMER_NOT_FOUND' } };

describe('creating a customer', () => {
  test('answers the one that has the code, and keeps the contact that it has', async () => {
    const code = newCode('customer');
    const { id } = await create(code);
    expect(await create(code, { ...CONTACT, firstName: 'Eve' })).toMatchObject({ id, contact: CONTACT });
    expect((await create(null)).id).not.toBe((await create(null)).id);
  });

  test('leaves a contact that is not known yet to whoever tells it', async () => {
    const code = newCode('customer');
    expect((await create(code, null)).contact).toBeNull();
    expect((await create(code)).contact).toEqual(CONTACT);
  });
});

describe('resolving a customer', () => {
  test('finds it by everything that is given, which must name one and the same', async () => {
    const code = newCode('customer');
    const { id } = await create(code);
    const { id: otherId } = await create(newCode('customer'));
    const told = { providerAccountId: merchant.accountId, customerId: id, providerCode: 'cus_1', now: gateway.clock.now() };
    await write(gateway.database.client, providerCustomerPart(merchant.scope, told));
    for (const clues of [{}, { id }, { providerCode: 'cus_1' }, { id, providerCode: 'cus_1' }, { providerCode: id }]) {
      expect(await resolve({ merchantInternalCustomerCode: code, ...clues })).toMatchObject({ ok: true, value: { id } });
    }
    for (const clues of [{ id: otherId }, { id: 'no id' }, { providerCode: 'cus_2' }, { id: otherId, providerCode: 'cus_1' }]) {
      expect(await resolve({ merchantInternalCustomerCode: code, ...clues })).toMatchObject(NOBODY);
    }
    expect(await resolve({ merchantInternalCustomerCode: newCode(), id })).toMatchObject(NOBODY);
  });

  test('needs an identifier where only identifiers count', async () => {
    const code = newCode('customer');
    const { id } = await create(code);
    const strict = { merchantInternalCustomerCode: code, strategy: 'IDENTIFIERS_ONLY' } as const;
    expect(await resolve(strict)).toMatchObject(NOBODY);
    expect(await resolve({ ...strict, id })).toMatchObject({ ok: true, value: { id } });
  });

  test('makes nobody unless it was asked to, and never for an identifier that names nobody', async () => {
    const merchantInternalCustomerCode = newCode('customer');
    expect(await resolve({ merchantInternalCustomerCode })).toMatchObject(NOBODY);
    const making = { merchantInternalCustomerCode, strategy: 'MATCH_OR_CREATE' } as const;
    expect(await resolve({ ...making, providerCode: 'cus_9' })).toMatchObject(NOBODY);
    expect(await resolve(making)).toMatchObject({ ok: true, value: { merchantInternalCustomerCode } });
  });

  test('finds nobody of another merchant', async () => {
    const code = newCode('customer');
    const { id } = await create(code);
    const other = (await gateway.newMerchant()).scope;
    for (const clues of [{}, { id }, { providerCode: id }]) {
      expect(await resolve({ merchantInternalCustomerCode: code, ...clues }, other)).toMatchObject(NOBODY);
    }
  });
});
