/** A trend through figures of one second each. */
export interface Trend {
  /** Median of the slopes of all pairs (Theil and Sen), in the figures' unit a second. */
  readonly slopePerS: number;
  /** One-sided p of Mann and Kendall's test that it rises. */
  readonly p: number;
}

/** The trend through [second, figure] pairs; undefined with fewer than {@link LEAST_SECONDS}. */
export function trendOf(figures: readonly (readonly [number, number])[]): Trend | undefined {
  const n = figures.length;
  if (n < LEAST_SECONDS) return undefined;
  const slopes: number[] = [];
  let rises = 0;
  for (let later = 1; later < n; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      const [x0, y0] = figures[earlier] as readonly [number, number];
      const [x1, y1] = figures[later] as readonly [number, number];
      if (x1 !== x0) slopes.push((y1 - y0) / (x1 - x0));
      rises += Math.sign(y1 - y0);
    }
  }
  const variance = (n * (n - 1) * (2 * n + 5) - tiesTerm(figures)) / 18;
  const z = variance <= 0 ? 0 : (rises - Math.sign(rises)) / Math.sqrt(variance);
  return { slopePerS: medianOf(slopes), p: upperTail(z) };
}

/** Two seconds more than what a plateau must have for one in a hundred to mean anything by this test. */
export const LEAST_SECONDS = 6;
/** A search plays some twenty plateaus: fewer than one search in ten may be misled by chance. */
const MOST_P = 0.005;
/** A queue that grows by less than this share of the bound over the plateau may be the machine's mood. */
const LEAST_GROWTH_SHARE = 0.1;
const LEAST_RATIO = 1.5;

/**
 * What grew over a plateau that held its targets, in words; '' when nothing did. Latency that rises by a tenth of its
 * bound, from second to second and by half at the least, is a queue: a longer plateau would have broken.
 *
 * @param figures the median latency of each second, µs
 */
export function backlogIn(figures: readonly (readonly [number, number])[], boundUs: number): string {
  const trend = trendOf(figures);
  const [first] = figures;
  const last = figures.at(-1);
  if (trend === undefined || first === undefined || last === undefined || trend.p >= MOST_P) return '';
  const growthUs = trend.slopePerS * (last[0] - first[0]);
  const startUs = Math.max(0, medianOf(figures.map(([, value]) => value)) - growthUs / 2);
  if (growthUs < LEAST_GROWTH_SHARE * boundUs || startUs + growthUs < LEAST_RATIO * startUs) return '';
  return `a growing backlog: latency rose by ${(trend.slopePerS / 1000).toFixed(1)} ms a second (p ${trend.p < 0.001 ? '< 0.001' : trend.p.toFixed(3)}), so a longer plateau breaks`;
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

function tiesTerm(figures: readonly (readonly [number, number])[]): number {
  const counts = new Map<number, number>();
  for (const [, value] of figures) counts.set(value, (counts.get(value) ?? 0) + 1);
  let term = 0;
  for (const count of counts.values()) term += count * (count - 1) * (2 * count + 5);
  return term;
}

/** P(Z > z) of the standard normal, to 1.5e-7 (Abramowitz and Stegun 7.1.26). */
function upperTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * poly * Math.exp(-x * x);
  return z >= 0 ? tail : 1 - tail;
}
