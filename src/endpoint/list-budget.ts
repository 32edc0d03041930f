import {
  defaultFieldResolver,
  type FieldNode,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { refuse } from './errors.ts';

/** The most rows of one list in an answer. No read of a list without pages takes more from the database. */
export const LIST_ROWS_MAX = 2_000;

interface Budget {
  left: number;
}

/** Of what a browser asks for: a session with all its attempts is far below. */
export const BROWSER_FIELDS_MAX = 1_000;

/** By the context of a request. */
const budgets = new WeakMap<object, Budget>();
const bounded = new WeakSet<GraphQLSchema>();

/**
 * Counts the fields that the lists of an answer really lead to, while it is made, and refuses the rest beyond the limit. What a
 * list without pages holds is not known before: what a document costs by `limitCost` is a guess for those.
 */
export function limitLists(schema: GraphQLSchema): void {
  if (!bounded.has(schema)) boundLists(schema);
  bounded.add(schema);
}

/** How many fields the lists may lead to in the operation that runs with the context. */
export function allowFields(context: object, count: number): void {
  budgets.set(context, { left: count });
}

function boundLists(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const isList = isListType(getNullableType(field.type)) && isCompositeType(getNamedType(field.type));
      if (isList) field.resolve = counted(field.resolve ?? defaultFieldResolver);
    }
  }
}

function counted(resolve: GraphQLFieldResolver<unknown, object>): GraphQLFieldResolver<unknown, object> {
  return (...call) => {
    const [, , context, info] = call;
    const budget = budgets.get(context);
    if (budget === undefined) return resolve(...call);
    if (budget.left < 0) throw tooMany();
    const take = (rows: unknown): unknown => {
      if (Array.isArray(rows)) spend(budget, rows.length, info);
      return rows;
    };
    const rows = resolve(...call);
    return rows instanceof Promise ? rows.then(take) : take(rows);
  };
}

function spend(budget: Budget, rows: number, info: GraphQLResolveInfo): void {
  budget.left -= rows * info.fieldNodes.reduce((count, node) => count + fieldsOf(node, info), 1);
  if (budget.left < 0 || rows > LIST_ROWS_MAX) throw tooMany();
}

function tooMany(): GraphQLError {
  return refuse('QUERY_TOO_EXPENSIVE', 'The lists of this answer lead to more fields than the gateway resolves at a time.');
}

const known = new WeakMap<FieldNode, number>();

/** The fields of one item, without those of the lists in it: they are counted when they are there. */
function fieldsOf(node: FieldNode, info: GraphQLResolveInfo): number {
  const count = known.get(node) ?? countIn(node.selectionSet, getNamedType(info.returnType).name, info);
  known.set(node, count);
  return count;
}

function countIn(selected: SelectionSetNode | undefined, typeName: string, info: GraphQLResolveInfo): number {
  const type = info.schema.getType(typeName);
  const fields = isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};
  let count = 0;
  for (const selection of selected?.selections ?? []) {
    if (selection.kind === Kind.FIELD) {
      const definition = fields[selection.name.value];
      const isEnd = definition === undefined || isListType(getNullableType(definition.type));
      count += 1 + (isEnd ? 0 : countIn(selection.selectionSet, getNamedType(definition.type).name, info));
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      count += countIn(selection.selectionSet, selection.typeCondition?.name.value ?? typeName, info);
    } else {
      const fragment = info.fragments[selection.name.value];
      if (fragment !== undefined) count += countIn(fragment.selectionSet, fragment.typeCondition.name.value, info);
    }
  }
  return count;
}
