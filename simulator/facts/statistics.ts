/** Autocorrelations of a series at lags 1 to `lags`; 0 where there is nothing to correlate. */
export function autocorrelations(values: Float64Array, lags: number): number[] {
  const mean = meanOf(values);
  const centred = values.map((value) => value - mean);
  const variance = centred.reduce((sum, value) => sum + value * value, 0);
  return Array.from({ length: lags }, (_, at) => {
    const lag = at + 1;
    if (variance === 0 || lag >= centred.length) return 0;
    let sum = 0;
    for (let place = lag; place < centred.length; place++) {
      sum += (centred[place] as number) * (centred[place - lag] as number);
    }
    return sum / variance;
  });
}

/** Fourth standardised moment: 3 for a normal distribution; 0 for a series that doesn't move. */
export function kurtosis(values: Float64Array): number {
  const mean = meanOf(values);
  let second = 0;
  let fourth = 0;
  for (const value of values) {
    const square = (value - mean) ** 2;
    second += square;
    fourth += square * square;
  }
  return second === 0 ? 0 : (fourth * values.length) / (second * second);
}

/** Sums of so many returns that follow one another, without overlap; a rest is left out. */
export function sumsOf(values: Float64Array, count: number): Float64Array {
  return Float64Array.from({ length: Math.floor(values.length / count) }, (_, at) => {
    let sum = 0;
    for (let place = at * count; place < (at + 1) * count; place++) sum += values[place] as number;
    return sum;
  });
}

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at] as number;
  return values.length === 0 ? 0 : sum / values.length;
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** How fast the open's and the close's unrest fades, in minutes. */
const FADE_MINUTES = 20;
/** No part of a day counts as calmer than this share of its mean. */
const CALMEST = 0.1;

/**
 * The day's usual course of a positive series by minute, for taking it out: a constant, what fades after the open and what
 * rises before the close, by least squares. Clusters, which come at any time, stay in the series.
 *
 * @returns as many values, positive
 */
export function usualCourse(values: Float64Array): Float64Array {
  const last = values.length - 1;
  const rows = Array.from(values, (_, at) => [1, Math.exp(-at / FADE_MINUTES), Math.exp((at - last) / FADE_MINUTES)]);
  const left = [0, 1, 2].map((i) => [0, 1, 2].map((j) => rows.reduce((sum, row) => sum + product(row, i, j), 0)));
  const right = [0, 1, 2].map((i) =>
    rows.reduce((sum, row, at) => sum + (row[i] as number) * (values[at] as number), 0),
  );
  const weights = solve(left, right);
  const least = CALMEST * meanOf(values) || 1;
  return Float64Array.from(rows, (row) => {
    const fitted = row.reduce((sum, value, i) => sum + value * (weights[i] as number), 0);
    return Math.max(least, fitted);
  });
}

function product(row: readonly number[], i: number, j: number): number {
  return (row[i] as number) * (row[j] as number);
}

/** Solves a small system of equations by elimination; unknowns that nothing determines are 0. */
function solve(left: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = left.map((row, at) => [...row, right[at] as number]);
  const size = rows.length;
  for (let pivot = 0; pivot < size; pivot++) {
    const best = rows
      .slice(pivot)
      .reduce((most, row) => (Math.abs(row[pivot] as number) > Math.abs(most[pivot] as number) ? row : most));
    rows.splice(rows.indexOf(best), 1);
    rows.splice(pivot, 0, best);
    const scale = best[pivot] as number;
    if (Math.abs(scale) < 1e-12) continue;
    for (const row of rows) {
      if (row === best) continue;
      const factor = (row[pivot] as number) / scale;
      for (let column = pivot; column <= size; column++) {
        row[column] = (row[column] as number) - factor * (best[column] as number);
      }
    }
  }
  return rows.map((row, at) => {
    const scale = row[at] as number;
    return Math.abs(scale) < 1e-12 ? 0 : (row[size] as number) / scale;
  });
}
