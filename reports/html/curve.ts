import type { Row, Summary } from '../../protocol/schemas/summary.ts';
import { Histogram } from '../histogram.ts';
import { formatCount, formatUs } from '../words.ts';
import type { Figure } from './figure.ts';
import { type Bound, boundUs, formatDecade, type Line, type Plot, percentileName, percentileOption } from './plot.ts';

/** A percentile is shown only where this many samples lie beyond it. */
const SAMPLES_BEYOND = 10;
/** The axis ends at 99.999 %. */
const MOST_NINES = 5;
const POINTS_PER_NINE = 24;
/** Curves start at p10: the luckiest messages would only stretch the scale. */
const FIRST_NINES = -Math.log10(0.9);
const TABLE_NINES = [Math.log10(2), 1, 2, 3, 4, 5];

/** How a curve is called and drawn. */
export type Look = Pick<Line, 'name' | 'paint' | 'dash'>;

/** Curves of the first figure: the same ticks, seen three ways. */
const TICK_CURVES: Readonly<Record<string, Look>> = {
  tick: { name: 'all clients', paint: 'first', dash: 'solid' },
  'tick.probe': { name: 'probes alone', paint: 'fourth', dash: 'dashed' },
  service: { name: 'service time (from the server’s receipt)', paint: 'second', dash: 'dashed' },
};

/** Metrics with a figure of their own, in the order of the page; `row` is the target whose bound is drawn. */
const OTHERS: readonly { readonly metric: string; readonly title: string; readonly row?: Row['id'] }[] = [
  { metric: 'trigger', title: 'Order triggers, by percentile', row: 'trigger' },
  { metric: 'pattern', title: 'Patterns after their bar’s end, by percentile', row: 'pattern' },
  { metric: 'process', title: 'Processing in the server, by percentile', row: 'process' },
  { metric: 'publish', title: 'Publishing in the server, by percentile', row: 'publish' },
  { metric: 'connect', title: 'Connecting, by percentile', row: 'connect' },
  { metric: 'reconnect', title: 'Reconnecting, by percentile', row: 'reconnect' },
  { metric: 'ack', title: 'Answers to orders, by percentile' },
  { metric: 'heartbeat', title: 'Interval between heartbeats, by percentile', row: 'heartbeat' },
  { metric: 'freshness', title: 'Age of the prices shown, by percentile', row: 'freshness' },
];

/** A latency to be drawn by percentile. */
export interface Curve {
  readonly look: Look;
  readonly histogram: Histogram;
}

/** The percentile curve of ticks: each further nine has the same room, and every curve ends where its samples carry no further. */
export function tickCurves(summary: Summary): Figure {
  const curves = Object.entries(TICK_CURVES).flatMap(([metric, look]) => curveOf(summary, metric, look));
  return {
    ...curveFigure(curves, boundOf(summary.rows, 'tick')),
    id: 'percentiles',
    title: 'Tick latency by percentile, whole run',
    says: curves[0] === undefined ? 'No latency was measured.' : says(curves[0], 'ticks'),
    size: 'wide',
  };
}

/** The same for each other metric that was measured, each with its own bound. */
export function curveFigures(summary: Summary): Figure[] {
  return OTHERS.flatMap(({ metric, title, row }) => {
    const curves = curveOf(summary, metric, { name: metric, paint: 'first', dash: 'solid' });
    const [curve] = curves;
    if (curve === undefined) return [];
    const bound = row === undefined ? undefined : boundOf(summary.rows, row);
    const figure = curveFigure(curves, bound);
    return [{ ...figure, id: `percentiles-${metric}`, title, says: says(curve, 'measured'), size: 'half' as const }];
  });
}

function curveOf(summary: Summary, metric: string, look: Look): Curve[] {
  const json = summary.histograms[metric];
  if (json === undefined || json.count === 0) return [];
  return [{ look, histogram: Histogram.fromJSON(json) }];
}

/** The chart and the table of some latencies by percentile, each as far as its samples carry it. */
export function curveFigure(
  curves: readonly Curve[],
  bound: Bound | undefined,
): Pick<Figure, 'plot' | 'option' | 'table'> {
  const nines = Math.max(2, Math.ceil(Math.max(0, ...curves.map(ninesOf))));
  const plot: Plot = {
    lines: curves.map((curve): Line => ({ ...curve.look, points: pointsOf(curve) })),
    scale: { kind: 'log', format: formatDecade },
    ...(bound === undefined ? {} : { bound: { ...bound, toX: Math.min(nines, bound.toX ?? nines) } }),
  };
  return { plot, option: () => percentileOption(plot, { nines }), table: tableOf(curves) };
}

/** A row's bound, drawn as far as the percentile that it holds for. */
function boundOf(rows: readonly Row[], id: Row['id']): Bound | undefined {
  const bound = boundUs(rows, id);
  const percentile = /^p(\d{2}(?:\.\d+)?) /.exec(rows.find((row) => row.id === id)?.target ?? '')?.[1];
  if (bound === undefined || percentile === undefined) return bound;
  const toX = -Math.log10(1 - Number(percentile) / 100);
  return { ...bound, label: `p${percentile}: ${bound.label}`, toX };
}

/** Nines (-log10 of the share beyond) that a number of samples carries. */
function ninesOf({ histogram }: Curve): number {
  return Math.max(0.3, Math.min(MOST_NINES, Math.log10(histogram.count / SAMPLES_BEYOND)));
}

function pointsOf(curve: Curve): [number, number][] {
  const nines = ninesOf(curve);
  const steps = Math.max(2, Math.round(nines * POINTS_PER_NINE));
  return Array.from({ length: steps + 1 }, (_, step) => {
    const x = FIRST_NINES + ((nines - FIRST_NINES) * step) / steps;
    return [Number(x.toFixed(4)), curve.histogram.percentile(100 * (1 - 10 ** -x))];
  });
}

function says(curve: Curve, what: string): string {
  const { histogram } = curve;
  const figures = TABLE_NINES.filter((nines) => nines <= ninesOf(curve) + 1e-9).map(
    (nines) =>
      `p${percentileName(nines).replace(' %', '')} ${formatUs(histogram.percentile(100 * (1 - 10 ** -nines)))}`,
  );
  return `${formatCount(histogram.count)} ${what}: ${[...figures, `max ${formatUs(histogram.max)}`].join(', ')}.`;
}

function tableOf(curves: readonly Curve[]): Figure['table'] {
  const percentiles = TABLE_NINES.map((at) => [
    percentileName(at),
    ...curves.map((curve) =>
      at <= ninesOf(curve) + 1e-9 ? formatUs(curve.histogram.percentile(100 * (1 - 10 ** -at))) : 'too few samples',
    ),
  ]);
  return {
    head: ['percentile', ...curves.map(({ look }) => look.name)],
    rows: [
      ...percentiles,
      ['max', ...curves.map(({ histogram }) => formatUs(histogram.max))],
      ['samples', ...curves.map(({ histogram }) => formatCount(histogram.count))],
    ],
  };
}
