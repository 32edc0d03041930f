import {
  type ASTVisitor,
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from '../kernel/paging.ts';

/** What a list costs that has no page size: a session has few attempts and events. */
const PLAIN_LIST_SIZE = 5;
const SIZE_ARGUMENTS: readonly string[] = ['first', 'last', 'take'];

/** The `extensions` of a field that is counted from many rows: one costs the database as much as so many others. */
export const COUNTED = { cost: 2_000 } as const;

/**
 * Refuses operations that would resolve too many fields. A field costs 1, or what its extensions say, and what is selected below it;
 * page sizes multiply what is in the page. A size in a variable counts as the largest, so that a document costs the same whatever is
 * sent with it and its verdict can be kept.
 */
export function limitCost(costMax: number) {
  return function CostLimit(context: ValidationContext): ASTVisitor {
    return {
      OperationDefinition(operation) {
        const root = context.getSchema().getRootType(operation.operation);
        if (!root) return;
        const cost = costOf(context, { selections: operation.selectionSet, parent: root, open: [], pageSize: null, costMax });
        if (cost > costMax)
          context.reportError(
            tooExpensive(`The query may resolve more than ${costMax} fields. Ask for smaller pages or fewer fields.`),
          );
      },
    };
  };
}

export function tooExpensive(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'QUERY_TOO_EXPENSIVE', http: { spec: true, status: 400 } } });
}

interface Level {
  readonly selections: SelectionSetNode;
  readonly parent: GraphQLNamedType;
  /** Fragments that are being counted: one that spreads itself is refused by another rule and must not loop here. */
  readonly open: readonly string[];
  /** Of the connection whose fields these are; null elsewhere. */
  readonly pageSize: number | null;
  readonly costMax: number;
}

function costOf(context: ValidationContext, level: Level): number {
  let cost = 0;
  for (const selection of level.selections.selections) {
    // Enough is enough: fragments inside fragments could otherwise make counting itself expensive.
    if (cost > level.costMax) return cost;
    if (selection.kind === Kind.FIELD) {
      cost += fieldCost(context, level, selection);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      cost += costOf(context, {
        ...level,
        selections: selection.selectionSet,
        parent: typeNamed(context, selection.typeCondition?.name.value) ?? level.parent,
      });
    } else {
      const fragment = context.getFragment(selection.name.value);
      if (!fragment || level.open.includes(fragment.name.value)) continue;
      const parent = typeNamed(context, fragment.typeCondition.name.value) ?? level.parent;
      cost +=
        1 + costOf(context, { ...level, selections: fragment.selectionSet, parent, open: [...level.open, fragment.name.value] });
    }
  }
  return cost;
}

function typeNamed(context: ValidationContext, name: string | undefined): GraphQLNamedType | undefined {
  return name === undefined ? undefined : context.getSchema().getType(name);
}

function fieldCost(context: ValidationContext, level: Level, field: FieldNode): number {
  // Introspection is walked without a database, and its depth is limited elsewhere.
  if (field.name.value.startsWith('__')) return 1;
  const fields = isObjectType(level.parent) || isInterfaceType(level.parent) ? level.parent.getFields() : {};
  const definition = fields[field.name.value];
  if (definition === undefined) return 1;
  const own = typeof definition.extensions['cost'] === 'number' ? definition.extensions['cost'] : 1;
  const parent = getNamedType(definition.type);
  if (field.selectionSet === undefined || !isCompositeType(parent)) return own;
  const size = hasPages(definition) ? pageSizeOf(field) : null;
  const isList = isListType(getNullableType(definition.type));
  const below = costOf(context, { ...level, selections: field.selectionSet, parent, pageSize: isList ? null : size });
  return own + below * (isList ? (size ?? level.pageSize ?? PLAIN_LIST_SIZE) : 1);
}

function hasPages({ args }: GraphQLField<unknown, unknown>): boolean {
  return args.some(({ name }) => SIZE_ARGUMENTS.includes(name));
}

function pageSizeOf(field: FieldNode): number {
  const given = (field.arguments ?? []).filter((argument) => SIZE_ARGUMENTS.includes(argument.name.value));
  if (given.length === 0) return PAGE_SIZE_DEFAULT;
  return Math.max(...given.map(({ value }) => (value.kind === Kind.INT ? Number(value.value) : PAGE_SIZE_MAX)));
}
