import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import {
  CARDS,
  confirm,
  type Data,
  type Gateway,
  openGateway,
  PUBLIC_URL,
  start,
  startInput,
  startText,
  type TestMerchant,
} from '../support/gateway.ts';
import { PEOPLE, textOf } from '../support/isolation.ts';

let gateway: Gateway;
let merchant: TestMerchant;
beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant({ returnOrigins: ['https://shop.example', 'https://xn--bcher-kva.example'] });
});
afterAll(() => gateway.close());

/** The fields of the session that hold something, also in the objects and lists below. */
function* shownIn(value: Data, path = ''): Generator<string> {
  if (value === null || value === undefined || value === '') return;
  if (Array.isArray(value)) for (const item of value) yield* shownIn(item, path);
  else if (typeof value === 'object' && path !== 'payload') {
    for (const [name, item] of Object.entries(value))
      if (name !== '__typename') yield* shownIn(item, path === '' ? name : `${path}.${name}`);
  } else yield path;
}

describe('what a token shows', () => {
  test('is what docs/checkout.md lists, and nothing else', async () => {
    const data = {
      ...PEOPLE,
      description: 'Two nights',
      returnUrl: 'https://shop.example/back',
      attemptsMax: 3,
      storePaymentMethod: true,
    };
    const paidOne = await start(merchant, 'PAYMENT', { ...data, customer: { merchantInternalCustomerCode: 'token-view' } });
    await confirm(gateway.app, paidOne.token, CARDS.decline);
    await confirm(gateway.app, paidOne.token, CARDS.approve);
    const asked = await start(merchant, 'AUTHORIZATION', data);
    await confirm(gateway.app, asked.token, CARDS.challenge);
    const adding = await start(merchant, 'ADD_PAYMENT_METHOD', PEOPLE);
    await merchant.query('mutation V($by: ClientSessionSelector!) { verifyPaymentSession(by: $by) { id } }', {
      by: { id: paidOne.id },
    });
    await merchant.query('mutation V($by: ClientSessionSelector!) { verifyAuthorizationSession(by: $by) { id } }', {
      by: { id: asked.id },
    });
    const shown = new Set<string>();
    for (const { token } of [paidOne, asked, adding] as Data[]) {
      for (const credential of [token, merchant.publishableKey]) {
        const text = textOf({ schema }, 'Query.clientSession', `by: { token: ${JSON.stringify(token)} }`, 4);
        const answer = await merchant.query(text, {}, credential);
        expect(answer.errors).toEqual([]);
        for (const path of shownIn(answer.data.clientSession))
          shown.add(path.replace(/^transactions\.(relatedTransaction|session|transactions)\..*/, ''));
      }
    }
    const tops = new Set([...shown].filter((path) => path !== '').map((path) => path.split('.').slice(0, 2).join('.')));
    const page = readFileSync(new URL('../../docs/checkout.md', import.meta.url), 'utf8');
    const table = /<!-- token -->([\s\S]*?)<!-- end of token -->/.exec(page)?.[1] ?? '';
    const listed = new Set([...table.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name));
    expect({
      missing: [...tops].filter((name) => !listed.has(name)).sort(),
      gone: [...listed].filter((name) => !tops.has(name)).sort(),
    }).toEqual({
      missing: [],
      gone: [],
    });
  }, 120_000);
});

describe('a returnUrl', () => {
  const read = 'query R($by: ClientSessionSelector!) { clientSession(by: $by) { returnUrl } }';
  test.each([
    ['https://shop.example', 'https://shop.example/'],
    ['https://SHOP.example:443/back?a=1#x', 'https://shop.example/back?a=1#x'],
    ['HTTPS://shop.example/a/../b', 'https://shop.example/b'],
    ['https://shop.example\\back', 'https://shop.example/back'],
    ['https://bücher.example/zurück', 'https://xn--bcher-kva.example/zur%C3%BCck'],
    ['https://shop.example/a b', 'https://shop.example/a%20b'],
  ])('%s is stored as browsers read it, and both spellings are the same start', async (given, stored) => {
    const input = startInput('PAYMENT', { returnUrl: given }) as { data: object };
    const first = (await merchant.data(startText('PAYMENT'), input)).session;
    expect((await merchant.data(read, { by: { id: first.id } })).clientSession.returnUrl).toBe(stored);
    const again = { ...input, data: { ...input.data, returnUrl: stored } };
    expect((await merchant.data(startText('PAYMENT'), again)).session.id).toBe(first.id);
    const other = { ...input, data: { ...input.data, returnUrl: 'https://shop.example/elsewhere' } };
    expect(await merchant.code(startText('PAYMENT'), other)).toBe('CODE_ALREADY_USED');
  });

  test.each([
    'https://shop.example@evil.example/',
    'https://user:pw@shop.example/',
    'https://user@shop.example/',
    'https://shop.example\\@evil.example/',
    'https://evil.example\\@shop.example/',
    'https:\t//evil.example/',
    'java\nscript:alert(1)',
  ])('%j leads to no shop that is not on the list', async (given) => {
    const code = (await merchant.query(startText('PAYMENT'), startInput('PAYMENT', { returnUrl: given }))).errors[0]?.extensions
      .code;
    const isOwn = code === undefined && new URL(given).origin === 'https://shop.example';
    expect(isOwn || code === 'BAD_USER_INPUT' || code === 'RETURN_URL_NOT_ALLOWED').toBe(true);
  });
});

test('TOLLGATE_ACCRUPAY=false serves no endpoint for the AccruPay SDKs, and the API as ever', async () => {
  const ask = async (other: Gateway) => {
    const headers = { 'content-type': 'application/json' };
    const post = (path: string) =>
      other.app.fetch(new Request(`${PUBLIC_URL}${path}`, { method: 'POST', headers, body: '{"query":"{ __typename }"}' }));
    return [(await post('/accrupay/graphql')).status, (await post('/graphql')).status];
  };
  expect(await ask(gateway)).toEqual([200, 200]);
  const without = await openGateway({ config: { hasAccrupay: false } });
  expect(await ask(without)).toEqual([404, 200]);
  await without.close();
});
