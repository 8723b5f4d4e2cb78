import type { Histogram } from '../../reports/histogram.ts';
import type { Flips } from './signFlip.ts';

/** Latencies at which distributions are held against each other, µs: four to an octave, from 100 µs to 2 s. */
export const GRID_US: readonly number[] = Array.from({ length: 58 }, (_, at) => Math.round(100 * 2 ** (at / 4)));

/** The share of a histogram's counts at or below each point of {@link GRID_US}. */
export function distribution(histogram: Histogram): number[] {
  return GRID_US.map((us) => 1 - histogram.countAbove(us) / Math.max(1, histogram.count));
}

export interface Shape {
  readonly distance: number;
  readonly p: number;
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/** The distributions of the two blocks of a pair. */
export interface ShapePair {
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/**
 * Kolmogorov and Smirnov's distance of two mean distribution functions, with the chance of one as large: by dealing the
 * arms of the pairs anew, since messages of a block aren't independent and the textbook's tables would see ghosts.
 */
export function compareShapes(pairs: readonly ShapePair[], flips: Flips): Shape {
  const points = pairs[0]?.a.length ?? 0;
  const gaps = Float64Array.from(pairs.flatMap(({ a, b }) => b.map((share, at) => share - (a[at] ?? 0))));
  const seen = distanceOf(gaps, points, flips, 0);
  let asFar = 0;
  for (let pattern = 0; pattern < flips.patterns; pattern++) {
    if (distanceOf(gaps, points, flips, pattern) >= seen - 1e-12) asFar += 1;
  }
  return {
    distance: seen,
    p: asFar / flips.patterns,
    a: meanOf(pairs.map((pair) => pair.a)),
    b: meanOf(pairs.map((pair) => pair.b)),
  };
}

function distanceOf(gaps: Float64Array, points: number, { signs, pairs }: Flips, pattern: number): number {
  let largest = 0;
  for (let point = 0; point < points; point++) {
    let sum = 0;
    for (let pair = 0; pair < pairs; pair++) {
      sum += (signs[pattern * pairs + pair] as number) * (gaps[pair * points + point] as number);
    }
    largest = Math.max(largest, Math.abs(sum) / pairs);
  }
  return largest;
}

function meanOf(functions: readonly (readonly number[])[]): number[] {
  const [first = []] = functions;
  return first.map((_, at) => functions.reduce((sum, one) => sum + (one[at] ?? 0), 0) / functions.length);
}
