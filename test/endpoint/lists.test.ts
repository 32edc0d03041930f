import {
  buildSchema,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema as accrupaySchema } from '../../src/accrupay/schema.ts';
import { createEndpoint } from '../../src/endpoint/endpoint.ts';
import { schema } from '../../src/graphql/schema.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { QUERY_LIMITS } from '../../src/kernel/query-limits.ts';

/** What bounds each list of objects that has no pages, in the database or because of what it is. */
const BOUNDED: Readonly<Record<string, string>> = {
  'ClientSession.transactions': 'CHILDREN_MAX in transactions/store.ts',
  'ClientSession.events': 'TIMELINE_MAX in events/store.ts',
  'ClientSession.operations': 'OPERATIONS_LISTED_MAX in operations/store.ts',
  'Transaction.allowedActions': 'one for each call that there is',
  'Transaction.relatedTransactions': 'CHILDREN_MAX in transactions/store.ts',
  'Transaction.operations': 'OPERATIONS_LISTED_MAX in operations/store.ts',
  'ProviderAccount.rejectedWebhooks': 'one row for each reason',
  'Query.apiKeys': 'KEYS_LISTED_MAX in merchants/keys.ts',
  'Query.webhookEndpoints': 'ENDPOINTS_MAX in merchant-webhooks/endpoint.ts',
  'Event.deliveries': 'one for each endpoint of the environment: ENDPOINTS_MAX in merchant-webhooks/endpoint.ts',
  'WebhookDelivery.attempts': 'ATTEMPTS_LISTED_MAX in merchant-webhooks/delivery-store.ts',
  'Query.providerAccounts': 'ACCOUNTS_LISTED_MAX in merchants/provider-accounts.ts',
  'Overview.sessions': 'one row for each interval and currency of a range of limited length',
  'Overview.providers': 'one row for each provider and currency',
  'Overview.declines': 'one row for each reason',
  'TimeToCompletion.buckets': 'a fixed number of buckets',
  'MerchantClientTransactionSession.transactions': 'CHILDREN_MAX in transactions/store.ts',
  'MerchantClientTransactionSessionContext.transactions': 'CHILDREN_MAX in transactions/store.ts',
  'MerchantTransaction.transactionsRelated': 'CHILDREN_MAX in transactions/store.ts',
  'Mutation.merchantApiCustomerPaymentMethodSyncAll': 'a page of the stored methods',
};

function listsOf(of: GraphQLSchema): readonly string[] {
  return Object.values(of.getTypeMap()).flatMap((type) => {
    if (type.name.startsWith('__') || !(isObjectType(type) || isInterfaceType(type))) return [];
    const isPage = type.name.endsWith('Connection');
    // What an interface says once is not said again for each of its types.
    const inherited = new Set(type.getInterfaces().flatMap((each) => Object.keys(each.getFields())));
    return Object.values(type.getFields())
      .filter((field) => isListType(getNullableType(field.type)) && isCompositeType(getNamedType(field.type)))
      .filter(({ name }) => !(isPage && name === 'edges') && !inherited.has(name))
      .map(({ name }) => `${type.name}.${name}`);
  });
}

test('every list of objects has pages, or a limit that is known here', () => {
  expect([...listsOf(schema), ...listsOf(accrupaySchema)].sort()).toEqual(Object.keys(BOUNDED).sort());
});

describe('lists that lead to lists', () => {
  const ITEMS = 20;
  let resolved = 0;
  const tree = buildSchema('type Query { root: Node! } type Node { id: ID! nodes: [Node!]! }');
  const node = tree.getType('Node');
  if (!isObjectType(node)) throw new Error('There is no such type.');
  const nodes = node.getFields()['nodes'];
  if (nodes === undefined) throw new Error('There is no such field.');
  nodes.resolve = () => {
    resolved += ITEMS;
    return Array.from({ length: ITEMS }, () => ({ id: 'a' }));
  };
  const { root } = tree.getQueryType()?.getFields() ?? {};
  if (root === undefined) throw new Error('There is no such field.');
  root.resolve = () => ({ id: 'a' });
  const endpoint = createEndpoint(
    { log: createLogger({ level: 'fatal', destination: { write: () => undefined } }) },
    {
      path: '/tree',
      schema: tree,
      limits: QUERY_LIMITS,
      bodyBytesMax: 100_000,
      hasIntrospection: true,
      cors: false,
      requireAccess: () => undefined,
      createContext: async () => ({}),
    },
  );
  const ask = async (depth: number) => {
    const query = `{ root { ${'nodes { '.repeat(depth)} id ${'}'.repeat(depth)} } }`;
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) };
    const response = await endpoint.fetch('http://gateway.test/tree', init);
    return (await response.json()) as { data: unknown; errors?: readonly { extensions: { code: string } }[] };
  };

  // The first run is interpreted, the others are compiled.
  test.each([1, 2, 3])('are answered while they are small (run %i)', async () => {
    const answer = await ask(3);
    expect(answer.errors).toBeUndefined();
  });

  test.each([1, 2, 3])('are cut off at the limit of fields, whatever they hold (run %i)', async () => {
    resolved = 0;
    const { errors } = await ask(5);
    expect(errors?.map(({ extensions }) => extensions.code)).toContain('QUERY_TOO_EXPENSIVE');
    expect(resolved).toBeLessThan(QUERY_LIMITS.costMax * 2);
  });
});
