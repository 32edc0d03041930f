import { afterAll, beforeAll, expect, test } from 'vitest';
import { LIST_ROWS_MAX } from '../../src/endpoint/list-budget.ts';
import { insertEvents } from '../../src/events/store.ts';
import { type Data, type Gateway, openGateway, start, type TestMerchant } from '../support/gateway.ts';

/** Lists without pages are whole or refused: a busy session takes nothing from the others of its page. */
let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

async function addEvents(sessionId: string, count: number): Promise<void> {
  const origin = { scope: merchant.scope, source: 'JOB', now: gateway.clock.now() } as const;
  const event = { type: 'session.closing', sessionId, customerId: null, data: {} } as const;
  await insertEvents(
    gateway.database.client,
    origin,
    Array.from({ length: count }, () => event),
  );
}

const PAGE = '{ clientSessions(first: 20) { edges { node { id events { id } } } } }';
const lengths = (data: Data): Map<string, number> =>
  new Map(data.clientSessions.edges.map(({ node }: Data) => [node.id, node.events.length]));

test('the events of a page are all there, however many another session has', async () => {
  const [busy, quiet] = [await start(merchant, 'PAYMENT'), await start(merchant, 'PAYMENT')];
  const before = lengths(await merchant.data(PAGE));
  await addEvents(busy.id, 1_500);
  const after = lengths(await merchant.data(PAGE));
  expect(after.get(busy.id)).toBe((before.get(busy.id) ?? 0) + 1_500);
  expect(after.get(quiet.id)).toBe(before.get(quiet.id));
});

test('a list that is longer than an answer may hold is refused', async () => {
  const { id } = await start(merchant, 'PAYMENT');
  await addEvents(id, LIST_ROWS_MAX);
  const query = 'query Read($id: ID!) { clientSession(by: { id: $id }) { events { id } } }';
  expect(await merchant.code(query, { id })).toBe('QUERY_TOO_EXPENSIVE');
});
