/** A minute and a little, since the provider's clock isn't ours, µs. */
const MINUTE_US = 61_000_000;
const DAY_US = 86_400_000_000;

/** Keeps calls within so many in any minute and so many a day (UTC). Pure, the time is an argument. */
export class CallBudget {
  readonly #perDay: number;
  /** Times of the last calls, as many as a minute may have; the oldest is at `#next`. */
  readonly #calls: Float64Array;
  #next = 0;
  #day = 0;
  #today = 0;

  /** Infinity for no limit. */
  constructor({ perMinute, perDay }: { readonly perMinute: number; readonly perDay: number }) {
    this.#perDay = perDay;
    this.#calls = new Float64Array(Number.isFinite(perMinute) ? perMinute : 0).fill(Number.NEGATIVE_INFINITY);
  }

  /** Takes one call; returns 0, or the ms to wait until one may be made, of which none is taken. */
  take(nowUs: number): number {
    const waitMs = Math.max(this.#dayWaitMs(nowUs), this.#minuteWaitMs(nowUs));
    if (waitMs > 0) return waitMs;
    this.#today++;
    if (this.#calls.length > 0) {
      this.#calls[this.#next] = nowUs;
      this.#next = (this.#next + 1) % this.#calls.length;
    }
    return 0;
  }

  /** Calls that are left today. */
  left(nowUs: number): number {
    this.#turn(nowUs);
    return Math.max(0, this.#perDay - this.#today);
  }

  #dayWaitMs(nowUs: number): number {
    return this.left(nowUs) > 0 ? 0 : Math.ceil(((this.#day + 1) * DAY_US - nowUs) / 1000);
  }

  #minuteWaitMs(nowUs: number): number {
    const oldestUs = this.#calls[this.#next] ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, Math.ceil((oldestUs + MINUTE_US - nowUs) / 1000));
  }

  #turn(nowUs: number): void {
    const day = Math.floor(nowUs / DAY_US);
    if (day === this.#day) return;
    this.#day = day;
    this.#today = 0;
  }
}
