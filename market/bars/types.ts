/** The time frames whose bars are kept, in minutes; a {@link FrameIndex} is a place in this list. */
export const FRAME_MINUTES = [1, 5, 15, 60] as const;
/** Index of a time frame in {@link FRAME_MINUTES}: 0 is one minute, 3 an hour. */
export type FrameIndex = 0 | 1 | 2 | 3;
/** Every time frame, shortest first. */
export const FRAMES: readonly FrameIndex[] = [0, 1, 2, 3];

export const MINUTE_US = 60_000_000;

/** What is special about a bar, as bits of its `flags`. */
export const BarFlag = {
  /** At least one bar of the regular session is missing between this one and the one before it. */
  AFTER_GAP: 1,
  /** Nothing was traded: open, high, low and close are the last close, volume 0. Such bars are made only when asked for. */
  FILLED: 2,
  /** A late trade amended it after it had closed. */
  CORRECTED: 4,
  /** At least a part of it came as a bar from a provider, not from trades. */
  PROVIDER: 8,
} as const;

/** One bar as columns hold it. Prices in ticks, volume in lots. */
export interface Bar {
  readonly symbol: number;
  /** Minutes of the time frame. A bar that the session's end cuts short has the same. */
  readonly minutes: number;
  /** Start of the bar, µs since the epoch; the bar holds trades from here until before `startUs` + its minutes. */
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Sum of the trades' sizes. */
  readonly volume: number;
  /** Sum of price x size, ticks x lots: dollar volume. Exact up to 2^53. */
  readonly notional: number;
  /** Number of trades. */
  readonly trades: number;
  /** Bits of {@link BarFlag}. */
  readonly flags: number;
}

/** Reads a run of bars, newest first: `back` 0 is the bar that closed last. Reading allocates nothing; beyond `length` the values mean nothing. */
export interface BarReader {
  /** Number of bars that can be read. */
  readonly length: number;
  open(back: number): number;
  high(back: number): number;
  low(back: number): number;
  close(back: number): number;
  /** Lots. */
  volume(back: number): number;
  /** Ticks x lots. */
  notional(back: number): number;
  trades(back: number): number;
  /** µs since the epoch. */
  startUs(back: number): number;
  /** Bits of {@link BarFlag}. */
  flags(back: number): number;
}

/**
 * Gets what happens to bars, in the order in which it happens. Arguments are plain numbers, so that telling allocates
 * nothing; read the bar itself through the window, which holds it already. A sink may read, not feed.
 */
export interface BarSink {
  /** A bar has closed: it is the window's `back` 0. Within a minute: by symbol, then shortest time frame first. */
  barClosed(symbol: number, frame: FrameIndex): void;
  /** A late trade amended the closed bar at `back`, or made the bar of a minute that had none. */
  barCorrected(symbol: number, frame: FrameIndex, back: number): void;
  /** The symbol, which has bars already, had no trade in the bar of the regular session that starts at `startUs`, µs since the epoch. */
  gap(symbol: number, frame: FrameIndex, startUs: number): void;
}

/** What a trade gives to bars: price in ticks, size in lots, time in µs since the epoch. */
export interface BarTrade {
  readonly symbol: number;
  readonly price: number;
  readonly size: number;
  readonly eventTimeUs: number;
}

/** A one-minute bar made by a provider. Prices in ticks, volume in lots. */
export interface ProviderBar {
  readonly symbol: number;
  /** Start of its minute, µs since the epoch. */
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** Sum of price x size, ticks x lots: the provider's VWAP x volume. */
  readonly notional: number;
  readonly trades: number;
}

/** Why a trade or a provider's bar made no bar. */
export const BAR_REFUSALS = [
  'unknown_symbol',
  'outside_session',
  'too_late',
  'bad_bar',
  'empty_bar',
  'minute_has_trades',
  'minute_has_bar',
] as const;
export type BarRefusal = (typeof BAR_REFUSALS)[number];
