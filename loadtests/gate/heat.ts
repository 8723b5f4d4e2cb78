import { endOf, type Schedule } from '../../protocol/run.ts';
import { HEAT_ROWS, type Heat } from '../../protocol/schemas/summary.ts';
import { highestOf } from '../../reports/histogram.ts';
import type { Windows } from '../judge/merge.ts';

/** Columns, at most: longer runs put several seconds into one. */
const MOST_COLUMNS = 300;
const FIRST_ROW_US = 100;
const ROWS_PER_DECADE = 5;

/** The tick latencies of a run by second and size, for its heat map. */
export function heatOf(windows: Windows, schedule: Schedule): Heat {
  return binHeat(windows, Math.ceil((endOf(schedule) - schedule.startUs) / 1e6));
}

/** Counts the windows of `lengthS` seconds into at most 300 columns; a latency counts as its histogram's bucket says. */
export function binHeat(windows: Windows, lengthS: number): Heat {
  const binS = Math.max(1, Math.ceil(lengthS / MOST_COLUMNS));
  const columns: number[][] = Array.from({ length: Math.ceil(lengthS / binS) }, () => []);
  for (const [second, histogram] of windows) {
    const column = columns[Math.floor(second / binS)];
    if (column === undefined || histogram.count === 0) continue;
    if (column.length === 0) column.push(...new Array<number>(HEAT_ROWS).fill(0));
    for (const [bucket, count] of histogram.buckets()) {
      const row = heatRow(highestOf(bucket));
      column[row] = (column[row] ?? 0) + count;
    }
  }
  return { metric: 'tick', binS, columns };
}

/** Heat maps of runs that followed each other, as one over `lengthS` seconds; undefined where no run has one. */
export function joinHeats(
  parts: readonly { readonly atS: number; readonly heat: Heat | undefined }[],
  lengthS: number,
): Heat | undefined {
  const binS = Math.max(1, Math.ceil(lengthS / MOST_COLUMNS));
  const columns: number[][] = Array.from({ length: Math.ceil(lengthS / binS) }, () => []);
  for (const { atS, heat } of parts) {
    heat?.columns.forEach((counts, at) => {
      const column = columns[Math.floor((atS + at * heat.binS) / binS)];
      if (column === undefined) return;
      counts.forEach((count, row) => {
        column[row] = (column[row] ?? 0) + count;
      });
    });
  }
  return columns.every((column) => column.length === 0) ? undefined : { metric: 'tick', binS, columns };
}

/** The row of a latency. */
function heatRow(us: number): number {
  const row = Math.floor(Math.log10(Math.max(FIRST_ROW_US, us) / FIRST_ROW_US) * ROWS_PER_DECADE + 1e-9);
  return Math.min(HEAT_ROWS - 1, row);
}
