import type { BarSink, FrameIndex } from '../market/bars/types.ts';
import { FRAMES, MINUTE_US } from '../market/bars/types.ts';
import type { Clock } from '../protocol/clock.ts';

/** How long closed bars are worked in one turn of the loop, µs. */
const SLICE_US = 1_500;
/** Bars between two looks at the clock. */
const LOOK_EVERY = 8;

/** What a batch of closed bars came of: when the input arrived and when it was due, µs; `dueTimeUs` 0 without a schedule. */
export interface BatchTimes {
  receivedTimeUs: number;
  dueTimeUs: number;
}

export interface BarWorkParts {
  /** Does the work: finds patterns, tells bars. */
  readonly next: BarSink;
  readonly clock: Clock;
  /** Calls back on the loop's next turn. */
  readonly soon: (callback: () => void) => void;
  /** Start of the minute that closes, µs since the epoch. */
  readonly closingStartUs: () => number;
  /** A slice has been worked: what came of it may be written. */
  readonly onSlice: () => void;
  /** The whole batch is worked. */
  readonly onDone: (times: BatchTimes) => void;
}

/**
 * Spreads what a minute's end brings over turns of the loop: a thousand bars that close in one instant would hold up every
 * tick behind them. What comes of a bar depends on its own window alone, and a window moves only with the next bar or a
 * correction, so nothing changes but the moment, as long as {@link settle} comes before either; the engine's answers and
 * the run's hash don't hang on it.
 */
export class BarWork implements BarSink {
  readonly #parts: BarWorkParts;
  readonly #times: BatchTimes = { receivedTimeUs: 0, dueTimeUs: 0 };
  /** Closed bars as symbol x frames + frame. */
  readonly #queue: Int32Array;
  #count = 0;
  #at = 0;
  #endUs = 0;
  #current: BatchTimes;

  /** @param parts.times of the input at work; read when a batch begins */
  constructor(parts: BarWorkParts & { readonly symbols: number; readonly times: BatchTimes }) {
    this.#parts = parts;
    this.#current = parts.times;
    this.#queue = new Int32Array(parts.symbols * FRAMES.length);
  }

  /** Whether closed bars wait to be worked. */
  get isPending(): boolean {
    return this.#count > 0;
  }

  /** Times of the input that closed the bars now at work. */
  get times(): BatchTimes {
    return this.#count > 0 ? this.#times : this.#current;
  }

  barClosed(symbol: number, frame: FrameIndex): void {
    if (this.#count === 0) {
      this.#times.receivedTimeUs = this.#current.receivedTimeUs;
      this.#times.dueTimeUs = this.#current.dueTimeUs;
      this.#endUs = this.#parts.closingStartUs() + MINUTE_US;
      this.#parts.soon(this.#onTurn);
    }
    this.#queue[this.#count++] = symbol * FRAMES.length + frame;
  }

  barCorrected(symbol: number, frame: FrameIndex, back: number): void {
    this.#parts.next.barCorrected(symbol, frame, back);
  }

  gap(symbol: number, frame: FrameIndex, startUs: number): void {
    this.#parts.next.gap(symbol, frame, startUs);
  }

  /** To be called before an input of market time `timeUs`: works what it could change, a correction or the next minute's bars. */
  before(timeUs: number): void {
    if (this.#count > 0 && (timeUs < this.#endUs || timeUs >= this.#endUs + MINUTE_US)) this.settle();
  }

  /** Works all that waits. */
  settle(): void {
    if (this.#count > 0) this.#work(Number.POSITIVE_INFINITY);
  }

  readonly #onTurn = (): void => {
    if (this.#count === 0) return;
    this.#work(this.#parts.clock.nowUs() + SLICE_US);
    if (this.#count > 0) this.#parts.soon(this.#onTurn);
  };

  #work(untilUs: number): void {
    const { next, clock, onSlice, onDone } = this.#parts;
    while (this.#at < this.#count) {
      if (this.#at % LOOK_EVERY === 0 && clock.nowUs() >= untilUs) break;
      const bar = this.#queue[this.#at++] as number;
      next.barClosed(Math.floor(bar / FRAMES.length), (bar % FRAMES.length) as FrameIndex);
    }
    const isDone = this.#at === this.#count;
    if (isDone) {
      this.#count = 0;
      this.#at = 0;
    }
    onSlice();
    if (isDone) onDone(this.#times);
  }
}
