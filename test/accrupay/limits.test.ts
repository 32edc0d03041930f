import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCRUPAY_PATH, COST_FACTOR } from '../../src/accrupay/server.ts';
import { QUERY_LIMITS } from '../../src/kernel/query-limits.ts';
import { type Gateway, openGateway, PUBLIC_URL, type TestMerchant } from '../support/gateway.ts';
import { bothWays } from '../support/over-port.ts';

describe('the limits that are configured', () => {
  let gateway: Gateway;
  let merchant: TestMerchant;
  beforeAll(async () => {
    const limits = { ...QUERY_LIMITS, depthMax: 6, aliasesMax: 3, costMax: 100 };
    gateway = await openGateway({ config: { limits } });
    merchant = await gateway.newMerchant();
  });
  afterAll(() => gateway.close());

  async function ask(query: string): Promise<{ status: number; codes: readonly unknown[] }> {
    const headers = { 'content-type': 'application/json', 'accrupay-api-secret': merchant.secretKey };
    const { app } = gateway;
    const send = bothWays((url, init) => app.fetch(new Request(url, init)), app.listener);
    const response = await send(PUBLIC_URL + ACCRUPAY_PATH, { method: 'POST', headers, body: JSON.stringify({ query }) });
    const { errors = [] } = (await response.json()) as { errors?: readonly { extensions: { code: unknown } }[] };
    return { status: response.status, codes: errors.map(({ extensions }) => extensions.code) };
  }
  const rows = (first: number) => `{ merchantApiTransactions(take: ${first}) { edges { node { id status amount currency } } } }`;

  test('hold for the AccruPay dialect, with a factor for the cost', async () => {
    expect(await ask(rows(10))).toEqual({ status: 200, codes: [] });
    expect(COST_FACTOR).toBe(8);
    // A hundred rows of four fields and their own cost more than half of eight hundred; twice that is too much.
    const twice = `{ a: merchantApiTransactions(take: 100) { edges { node { id status amount currency createdAt updatedAt } } }
      b: merchantApiTransactions(take: 100) { edges { node { id status amount currency createdAt updatedAt } } } }`;
    expect((await ask(twice)).codes).toHaveLength(1);
  });

  test('refuse what is too deep and what has too many aliases, with HTTP 200', async () => {
    const related = 'relatedTransaction { relatedTransaction { relatedTransaction { relatedTransaction { id } } } }';
    const deep = `{ merchantApiTransactions(take: 1) { edges { node { ${related} } } } }`;
    const aliases = '{ a: merchantApi { id } b: merchantApi { id } c: merchantApi { id } d: merchantApi { id } }';
    for (const query of [deep, aliases]) {
      const { status, codes } = await ask(query);
      expect([status, codes.length > 0]).toEqual([200, true]);
    }
    expect(await ask('{ a: merchantApi { id } }')).toEqual({ status: 200, codes: [] });
  });
});
