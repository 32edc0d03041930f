import { z } from 'zod';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, type Page, type PageRequest } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
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
