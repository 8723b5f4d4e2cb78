import { seededRandom } from '../gate/random.ts';
import { median } from './quantiles.ts';

/** A place where the distribution of a series changes. */
export interface ChangePoint {
  /** Index of the first value after it. */
  readonly at: number;
  /** What comes after it over what was before: the middle of all ratios of a value after it to one before. */
  readonly ratio: number;
  /** 95 % interval of the ratio; what the values allow where they are too few for that. */
  readonly interval: readonly [number, number];
  /** Chance of so clear a change in values that are all alike. */
  readonly p: number;
}

/** A change is looked for only where at least so many values stand on each side. */
export const LEAST_SEGMENT = 4;
/** So many that the least p, 0.001, lies well below the level of each of seven series. */
const PERMUTATIONS = 999;
/** What an interval leaves out on either side. */
const TAIL = 0.025;
/** Sums of the same distances, in another order, differ by rounding. */
const ROUNDING = 1e-9;

/**
 * Finds change points of positive values by E-divisive (Matteson and James, 2014): the split with the largest energy
 * distance, kept where hardly any permutation of the segment has one as large, then the same within its two sides. It
 * asks for no shape of the noise. Seeded: the same values give the same points.
 *
 * @param level share of series without a change that may show one
 */
export function changePoints(
  values: readonly number[],
  { seed, level }: { readonly seed: number; readonly level: number },
): ChangePoint[] {
  const logs = values.map(Math.log);
  const random = seededRandom(seed);
  const found: { at: number; p: number }[] = [];
  const open: (readonly [number, number])[] = [[0, logs.length]];
  for (let segment = open.pop(); segment !== undefined; segment = open.pop()) {
    const [from, to] = segment;
    const inside = logs.slice(from, to);
    const apart = distances(inside);
    const split = bestSplit(identity(inside.length), apart);
    if (split === undefined) continue;
    const p = chanceOf(split.size, apart, { level, random });
    if (p === undefined) continue;
    found.push({ at: from + split.at, p });
    open.push([from, from + split.at], [from + split.at, to]);
  }
  found.sort((a, b) => a.at - b.at);
  return found.map(({ at, p }, index) => {
    const before = logs.slice(found[index - 1]?.at ?? 0, at);
    const after = logs.slice(at, found[index + 1]?.at ?? logs.length);
    return { at, p, ...ratioBetween(before, after) };
  });
}

interface Split {
  readonly at: number;
  readonly size: number;
}

/** All distances between values, row after row, and the sum of those of each pair once. */
interface Distances {
  readonly count: number;
  readonly table: Float64Array;
  readonly sum: number;
}

function distances(values: readonly number[]): Distances {
  const count = values.length;
  const table = new Float64Array(count * count);
  let sum = 0;
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      const distance = Math.abs((values[row] as number) - (values[column] as number));
      table[row * count + column] = distance;
      if (column > row) sum += distance;
    }
  }
  return { count, table, sum };
}

function identity(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, at) => at);
}

/** The split of the values, taken in `order`, whose two sides are farthest apart by their energy distance. */
function bestSplit(order: Uint32Array, { count, table, sum }: Distances): Split | undefined {
  if (count < 2 * LEAST_SEGMENT) return undefined;
  let [left, right, across] = [0, sum, 0];
  let best: Split = { at: 0, size: Number.NEGATIVE_INFINITY };
  for (let at = 1; at < count; at++) {
    // The value before the split moves from the right side to the left.
    const row = (order[at - 1] as number) * count;
    let [toLeft, toRight] = [0, 0];
    for (let other = 0; other < at - 1; other++) toLeft += table[row + (order[other] as number)] as number;
    for (let other = at; other < count; other++) toRight += table[row + (order[other] as number)] as number;
    left += toLeft;
    right -= toRight;
    across += toRight - toLeft;
    const rest = count - at;
    if (at < LEAST_SEGMENT || rest < LEAST_SEGMENT) continue;
    const apart = (2 * across) / (at * rest) - (2 * left) / (at * (at - 1)) - (2 * right) / (rest * (rest - 1));
    const size = ((at * rest) / count) * apart;
    if (size > best.size) best = { at, size };
  }
  return best;
}

/** Share of shuffled segments that split as well; undefined, and no longer looked for, where it is above the level. */
function chanceOf(
  size: number,
  apart: Distances,
  { level, random }: { readonly level: number; readonly random: () => number },
): number | undefined {
  const order = identity(apart.count);
  const least = size - ROUNDING * Math.abs(size);
  const most = level * (PERMUTATIONS + 1);
  let asLarge = 1;
  for (let permutation = 0; permutation < PERMUTATIONS && asLarge <= most; permutation++) {
    for (let at = order.length - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1));
      const kept = order[at] as number;
      order[at] = order[other] as number;
      order[other] = kept;
    }
    if ((bestSplit(order, apart)?.size ?? 0) >= least) asLarge += 1;
  }
  return asLarge <= most ? asLarge / (PERMUTATIONS + 1) : undefined;
}

/**
 * The ratio of what lies after a change to what lies before, both as logs: the Hodges-Lehmann estimate, with all ratios
 * that the Mann-Whitney test would not reject at 5 %. It asks for no shape of the noise, only for the same on both sides.
 */
export function ratioBetween(
  before: readonly number[],
  after: readonly number[],
): Pick<ChangePoint, 'ratio' | 'interval'> {
  const shifts = Float64Array.from(after.flatMap((late) => before.map((early) => late - early))).sort();
  const outside = leftOutside(before.length, after.length);
  const at = (rank: number): number => Math.exp(shifts[rank] as number);
  return { ratio: Math.exp(median([...shifts])), interval: [at(outside), at(shifts.length - 1 - outside)] };
}

/** How many of the pairs of two sides an interval of 95 % leaves out at either end, none where the sides are too small. */
function leftOutside(one: number, other: number): number {
  const shares = rankShares(one, other);
  let below = 0;
  let outside = 0;
  while (below + (shares[outside] ?? 1) <= TAIL) below += shares[outside++] as number;
  return Math.max(0, outside - 1);
}

/**
 * Chances of the Mann-Whitney statistic's values up to its middle, where both sides are alike: coefficients of the Gaussian binomial
 * (Harding, 1984).
 */
function rankShares(one: number, other: number): Float64Array {
  const shares = new Float64Array(Math.floor((one * other) / 2) + 1);
  shares[0] = 1;
  for (let each = 1; each <= one; each++) {
    for (let at = shares.length - 1; at >= other + each; at--) {
      shares[at] = (shares[at] as number) - (shares[at - other - each] as number);
    }
    for (let at = each; at < shares.length; at++) shares[at] = (shares[at] as number) + (shares[at - each] as number);
    for (let at = 0; at < shares.length; at++) shares[at] = ((shares[at] as number) * each) / (other + each);
  }
  return shares;
}
