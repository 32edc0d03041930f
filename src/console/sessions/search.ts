import type {
  ClientSessionFilter,
  ClientSessionSort,
  Currency,
  SessionKind,
  SessionStatus,
  TransactionProvider,
} from '../../generated/console/graphql.ts';
import { cutText } from '../../kernel/cut.ts';
import { given } from '../../kernel/given.ts';
import { KINDS, PROVIDERS, SESSION_STATUSES } from '../format/words.ts';

/**
 * What the list of sessions shows, as it stands in the address: a view is saved by keeping the link. Texts only, so that the address
 * reads well and survives by hand.
 */
export interface SessionsSearch {
  readonly q?: string;
  /** Several with commas between, as for kind, provider and currency. */
  readonly status?: string;
  readonly kind?: string;
  readonly provider?: string;
  readonly currency?: string;
  /** In the smallest unit. */
  readonly min?: string;
  readonly max?: string;
  /** ISO 8601 instants: from this one on, and before that one. */
  readonly from?: string;
  readonly to?: string;
  readonly attention?: 'yes';
  readonly sort?: SortName;
  /** The cursor that the page begins behind, or ends before. */
  readonly after?: string;
  readonly before?: string;
}

export const SORTS = {
  newest: { field: 'CREATED_AT', order: 'DESC' },
  oldest: { field: 'CREATED_AT', order: 'ASC' },
  changed: { field: 'UPDATED_AT', order: 'DESC' },
  unchanged: { field: 'UPDATED_AT', order: 'ASC' },
  largest: { field: 'AMOUNT', order: 'DESC' },
  smallest: { field: 'AMOUNT', order: 'ASC' },
} as const satisfies Record<string, ClientSessionSort>;
export type SortName = keyof typeof SORTS;

export const PAGE_SIZE = 50;

const CURSOR = /^[\w-]{1,500}$/;
const DIGITS = /^\d{1,19}$/;
const CURRENCY = /^[A-Z]{3}$/;

/** Reads the address. What is not understood is left out, so that an old or mistyped link still opens a list. */
export function parseSearch(given: Readonly<Record<string, unknown>>): SessionsSearch {
  const text = (name: string): string => {
    const value = given[name];
    return typeof value === 'string' ? value.trim() : '';
  };
  const matching = (name: string, pattern: RegExp): string => (pattern.test(text(name)) ? text(name) : '');
  const instant = (name: string): string => (Number.isNaN(Date.parse(text(name))) ? '' : new Date(text(name)).toISOString());
  const sort = text('sort');
  return withoutEmpty({
    q: cutText(text('q'), 255),
    status: known(text('status'), (value) => Object.hasOwn(SESSION_STATUSES, value)),
    kind: known(text('kind'), (value) => Object.hasOwn(KINDS, value)),
    provider: known(text('provider'), (value) => Object.hasOwn(PROVIDERS, value)),
    currency: known(text('currency'), (value) => CURRENCY.test(value)),
    min: matching('min', DIGITS),
    max: matching('max', DIGITS),
    from: instant('from'),
    to: instant('to'),
    attention: text('attention') === 'yes' ? 'yes' : '',
    sort: sort !== 'newest' && Object.hasOwn(SORTS, sort) ? sort : '',
    after: matching('after', CURSOR),
    before: matching('before', CURSOR),
  });
}

function known(list: string, isKnown: (value: string) => boolean): string {
  return [...new Set(split(list))].filter(isKnown).join(',');
}

function withoutEmpty(search: Readonly<Record<string, string>>): SessionsSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== ''));
}

export function split(list: string | undefined): readonly string[] {
  return list === undefined || list === '' ? [] : list.split(',');
}

/** The search with something else in it, from its first page on: a cursor belongs to one list. An empty text takes a part out. */
export function changed(search: SessionsSearch, change: Readonly<Partial<Record<keyof SessionsSearch, string>>>): SessionsSearch {
  const { after: _after, before: _before, ...kept } = search;
  return parseSearch({ ...kept, ...change });
}

/** Turns one value of a list in the search on or off. */
export function toggled(
  search: SessionsSearch,
  name: 'status' | 'kind' | 'provider' | 'currency',
  value: string,
): SessionsSearch {
  const values = split(search[name]);
  const next = values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
  return changed(search, { [name]: next.join(',') });
}

function listOf<Value extends string>(text: string | undefined): Value[] | undefined {
  return text === undefined ? undefined : (split(text) as Value[]);
}

/** The same for the API. */
export function toFilter(search: SessionsSearch): ClientSessionFilter {
  return given({
    search: search.q,
    statuses: listOf<SessionStatus>(search.status),
    kinds: listOf<SessionKind>(search.kind),
    transactionProviders: listOf<TransactionProvider>(search.provider),
    currencies: listOf<Currency>(search.currency),
    amountMin: search.min,
    amountMax: search.max,
    createdFrom: search.from,
    createdBefore: search.to,
    isStuck: search.attention === undefined ? undefined : true,
  });
}

export function toSort({ sort }: SessionsSearch): ClientSessionSort {
  return SORTS[sort ?? 'newest'];
}

/** Which page of the list. */
export function toPage({ after, before }: SessionsSearch) {
  if (before !== undefined) return { last: PAGE_SIZE, before };
  return after === undefined ? { first: PAGE_SIZE } : { first: PAGE_SIZE, after };
}

/** How many conditions narrow the list down, not counting the search field. */
export function countFilters({ q: _q, sort: _sort, after: _after, before: _before, ...filters }: SessionsSearch): number {
  return Object.keys(filters).length;
}
