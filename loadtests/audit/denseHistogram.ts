import type { WireHistogram } from '../../protocol/run.ts';
import { bucketOf } from '../../reports/histogram.ts';

/** Holds values to 8 ms; an hour takes 25,000 buckets. */
const FIRST_BUCKETS = 4_096;

/**
 * A histogram in the buckets of reports/histogram.ts, kept as one array: for what every message is counted in. A count
 * costs an index instead of two look-ups in a map, which in k6's interpreter is most of the cost of a message.
 */
export class DenseHistogram {
  #counts = new Uint32Array(FIRST_BUCKETS);
  #highest = -1;
  #total = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  #sum = 0;

  get count(): number {
    return this.#total;
  }

  /** Counts a whole number that isn't negative, and returns its bucket. */
  record(whole: number): number {
    const bucket = bucketOf(whole);
    if (bucket > this.#highest) this.#reach(bucket);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#total += 1;
    this.#sum += whole;
    if (whole > this.#max) this.#max = whole;
    if (whole < this.#min) this.#min = whole;
    return bucket;
  }

  toJSON(): WireHistogram {
    const buckets: [number, number][] = [];
    for (let bucket = 0; bucket <= this.#highest; bucket++) {
      const count = this.#counts[bucket] as number;
      if (count > 0) buckets.push([bucket, count]);
    }
    return { count: this.#total, min: this.#total === 0 ? 0 : this.#min, max: this.#max, sum: this.#sum, buckets };
  }

  #reach(bucket: number): void {
    this.#highest = bucket;
    if (bucket < this.#counts.length) return;
    const wider = new Uint32Array(Math.max(bucket + 1, this.#counts.length * 2));
    wider.set(this.#counts);
    this.#counts = wider;
  }
}
