import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeJson, encodeJson } from '../../src/kernel/json.ts';
import { toDecline as exampleDecline } from '../../src/providers/example/outcome.ts';
import { toDecline as nuveiDecline } from '../../src/providers/nuvei/declines.ts';
import { ask } from '../accrupay/ask.ts';
import { buildEcho, serve } from '../endpoint/echo.ts';
import {
  BILLING,
  type Data,
  type Gateway,
  newCode,
  openGateway,
  PUBLIC_URL,
  startInput,
  startText,
  type TestMerchant,
} from '../support/gateway.ts';

/** Names that JavaScript's objects have of themselves. A stranger may send each as a name of his own. */
const INHERITED = Object.getOwnPropertyNames(Object.prototype);
/** JSON.parse makes a key of `__proto__` too, where a literal of JavaScript would set the prototype. */
const objectOf = (key: string, value: unknown): Data => JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(value)}}`);

let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());

const sessions = async (): Promise<number> =>
  (await merchant.data('{ clientSessions { totalCount } }')).clientSessions.totalCount;

describe('metadata', () => {
  const asVariable = (metadata: unknown) => {
    const input = startInput('PAYMENT') as { data: Data };
    return merchant.query(startText('PAYMENT'), { ...input, data: { ...input.data, metadata } });
  };
  const asLiteral = (metadata: Data) => {
    const fields = Object.entries(metadata).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    const billing = Object.entries(BILLING).map(([key, value]) => {
      return `${key}: ${key.endsWith('Country') ? value : JSON.stringify(value)}`;
    });
    return merchant.query(`mutation { session: startPaymentSession(
      provider: { transactionProvider: EXAMPLE }
      data: { merchantInternalTransactionCode: "${newCode()}", amount: "100", currency: USD, storePaymentMethod: false,
        billing: { ${billing.join(' ')} }, metadata: { ${fields.join(' ')} } }
    ) { id metadata } }`);
  };
  const ways = [
    ['a variable', asVariable],
    ['a literal', asLiteral],
  ] as const;

  test.each(ways)('with the key __proto__ is refused with a reason, in %s', async (_way, send) => {
    const before = await sessions();
    for (const value of ['text', { a: 'b' }, null]) {
      if (send === asLiteral && typeof value === 'object') continue;
      const metadata = { ...objectOf('__proto__', value), order: '7' };
      const { errors } = await send(metadata);
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
      expect(errors[0]?.extensions.issues?.[0]).toMatchObject({
        path: ['data', 'metadata'],
        message: 'A key is refused. Choose another name than `__proto__`.',
      });
    }
    expect(await sessions()).toBe(before);
  });

  test.each(ways)('keeps every other name that objects have of themselves, in %s', async (_way, send) => {
    const names = [...INHERITED.filter((name) => name !== '__proto__'), 'prototype', 'then', 'length'];
    const metadata = Object.fromEntries(names.map((name) => [name, `value of ${name}`]));
    const { data, errors } = await send(metadata);
    expect(errors).toEqual([]);
    const read = await merchant.data('query ($id: ID!) { clientSession(by: { id: $id }) { metadata } }', {
      id: data?.session.id,
    });
    expect(read.clientSession.metadata).toEqual(metadata);
  });
});

describe('a variable', () => {
  const echo = serve(buildEcho('input Pick { id: ID } type Query { echo(id: ID, pick: Pick, list: [ID]): String }'));
  const dialects = [
    ['/graphql', (text: string, variables: object) => merchant.query(text, variables as Data)],
    ['/accrupay/graphql', (text: string, variables: object) => ask(gateway, { text, variables, secret: merchant.secretKey })],
  ] as const;

  test.each(dialects)('with the name of a property that all objects have is refused at %s', async (_path, send) => {
    for (const name of INHERITED) {
      for (const variables of [{}, objectOf(name, true)]) {
        const { errors } = await send(`query ($${name}: Boolean) { __typename @skip(if: $${name}) }`, variables);
        expect(errors[0]?.message, name).toBe(`A variable cannot be named $${name}. Choose another name.`);
      }
    }
  });

  test.each(INHERITED)('that is left out is never the property %s of an object', async (name) => {
    for (const text of [`pick: { id: $${name} }`, `list: [$${name}]`, `id: $${name}`]) {
      for (let run = 0; run < 3; run += 1) {
        const { data, errors } = await echo(`query ($${name}: ID) { echo(${text}) }`, {});
        expect(data ?? null).toBeNull();
        expect(errors).toHaveLength(1);
      }
    }
  });

  test.each([...INHERITED, 'prototype'])('reads nothing of a further value named %s', async (name) => {
    const { data } = await echo('query ($id: ID) { echo(pick: { id: $id }) }', objectOf(name, { id: 'stolen' }));
    expect(JSON.parse((data as Data).echo)).toEqual({ pick: {} });
  });

  test.each([...INHERITED, 'prototype'])('of an input object has no field %s', async (name) => {
    for (let run = 0; run < 3; run += 1) {
      const { errors } = await echo('query ($pick: Pick) { echo(pick: $pick) }', { pick: objectOf(name, 'x') });
      expect(errors?.[0]?.extensions.issues).toEqual([{ path: ['pick', name], message: 'Pick has no such field.' }]);
    }
  });
});

test.each([...INHERITED, 'prototype'])('%s is an alias, a fragment and an operation like any other', async (name) => {
  const echo = serve(buildEcho('type Query { echo(id: ID): String }'));
  for (let run = 0; run < 3; run += 1) {
    const { data } = await echo(`query ${name} { ...${name} } fragment ${name} on Query { ${name}: echo(id: 1) }`);
    expect(Object.entries(data as object)).toEqual([[name, '{"id":"1"}']]);
  }
});

describe('a body of JSON', () => {
  const send = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
    const response = await gateway.app.fetch(new Request(`${PUBLIC_URL}${path}`, init));
    return { status: response.status, text: await response.text() };
  };
  const secret = () => ({ authorization: `Bearer ${merchant.secretKey}` });
  const consolePage = { 'x-tollgate-console': 'none', origin: PUBLIC_URL };

  test.each([...INHERITED, 'prototype'])('with the key %s is refused by the export and by the console', async (name) => {
    for (const body of [objectOf(name, {}), { filter: objectOf(name, 'x') }, { sort: objectOf(name, 'x') }]) {
      expect(await send('/export/sessions', body, secret())).toMatchObject({
        status: 400,
        text: expect.stringContaining('BAD_USER_INPUT'),
      });
    }
    for (const value of [{ secretKey: merchant.secretKey }, merchant.secretKey]) {
      const { status } = await send('/console/session', objectOf(name, value), consolePage);
      expect(status).toBe(400);
    }
  });

  test('with only such keys is no request, no confirmation and no webhook', async () => {
    for (const name of INHERITED) {
      expect((await send('/graphql', objectOf(name, { query: '{ __typename }' }), secret())).status).toBe(400);
      expect((await send('/accrupay/graphql', objectOf(name, { query: '{ __typename }' }))).text).toContain('errors');
      for (const path of ['/example/confirm', '/webhooks/018f0000-0000-7000-8000-000000000000']) {
        const { status } = await send(path, objectOf(name, { token: 'x' }));
        expect(status, `${path} ${name}`).toBeGreaterThanOrEqual(400);
        expect(status, `${path} ${name}`).toBeLessThan(500);
      }
    }
  });
});

test.each([...INHERITED, 'prototype'])('the key %s survives in what is sealed and compared', (name) => {
  const value = { a: objectOf(name, { deep: 'er' }), at: new Date(0), n: 1n };
  expect(encodeJson(value)).toContain(`"${name}"`);
  const read = decodeJson(encodeJson(value)) as Data;
  expect(Object.entries(read.a)).toEqual([[name, { deep: 'er' }]]);
  expect(encodeJson(objectOf(name, 1))).not.toBe(encodeJson(objectOf(name, 2)));
});

test.each([...INHERITED, 'prototype'])('%s as the reason of a decline is a word without a meaning', (name) => {
  expect(exampleDecline(name).reason).toBe('GENERIC');
  expect(nuveiDecline({ issuerCode: name, reason: name, networkAdvice: name, gatewayCode: '0/0' })).toEqual({
    reason: 'GENERIC',
    advice: 'LATER',
    rawCode: name,
  });
});

describe('in a query that is sent several times', () => {
  const shown = (name: string) => `${name}: merchant { id ${name}: name } clientSessions(first: 1) { ${name}: totalCount }`;

  test.each(INHERITED)('the alias %s names the same fields each time', async (name) => {
    const answers: string[] = [];
    for (let run = 0; run < 3; run += 1) answers.push(sorted((await merchant.query(`{ ${shown(name)} }`)).data));
    expect(answers[0]).toContain('Corner Shop');
    expect(new Set(answers).size).toBe(1);
  });

  test.each(INHERITED)('the fragment and the operation %s run as any other', async (name) => {
    for (let run = 0; run < 3; run += 1) {
      const text = `query ${name} { merchant { ...${name} } } fragment ${name} on Merchant { name }`;
      expect((await merchant.query(text)).data).toEqual({ merchant: { name: 'Corner Shop' } });
    }
  });

  /** The engines put fields in another order; of what is the same they make the same text here. */
  function sorted(value: unknown): string {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const entries = Object.entries(value).map(([key, inner]) => `${key}:${sorted(inner)}`);
    return `{${entries.sort().join()}}`;
  }
});
