import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, PUBLIC_URL } from '../support/gateway.ts';
import { bothWays } from '../support/over-port.ts';
import { openScene, type Scene } from './refusing.ts';

/** Asks for statuses that tell requests that ran from those that did not. */
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});

afterAll(() => scene.gateway.close());

describe('a request is refused', () => {
  const post = (body: string, headers: Record<string, string> = {}) => ({
    method: 'POST',
    body,
    headers: { ...JSON_HEADERS, authorization: `Bearer ${scene.merchant.secretKey}`, ...headers },
  });
  const query = (text: string, headers?: Record<string, string>) => post(JSON.stringify({ query: text }), headers);
  const as = (credential: string) => query('{ clientSessions { totalCount } }', { authorization: credential });
  const nested = (depth: number) =>
    `{ transaction(by: { id: "x" }) ${'{ relatedTransaction '.repeat(depth)}{ id }${' }'.repeat(depth)} }`;
  const many = (count: number) => `{ ${Array.from({ length: count }, (_, n) => `a${n}: merchant { name }`).join(' ')} }`;

  test.each<[what: string, init: () => RequestInit, status: number, code: string, path?: string]>([
    ['whose JSON is broken', () => post('{"query": "{ merchant'), 400, 'BAD_USER_INPUT'],
    ['whose JSON is a list', () => post('[{"query":"{ __typename }"}]'), 400, 'BAD_USER_INPUT'],
    ['whose JSON is a number', () => post('42'), 400, 'BAD_USER_INPUT'],
    ['without a query', () => post('{}'), 400, 'BAD_USER_INPUT'],
    [
      'whose variables are a text',
      () => post(JSON.stringify({ query: '{ __typename }', variables: 'none' })),
      400,
      'BAD_USER_INPUT',
    ],
    ['that is a plain text', () => query('{ __typename }', { 'content-type': 'text/plain' }), 415, 'BAD_USER_INPUT'],
    [
      'that is a form',
      () => query('{ __typename }', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'BAD_USER_INPUT',
    ],
    [
      'of 10 MB',
      () => post(JSON.stringify({ query: '{ __typename }', variables: { text: 'x'.repeat(10_000_000) } })),
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    ['that is no GraphQL', () => query('{ merchant {'), 400, 'GRAPHQL_PARSE_FAILED'],
    ['with an unknown field', () => query('{ merchant { secretKey } }'), 400, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'with a card number as a literal',
      () => query('mutation { refundTransaction(by: { id: 4242424242424242 }, reason: 4242424242424242) { id } }'),
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'with an unknown enum value as a literal',
      () => query('{ clientSessions(sort: { field: SIZE, order: ASC }) { totalCount } }'),
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'for an operation that it does not hold',
      () => post(JSON.stringify({ query: 'query A { __typename }', operationName: 'B' })),
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['with a query 50 deep', () => query(nested(50)), 400, 'QUERY_TOO_EXPENSIVE'],
    ['with 1,000 aliases', () => query(many(1_000)), 400, 'QUERY_TOO_EXPENSIVE'],
    ['with too many aliases in few tokens', () => query(many(31)), 400, 'QUERY_TOO_EXPENSIVE'],
    ['with too many tokens', () => query(`{ ${'__typename '.repeat(2_100)} }`), 400, 'QUERY_TOO_EXPENSIVE'],
    [
      'for too many fields',
      () =>
        query(
          '{ clientSessions(first: 100) { edges { node { transactions { relatedTransactions { relatedTransactions { relatedTransactions { id amount } } } } } } } }',
        ),
      400,
      'QUERY_TOO_EXPENSIVE',
    ],
    [
      'for too many counts',
      () => query(`{ ${Array.from({ length: 26 }, (_, n) => `a${n}: clientSessions(first: 1) { totalCount }`).join(' ')} }`),
      400,
      'QUERY_TOO_EXPENSIVE',
    ],
    [
      'for a mutation by GET',
      () => ({ headers: { authorization: `Bearer ${scene.merchant.secretKey}` } }),
      405,
      'BAD_USER_INPUT',
      `/graphql?query=${encodeURIComponent('mutation { detachPaymentMethod(id: "x") { id } }')}`,
    ],
    ['without a key', () => as(''), 200, 'UNAUTHENTICATED'],
    [
      'with a key of another scheme',
      () => as(`Basic ${Buffer.from(`${scene.merchant.secretKey}:`).toString('base64')}`),
      200,
      'UNAUTHENTICATED',
    ],
    ['with a wrong key', () => as(`Bearer ${scene.merchant.secretKey.slice(0, -1)}_`), 200, 'UNAUTHENTICATED'],
    ['with a key that is far too long', () => as(`Bearer sk_test_${'x'.repeat(5_000)}`), 200, 'UNAUTHENTICATED'],
    ['with a revoked key', () => as(`Bearer ${scene.facts.revokedKey}`), 200, 'UNAUTHENTICATED'],
    ['with an expired key', () => as(`Bearer ${scene.facts.expiredKey}`), 200, 'UNAUTHENTICATED'],
    ['with a publishable key on a secret field', () => as(`Bearer ${scene.merchant.publishableKey}`), 200, 'FORBIDDEN'],
    ['with a session token on a list', () => as(`Bearer ${scene.facts.open.token}`), 200, 'FORBIDDEN'],
    [
      'with a session token on a foreign session',
      () =>
        query(`{ clientSession(by: { token: "${scene.facts.foreign.token}" }) { id } }`, {
          authorization: `Bearer ${scene.facts.open.token}`,
        }),
      200,
      'SESSION_NOT_FOUND',
    ],
    [
      'with a publishable key on a session by id',
      () =>
        query(`{ clientSession(by: { id: "${scene.facts.open.id}" }) { id } }`, {
          authorization: `Bearer ${scene.merchant.publishableKey}`,
        }),
      200,
      'FORBIDDEN',
    ],
  ])('%s', async (_what, init, status, code, path = '/graphql') => {
    const hidden = [
      scene.merchant.secretKey,
      scene.merchant.publishableKey,
      scene.facts.revokedKey,
      scene.facts.expiredKey,
      scene.facts.open.token,
      scene.facts.foreign.token,
    ];
    const call = async (): Promise<Answer> => {
      const { app } = scene.gateway;
      const ask = bothWays((url, asked) => app.fetch(new Request(url, asked)), app.listener);
      const response = await ask(`${PUBLIC_URL}${path}`, init());
      const answer = (await response.json()) as Answer;
      expect(new Set(answer.errors.map((error) => error.extensions.code))).toEqual(new Set([code]));
      // A query may be too deep and too costly at once; the rest of a refusal is held for the first of them.
      return { status: response.status, data: answer.data, errors: answer.errors.slice(0, 1) };
    };
    const refused = await scene.refuse(call, { hidden });
    expect(refused.message).not.toBe('');
    expect(refused.status).toBe(status);
  });
});
