import type { Random } from './random.ts';
import { BlockBootstrap } from './returns.ts';
import { ClusteredReturns, type Clusters } from './volatility.ts';

/** A log price that a path goes through at a second. */
export interface Knot {
  readonly second: number;
  readonly level: number;
}

/** What a path keeps to: log prices relative to where it starts. */
export interface Range {
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** Returns that stay together when they are resampled: about a month of days. */
const BLOCK_LENGTH = 20;
const MINUTE_S = 60;

/**
 * A free path through a session, second by second, starting at 0, with variance about 1 at its end: each minute has one
 * real return, its volatility in clusters; within the minute the path moves by resampled ones to where the minute ends.
 *
 * @param options.varianceClock share of the variance that has passed at each second's start
 * @returns as many values as the clock has
 */
export function drawPath(options: {
  readonly clusters: Clusters;
  readonly varianceClock: Float64Array;
  readonly random: Random;
}): Float64Array {
  const { clusters, varianceClock, random } = options;
  const minutes = new ClusteredReturns(clusters, { blockLength: BLOCK_LENGTH, random });
  const within = new BlockBootstrap(clusters.residuals, { blockLength: BLOCK_LENGTH, random });
  const path = new Float64Array(varianceClock.length);
  const last = path.length - 1;
  for (let from = 0; from < last; from += MINUTE_S) {
    const to = Math.min(last, from + MINUTE_S);
    const span = (varianceClock[to] as number) - (varianceClock[from] as number);
    const end = (path[from] as number) + Math.sqrt(span) * minutes.next();
    for (let second = from + 1; second <= to; second++) {
      const variance = (varianceClock[second] as number) - (varianceClock[second - 1] as number);
      path[second] = (path[second - 1] as number) + minutes.deviation * Math.sqrt(variance) * within.next();
    }
    bend(path, varianceClock, { from: { second: from, level: path[from] as number }, to: { second: to, level: end } });
  }
  return path;
}

/** Bends a stretch of a path, in place, so that it goes from knot to knot: most where it moves most. */
export function bend(
  path: Float64Array,
  varianceClock: Float64Array,
  { from, to }: { readonly from: Knot; readonly to: Knot },
): void {
  const startsOff = from.level - (path[from.second] as number);
  const endsOff = to.level - (path[to.second] as number);
  const start = varianceClock[from.second] as number;
  const span = (varianceClock[to.second] as number) - start;
  for (let second = from.second; second <= to.second; second++) {
    const share = span > 0 ? ((varianceClock[second] as number) - start) / span : 1;
    path[second] = (path[second] as number) + startsOff + (endsOff - startsOff) * share;
  }
  path[to.second] = to.level;
}

/**
 * The knots of a path that keeps to a range: where it starts, its extremes and where it ends. The extremes lie where the
 * free path, bent to the close, has its own; one that the start or the end already is has no knot of its own.
 */
export function knotsOf(free: Float64Array, varianceClock: Float64Array, { high, low, close }: Range): Knot[] {
  const last = free.length - 1;
  const path = free.slice();
  bend(path, varianceClock, { from: { second: 0, level: 0 }, to: { second: last, level: close } });
  const extremes: Knot[] = [];
  if (high > Math.max(0, close)) extremes.push({ second: placeOf(path, 1), level: high });
  if (low < Math.min(0, close)) extremes.push({ second: placeOf(path, -1), level: low });
  const [first, second] = extremes.sort((a, b) => a.second - b.second);
  if (first !== undefined && second?.second === first.second) {
    const moved = first.second > 1 ? { ...first, second: first.second - 1 } : first;
    const other = moved === first ? { ...second, second: second.second + 1 } : second;
    extremes.splice(0, 2, moved, other);
  }
  return [{ second: 0, level: 0 }, ...extremes, { second: last, level: close }];
}

/** The second, not the first or the last one, at which a path is highest (`sign` 1) or lowest (-1). */
function placeOf(path: Float64Array, sign: 1 | -1): number {
  let place = 1;
  for (let second = 2; second < path.length - 1; second++) {
    if (sign * (path[second] as number) > sign * (path[place] as number)) place = second;
  }
  return place;
}

/** Brings a level that is out of a range back into it by reflection at its ends: the path keeps its roughness. */
export function fold(level: number, { low, high }: Pick<Range, 'low' | 'high'>): number {
  if (level >= low && level <= high) return level;
  const span = high - low;
  if (span <= 0) return low;
  const beyond = (((level - low) % (2 * span)) + 2 * span) % (2 * span);
  return low + (beyond <= span ? beyond : 2 * span - beyond);
}

/** Makes a free path meet a range, in place: it starts at 0, ends at the close, and its extremes are the range's, exactly. */
export function meetRange(path: Float64Array, varianceClock: Float64Array, range: Range): readonly Knot[] {
  const knots = knotsOf(path, varianceClock, range);
  for (const [at, from] of knots.entries()) {
    const to = knots[at + 1];
    if (to !== undefined) bend(path, varianceClock, { from: { ...from, level: path[from.second] as number }, to });
  }
  for (const [second, level] of path.entries()) path[second] = fold(level, range);
  // Reflection at a bound may miss by the last bit what the knots say exactly.
  for (const { second, level } of knots) path[second] = level;
  return knots;
}
