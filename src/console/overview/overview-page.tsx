import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { formatMoney, formatRoughly } from '../format/money.ts';
import { formatDuration } from '../format/time.ts';
import { LoadFailure, Notice } from '../parts/notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { SessionsChart, VolumeChart } from './charts.tsx';
import { Declines, Providers, Speed } from './parts.tsx';
import { parseRange, RANGES, type RangeName } from './range.ts';
import { readOverview } from './read.ts';
import { currenciesOf, type Overview, successOf, volumeOf } from './series.ts';

const route = getRouteApi('/');
/** The figures of a day change by the second; those of weeks are more to send and change less. */
const REFRESH_MS = { day: 15_000, week: 60_000, month: 60_000, quarter: 60_000 } as const;

/** How business goes, at a glance. */
export function OverviewPage() {
  const { range = 'week', currency } = route.useSearch();
  const { data, error, refetch, isPlaceholderData } = useQuery({
    queryKey: ['overview', range],
    queryFn: ({ signal }) => readOverview(range, signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS[range],
  });
  return (
    <>
      <title>Overview · Tollgate</title>
      <div className="page-head">
        <h1>Overview</h1>
        <Ranges />
      </div>
      {error !== null && <LoadFailure error={error} retry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton lines={14} label="Loading the overview" />}
      {data !== undefined && (
        <div className="overview" aria-busy={isPlaceholderData}>
          {data.unknownZone !== null && (
            <Notice tone="info">
              The gateway does not know this browser’s time zone, {data.unknownZone}. Days begin at midnight UTC.
            </Notice>
          )}
          <Figures overview={data.overview} range={range} wanted={currency} />
        </div>
      )}
    </>
  );
}

function Ranges() {
  return (
    <nav className="segments" aria-label="Time shown">
      {Object.entries(RANGES).map(([name, words]) => (
        <Link
          key={name}
          to="/"
          search={(before) => parseRange({ ...before, range: name })}
          activeOptions={{ exact: true, includeSearch: true }}
          className="segment"
        >
          {words}
        </Link>
      ))}
    </nav>
  );
}

interface FiguresProps {
  readonly overview: Overview;
  readonly range: RangeName;
  /** The currency that was chosen, where one was. */
  readonly wanted: string | undefined;
}

function Figures({ overview, range, wanted }: FiguresProps) {
  const currencies = currenciesOf(overview);
  const currency = wanted !== undefined && currencies.includes(wanted) ? wanted : currencies[0];
  return (
    <>
      <Tiles overview={overview} currency={currency} />
      <SessionsChart overview={overview} range={range} />
      <VolumeChart overview={overview} range={range} currency={currency} currencies={currencies} />
      <Providers overview={overview} />
      <div className="halves">
        <Declines overview={overview} />
        <Speed overview={overview} />
      </div>
    </>
  );
}

const count = new Intl.NumberFormat().format;
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 }).format;

function Tiles({ overview, currency }: { readonly overview: Overview; readonly currency: string | undefined }) {
  const { open, timeToCompletion } = overview;
  const started = overview.providers.reduce((sum, each) => sum + each.started, 0);
  const success = successOf(overview);
  const median = timeToCompletion.medianSeconds;
  return (
    <dl className="tiles">
      <Tile name="Sessions">{count(started)}</Tile>
      <Tile name="Completed volume">
        {currency === undefined ? '–' : <Volume minor={volumeOf(overview, currency)} currency={currency} />}
      </Tile>
      <Tile name="Success">{success === null ? '–' : percent(success)}</Tile>
      <Tile name="Median time">{median === null ? '–' : formatDuration(median)}</Tile>
      <Tile name="Open now">
        <Link to="/sessions" search={{ status: 'PENDING,ACTIVE,UNKNOWN' }} activeProps={{}}>
          {count(open.pending + open.active + open.unknown)}
        </Link>
      </Tile>
      <Tile name="Need attention" isAlarming={open.stuck > 0}>
        <Link to="/sessions" search={{ attention: 'yes' }} activeProps={{}}>
          {count(open.stuck)}
        </Link>
      </Tile>
    </dl>
  );
}

function Volume({ minor, currency }: { readonly minor: string; readonly currency: string }) {
  return <span title={formatMoney(minor, currency)}>{formatRoughly(minor, currency)}</span>;
}

interface TileProps {
  readonly name: string;
  readonly children: ReactNode;
  readonly isAlarming?: boolean;
}

function Tile({ name, children, isAlarming = false }: TileProps) {
  return (
    <div className={isAlarming ? 'tile alarming' : 'tile'}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
