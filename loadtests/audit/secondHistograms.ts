import type { WireHistogram } from '../../protocol/run.ts';
import { Histogram } from '../../reports/histogram.ts';

const SECOND_US = 1e6;

/**
 * One histogram for each second. Values come nearly in order of time, so those of the second at hand are only noted,
 * and made into a histogram when the second is left.
 */
export class SecondHistograms {
  readonly #startUs: number;
  readonly #done = new Map<number, WireHistogram>();
  #fromUs = Number.POSITIVE_INFINITY;
  #toUs = Number.NEGATIVE_INFINITY;
  #buckets: number[] = [];
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  /** @param startUs where second 0 begins, µs */
  constructor(startUs: number) {
    this.#startUs = startUs;
  }

  /** Counts a whole number that isn't negative, whose bucket is known, in the second of `atUs`. */
  record(atUs: number, whole: number, bucket: number): void {
    if (atUs >= this.#toUs || atUs < this.#fromUs) this.#turnTo(atUs);
    this.#buckets.push(bucket);
    this.#sum += whole;
    if (whole > this.#max) this.#max = whole;
    if (whole < this.#min) this.#min = whole;
  }

  /** By second, ascending. */
  toJSON(): (readonly [number, WireHistogram])[] {
    this.#settle();
    return [...this.#done].sort((a, b) => a[0] - b[0]);
  }

  #turnTo(atUs: number): void {
    this.#settle();
    const second = Math.floor((atUs - this.#startUs) / SECOND_US);
    this.#fromUs = this.#startUs + second * SECOND_US;
    this.#toUs = this.#fromUs + SECOND_US;
  }

  #settle(): void {
    if (this.#buckets.length === 0) return;
    const second = Math.round((this.#fromUs - this.#startUs) / SECOND_US);
    const noted: WireHistogram = {
      count: this.#buckets.length,
      min: this.#min,
      max: this.#max,
      sum: this.#sum,
      buckets: countEqual(Uint32Array.from(this.#buckets).sort()),
    };
    const known = this.#done.get(second);
    this.#done.set(
      second,
      known === undefined ? noted : Histogram.fromJSON(known).merge(Histogram.fromJSON(noted)).toJSON(),
    );
    this.#buckets = [];
    this.#sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = 0;
  }
}

/** Each value of a sorted list with how often it is there. */
function countEqual(sorted: Uint32Array): [number, number][] {
  const counts: [number, number][] = [];
  let from = 0;
  for (let at = 1; at <= sorted.length; at++) {
    if (at < sorted.length && sorted[at] === sorted[from]) continue;
    counts.push([sorted[from] as number, at - from]);
    from = at;
  }
  return counts;
}
