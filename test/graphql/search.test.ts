import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Data, type Gateway, newCode, openGateway, start, type TestMerchant } from '../support/gateway.ts';

let gateway: Gateway;
let merchant: TestMerchant;
let first: Data;
let second: Data;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
  const customer = { merchantInternalCustomerCode: 'customer-77' };
  first = await start(merchant, 'PAYMENT', { merchantInternalTransactionCode: 'Straße-1', customer });
  gateway.clock.advance(1_000);
  second = await start(merchant, 'PAYMENT', { merchantInternalTransactionCode: 'Straße-12', customer });
  gateway.clock.advance(1_000);
  await start(merchant, 'AUTHORIZATION', { merchantInternalTransactionCode: 'customer-77-x' });
});
afterAll(() => gateway.close());

async function found(search: string, filter: object = {}): Promise<string[]> {
  const text = `query S($filter: ClientSessionFilter) { clientSessions(filter: $filter) { totalCount edges { node { merchantInternalTransactionCode } } } }`;
  const { clientSessions } = await merchant.data(text, { filter: { ...filter, search } });
  const codes = clientSessions.edges.map(({ node }: Data) => node.merchantInternalTransactionCode);
  expect(clientSessions.totalCount).toBe(codes.length);
  return codes;
}

describe('searching sessions', () => {
  test('finds by the beginning of the code, newest first', async () => {
    expect(await found('Straße')).toEqual(['Straße-12', 'Straße-1']);
    expect(await found('Straße-12')).toEqual(['Straße-12']);
  });

  test('takes every character for itself', async () => {
    for (const text of ['straße', 'Stra_e', 'Stra%', '%', '_', 'Straße-1\\', "Straße-1' OR TRUE --"])
      expect(await found(text)).toEqual([]);
  });

  test('finds by id, by the provider’s reference and by the customer’s code', async () => {
    expect(await found(first.id)).toEqual(['Straße-1']);
    expect(await found(second.providerCode)).toEqual(['Straße-12']);
    expect(await found('customer-77')).toEqual(['customer-77-x', 'Straße-12', 'Straße-1']);
    expect(await found('customer-7')).toEqual(['customer-77-x']);
  });

  test('narrows down together with other filters', async () => {
    expect(await found('customer-77', { kinds: ['AUTHORIZATION'] })).toEqual(['customer-77-x']);
    expect(await found('Straße', { createdBefore: second.createdAt ?? gateway.clock.now() })).toContain('Straße-1');
  });

  test('finds all of what begins alike, in order, however many there are', async () => {
    const shop = await gateway.newMerchant();
    // More than are looked up before they are sorted.
    const COUNT = 20_500;
    const { merchantId, environment } = shop.scope;
    const buyer = await start(shop, 'PAYMENT', { customer: { merchantInternalCustomerCode: 'bulk' } });
    await gateway.database.client.$executeRaw`
      INSERT INTO sessions (id, merchant_id, environment, provider_account_id, provider, kind, status, phase, amount, currency, store_payment_method,
        code, customer_id, token_fingerprint, token, token_expires_at, expires_at, attempts_max, attempts, version, created_at, updated_at)
      SELECT gen_random_uuid(), ${merchantId}::uuid, ${environment}, provider_account_id, provider, kind, 'EXPIRED', 'closed', i, currency, false,
        'bulk-' || i, customer_id, ${merchantId} || i, '\\x00', at, at, 5, 0, 1, at, at
      FROM sessions, (SELECT i, timestamptz '2026-01-01' + (i * 7919 % ${COUNT}::integer) * interval '1 minute' AS at
        FROM generate_series(0, ${COUNT}::integer - 1) AS i) AS made WHERE sessions.id = ${buyer.id}::uuid`;
    const PAGE = `query P($search: String!, $first: Int, $last: Int) { clientSessions(filter: { search: $search }, sort: { field: CREATED_AT, order: ASC }, first: $first, last: $last) {
      totalCount edges { node { id } } } }`;
    for (const [search, beginning, count] of [
      ['bulk-', 'bulk-', COUNT],
      ['bulk', '', COUNT + 1],
      ['bulk-7', 'bulk-7', 1_111],
    ] as const) {
      const rows = await gateway.database.client.session.findMany({
        where: { merchantId, code: { startsWith: beginning } },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        select: { id: true },
      });
      expect(rows).toHaveLength(count);
      for (const [size, expected] of [
        [{ first: 100 }, rows.slice(0, 100)],
        [{ last: 100 }, rows.slice(-100)],
      ] as const) {
        const { clientSessions } = await shop.data(PAGE, { search, ...size });
        expect(clientSessions.totalCount).toBe(count);
        expect(clientSessions.edges.map(({ node }: Data) => node)).toEqual(expected);
      }
    }
  });

  test('finds nothing of another merchant', async () => {
    const other = await gateway.newMerchant();
    const foreign = await start(other, 'PAYMENT', { merchantInternalTransactionCode: newCode('foreign') });
    for (const text of [foreign.id, foreign.providerCode, foreign.merchantInternalTransactionCode, 'foreign'])
      expect(await found(text)).toEqual([]);
  });
});
