import { BarFlag, FRAME_MINUTES, type FrameIndex } from '../bars/types.ts';
import { BarWindow } from './barWindow.ts';

/** A window holds at least as many bars. */
export const MIN_WINDOW_BARS = 50;
/** A window holds at most as many bars. */
export const MAX_WINDOW_BARS = 200;

/**
 * The windows of all symbols in one time frame: a ring of the last `capacity` bars for each symbol, all of them in one
 * set of columns. Place of a bar: `symbol * capacity + slot`. 49 bytes a bar. Read through {@link BarStore.window}; the
 * bar builder alone writes.
 */
export class BarStore {
  readonly frame: FrameIndex;
  /** Minutes of the time frame. */
  readonly minutes: number;
  readonly symbols: number;
  /** Bars that a symbol's window holds. */
  readonly capacity: number;
  /** Ticks. */
  readonly open: Int32Array;
  readonly high: Int32Array;
  readonly low: Int32Array;
  readonly close: Int32Array;
  /** Lots. */
  readonly volume: Float64Array;
  /** Ticks x lots. */
  readonly notional: Float64Array;
  readonly trades: Int32Array;
  /** Start in minutes since the epoch. */
  readonly startMinute: Int32Array;
  /** Time of the trade that made the open, µs after the start. */
  readonly firstOffsetUs: Uint32Array;
  /** Time of the trade that made the close, µs after the start. */
  readonly lastOffsetUs: Uint32Array;
  /** Bits of {@link BarFlag}. */
  readonly flags: Uint8Array;
  /** By symbol: the slot that the next bar takes. */
  readonly next: Uint8Array;
  /** By symbol: bars held. */
  readonly length: Uint8Array;

  /** @throws RangeError when `capacity` is not within {@link MIN_WINDOW_BARS}..{@link MAX_WINDOW_BARS} */
  constructor(options: { readonly frame: FrameIndex; readonly symbols: number; readonly capacity: number }) {
    const { frame, symbols, capacity } = options;
    if (!(Number.isInteger(capacity) && capacity >= MIN_WINDOW_BARS && capacity <= MAX_WINDOW_BARS)) {
      throw new RangeError(`a window holds ${MIN_WINDOW_BARS} to ${MAX_WINDOW_BARS} bars, not ${capacity}`);
    }
    const bars = symbols * capacity;
    this.frame = frame;
    this.minutes = FRAME_MINUTES[frame];
    this.symbols = symbols;
    this.capacity = capacity;
    this.open = new Int32Array(bars);
    this.high = new Int32Array(bars);
    this.low = new Int32Array(bars);
    this.close = new Int32Array(bars);
    this.volume = new Float64Array(bars);
    this.notional = new Float64Array(bars);
    this.trades = new Int32Array(bars);
    this.startMinute = new Int32Array(bars);
    this.firstOffsetUs = new Uint32Array(bars);
    this.lastOffsetUs = new Uint32Array(bars);
    this.flags = new Uint8Array(bars);
    this.next = new Uint8Array(symbols);
    this.length = new Uint8Array(symbols);
  }

  /** Makes a view of one symbol's window; keep it, it always shows the newest bars. @throws RangeError for a symbol that isn't there */
  window(symbol: number): BarWindow {
    if (!(Number.isInteger(symbol) && symbol >= 0 && symbol < this.symbols)) {
      throw new RangeError(`no symbol ${symbol}: there are ${this.symbols}`);
    }
    return new BarWindow(this, symbol);
  }

  /** All state, for saving. */
  columns(): ArrayBufferView[] {
    const prices = [this.open, this.high, this.low, this.close];
    const times = [this.startMinute, this.firstOffsetUs, this.lastOffsetUs];
    return [...prices, this.volume, this.notional, this.trades, ...times, this.flags, this.next, this.length];
  }

  /** Place of the bar `back` bars before the newest; meaningful for `0 <= back < length`. */
  place(symbol: number, back: number): number {
    const slot = (this.next[symbol] as number) - 1 - back;
    return symbol * this.capacity + (slot < 0 ? slot + this.capacity : slot);
  }

  /** Makes room for a new newest bar, dropping the oldest from a full window; returns its place, whose columns the caller writes all. */
  push(symbol: number): number {
    const slot = this.next[symbol] as number;
    this.next[symbol] = slot + 1 === this.capacity ? 0 : slot + 1;
    if ((this.length[symbol] as number) < this.capacity) this.length[symbol] = (this.length[symbol] as number) + 1;
    return symbol * this.capacity + slot;
  }

  /** Makes room for a bar that comes `back` bars before the newest, dropping the oldest from a full window; returns its place. */
  insert(symbol: number, back: number): number {
    this.push(symbol);
    for (let at = 0; at < back; at++) this.#move(this.place(symbol, at + 1), this.place(symbol, at));
    return this.place(symbol, back);
  }

  /** How far back the bar that starts at `startMinute` stands, or would stand: the number of bars that start later. */
  backOf(symbol: number, startMinute: number): number {
    const length = this.length[symbol] as number;
    let back = 0;
    while (back < length && (this.startMinute[this.place(symbol, back)] as number) > startMinute) back++;
    return back;
  }

  /** Whether the bar at `back` is there and starts at `startMinute`. */
  isAt(symbol: number, back: number, startMinute: number): boolean {
    return back < (this.length[symbol] as number) && this.startMinute[this.place(symbol, back)] === startMinute;
  }

  /** Writes a bar without trades, all prices `close`. */
  fill(place: number, bar: { readonly startMinute: number; readonly close: number }): void {
    const { startMinute, close } = bar;
    this.open[place] = close;
    this.high[place] = close;
    this.low[place] = close;
    this.close[place] = close;
    this.volume[place] = 0;
    this.notional[place] = 0;
    this.trades[place] = 0;
    this.startMinute[place] = startMinute;
    this.firstOffsetUs[place] = 0;
    this.lastOffsetUs[place] = 0;
    this.flags[place] = BarFlag.FILLED;
  }

  #move(from: number, to: number): void {
    this.open[to] = this.open[from] as number;
    this.high[to] = this.high[from] as number;
    this.low[to] = this.low[from] as number;
    this.close[to] = this.close[from] as number;
    this.volume[to] = this.volume[from] as number;
    this.notional[to] = this.notional[from] as number;
    this.trades[to] = this.trades[from] as number;
    this.startMinute[to] = this.startMinute[from] as number;
    this.firstOffsetUs[to] = this.firstOffsetUs[from] as number;
    this.lastOffsetUs[to] = this.lastOffsetUs[from] as number;
    this.flags[to] = this.flags[from] as number;
  }
}
