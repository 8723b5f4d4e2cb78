import type { Heat, Summary } from '../../protocol/schemas/summary.ts';
import { formatCount, formatSecond, formatUs } from '../words.ts';
import type { Figure } from './figure.ts';
import { boundUs, type Cells, formatDecade, type Plot, type Rect, timeOption } from './plot.ts';
import type { Paint } from './svg.ts';
import type { TimeAxis } from './timeAxis.ts';

/** Columns drawn, at most, on a wide and on a narrow page. */
const WIDE_COLUMNS = 180;
const NARROW_COLUMNS = 90;
const ROWS_PER_DECADE = 5;
const FIRST_ROW_US = 100;
/** A shade for each power of ten of messages in a cell: shades differ in lightness, so that paper shows them too. */
const SHADES: readonly { readonly name: string; readonly paint: Paint }[] = [
  { name: '1 to 9 ticks', paint: 'heat1' },
  { name: '10 to 99', paint: 'heat2' },
  { name: '100 to 999', paint: 'heat3' },
  { name: '1,000 to 9,999', paint: 'heat4' },
  { name: '10,000 to 99,999', paint: 'heat5' },
  { name: '100,000 and more', paint: 'heat6' },
];

/** The heat map: how many ticks took how long, by time. Undefined for a run that kept none. */
export function heatFigure(summary: Summary, axis: TimeAxis): Figure | undefined {
  const { heat } = summary;
  if (heat === undefined || heat.columns.every((column) => column.length === 0)) return undefined;
  const drawn = coarser(heat, WIDE_COLUMNS);
  const bound = boundUs(summary.rows, 'tick');
  const scale = { kind: 'log' as const, format: formatDecade, ends: endsOf(heat, bound?.value ?? 0) };
  const plotOf = (of: Heat): Plot => ({
    lines: [],
    cells: cellsOf(of, axis),
    scale,
    ...(bound === undefined ? {} : { bound }),
  });
  const plot = plotOf(drawn);
  return {
    id: 'heat',
    title: 'Where the ticks lie: latency by second and size',
    says: says(drawn, bound?.value),
    plot,
    size: 'wide',
    option: (narrow) => timeOption(narrow ? plotOf(coarser(heat, NARROW_COLUMNS)) : plot, { axis, narrow }),
    table: tableOf(drawn),
  };
}

/** Where a row of the heat map begins, µs. */
function fromUs(row: number): number {
  return FIRST_ROW_US * 10 ** (row / ROWS_PER_DECADE);
}

/** The same counts in at most so many columns. */
function coarser(heat: Heat, most: number): Heat {
  const factor = Math.ceil(heat.columns.length / most);
  if (factor <= 1) return heat;
  const columns: number[][] = [];
  heat.columns.forEach((column, at) => {
    const into = Math.floor(at / factor);
    const sum = columns[into];
    if (sum === undefined || sum.length === 0) columns[into] = [...column];
    else
      column.forEach((count, row) => {
        sum[row] = (sum[row] ?? 0) + count;
      });
  });
  return { ...heat, binS: heat.binS * factor, columns };
}

/** First and last row that hold anything. */
function occupied(heat: Heat): { first: number; last: number } {
  const rows = heat.columns.flatMap((column) => column.flatMap((count, row) => (count > 0 ? [row] : [])));
  return rows.reduce(({ first, last }, row) => ({ first: Math.min(first, row), last: Math.max(last, row) }), {
    first: rows[0] ?? 0,
    last: rows[0] ?? 0,
  });
}

/** Whole decades around what there is and the bound. */
function endsOf(heat: Heat, bound: number): readonly [number, number] {
  const { first, last } = occupied(heat);
  const low = 10 ** Math.floor(Math.log10(fromUs(first)) + 1e-9);
  const high = 10 ** Math.ceil(Math.log10(Math.max(fromUs(last + 1), bound * 1.05)) - 1e-9);
  return [low, high];
}

/** Cells of one shade in a row that touch become one. */
function cellsOf({ binS, columns }: Heat, axis: TimeAxis): Cells[] {
  const rects: Rect[][] = SHADES.map(() => []);
  const rows = Math.max(0, ...columns.map((column) => column.length));
  for (let row = 0; row < rows; row++) {
    let start = 0;
    for (let at = 1; at <= columns.length; at++) {
      const shade = shadeOf(columns[start]?.[row]);
      if (at < columns.length && shadeOf(columns[at]?.[row]) === shade) continue;
      rects[shade]?.push({
        fromX: Math.min(axis.endS, start * binS),
        toX: Math.min(axis.endS, at * binS),
        fromY: fromUs(row),
        toY: fromUs(row + 1),
      });
      start = at;
    }
  }
  return SHADES.map((shade, at) => ({ ...shade, rects: rects[at] ?? [] }));
}

/** Index of a count's shade; -1 for none. */
function shadeOf(count = 0): number {
  return count > 0 ? Math.min(SHADES.length - 1, Math.floor(Math.log10(count) + 1e-9)) : -1;
}

function says(heat: Heat, bound: number | undefined): string {
  const counts = heat.columns.flat();
  const total = counts.reduce((sum, count) => sum + count, 0);
  const { last } = occupied(heat);
  const slowest = `the slowest took ${formatUs(fromUs(last))} to ${formatUs(fromUs(last + 1))}`;
  const columns = heat.binS === 1 ? 'Each column is a second' : `Each column is ${heat.binS} s`;
  const line = bound === undefined ? '' : ' The dashed line is the bound of the percentile, not of each tick.';
  return `${columns}; the stronger a cell’s shade, the more ticks took that long. ${formatCount(total)} in all; ${slowest}.${line}`;
}

function tableOf(heat: Heat): Figure['table'] {
  const { first, last } = occupied(heat);
  const rows = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  return {
    head: ['second', ...rows.map((row) => `from ${formatUs(fromUs(row))}`)],
    rows: heat.columns.map((column, at) => [
      heat.binS === 1 ? `${at} s` : `from ${formatSecond(at * heat.binS)}`,
      ...rows.map((row) => (column[row] ? formatCount(column[row] ?? 0) : '–')),
    ]),
  };
}
