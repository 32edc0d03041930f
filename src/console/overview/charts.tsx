import { useNavigate } from '@tanstack/react-router';
import { formatMoney } from '../format/money.ts';
import { Card } from '../parts/card.tsx';
import { Empty } from '../parts/notice.tsx';
import { BarChart } from './bar-chart.tsx';
import type { RangeName } from './range.ts';
import { BANDS, type Bar, countBars, isByHour, type Overview, totalsOf, volumeBars, volumesOf } from './series.ts';

interface ChartProps {
  readonly overview: Overview;
  readonly range: RangeName;
}

const count = new Intl.NumberFormat().format;
const short = new Intl.NumberFormat(undefined, { notation: 'compact' }).format;

/** How instants are written under the bars and beside the figures. */
function formatsOf(range: RangeName, { isInUtc = false }: Overview) {
  const zone = isInUtc ? { timeZone: 'UTC' } : {};
  const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', ...zone });
  const hour = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short', ...zone });
  const dayTick = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', ...zone });
  const hourTick = new Intl.DateTimeFormat(undefined, { hour: 'numeric', ...zone });
  const [full, tick] = isByHour(range) ? [hour, range === 'day' ? hourTick : dayTick] : [day, dayTick];
  return {
    formatStart: (start: string) => full.format(new Date(start)),
    formatStartTick: (start: string) => tick.format(new Date(start)),
    // Hours of a week are told by their days.
    isTick: (start: string) => range !== 'week' || (isInUtc ? new Date(start).getUTCHours() : new Date(start).getHours()) === 0,
  };
}

/** How many sessions started, and what became of them. */
export function SessionsChart({ overview, range }: ChartProps) {
  const bars = countBars(overview, range);
  const totals = totalsOf(bars);
  const bands = BANDS.filter((band) => (totals.get(band) ?? 0) > 0);
  return (
    <Card title={isByHour(range) ? 'Sessions per hour' : 'Sessions per day'} aside={<Legend bands={bands} totals={totals} />}>
      {bands.length === 0 ? (
        <Empty title="No sessions in this time" />
      ) : (
        <BarChart
          bars={bars}
          bands={bands}
          label={`Sessions by what became of them: ${bands.map((band) => `${band} ${count(totals.get(band) ?? 0)}`).join(', ')}`}
          format={({ values }, band) => count(values[band] ?? 0)}
          formatTick={short}
          {...formatsOf(range, overview)}
        />
      )}
    </Card>
  );
}

function Legend({ bands, totals }: { readonly bands: readonly string[]; readonly totals: ReadonlyMap<string, number> }) {
  return (
    <ul className="legend">
      {bands.map((band) => (
        <li key={band}>
          <span className={`swatch ${band}`} aria-hidden="true" /> {band} <strong>{count(totals.get(band) ?? 0)}</strong>
        </li>
      ))}
    </ul>
  );
}

interface VolumeChartProps extends ChartProps {
  readonly currency: string | undefined;
  readonly currencies: readonly string[];
}

/** What was completed, one currency at a time: amounts of two cannot be added. */
export function VolumeChart({ overview, range, currency, currencies }: VolumeChartProps) {
  const volumes = currency === undefined ? new Map<string, bigint>() : volumesOf(overview, currency);
  const bars = currency === undefined ? [] : volumeBars(overview, range, currency);
  const hasAny = bars.some(hasValue);
  const title = isByHour(range) ? 'Completed volume per hour' : 'Completed volume per day';
  return (
    <Card title={title} aside={currency !== undefined && <CurrencyChoice currency={currency} currencies={currencies} />}>
      {currency === undefined || !hasAny ? (
        <Empty title="Nothing was completed in this time" />
      ) : (
        <BarChart
          bars={bars}
          bands={['Completed']}
          label={`Completed volume in ${currency}`}
          format={({ start }) => formatMoney(String(volumes.get(start) ?? 0n), currency)}
          formatTick={short}
          {...formatsOf(range, overview)}
        />
      )}
    </Card>
  );
}

function hasValue({ values }: Bar): boolean {
  return Object.values(values).some((value) => value > 0);
}

function CurrencyChoice({ currency, currencies }: { readonly currency: string; readonly currencies: readonly string[] }) {
  const navigate = useNavigate({ from: '/' });
  return (
    <label className="choice">
      Currency
      <select
        value={currency}
        onChange={(event) => void navigate({ search: (before) => ({ ...before, currency: event.target.value }) })}
      >
        {currencies.map((code) => (
          <option key={code}>{code}</option>
        ))}
      </select>
    </label>
  );
}
