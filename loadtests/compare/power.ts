import { seededRandom } from '../gate/random.ts';
import { standardError } from './bootstrap.ts';
import { chiSquareQuantile, normalQuantile, studentQuantile } from './quantiles.ts';

/** A slowdown that is detectable is found in this share of the runs. */
export const POWER = 0.9;
/** The noise may be larger than the few neighbours show: it is taken at this upper confidence bound. */
const NOISE_CONFIDENCE = 0.9;
/** Neighbouring ratios share a block, which makes three of them worth two. */
const WORTH_OF_NEIGHBOUR = 2 / 3;
const RUN_LENGTH = 2;
const RESAMPLES = 200;
const LEAST_NEIGHBOURS = 4;
const MOST_BLOCKS = 2000;

/** What a comparison of so many pairs can find. */
export interface Detection {
  /** The least slowdown found in 9 of 10 runs, as a log ratio; with the margin that few neighbours ask for. */
  readonly detectable: number;
  /** The same if the noise is just what the neighbours show. */
  readonly likely: number;
  /** Blocks of both arms with which a slowdown of the gate's size would be found; undefined where even 2,000 don't do. */
  readonly blocksNeeded: number | undefined;
}

/**
 * What this machine can detect, from log ratios of blocks of one build played next to each other.
 *
 * @param plan pairs to be played, the level of each metric's test, and (log ratios) what doesn't count and what must be found
 * @returns undefined with too few neighbours to say
 */
export function detection(
  neighbours: readonly number[],
  plan: {
    readonly pairs: number;
    readonly level: number;
    readonly minEffect: number;
    readonly gate: number;
    readonly seed: number;
  },
): Detection | undefined {
  if (neighbours.length < LEAST_NEIGHBOURS || plan.pairs < LEAST_NEIGHBOURS) return undefined;
  const likelyNoise = Math.sqrt(plan.pairs) * noiseOfMean(neighbours, plan.pairs, plan.seed);
  const worth = neighbours.length * WORTH_OF_NEIGHBOUR;
  const noise = likelyNoise * Math.sqrt(worth / chiSquareQuantile(1 - NOISE_CONFIDENCE, worth));
  let pairs = LEAST_NEIGHBOURS;
  while (2 * pairs <= MOST_BLOCKS && leastFound(noise, pairs, plan) > plan.gate) pairs += 2;
  return {
    detectable: leastFound(noise, plan.pairs, plan),
    likely: leastFound(likelyNoise, plan.pairs, plan),
    blocksNeeded: 2 * pairs <= MOST_BLOCKS ? 2 * pairs : undefined,
  };
}

/** The least log ratio found with {@link POWER} by so many pairs of such noise. */
function leastFound(
  noise: number,
  pairs: number,
  plan: { readonly level: number; readonly minEffect: number },
): number {
  const error = noise / Math.sqrt(pairs);
  const needed = studentQuantile(1 - plan.level / 2, pairs - 1) * error;
  return Math.max(needed, plan.minEffect) + normalQuantile(POWER) * error;
}

function noiseOfMean(neighbours: readonly number[], pairs: number, seed: number): number {
  const random = seededRandom(seed);
  return standardError(neighbours, {
    length: pairs,
    runLength: RUN_LENGTH,
    resamples: RESAMPLES,
    random,
    statistic: mean,
  });
}

/** The test clips outliers, this doesn't: better to promise less than it finds. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
