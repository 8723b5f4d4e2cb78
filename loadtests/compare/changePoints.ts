import { seededRandom } from '../gate/random.ts';
import { drawRuns } from './bootstrap.ts';
import { median } from './quantiles.ts';

/** A place where the distribution of a series changes. */
export interface ChangePoint {
  /** Index of the first value after it. */
  readonly at: number;
  /** What comes after it over what was before. */
  readonly ratio: number;
  /** 95 % interval of the ratio. */
  readonly interval: readonly [number, number];
  /** Chance of so clear a change in values that are all alike. */
  readonly p: number;
}

/** A change is looked for only where at least so many values stand on each side. */
export const LEAST_SEGMENT = 4;
const LEVEL = 0.05;
const PERMUTATIONS = 199;
const RESAMPLES = 400;

/**
 * Finds change points of positive values by E-divisive (Matteson and James, 2014): the split with the largest energy
 * distance, kept where hardly any permutation of the segment has one as large, then the same within its two sides. It
 * asks for no shape of the noise. Seeded: the same values give the same points.
 */
export function changePoints(values: readonly number[], seed: number): ChangePoint[] {
  const logs = values.map(Math.log);
  const random = seededRandom(seed);
  const found: { at: number; p: number }[] = [];
  const open: (readonly [number, number])[] = [[0, logs.length]];
  for (let segment = open.pop(); segment !== undefined; segment = open.pop()) {
    const [from, to] = segment;
    const inside = logs.slice(from, to);
    const split = bestSplit(inside, identity(inside.length), distances(inside));
    if (split === undefined) continue;
    const p = chanceOf(split.size, inside, random);
    if (p > LEVEL) continue;
    found.push({ at: from + split.at, p });
    open.push([from, from + split.at], [from + split.at, to]);
  }
  found.sort((a, b) => a.at - b.at);
  return found.map(({ at, p }, index) => {
    const before = logs.slice(found[index - 1]?.at ?? 0, at);
    const after = logs.slice(at, found[index + 1]?.at ?? logs.length);
    return { at, p, ...changeBetween(before, after, random) };
  });
}

interface Split {
  readonly at: number;
  readonly size: number;
}

/** All distances between values, row after row. */
function distances(values: readonly number[]): Float64Array {
  const count = values.length;
  const table = new Float64Array(count * count);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      table[row * count + column] = Math.abs((values[row] as number) - (values[column] as number));
    }
  }
  return table;
}

function identity(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, at) => at);
}

/** The split of the values, taken in `order`, whose two sides are farthest apart by their energy distance. */
function bestSplit(values: readonly number[], order: Uint32Array, table: Float64Array): Split | undefined {
  const count = values.length;
  if (count < 2 * LEAST_SEGMENT) return undefined;
  let [left, right, across] = [0, 0, 0];
  for (let one = 0; one < count; one++) {
    for (let other = one + 1; other < count; other++) right += table[one * count + other] as number;
  }
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

/** Share of shuffled segments that split as well. */
function chanceOf(size: number, values: readonly number[], random: () => number): number {
  const table = distances(values);
  const order = identity(values.length);
  let asLarge = 1;
  for (let permutation = 0; permutation < PERMUTATIONS; permutation++) {
    for (let at = order.length - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1));
      const kept = order[at] as number;
      order[at] = order[other] as number;
      order[other] = kept;
    }
    if ((bestSplit(values, order, table)?.size ?? 0) >= size) asLarge += 1;
  }
  return asLarge / (PERMUTATIONS + 1);
}

/** The ratio of the medians of two sides, with its interval by the block bootstrap. */
function changeBetween(
  before: readonly number[],
  after: readonly number[],
  random: () => number,
): Pick<ChangePoint, 'ratio' | 'interval'> {
  const drawMedian = (side: readonly number[]): number =>
    median(drawRuns(side, { length: side.length, runLength: 2, random }));
  const drawn = Array.from({ length: RESAMPLES }, () => drawMedian(after) - drawMedian(before)).sort((a, b) => a - b);
  const at = (share: number): number => Math.exp(drawn[Math.floor(share * (drawn.length - 1))] as number);
  return { ratio: Math.exp(median(after) - median(before)), interval: [at(0.025), at(0.975)] };
}
