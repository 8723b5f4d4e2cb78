/** What a call has used of its window. */
export interface WindowUse {
  readonly isOver: boolean;
  /** Calls or weight in the window, this one included, also beyond the limit. */
  readonly used: number;
  /** The end of the window, µs on the clock of the calls. */
  readonly resetUs: number;
}

interface Window {
  used: number;
  resetUs: number;
}

/** Windows kept at once: keys come from clients, and any key may be accepted. */
const MAX_WINDOWS = 4_096;

/** A provider's limit of so much in so long, for each key; a window begins with the first call after the one before has ended. */
export class RateWindows {
  readonly limit: number;
  readonly #windowUs: number;
  readonly #windows = new Map<string, Window>();

  /** `limit` may be Infinity. */
  constructor(rule: { readonly limit: number; readonly windowUs: number }) {
    this.limit = rule.limit;
    this.#windowUs = rule.windowUs;
  }

  /** Counts a call of a weight; one over the limit is counted too. */
  take(key: string, nowUs: number, weight = 1): WindowUse {
    let window = this.#windows.get(key);
    if (window === undefined || nowUs >= window.resetUs) {
      this.#windows.delete(key);
      if (this.#windows.size >= MAX_WINDOWS) this.#makeRoom(nowUs);
      window = { used: 0, resetUs: nowUs + this.#windowUs };
      this.#windows.set(key, window);
    }
    window.used += weight;
    return { isOver: window.used > this.limit, used: window.used, resetUs: window.resetUs };
  }

  /** Forgets what has ended; when nothing has, the oldest. */
  #makeRoom(nowUs: number): void {
    for (const [key, { resetUs }] of this.#windows) if (nowUs >= resetUs) this.#windows.delete(key);
    if (this.#windows.size < MAX_WINDOWS) return;
    for (const key of this.#windows.keys()) {
      this.#windows.delete(key);
      return;
    }
  }
}
