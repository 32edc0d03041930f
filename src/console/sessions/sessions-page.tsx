import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { SessionCountDocument, SessionsDocument } from '../../generated/console/graphql.ts';
import { ask } from '../api/ask.ts';
import { useFollowing } from '../parts/following.ts';
import { Empty, LoadFailure } from '../parts/notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { ExportButton } from './export-dialog.tsx';
import { Conditions, Filters } from './filters.tsx';
import { Pager } from './pager.tsx';
import { changed, type SessionsSearch, toFilter, toPage, toSort } from './search.ts';
import { SessionsTable } from './sessions-table.tsx';
import { Views } from './views.tsx';

const route = getRouteApi('/sessions');
const REFRESH_MS = 5_000;

/** The list of sessions. Its whole state is the address. */
export function SessionsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const show = (next: SessionsSearch): void => void navigate({ search: next });
  const [isLive, setLive] = useState(true);
  return (
    <>
      <title>Sessions · Tollgate</title>
      <div className="page-head">
        <h1>Sessions</h1>
        <div className="page-tools">
          <label className="choice">
            <input type="checkbox" checked={isLive} onChange={(event) => setLive(event.target.checked)} />
            Refresh by itself
          </label>
          <ExportButton search={search} />
        </div>
      </div>
      <Views search={search} />
      <div className="tool-row">
        <SearchField search={search} show={show} />
        <Filters search={search} show={show} />
      </div>
      <Conditions search={search} show={show} />
      <List search={search} show={show} isLive={isLive} />
    </>
  );
}

interface ListProps {
  readonly search: SessionsSearch;
  readonly show: (search: SessionsSearch) => void;
  readonly isLive: boolean;
}

function List({ search, show, isLive }: ListProps) {
  // Only the first page changes by itself: whoever reads further down would lose the place.
  const isFirst = search.after === undefined && search.before === undefined;
  const { data, error, refetch, isPlaceholderData } = useQuery({
    queryKey: ['sessions', search],
    queryFn: ({ signal }) => ask(SessionsDocument, { filter: toFilter(search), sort: toSort(search), ...toPage(search) }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: isLive && isFirst ? REFRESH_MS : false,
  });
  const failure = error !== null && (
    <>
      <LoadFailure error={error} retry={() => void refetch()} />
      {!isFirst && (
        <Link to="/sessions" search={changed(search, {})} activeProps={{}}>
          To the start of the list
        </Link>
      )}
    </>
  );
  // What is shown while another list is asked for is not that list.
  if (error !== null && (data === undefined || isPlaceholderData)) return failure;
  if (data === undefined) return <Skeleton lines={12} label="Loading sessions" />;
  const { edges, pageInfo } = data.clientSessions;
  if (edges.length === 0 && !isPlaceholderData) return <NoSessions search={search} />;
  return (
    <>
      {failure}
      <SessionsTable rows={edges.map(({ node }) => node)} search={search} show={show} isStale={isPlaceholderData} />
      <Pager pageInfo={pageInfo} search={search}>
        {!isPlaceholderData && <Total search={search} shown={edges.length} isWhole={isFirst && !pageInfo.hasNextPage} />}
      </Pager>
    </>
  );
}

function NoSessions({ search }: { readonly search: SessionsSearch }) {
  return Object.keys(search).length === 0 ? (
    <Empty title="No sessions yet">
      <p>
        A backend starts the first one with <code>startPaymentSession</code>. It shows up here by itself.
      </p>
    </Empty>
  ) : (
    <Empty title="No session matches">
      <p>Take a filter out, or look for another code. A search finds codes by their beginning, and ids only whole.</p>
    </Empty>
  );
}

const count = new Intl.NumberFormat().format;

/** Counting is slow on large lists, so it comes when it comes, and only where the page is not the whole list. */
function Total({
  search,
  shown,
  isWhole,
}: {
  readonly search: SessionsSearch;
  readonly shown: number;
  readonly isWhole: boolean;
}) {
  const filter = toFilter(search);
  const { data } = useQuery({
    queryKey: ['session-count', filter],
    queryFn: ({ signal }) => ask(SessionCountDocument, { filter }, signal),
    staleTime: 30_000,
    enabled: !isWhole,
  });
  const total = data?.clientSessions.totalCount;
  return (
    <p className="total" role="status">
      {isWhole && (shown === 1 ? '1 session' : `${count(shown)} sessions`)}
      {!isWhole && (total === undefined ? `${count(shown)} on this page` : `${count(shown)} of ${count(total)} sessions`)}
    </p>
  );
}

function SearchField({ search, show }: Omit<ListProps, 'isLive'>) {
  const [field, keep] = useFollowing(search.q ?? '');
  const find = (text: string): void => {
    keep(text);
    if (text !== (search.q ?? '')) show(changed(search, { q: text }));
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    find(field.current?.value.trim() ?? '');
  };
  return (
    <form role="search" className="search" onSubmit={onSubmit}>
      <Search size={16} aria-hidden="true" />
      <input
        ref={field}
        name="q"
        type="search"
        aria-label="Search by code, id, provider code or customer code"
        placeholder="Code, id, provider code or customer code"
        defaultValue={search.q ?? ''}
        onChange={({ target }) => (target.value === '' ? find('') : undefined)}
      />
    </form>
  );
}
