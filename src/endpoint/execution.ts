import {
  type ArgumentNode,
  type DocumentNode,
  type ExecutionResult,
  GraphQLScalarType,
  GraphQLSchema,
  getOperationAST,
  Kind,
  type NamedTypeNode,
  type NameNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  separateOperations,
  type VariableDefinitionNode,
  type VariableNode,
  visit,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import type { Plugin } from 'graphql-yoga';
import { type Call, type CoercedCall, coerceCalls, findCalls } from './arguments.ts';
import { readInput } from './coercion.ts';
import { asRequestError, badInput } from './errors.ts';
import { findSizeIssues } from './page-sizes.ts';
import { type Opening, refuseStranger } from './strangers.ts';

/** What is known of an operation from its first run on. */
interface Prepared {
  readonly document: DocumentNode;
  readonly calls: readonly Call[];
  /** Undefined until the second run: compiling pays from then on. Null where the operation cannot be compiled. */
  program: Program | null | undefined;
}

/** An operation as it is asked for. */
export interface Asked {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly context: object;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Operations {
  readonly plugin: Plugin;
  /** The checks of the plugin alone: what refuses the operation, or null. */
  refuse(asked: Asked): ExecutionResult | null;
  /** Runs a compiled operation, with the checks of the plugin. Null where there is no program (yet): Yoga runs those. */
  compiled(document: DocumentNode, operationName: string | null): RunOperation | null;
}

type RunOperation = (context: object, variables: Readonly<Record<string, unknown>>) => ExecutionResult | Promise<ExecutionResult>;

interface ExecutionOptions {
  /** Called with the context before anything else is done for an operation. */
  begin(context: object): void;
  /** Throws the dialect's refusal unless the credential of the context opens so much. */
  requireAccess(context: object, opening: Opening): void;
  /** Is told that the document now has a program as well, of so many fields. */
  noteCompiled(document: DocumentNode, fields: number): void;
}

/** A program has the fields of a fragment at every place where it is spread, and compiling stops everything else meanwhile. */
const COMPILED_FIELDS_MAX = 1_500;

/**
 * Coerces all variables and all arguments of an operation before it runs, by graphql-js' own rules, and refuses what does not
 * fit. The first run is interpreted and later ones are compiled; both get the same arguments.
 */
export function createOperations(schema: GraphQLSchema, options: ExecutionOptions): Operations {
  const compilerSchema = toCompilerSchema(schema);
  const known = new WeakMap<OperationDefinitionNode, Prepared>();

  function check({ document, operation, context, variables: given }: Asked): Checked {
    options.begin(context);
    const require = (opening: Opening) => options.requireAccess(context, opening);
    const stranger = refuseStranger(schema, { document, operation }, require);
    if (stranger !== null) return { refusal: { data: null, errors: [stranger] } };
    const variables = readInput(schema, operation, given);
    if (variables.error !== null) return { refusal: { errors: [variables.error] } };
    const prepared = known.get(operation) ?? prepare(schema, document, operation);
    known.set(operation, prepared);
    const { coerced, issues: problems } = coerceCalls(prepared.calls, variables.values);
    const issues = problems.length > 0 ? problems : findSizeIssues(prepared.document, operation, given);
    if (issues.length > 0) return { refusal: { errors: [asRequestError(badInput(issues))] } };
    return { prepared, coerced };
  }

  function programOf(prepared: Prepared, document: DocumentNode): Program | null {
    if (prepared.program !== undefined) return prepared.program;
    const fields = countFields(prepared.document);
    prepared.program = fields > COMPILED_FIELDS_MAX ? null : compile(compilerSchema, prepared.document, prepared.calls);
    if (prepared.program !== null) options.noteCompiled(document, fields);
    return prepared.program;
  }

  return {
    refuse(asked) {
      const checked = check(asked);
      return 'refusal' in checked ? checked.refusal : null;
    },
    plugin: {
      onExecute({ args, setExecuteFn, setResultAndStopExecution }) {
        const { document, contextValue: context, variableValues } = args;
        const operation = getOperationAST(document, args.operationName);
        if (!operation) return;
        const isFirst = !known.has(operation);
        const checked = check({ document, operation, context, variables: variableValues ?? {} });
        if ('refusal' in checked) return setResultAndStopExecution(checked.refusal);
        const { prepared, coerced } = checked;
        const program = isFirst ? null : programOf(prepared, document);
        if (program !== null) setExecuteFn((given) => program(given.contextValue, coerced));
      },
    },
    compiled(document, operationName) {
      const operation = getOperationAST(document, operationName);
      const program = operation && known.get(operation)?.program;
      if (!program) return null;
      return (context, variables) => {
        const checked = check({ document, operation, context, variables });
        return 'refusal' in checked ? checked.refusal : program(context, checked.coerced);
      };
    },
  };
}

/** What keeps an operation from running, or what it runs with. */
type Checked = { readonly refusal: ExecutionResult } | { readonly prepared: Prepared; readonly coerced: readonly CoercedCall[] };

function prepare(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Prepared {
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const own = operations.length === 1 ? document : (separateOperations(document)[operation.name?.value ?? ''] ?? document);
  return { document: own, calls: findCalls(schema, own), program: undefined };
}

/** An operation as JavaScript. It takes the arguments of its fields as graphql-js coerced them. */
type Program = (context: unknown, coerced: readonly CoercedCall[]) => ReturnType<RunCompiled>;
type RunCompiled = (root: unknown, context: unknown, variables: object) => Promise<ExecutionResult> | ExecutionResult;

/** Stands for any value that is coerced already. Only compiled documents know it. */
const COERCED = new GraphQLScalarType({ name: 'TollgateCoercedValue', parseValue: (value) => value });

/** The schema that programs are compiled for: the same types, and the one of coerced values. */
function toCompilerSchema(schema: GraphQLSchema): GraphQLSchema {
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
function compile(schema: GraphQLSchema, document: DocumentNode, calls: readonly Call[]): Program | null {
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
function countFields({ definitions }: DocumentNode): number {
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
