import type { EChartsCoreOption } from 'echarts/core';
import { backdropSeries } from '../html/plot.ts';
import { PAINT, type Paint } from '../html/svg.ts';
import { formatCount } from '../words.ts';

/** What is drawn over the load: a curve, points, or both. */
export interface LoadSeries {
  readonly paint: Paint;
  readonly look: 'curve' | 'edge' | 'circle' | 'diamond';
  /** [load, value], ascending. */
  readonly points: readonly (readonly [number, number])[];
}

export interface LoadPlot {
  readonly series: readonly LoadSeries[];
  /** Between these the truth lies. */
  readonly bracket: readonly [number, number] | undefined;
  readonly kind: 'log' | 'linear';
  readonly format: (value: number) => string;
  readonly bound?: { readonly value: number; readonly label: string };
}

const FONT_SIZE = 12;
const LABEL = { color: PAINT.muted, fontSize: FONT_SIZE };
/** Room for a letter of an axis label, px. */
const WIDEST_LETTER = 7.6;

/** A chart over the load, whose axis is logarithmic since loads are doubled. */
export function loadOption(plot: LoadPlot): EChartsCoreOption {
  const all = plot.series.flatMap(({ points }) => points);
  const loads = all.map(([load]) => load);
  const values = [...all.map(([, value]) => value), ...(plot.bound === undefined ? [] : [plot.bound.value])];
  const [low, high] = ends(plot.kind, values);
  const widest = Math.max(plot.format(high).length, plot.format(low).length, 6);
  return {
    grid: { left: widest * WIDEST_LETTER + 10, right: 16, top: 26, bottom: 28, outerBoundsMode: 'none' },
    xAxis: {
      type: 'log',
      logBase: 2,
      min: Math.min(...loads) / 1.2,
      max: Math.max(...loads) * 1.2,
      axisLabel: {
        ...LABEL,
        formatter: (load: number) => formatCount(load),
        hideOverlap: true,
        showMinLabel: false,
        showMaxLabel: false,
      },
      axisLine: { show: true, lineStyle: { color: PAINT.muted } },
      axisTick: { show: true, lineStyle: { color: PAINT.muted } },
      splitLine: { show: false },
    },
    yAxis: {
      type: plot.kind === 'log' ? 'log' : 'value',
      min: low,
      max: high,
      axisLabel: { ...LABEL, formatter: plot.format },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: PAINT.rule } },
    },
    series: [backdrop(plot), ...plot.series.map((one) => seriesOf(one, low))],
  };
}

/** Whole decades, or 0 and a round number above what there is. */
function ends(kind: LoadPlot['kind'], values: readonly number[]): [number, number] {
  const most = Math.max(0, ...values);
  const high = most > 0 ? most : 1;
  if (kind === 'linear') {
    const decade = 10 ** Math.floor(Math.log10(high));
    return [0, decade * ([1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((step) => step * decade >= high * 1.02) ?? 12)];
  }
  const top = 10 ** Math.ceil(Math.log10(high * 1.05));
  const least = Math.min(...values.filter((value) => value > 0));
  return [Number.isFinite(least) ? Math.min(top / 10, 10 ** Math.floor(Math.log10(least))) : top / 1000, top];
}

function seriesOf({ paint, look, points }: LoadSeries, low: number): Record<string, unknown> {
  const color = PAINT[paint];
  const isCurve = look === 'curve' || look === 'edge';
  return {
    type: 'line',
    silent: true,
    emphasis: { disabled: true },
    showSymbol: !isCurve,
    symbol: look === 'diamond' ? 'diamond' : 'circle',
    symbolSize: look === 'diamond' ? 11 : 8,
    lineStyle: {
      color,
      width: look === 'curve' ? 2 : look === 'edge' ? 1.2 : 0,
      type: look === 'edge' ? 'dashed' : 'solid',
    },
    itemStyle: { color, borderWidth: 0 },
    data: points.map(([load, value]) => [load, Math.max(low, value)]),
  };
}

/** The bracket as a band and the bound as a line, below all else. */
function backdrop({ bracket, bound }: LoadPlot): Record<string, unknown> {
  return backdropSeries({
    ...(bracket === undefined ? {} : { bands: [bracketBand(bracket)] }),
    ...(bound === undefined ? {} : { bound: { ...bound, labelAt: 'insideStartTop' } }),
  });
}

function bracketBand([from, to]: readonly [number, number]): unknown {
  const label = {
    show: true,
    position: 'top',
    distance: 5,
    formatter: 'bracket',
    color: PAINT.muted,
    fontSize: FONT_SIZE,
    textBorderWidth: 0,
  };
  const style = { color: PAINT.fault, opacity: 0.18 };
  return [{ xAxis: from, itemStyle: style, label }, { xAxis: to }];
}
