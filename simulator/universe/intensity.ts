import type { Random } from './random.ts';

/** How many events each second of a session has, and how much of the day's variance. */
export interface Intensity {
  /** Events by second. */
  readonly counts: Uint32Array;
  /** Of those, the events of a burst: front-loaded within the second. */
  readonly burstCounts: Uint32Array;
  /** Seconds in which a burst starts that touches every symbol; the first is the open. */
  readonly burstSeconds: readonly number[];
  /** Share of the session's variance that has passed at the start of each second; one entry more than seconds. */
  readonly varianceClock: Float64Array;
}

/** All counts below are for a session of this many events and scale with the events asked for. */
const REFERENCE_EVENTS = 5_000_000;
const OPEN_BURST = [4_450, 1_500, 500];
const NEWS_BURST = [4_450, 1_500, 500];
/** Seconds from..to in which the first minute's three news bursts fall: the first within the first eight seconds. */
const OPENING_NEWS = [
  [4, 6],
  [18, 28],
  [38, 50],
] as const;
/** Later news comes at random, this far apart in the mean. */
const NEWS_INTERVAL_S = 600;

/** U-shape: how much busier the open and the close are than noon, and how fast that fades. */
const OPEN_PEAK = 4.8;
const OPEN_FADE_S = 1_200;
const CLOSE_PEAK = 2.5;
const CLOSE_FADE_S = 1_200;
/** Calm seconds differ from the U-shape by up to this share. */
const NOISE_SHARE = 0.12;
/** A burst of news moves the market as this many calm seconds do. */
const BURST_VARIANCE = 12;

/** Lays out a session's events over its seconds; the counts add up to `events` exactly. */
export function layOutIntensity(options: {
  readonly seconds: number;
  readonly events: number;
  readonly random: Random;
}): Intensity {
  const { seconds, events, random } = options;
  const burstSeconds = pickBursts(seconds, random);
  const bursts = new Float64Array(seconds);
  for (const [index, second] of burstSeconds.entries()) {
    const sizes = index === 0 ? OPEN_BURST : NEWS_BURST;
    for (const [later, size] of sizes.entries()) {
      if (second + later < seconds) bursts[second + later] = (bursts[second + later] as number) + size;
    }
  }
  const shape = Float64Array.from({ length: seconds }, (_, second) => uShape(second, seconds));
  const scale = events / REFERENCE_EVENTS;
  const inBursts = sum(bursts) * scale;
  // A short or sparse session can't hold the bursts whole: they take half of it at most.
  const burstScale = inBursts > events / 2 ? (scale * events) / 2 / inBursts : scale;
  const noisy = shape.map((weight) => weight * (1 + NOISE_SHARE * (2 * random.unit() - 1)));
  const calmScale = (events - sum(bursts) * burstScale) / sum(noisy);
  const burstCounts = roundKeepingSum(bursts.map((size) => size * burstScale));
  const calmCounts = roundKeepingSum(noisy.map((weight) => weight * calmScale));
  const counts = calmCounts.map((count, second) => count + (burstCounts[second] as number));
  counts[0] = (counts[0] as number) + events - sum(counts);
  return { counts, burstCounts, burstSeconds, varianceClock: varianceClock(shape, burstSeconds) };
}

function pickBursts(seconds: number, random: Random): number[] {
  const picked = [0, ...OPENING_NEWS.map(([from, to]) => from + random.below(to - from + 1))];
  let second = 60 + NEWS_INTERVAL_S * (0.25 + random.unit());
  while (second < seconds - 60) {
    picked.push(Math.floor(second));
    second += NEWS_INTERVAL_S * (0.5 + random.unit());
  }
  return picked.filter((start) => start < seconds);
}

function uShape(second: number, seconds: number): number {
  return 1 + OPEN_PEAK * Math.exp(-second / OPEN_FADE_S) + CLOSE_PEAK * Math.exp(-(seconds - second) / CLOSE_FADE_S);
}

function varianceClock(shape: Float64Array, burstSeconds: readonly number[]): Float64Array {
  const variance = shape.slice();
  for (const second of burstSeconds) variance[second] = (variance[second] as number) * BURST_VARIANCE;
  const total = sum(variance);
  const clock = new Float64Array(shape.length + 1);
  for (const [second, share] of variance.entries()) clock[second + 1] = (clock[second] as number) + share / total;
  return clock;
}

/** Rounds so that every running total is right to within one half. */
function roundKeepingSum(values: Float64Array): Uint32Array {
  const rounded = new Uint32Array(values.length);
  let exact = 0;
  let given = 0;
  for (const [index, value] of values.entries()) {
    exact += value;
    rounded[index] = Math.round(exact) - given;
    given += rounded[index] as number;
  }
  return rounded;
}

function sum(values: Float64Array | Uint32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** A burst's events come ever thinner over its second, with this time constant. */
const BURST_FADE_S = 1.5;

/**
 * Draws the times of a second's events, in µs from its start, in order: calm ones anywhere, a burst's ones crowding
 * behind its start.
 */
export function drawTimes(
  times: Float64Array,
  options: { readonly count: number; readonly burstCount: number; readonly random: Random },
): Float64Array {
  const { count, burstCount, random } = options;
  const startUs = burstCount > 0 ? 1_000 + random.below(9_000) : 0;
  const reach = 1 - Math.exp(-(1 - startUs / 1e6) / BURST_FADE_S);
  for (let at = 0; at < burstCount; at++) {
    times[at] = startUs + Math.floor(-Math.log(1 - random.unit() * reach) * BURST_FADE_S * 1e6);
  }
  for (let at = burstCount; at < count; at++) times[at] = random.below(1_000_000);
  return times.subarray(0, count).sort();
}
