import type { OpenBar, PatternBars } from './types.ts';

const NO_BAR: OpenBar = { open: 0, high: 0, low: 0, close: 0, volume: 0, startUs: 0 };

/** The closed bars with the open one in front of them, as if it had closed: back 0 is the open bar. Reused. */
export class BarsWithOpen implements PatternBars {
  #closed: PatternBars;
  #open: OpenBar = NO_BAR;

  constructor(closed: PatternBars) {
    this.#closed = closed;
  }

  show(closed: PatternBars, open: OpenBar): void {
    this.#closed = closed;
    this.#open = open;
  }

  open(back: number): number {
    return back === 0 ? this.#open.open : this.#closed.open(back - 1);
  }

  high(back: number): number {
    return back === 0 ? this.#open.high : this.#closed.high(back - 1);
  }

  low(back: number): number {
    return back === 0 ? this.#open.low : this.#closed.low(back - 1);
  }

  close(back: number): number {
    return back === 0 ? this.#open.close : this.#closed.close(back - 1);
  }

  volume(back: number): number {
    return back === 0 ? this.#open.volume : this.#closed.volume(back - 1);
  }

  startUs(back: number): number {
    return back === 0 ? this.#open.startUs : this.#closed.startUs(back - 1);
  }
}

/** Closed bars without the newest `skipped` ones: how they looked so many bars ago. */
export class PastBars implements PatternBars {
  readonly #bars: PatternBars;
  skipped: number;

  constructor(bars: PatternBars, skipped: number) {
    this.#bars = bars;
    this.skipped = skipped;
  }

  open(back: number): number {
    return this.#bars.open(back + this.skipped);
  }

  high(back: number): number {
    return this.#bars.high(back + this.skipped);
  }

  low(back: number): number {
    return this.#bars.low(back + this.skipped);
  }

  close(back: number): number {
    return this.#bars.close(back + this.skipped);
  }

  volume(back: number): number {
    return this.#bars.volume(back + this.skipped);
  }

  startUs(back: number): number {
    return this.#bars.startUs(back + this.skipped);
  }
}
