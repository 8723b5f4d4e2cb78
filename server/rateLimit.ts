/** A token bucket: `perSecond` sustained, `burst` at once. Pure, the time is an argument. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledUs: number;

  constructor(limits: { readonly perSecond: number; readonly burst: number; readonly nowUs: number }) {
    this.#perSecond = limits.perSecond;
    this.#burst = limits.burst;
    this.#tokens = limits.burst;
    this.#filledUs = limits.nowUs;
  }

  /** Takes `count` tokens, at most the burst; returns 0, or the ms to wait until there are as many, of which none is taken. */
  take(nowUs: number, count = 1): number {
    this.#fill(nowUs);
    const wanted = Math.min(count, this.#burst);
    if (this.#tokens >= wanted) {
      this.#tokens -= wanted;
      return 0;
    }
    return Math.ceil(((wanted - this.#tokens) / this.#perSecond) * 1000);
  }

  /** Whether nothing has been taken for so long that the burst is there again. */
  isFull(nowUs: number): boolean {
    this.#fill(nowUs);
    return this.#tokens >= this.#burst;
  }

  #fill(nowUs: number): void {
    const gained = ((nowUs - this.#filledUs) / 1e6) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filledUs = nowUs;
  }
}
