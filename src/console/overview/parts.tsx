import { formatDuration } from '../format/time.ts';
import { DECLINE_REASONS, PROVIDERS } from '../format/words.ts';
import { Card } from '../parts/card.tsx';
import { Empty } from '../parts/notice.tsx';
import type { Overview } from './series.ts';

const count = new Intl.NumberFormat().format;
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 }).format;

/** How the providers compare. */
export function Providers({ overview: { providers } }: { readonly overview: Overview }) {
  return (
    <Card title="Success by provider">
      {providers.length === 0 ? (
        <Empty title="No sessions in this time" />
      ) : (
        <div className="table-frame flat" role="region" aria-label="Success by provider" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                {['Provider', 'Success', 'Started', 'Completed', 'Declined', 'Expired', 'Other', 'Open'].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {providers.map((each) => (
                <tr key={each.transactionProvider}>
                  <th scope="row">{PROVIDERS[each.transactionProvider]}</th>
                  <td>{each.successRate === null ? '–' : percent(each.successRate)}</td>
                  <td>{count(each.started)}</td>
                  <td>{count(each.completed)}</td>
                  <td>{count(each.declined)}</td>
                  <td>{count(each.expired)}</td>
                  <td>{count(each.canceled + each.failed)}</td>
                  <td>{count(each.open)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p className="hint">Of the sessions that have ended: how many were completed.</p>
    </Card>
  );
}

/** Why attempts were declined, most first. */
export function Declines({ overview: { declines } }: { readonly overview: Overview }) {
  const total = declines.reduce((sum, each) => sum + each.count, 0);
  return (
    <Card title="Decline reasons" aside={total > 0 && <span className="soft">{count(total)} attempts</span>}>
      {total === 0 ? (
        <Empty title="No declines in this time" />
      ) : (
        <Shares rows={declines.map(({ reason, count: times }) => ({ name: DECLINE_REASONS[reason], times }))} tone="Declined" />
      )}
    </Card>
  );
}

/** From the start of a session to its success. */
export function Speed({ overview: { timeToCompletion } }: { readonly overview: Overview }) {
  const { medianSeconds, p90Seconds, buckets } = timeToCompletion;
  const shown = buckets.filter((bucket) => bucket.count > 0);
  return (
    <Card
      title="Time to completion"
      aside={
        medianSeconds !== null && (
          <span className="soft">
            Half within {formatDuration(medianSeconds)}
            {p90Seconds !== null && `, nine of ten within ${formatDuration(p90Seconds)}`}
          </span>
        )
      }
    >
      {shown.length === 0 ? (
        <Empty title="Nothing was completed in this time" />
      ) : (
        <Shares rows={shown.map((bucket) => ({ name: nameOf(bucket), times: bucket.count }))} tone="Completed" />
      )}
    </Card>
  );
}

function nameOf({ fromSeconds, beforeSeconds }: { readonly fromSeconds: number; readonly beforeSeconds: number | null }): string {
  if (beforeSeconds === null) return `Longer than ${formatDuration(fromSeconds)}`;
  return fromSeconds === 0
    ? `Under ${formatDuration(beforeSeconds)}`
    : `${formatDuration(fromSeconds)} to ${formatDuration(beforeSeconds)}`;
}

interface SharesProps {
  readonly rows: readonly { readonly name: string; readonly times: number }[];
  readonly tone: string;
}

/** Names with bars as long as they are many, beside the longest. */
function Shares({ rows, tone }: SharesProps) {
  const most = Math.max(...rows.map(({ times }) => times));
  return (
    <ul className="shares">
      {rows.map(({ name, times }) => (
        <li key={name}>
          <span>{name}</span>
          <svg className="share" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
            <rect className={`band ${tone}`} width={Math.max(1, (times / most) * 100)} height="1" />
          </svg>
          <strong>{count(times)}</strong>
        </li>
      ))}
    </ul>
  );
}
