import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  separateOperations,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Call, type CoercedCall, coerceCalls, findCalls } from './arguments.ts';
import { readInput } from './coercion.ts';
import { asRequestError, badInput } from './errors.ts';
import { findSizeIssues } from './page-sizes.ts';
import { compile, countFields, type Program, toCompilerSchema } from './program.ts';
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

export type RunOperation = (
  context: object,
  variables: Readonly<Record<string, unknown>>,
) => ExecutionResult | Promise<ExecutionResult>;

export interface ExecutionOptions {
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
