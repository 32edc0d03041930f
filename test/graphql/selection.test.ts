import { getNamedType, isLeafType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { Prisma } from '../../src/generated/prisma/client.ts';
import { schema } from '../../src/graphql/schema.ts';
import { newMerchant, start, type TestMerchant, testConfig } from '../support/gateway.ts';
import { openWorld, type World } from '../support/world.ts';

let world: World;
let merchant: TestMerchant;
let ids: readonly string[];
/** The texts of what is read of sessions. */
const statements: string[] = [];

beforeAll(async () => {
  world = await openWorld();
  const client = new Proxy(world.database.client, {
    get(target, name) {
      if (name === '$queryRaw') return (...call: Parameters<typeof target.$queryRaw>) => note(target, call);
      return Reflect.get(target, name);
    },
  });
  const app = createApp({ ...world, config: testConfig(), database: { ...world.database, client } });
  merchant = await newMerchant({ app, logLines: world.logLines }, []);
  const metadata = { shelf: '5' };
  ids = [(await start(merchant, 'PAYMENT', { metadata })).id, (await start(merchant, 'PAYMENT', { metadata })).id];
});
afterAll(() => world.close());

function note(client: World['database']['client'], [strings, ...values]: Parameters<typeof client.$queryRaw>) {
  const { sql } = 'sql' in strings ? strings : Prisma.sql(strings, ...values);
  if (sql.includes('FROM sessions')) statements.push(sql);
  return client.$queryRaw(strings, ...values);
}

const session = schema.getType('PaymentSession');
const fields = isObjectType(session) ? Object.values(session.getFields()) : [];
const leaves = fields.filter(({ type }) => isLeafType(getNamedType(type))).map(({ name }) => name);

describe('a list of sessions', () => {
  it.each(leaves)('shows %s as a look-up does', async (name) => {
    const selected = `{ id ... on PaymentSession { ${name} } }`;
    const one = `query One($id: ID!) { clientSession(by: { id: $id }) ${selected} }`;
    const expected = await Promise.all(ids.map(async (id) => (await merchant.data(one, { id })).clientSession));
    for (let run = 1; run <= 3; run += 1) {
      const { clientSessions } = await merchant.data(`{ clientSessions { edges { node ${selected} } } }`);
      const nodes = clientSessions.edges.map(({ node }: { node: unknown }) => node);
      expect(nodes).toHaveLength(ids.length);
      expect(nodes).toEqual(expect.arrayContaining(expected));
    }
  });

  it.each<[selected: string, readsWhole: boolean]>([
    ['id kind status createdAt', false],
    ['id attempts allowedActions', false],
    ['... on PaymentSession { amount }', false],
    ['tokenExpiresAt', true],
    ['... on PaymentSession { storePaymentMethod }', true],
    ['...Deep', true],
  ])('reads { %s } by one statement, with the columns that it needs', async (selected, readsWhole) => {
    const fragment = selected === '...Deep' ? 'fragment Deep on ClientSession { id ... { metadata } }' : '';
    const query = `{ clientSessions { edges { node { ${selected} } } } } ${fragment}`;
    await merchant.data(query);
    statements.length = 0;
    for (let run = 1; run <= 2; run += 1) await merchant.data(query);
    expect(statements.map((text) => text.includes('"metadata"'))).toEqual([readsWhole, readsWhole]);
  });
});
