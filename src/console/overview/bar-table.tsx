import type { Bar } from './series.ts';

interface BarTableProps {
  readonly bars: readonly Bar[];
  readonly bands: readonly string[];
  readonly label: string;
  readonly format: (bar: Bar, band: string) => string;
  readonly formatStart: (start: string) => string;
}

/** The figures of a chart. Rows in which nothing happened are left out. */
export function BarTable({ bars, bands, label, format, formatStart }: BarTableProps) {
  const rows = bars.filter(({ values }) => Object.values(values).some((value) => value > 0));
  return (
    <details className="figures">
      <summary>Show as a table</summary>
      <div className="table-frame" role="region" aria-label={label} tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">From</th>
              {bands.map((band) => (
                <th key={band} scope="col">
                  {band}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((bar) => (
              <tr key={bar.start}>
                <th scope="row">{formatStart(bar.start)}</th>
                {bands.map((band) => (
                  <td key={band}>{format(bar, band)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
