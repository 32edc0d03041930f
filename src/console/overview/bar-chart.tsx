import { AxisBottom, AxisLeft } from '@visx/axis';
import { scaleBand, scaleLinear } from '@visx/scale';
import { BarStack } from '@visx/shape';
import { useState } from 'react';
import { BarTable } from './bar-table.tsx';
import type { Bar } from './series.ts';
import { useWidth } from './use-width.ts';

interface BarChartProps {
  readonly bars: readonly Bar[];
  /** What the bars are made of, from the ground up; what is nowhere above zero is left out. */
  readonly bands: readonly string[];
  /** What it shows, for those who do not see it. */
  readonly label: string;
  /** How much of a bar is of a band, in words. */
  readonly format: (bar: Bar, band: string) => string;
  /** A value on the axis, short. */
  readonly formatTick: (value: number) => string;
  readonly formatStart: (start: string) => string;
  readonly formatStartTick: (start: string) => string;
  /** Where an instant may be written under the bars. */
  readonly isTick: (start: string) => boolean;
}

const HEIGHT = 220;
const MARGIN = { top: 8, right: 4, bottom: 26, left: 52 };

/** Bars over time. Whoever does not see them, or wants the figures, opens the table below. */
export function BarChart(props: BarChartProps) {
  const [frame, width] = useWidth<HTMLDivElement>();
  const [pointed, setPointed] = useState<number | null>(null);
  const bar = pointed === null ? undefined : props.bars[pointed];
  return (
    <div>
      <div className="chart" ref={frame} onPointerLeave={() => setPointed(null)}>
        {width > 0 && <Bars {...props} width={width} point={setPointed} />}
        {bar !== undefined && <PointedBar {...props} bar={bar} place={(pointed ?? 0) / props.bars.length} />}
      </div>
      <BarTable {...props} />
    </div>
  );
}

interface BarsProps extends BarChartProps {
  readonly width: number;
  readonly point: (index: number) => void;
}

function Bars(props: BarsProps) {
  const { bars, width, label, formatTick, formatStartTick, isTick, point } = props;
  const x = scaleBand({ domain: bars.map(({ start }) => start), range: [MARGIN.left, width - MARGIN.right], padding: 0.18 });
  const most = Math.max(1, ...bars.map(({ values }) => Object.values(values).reduce((sum, value) => sum + value, 0)));
  const y = scaleLinear({ domain: [0, most], range: [HEIGHT - MARGIN.bottom, MARGIN.top], nice: true });
  const ticks = y.ticks(4);
  const candidates = bars.map(({ start }) => start).filter(isTick);
  const every = Math.max(1, Math.ceil(candidates.length / Math.max(2, Math.floor(width / 80))));
  const shown = candidates.filter((_start, index) => index % every === 0);
  const plain = { hideTicks: true, axisClassName: 'axis' };
  return (
    <svg width={width} height={HEIGHT} role="img" aria-label={label}>
      {ticks.map((tick) => (
        <line key={tick} className="grid" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
      ))}
      <Stacks {...props} x={x} y={y} />
      <AxisLeft
        {...plain}
        scale={y}
        left={MARGIN.left}
        tickValues={ticks}
        tickFormat={(value) => formatTick(Number(value))}
        hideAxisLine
      />
      <AxisBottom {...plain} scale={x} top={HEIGHT - MARGIN.bottom} tickValues={shown} tickFormat={formatStartTick} />
      {bars.map(({ start }, index) => (
        <rect
          key={start}
          className="target"
          x={x(start)}
          y={0}
          width={x.step()}
          height={HEIGHT - MARGIN.bottom}
          onPointerEnter={() => point(index)}
        />
      ))}
    </svg>
  );
}

interface StacksProps extends BarChartProps {
  readonly x: ReturnType<typeof scaleBand<string>>;
  readonly y: ReturnType<typeof scaleLinear<number>>;
}

function Stacks({ bars, bands, x, y }: StacksProps) {
  return (
    <BarStack
      data={[...bars]}
      keys={[...bands]}
      x={({ start }) => start}
      value={({ values }, band) => values[band] ?? 0}
      xScale={x}
      yScale={y}
      color={(band) => band}
    >
      {(stacks) =>
        stacks.flatMap((stack) =>
          stack.bars
            .filter((part) => part.height > 0)
            .map(({ key, index, ...place }) => (
              <rect
                key={`${key} ${index}`}
                className={`band ${key}`}
                x={place.x}
                y={place.y}
                width={place.width}
                height={place.height}
              />
            )),
        )
      }
    </BarStack>
  );
}

/** The figures of the bar under the pointer. Stands on the other half, so that it never covers it. */
function PointedBar({ bar, bands, format, formatStart, place }: BarChartProps & { readonly bar: Bar; readonly place: number }) {
  const shown = bands.filter((band) => (bar.values[band] ?? 0) > 0);
  return (
    <div className={`pointed ${place < 0.5 ? 'right' : 'left'}`}>
      <p className="pointed-title">{formatStart(bar.start)}</p>
      {shown.length === 0 && <p className="soft">None</p>}
      {shown.map((band) => (
        <p key={band}>
          <span className={`swatch ${band}`} aria-hidden="true" /> {band} <strong>{format(bar, band)}</strong>
        </p>
      ))}
    </div>
  );
}
