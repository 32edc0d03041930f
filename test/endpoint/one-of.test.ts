import { describe, expect, test } from 'vitest';
import { buildEcho, serve } from './echo.ts';

const ask = serve(
  buildEcho(`
    directive @marked(by: By) on FIELD
    input By @oneOf { id: ID, code: String, deep: By, many: [By!] }
    input Holder { by: By, list: [By!], lists: [[By]] }
    type Node { echo(by: By!, holder: Holder, list: [By!], n: Int! = 1): String, node(by: By): Node }
    type Query { echo(by: By, holder: Holder, list: [By!], n: Int! = 1): String, node(by: By): Node }
    type Mutation { echo(by: By!): String }
  `),
);

/** The outcomes of three runs: the first is interpreted, the others compiled. */
async function run(query: string, variables?: unknown) {
  const answers = [await ask(query, variables), await ask(query, variables), await ask(query, variables)];
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
  const [{ data, errors = [] }] = answers as [Awaited<ReturnType<typeof ask>>];
  return {
    data,
    codes: errors.map(({ extensions }) => extensions.code),
    issues: errors.flatMap(({ extensions }) => extensions.issues ?? []),
  };
}

const EXACTLY_ONE = 'Give exactly one of the fields, and not as null.';
const refusal = (path: string, message = EXACTLY_ONE) => ({
  path: path.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
  message,
});

describe('a oneOf input is refused in every run, with its path,', () => {
  test.each<[what: string, query: string, variables: unknown, path: string]>([
    ['as a variable without a member', 'query ($by: By!) { echo(by: $by) }', { by: {} }, 'by'],
    ['as a variable with a null member', 'query ($by: By!) { echo(by: $by) }', { by: { id: null } }, 'by.id'],
    ['as a variable with two members', 'query ($by: By!) { echo(by: $by) }', { by: { id: '1', code: '2' } }, 'by'],
    ['as a variable with a null beside a member', 'query ($by: By!) { echo(by: $by) }', { by: { id: '1', code: null } }, 'by'],
    ['as a literal without a member', '{ echo(by: {}) }', {}, 'by'],
    ['as a literal with a null member', 'mutation { echo(by: { id: null }) }', {}, 'by'],
    ['as a literal with two members', 'query ($id: ID!) { echo(by: { id: $id, code: "a" }) }', { id: '1' }, 'by'],
    ['in a member', '{ echo(by: { deep: { deep: {} } }) }', {}, 'by.deep.deep'],
    ['in a list', '{ echo(list: [{ id: 1 }, { id: null }]) }', {}, 'list.1'],
    ['in a list of lists', '{ echo(holder: { lists: [[{ id: 1 }], [{ id: 1 }, {}]] }) }', {}, 'holder.lists.1.1'],
    ['as the only item of a list', '{ echo(holder: { list: { id: null } }) }', {}, 'holder.list'],
    ['in an input object', '{ echo(holder: { by: { many: [{ id: 1 }, {}] } }) }', {}, 'holder.by.many.1'],
    ['at a deep field', '{ node { node { echo(by: { id: null }) } } }', {}, 'by'],
    ['in a fragment', '{ node { ...On } } fragment On on Node { a: node { echo(by: {}) } }', {}, 'by'],
    ['in a directive', '{ echo @marked(by: { id: null }) }', {}, 'by'],
    ['in the default of a variable', 'query ($by: By = { id: null }) { echo(by: $by) }', { by: { id: '1' } }, 'by'],
    ['in a variable with a list', 'query ($list: [By!]) { echo(list: $list) }', { list: [{ id: '1' }, {}] }, 'list.1'],
  ])('%s', async (_what, query, variables, path) => {
    const { data, codes, issues } = await run(query, variables);
    expect(codes).toEqual(['BAD_USER_INPUT']);
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([path]);
    expect(data ?? null).toBeNull();
  });
});

describe('a variable that may be null is no member of a literal', () => {
  const nullable = 'Declare it with a type that ends in "!".';
  test.each<[what: string, query: string, path: string]>([
    ['in a required argument', 'query ($id: ID) { node { echo(by: { id: $id }) } }', 'by.id'],
    ['in an optional argument', 'query ($id: ID) { echo(by: { id: $id }) }', 'by.id'],
    ['with a default', 'query ($id: ID = "1") { echo(by: { id: $id }) }', 'by.id'],
    ['with a default of null', 'query ($id: ID = null) { echo(by: { id: $id }) }', 'by.id'],
    ['in a mutation', 'mutation ($id: ID) { echo(by: { id: $id }) }', 'by.id'],
    ['in a list', 'query ($id: ID) { echo(list: [{ code: "a" }, { id: $id }]) }', 'list.1.id'],
    ['as the only item of a list', 'query ($id: ID) { echo(list: { id: $id }) }', 'list.id'],
    ['in an input object', 'query ($id: ID) { echo(holder: { by: { deep: { id: $id } } }) }', 'holder.by.deep.id'],
    ['as an input object', 'query ($deep: By) { echo(by: { deep: $deep }) }', 'by.deep'],
    ['in a fragment before the operation', 'fragment On on Query { echo(by: { id: $id }) } query ($id: ID) { ...On }', 'by.id'],
    ['in a directive', 'query ($id: ID) { echo @marked(by: { id: $id }) }', 'by.id'],
  ])('%s, whatever its value is', async (_what, query, path) => {
    for (const variables of [{}, { id: null }, { id: '1' }]) {
      const { codes, issues } = await run(query, variables);
      expect(codes).toEqual(['BAD_USER_INPUT']);
      expect(issues.map((issue) => issue.path.join('.'))).toEqual([path]);
      expect(issues[0]?.message).toContain(nullable);
    }
  });
});

describe('one member is accepted in every run', () => {
  test.each<[query: string, variables: unknown, args: object]>([
    ['query ($by: By) { echo(by: $by) }', { by: { id: 1 } }, { by: { id: '1' }, n: 1 }],
    ['query ($by: By) { echo(by: $by) }', {}, { n: 1 }],
    ['query ($by: By) { echo(by: $by) }', { by: null }, { by: null, n: 1 }],
    ['query ($id: ID!) { echo(by: { id: $id }) }', { id: 'a' }, { by: { id: 'a' }, n: 1 }],
    ['query ($id: ID! = "b") { echo(by: { id: $id }) }', {}, { by: { id: 'b' }, n: 1 }],
    ['query ($by: By) { echo(holder: { lists: [[$by]] }) }', { by: { id: 'a' } }, { holder: { lists: [[{ id: 'a' }]] }, n: 1 }],
    ['query ($deep: By!) { echo(by: { deep: $deep }) }', { deep: { code: '' } }, { by: { deep: { code: '' } }, n: 1 }],
    ['query ($by: By) { echo(holder: { by: $by }) }', {}, { holder: {}, n: 1 }],
    ['query ($list: [By!]) { echo(list: $list) }', { list: { id: '1' } }, { list: [{ id: '1' }], n: 1 }],
  ])('%s with %j', async (query, variables, args) => {
    const { data, codes } = await run(query, variables);
    expect(codes).toEqual([]);
    expect(JSON.parse((data as { echo: string }).echo)).toEqual(args);
  });
});

test('null where a default would have stood is refused with its path before anything runs', async () => {
  const { data, issues, codes } = await run('query ($n: Int = 2) { node { echo(by: { id: 1 }, n: $n) } }', { n: null });
  expect(codes).toEqual(['BAD_USER_INPUT']);
  expect(issues).toEqual([refusal('n', 'This is required.')]);
  expect(data).toBeUndefined();
});
