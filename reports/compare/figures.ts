import { COMPARED, type ComparedMetric, type Comparison } from '../../protocol/schemas/comparison.ts';
import { chartOption } from '../facts/plot.ts';
import type { Figure } from '../html/figure.ts';
import { formatDecade, type Line } from '../html/plot.ts';
import { formatUs } from '../words.ts';
import { axisOf } from './axis.ts';
import { figureWords, shapeWords } from './words.ts';

/** The blocks of one metric as they were played, A and B, neighbours side by side. */
export function blocksFigure(comparison: Comparison, metric: ComparedMetric): Figure {
  const blocks = comparison.blocks.filter((block) => block.phase === 'ab');
  const pairs = blocks.flatMap((block, at) => (at % 2 === 0 ? [[block, blocks[at + 1]] as const] : []));
  const point = (pair: (typeof pairs)[number], arm: 'a' | 'b'): number | null =>
    pair.find((block) => block?.arm === arm)?.figures[metric] ?? null;
  const lineOf = (arm: 'a' | 'b'): Line => ({
    name: arm.toUpperCase(),
    paint: arm === 'a' ? 'first' : 'second',
    dash: arm === 'a' ? 'solid' : 'dashed',
    points: pairs.map((pair, at) => [at + 1, point(pair, arm)]),
  });
  const lines = [lineOf('a'), lineOf('b')];
  const values = lines.flatMap((line) => line.points.flatMap(([, y]) => (y === null || y <= 0 ? [] : [y])));
  const [low, high] = values.length === 0 ? [1, 10] : [Math.min(...values), Math.max(...values)];
  const above = pairs.filter((pair) => (point(pair, 'b') ?? 0) > (point(pair, 'a') ?? Number.POSITIVE_INFINITY)).length;
  return {
    id: `blocks-${metric.replace('.', '-')}`,
    title: `${metric}: pair by pair`,
    says: `${COMPARED[metric].title}. In ${above} of ${pairs.length} pairs of neighbouring blocks B’s figure is above A’s.`,
    plot: { lines, scale: { kind: 'linear', format: (value) => figureWords(metric, value) } },
    size: 'half',
    option: () =>
      chartOption({
        lines,
        x: { kind: 'value', min: 1, max: Math.max(2, pairs.length), interval: 1, format: String },
        y: { ...axisOf(low, high), format: (value) => figureWords(metric, value) },
      }),
    table: {
      head: ['pair', 'A', 'B', 'first'],
      rows: pairs.map((pair, at) => [
        String(at + 1),
        figureWords(metric, point(pair, 'a')),
        figureWords(metric, point(pair, 'b')),
        pair[0].arm.toUpperCase(),
      ]),
    },
  };
}

/** Both arms' distributions of tick latency. */
export function shapeFigure(comparison: Comparison): Figure | undefined {
  const { shape } = comparison;
  if (shape === null) return undefined;
  const lineOf = (name: string, shares: readonly number[], look: Pick<Line, 'paint' | 'dash'>): Line => ({
    name,
    ...look,
    points: shape.gridUs.map((us, at) => [us, shares[at] ?? null]),
  });
  const lines = [
    lineOf('A', shape.a, { paint: 'first', dash: 'solid' }),
    lineOf('B', shape.b, { paint: 'second', dash: 'dashed' }),
  ];
  const shareWords = (share: number): string => `${(share * 100).toFixed(share > 0.99 && share < 1 ? 2 : 0)} %`;
  return {
    id: 'shape',
    title: 'Distribution of tick latency',
    says: `${shapeWords(comparison)} The share of ticks that were read within each time, in the mean over each arm’s blocks.`,
    plot: { lines, scale: { kind: 'linear', format: shareWords } },
    size: 'wide',
    option: () =>
      chartOption({
        lines: lines.map((line) => ({ ...line, points: line.points.filter(([us]) => us >= 100 && us <= 1e6) })),
        x: { kind: 'log', min: 100, max: 1e6, format: formatDecade },
        y: { kind: 'value', min: 0, max: 1, interval: 0.25, format: shareWords },
      }),
    table: {
      head: ['within', 'A', 'B'],
      rows: shape.gridUs.map((us, at) => [
        formatUs(us),
        shareWords(shape.a[at] ?? Number.NaN),
        shareWords(shape.b[at] ?? Number.NaN),
      ]),
    },
  };
}
