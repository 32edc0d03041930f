import { inspect } from 'node:util';
import fc from 'fast-check';
import {
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  graphql,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { afterAll, describe, expect, test } from 'vitest';
import { schema as accrupay } from '../../src/accrupay/schema.ts';
import { schema as native } from '../../src/graphql/schema.ts';
import { runsWhole } from '../support/template.ts';
import { serve } from './echo.ts';

/** What resolvers were called with since the log was emptied, in any order. */
let calls: string[] = [];

/** The schemas are shared with other test files, so they get their resolvers back. */
const undoings: (() => void)[] = [];
afterAll(() => {
  for (const undo of undoings) undo();
});

/** Gives every field a resolver that notes its arguments and returns some value of its type, the same each time. */
function fake(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isAbstractType(type)) {
      const { resolveType } = type;
      undoings.push(() => void (type.resolveType = resolveType));
      type.resolveType = () => schema.getPossibleTypes(type)[0]?.name;
    }
    if (!isObjectType(type)) continue;
    const { isTypeOf } = type;
    undoings.push(() => void (type.isTypeOf = isTypeOf));
    type.isTypeOf = null;
    for (const field of Object.values(type.getFields())) {
      const { resolve } = field;
      undoings.push(() => void (field.resolve = resolve as never));
      field.resolve = (_parent, args) => {
        if (field.args.length > 0) calls.push(`${type.name}.${field.name} ${inspect(args, { depth: 20, sorted: true })}`);
        return valueOf(field.type);
      };
    }
  }
  return schema;
}

const LEAVES: Readonly<Record<string, unknown>> = {
  Boolean: true,
  Int: 1,
  Float: 1.5,
  BigInt: 12n,
  DateTime: new Date(0),
  DateTimeISO: new Date(0),
  JSON: { a: 1 },
  JSONObject: { a: 1 },
};

function valueOf(type: GraphQLOutputType): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return [valueOf(nullable.ofType), valueOf(nullable.ofType)];
  if (isEnumType(nullable)) return nullable.getValues()[0]?.value;
  return isLeafType(nullable) ? (LEAVES[nullable.name] ?? 'text') : {};
}

interface Document {
  readonly text: string;
  readonly variables: Record<string, unknown>;
}

/** Builds a document that is mostly valid: its inputs are what engines disagree about. */
class Writer {
  readonly variables: Record<string, unknown> = {};
  readonly #definitions: string[] = [];
  readonly #choose: (max: number) => number;

  constructor(choose: (max: number) => number) {
    this.#choose = choose;
  }

  write(schema: GraphQLSchema): Document {
    const root = this.#is(2) ? schema.getMutationType() : schema.getQueryType();
    const operation = root === schema.getMutationType() ? 'mutation' : 'query';
    const selection = this.#selection(schema, root as GraphQLOutputType, 3);
    const definitions = this.#definitions.length === 0 ? '' : `(${this.#definitions.join(', ')})`;
    return { text: `${operation} Run${definitions} ${selection}`, variables: this.variables };
  }

  #is(oneIn: number): boolean {
    return this.#choose(oneIn - 1) === 0;
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#choose(items.length - 1)] as Item;
  }

  #selection(schema: GraphQLSchema, type: GraphQLOutputType, depth: number): string {
    const named = getNamedType(type);
    if (!('getFields' in named) || isInputObjectType(named)) return '{ __typename }';
    const fields = Object.values(named.getFields()).filter((field) => depth > 0 || isLeafType(getNamedType(field.type)));
    const withArguments = fields.filter(({ args }) => args.length > 0);
    const chosen = Array.from({ length: 1 + this.#choose(2) }, () =>
      this.#pick(this.#is(2) && withArguments.length > 0 ? withArguments : fields),
    );
    const parts = chosen
      .filter((field) => field !== undefined)
      .map((field, index) => {
        const args = field.args
          .filter((argument) => isNonNullType(argument.type) || this.#is(2))
          .map((argument) => `${argument.name}: ${this.#literal(argument.type, 3)}`);
        const below = isLeafType(getNamedType(field.type)) ? '' : this.#selection(schema, field.type, depth - 1);
        const condition = this.#is(12) ? ` @${this.#pick(['skip', 'include'])}(if: ${this.#literal(BOOLEAN(schema), 1)})` : '';
        return `a${depth}${index}: ${field.name}${args.length === 0 ? '' : `(${args.join(', ')})`}${condition} ${below}`;
      });
    return `{ __typename ${parts.join(' ')} }`;
  }

  #literal(type: GraphQLInputType, depth: number): string {
    if (this.#is(4)) return this.#variable(type);
    if (!isNonNullType(type) && this.#is(8)) return 'null';
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      const items = Array.from({ length: this.#choose(2) }, () => this.#literal(nullable.ofType, depth));
      return this.#is(4) ? this.#literal(nullable.ofType, depth) : `[${items.join(', ')}]`;
    }
    if (isEnumType(nullable)) return this.#pick(nullable.getValues()).name;
    if (!isInputObjectType(nullable)) return JSON.stringify(this.#leaf(nullable.name));
    return `{ ${this.#members(nullable, depth)
      .map((field) => `${field.name}: ${this.#literal(field.type, depth - 1)}`)
      .join(', ')} }`;
  }

  #members(type: Extract<GraphQLInputType, { isOneOf: boolean }>, depth: number) {
    const fields = Object.values(type.getFields());
    if (type.isOneOf) return this.#is(10) ? fields.slice(0, this.#choose(2)) : [this.#pick(fields)];
    return fields.filter((field) => isNonNullType(field.type) || (depth > 0 && this.#is(4)));
  }

  #leaf(name: string): unknown {
    if (this.#is(25)) return 'bad\u0000';
    if (name === 'Boolean') return this.#is(2);
    if (name === 'Int') return this.#choose(3);
    if (name === 'Float') return 1.5;
    if (name === 'BigInt') return this.#is(2) ? '7' : 7;
    if (name.startsWith('DateTime')) return '2026-01-01T00:00:00Z';
    if (name.startsWith('JSON')) return 'x';
    return name === 'ID' && this.#is(3) ? 5 : this.#pick(['', 'a', 'order-1']);
  }

  #variable(type: GraphQLInputType): string {
    const name = `v${this.#definitions.length}`;
    const declared =
      this.#is(3) && !isNonNullType(type) ? `${String(type)}!` : this.#is(12) ? String(getNullableType(type)) : String(type);
    this.#definitions.push('');
    const nullable = getNullableType(type);
    const fallback = this.#is(4)
      ? ` = ${isLeafType(nullable) ? this.#constant(nullable) : declared.endsWith('!') ? '[]' : 'null'}`
      : '';
    this.#definitions[Number(name.slice(1))] = `$${name}: ${declared}${fallback}`;
    if (!this.#is(5)) this.variables[name] = this.#is(6) ? null : this.#json(type, 3);
    return `$${name}`;
  }

  #constant(type: GraphQLInputType): string {
    return isEnumType(type) ? this.#pick(type.getValues()).name : JSON.stringify(this.#leaf(String(type)));
  }

  #json(type: GraphQLInputType, depth: number): unknown {
    if (this.#is(isNonNullType(type) ? 30 : 8)) return null;
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      if (this.#is(4)) return this.#json(nullable.ofType, depth);
      return Array.from({ length: this.#choose(2) }, () => this.#json(nullable.ofType, depth));
    }
    if (isEnumType(nullable)) return this.#is(25) ? 'NONE' : this.#pick(nullable.getValues()).name;
    if (!isInputObjectType(nullable)) return this.#leaf(nullable.name);
    const entries = this.#members(nullable, depth).map((field) => [field.name, this.#json(field.type, depth - 1)] as const);
    return Object.fromEntries(this.#is(25) ? [...entries, ['unknown', 1] as const] : entries);
  }
}

const BOOLEAN = (schema: GraphQLSchema): GraphQLInputType => {
  const argument = schema.getDirective('skip')?.args[0];
  if (argument === undefined) throw new Error('There is no @skip.');
  return argument.type;
};

describe.each([
  ['our own', native],
  ['the AccruPay', accrupay],
] as const)('a generated document of %s dialect', (_name, schema) => {
  const ask = serve(fake(schema));

  test('has the same data, errors and arguments in both engines, and those of graphql-js', async () => {
    let [served, refused] = [0, 0];
    const property = fc.asyncProperty(fc.gen(), async (gen) => {
      const { text, variables } = new Writer((max) => gen(fc.nat, max)).write(schema);
      const runs = [];
      for (const _run of [1, 2, 3]) {
        calls = [];
        runs.push({ answer: await ask(text, variables), calls: calls.sort() });
      }
      const [interpreted, ...compiled] = runs;
      expect(compiled).toEqual([interpreted, interpreted]);
      calls = [];
      const { data, errors = [] } = await graphql({ schema, source: text, variableValues: variables });
      if (interpreted?.answer.errors === undefined) {
        served += 1;
        expect(errors).toEqual([]);
        expect(interpreted?.answer.data).toEqual(JSON.parse(JSON.stringify(data)));
        expect(interpreted?.calls).toEqual(calls.sort());
      } else {
        refused += 1;
      }
    });
    const numRuns = runsWhole() ? 300 : 100;
    await fc.assert(property, { numRuns });
    expect(served).toBeGreaterThan(numRuns / 6);
    expect(refused).toBeGreaterThan(numRuns / 6);
  }, 120_000);
});
