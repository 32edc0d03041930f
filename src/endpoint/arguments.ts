import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLArgument,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getArgumentValues,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  TypeInfo,
  type ValueNode,
  valueFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Issue } from '../kernel/refusal.ts';
import { ISSUES_MAX } from './errors.ts';
import { EXACTLY_ONE, hasExactlyOne } from './one-of.ts';

type Values = Readonly<Record<string, unknown>>;
type Path = Issue['path'];

/** A field or directive that takes arguments, with the arguments that are given or have a default. */
export interface Call {
  readonly node: FieldNode | DirectiveNode;
  readonly definition: { readonly name: string; readonly args: readonly GraphQLArgument[] };
  readonly arguments: readonly GraphQLArgument[];
}

/** Every place of a document where arguments are passed, at any depth. */
export function findCalls(schema: GraphQLSchema, document: DocumentNode): readonly Call[] {
  const types = new TypeInfo(schema);
  const calls: Call[] = [];
  const add = (node: Call['node'], definition: Call['definition'] | null | undefined) => {
    const given = new Set(node.arguments?.map(({ name }) => name.value));
    const passed = definition?.args.filter(({ name, defaultValue }) => given.has(name) || defaultValue !== undefined) ?? [];
    if (definition && passed.length > 0) calls.push({ node, definition, arguments: passed });
  };
  const visitor = visitWithTypeInfo(types, {
    Field: (node) => add(node, types.getFieldDef()),
    Directive: (node) => add(node, types.getDirective()),
  });
  visit(document, visitor);
  return calls;
}

export interface CoercedCall {
  readonly call: Call;
  readonly values: Values;
}

/**
 * The arguments of every call as graphql-js coerces them, before any of the operation runs. What it refuses is told with its
 * path: engines refuse late, and not all of them refuse the same.
 */
export function coerceCalls(
  calls: readonly Call[],
  variables: Values,
): { coerced: readonly CoercedCall[]; issues: readonly Issue[] } {
  const coerced: CoercedCall[] = [];
  const issues: Issue[] = [];
  for (const call of calls) {
    if (issues.length > ISSUES_MAX) break;
    try {
      coerced.push({ call, values: getArgumentValues(call.definition as never, call.node, variables) });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      issues.push(...explain(call, variables));
    }
  }
  return { coerced, issues };
}

function explain({ definition, node }: Call, variables: Values): readonly Issue[] {
  const issues = definition.args.flatMap((argument) => {
    const given = node.arguments?.find(({ name }) => name.value === argument.name);
    return given === undefined ? [] : problemsOf(given, argument, variables);
  });
  return issues.length > 0 ? issues : [{ path: [definition.name], message: 'The arguments do not fit this field.' }];
}

function problemsOf({ value }: ArgumentNode, { name, type, defaultValue }: GraphQLArgument, variables: Values): readonly Issue[] {
  const isLeftOut = value.kind === Kind.VARIABLE && variables[value.name.value] === undefined;
  if (isLeftOut && defaultValue !== undefined) return [];
  const issue = findProblem({ node: value, type, path: [name] }, variables);
  return issue === null ? [] : [issue];
}

interface Literal {
  readonly node: ValueNode;
  readonly type: GraphQLInputType;
  readonly path: Path;
}

/** What keeps a literal from being a value of its type, once its variables have values. The document is valid otherwise. */
function findProblem({ node, type, path }: Literal, variables: Values): Issue | null {
  if (isNonNullType(type)) {
    const value = node.kind === Kind.VARIABLE ? variables[node.name.value] : node;
    const isNull = value === undefined || value === null || node.kind === Kind.NULL;
    return isNull ? { path, message: 'This is required.' } : findProblem({ node, type: type.ofType, path }, variables);
  }
  if (node.kind === Kind.VARIABLE || valueFromAST(node, type, variables) !== undefined) return null;
  if (isListType(type)) {
    const items =
      node.kind === Kind.LIST ? node.values.map((item, index) => ({ node: item, path: [...path, index] })) : [{ node, path }];
    return firstProblem(
      items.map((item) => ({ ...item, type: type.ofType })),
      variables,
    );
  }
  if (!isInputObjectType(type) || node.kind !== Kind.OBJECT) return { path, message: `This is not of type ${type.name}.` };
  if (type.isOneOf && !hasExactlyOne(node, ({ value }) => literalValue(value, variables))) return { path, message: EXACTLY_ONE };
  const fields = type.getFields();
  const members = node.fields.flatMap(({ name, value }) => {
    const field = fields[name.value];
    return field === undefined ? [] : [{ node: value, type: field.type, path: [...path, name.value] }];
  });
  return firstProblem(members, variables) ?? { path, message: `This is not of type ${type.name}.` };
}

function firstProblem(literals: readonly Literal[], variables: Values): Issue | null {
  for (const literal of literals) {
    const issue = findProblem(literal, variables);
    if (issue !== null) return issue;
  }
  return null;
}

/** Undefined for a variable that is left out, null for one that is null; of other literals only whether they are null. */
function literalValue(node: ValueNode, variables: Values): unknown {
  if (node.kind === Kind.NULL) return null;
  return node.kind === Kind.VARIABLE ? variables[node.name.value] : node;
}
