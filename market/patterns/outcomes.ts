import { PATTERN_TYPES } from './catalog.ts';
import type { Scan } from './scan.ts';
import { type Direction, OUTCOME_BARS, type Outcome, type PatternSignal, type SuccessRate } from './types.ts';

/** Patterns of one symbol and time frame whose outcome is awaited at once; more are not tracked. */
export const OPEN_SLOTS = 64;
/** Earlier patterns that are kept for a symbol. */
export const EARLIER_SLOTS = 8;

// Fields of an awaited pattern, Int32 each.
const TYPE = 0;
const DIRECTION = 1;
const UPPER = 2;
const LOWER = 3;
const EXPIRY = 4;
const NUMBER = 5;
const WIDTH = 6;

// Fields of an earlier pattern, doubles.
const EARLIER_TYPE = 0;
const EARLIER_FRAME = 1;
const EARLIER_DIRECTION = 2;
const EARLIER_CONFIDENCE = 3;
const EARLIER_START_US = 4;
const EARLIER_OUTCOME = 5;
const RECORD = 6;

const OUTCOMES: readonly Outcome[] = ['open', 'success', 'failure', 'untracked'];
const OPEN = OUTCOMES.indexOf('open');
const SUCCESS = OUTCOMES.indexOf('success');
const FAILURE = OUTCOMES.indexOf('failure');
const UNTRACKED = OUTCOMES.indexOf('untracked');

/** An earlier pattern as it is stored. */
export interface Stored {
  readonly type: number;
  readonly frame: number;
  readonly direction: Direction;
  readonly confidence: number;
  readonly startUs: number;
  readonly outcome: Outcome;
}

/**
 * What became of earlier patterns: the last ones of every symbol, the success rate of every type by symbol and time
 * frame. All of it lies in typed arrays of a fixed size.
 */
export class Outcomes {
  /** By key: the fields of its awaited patterns, and how many there are. */
  readonly #awaited: Int32Array;
  readonly #awaitedCount: Uint8Array;
  /** By key and type: successes, settled. */
  readonly #rates: Uint32Array;
  /** By symbol: patterns remembered so far. */
  readonly #total: Float64Array;
  /** By symbol: its last patterns, a ring of records. */
  readonly #earlier: Float64Array;

  constructor(options: { readonly symbols: number; readonly keys: number }) {
    const { symbols, keys } = options;
    this.#awaited = new Int32Array(keys * OPEN_SLOTS * WIDTH);
    this.#awaitedCount = new Uint8Array(keys);
    this.#rates = new Uint32Array(keys * PATTERN_TYPES.length * 2);
    this.#total = new Float64Array(symbols);
    this.#earlier = new Float64Array(symbols * EARLIER_SLOTS * RECORD);
  }

  /** Every array of the state, in a fixed order: to save and restore. */
  columns(): readonly ArrayBufferView[] {
    return [this.#awaited, this.#awaitedCount, this.#rates, this.#total, this.#earlier];
  }

  /** Holds the bar that just closed against the awaited patterns of its symbol and time frame. */
  settle(scan: Scan): void {
    const first = scan.key * OPEN_SLOTS * WIDTH;
    let count = this.#awaitedCount[scan.key] as number;
    for (let slot = 0; slot < count; ) {
      const at = first + slot * WIDTH;
      const direction = this.#awaited[at + DIRECTION] as number;
      const overUpper = scan.high >= (this.#awaited[at + UPPER] as number);
      const underLower = scan.low <= (this.#awaited[at + LOWER] as number);
      const isOver = overUpper || underLower || scan.now >= (this.#awaited[at + EXPIRY] as number);
      if (!isOver) {
        slot++;
        continue;
      }
      const succeeds =
        direction > 0 ? overUpper && !underLower : direction < 0 ? underLower && !overUpper : overUpper || underLower;
      this.#count(scan, at, succeeds);
      count--;
      this.#awaited.copyWithin(at, first + count * WIDTH, first + (count + 1) * WIDTH);
    }
    this.#awaitedCount[scan.key] = count;
  }

  /** Puts a pattern that the bar at work completes among the symbol's earlier ones and awaits its outcome. */
  remember(signal: PatternSignal, scan: Scan): void {
    const { symbol, key, atr, close } = scan;
    const { type, direction, invalidationPrice } = signal;
    const number = this.#total[symbol] as number;
    this.#total[symbol] = number + 1;
    const count = this.#awaitedCount[key] as number;
    const isTracked = atr > 0 && count < OPEN_SLOTS;
    const at = recordOf(symbol, number);
    this.#earlier[at + EARLIER_TYPE] = type;
    this.#earlier[at + EARLIER_FRAME] = signal.frame;
    this.#earlier[at + EARLIER_DIRECTION] = direction;
    this.#earlier[at + EARLIER_CONFIDENCE] = signal.confidence;
    this.#earlier[at + EARLIER_START_US] = signal.startUs;
    this.#earlier[at + EARLIER_OUTCOME] = isTracked ? OPEN : UNTRACKED;
    if (!isTracked) return;
    this.#awaitedCount[key] = count + 1;
    const move = Math.max(1, Math.round(atr));
    const slot = (key * OPEN_SLOTS + count) * WIDTH;
    this.#awaited[slot + TYPE] = type;
    this.#awaited[slot + DIRECTION] = direction;
    this.#awaited[slot + UPPER] = direction < 0 ? invalidationPrice : close + move;
    this.#awaited[slot + LOWER] = direction > 0 ? invalidationPrice : close - move;
    this.#awaited[slot + EXPIRY] = scan.now + OUTCOME_BARS;
    this.#awaited[slot + NUMBER] = number;
  }

  /** The symbol's earlier patterns, newest first. */
  earlier(symbol: number): readonly Stored[] {
    const total = this.#total[symbol] as number;
    const stored: Stored[] = [];
    for (let number = total - 1; number >= Math.max(0, total - EARLIER_SLOTS); number--) {
      const [type = 0, frame = 0, direction = 0, confidence = 0, startUs = 0, outcome = UNTRACKED] =
        this.#earlier.subarray(recordOf(symbol, number), recordOf(symbol, number) + RECORD);
      stored.push({
        type,
        frame,
        direction: direction > 0 ? 1 : direction < 0 ? -1 : 0,
        confidence,
        startUs,
        outcome: OUTCOMES[outcome] ?? 'untracked',
      });
    }
    return stored;
  }

  /** The success rate of a type over the symbols and time frames from key `from` until before `to`. */
  rate(type: number, keys: { readonly from: number; readonly to: number }): SuccessRate {
    let successes = 0;
    let settled = 0;
    for (let key = keys.from; key < keys.to; key++) {
      const at = (key * PATTERN_TYPES.length + type) * 2;
      successes += this.#rates[at] as number;
      settled += this.#rates[at + 1] as number;
    }
    return { successes, settled, rate: settled === 0 ? undefined : successes / settled };
  }

  #count(scan: Scan, at: number, succeeds: boolean): void {
    const rate = (scan.key * PATTERN_TYPES.length + (this.#awaited[at + TYPE] as number)) * 2;
    if (succeeds) this.#rates[rate] = (this.#rates[rate] as number) + 1;
    this.#rates[rate + 1] = (this.#rates[rate + 1] as number) + 1;
    const number = this.#awaited[at + NUMBER] as number;
    if (number < (this.#total[scan.symbol] as number) - EARLIER_SLOTS) return;
    this.#earlier[recordOf(scan.symbol, number) + EARLIER_OUTCOME] = succeeds ? SUCCESS : FAILURE;
  }
}

/** Start of the record of a symbol's pattern, by its number from the first. */
function recordOf(symbol: number, number: number): number {
  return (symbol * EARLIER_SLOTS + (number % EARLIER_SLOTS)) * RECORD;
}
