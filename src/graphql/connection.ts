import type { InterfaceRef, ObjectRef } from '@pothos/core';
import { COUNTED } from '../endpoint/cost.ts';
import type { Connection } from '../endpoint/paging.ts';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, type Page } from '../kernel/paging.ts';
import { builder, type Types } from './builder.ts';

/** The arguments of a list that can be walked in both directions and by offset. */
export const pagingArgs = builder.args((t) => ({
  first: t.int({
    description: `How many to return from the start of the list, or behind \`after\`: 0 to ${PAGE_SIZE_MAX}. Without any size it is ${PAGE_SIZE_DEFAULT}.`,
  }),
  after: t.string({ description: 'The cursor to start behind, from an edge or from `endCursor`.' }),
  last: t.int({ description: `How many to return from the end of the list, or before \`before\`: 0 to ${PAGE_SIZE_MAX}.` }),
  before: t.string({ description: 'The cursor to end before, from an edge or from `startCursor`. It needs `last`.' }),
  skip: t.int({ description: 'How many to pass over from the start. Rows that appear meanwhile can make a row show up twice.' }),
  take: t.int({ description: `How many to return behind \`skip\`: 0 to ${PAGE_SIZE_MAX}.` }),
}));

export const PageInfo = builder.objectRef<Page<unknown>>('PageInfo');

PageInfo.implement({
  description: 'Where a page lies in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether the list goes on behind this page.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', { description: 'Whether the list begins before this page.' }),
    startCursor: t.string({
      nullable: true,
      description: 'The cursor of the first edge, for `before`. Null when the page is empty.',
      resolve: (page) => page.edges[0]?.cursor ?? null,
    }),
    endCursor: t.string({
      nullable: true,
      description: 'The cursor of the last edge, for `after`. Null when the page is empty.',
      resolve: (page) => page.edges.at(-1)?.cursor ?? null,
    }),
  }),
});

type NodeType<Node> = ObjectRef<Types, Node> | InterfaceRef<Types, Node>;

/** Makes the connection and edge types of a list, named after its nodes. */
export function defineConnection<Node extends object>(name: string, node: NodeType<Node>, listed: string) {
  const edge = builder.objectRef<Page<Node>['edges'][number]>(`${name}Edge`).implement({
    description: `One of the listed ${listed} with its place in the list.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description: 'The place in the list, for `after` and `before`. Its text has no meaning.',
      }),
      node: t.field({ type: node, description: `The listed item itself.`, resolve: (parent) => parent.node as never }),
    }),
  });
  return builder.objectRef<Connection<Node>>(`${name}Connection`).implement({
    description: `A page of ${listed}.`,
    fields: (t) => ({
      edges: t.field({
        type: [edge],
        description: 'The items of this page in the order of the list.',
        resolve: ({ page }) => page.edges,
      }),
      pageInfo: t.field({ type: PageInfo, description: 'Where this page lies in the list.', resolve: ({ page }) => page }),
      totalCount: t.int({
        extensions: COUNTED,
        description:
          'How many items the whole list has. Counting takes time on large lists and happens only when this is selected.',
        resolve: ({ count }) => count(),
      }),
    }),
  });
}
