import type { FrameIndex } from '../bars/types.ts';
import type { PatternType } from './catalog.ts';

/** Where the pattern says that price goes: 1 up, -1 down, 0 it doesn't say. */
export type Direction = 1 | -1 | 0;
/** {@link Direction} in words, as events carry it. */
export type DirectionName = 'up' | 'down' | 'neutral';

/** A turning point of price. Prices in ticks, times in µs since the epoch. */
export interface FormationPivot {
  readonly kind: 'high' | 'low';
  readonly price: number;
  /** Start of the bar that made it. */
  readonly startUs: number;
}

/** A bar of a formation. Prices in ticks, volume in lots. */
export interface FormationBar {
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** The time line of a pattern: what formed it, oldest first. */
export interface Formation {
  /** Start of its first bar, µs since the epoch. */
  readonly fromUs: number;
  /** Start of its last bar, the one whose close completed it. */
  readonly toUs: number;
  /** Number of bars from the first to the last. */
  readonly barCount: number;
  /** The last bars of it, at most {@link MAX_FORMATION_BARS}: all bars of a candlestick, the breaking bar and those before it of a chart pattern. */
  readonly bars: readonly FormationBar[];
  /** Its turning points; none for candlesticks. */
  readonly pivots: readonly FormationPivot[];
}

/** A formation lists no more bars than these. */
export const MAX_FORMATION_BARS = 5;

/** How an earlier pattern went: see {@link SuccessRate}; `open` is not yet known, `untracked` was found before the average true range was. */
export type Outcome = 'open' | 'success' | 'failure' | 'untracked';

/** A pattern that the symbol showed before. */
export interface EarlierPattern {
  readonly type: PatternType;
  readonly frame: FrameIndex;
  /** Start of the bar that completed it, µs since the epoch. */
  readonly startUs: number;
  readonly direction: DirectionName;
  readonly confidence: number;
  readonly outcome: Outcome;
}

/**
 * How often this type came true, for this symbol and time frame so far. Success: within {@link OUTCOME_BARS} bars price
 * moves one average true range (of the 14 bars before) from the completing close in the pattern's direction, before it
 * touches the invalidation price; a bar that does both counts as a failure. A neutral pattern succeeds by such a move either way.
 */
export interface SuccessRate {
  readonly successes: number;
  /** Patterns whose outcome is known. */
  readonly settled: number;
  /** `successes / settled`; undefined while nothing is settled. */
  readonly rate: number | undefined;
}

/** Bars that a pattern has to come true. */
export const OUTCOME_BARS = 10;

/** A pattern, immutable and complete. Prices in ticks, times in µs since the epoch. */
export interface PatternEvent {
  readonly type: PatternType;
  readonly kind: 'candlestick' | 'chart';
  readonly symbol: number;
  readonly frame: FrameIndex;
  /** Minutes of the time frame. */
  readonly minutes: number;
  /** True for the form that an open bar shows: it may be gone when the bar closes. */
  readonly early: boolean;
  readonly direction: DirectionName;
  /** 0..1, formula in README.md. */
  readonly confidence: number;
  /** Close of the completing bar. */
  readonly price: number;
  /** The pattern is void once price touches it; undefined for a neutral one. */
  readonly invalidationPrice: number | undefined;
  readonly formation: Formation;
  /** The symbol's patterns before this one, all time frames, newest first. */
  readonly earlier: readonly EarlierPattern[];
  readonly successRate: SuccessRate;
}

/**
 * A pattern as it is found: one object for all, so copy what you keep, or call `PatternEngine.describe` within the sink.
 * Prices in ticks.
 */
export interface PatternSignal {
  /** Index in `PATTERN_TYPES`. */
  readonly type: number;
  readonly symbol: number;
  readonly frame: FrameIndex;
  readonly early: boolean;
  readonly direction: Direction;
  /** 0..1. */
  readonly confidence: number;
  /** Start of the completing bar, µs since the epoch. */
  readonly startUs: number;
  /** Close of the completing bar. */
  readonly price: number;
  /** 0 when there is none. */
  readonly invalidationPrice: number;
  /** Bars from the formation's first to its last. */
  readonly barCount: number;
}

/** A bar that is still open. Prices in ticks, volume in lots, `startUs` in µs since the epoch. */
export interface OpenBar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly startUs: number;
}

/** What the detectors read of bars: back 0 is the newest. `BarWindow` and every `BarReader` are such. */
export interface PatternBars {
  open(back: number): number;
  high(back: number): number;
  low(back: number): number;
  close(back: number): number;
  volume(back: number): number;
  startUs(back: number): number;
}
