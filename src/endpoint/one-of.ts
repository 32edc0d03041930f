import {
  type ASTNode,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLError,
  type GraphQLInputObjectType,
  getNamedType,
  isInputObjectType,
  Kind,
  type ObjectFieldNode,
  type ObjectValueNode,
  type ValidationContext,
  type VariableNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Issue } from '../kernel/refusal.ts';
import { asRequestError, badInput } from './errors.ts';

export const EXACTLY_ONE = 'Give exactly one of the fields, and not as null.';

/**
 * Refuses a literal of a `@oneOf` input unless it has exactly one member that cannot be null, wherever the literal stands.
 * graphql-js has the same rules, but it misses a nullable variable where the input itself is required or in a list, and its
 * errors have neither our code nor a path: they are left out where this rule has reported.
 */
export function refuseAmbiguousInputs(): Plugin {
  return {
    onValidate({ addValidationRule }) {
      addValidationRule(ExactlyOneMember);
      return ({ result, setResult }) => {
        if (result.some(isFromThisRule)) setResult(result.filter((error) => !ENGINES_OWN.test(error.message)));
      };
    },
  };
}

const ENGINES_OWN =
  /^OneOf Input Object "\w+" must |^Field "\w+\.\w+" must be non-null\.$|to be used for OneOf Input Object "\w+"/;
const reported = new WeakSet<GraphQLError>();

function isFromThisRule(error: unknown): boolean {
  return reported.has(error as GraphQLError);
}

type Path = Issue['path'];

/** GraphQL specification, September 2025: "All Variable Usages Are Allowed" and "OneOf Input Objects Have Exactly One Input Field". */
export function ExactlyOneMember(context: ValidationContext): ASTVisitor {
  const variables = new Map<VariableNode, Path>();
  const report = (issue: Issue) => {
    const error = asRequestError(badInput([issue]));
    reported.add(error);
    context.reportError(error);
  };
  return {
    ObjectValue(node, ...[, parent, keys, ancestors]) {
      if (!isOneOf(getNamedType(context.getInputType()))) return;
      const path = pathOf(keys, parent === undefined ? ancestors : [...ancestors, parent]);
      const [only, ...others] = node.fields;
      if (only === undefined || others.length > 0 || only.value.kind === Kind.NULL) report({ path, message: EXACTLY_ONE });
      else if (only.value.kind === Kind.VARIABLE) variables.set(only.value, [...path, only.name.value]);
    },
    Document: {
      leave(document) {
        for (const issue of nullableMembers(context, document, variables)) report(issue);
      },
    },
  };
}

function isOneOf(type: unknown): type is GraphQLInputObjectType {
  return isInputObjectType(type) && type.isOneOf;
}

/** A variable may be used in a fragment and defined by several operations, so its definitions are known at the end only. */
function nullableMembers(context: ValidationContext, document: DocumentNode, members: ReadonlyMap<VariableNode, Path>): Issue[] {
  if (members.size === 0) return [];
  return document.definitions.flatMap((operation) => {
    if (operation.kind !== Kind.OPERATION_DEFINITION) return [];
    const definitions = new Map(operation.variableDefinitions?.map((node) => [node.variable.name.value, node.type]));
    return context.getRecursiveVariableUsages(operation).flatMap(({ node }) => {
      const path = members.get(node);
      const type = definitions.get(node.name.value);
      if (path === undefined || type === undefined || type.kind === Kind.NON_NULL_TYPE) return [];
      const message = `$${node.name.value} may be null here. Declare it with a type that ends in "!".`;
      return [{ path, message }];
    });
  });
}

type Ancestor = ASTNode | readonly ASTNode[];

/**
 * From the argument or the variable down to the value, as it would be for the same value in a variable.
 * @param keys each leads from one of the ancestors to the next
 */
function pathOf(keys: readonly (string | number)[], ancestors: readonly Ancestor[]): Path {
  const path: (string | number)[] = [];
  for (const [index, ancestor] of ancestors.entries()) {
    const key = keys[index];
    if (isNodes(ancestor)) {
      const list = ancestors[index - 1];
      if (list !== undefined && !isNodes(list) && list.kind === Kind.LIST && key !== undefined) path.push(key);
    } else {
      const name = nameOf(ancestor);
      if (name !== null) path.push(name);
    }
  }
  return path;
}

function isNodes(ancestor: Ancestor): ancestor is readonly ASTNode[] {
  return Array.isArray(ancestor);
}

function nameOf(node: ASTNode): string | null {
  if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) return node.name.value;
  return node.kind === Kind.VARIABLE_DEFINITION ? node.variable.name.value : null;
}

/** The members of a `@oneOf` literal that are given, where a variable without a value counts as left out. */
export function hasExactlyOne({ fields }: ObjectValueNode, valueOf: (field: ObjectFieldNode) => unknown): boolean {
  const given = fields.map(valueOf).filter((value) => value !== undefined);
  return given.length === 1 && given[0] !== null;
}
