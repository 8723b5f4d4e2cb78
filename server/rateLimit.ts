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

  /** Takes one token; returns 0, or the ms to wait until there is one. */
  take(nowUs: number): number {
    const gained = ((nowUs - this.#filledUs) / 1e6) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filledUs = nowUs;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000);
  }
}
