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
 * sent with it and its verdict can be kept. So does a size that no page has, which is refused before the operation runs.
 */
export function limitCost(costMax: number) {
  return function CostLimit(context: ValidationContext): ASTVisitor {
    return {
      OperationDefinition(operation) {
        const root = context.getSchema().getRootType(operation.operation);
        if (!root) return;
        const level = { selections: operation.selectionSet, parent: root, pageSize: null };
        const cost = costOf({ context, costMax, fragments: new Map() }, level);
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

interface Counting {
  readonly context: ValidationContext;
  readonly costMax: number;
  /** By name and page size: what was counted once is not counted again, however often it is spread. */
  readonly fragments: Map<string, number>;
}

interface Level {
  readonly selections: SelectionSetNode;
  readonly parent: GraphQLNamedType;
  /** Of the connection whose fields these are; null elsewhere. */
  readonly pageSize: number | null;
}

/** Never below 0, and no more than a little above the limit once that is reached. */
function costOf(counting: Counting, level: Level): number {
  let cost = 0;
  for (const selection of level.selections.selections) {
    if (cost > counting.costMax) return cost;
    if (selection.kind === Kind.FIELD) {
      cost += fieldCost(counting, level, selection);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      const parent = typeNamed(counting.context, selection.typeCondition?.name.value) ?? level.parent;
      cost += costOf(counting, { ...level, selections: selection.selectionSet, parent });
    } else {
      cost += fragmentCost(counting, level, selection.name.value);
    }
  }
  return cost;
}

function fragmentCost(counting: Counting, level: Level, name: string): number {
  const { context, fragments } = counting;
  const key = `${name} ${level.pageSize}`;
  const known = fragments.get(key);
  if (known !== undefined) return known;
  const fragment = context.getFragment(name);
  if (!fragment) return 0;
  // One that spreads itself is refused by another rule and must not loop here.
  fragments.set(key, 0);
  const parent = typeNamed(context, fragment.typeCondition.name.value) ?? level.parent;
  const cost = 1 + costOf(counting, { ...level, selections: fragment.selectionSet, parent });
  fragments.set(key, cost);
  return cost;
}

function typeNamed(context: ValidationContext, name: string | undefined): GraphQLNamedType | undefined {
  return name === undefined ? undefined : context.getSchema().getType(name);
}

function fieldCost(counting: Counting, level: Level, field: FieldNode): number {
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
  const below = costOf(counting, { selections: field.selectionSet, parent, pageSize: isList ? null : size });
  return own + below * (isList ? (size ?? level.pageSize ?? PLAIN_LIST_SIZE) : 1);
}

function hasPages({ args }: GraphQLField<unknown, unknown>): boolean {
  return args.some(({ name }) => isSizeArgument(name));
}

export function isSizeArgument(name: string): boolean {
  return SIZE_ARGUMENTS.includes(name);
}

export function isPageSize(size: unknown): boolean {
  return typeof size === 'number' && Number.isInteger(size) && size >= 0 && size <= PAGE_SIZE_MAX;
}

/** The largest that is given; 0 to PAGE_SIZE_MAX whatever is written. */
function pageSizeOf(field: FieldNode): number {
  const given = (field.arguments ?? []).filter(({ name }) => isSizeArgument(name.value));
  if (given.length === 0) return PAGE_SIZE_DEFAULT;
  const sizes = given.map(({ value }) => (value.kind === Kind.INT ? Number(value.value) : PAGE_SIZE_MAX));
  return Math.max(...sizes.map((size) => (isPageSize(size) ? size : PAGE_SIZE_MAX)));
}
