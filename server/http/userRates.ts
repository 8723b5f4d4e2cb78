import { TokenBucket } from '../rateLimit.ts';

/** How often each user asks. Pure, the time is an argument. */
export class UserRates {
  readonly #rate: { readonly perSecond: number; readonly burst: number };
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: { readonly perSecond: number; readonly burst: number }) {
    this.#rate = rate;
  }

  /** Users known now. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Counts a request; 0, or ms after which the user may ask again. */
  take(user: string, nowUs: number): number {
    const bucket = this.#buckets.get(user) ?? new TokenBucket({ ...this.#rate, nowUs });
    this.#buckets.set(user, bucket);
    return bucket.take(nowUs);
  }

  /** Forgets the users who have been quiet. */
  sweep(nowUs: number): void {
    for (const [user, bucket] of this.#buckets) if (bucket.isFull(nowUs)) this.#buckets.delete(user);
  }
}
