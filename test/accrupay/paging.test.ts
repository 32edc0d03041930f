import { afterAll, beforeAll } from 'vitest';
import { type Data, type Gateway, openGateway, type TestMerchant } from '../support/gateway.ts';
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
