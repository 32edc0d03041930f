import {
  type ArgumentNode,
  type DocumentNode,
  type ExecutionResult,
  GraphQLScalarType,
  GraphQLSchema,
  Kind,
  type NamedTypeNode,
  type NameNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
  type VariableNode,
  visit,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import type { Call, CoercedCall } from './arguments.ts';

/** An operation as JavaScript. It takes the arguments of its fields as graphql-js coerced them. */
export type Program = (context: unknown, coerced: readonly CoercedCall[]) => ReturnType<RunCompiled>;
type RunCompiled = (root: unknown, context: unknown, variables: object) => Promise<ExecutionResult> | ExecutionResult;

/** Stands for any value that is coerced already. Only compiled documents know it. */
const COERCED = new GraphQLScalarType({ name: 'TollgateCoercedValue', parseValue: (value) => value });

/** The schema that programs are compiled for: the same types, and the one of coerced values. */
export function toCompilerSchema(schema: GraphQLSchema): GraphQLSchema {
  const config = schema.toConfig();
  return new GraphQLSchema({ ...config, types: [...config.types, COERCED], assumeValid: true });
}

/**
 * Compiles a document of one operation; null where it must be interpreted. graphql-jit coerces inputs by rules of its own: it
 * lets several members of a `@oneOf` pass, keeps null for what was left out of a literal, and writes values into the program as
 * JSON. So it gets none: each argument becomes a variable of a type that takes any value as it is. Documents with directives
 * are interpreted, because graphql-jit reads `@skip` and `@include` in fragments in another way than graphql-js. So is
 * introspection, which would show the compiler's schema, and a document with the name `__proto__`, such as an alias: the program
 * builds objects in which it is no key.
 */
export function compile(schema: GraphQLSchema, document: DocumentNode, calls: readonly Call[]): Program | null {
  if (!isCompilable(document)) return null;
  const names = nameArguments(calls);
  const compiled = compileQuery(schema, passCoerced(document, names), undefined, {});
  if (!isCompiledQuery(compiled)) return null;
  const run = compiled.query as RunCompiled;
  return (context, coerced) => run(undefined, context, variablesOf(coerced, names));
}

function isCompilable(document: DocumentNode): boolean {
  let isPlain = true;
  const refuse = () => {
    isPlain = false;
  };
  visit(document, {
    Directive: refuse,
    Field: ({ name }) => (name.value === '__schema' || name.value === '__type' ? refuse() : undefined),
    Name: ({ value }) => (value === '__proto__' ? refuse() : undefined),
  });
  return isPlain;
}

/** The fields of the operations, with every fragment written out. The document is valid, so no fragment spreads itself. */
export function countFields({ definitions }: DocumentNode): number {
  const bodies = new Map<string, SelectionSetNode>();
  for (const node of definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) bodies.set(node.name.value, node.selectionSet);
  const counted = new Map<string, number>();
  const countIn = ({ selections }: SelectionSetNode): number =>
    selections.reduce((count, selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return count + countFragment(selection.name.value);
      const own = selection.kind === Kind.FIELD ? 1 : 0;
      return count + own + (selection.selectionSet === undefined ? 0 : countIn(selection.selectionSet));
    }, 0);
  const countFragment = (name: string): number => {
    const body = bodies.get(name);
    const count = counted.get(name) ?? (body === undefined ? 0 : countIn(body));
    counted.set(name, count);
    return count;
  };
  const operations = definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  return operations.reduce((count, { selectionSet }) => count + countIn(selectionSet), 0);
}

type Names = ReadonlyMap<Call['node'], ReadonlyMap<string, string>>;

function nameArguments(calls: readonly Call[]): Names {
  let count = 0;
  return new Map(calls.map((call) => [call.node, new Map(call.arguments.map(({ name }) => [name, `value${count++}`]))]));
}

function passCoerced(document: DocumentNode, names: Names): DocumentNode {
  const all = [...names.values()].flatMap((own) => [...own.values()]);
  return visit(document, {
    OperationDefinition: (node) => ({ ...node, variableDefinitions: all.map(toDefinition) }),
    VariableDefinition: () => false,
    Field: (node) => ({ ...node, arguments: [...(names.get(node) ?? [])].map(([name, variable]) => toArgument(name, variable)) }),
  });
}

const toName = (value: string): NameNode => ({ kind: Kind.NAME, value });
const toVariable = (name: string): VariableNode => ({ kind: Kind.VARIABLE, name: toName(name) });

function toArgument(name: string, variable: string): ArgumentNode {
  return { kind: Kind.ARGUMENT, name: toName(name), value: toVariable(variable) };
}

function toDefinition(variable: string): VariableDefinitionNode {
  const type: NamedTypeNode = { kind: Kind.NAMED_TYPE, name: toName(COERCED.name) };
  return { kind: Kind.VARIABLE_DEFINITION, variable: toVariable(variable), type };
}

function variablesOf(coerced: readonly CoercedCall[], names: Names): Record<string, unknown> {
  const variables: Record<string, unknown> = {};
  for (const { call, values } of coerced) {
    for (const [name, variable] of names.get(call.node) ?? []) {
      if (Object.hasOwn(values, name)) variables[variable] = values[name];
    }
  }
  return variables;
}
