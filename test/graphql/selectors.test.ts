import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isNonNullType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema as accrupay } from '../../src/accrupay/schema.ts';
import { schema as native } from '../../src/graphql/schema.ts';
import { ask } from '../accrupay/ask.ts';
import { type Answer, type Kind, startInput } from '../support/gateway.ts';
import { sampled } from '../support/template.ts';
import { openScene, type Scene } from './refusing.ts';

/** Every look-up of both dialects, asked with an identifier that is absent, null, empty or doubled. */

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
  await scene.merchant.data('{ merchant { name } }');
});

afterAll(() => scene.gateway.close());

/** Every row of every table, as one text. */
async function readTables(): Promise<unknown> {
  const { client } = scene.gateway.database;
  const tables = await client.$queryRaw<{ name: string }[]>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`;
  expect(tables.length).toBeGreaterThan(15);
  const digest = ({ name }: { name: string }) =>
    `SELECT '${name}' AS name, count(*)::int AS rows, md5(string_agg(t::text, '' ORDER BY t::text)) AS digest FROM "${name}" t`;
  return client.$queryRawUnsafe(tables.map(digest).join(' UNION ALL '));
}

type Field = GraphQLField<unknown, unknown>;
interface Root {
  readonly operation: 'query' | 'mutation';
  readonly field: Field;
}

function rootsOf(schema: typeof native): readonly Root[] {
  const of = (operation: Root['operation'], fields: readonly Field[]) => fields.map((field) => ({ operation, field }));
  return [
    ...of('query', Object.values(schema.getQueryType()?.getFields() ?? {})),
    ...of('mutation', Object.values(schema.getMutationType()?.getFields() ?? {})),
  ];
}

interface Case {
  readonly what: string;
  readonly text: string;
  readonly variables: Record<string, unknown>;
}

/** Sends each case three times: the first run is interpreted, the others are compiled. Returns the codes. */
async function codesOf(send: (one: Case) => Promise<Answer>, cases: readonly Case[]): Promise<[what: string, codes: string[]][]> {
  const all: [string, string[]][] = [];
  for (const one of cases) {
    for (const run of ['first', 'second', 'third']) {
      const { errors } = await send(one);
      all.push([`${one.what}, ${run} run`, errors.map(({ extensions }) => extensions.code)]);
    }
  }
  return all;
}

interface Selection extends Root {
  readonly argument: GraphQLArgument;
  readonly type: GraphQLInputObjectType;
}

const selections: readonly Selection[] = rootsOf(native).flatMap((root) =>
  root.field.args.flatMap((argument) => {
    const type = getNamedType(argument.type);
    return isInputObjectType(type) && type.isOneOf ? [{ ...root, argument, type }] : [];
  }),
);

function startKind(name: string): Kind {
  if (name.includes('AddPaymentMethod')) return 'ADD_PAYMENT_METHOD';
  return name.includes('Authorization') ? 'AUTHORIZATION' : 'PAYMENT';
}

/** The arguments beside the selector that the field needs, as a good call gives them. */
function othersOf({ field, argument }: Selection) {
  const needed = field.args.filter((other) => other !== argument && isNonNullType(other.type));
  expect(needed.map(({ name }) => name).filter((name) => name !== 'data')).toEqual([]);
  return {
    definitions: needed.map(({ name, type }) => `, $${name}: ${String(type)}`).join(''),
    given: needed.map(({ name }) => `, ${name}: $${name}`).join(''),
    variables: needed.length === 0 ? {} : { data: startInput(startKind(field.name))['data'] },
  };
}

function casesOf(selection: Selection, member: string): readonly Case[] {
  const { operation, field, argument, type } = selection;
  const others = othersOf(selection);
  const memberType = getNamedType(type.getFields()[member]?.type);
  const memberName = memberType?.name ?? '';
  const good = isEnumType(memberType) ? 'EXAMPLE' : scene.facts.payment;
  const second = Object.keys(type.getFields()).find((name) => name !== member) ?? '';
  const goodLiteral = isEnumType(memberType) ? good : `"${good}"`;
  const secondLiteral = second === 'transactionProvider' ? 'EXAMPLE' : '"x"';
  const call = (literal: string) => `{ ${field.name}(${argument.name}: ${literal}${others.given}) { __typename } }`;
  const inLiteral = (what: string, declared: string, variables: object): Case => ({
    what: `${member} as ${declared} ${what}`,
    text: `${operation} Run($value: ${declared}${others.definitions}) ${call(`{ ${member}: $value }`)}`,
    variables: { ...others.variables, ...variables },
  });
  const whole = (value: unknown): Case => ({
    what: `the selector ${JSON.stringify(value)}`,
    text: `${operation} Run($selector: ${type.name}!${others.definitions}) ${call('$selector')}`,
    variables: { ...others.variables, ...(value === undefined ? {} : { selector: value }) },
  });
  const literal = (value: string): Case => ({
    what: `the literal ${value}`,
    text: `${operation} Run${others.definitions === '' ? '' : `(${others.definitions.slice(2)})`} ${call(value)}`,
    variables: others.variables,
  });
  const otherValue = second === 'transactionProvider' ? 'EXAMPLE' : 'x';
  return [
    inLiteral('absent', memberName, {}),
    inLiteral('null', memberName, { value: null }),
    inLiteral('absent', `${memberName} = null`, {}),
    inLiteral('absent', `${memberName}!`, {}),
    inLiteral('null', `${memberName}!`, { value: null }),
    inLiteral('empty', `${memberName}!`, { value: '' }),
    whole(undefined),
    whole(null),
    whole({}),
    whole({ [member]: null }),
    whole({ [member]: '' }),
    whole({ [member]: good, [second]: otherValue }),
    whole({ [member]: good, [second]: null }),
    literal('{}'),
    literal('null'),
    literal(`{ ${member}: null }`),
    literal(`{ ${member}: "" }`),
    literal(`{ ${member}: ${goodLiteral}, ${second}: ${secondLiteral} }`),
    literal(`{ ${member}: ${goodLiteral}, ${second}: null }`),
  ];
}

describe('a selector of our own dialect that names nothing changes nothing', () => {
  const rows = selections.map((selection) => [selection.field.name, selection] as const);

  test('and every selector is looked at', () => {
    expect(new Set(selections.map(({ type }) => type.name)).size).toBe(4);
    expect(selections.length).toBeGreaterThan(15);
  });

  test.each(sampled(rows, 2))('at %s', async (_name, selection) => {
    const before = await readTables();
    for (const member of Object.keys(selection.type.getFields())) {
      const codes = await codesOf(({ text, variables }) => scene.merchant.query(text, variables), casesOf(selection, member));
      // A literal that is no value of its type at all is refused by the type system.
      const isStatic = (what: string) => /^the literal (null|\{ transactionProvider: "")/.test(what);
      const expected = codes.map(([what]) => [what, [isStatic(what) ? 'GRAPHQL_VALIDATION_FAILED' : 'BAD_USER_INPUT']]);
      expect(codes).toEqual(expected);
    }
    expect(await readTables()).toEqual(before);
  });
});

const IDENTIFIERS: readonly string[] = ['id', 'code', 'token', 'providerCode', 'merchantInternalTransactionCode'];

/** Fields of the AccruPay dialect that name one object by several arguments, none of which is required. */
const lookUps = rootsOf(accrupay).filter(
  ({ field }) =>
    field.args.some(({ name, type }) => IDENTIFIERS.includes(name) && !isNonNullType(type)) &&
    !field.args.some(({ name }) => name === 'first'),
);

function identifierCases({ operation, field }: Root): readonly Case[] {
  const names = field.args.filter(({ name, type }) => IDENTIFIERS.includes(name) && !isNonNullType(type)).map(({ name }) => name);
  const required = field.args.filter(({ type }) => isNonNullType(type));
  const fixed = Object.fromEntries(required.map(({ name }) => [name, name === 'amount' ? '1' : scene.merchant.accountId]));
  const definitions = [
    ...names.map((name) => `$${name}: String`),
    ...required.map(({ name, type }) => `$${name}: ${String(type)}`),
  ];
  const passed = (some: readonly string[]) => [...some, ...Object.keys(fixed)].map((name) => `${name}: $${name}`).join(', ');
  const text = `${operation} Run(${definitions.join(', ')}) { ${field.name}(${passed(names)}) { __typename } }`;
  const all = (value: unknown) => Object.fromEntries(names.map((name) => [name, value]));
  const bare = definitions.slice(names.length).join(', ');
  const none = passed([]);
  const withoutAny = `${operation} Run${bare && `(${bare})`} { ${field.name}${none && `(${none})`} { __typename } }`;
  return [
    { what: 'without any', text: withoutAny, variables: fixed },
    { what: 'all absent', text, variables: fixed },
    { what: 'all null', text, variables: { ...fixed, ...all(null) } },
    { what: 'all empty', text, variables: { ...fixed, ...all('') } },
    ...names.map((name) => ({ what: `${name} null`, text, variables: { ...fixed, [name]: null } })),
    ...names.map((name) => ({ what: `${name} empty`, text, variables: { ...fixed, [name]: '' } })),
    ...names.map((name) => ({ what: `${name} blank`, text, variables: { ...fixed, [name]: ' ' } })),
  ];
}

describe('a look-up of the AccruPay dialect that names nothing changes nothing', () => {
  test('and every look-up is looked at', () => {
    expect(lookUps.length).toBeGreaterThan(9);
  });

  test.each(lookUps.map((root) => [root.field.name, root] as const))('at %s', async (_name, root) => {
    const before = await readTables();
    const secret = scene.merchant.secretKey;
    const codes = await codesOf(
      (one) => ask(scene.gateway, { text: one.text, variables: one.variables, secret }),
      identifierCases(root),
    );
    const accepted = codes.filter(([, [code]]) => code !== 'BAD_USER_INPUT' && code !== '@input/INVALID');
    expect(accepted).toEqual([]);
    expect(await readTables()).toEqual(before);
  });
});

test('the stored methods of an account are not listed without a customer', async () => {
  const text = `mutation All($account: String!, $code: String, $customer: MerchantCustomerSelector) {
    merchantApiCustomerPaymentMethodSyncAll(merchantTransactionProviderId: $account, merchantInternalCustomerCode: $code, customer: $customer) { id } }`;
  const account = scene.merchant.accountId;
  for (const named of [{}, { code: null }, { customer: null }, { code: '' }, { customer: {} }]) {
    const { data, errors } = await ask(scene.gateway, {
      text,
      variables: { account, ...named },
      secret: scene.merchant.secretKey,
    });
    expect(data).toBeNull();
    expect(['BAD_USER_INPUT', '@input/INVALID']).toContain(errors[0]?.extensions.code);
  }
});

test('the same calls with one member are not refused as input', async () => {
  for (const selection of selections) {
    const { operation, field, argument, type } = selection;
    const others = othersOf(selection);
    const [member] = Object.keys(type.getFields());
    const text = `${operation} Run($value: ID!${others.definitions}) { ${field.name}(${argument.name}: { ${member}: $value }${others.given}) { __typename } }`;
    const { errors } = await scene.merchant.query(text, { ...others.variables, value: '018f0000-0000-7000-8000-000000000000' });
    expect([field.name, errors[0]?.extensions.code]).toEqual([field.name, expect.stringMatching(/_NOT_FOUND$/)]);
  }
});
