import { seededRandom } from '../gate/random.ts';
import { median } from './quantiles.ts';

/** Up to this many pairs all flips are counted; with more, {@link DRAWN} are drawn. */
const MOST_COUNTED = 12;
const DRAWN = 4096;
/** A ratio this many times the middle one (in size, of the logs) counts as no more than that: a hiccup isn't a build. */
const CLIP = 3;

/** Halvings of the span of the ratios: to a ten-thousandth of it, and finer than any figure told. */
const INTERVAL_ROUNDS = 14;
const CENTRE_ROUNDS = 40;

/** Signs for every pair, pattern after pattern; the first is the one that was played. */
export interface Flips {
  readonly pairs: number;
  readonly patterns: number;
  readonly signs: Int8Array;
}

/**
 * The ways in which the arms of each pair could have been dealt. A pattern and its opposite give the same size of
 * difference, so that the first pair keeps its sign.
 */
export function flipsFor(pairs: number, seed: number): Flips {
  const isCounted = pairs <= MOST_COUNTED;
  const patterns = isCounted ? 2 ** Math.max(0, pairs - 1) : DRAWN;
  const random = seededRandom(seed);
  const signs = new Int8Array(patterns * pairs).fill(1);
  for (let pattern = 1; pattern < patterns; pattern++) {
    for (let pair = 1; pair < pairs; pair++) {
      const isFlipped = isCounted ? ((pattern >> (pair - 1)) & 1) === 1 : random() < 0.5;
      if (isFlipped) signs[pattern * pairs + pair] = -1;
    }
  }
  return { pairs, patterns, signs };
}

/** The ratios less `shift`, each clipped, and all scaled so that their squares add up to 1: what flipping keeps. */
function weights(ratios: readonly number[], shift = 0): Float64Array {
  const shifted = Float64Array.from(ratios, (ratio) => (Number.isNaN(ratio) ? 0 : ratio - shift));
  const sizes = [...shifted].map(Math.abs).filter((size) => size > 0);
  const limit = CLIP * (sizes.length === 0 ? 0 : median(sizes));
  let squares = 0;
  for (let at = 0; at < shifted.length; at++) {
    const clipped = Math.max(-limit, Math.min(limit, shifted[at] as number));
    shifted[at] = clipped;
    squares += clipped * clipped;
  }
  if (squares > 0)
    for (let at = 0; at < shifted.length; at++) shifted[at] = (shifted[at] as number) / Math.sqrt(squares);
  return shifted;
}

function signedSum(values: Float64Array, { signs, pairs }: Flips, pattern: number): number {
  let sum = 0;
  const from = pattern * pairs;
  for (let pair = 0; pair < pairs; pair++) sum += (signs[from + pair] as number) * (values[pair] as number);
  return Math.abs(sum);
}

/** Two sums of the same parts in another order differ by so much at the most. */
const ROUNDING = 1e-12;

/** Chance, two-sided, of ratios that lie as far to one side of `shift`, were `shift` the truth. */
export function flipChance(ratios: readonly number[], flips: Flips, shift: number): number {
  const values = weights(ratios, shift);
  const seen = signedSum(values, flips, 0) - ROUNDING;
  let asFar = 0;
  for (let pattern = 0; pattern < flips.patterns; pattern++) if (signedSum(values, flips, pattern) >= seen) asFar += 1;
  return asFar / flips.patterns;
}

/**
 * Chances for several metrics of the same pairs together, such that any of them is at or below a level only in that
 * share of runs without a difference (Westfall and Young's step-down of the largest): the pairs' signs are flipped for
 * all metrics at once, so that metrics that move together cost little.
 */
export function jointChances(metrics: readonly (readonly number[])[], flips: Flips): number[] {
  const values = metrics.map((ratios) => weights(ratios));
  const seen = values.map((one) => signedSum(one, flips, 0) - ROUNDING);
  const byRank = seen.map((_, at) => at).sort((a, b) => (seen[a] as number) - (seen[b] as number));
  const asFar = new Float64Array(metrics.length);
  for (let pattern = 0; pattern < flips.patterns; pattern++) {
    let largest = 0;
    for (const at of byRank) {
      largest = Math.max(largest, signedSum(values[at] as Float64Array, flips, pattern));
      if (largest >= (seen[at] as number)) asFar[at] = (asFar[at] as number) + 1;
    }
  }
  const chances = Array.from(asFar, (count) => count / flips.patterns);
  let least = 0;
  for (const at of [...byRank].reverse()) {
    least = Math.max(least, chances[at] as number);
    chances[at] = least;
  }
  return chances;
}

/** The middle of log ratios that outliers don't move: where the clipped ones balance. */
export function centre(ratios: readonly number[]): number {
  const known = ratios.filter((ratio) => !Number.isNaN(ratio));
  if (known.length === 0) return Number.NaN;
  const middle = median(known);
  const limit = CLIP * median(known.map((ratio) => Math.abs(ratio - middle)));
  let low = Math.min(...known);
  let high = Math.max(...known);
  if (limit === 0) return known.reduce((sum, ratio) => sum + ratio, 0) / known.length;
  for (let round = 0; round < CENTRE_ROUNDS && high - low > 1e-7; round++) {
    const guess = (low + high) / 2;
    let balance = 0;
    for (const ratio of known) balance += Math.max(-limit, Math.min(limit, ratio - guess));
    if (balance > 0) low = guess;
    else high = guess;
  }
  return (low + high) / 2;
}

/**
 * The log ratios that these pairs don't contradict at `level`: the test of {@link flipChance} turned round. Undefined
 * with too few pairs for any test at that level.
 */
export function flipInterval(
  ratios: readonly number[],
  flips: Flips,
  level: number,
): readonly [number, number] | undefined {
  const known = ratios.filter((ratio) => !Number.isNaN(ratio));
  if (2 ** (1 - known.length) > level) return undefined;
  const middle = centre(ratios);
  const reach = Math.max(...known.map((ratio) => Math.abs(ratio - middle))) + 1e-6;
  const bound = (direction: 1 | -1): number => {
    let inside = 0;
    let outside = reach;
    // Beyond the farthest ratio all signs agree, which the level rejects.
    for (let round = 0; round < INTERVAL_ROUNDS; round++) {
      const tried = (inside + outside) / 2;
      if (flipChance(ratios, flips, middle + direction * tried) > level) inside = tried;
      else outside = tried;
    }
    return middle + direction * outside;
  };
  return [bound(-1), bound(1)];
}
