import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CARDS, confirm, type Gateway, openGateway, start, verify } from '../support/gateway.ts';
import { subscribe, WATCH } from './reader.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

describe('clientSessionChanged', () => {
  test('sends the session now and after each change, with the version in the data and as the id', async () => {
    const merchant = await gateway.newMerchant();
    const session = await start(merchant, 'PAYMENT');
    const reader = await subscribe(gateway.app, session.token, { query: WATCH, variables: { by: { token: session.token } } });
    expect(reader.response.status).toBe(200);
    expect(Object.fromEntries(reader.response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    const first = await reader.next();
    expect(first).toMatchObject({ event: 'next', data: { data: { change: { session: { id: session.id, status: 'ACTIVE' } } } } });
    expect(first?.id).toBe(`${first?.data?.data.change.version}`);
    await confirm(gateway.app, session.token, CARDS.approve);
    await verify(merchant, 'PAYMENT', session.id);
    let change = (await reader.data()).change;
    while (change.session.status !== 'COMPLETED') change = (await reader.data()).change;
    expect(change.version).toBeGreaterThan(Number(first?.id));
    await reader.leave();
  });
});
