import type { Tick, TickKind } from '../../market/types.ts';

/** Load tests know the core by its types alone; this is its `TickKind.TRADE`. */
const TRADE: typeof TickKind.TRADE = 0;
/** The bit of a trade's flags that says that it doesn't set the last price. */
const NOT_LAST = 1;
export const MINUTE_US = 60_000_000;

/** A one-minute bar: prices in ticks, volume in lots, `startUs` in µs since the epoch. */
export interface NaiveBar {
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/**
 * One-minute bars made the plain way: all trades of a symbol in a minute of the clock, in the tape's order. Minutes
 * without a trade make no bar. Exchanges open on a whole minute, so the clock's minutes are the session's.
 */
export class NaiveBars {
  readonly #bySymbol: NaiveBar[][];

  constructor(symbols: number) {
    this.#bySymbol = Array.from({ length: symbols }, () => []);
  }

  /** Takes the tape's next event. */
  add(tick: Tick): void {
    if (tick.kind !== TRADE || (tick.flags & NOT_LAST) !== 0) return;
    const bars = this.#bySymbol[tick.symbol];
    if (bars === undefined) return;
    const { price, size, eventTimeUs } = tick;
    const startUs = eventTimeUs - (eventTimeUs % MINUTE_US);
    const last = bars.at(-1);
    if (last?.startUs !== startUs) {
      bars.push({ startUs, open: price, high: price, low: price, close: price, volume: size });
      return;
    }
    bars[bars.length - 1] = {
      startUs,
      open: last.open,
      high: Math.max(last.high, price),
      low: Math.min(last.low, price),
      close: price,
      volume: last.volume + size,
    };
  }

  /** Bars by the symbol's index, oldest first; the last one of each may still be open. */
  get bySymbol(): readonly (readonly NaiveBar[])[] {
    return this.#bySymbol;
  }
}
