import type { WireHistogram } from '../protocol/run.ts';

const SUB_BUCKETS = 2048;
const HALF = SUB_BUCKETS / 2;
/** Lateness above this (35 minutes) is counted in the last bucket; its maximum stays exact. */
const CEILING_US = 2 ** 31 - 1;
const BUCKETS = bucketOf(CEILING_US) + 1;

/**
 * A histogram of lateness in whole µs that allocates nothing while it counts: values to 2047 exactly, above that with
 * three significant digits. Its buckets are those of the reports' histogram, so that {@link toWire} merges with any other.
 */
export class LatenessHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #min = 0;
  #max = 0;
  #sum = 0;

  /** Counts one lateness, in µs: rounded down, below 0 taken as 0. */
  record(latenessUs: number): void {
    const whole = latenessUs > 0 ? Math.floor(latenessUs) : 0;
    const index = bucketOf(Math.min(whole, CEILING_US));
    this.#counts[index] = (this.#counts[index] as number) + 1;
    if (this.#count === 0 || whole < this.#min) this.#min = whole;
    if (whole > this.#max) this.#max = whole;
    this.#count += 1;
    this.#sum += whole;
  }

  get count(): number {
    return this.#count;
  }

  /** The largest lateness in µs, exact; 0 when empty. */
  get maxUs(): number {
    return this.#max;
  }

  /** The lateness in µs at or below which `percent` (0..100) of the events lie; 0 when empty. */
  percentileUs(percent: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.#counts[index] as number;
      if (seen >= rank) return Math.min(highestOf(index), this.#max);
    }
    return this.#max;
  }

  /** The histogram as it travels: sparse `[bucket, count]` pairs, ascending. */
  toWire(): WireHistogram {
    const buckets: [number, number][] = [];
    for (let index = 0; index < BUCKETS; index++) {
      const count = this.#counts[index] as number;
      if (count > 0) buckets.push([index, count]);
    }
    return { count: this.#count, min: this.#min, max: this.#max, sum: this.#sum, buckets };
  }
}

/** Index of the bucket that holds a whole number of 0 to {@link CEILING_US}. */
function bucketOf(value: number): number {
  if (value < SUB_BUCKETS) return value;
  const shift = 21 - Math.clz32(value);
  return shift * HALF + (value >>> shift);
}

/** The highest value that falls into a bucket. */
function highestOf(index: number): number {
  if (index < SUB_BUCKETS) return index;
  const shift = Math.floor(index / HALF) - 1;
  return (index - shift * HALF + 1) * 2 ** shift - 1;
}
