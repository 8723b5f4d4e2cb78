import { FRAMES, type FrameIndex } from '../bars/types.ts';
import { loadColumns, saveColumns } from '../columns.ts';
import { findBreaks } from './armed.ts';
import { BarsWithOpen, PastBars } from './barViews.ts';
import { classify } from './candleBits.ts';
import { findCandles } from './candles.ts';
import { confidenceOf } from './confidence.ts';
import { describe } from './describe.ts';
import { findFlags } from './flags.ts';
import { ROW_LENGTH } from './layout.ts';
import { findLevels } from './levels.ts';
import { measureAgain, measureBar, measureClose } from './measures.ts';
import { Outcomes } from './outcomes.ts';
import { movePivots } from './pivots.ts';
import { type Found, Scan } from './scan.ts';
import { findShapes } from './shapes.ts';
import type { Direction, OpenBar, PatternBars, PatternEvent, PatternSignal, SuccessRate } from './types.ts';

export interface PatternEngineOptions {
  /** Number of symbols; they are told apart by their index. */
  readonly symbols: number;
  /** Gets every pattern in the order in which it is found, within the call that finds it. */
  readonly sink: (signal: PatternSignal) => void;
}

/** A signal while it is made up. */
interface Signal extends PatternSignal {
  type: number;
  symbol: number;
  frame: FrameIndex;
  early: boolean;
  direction: Direction;
  confidence: number;
  startUs: number;
  price: number;
  invalidationPrice: number;
  barCount: number;
}

const NO_BARS: PatternBars = {
  open: () => 0,
  high: () => 0,
  low: () => 0,
  close: () => 0,
  volume: () => 0,
  startUs: () => 0,
};

/**
 * Finds candlestick and chart patterns bar by bar, for every symbol and time frame apart. A closed bar costs the same
 * whatever came before it, and allocates nothing unless it completes a pattern. The same bars give the same patterns.
 */
export class PatternEngine {
  readonly #sink: (signal: PatternSignal) => void;
  readonly #symbols: number;
  readonly #rows: Float64Array;
  readonly #scan: Scan;
  readonly #outcomes: Outcomes;
  readonly #withOpen = new BarsWithOpen(NO_BARS);
  readonly #signal: Signal = {
    type: 0,
    symbol: 0,
    frame: 0,
    early: false,
    direction: 0,
    confidence: 0,
    startUs: 0,
    price: 0,
    invalidationPrice: 0,
    barCount: 0,
  };
  #found: Found | undefined;
  #isQuiet = false;
  /** What an early look finds, on its way to the caller. */
  #early: PatternEvent[] = [];

  constructor(options: PatternEngineOptions) {
    this.#symbols = options.symbols;
    this.#sink = options.sink;
    const keys = options.symbols * FRAMES.length;
    // One row more: early looks work on a copy there.
    this.#rows = new Float64Array((keys + 1) * ROW_LENGTH);
    this.#scan = new Scan(this.#rows, { bars: NO_BARS, found: (found) => this.#onFound(found) });
    this.#outcomes = new Outcomes({ symbols: options.symbols, keys });
  }

  /**
   * Takes the bar that just closed: back 0 of `bars`. At least 31 bars must stay readable. A bar in which nothing was
   * traded (volume 0, high equal to low) is measured but completes no pattern.
   */
  onBarClosed(symbol: number, frame: FrameIndex, bars: PatternBars): void {
    const key = this.#key(symbol, frame);
    const scan = this.#scan;
    this.#signal.symbol = symbol;
    this.#signal.frame = frame;
    this.#signal.early = false;
    scan.begin(key * ROW_LENGTH, bars);
    scan.symbol = symbol;
    scan.key = key;
    this.#outcomes.settle(scan);
    look(scan);
  }

  /** Takes note that a closed bar was amended or put in: averages are measured anew, what was told stays told. */
  onBarCorrected(symbol: number, frame: FrameIndex, bars: PatternBars): void {
    const scan = this.#scan;
    scan.row = this.#key(symbol, frame) * ROW_LENGTH;
    scan.bars = bars;
    scan.now = scan.get(0);
    if (scan.now > 0) measureAgain(scan);
  }

  /**
   * Looks at a bar that is still open as if it closed now, and changes nothing: what it finds is early and may be gone
   * with the next tick. `bars` are the closed bars before it.
   */
  lookEarly(symbol: number, frame: FrameIndex, bars: PatternBars, open: OpenBar): readonly PatternEvent[] {
    const row = this.#key(symbol, frame) * ROW_LENGTH;
    const copy = this.#rows.length - ROW_LENGTH;
    this.#rows.copyWithin(copy, row, row + ROW_LENGTH);
    this.#withOpen.show(bars, open);
    this.#signal.symbol = symbol;
    this.#signal.frame = frame;
    this.#signal.early = true;
    this.#early = [];
    this.#scan.begin(copy, this.#withOpen);
    look(this.#scan);
    return this.#early;
  }

  /**
   * Learns a symbol's time frame anew from bars that are there already, oldest first, and tells nothing: for windows
   * that were filled before the engine, or after a split has rewritten them. Success rates stay.
   */
  learn(symbol: number, frame: FrameIndex, bars: PatternBars & { readonly length: number }): void {
    const row = this.#key(symbol, frame) * ROW_LENGTH;
    this.#rows.fill(0, row, row + ROW_LENGTH);
    const past = new PastBars(bars, bars.length);
    this.#isQuiet = true;
    while (past.skipped > 0) {
      past.skipped--;
      this.#scan.begin(row, past);
      look(this.#scan);
    }
    this.#isQuiet = false;
  }

  /** Makes the whole, immutable event of the signal at hand; only within the sink. @throws Error elsewhere */
  describe(): PatternEvent {
    if (this.#found === undefined) throw new Error('describe() is for use within the sink');
    return describe({ signal: this.#signal, found: this.#found, scan: this.#scan, outcomes: this.#outcomes });
  }

  /** The success rate of a type, by its index in `PATTERN_TYPES`, over all symbols and time frames. */
  successRate(type: number): SuccessRate {
    return this.#outcomes.rate(type, { from: 0, to: this.#symbols * FRAMES.length });
  }

  /** Copies the whole state. */
  save(): Uint8Array {
    return saveColumns([this.#rows, ...this.#outcomes.columns()]);
  }

  /** Takes the state that {@link save} gave. @throws RangeError when it is of another number of symbols or another version */
  restore(saved: Uint8Array): void {
    loadColumns([this.#rows, ...this.#outcomes.columns()], saved);
  }

  #key(symbol: number, frame: FrameIndex): number {
    if (!(symbol >= 0 && symbol < this.#symbols))
      throw new RangeError(`no symbol ${symbol}: there are ${this.#symbols}`);
    return symbol * FRAMES.length + frame;
  }

  #onFound(found: Found): void {
    if (this.#isQuiet) return;
    const scan = this.#scan;
    const signal = this.#signal;
    signal.type = found.type;
    signal.direction = found.direction;
    signal.confidence = confidenceOf(scan, found);
    signal.startUs = scan.startUs;
    signal.price = scan.close;
    signal.invalidationPrice = found.invalidation === 0 ? 0 : Math.max(1, Math.round(found.invalidation));
    signal.barCount = found.barCount;
    this.#found = found;
    if (signal.early) this.#early.push(this.describe());
    else {
      this.#sink(signal);
      this.#outcomes.remember(signal, scan);
    }
    this.#found = undefined;
  }
}

/** Runs every detector over the bar at work and moves the row on. */
function look(scan: Scan): void {
  const bits = classify(scan);
  measureClose(scan);
  if (scan.volume > 0 || scan.high > scan.low) {
    findCandles(scan, bits);
    if (movePivots(scan)) findShapes(scan);
    findBreaks(scan);
    findFlags(scan);
    findLevels(scan);
  }
  measureBar(scan, bits);
}
