import type { ReturnFacts, TapeFacts } from '../../protocol/tapeFacts.ts';
import type { Figure } from '../html/figure.ts';
import type { Line } from '../html/plot.ts';
import { formatCount } from '../words.ts';
import { type Axis, type Chart, chartOption } from './plot.ts';

const LOOKS = [
  { paint: 'first', dash: 'solid' },
  { paint: 'second', dash: 'dashed' },
  { paint: 'third', dash: 'dotted' },
  { paint: 'fourth', dash: 'dashed' },
] as const;

/** How returns, and how their sizes, hang together with those before them. */
export function correlationFigures({ returns }: TapeFacts): Figure[] {
  const plain = returns.map((facts, at) => lagLine(facts, { at, values: facts.autocorrelation }));
  const absolute = returns.map((facts, at) => lagLine(facts, { at, values: facts.absoluteAutocorrelation }));
  const chance = Math.max(...returns.map((facts) => facts.band));
  const size = (facts: ReturnFacts): string => `${decimals(facts.absoluteAutocorrelation[0] ?? 0)} for ${facts.name}`;
  return [
    lagFigure(
      {
        id: 'returns',
        title: 'Returns remember little',
        says: `Autocorrelation of returns by lag. Within the dashed bounds (±${decimals(chance)}, those of the shortest series) a value may be chance alone.`,
      },
      { lines: plain, chance },
    ),
    lagFigure(
      {
        id: 'clusters',
        title: 'Volatility comes in clusters',
        says: `Autocorrelation of absolute returns by lag; at lag 1 ${returns.map(size).join(', ')}. A short series shows less of it than the long one it is part of: so compare the tape with the stretches.`,
      },
      { lines: absolute, chance },
    ),
  ];
}

function lagLine({ name }: ReturnFacts, { at, values }: { at: number; values: readonly number[] }): Line {
  return { name, ...look(at), points: values.map((value, lag) => [lag + 1, value]) };
}

function lagFigure(
  words: Pick<Figure, 'id' | 'title' | 'says'>,
  { lines, chance }: { lines: readonly Line[]; chance: number },
): Figure {
  const values = lines.flatMap((line) => line.points.map(([, y]) => y ?? 0));
  const most = Math.max(0.2, ...values.map(Math.abs));
  const max = Math.ceil(most * 5) / 5;
  const lags = Math.max(1, ...lines.map((line) => line.points.length));
  return lineFigure(words, {
    lines,
    x: { kind: 'value', min: 0, max: lags, interval: 5, format: (lag) => (lag === 0 ? '' : `${lag}`) },
    y: { kind: 'value', min: Math.min(...values) < -chance ? -max : -0.2, max, interval: 0.2, format: decimals },
    bounds: [chance, 0, -chance],
    first: 'lag',
  });
}

/** How busy and how restless the session is, from open to close. */
export function courseFigure({ intraday }: TapeFacts): Figure {
  const events: Line = {
    name: 'events',
    ...look(0),
    points: intraday.map((point) => [point.minute, point.events]),
  };
  const moves: Line = {
    name: 'absolute returns by minute, of the most active symbols',
    ...look(1),
    points: intraday.map((point) => [point.minute, point.absoluteReturn]),
  };
  const most = Math.max(1, ...intraday.map((point) => Math.max(point.events, point.absoluteReturn)));
  const last = intraday.at(-1)?.minute ?? 1;
  return lineFigure(
    {
      id: 'course',
      title: 'The day has a U-shape',
      says: `Minutes after the open; 1 is the session’s mean. The first point has ${decimals(intraday[0]?.events ?? 0)} times the events of the mean, the last ${decimals(intraday.at(-1)?.events ?? 0)} times. The source is daily and can’t tell.`,
    },
    {
      lines: [events, moves],
      x: {
        kind: 'value',
        min: 0,
        max: Math.max(1, last),
        interval: last > 600 ? 240 : 60,
        format: (minute) => `${minute}`,
      },
      y: {
        kind: 'value',
        min: 0,
        max: Math.ceil(most),
        interval: Math.max(1, Math.ceil(most / 5)),
        format: (value) => `${value}`,
      },
      first: 'minute',
      size: 'wide',
    },
  );
}

/** How long symbols are silent between two events, and how unevenly events fall on them. */
export function arrivalFigures({ arrivals }: TapeFacts): Figure[] {
  const tape: Line = { name: 'the tape', ...look(0), points: arrivals.longer.map(({ gaps, share }) => [gaps, share]) };
  const poisson: Line = {
    name: 'a Poisson process',
    ...look(2),
    points: arrivals.longer.map((point) => [point.gaps, point.poisson]),
  };
  const at10 = arrivals.longer.find(({ gaps }) => gaps === 10);
  const ranks: Line = { name: 'events', ...look(0), points: arrivals.ranks.map(({ rank, events }) => [rank, events]) };
  const most = arrivals.ranks[0]?.events ?? 1;
  const least = arrivals.ranks.at(-1)?.events ?? 1;
  const decades = (value: number): number => Math.max(1, Math.ceil(Math.log10(Math.max(1, value))));
  return [
    lineFigure(
      {
        id: 'gaps',
        title: 'Gaps between events have a heavy tail',
        says: `Share of the gaps between a symbol’s events that are longer than so many times its mean gap: ${share(at10?.share ?? 0)} are over 10 times, of a Poisson process ${share(at10?.poisson ?? 0)}.`,
      },
      {
        lines: [tape, poisson],
        x: { kind: 'value', min: 0, max: 30, interval: 5, format: (gaps) => `${gaps}` },
        y: { kind: 'log', min: 1e-6, max: 1, format: share },
        first: 'times the mean gap',
      },
    ),
    lineFigure(
      {
        id: 'ranks',
        title: 'Few symbols are hot',
        says: `Events by a symbol’s rank: the most active has ${formatCount(most)}, the last ${formatCount(least)}.`,
      },
      {
        lines: [ranks],
        x: { kind: 'log', min: 1, max: 10 ** decades(arrivals.ranks.at(-1)?.rank ?? 1), format: formatCount },
        y: {
          kind: 'log',
          min: 10 ** Math.floor(Math.log10(Math.max(1, least))),
          max: 10 ** decades(most),
          format: formatCount,
        },
        first: 'rank',
      },
    ),
  ];
}

function lineFigure(
  words: Pick<Figure, 'id' | 'title' | 'says'>,
  { first, size = 'half', ...chart }: Chart & { readonly first: string; readonly size?: Figure['size'] },
): Figure {
  const { lines, x, y } = chart;
  const rows = (lines[0]?.points ?? []).map(([at], row) => [
    figureOf(at, x),
    ...lines.map((line) => figureOf(line.points[row]?.[1] ?? 0, y)),
  ]);
  return {
    ...words,
    plot: { lines, scale: { kind: y.kind === 'log' ? 'log' : 'linear', format: y.format } },
    size,
    option: () => chartOption(chart),
    table: { head: [first, ...lines.map((line) => line.name)], rows },
  };
}

/** As the axis shows it, unless that hides the figure. */
function figureOf(value: number, { kind, format }: Axis): string {
  return kind === 'log' || Number.isInteger(value) ? format(value) : decimals(value);
}

/** Two decimals, with a true minus. */
export function decimals(value: number): string {
  return value
    .toFixed(2)
    .replace(/^-(0\.00)$/, '$1')
    .replace('-', '−');
}

/** A share of 1, also a very small one. */
function share(value: number): string {
  if (value === 0) return '0';
  return value >= 0.000_95 ? `${Number((100 * value).toPrecision(2))} %` : value.toExponential(0).replace('e-', 'e−');
}

function look(at: number): (typeof LOOKS)[number] {
  return LOOKS[at % LOOKS.length] ?? LOOKS[0];
}
