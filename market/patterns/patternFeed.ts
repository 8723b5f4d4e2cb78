import { emptyPiece, type Piece } from '../bars/piece.ts';
import { type BarSink, FRAMES, type FrameIndex } from '../bars/types.ts';
import type { BarWindow } from '../windows/barWindow.ts';
import { PatternEngine, type PatternEngineOptions } from './patternEngine.ts';
import type { PatternEvent } from './types.ts';

/** What is read of a bar builder. */
export interface BarSource {
  window(symbol: number, frame: FrameIndex): BarWindow;
  readForming(symbol: number, frame: FrameIndex, piece: Piece): boolean;
  formingStartUs(frame: FrameIndex): number;
}

export interface PatternFeedOptions extends PatternEngineOptions {
  /** Hears of every bar after the patterns that it completes. */
  readonly next?: BarSink;
}

/** Stands between a bar builder and whoever else wants its bars: every closed bar goes through the pattern engine. */
export class PatternFeed implements BarSink {
  readonly engine: PatternEngine;
  readonly #symbols: number;
  readonly #next: BarSink | undefined;
  readonly #windows: BarWindow[] = [];
  #source: BarSource | undefined;
  readonly #piece = emptyPiece();

  constructor(options: PatternFeedOptions) {
    this.engine = new PatternEngine(options);
    this.#symbols = options.symbols;
    this.#next = options.next;
  }

  /** Names the builder whose sink this is; before its first bar. What its windows hold already is learnt. */
  connect(source: BarSource): void {
    this.#source = source;
    this.#windows.length = 0;
    for (let symbol = 0; symbol < this.#symbols; symbol++) {
      for (const frame of FRAMES) this.#windows.push(source.window(symbol, frame));
      this.relearn(symbol);
    }
  }

  barClosed(symbol: number, frame: FrameIndex): void {
    this.engine.onBarClosed(symbol, frame, this.#window(symbol, frame));
    this.#next?.barClosed(symbol, frame);
  }

  barCorrected(symbol: number, frame: FrameIndex, back: number): void {
    this.engine.onBarCorrected(symbol, frame, this.#window(symbol, frame));
    this.#next?.barCorrected(symbol, frame, back);
  }

  gap(symbol: number, frame: FrameIndex, startUs: number): void {
    this.#next?.gap(symbol, frame, startUs);
  }

  /** Goes through a symbol's windows anew, telling nothing: after a split or dividend has rewritten them. */
  relearn(symbol: number): void {
    for (const frame of FRAMES) this.engine.learn(symbol, frame, this.#window(symbol, frame));
  }

  /** What the bar that is still open would complete if it closed now; nothing while there is none. */
  early(symbol: number, frame: FrameIndex): readonly PatternEvent[] {
    const source = this.#source;
    if (source === undefined || !source.readForming(symbol, frame, this.#piece)) return [];
    const { open, high, low, close, volume } = this.#piece;
    const startUs = source.formingStartUs(frame);
    return this.engine.lookEarly(symbol, frame, this.#window(symbol, frame), {
      open,
      high,
      low,
      close,
      volume,
      startUs,
    });
  }

  #window(symbol: number, frame: FrameIndex): BarWindow {
    const window = this.#windows[symbol * FRAMES.length + frame];
    if (window === undefined) throw new Error('connect() comes before the first bar');
    return window;
  }
}
