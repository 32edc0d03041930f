import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  valueFromASTUntyped,
  visit,
} from 'graphql';
import { PAGE_SIZE_MAX } from '../kernel/paging.ts';
import type { Issue } from '../kernel/refusal.ts';
import { isPageSize, isSizeArgument } from './cost.ts';

const found = new WeakMap<DocumentNode, readonly ArgumentNode[]>();

/**
 * The page sizes of an operation that no page has, also in fields that are skipped. What stands in a field of the operation itself,
 * without directives, is left to that field's own rules, which say more.
 */
export function findSizeIssues(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): readonly Issue[] {
  const sizes = found.get(document) ?? sizesIn(document);
  found.set(document, sizes);
  const wrong = sizes.filter(({ value }) => {
    const size = value.kind === Kind.VARIABLE ? given(operation, variables, value.name.value) : valueFromASTUntyped(value);
    return size !== undefined && size !== null && !isPageSize(size);
  });
  const names = new Set(wrong.map(({ name }) => name.value));
  return [...names].map((name) => ({ path: [name], message: `A page size is 0 to ${PAGE_SIZE_MAX}.` }));
}

function sizesIn(document: DocumentNode): readonly ArgumentNode[] {
  const sizes: ArgumentNode[] = [];
  const plain = new Set<FieldNode>();
  visit(document, {
    OperationDefinition({ selectionSet }) {
      for (const field of selectionSet.selections) if (field.kind === Kind.FIELD && !field.directives?.length) plain.add(field);
    },
    Field(field) {
      if (!plain.has(field)) sizes.push(...(field.arguments ?? []).filter(({ name }) => isSizeArgument(name.value)));
    },
  });
  return sizes;
}

function given(operation: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(variables, name) && variables[name] !== undefined) return variables[name];
  const definition = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name);
  return definition?.defaultValue && valueFromASTUntyped(definition.defaultValue);
}
