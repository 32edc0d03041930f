import {
  coerceInputValue,
  type GraphQLError,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  type ValueNode,
  valueFromAST,
} from 'graphql';
import type { ZodType } from 'zod';
import { maskCardNumbers } from '../kernel/card-number.ts';
import type { Issue } from '../kernel/refusal.ts';
import { asRequestError, badInput, ISSUES_MAX, toIssues } from './errors.ts';
import { EXACTLY_ONE } from './one-of.ts';

interface Coerced {
  readonly values: Record<string, unknown>;
  /** Paths begin with the variable's name. */
  readonly issues: readonly Issue[];
}

/** The variables as resolvers get them, or the one error that refuses them. */
export type Input =
  | { readonly values: Readonly<Record<string, unknown>>; readonly error: null }
  | { readonly values: null; readonly error: GraphQLError };

/**
 * Coerces the variables of an operation before it runs, whichever engine runs it. Where they do not fit the schema, one error
 * reports what GraphQL's types refuse and what our own rules say of the rest of the same input, up to ISSUES_MAX problems.
 */
export function readInput(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  raw: Readonly<Record<string, unknown>>,
): Input {
  const coerced = coerceVariables(schema, operation, raw);
  if (coerced.issues.length === 0) return { values: coerced.values, error: null };
  const issues = new Map<string, Issue>();
  const argumentsOfRoot = rootArguments(schema, operation);
  for (const issue of coerced.issues) {
    const shown = { path: inArgument(issue.path, argumentsOfRoot), message: issue.message };
    issues.set(shown.path.join('.'), shown);
  }
  for (const argument of argumentsOfRoot) {
    if (issues.size > ISSUES_MAX) break;
    for (const issue of checkArgument(argument, coerced.values)) {
      // What failed to parse is undefined in the parsed input, so the same path is told once, by GraphQL's types.
      const key = issue.path.join('.');
      if (!issues.has(key)) issues.set(key, issue);
    }
  }
  return { values: null, error: asRequestError(badInput([...issues.values()])) };
}

function coerceVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  raw: Readonly<Record<string, unknown>>,
): Coerced {
  const values: Record<string, unknown> = Object.create(null);
  const issues: Issue[] = [];
  for (const definition of operation.variableDefinitions ?? []) {
    if (issues.length > ISSUES_MAX) break;
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    if (type === undefined || !isInputType(type)) continue;
    const given = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (given === undefined && definition.defaultValue !== undefined) {
      values[name] = valueFromAST(definition.defaultValue, type);
      continue;
    }
    if (given === undefined && definition.type.kind !== Kind.NON_NULL_TYPE) continue;
    values[name] = coerceUntil(given, type, (mismatch) => {
      issues.push(explain({ ...mismatch, path: [name, ...mismatch.path] }));
      return issues.length <= ISSUES_MAX;
    });
  }
  return { values, issues };
}

const ENOUGH = Symbol('enough');

/** The coerced value; undefined once `onMismatch` returned false, which ends the coercion at that place. */
function coerceUntil(given: unknown, type: GraphQLInputType, onMismatch: (mismatch: Mismatch) => boolean): unknown {
  try {
    return coerceInputValue(given, type, (path, value, error) => {
      if (!onMismatch({ path, value, error, type: typeAt(type, path) })) throw ENOUGH;
    });
  } catch (error) {
    if (error !== ENOUGH) throw error;
    return undefined;
  }
}

interface Mismatch {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  readonly error: GraphQLError;
  readonly type: GraphQLInputType;
}

/** What is wrong and where, without the value: graphql-js repeats values in its own messages. */
function explain({ path, value, error, type }: Mismatch): Issue {
  const missing = MISSING_FIELD.exec(error.message)?.[1];
  if (missing !== undefined) return { path: [...path, missing], message: 'This is required.' };
  const unknown = UNKNOWN_FIELD.exec(error.message)?.[1];
  if (unknown !== undefined) {
    const isShowable = FIELD_NAME.test(unknown) && maskCardNumbers(unknown) === unknown;
    return { path: isShowable ? [...path, unknown] : path, message: `${getNamedType(type).name} has no such field.` };
  }
  if (ONE_OF.test(error.message)) return { path, message: EXACTLY_ONE };
  if (error.extensions['code'] === 'BAD_USER_INPUT') return { path, message: error.message };
  if (value === undefined || value === null) return { path, message: 'This is required.' };
  const named = getNamedType(type);
  return { path, message: isEnumType(named) ? `This is not a value of ${named.name}.` : `This is not of type ${named.name}.` };
}

const MISSING_FIELD = /^Field "(\w+)" of required type/;
const UNKNOWN_FIELD = /^Field "(.*)" is not defined by type/s;
const ONE_OF = /^Exactly one key must be specified|^Field "\w+" must be non-null/;
const FIELD_NAME = /^[_A-Za-z]\w{0,60}$/;

function typeAt(type: GraphQLInputType, path: readonly (string | number)[]): GraphQLInputType {
  const nullable = getNullableType(type);
  const [key, ...rest] = path;
  if (key === undefined) return nullable;
  if (isListType(nullable)) return typeAt(nullable.ofType, typeof key === 'number' ? rest : path);
  const field = isInputObjectType(nullable) ? nullable.getFields()[key] : undefined;
  return field === undefined ? nullable : typeAt(field.type, rest);
}

interface RootArgument {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly node: ValueNode;
  readonly validator: ZodType | null;
}

/**
 * The arguments of the operation's own fields, with the rules that Pothos keeps for them. A variable that one argument of
 * several aliases takes is there once: it is checked once.
 */
function rootArguments(schema: GraphQLSchema, operation: OperationDefinitionNode): readonly RootArgument[] {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const found = operation.selectionSet.selections.flatMap((selection, place) => {
    if (selection.kind !== Kind.FIELD) return [];
    const field: GraphQLField<unknown, unknown> | undefined = fields[selection.name.value];
    return (selection.arguments ?? []).flatMap((node) => {
      const argument = field?.args.find((candidate) => candidate.name === node.name.value);
      if (argument === undefined) return [];
      const validator = (argument.extensions['validator'] as ZodType | undefined) ?? null;
      const from = node.value.kind === Kind.VARIABLE ? `$${node.value.name.value}` : place;
      const key = `${selection.name.value} ${argument.name} ${from}`;
      return [[key, { name: argument.name, type: argument.type, node: node.value, validator }] as const];
    });
  });
  return [...new Map(found).values()];
}

/** A problem in a variable is shown where the caller reads it: at the argument that takes the variable. */
function inArgument(path: Issue['path'], candidates: readonly RootArgument[]): Issue['path'] {
  const [variable, ...rest] = path;
  const argument = candidates.find(({ node }) => node.kind === Kind.VARIABLE && node.name.value === variable);
  return argument === undefined ? path : [argument.name, ...rest];
}

function checkArgument(argument: RootArgument, values: Record<string, unknown>): readonly Issue[] {
  if (argument.validator === null) return [];
  const { node } = argument;
  const value = node.kind === Kind.VARIABLE ? values[node.name.value] : valueFromAST(node, argument.type, values);
  if (value === undefined || value === null) return [];
  const parsed = argument.validator.safeParse(value);
  return parsed.success ? [] : toIssues(parsed.error).map((issue) => ({ ...issue, path: [argument.name, ...issue.path] }));
}
