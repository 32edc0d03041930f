import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Data, type Gateway, openGateway, start, type TestMerchant } from '../support/gateway.ts';
import { checkPages, type PageArgs } from '../support/paging.ts';
import { ask } from './ask.ts';

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});

afterAll(() => gateway.close());

const LIST = `query List($sorting: [SortingFieldSchema!], $first: Int, $after: ConnectionCursor, $last: Int, $before: ConnectionCursor, $skip: Int, $take: Int) {
  merchantApiClientTransactionSessions(sorting: $sorting, first: $first, after: $after, last: $last, before: $before, skip: $skip, take: $take) {
    totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }`;

const FIELDS = { CREATED_AT: 'createdAt', UPDATED_AT: 'updatedAt', AMOUNT: 'amount' } as const;

async function read({ sort, ...page }: PageArgs): Promise<Data> {
  const sorting = sort === undefined ? null : [{ field: FIELDS[sort.field], order: sort.order }];
  const { data, errors } = await ask(gateway, { text: LIST, variables: { ...page, sorting }, secret: merchant.secretKey });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.merchantApiClientTransactionSessions;
}

checkPages(() => ({ gateway, merchant }), read);

describe('the paging rules of docs/accrupay.md', () => {
  const errorsOf = async (page: PageArgs) => {
    const { errors } = await ask(gateway, { text: LIST, variables: { ...page }, secret: merchant.secretKey });
    return errors.map(({ message }) => message).join();
  };

  test.each([
    ['mixes the ways', { first: 2, skip: 1 }, 'they do not mix'],
    ['mixes two cursors', { first: 2, before: 'x' }, 'they do not mix'],
    ['gives `before` without `last`', { before: 'x' }, 'before needs last'],
    ['asks for more than 100 rows', { take: 101 }, 'A page holds at most 100.'],
    ['asks for less than none', { take: -1 }, 'The page size is 0 or more.'],
  ] as const)('a request that %s is refused', async (_what, page, message) => {
    expect(await errorsOf(page)).toContain(message);
  });

  test('a page has 20 rows by default, and `totalCount` counts all matches', async () => {
    const fresh = await gateway.newMerchant();
    for (let made = 0; made < 21; made += 1) await start(fresh, 'PAYMENT');
    const pages = [{}, { take: 0 }, { take: 1, skip: 20 }].map((page) =>
      ask(gateway, { text: LIST, variables: page, secret: fresh.secretKey }),
    );
    const lists = (await Promise.all(pages)).map(({ data }) => data.merchantApiClientTransactionSessions);
    expect(lists.map(({ edges, totalCount }) => [edges.length, totalCount])).toEqual([
      [20, 21],
      [0, 21],
      [1, 21],
    ]);
  });
});
