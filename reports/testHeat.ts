import { HEAT_ROWS, type Heat, type Second } from '../protocol/schemas/summary.ts';

/** Columns that a summary may have. */
const MOST_COLUMNS = 300;

/** A heat map that agrees with made-up seconds: most ticks near the p50, fewer towards the p99, one at the maximum. */
export function testHeat(seconds: readonly Second[]): Heat {
  const binS = Math.max(1, Math.ceil(seconds.length / MOST_COLUMNS));
  const columns: number[][] = [];
  seconds.forEach((second, at) => {
    const into = Math.floor(at / binS);
    const column = columns[into] ?? new Array<number>(HEAT_ROWS).fill(0);
    columns[into] = column;
    const middle = rowOf(second.tickP50Us ?? 0);
    const last = rowOf(second.tickMaxUs ?? 0);
    for (let row = Math.max(0, middle - 3); row <= last; row++) {
      const share = row === last ? 1 / Math.max(1, second.received) : 0.35 * 0.3 ** Math.abs(row - middle);
      column[row] = (column[row] ?? 0) + Math.max(row === last ? 1 : 0, Math.round(second.received * share));
    }
  });
  return { metric: 'tick', binS, columns };
}

function rowOf(us: number): number {
  return Math.min(HEAT_ROWS - 1, Math.floor(5 * Math.log10(Math.max(100, us) / 100)));
}
