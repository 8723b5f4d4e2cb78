import type { Second } from '../../protocol/schemas/summary.ts';
import type { Figure } from './figure.ts';
import { type Line, type Plot, timeOption } from './plot.ts';
import { type Bin, perSecond, type TimeAxis, worstOf } from './timeAxis.ts';

/** A chart over the run's time, before its axis is laid out. */
interface TimeFigure {
  readonly id: string;
  readonly title: string;
  readonly says: string;
  readonly plot: Plot;
  readonly size: Figure['size'];
  readonly format: (value: number) => string;
}

/** A chart over time with its table; `format` writes the table's figures. */
export function timeFigure(axis: TimeAxis, { plot, format, ...rest }: TimeFigure): Figure {
  const rows = axis.bins.map((bin, at) => [
    bin.toS - bin.fromS > 1 ? `${bin.fromS} to ${bin.toS} s` : `${bin.fromS} s`,
    ...plot.lines.map((line) => {
      const value = line.points[at]?.[1] ?? null;
      return value === null ? '–' : format(value);
    }),
    bin.seconds.some((second) => second.late.length > 0) ? 'late' : '',
  ]);
  return {
    ...rest,
    plot,
    option: (narrow) => timeOption(plot, { axis, narrow }),
    table: { head: ['second', ...plot.lines.map((line) => line.name), 'machine'], rows },
  };
}

type Look = Pick<Line, 'paint' | 'dash'>;

/** A line through the worst of each bin. */
export function line(axis: TimeAxis, name: string, look: Look, read: (second: Second) => number | null): Line {
  return { name, ...look, points: axis.bins.map((bin) => [middle(bin), worstOf(bin, read)]) };
}

/** A line through each bin's mean per second. */
export function countLine(axis: TimeAxis, name: string, look: Look, read: (second: Second) => number): Line {
  return { name, ...look, points: axis.bins.map((bin) => [middle(bin), perSecond(bin, read)]) };
}

/** Where a bin's point stands on the axis. */
export function middle(bin: Bin): number {
  return (bin.fromS + bin.toS) / 2;
}

/** The largest figure of a line; undefined where it has none. */
export function peak(line: Line): number | undefined {
  const values = line.points.flatMap(([, y]) => (y === null ? [] : [y]));
  return values.length === 0 ? undefined : Math.max(...values);
}
