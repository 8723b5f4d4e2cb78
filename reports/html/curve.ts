import type { Summary } from '../../protocol/schemas/summary.ts';
import { Histogram } from '../histogram.ts';
import { formatCount, formatUs } from '../words.ts';
import type { Figure } from './figure.ts';
import { boundUs, formatDecade, type Line, percentileName, percentileOption } from './plot.ts';

/** A percentile is shown only where this many samples lie beyond it. */
const SAMPLES_BEYOND = 10;
/** The axis ends at 99.999 %. */
const MOST_NINES = 5;
const POINTS_PER_NINE = 24;
/** Curves start at p10: the luckiest messages would only stretch the scale. */
const FIRST_NINES = -Math.log10(0.9);
const TABLE_NINES = [Math.log10(2), 1, 2, 3, 4, 5];

type Look = Pick<Line, 'name' | 'paint' | 'dash'>;

/** Curves that are drawn where a run has them, with their look. */
const CURVES: Readonly<Record<string, Look>> = {
  tick: { name: 'tick, all clients', paint: 'first', dash: 'solid' },
  'tick.probe': { name: 'tick, probes alone', paint: 'fourth', dash: 'dashed' },
  service: { name: 'service time (from the server’s receipt)', paint: 'second', dash: 'dashed' },
  pattern: { name: 'pattern, from its bar’s end', paint: 'fourth', dash: 'dotted' },
  trigger: { name: 'order trigger', paint: 'third', dash: 'dotted' },
};

/** The percentile curve: each further nine has the same room, and every curve ends where its samples carry no further. */
export function curveFigure(summary: Summary): Figure {
  const curves = Object.entries(CURVES).flatMap(([metric, look]) => {
    const json = summary.histograms[metric];
    if (json === undefined || json.count === 0) return [];
    const histogram = Histogram.fromJSON(json);
    return [{ look, histogram, nines: ninesOf(histogram.count) }];
  });
  const lines = curves.map(({ look, histogram, nines }): Line => ({ ...look, points: curve(histogram, nines) }));
  const bound = boundUs(summary.rows, 'tick');
  const nines = Math.max(2, Math.ceil(Math.max(0, ...curves.map((entry) => entry.nines))));
  const plot = {
    lines,
    scale: { kind: 'log' as const, format: formatDecade },
    ...(bound === undefined ? {} : { bound: { ...bound, label: `tick’s ${bound.label}` } }),
  };
  return {
    id: 'percentiles',
    title: 'Latency by percentile, whole run',
    says: says(curves[0]?.histogram),
    plot,
    size: 'wide',
    option: () => percentileOption(plot, { nines }),
    table: table(curves),
  };
}

/** Nines (-log10 of the share beyond) that a number of samples carries. */
function ninesOf(count: number): number {
  return Math.max(0.3, Math.min(MOST_NINES, Math.log10(count / SAMPLES_BEYOND)));
}

function curve(histogram: Histogram, nines: number): [number, number][] {
  const steps = Math.max(2, Math.round(nines * POINTS_PER_NINE));
  return Array.from({ length: steps + 1 }, (_, step) => {
    const x = FIRST_NINES + ((nines - FIRST_NINES) * step) / steps;
    return [Number(x.toFixed(4)), histogram.percentile(100 * (1 - 10 ** -x))];
  });
}

function says(first: Histogram | undefined): string {
  if (first === undefined) return 'No latency was measured.';
  const figures = TABLE_NINES.filter((nines) => nines <= ninesOf(first.count) + 1e-9).map(
    (nines) => `p${percentileName(nines).replace(' %', '')} ${formatUs(first.percentile(100 * (1 - 10 ** -nines)))}`,
  );
  return `Of ${formatCount(first.count)} ticks: ${[...figures, `max ${formatUs(first.max)}`].join(', ')}.`;
}

function table(curves: readonly { look: Look; histogram: Histogram; nines: number }[]): Figure['table'] {
  const percentiles = TABLE_NINES.map((at) => [
    percentileName(at),
    ...curves.map(({ histogram, nines }) =>
      at <= nines + 1e-9 ? formatUs(histogram.percentile(100 * (1 - 10 ** -at))) : 'too few samples',
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
