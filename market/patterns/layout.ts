/**
 * The state of one symbol in one time frame: a row of doubles. Each constant is a place in the row. All of it is
 * numbers, so that a row is copied, saved and restored as it stands. Bars are numbered from 1 as they close.
 */

/** Bars seen: the number of the bar at work. */
export const COUNT = 0;

// Sums over the bars before the one at work, ticks and lots (see measures.ts).
export const BODY_10 = 1;
export const RANGE_10 = 2;
export const RANGE_5 = 3;
/** `RANGE_5` as it was for the bar before, and for the one before that. */
export const RANGE_5_BACK_1 = 4;
export const RANGE_5_BACK_2 = 5;
export const TRUE_RANGE_14 = 6;
export const VOLUME_20 = 7;
// Sums that take in the bar at work.
export const CLOSE_10 = 8;
export const CLOSE_30 = 9;
/** The first close: squares are taken of the distance from it, so that they stay exact. */
export const CLOSE_BASE = 10;
export const DEVIATION_20 = 11;
export const SQUARE_20 = 12;

/** Classes of the three candles before (see candleBits.ts). */
export const BITS_BACK_1 = 13;
export const BITS_BACK_2 = 14;
export const BITS_BACK_3 = 15;

/** Side of the fast average before: 1 above the slow one, -1 below, 0 unknown. */
export const CROSS_SIDE = 16;
/** Bars for which the bands have been inside the channel. */
export const SQUEEZE_BARS = 17;

/** 1 a rising leg, -1 a falling one, 0 not known yet. */
export const LEG = 18;
/** The leg's extreme so far, and its place; while LEG is 0: the highest high. */
export const EXTREME = 19;
export const EXTREME_BAR = 20;
export const EXTREME_US = 21;
/** While LEG is 0: the lowest low. */
export const FLOOR = 22;
export const FLOOR_BAR = 23;
export const FLOOR_US = 24;

/** Pivots confirmed so far. */
export const PIVOT_TOTAL = 25;
/** Confirmed pivots, newest first: price, bar, start in µs. */
export const PIVOTS = 26;
export const PIVOT_WIDTH = 3;
export const PIVOT_SLOTS = 10;

/** Bar of the pivot whose level was last broken upwards, downwards. */
export const BROKEN_HIGH = PIVOTS + PIVOT_WIDTH * PIVOT_SLOTS;
export const BROKEN_LOW = BROKEN_HIGH + 1;

/** Shapes that wait for their break, one of each family (see armed.ts). */
export const ARMED = BROKEN_LOW + 1;
export const ARMED_WIDTH = 12;
export const ARMED_SLOTS = 3;

/** The pole of a flag or pennant (see flags.ts). */
export const POLE = ARMED + ARMED_WIDTH * ARMED_SLOTS;
export const POLE_WIDTH = 6;

export const ROW_LENGTH = POLE + POLE_WIDTH;
