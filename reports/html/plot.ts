import type { EChartsCoreOption } from 'echarts/core';
import type { Row } from '../../protocol/schemas/summary.ts';
import { formatSecond, formatUs } from '../words.ts';
import { cellsSeries } from './cells.ts';
import { PAINT, type Paint } from './svg.ts';
import type { TimeAxis } from './timeAxis.ts';

/** A line of a chart. Lines differ by dash as well as by colour, so that neither eyes nor paper need colours. */
export interface Line {
  readonly name: string;
  readonly paint: Paint;
  readonly dash: 'solid' | 'dashed' | 'dotted';
  /** Points as [x, y]; y null where nothing was measured. */
  readonly points: readonly (readonly [number, number | null])[];
}

/** The vertical axis. */
export interface Scale {
  readonly kind: 'log' | 'linear';
  readonly format: (value: number) => string;
  /** Least upper end of the axis. */
  readonly atLeast?: number;
  /** Both ends of the axis, where the lines don't say them. */
  readonly ends?: readonly [number, number];
}

export interface Bound {
  readonly value: number;
  readonly label: string;
  /** Where it ends, as an x of the chart; absent: it goes all the way. */
  readonly toX?: number;
}

/** Areas of one colour, drawn below the lines: the cells of a heat map, or spans of time. */
export interface Cells {
  readonly name: string;
  readonly paint: Paint;
  readonly rects: readonly Rect[];
}

export interface Rect {
  readonly fromX: number;
  readonly toX: number;
  readonly fromY: number;
  readonly toY: number;
}

export interface Plot {
  readonly lines: readonly Line[];
  readonly cells?: readonly Cells[];
  readonly scale: Scale;
  readonly bound?: Bound;
}

const FONT_SIZE = 12;
/** Room for a letter of an axis label, px: system fonts differ. */
const WIDEST_LETTER = 7.6;

/** A chart over the run's time, with its faults, phases and late seconds as bands. */
export function timeOption(plot: Plot, { axis, narrow }: { axis: TimeAxis; narrow: boolean }): EChartsCoreOption {
  const bands = axis.marks.map(({ fromS, toS, kind, letter }) =>
    band({ fromS, toS: Math.max(toS, fromS + axis.endS / 250), paint: kind, letter }),
  );
  const [fromY, toY] = extent(plot);
  const late: Cells = {
    name: 'late',
    paint: 'late',
    rects: axis.late.map(({ fromS, toS }) => ({ fromX: fromS, toX: toS, fromY, toY })),
  };
  return {
    grid: gridFor(plot),
    xAxis: {
      type: 'value',
      min: 0,
      max: axis.endS,
      ...tickStep(axis.endS, narrow),
      axisLabel: { ...labelStyle, formatter: formatSecond, hideOverlap: true, showMaxLabel: false },
      ...axisStyle,
      splitLine: { show: false },
    },
    yAxis: valueAxis(plot),
    series: withBackdrop(series(plot), { plot, bands, late }),
  };
}

/** Percentiles on an axis that gives each further nine the same room: x = -log10(1 - quantile). */
export function percentileOption(plot: Plot, { nines }: { nines: number }): EChartsCoreOption {
  return {
    grid: gridFor(plot),
    xAxis: {
      type: 'value',
      min: 0,
      max: nines,
      interval: 1,
      axisLabel: { ...labelStyle, formatter: percentileName, alignMaxLabel: 'right' },
      ...axisStyle,
      splitLine: { show: true, lineStyle: { color: PAINT.rule } },
    },
    yAxis: valueAxis(plot),
    series: withBackdrop(series(plot), { plot, bands: [] }),
  };
}

/** `99.9 %` for 3 nines. */
export function percentileName(nines: number): string {
  if (nines === 0) return '0 %';
  const percent = 100 * (1 - 10 ** -nines);
  return `${percent.toFixed(Math.max(0, Math.ceil(nines) - 2))} %`;
}

const labelStyle = { color: PAINT.muted, fontSize: FONT_SIZE };
const axisStyle = {
  axisLine: { show: true, lineStyle: { color: PAINT.muted } },
  axisTick: { show: true, lineStyle: { color: PAINT.muted } },
  minorTick: { show: false },
};

function gridFor(plot: Plot): Record<string, unknown> {
  const [, high] = extent(plot);
  const widest = Math.max(plot.scale.format(high).length, plot.scale.format(high / 4).length, 6);
  return { left: widest * WIDEST_LETTER + 10, right: 12, top: 26, bottom: 26, outerBoundsMode: 'none' };
}

function valueAxis(plot: Plot): Record<string, unknown> {
  const [low, high] = extent(plot);
  const shared = {
    axisLabel: { ...labelStyle, formatter: plot.scale.format },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: PAINT.rule } },
  };
  if (plot.scale.kind === 'log') return { type: 'log', min: low, max: high, ...shared };
  return { type: 'value', min: 0, max: high, interval: high / 4, ...shared };
}

/** The axis' ends: whole decades for a log scale, 0 and a round number of four steps for a linear one. */
function extent({ lines, scale, bound }: Plot): readonly [number, number] {
  if (scale.ends !== undefined) return scale.ends;
  const values = lines.flatMap((line) => line.points.flatMap(([, y]) => (y === null ? [] : [y])));
  let high = Math.max(bound?.value ?? 0, scale.atLeast ?? 0);
  let low = Number.POSITIVE_INFINITY;
  for (const value of values) {
    if (value > high) high = value;
    if (value > 0 && value < low) low = value;
  }
  if (scale.kind === 'linear') return [0, roundUp(high > 0 ? high : 1)];
  const top = Math.ceil(Math.log10(high > 0 ? high * 1.05 : 1));
  const bottom = Number.isFinite(low) ? Math.floor(Math.log10(low)) : top - 3;
  return [10 ** Math.min(bottom, top - 1), 10 ** top];
}

/** The next number upwards that four even steps divide well. */
function roundUp(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((factor) => factor * decade >= value * 0.999) ?? 10;
  return step * decade;
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

function tickStep(endS: number, narrow: boolean): { interval: number } {
  const wanted = endS / (narrow ? 6 : 12);
  return { interval: STEPS_S.find((step) => step >= wanted) ?? endS };
}

function series(plot: Plot): Record<string, unknown>[] {
  const [low] = extent(plot);
  return plot.lines.map(({ name, paint, dash, points }) => ({
    type: 'line',
    name,
    silent: true,
    emphasis: { disabled: true },
    // A lone point makes no line: few points are shown as such.
    showSymbol: points.length <= 12,
    symbol: 'circle',
    symbolSize: 5,
    lineStyle: { color: PAINT[paint], width: dash === 'dotted' ? 1.6 : 2, type: dash, cap: 'butt', join: 'round' },
    itemStyle: { color: PAINT[paint], borderWidth: 0 },
    // A log scale has no 0: what is there lies on its floor.
    data: points.map(([x, y]) => [x, y === null ? '-' : Math.max(low, y)]),
  }));
}

function band(span: { fromS: number; toS: number; paint: 'fault' | 'phase'; letter: string }): unknown[] {
  const opacity = { fault: 0.18, phase: 0.12 }[span.paint];
  return [
    {
      xAxis: span.fromS,
      itemStyle: { color: PAINT[span.paint], opacity },
      label: {
        show: span.letter !== '',
        position: 'top',
        distance: 5,
        formatter: span.letter,
        color: PAINT.muted,
        fontSize: FONT_SIZE,
        fontWeight: 600,
        textBorderWidth: 0,
      },
    },
    { xAxis: span.toS },
  ];
}

/** Hangs the bands and the bound's line on an invisible first series, so that they lie below the lines. */
function withBackdrop(
  lines: Record<string, unknown>[],
  { plot, bands, late }: { plot: Plot; bands: unknown[][]; late?: Cells },
): Record<string, unknown>[] {
  const backdrop = backdropSeries({
    bands,
    ...(plot.bound === undefined ? {} : { bound: { ...plot.bound, labelAt: 'insideEndTop' } }),
  });
  const hatched = late === undefined || late.rects.length === 0 ? [] : [cellsSeries(late, 0)];
  const cells = (plot.cells ?? []).filter(({ rects }) => rects.length > 0).map((area) => cellsSeries(area, 2));
  return [...hatched, backdrop, ...cells, ...lines];
}

/** An invisible series that lies below all else, with bands and a bound's line on it. */
export function backdropSeries({
  bands,
  bound,
}: {
  readonly bands?: readonly unknown[];
  readonly bound?: Bound & { readonly labelAt: 'insideStartTop' | 'insideEndTop' };
}): Record<string, unknown> {
  return {
    type: 'line',
    silent: true,
    data: [],
    z: 1,
    itemStyle: { color: PAINT.paper },
    lineStyle: { color: PAINT.paper, width: 0 },
    ...(bands === undefined ? {} : { markArea: { silent: true, data: bands } }),
    ...(bound === undefined ? {} : { markLine: boundLine(bound, bound.labelAt) }),
  };
}

function boundLine(bound: Bound, position: string): Record<string, unknown> {
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: PAINT.bound, width: 1.5, type: [7, 4] },
    label: {
      position,
      formatter: bound.label,
      color: PAINT.bound,
      fontSize: FONT_SIZE,
      fontWeight: 600,
      textBorderColor: PAINT.paper,
      textBorderWidth: 4,
    },
    data: [boundSpan(bound)],
  };
}

function boundSpan({ value, toX }: Bound): unknown {
  return toX === undefined ? { yAxis: value } : [{ coord: [0, value] }, { coord: [toX, value] }];
}

/** A row's bound in µs, where the row is in ms. */
export function boundUs(rows: readonly Row[], id: Row['id']): Bound | undefined {
  const row = rows.find((candidate) => candidate.id === id && candidate.unit === 'ms' && candidate.bound > 0);
  return row === undefined ? undefined : { value: row.bound * 1000, label: `bound ${formatUs(row.bound * 1000)}` };
}

/** Powers of ten of µs on an axis: `100 µs`, `1 ms`, `10 s`. */
export function formatDecade(us: number): string {
  if (us < 1000) return `${Number(us.toPrecision(1))} µs`;
  return us < 1e6 ? `${Math.round(us / 1e3)} ms` : `${Math.round(us / 1e6)} s`;
}
