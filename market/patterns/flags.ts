import { patternIndex } from './catalog.ts';
import * as at from './layout.ts';
import type { Scan } from './scan.ts';

const BULL_FLAG = patternIndex('bull_flag');
const BEAR_FLAG = patternIndex('bear_flag');
const BULL_PENNANT = patternIndex('bull_pennant');
const BEAR_PENNANT = patternIndex('bear_pennant');

/** What counts as a flag or pennant. */
export const FLAG_LIMITS = {
  /** A pole covers this many average true ranges within so many bars, and may run on for as many. */
  poleAtr: 4,
  poleBars: 6,
  /** A consolidation lasts from to so many bars and gives back no more than this share of the pole. */
  minBars: 5,
  maxBars: 20,
  retracement: 0.5,
  /** The close must leave the consolidation's line by this many average true ranges. */
  breakAtr: 0.25,
  /** Width at the end over width at the start: parallel from here on, a pennant below. */
  parallelFrom: 0.6,
  parallelTo: 1.6,
  /** A flag's lines may lean the pole's way by this share of the pole over its length. */
  lean: 0.05,
} as const;

// Places within the pole's block. Prices are flipped for a falling pole, so that every pole rises.
const SIGN = at.POLE;
const TIP = at.POLE + 1;
const HEIGHT = at.POLE + 2;
const FIRST_BAR = at.POLE + 3;
/** Bars of the consolidation, and sums over them: x is the bar's number in it, prices are below the tip. */
const BARS = at.POLE + 4;
const SUM_HIGH = at.POLE + 5;
const SUM_X_HIGH = at.POLE + 6;
const SUM_LOW = at.POLE + 7;
const SUM_X_LOW = at.POLE + 8;
const POLE_ATR = at.POLE + 9;

/** Follows a pole and the consolidation after it; tells the break that goes on the pole's way. */
export function findFlags(scan: Scan): void {
  if (scan.atr === 0) return;
  const sign = scan.get(SIGN);
  if (sign === 0) {
    findPole(scan);
    return;
  }
  const tip = scan.get(TIP);
  const high = (sign > 0 ? scan.high : -scan.low) - tip;
  const low = (sign > 0 ? scan.low : -scan.high) - tip;
  const close = sign * scan.close - tip;
  const bars = scan.get(BARS);
  if (bars >= FLAG_LIMITS.minBars && tellBreak(scan, close)) {
    scan.set(SIGN, 0);
    return;
  }
  if (high > 0 && bars < FLAG_LIMITS.minBars) {
    extendPole(scan, high);
    return;
  }
  if (-low > FLAG_LIMITS.retracement * scan.get(HEIGHT) || bars >= FLAG_LIMITS.maxBars) {
    scan.set(SIGN, 0);
    findPole(scan);
    return;
  }
  const x = bars + 1;
  scan.set(BARS, x);
  scan.set(SUM_HIGH, scan.get(SUM_HIGH) + high);
  scan.set(SUM_X_HIGH, scan.get(SUM_X_HIGH) + x * high);
  scan.set(SUM_LOW, scan.get(SUM_LOW) + low);
  scan.set(SUM_X_LOW, scan.get(SUM_X_LOW) + x * low);
}

function findPole(scan: Scan): void {
  const { poleAtr, poleBars } = FLAG_LIMITS;
  const back = poleBars - 1;
  const rise = scan.high - scan.bars.low(back);
  const fall = scan.bars.high(back) - scan.low;
  if (rise < poleAtr * scan.atr && fall < poleAtr * scan.atr) return;
  const sign = rise >= fall ? 1 : -1;
  scan.set(SIGN, sign);
  scan.set(TIP, sign > 0 ? scan.high : -scan.low);
  scan.set(HEIGHT, Math.max(rise, fall));
  scan.set(FIRST_BAR, scan.now - back);
  scan.set(POLE_ATR, scan.atr);
  clearSums(scan);
}

function extendPole(scan: Scan, by: number): void {
  if (scan.now - scan.get(FIRST_BAR) >= 2 * FLAG_LIMITS.poleBars) {
    scan.set(SIGN, 0);
    return;
  }
  scan.set(TIP, scan.get(TIP) + by);
  scan.set(HEIGHT, scan.get(HEIGHT) + by);
  clearSums(scan);
}

function clearSums(scan: Scan): void {
  for (let place = BARS; place <= SUM_X_LOW; place++) scan.set(place, 0);
}

/** Tells a flag or pennant if the bar at work closes over the line of its highs; returns whether it closed over it. */
function tellBreak(scan: Scan, close: number): boolean {
  const bars = scan.get(BARS);
  const highs = regression(bars, scan.get(SUM_HIGH), scan.get(SUM_X_HIGH));
  const lineNow = highs.first + highs.slope * bars;
  if (close <= lineNow + FLAG_LIMITS.breakAtr * scan.get(POLE_ATR)) return false;
  const lows = regression(bars, scan.get(SUM_LOW), scan.get(SUM_X_LOW));
  const width = highs.first - lows.first;
  const endWidth = width + (highs.slope - lows.slope) * (bars - 1);
  const ratio = endWidth / width;
  const height = scan.get(HEIGHT);
  const lean = (((highs.slope + lows.slope) / 2) * bars) / height;
  const isPennant = ratio < FLAG_LIMITS.parallelFrom && highs.slope < 0 && lows.slope > 0;
  const isFlag = ratio >= FLAG_LIMITS.parallelFrom && ratio <= FLAG_LIMITS.parallelTo && lean <= FLAG_LIMITS.lean;
  if (!isPennant && !isFlag) return true;
  const sign = scan.get(SIGN) > 0 ? 1 : -1;
  const lowNow = lows.first + lows.slope * bars;
  const type = isPennant ? (sign > 0 ? BULL_PENNANT : BEAR_PENNANT) : sign > 0 ? BULL_FLAG : BEAR_FLAG;
  scan.found({
    type,
    direction: sign,
    barCount: scan.now - scan.get(FIRST_BAR) + 1,
    invalidation: sign * (scan.get(TIP) + lowNow),
    fit: isPennant ? 1 - Math.max(0, ratio) : 1 - Math.min(1, Math.abs(1 - ratio) / FLAG_LIMITS.parallelTo),
    size: height / (2 * FLAG_LIMITS.poleAtr * scan.get(POLE_ATR)),
  });
  return true;
}

/** Least squares over x = 1..n: the line's value at x = 1 and its slope. */
function regression(n: number, sumY: number, sumXY: number): { readonly first: number; readonly slope: number } {
  const meanX = (n + 1) / 2;
  const slope = (sumXY - meanX * sumY) / ((n * (n * n - 1)) / 12);
  return { first: sumY / n + slope * (1 - meanX), slope };
}
