import { type Bar, type BarReader, MINUTE_US } from '../bars/types.ts';
import type { BarStore } from './barStore.ts';

/** A view of one symbol's closed bars in one time frame, newest first. Reading allocates nothing but in {@link BarWindow.bar}. */
export class BarWindow implements BarReader {
  readonly symbol: number;
  /** Minutes of the time frame. */
  readonly minutes: number;
  readonly #store: BarStore;

  constructor(store: BarStore, symbol: number) {
    this.symbol = symbol;
    this.minutes = store.minutes;
    this.#store = store;
  }

  get length(): number {
    return this.#store.length[this.symbol] as number;
  }

  open(back: number): number {
    return this.#store.open[this.#store.place(this.symbol, back)] as number;
  }

  high(back: number): number {
    return this.#store.high[this.#store.place(this.symbol, back)] as number;
  }

  low(back: number): number {
    return this.#store.low[this.#store.place(this.symbol, back)] as number;
  }

  close(back: number): number {
    return this.#store.close[this.#store.place(this.symbol, back)] as number;
  }

  volume(back: number): number {
    return this.#store.volume[this.#store.place(this.symbol, back)] as number;
  }

  notional(back: number): number {
    return this.#store.notional[this.#store.place(this.symbol, back)] as number;
  }

  trades(back: number): number {
    return this.#store.trades[this.#store.place(this.symbol, back)] as number;
  }

  startUs(back: number): number {
    return (this.#store.startMinute[this.#store.place(this.symbol, back)] as number) * MINUTE_US;
  }

  flags(back: number): number {
    return this.#store.flags[this.#store.place(this.symbol, back)] as number;
  }

  /** The volume-weighted average price in ticks (may have a fraction); the close of a bar without trades. */
  vwap(back: number): number {
    const volume = this.volume(back);
    return volume === 0 ? this.close(back) : this.notional(back) / volume;
  }

  /** A copy of the bar at `back`. @throws RangeError when there is none */
  bar(back: number): Bar {
    if (!(back >= 0 && back < this.length))
      throw new RangeError(`no bar ${back} back: the window holds ${this.length}`);
    return {
      symbol: this.symbol,
      minutes: this.minutes,
      startUs: this.startUs(back),
      open: this.open(back),
      high: this.high(back),
      low: this.low(back),
      close: this.close(back),
      volume: this.volume(back),
      notional: this.notional(back),
      trades: this.trades(back),
      flags: this.flags(back),
    };
  }
}
