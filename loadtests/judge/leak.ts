/** A slope over readings, with its 95 % interval; in the readings' unit for one of their time's. */
export interface Slope {
  readonly perUnit: number;
  readonly low: number;
  readonly high: number;
}

export interface Point {
  readonly at: number;
  readonly value: number;
}

/** Normal quantile of a two-sided 95 % interval. */
const Z = 1.96;

/**
 * The Theil-Sen slope of a series, the median of the slopes of all its pairs, with Sen's 95 % interval: a garbage
 * collector's sawtooth and single outliers leave it where it is. Undefined for fewer than {@link LEAST_POINTS} points.
 */
export function theilSen(points: readonly Point[]): Slope | undefined {
  const n = points.length;
  if (n < LEAST_POINTS) return undefined;
  const slopes: number[] = [];
  for (let one = 0; one < n; one++) {
    const from = points[one] as Point;
    for (let other = one + 1; other < n; other++) {
      const to = points[other] as Point;
      if (to.at !== from.at) slopes.push((to.value - from.value) / (to.at - from.at));
    }
  }
  if (slopes.length === 0) return undefined;
  slopes.sort((a, b) => a - b);
  // Kendall's statistic of n readings without a trend has this spread.
  const spread = Z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const low = Math.floor((slopes.length - spread) / 2);
  const high = Math.ceil((slopes.length + spread) / 2);
  return {
    perUnit: median(slopes),
    low: slopes[Math.max(0, low)] as number,
    high: slopes[Math.min(slopes.length - 1, high)] as number,
  };
}

/** With fewer points the interval is all slopes that there are, and says nothing. */
export const LEAST_POINTS = 5;

/** @param sorted not empty */
function median(sorted: readonly number[]): number {
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] as number;
  return Number.isInteger(half) ? (upper + (sorted[half - 1] as number)) / 2 : upper;
}
