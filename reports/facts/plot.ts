import type { EChartsCoreOption } from 'echarts/core';
import type { Line } from '../html/plot.ts';
import { PAINT } from '../html/svg.ts';

/** One axis of a chart. */
export interface Axis {
  readonly kind: 'value' | 'log';
  readonly min: number;
  readonly max: number;
  /** Steps between labels, of `value` axes. */
  readonly interval?: number;
  readonly format: (value: number) => string;
}

export interface Chart {
  readonly lines: readonly Line[];
  readonly x: Axis;
  readonly y: Axis;
  /** Horizontal lines drawn thin and dashed: bounds of chance. */
  readonly bounds?: readonly number[];
}

const FONT_SIZE = 12;
/** Room for a letter of an axis label, px. */
const WIDEST_LETTER = 7.6;

/** Draws lines over axes with stated ends; points beyond a log axis' ends are left out. */
export function chartOption({ lines, x, y, bounds = [] }: Chart): EChartsCoreOption {
  const widest = Math.max(y.format(y.max).length, y.format(y.min).length, 4);
  return {
    grid: { left: widest * WIDEST_LETTER + 10, right: 16, top: 14, bottom: 26, outerBoundsMode: 'none' },
    xAxis: { ...axis(x), axisLine: { show: true, onZero: false, lineStyle: { color: PAINT.muted } } },
    yAxis: { ...axis(y), axisLine: { show: false }, splitLine: { lineStyle: { color: PAINT.rule } } },
    series: [
      ...bounds.map((level) => thin([x.min, x.max], level)),
      ...lines.map(({ name, paint, dash, points }) => ({
        type: 'line',
        name,
        silent: true,
        emphasis: { disabled: true },
        showSymbol: points.length <= 24,
        symbol: 'circle',
        symbolSize: 5,
        lineStyle: { color: PAINT[paint], width: dash === 'dotted' ? 1.6 : 2, type: dash, cap: 'butt', join: 'round' },
        itemStyle: { color: PAINT[paint], borderWidth: 0 },
        data: points.map(([at, value]) => [at, value === null || (y.kind === 'log' && value < y.min) ? '-' : value]),
      })),
    ],
  };
}

function axis({ kind, min, max, interval, format }: Axis): Record<string, unknown> {
  return {
    type: kind,
    min,
    max,
    ...(interval === undefined ? {} : { interval }),
    axisLabel: { color: PAINT.muted, fontSize: FONT_SIZE, formatter: format, hideOverlap: true },
    axisTick: { show: false },
    splitLine: { show: false },
  };
}

function thin([from, to]: readonly [number, number], level: number): Record<string, unknown> {
  return {
    type: 'line',
    silent: true,
    showSymbol: false,
    lineStyle: { color: PAINT.muted, width: 1, type: 'dashed' },
    data: [
      [from, level],
      [to, level],
    ],
  };
}
