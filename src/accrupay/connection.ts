import type { ArgumentRef, InputFieldRef, ObjectRef } from '@pothos/core';
import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { COUNTED } from '../endpoint/cost.ts';
import { refuse } from '../endpoint/errors.ts';
import { type Connection, EMPTY_PAGE, listInput } from '../endpoint/paging.ts';
import { code } from '../endpoint/text-rules.ts';
import type { Page } from '../kernel/paging.ts';
import { builder, type Types } from './builder.ts';
import { SortOrderEnum } from './enums.ts';

const SortingInput = builder.inputType('SortingFieldSchema', {
  fields: (t) => ({ field: t.string({ required: true }), order: t.field({ type: SortOrderEnum, required: true }) }),
});

export const pageArgs = builder.args((t) => ({
  skip: t.int(),
  take: t.int(),
  first: t.int(),
  last: t.int(),
  after: t.field({ type: 'ConnectionCursor' }),
  before: t.field({ type: 'ConnectionCursor' }),
  sorting: t.field({ type: [SortingInput] }),
}));

/** Checks a list's arguments: paging by the rules of the core, and each of these as a code or id of any form. */
export function listArgs(...names: readonly string[]) {
  const sorting = z.array(z.unknown()).max(1, 'A list is sorted by one field; the id breaks ties.').nullish();
  return checked(listInput({ sorting, ...Object.fromEntries(names.map((name) => [name, code.nullish()])) }));
}

type OptionalText = string | null | undefined;
type TextRef = ArgumentRef<Types, OptionalText> | InputFieldRef<Types, OptionalText>;

/** Optional texts by these names. */
export function textArgs<const Name extends string, Ref extends TextRef>(t: { string(): Ref }, names: readonly Name[]) {
  return Object.fromEntries(names.map((name) => [name, t.string()])) as Record<Name, Ref>;
}

type Sorting = readonly { readonly field: string; readonly order: 'ASC' | 'DESC' }[] | null | undefined;

/** What a list is sorted by, newest first unless told. */
export function toSort<Field extends string>(
  sorting: Sorting,
  fields: Readonly<Record<string, Field>>,
): { field: Field; order: 'ASC' | 'DESC' } {
  const { field: name, order } = sorting?.[0] ?? { field: 'createdAt', order: 'DESC' as const };
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field !== undefined) return { field, order };
  throw refuse('BAD_USER_INPUT', `sorting: this list is sorted by ${Object.keys(fields).join(', ')}.`);
}

/** What is listed when a filter asks for something that does not exist here. */
export const NOTHING: Connection<never> = { page: EMPTY_PAGE, count: () => Promise.resolve(0) };

const PageInfo = builder.objectRef<Page<unknown>>('PageInfo').implement({
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage'),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage'),
    startCursor: t.string({ nullable: true, resolve: ({ edges }) => edges[0]?.cursor ?? null }),
    endCursor: t.string({ nullable: true, resolve: ({ edges }) => edges.at(-1)?.cursor ?? null }),
  }),
});

/** The connection and edge types of a list, named after its nodes. */
export function defineConnection<Node extends object>(node: ObjectRef<Types, Node>) {
  const edge = builder.objectRef<Page<Node>['edges'][number]>(`${node.name}PaginationEdge`).implement({
    fields: (t) => ({
      cursor: t.expose('cursor', { type: 'ConnectionCursor' }),
      node: t.field({ type: node, resolve: (parent) => parent.node as never }),
    }),
  });
  return builder.objectRef<Connection<Node>>(`${node.name}PaginationConnection`).implement({
    fields: (t) => ({
      edges: t.field({ type: [edge], resolve: ({ page }) => page.edges }),
      pageInfo: t.field({ type: PageInfo, resolve: ({ page }) => page }),
      totalCount: t.int({ extensions: COUNTED, resolve: ({ count }) => count() }),
    }),
  });
}
