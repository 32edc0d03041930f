import { describe, expect, test } from 'vitest';
import { createAnonymousServer, EXAMPLE_PROVIDER, GOOD_DATA, post, START, URL_OF_GRAPHQL } from './server-support.ts';

const { server } = createAnonymousServer();

async function codeOf(query: string, variables?: Record<string, unknown>): Promise<string | undefined> {
  return (await post(server, query, variables)).errors?.[0]?.extensions.code;
}

const nest = (depth: number) =>
  `{ clientSessions { edges { node { ${'transactions { session { '.repeat(depth)} id ${'} } '.repeat(depth)} } } } }`;

describe('queries are refused with a code before anything runs', () => {
  test.each([
    ['text that is not GraphQL', '{ clientSessions(', 'GRAPHQL_PARSE_FAILED'],
    ['an empty query', '', 'GRAPHQL_PARSE_FAILED'],
    ['a field that does not exist', '{ secrets }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an operation name that does not exist', 'query A { __typename } query B { __typename }', 'GRAPHQL_VALIDATION_FAILED'],
    ['two ways in one selector', '{ clientSession(by: { id: "a", token: "b" }) { id } }', 'BAD_USER_INPUT'],
    ['no way in a selector', '{ clientSession(by: {}) { id } }', 'BAD_USER_INPUT'],
    ['a query 50 levels deep', nest(25), 'QUERY_TOO_EXPENSIVE'],
    ['a thousand aliases', `{ ${Array.from({ length: 1000 }, (_, n) => `a${n}: __typename`).join(' ')} }`, 'QUERY_TOO_EXPENSIVE'],
    [
      'a hundred aliased queries',
      `{ ${Array.from({ length: 100 }, (_, n) => `a${n}: merchant { name }`).join(' ')} }`,
      'QUERY_TOO_EXPENSIVE',
    ],
    ['many directives', `{ merchant { name ${'@skip(if: false) @include(if: true) '.repeat(40)} } }`, 'QUERY_TOO_EXPENSIVE'],
    ['too many tokens', `{ ${'__typename '.repeat(5000)} }`, 'QUERY_TOO_EXPENSIVE'],
    [
      'pages inside pages',
      `query($n: Int) { clientSessions(first: $n) { edges { node { transactions { relatedTransactions { relatedTransactions { relatedTransactions { session { transactions { id } } } } } } } } } }`,
      'QUERY_TOO_EXPENSIVE',
    ],
    [
      'a fragment that spreads itself',
      'query { merchant { ...A } } fragment A on Merchant { name ...A }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])('%s', async (_name, query, code) => {
    expect(await codeOf(query)).toBe(code);
  });

  test('a page of 100 sessions with everything that the client selects is allowed', async () => {
    const query =
      '{ clientSessions(first: 100) { totalCount edges { node { id token payload billing { billingEmail } transactions { id amount decline { reason } paymentMethod { id } customer { id } } events { id type data } } } } }';
    expect(await codeOf(query)).toBe('UNAUTHENTICATED');
  });

  test('introspection is refused where it is turned off, and works where it is on', async () => {
    const closed = createAnonymousServer({ hasIntrospection: false });
    const query = '{ __schema { queryType { name } } }';
    expect((await post(closed.server, query)).errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(await post(server, query)).toEqual({ status: 200, data: { __schema: { queryType: { name: 'Query' } } } });
  });
});

describe('requests that a browser can send without asking', () => {
  test.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x', 'application/graphql'])(
    'a POST of %s is refused',
    async (type) => {
      const body = 'query={__typename}';
      const response = await server.fetch(URL_OF_GRAPHQL, { method: 'POST', headers: { 'content-type': type }, body });
      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    },
  );

  test('a mutation by GET is refused', async () => {
    const query = encodeURIComponent('mutation { detachPaymentMethod(id: "x") { id } }');
    const response = await server.fetch(`${URL_OF_GRAPHQL}?query=${query}`, { headers: { accept: 'application/json' } });
    expect(response.status).toBe(405);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  test('several operations in one body are refused', async () => {
    const body = JSON.stringify([{ query: '{ __typename }' }, { query: '{ __typename }' }]);
    const response = await server.fetch(URL_OF_GRAPHQL, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  test('JSON that is broken is refused without a stack', async () => {
    const response = await server.fetch(URL_OF_GRAPHQL, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":',
    });
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(text).toContain('BAD_USER_INPUT');
    expect(text).not.toContain('at ');
  });

  test('a body that is too large is refused', async () => {
    const answer = await server.fetch(URL_OF_GRAPHQL, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename }', variables: { text: 'x'.repeat(200_000) } }),
    });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] });
  });

  test('pages of listed origins may call, and of no other', async () => {
    const { server: listed } = createAnonymousServer({ corsOrigins: ['https://shop.example', 'https://pay.example'] });
    const ask = async (origin: string) => {
      const response = await listed.fetch(URL_OF_GRAPHQL, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
      return response.headers.get('access-control-allow-origin');
    };
    expect(await ask('https://shop.example')).toBe('https://shop.example');
    expect(await ask('https://evil.example')).not.toBe('https://evil.example');
  });
});

describe('without a credential', () => {
  // Three times each: the interpreter answers the first, the compiled program the others.
  test.each([1, 2, 3])('a good start is refused as UNAUTHENTICATED (run %i)', async () => {
    const answer = await post(server, START, { provider: EXAMPLE_PROVIDER, data: GOOD_DATA });
    expect(answer.errors?.[0]).toMatchObject({ path: ['startPaymentSession'], extensions: { code: 'UNAUTHENTICATED' } });
    expect(answer.data).toBeNull();
  });

  test('an operation is chosen by its name also when the document is sent again', async () => {
    const query = 'query A { a: __typename } query B { b: __typename }';
    for (const operationName of ['A', 'A', 'B', 'A', 'B']) {
      const body = JSON.stringify({ query, operationName });
      const response = await server.fetch(URL_OF_GRAPHQL, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect(await response.json()).toEqual({ data: { [operationName.toLowerCase()]: 'Query' } });
    }
  });
});

test.each([1, 2, 3])('a bug is masked, logged and marked with the request id (run %i)', async () => {
  const { server: broken, lines } = createAnonymousServer();
  const response = await broken.fetch(URL_OF_GRAPHQL, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer cst_unknown', 'x-request-id': 'request-1' },
    body: JSON.stringify({ query: '{ merchant { name } }' }),
  });
  const answer = (await response.json()) as { errors: { message: string; extensions: object }[] };
  expect(answer.errors[0]?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', requestId: 'request-1' });
  expect(answer.errors[0]?.message).not.toContain('undefined');
  expect(lines.join('')).toContain('request-1');
});
