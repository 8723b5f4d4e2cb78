import { Bit } from './candleBits.ts';
import { patternIndex } from './catalog.ts';
import * as at from './layout.ts';
import type { Scan } from './scan.ts';

/*
 * Candlesticks by TA-Lib's definitions (README.md lists the differences). `at 1` below is the bar before, `at 2` the one
 * before that. The candle's classes come as bits, so that a bar that forms nothing costs a few tests of bits.
 */

const DOJI = patternIndex('doji');
const LONG_LEGGED_DOJI = patternIndex('long_legged_doji');
const DRAGONFLY_DOJI = patternIndex('dragonfly_doji');
const GRAVESTONE_DOJI = patternIndex('gravestone_doji');
const HAMMER = patternIndex('hammer');
const HANGING_MAN = patternIndex('hanging_man');
const INVERTED_HAMMER = patternIndex('inverted_hammer');
const SHOOTING_STAR = patternIndex('shooting_star');
const BULLISH_MARUBOZU = patternIndex('bullish_marubozu');
const BEARISH_MARUBOZU = patternIndex('bearish_marubozu');
const SPINNING_TOP = patternIndex('spinning_top');
const HIGH_WAVE = patternIndex('high_wave');
const BULLISH_ENGULFING = patternIndex('bullish_engulfing');
const BEARISH_ENGULFING = patternIndex('bearish_engulfing');
const BULLISH_HARAMI = patternIndex('bullish_harami');
const BEARISH_HARAMI = patternIndex('bearish_harami');
const BULLISH_HARAMI_CROSS = patternIndex('bullish_harami_cross');
const BEARISH_HARAMI_CROSS = patternIndex('bearish_harami_cross');
const PIERCING_LINE = patternIndex('piercing_line');
const DARK_CLOUD_COVER = patternIndex('dark_cloud_cover');
const TWEEZER_TOP = patternIndex('tweezer_top');
const TWEEZER_BOTTOM = patternIndex('tweezer_bottom');
const MORNING_STAR = patternIndex('morning_star');
const EVENING_STAR = patternIndex('evening_star');
const MORNING_DOJI_STAR = patternIndex('morning_doji_star');
const EVENING_DOJI_STAR = patternIndex('evening_doji_star');
const THREE_WHITE_SOLDIERS = patternIndex('three_white_soldiers');
const THREE_BLACK_CROWS = patternIndex('three_black_crows');
const THREE_INSIDE_UP = patternIndex('three_inside_up');
const THREE_INSIDE_DOWN = patternIndex('three_inside_down');
const THREE_OUTSIDE_UP = patternIndex('three_outside_up');
const THREE_OUTSIDE_DOWN = patternIndex('three_outside_down');

/** A star's third candle must close this far into the first one's body; piercing and dark cloud half-way. */
const STAR_PENETRATION = 0.3;
const HALF = 0.5;
/** Averages look at ten bars before the bar that they judge. */
const AVERAGE_BARS = 10;

/** Finds the candlesticks that the bar at work completes; `bits` are its classes. */
export function findCandles(scan: Scan, bits: number): void {
  const { now } = scan;
  if (now <= 2) return;
  if (now > AVERAGE_BARS) findSingles(scan, bits);
  const bits1 = scan.get(at.BITS_BACK_1);
  const bits2 = scan.get(at.BITS_BACK_2);
  findEngulfing(scan, bits, bits1);
  if (now > 3) findOutside(scan, bits1, bits2);
  if (now <= AVERAGE_BARS + 1) return;
  if ((bits & (Bit.UPPER_LONG | Bit.LOWER_LONG)) !== 0 && (bits & Bit.BODY_SHORT) !== 0) findHammers(scan, bits);
  findPairs(scan, bits, bits1);
  if (now <= AVERAGE_BARS + 2) return;
  findTriples(scan, bits, bits1, bits2);
  findMarches(scan, bits, bits1, bits2);
}

/** Says whether all of these bits are set. */
function has(bits: number, wanted: number): boolean {
  return (bits & wanted) === wanted;
}

function tell(scan: Scan, type: number, direction: 1 | -1 | 0, barCount: number): void {
  let invalidation = 0;
  if (direction !== 0) {
    invalidation = direction > 0 ? scan.low : scan.high;
    for (let back = 1; back < barCount; back++) {
      invalidation =
        direction > 0 ? Math.min(invalidation, scan.bars.low(back)) : Math.max(invalidation, scan.bars.high(back));
    }
  }
  const { candle } = scan;
  candle.type = type;
  candle.direction = direction;
  candle.barCount = barCount;
  candle.invalidation = invalidation;
  scan.found(candle);
}

function findSingles(scan: Scan, bits: number): void {
  if ((bits & Bit.DOJI) !== 0) {
    tell(scan, DOJI, 0, 1);
    if ((bits & (Bit.UPPER_LONG | Bit.LOWER_LONG)) !== 0) tell(scan, LONG_LEGGED_DOJI, 0, 1);
    if (has(bits, Bit.UPPER_VERY_SHORT | Bit.LOWER_NOT_VERY_SHORT)) tell(scan, DRAGONFLY_DOJI, 1, 1);
    if (has(bits, Bit.LOWER_VERY_SHORT | Bit.UPPER_NOT_VERY_SHORT)) tell(scan, GRAVESTONE_DOJI, -1, 1);
  }
  if (has(bits, Bit.BODY_LONG | Bit.UPPER_VERY_SHORT | Bit.LOWER_VERY_SHORT)) {
    if ((bits & Bit.WHITE) !== 0) tell(scan, BULLISH_MARUBOZU, 1, 1);
    else tell(scan, BEARISH_MARUBOZU, -1, 1);
  }
  if (has(bits, Bit.BODY_SHORT | Bit.UPPER_LONG | Bit.LOWER_LONG)) {
    tell(scan, SPINNING_TOP, 0, 1);
    if (has(bits, Bit.UPPER_VERY_LONG | Bit.LOWER_VERY_LONG)) tell(scan, HIGH_WAVE, 0, 1);
  }
}

/** A short body at one end of a long shadow: where the bar before lies says which of the four it is. */
function findHammers(scan: Scan, bits: number): void {
  const { bars } = scan;
  const top = Math.max(scan.open, scan.close);
  const bottom = Math.min(scan.open, scan.close);
  if (has(bits, Bit.LOWER_LONG | Bit.UPPER_VERY_SHORT)) {
    const near = 0.2 * (scan.get(at.RANGE_5_BACK_1) / 5);
    if (bottom <= bars.low(1) + near) tell(scan, HAMMER, 1, 1);
    if (bottom >= bars.high(1) - near) tell(scan, HANGING_MAN, -1, 1);
  }
  if (has(bits, Bit.UPPER_LONG | Bit.LOWER_VERY_SHORT)) {
    const open1 = bars.open(1);
    const close1 = bars.close(1);
    if (top < Math.min(open1, close1)) tell(scan, INVERTED_HAMMER, 1, 1);
    if (bottom > Math.max(open1, close1)) tell(scan, SHOOTING_STAR, -1, 1);
  }
}

/** The body covers the one before, of the other colour; one end may coincide. */
function findEngulfing(scan: Scan, bits: number, bits1: number): void {
  if (((bits ^ bits1) & Bit.WHITE) === 0) return;
  const { open, close, bars } = scan;
  const open1 = bars.open(1);
  const close1 = bars.close(1);
  if ((bits & Bit.WHITE) !== 0) {
    if (close >= open1 && open <= close1 && (close > open1 || open < close1)) tell(scan, BULLISH_ENGULFING, 1, 2);
  } else if (open >= close1 && close <= open1 && (open > close1 || close < open1)) tell(scan, BEARISH_ENGULFING, -1, 2);
}

/** An engulfing of the two bars before, strict at both ends, confirmed by the close. */
function findOutside(scan: Scan, bits1: number, bits2: number): void {
  if (((bits1 ^ bits2) & Bit.WHITE) === 0) return;
  const { bars, close } = scan;
  const open1 = bars.open(1);
  const close1 = bars.close(1);
  if ((bits1 & Bit.WHITE) !== 0) {
    if (close > close1 && close1 > bars.open(2) && open1 < bars.close(2)) tell(scan, THREE_OUTSIDE_UP, 1, 3);
  } else if (close < close1 && open1 > bars.close(2) && close1 < bars.open(2)) tell(scan, THREE_OUTSIDE_DOWN, -1, 3);
}

function findPairs(scan: Scan, bits: number, bits1: number): void {
  if ((bits1 & Bit.BODY_LONG) === 0) return;
  const { bars, open, high, low, close } = scan;
  const open1 = bars.open(1);
  const close1 = bars.close(1);
  const white1 = (bits1 & Bit.WHITE) !== 0;
  const top1 = white1 ? close1 : open1;
  const bottom1 = white1 ? open1 : close1;
  if (Math.max(open, close) <= top1 && Math.min(open, close) >= bottom1) {
    if ((bits & Bit.BODY_LONG) === 0) tell(scan, white1 ? BEARISH_HARAMI : BULLISH_HARAMI, white1 ? -1 : 1, 2);
    if ((bits & Bit.DOJI) !== 0) tell(scan, white1 ? BEARISH_HARAMI_CROSS : BULLISH_HARAMI_CROSS, white1 ? -1 : 1, 2);
  }
  const white = (bits & Bit.WHITE) !== 0;
  if (white === white1) return;
  const equal = 0.05 * (scan.get(at.RANGE_5_BACK_1) / 5);
  if (white) {
    const isDeep = open < bars.low(1) && close < open1 && close > close1 + (top1 - bottom1) * HALF;
    if (isDeep && (bits & Bit.BODY_LONG) !== 0) tell(scan, PIERCING_LINE, 1, 2);
    if (Math.abs(low - bars.low(1)) <= equal) tell(scan, TWEEZER_BOTTOM, 1, 2);
  } else {
    if (open > bars.high(1) && close > open1 && close < close1 - (top1 - bottom1) * HALF)
      tell(scan, DARK_CLOUD_COVER, -1, 2);
    if (Math.abs(high - bars.high(1)) <= equal) tell(scan, TWEEZER_TOP, -1, 2);
  }
}

/** Long body, small body, turn: stars and the harami confirmed. */
function findTriples(scan: Scan, bits: number, bits1: number, bits2: number): void {
  if ((bits2 & Bit.BODY_LONG) === 0 || (bits1 & Bit.BODY_LONG) !== 0) return;
  const white = (bits & Bit.WHITE) !== 0;
  const white2 = (bits2 & Bit.WHITE) !== 0;
  if (white === white2) return;
  const { bars, close } = scan;
  const open1 = bars.open(1);
  const close1 = bars.close(1);
  const open2 = bars.open(2);
  const close2 = bars.close(2);
  const top1 = Math.max(open1, close1);
  const bottom1 = Math.min(open1, close1);
  const depth = Math.abs(close2 - open2) * STAR_PENETRATION;
  const isLong = (bits & Bit.BODY_LONG) !== 0;
  const isDoji1 = (bits1 & Bit.DOJI) !== 0;
  if (white) {
    if (isLong && top1 < close2 && close > close2 + depth) {
      tell(scan, MORNING_STAR, 1, 3);
      if (isDoji1) tell(scan, MORNING_DOJI_STAR, 1, 3);
    }
    if (top1 < open2 && bottom1 > close2 && close > open2) tell(scan, THREE_INSIDE_UP, 1, 3);
  } else {
    if (isLong && bottom1 > close2 && close < close2 - depth) {
      tell(scan, EVENING_STAR, -1, 3);
      if (isDoji1) tell(scan, EVENING_DOJI_STAR, -1, 3);
    }
    if (top1 < close2 && bottom1 > open2 && close < open2) tell(scan, THREE_INSIDE_DOWN, -1, 3);
  }
}

/** Three bodies of one colour, each closing further on. */
function findMarches(scan: Scan, bits: number, bits1: number, bits2: number): void {
  const marching = bits & bits1 & bits2;
  if (has(marching, Bit.WHITE | Bit.UPPER_VERY_SHORT)) findSoldiers(scan, bits);
  else if (((bits | bits1 | bits2) & Bit.WHITE) === 0 && (marching & Bit.LOWER_VERY_SHORT) !== 0) findCrows(scan);
}

function findSoldiers(scan: Scan, bits: number): void {
  const { bars, open, close } = scan;
  const [open1, close1, open2, close2] = [bars.open(1), bars.close(1), bars.open(2), bars.close(2)];
  if (!(close > close1 && close1 > close2 && open > open1 && open1 > open2)) return;
  const range1 = scan.get(at.RANGE_5_BACK_1) / 5;
  const range2 = scan.get(at.RANGE_5_BACK_2) / 5;
  const opensNear = open1 <= close2 + 0.2 * range2 && open <= close1 + 0.2 * range1;
  const body1 = close1 - open1;
  const keepsUp = body1 > close2 - open2 - 0.6 * range2 && close - open > body1 - 0.6 * range1;
  if (opensNear && keepsUp && (bits & Bit.BODY_LONG) !== 0) tell(scan, THREE_WHITE_SOLDIERS, 1, 3);
}

/** Three crows come after a white candle whose high the first one closes under. */
function findCrows(scan: Scan): void {
  if (scan.now <= AVERAGE_BARS + 3 || (scan.get(at.BITS_BACK_3) & Bit.WHITE) === 0) return;
  const { bars, open, close } = scan;
  const [open1, close1, open2, close2] = [bars.open(1), bars.close(1), bars.open(2), bars.close(2)];
  const opensInside = open1 < open2 && open1 > close2 && open < open1 && open > close1;
  if (opensInside && bars.high(3) > close2 && close2 > close1 && close1 > close) tell(scan, THREE_BLACK_CROWS, -1, 3);
}
