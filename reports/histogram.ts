/**
 * A histogram of non-negative integers in HDR buckets: values to 2047 exactly, above that with three significant
 * digits. Sparse, so that one per metric and second costs little; merges without loss; pure, so that k6 runs it too.
 */
export class Histogram {
  #counts = new Map<number, number>();
  #total = 0;
  #max = 0;
  #min = Number.POSITIVE_INFINITY;
  #sum = 0;

  /** Counts `value` (rounded down to an integer, below 0 taken as 0) `times` times. */
  record(value: number, times = 1): void {
    const whole = value > 0 ? Math.floor(value) : 0;
    const index = bucketOf(whole);
    this.#counts.set(index, (this.#counts.get(index) ?? 0) + times);
    this.#total += times;
    this.#sum += whole * times;
    if (whole > this.#max) this.#max = whole;
    if (whole < this.#min) this.#min = whole;
  }

  get count(): number {
    return this.#total;
  }
  /** The largest value, exact; 0 when empty. */
  get max(): number {
    return this.#max;
  }
  /** The smallest value, exact; 0 when empty. */
  get min(): number {
    return this.#total === 0 ? 0 : this.#min;
  }
  get mean(): number {
    return this.#total === 0 ? 0 : this.#sum / this.#total;
  }

  /** The value at or below which `percent` (0..100) of the counts lie: the bucket's highest value, at most {@link max}; 0 when empty. */
  percentile(percent: number): number {
    if (this.#total === 0) return 0;
    return this.valueAtRank(Math.max(1, Math.ceil((percent / 100) * this.#total)));
  }

  /** The value of the `rank`-th smallest count, 1-based. */
  valueAtRank(rank: number): number {
    let seen = 0;
    for (const [index, count] of this.buckets()) {
      seen += count;
      if (seen >= rank) return Math.min(highestOf(index), this.#max);
    }
    return this.#max;
  }

  /** How many counts lie above `value`, to the resolution of a bucket. */
  countAbove(value: number): number {
    const index = bucketOf(Math.max(0, Math.floor(value)));
    let above = 0;
    for (const [bucket, count] of this.#counts) if (bucket > index) above += count;
    return above;
  }

  /** Buckets as [index, count], ascending. */
  buckets(): [number, number][] {
    return [...this.#counts].sort((a, b) => a[0] - b[0]);
  }

  merge(other: Histogram): this {
    for (const [index, count] of other.#counts) this.#counts.set(index, (this.#counts.get(index) ?? 0) + count);
    this.#total += other.#total;
    this.#sum += other.#sum;
    if (other.#total > 0) {
      this.#max = Math.max(this.#max, other.#max);
      this.#min = Math.min(this.#min, other.#min);
    }
    return this;
  }

  toJSON(): HistogramJson {
    return { count: this.#total, min: this.min, max: this.#max, sum: this.#sum, buckets: this.buckets() };
  }

  /** @throws RangeError when counts and total disagree */
  static fromJSON(json: HistogramJson): Histogram {
    const histogram = new Histogram();
    let total = 0;
    for (const [index, count] of json.buckets) {
      histogram.#counts.set(index, count);
      total += count;
    }
    if (total !== json.count) throw new RangeError(`histogram: ${total} counts in buckets, ${json.count} stated`);
    histogram.#total = json.count;
    histogram.#sum = json.sum;
    histogram.#max = json.max;
    histogram.#min = json.count === 0 ? Number.POSITIVE_INFINITY : json.min;
    return histogram;
  }
}

/** A histogram as it is stored and merged: sparse `[bucket index, count]` pairs, ascending. */
export interface HistogramJson {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly buckets: readonly (readonly [number, number])[];
}

/** Whether what a stored histogram says of itself is so: as many counts as stated, and the extremes in the outermost buckets. */
export function holdsTogether({ count, min, max, buckets }: HistogramJson): boolean {
  const isAscending = buckets.every(([index], at) => at === 0 || index > (buckets[at - 1]?.[0] ?? 0));
  const total = buckets.reduce((sum, [, counted]) => sum + counted, 0);
  if (!isAscending || total !== count) return false;
  return count === 0 || (buckets[0]?.[0] === bucketOf(min) && buckets.at(-1)?.[0] === bucketOf(max));
}

const SUB_BUCKETS = 2048;
const HALF = SUB_BUCKETS / 2;

/** Index of the bucket that holds a whole number below 2^53. */
export function bucketOf(value: number): number {
  if (value < SUB_BUCKETS) return value;
  const shift = value < 2 ** 32 ? 21 - Math.clz32(value) : 21 - Math.clz32(Math.floor(value / 2 ** 32)) + 32;
  return shift * HALF + Math.floor(value / 2 ** shift);
}

/** The highest value that falls into a bucket. */
export function highestOf(index: number): number {
  if (index < SUB_BUCKETS) return index;
  const shift = Math.floor(index / HALF) - 1;
  return (index - shift * HALF + 1) * 2 ** shift - 1;
}
