import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { declaredNames, readSnippets, splitImport } from '../client/seed.ts';
import { CARDS, type Data, type TestMerchant } from '../support/gateway.ts';
import { payOver, type ServedGateway, serveGateway } from '../support/served.ts';
import { codeOf, openSdk, sdk, usePackage } from './sdk.ts';

/**
 * The snippets of the document that Tollgate began with, run with the official package as they stand. What differs, and would
 * at AccruPay too: lists answer `items` and `totalCount`, the default import is the module in Node.js, and 0.15.1 has no authorizations.
 */

usePackage();

let gateway: ServedGateway;
let merchant: TestMerchant;
let scope: Record<string, unknown>;

beforeAll(async () => {
  gateway = await serveGateway();
  merchant = await gateway.newMerchant();
  const { accrupay } = openSdk(gateway.url, merchant.secretKey);
  scope = { accrupay, process: { env: { ACCRUPAY_PROVIDER_ID: merchant.accountId } }, ...sdk };
});
afterAll(() => gateway.close());

async function run(name: string, options: { earlier?: object; change?: (code: string) => string } = {}): Promise<Data> {
  const snippet = readSnippets().find((known) => known.name === name);
  if (snippet === undefined) throw new Error(`There is no snippet ${name}.`);
  const { code, names } = splitImport(options.change?.(snippet.code) ?? snippet.code);
  for (const imported of names) expect(sdk).toHaveProperty(imported);
  const { default: _default, ...values } = { ...scope, console: { log: () => {} }, ...options.earlier } as Record<
    string,
    unknown
  >;
  const body = `{ ${code}\n return { ${declaredNames(code).join(', ')} }; }`;
  // There is no other way to the constructor of async functions.
  const AsyncFunction = async function () {}.constructor as new (...parts: string[]) => (...given: unknown[]) => Promise<Data>;
  return new AsyncFunction(...Object.keys(values), body)(...Object.values(values));
}

describe('the snippets with the official package', () => {
  let payment: Data;

  test('getBaseConfig', async () => {
    expect((await run('getBaseConfig')).config).toMatchObject({ provider: 'EXAMPLE' });
  });

  test('payments.start and payments.verify', async () => {
    ({ session: payment } = await run('payments.start'));
    expect(payment).toMatchObject({
      amount: 10000n,
      currency: 'USD',
      merchantInternalTransactionCode: 'order-8821',
      merchantInternalCustomerCode: 'customer-4421',
      storePaymentMethod: false,
      billingAddressState: 'US-NY',
    });
    expect((await run('payments.start')).session.id).toBe(payment.id);
    await payOver(gateway.url, payment.token, CARDS.approve);
    expect((await run('payments.verify', { earlier: { session: payment } })).transaction.status).toBe('SUCCEEDED');
  });

  test('paymentMethod.add.start and paymentMethod.add.verify', async () => {
    const { session } = await run('paymentMethod.add.start');
    await payOver(gateway.url, session.token, CARDS.approve);
    const { result } = await run('paymentMethod.add.verify', { earlier: { session } });
    expect(result.paymentMethod.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('getOne, whose placeholder names no session', async () => {
    expect(await codeOf(run('getOne'))).toBe('@session/NOT_FOUND');
    const { session } = await run('getOne', { change: (code) => code.replace('session-id', payment.id) });
    expect(session).toMatchObject({ id: payment.id, status: 'COMPLETED' });
  });

  test('getMany, which answers items and totalCount', async () => {
    const asAnswered = (code: string) => code.replace('{ data, total }', '{ items, totalCount }');
    const { items, totalCount } = await run('getMany', { change: asAnswered });
    expect(totalCount).toBe(2);
    expect(items.map((item: Data) => item.merchantInternalTransactionCode)).toEqual(['add-pm-3310', 'order-8821']);
  });
});
