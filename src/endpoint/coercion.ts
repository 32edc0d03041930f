import {
  coerceInputValue,
  GraphQLError,
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
import { holdsCardNumber } from '../kernel/card-number.ts';
import type { Issue } from '../kernel/refusal.ts';
import { badInput, toIssues } from './errors.ts';

interface Coerced {
  readonly values: Record<string, unknown>;
  /** Paths begin with the variable's name. */
  readonly issues: readonly Issue[];
}

/**
 * Checks the variables of an operation before it runs, whichever engine runs it. Null when they fit the schema; otherwise
 * one error that tells everything: what GraphQL's types refuse and what our own rules say of the rest of the same input.
 */
export function findInputError(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  raw: Readonly<Record<string, unknown>>,
): GraphQLError | null {
  const coerced = coerceVariables(schema, operation, raw);
  if (coerced.issues.length === 0) return null;
  const issues = new Map<string, Issue>();
  const argumentsOfRoot = rootArguments(schema, operation);
  for (const issue of coerced.issues) {
    const shown = { path: inArgument(issue.path, argumentsOfRoot), message: issue.message };
    issues.set(shown.path.join('.'), shown);
  }
  for (const argument of argumentsOfRoot) {
    for (const issue of checkArgument(argument, coerced.values)) {
      // What failed to parse is undefined in the parsed input, so the same path is told once, by GraphQL's types.
      const key = issue.path.join('.');
      if (!issues.has(key)) issues.set(key, issue);
    }
  }
  return asRequestError(badInput([...issues.values()]));
}

/** The variables as resolvers get them, of an operation in which no error was found. */
export function valuesOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  raw: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return coerceVariables(schema, operation, raw).values;
}

/** No part of the operation ran, so the whole request failed: the HTTP status may say so. */
function asRequestError(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, { extensions: { ...error.extensions, http: { spec: true, status: 400 } } });
}

function coerceVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  raw: Readonly<Record<string, unknown>>,
): Coerced {
  const values: Record<string, unknown> = {};
  const issues: Issue[] = [];
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    if (type === undefined || !isInputType(type)) continue;
    const given = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (given === undefined && definition.defaultValue !== undefined) {
      values[name] = valueFromAST(definition.defaultValue, type);
      continue;
    }
    if (given === undefined && definition.type.kind !== Kind.NON_NULL_TYPE) continue;
    values[name] = coerceInputValue(given, type, (path, value, error) => {
      issues.push(explain({ path: [name, ...path], value, error, type: typeAt(type, path) }));
    });
  }
  return { values, issues };
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
    const isShowable = FIELD_NAME.test(unknown) && !holdsCardNumber(unknown);
    return { path: isShowable ? [...path, unknown] : path, message: `${getNamedType(type).name} has no such field.` };
  }
  if (ONE_OF.test(error.message)) return { path, message: 'Give exactly one of the fields, and not as null.' };
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

/** The arguments of the operation's own fields, with the rules that Pothos keeps for them. */
function rootArguments(schema: GraphQLSchema, operation: OperationDefinitionNode): readonly RootArgument[] {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  return operation.selectionSet.selections.flatMap((selection) => {
    if (selection.kind !== Kind.FIELD) return [];
    const field: GraphQLField<unknown, unknown> | undefined = fields[selection.name.value];
    return (selection.arguments ?? []).flatMap((node) => {
      const argument = field?.args.find((candidate) => candidate.name === node.name.value);
      if (argument === undefined) return [];
      const validator = (argument.extensions['validator'] as ZodType | undefined) ?? null;
      return [{ name: argument.name, type: argument.type, node: node.value, validator }];
    });
  });
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
