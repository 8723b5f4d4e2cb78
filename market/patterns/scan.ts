import * as at from './layout.ts';
import type { Direction, PatternBars } from './types.ts';

/** What a detector says of a pattern that it found. */
export interface Found {
  /** Index in `PATTERN_TYPES`. */
  readonly type: number;
  readonly direction: Direction;
  /** Bars from the formation's first to the one at work. */
  readonly barCount: number;
  /** Ticks, may have a fraction; 0 for none. */
  readonly invalidation: number;
  /** Chart patterns: how well the shape fits, 0..1. Candlesticks leave it out. */
  readonly fit?: number;
  /** Chart patterns: how large the shape is, 0..1. */
  readonly size?: number;
  /** Its pivots: `pivots` of them, the newest being number `pivotFrom` from the newest confirmed. */
  readonly pivots?: number;
  readonly pivotFrom?: number;
}

/** One bar under examination: the bar's numbers, the row of its symbol and time frame, and where findings go. Reused for every bar. */
export class Scan {
  /** Rows of all symbols and time frames. */
  readonly rows: Float64Array;
  /** Start of the row at work in `rows`. */
  row = 0;
  /** Index of the symbol, and of the symbol's time frame among all rows. */
  symbol = 0;
  key = 0;
  bars: PatternBars;
  /** Number of the bar at work. */
  now = 0;
  open = 0;
  high = 0;
  low = 0;
  close = 0;
  volume = 0;
  startUs = 0;
  /** Average true range of the 14 bars before, ticks; 0 while they aren't there. */
  atr = 0;
  /** Average volume of the 20 bars before; 0 while they aren't there. */
  meanVolume = 0;
  readonly found: (found: Found) => void;
  /** Candlesticks are frequent: they are told through this one object. */
  readonly candle = { type: 0, direction: 0 as Direction, barCount: 0, invalidation: 0 };

  constructor(rows: Float64Array, options: { readonly bars: PatternBars; readonly found: (found: Found) => void }) {
    this.rows = rows;
    this.bars = options.bars;
    this.found = options.found;
  }

  /** Takes up the newest bar of `bars` for the row that starts at `row`. */
  begin(row: number, bars: PatternBars): void {
    this.row = row;
    this.bars = bars;
    this.now = (this.rows[row + at.COUNT] as number) + 1;
    this.rows[row + at.COUNT] = this.now;
    this.open = bars.open(0);
    this.high = bars.high(0);
    this.low = bars.low(0);
    this.close = bars.close(0);
    this.volume = bars.volume(0);
    this.startUs = bars.startUs(0);
    this.atr = this.now > 15 ? this.get(at.TRUE_RANGE_14) / 14 : 0;
    this.meanVolume = this.now > 20 ? this.get(at.VOLUME_20) / 20 : 0;
  }

  get(place: number): number {
    return this.rows[this.row + place] as number;
  }

  set(place: number, value: number): void {
    this.rows[this.row + place] = value;
  }

  /** Price of the pivot that is number `back` from the newest. */
  pivotPrice(back: number): number {
    return this.rows[this.row + at.PIVOTS + at.PIVOT_WIDTH * back] as number;
  }

  /** Number of the bar that made it. */
  pivotBar(back: number): number {
    return this.rows[this.row + at.PIVOTS + at.PIVOT_WIDTH * back + 1] as number;
  }
}
