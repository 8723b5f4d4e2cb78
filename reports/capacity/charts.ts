import { type Capacity, type Plateau, VARIED_UNITS } from '../../protocol/schemas/capacity.ts';
import { type Figure, figure } from '../html/figure.ts';
import { html, type Markup } from '../html/markup.ts';
import { formatDecade, type Line } from '../html/plot.ts';
import { formatBytes, formatCount, formatShare, formatUs } from '../words.ts';
import { type LoadPlot, type LoadSeries, loadOption } from './loadOption.ts';

/** The charts over the load: the law with its band and the plateaus, latency, CPU, memory. */
export function capacityCharts(capacity: Capacity): Markup {
  return html`<section aria-labelledby="evidence"><h2 id="evidence">What was seen</h2>
<p>All charts have the load on one axis, in ${VARIED_UNITS[capacity.vary]}, doubled from mark to mark. The shaded band is the bracket.</p>
${capacity.usl === null ? html`<p>No scalability curve: ${capacity.uslLacks}.</p>` : figure(lawFigure(capacity, capacity.usl))}
${figure(latencyFigure(capacity))}
<div class="pair">${figure(cpuFigure(capacity))}${figure(memoryFigure(capacity))}</div>
</section>
`;
}

function lawFigure(capacity: Capacity, usl: NonNullable<Capacity['usl']>): Figure {
  const perCpu = usl.response === 'work per CPU second';
  const response = (one: Plateau): number | null =>
    perCpu ? (one.cpu === null || one.cpu <= 0 ? null : one.workPerS / one.cpu) : one.workPerS;
  const interval = ({ value, interval: [low, high] }: (typeof usl)['sigma']): string =>
    `${short(value)} (${short(low)} to ${high === null ? 'no end' : short(high)})`;
  return loadFigure(capacity, {
    id: 'law',
    title: `What ${perCpu ? 'a second of the server’s CPU' : 'a second'} brings, by load`,
    says: `The Universal Scalability Law through ${usl.plateaus} plateaus: λ ${interval(usl.lambda)}, contention σ ${interval(usl.sigma)}, crosstalk κ ${interval(usl.kappa)}; ${formatShare(usl.noise)} of noise. Between the dashed lines it lies with 95 % confidence.`,
    size: 'wide',
    kind: 'linear',
    format: formatCount,
    read: response,
    before: [
      { name: 'the law', paint: 'first', look: 'curve', points: usl.curve.map(([load, x]) => [load, x]) },
      { name: 'its 95 % band', paint: 'first', look: 'edge', points: usl.curve.map(([load, , low]) => [load, low]) },
      { name: '', paint: 'first', look: 'edge', points: usl.curve.map(([load, , , high]) => [load, high]) },
    ],
  });
}

function latencyFigure(capacity: Capacity): Figure {
  return loadFigure(capacity, {
    id: 'latency',
    title: 'Latency by load',
    says: 'From a tick’s due time to the client’s read, p99 of each plateau.',
    size: 'wide',
    kind: 'log',
    format: formatDecade,
    words: formatUs,
    read: ({ p99Us }) => p99Us,
    bound: { value: capacity.tickBoundUs, label: `bound ${formatUs(capacity.tickBoundUs)}` },
  });
}

function cpuFigure(capacity: Capacity): Figure {
  return loadFigure(capacity, {
    id: 'cpu',
    title: 'Server CPU by load',
    says: 'Share of one core, mean of each plateau.',
    size: 'half',
    kind: 'linear',
    format: (share) => `${Math.round(100 * share)} %`,
    words: formatShare,
    read: ({ cpu }) => cpu,
  });
}

function memoryFigure(capacity: Capacity): Figure {
  return loadFigure(capacity, {
    id: 'memory',
    title: 'Server memory by load',
    says: 'Resident, the most of each plateau.',
    size: 'half',
    kind: 'linear',
    format: (mb) => `${formatCount(mb)} MB`,
    words: (mb) => formatBytes(mb * 2 ** 20),
    read: ({ rssBytes }) => (rssBytes === null ? null : rssBytes / 2 ** 20),
  });
}

interface LoadFigure {
  readonly id: string;
  readonly title: string;
  readonly says: string;
  readonly size: Figure['size'];
  readonly kind: LoadPlot['kind'];
  readonly format: (value: number) => string;
  /** Of a value in the table; absent: as on the axis. */
  readonly words?: (value: number) => string;
  readonly read: (plateau: Plateau) => number | null;
  readonly bound?: LoadPlot['bound'];
  /** Drawn beneath the plateaus; without a name it isn't in the legend. */
  readonly before?: readonly (LoadSeries & { readonly name: string })[];
}

function loadFigure({ plateaus, bracket }: Capacity, given: LoadFigure): Figure {
  const { id, title, says, size, kind, format, words = format, read, bound, before = [] } = given;
  const pointsOf = (outcome: Plateau['outcome']): (readonly [number, number])[] =>
    plateaus
      .flatMap((one): (readonly [number, number])[] => {
        const value = read(one);
        return one.outcome === outcome && value !== null ? [[one.load, value]] : [];
      })
      .sort((a, b) => a[0] - b[0]);
  const held = pointsOf('held');
  const broken = pointsOf('broken');
  const series: LoadSeries[] = [
    ...before,
    { paint: 'fourth', look: 'circle', points: held },
    { paint: 'bound', look: 'diamond', points: broken },
  ];
  const span =
    bracket.holds !== null && bracket.breaks !== null ? ([bracket.holds, bracket.breaks] as const) : undefined;
  const lines: Line[] = [
    ...before.flatMap(({ name, paint, look, points }): Line[] =>
      name === '' ? [] : [{ name, paint, dash: look === 'edge' ? 'dashed' : 'solid', points }],
    ),
    { name: 'plateaus that held (discs)', paint: 'fourth', dash: 'dotted', points: held },
    { name: 'plateaus that broke (diamonds)', paint: 'bound', dash: 'dotted', points: broken },
  ];
  return {
    id,
    title,
    says,
    size,
    plot: { lines, scale: { kind, format } },
    option: () => loadOption({ series, bracket: span, kind, format, ...(bound !== undefined && { bound }) }),
    table: {
      head: ['load', 'outcome', title],
      rows: plateaus.map((one) => {
        const value = read(one);
        return [formatCount(one.load), one.outcome, value === null ? '–' : words(value)];
      }),
    },
  };
}

/** Three digits, with an exponent where it takes one. */
function short(value: number): string {
  if (value === 0) return '0';
  if (value >= 100) return formatCount(value);
  return value < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}
