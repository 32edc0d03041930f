import type { InterfaceRef, ObjectRef } from '@pothos/core';
import { z } from 'zod';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, type Page, type PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import { builder, type Types } from './builder.ts';
import { unwrap } from './errors.ts';

/** A page with the count still to be asked for: `totalCount` costs nothing unless it is selected. */
export interface Connection<Node> {
  readonly page: Page<Node>;
  readonly count: () => Promise<number>;
}

const CURSOR_LENGTH_MAX = 500;

const pageSize = z
  .number()
  .int()
  .min(0, 'The page size is 0 or more.')
  .max(PAGE_SIZE_MAX, `A page holds at most ${PAGE_SIZE_MAX}.`);
const cursor = z.string().min(1, 'A cursor is never empty.').max(CURSOR_LENGTH_MAX, 'This is not a cursor of this list.');

export interface PagingInput {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  skip?: number | null | undefined;
  take?: number | null | undefined;
}

type PagingName = keyof PagingInput;

/** The three ways to walk a list; a request uses one. */
const WAYS: readonly (readonly PagingName[])[] = [
  ['first', 'after'],
  ['last', 'before'],
  ['skip', 'take'],
];

const pagingShape = {
  first: pageSize.nullish(),
  after: cursor.nullish(),
  last: pageSize.nullish(),
  before: cursor.nullish(),
  skip: z.number().int().min(0, 'skip is 0 or more.').nullish(),
  take: pageSize.nullish(),
};

/** Checks the paging arguments of a list together with its other arguments, so that every problem is told at once. */
export function listInput<Shape extends z.ZodRawShape>(others: Shape) {
  return z.looseObject({ ...pagingShape, ...others }).check(({ value, issues }) => {
    for (const [name, message] of pagingProblems(value as PagingInput)) {
      issues.push({ code: 'custom', path: [name], message, input: value });
    }
  });
}

function pagingProblems(input: PagingInput): readonly (readonly [PagingName, string])[] {
  const used = WAYS.filter((way) => way.some((name) => isGiven(input, name)));
  const mixed = used
    .slice(1)
    .flat()
    .filter((name) => isGiven(input, name));
  const problems = mixed.map((name) => [name, 'Use first/after, last/before or skip/take: they do not mix.'] as const);
  const isBeforeAlone = isGiven(input, 'before') && !isGiven(input, 'last');
  return isBeforeAlone ? [...problems, ['before', 'before needs last: the size of the page that ends there.']] : problems;
}

function isGiven(input: PagingInput, name: PagingName): boolean {
  return input[name] !== null && input[name] !== undefined;
}

/** Turns checked paging arguments into one request; without any, the first page of the default size. */
export function toPageRequest(input: PagingInput): PageRequest {
  const isBackward = isGiven(input, 'last');
  return {
    direction: isBackward ? 'backward' : 'forward',
    size: input.first ?? input.last ?? input.take ?? PAGE_SIZE_DEFAULT,
    cursor: (isBackward ? input.before : input.after) ?? null,
    skip: input.skip ?? 0,
  };
}

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

/** A connection over one list: reads the page now, counts only when asked. A page of size 0 reads nothing. */
export async function connect<Node>(
  input: PagingInput,
  list: (page: PageRequest) => Promise<Result<Page<Node>>>,
  count: () => Promise<number>,
): Promise<Connection<Node>> {
  const request = toPageRequest(input);
  const page = request.size === 0 ? EMPTY_PAGE : unwrap(await list(request));
  return { page, count };
}

export const EMPTY_PAGE: Page<never> = { edges: [], hasNextPage: false, hasPreviousPage: false };

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
        description:
          'How many items the whole list has. Counting takes time on large lists and happens only when this is selected.',
        resolve: ({ count }) => count(),
      }),
    }),
  });
}
