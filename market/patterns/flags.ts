import { patternIndex } from './catalog.ts';
import * as at from './layout.ts';
import type { Scan } from './scan.ts';

const BULL_FLAG = patternIndex('bull_flag');
const BEAR_FLAG = patternIndex('bear_flag');
const BULL_PENNANT = patternIndex('bull_pennant');
const BEAR_PENNANT = patternIndex('bear_pennant');

/** What counts as a flag or pennant. */
export const FLAG_LIMITS = {
  /** A pole covers this many average true ranges within so many bars, and may run on to the longer length. */
  poleAtr: 4,
  poleBars: 6,
  poleMaxBars: 18,
  /** A consolidation lasts from to so many bars and gives back no more than this share of the pole. */
  minBars: 5,
  maxBars: 20,
  retracement: 0.5,
  /** The close must leave the consolidation's newer half, at least so many bars of it, by this many average true ranges. */
  levelBars: 7,
  breakAtr: 0.25,
  /** Range of the newer half over that of the older one: at most this in a pennant, whose newer half lies inside the older one. */
  pennantTo: 0.75,
  /** The same in a flag. */
  parallelFrom: 0.35,
  parallelTo: 2,
  /** A flag's newer half may stand higher on the pole's way by this share of the pole. */
  lean: 0.05,
} as const;

// Places within the pole's block. Prices are flipped for a falling pole, so that every pole rises.
const SIGN = at.POLE;
const TIP = at.POLE + 1;
const HEIGHT = at.POLE + 2;
const FIRST_BAR = at.POLE + 3;
/** Bars of the consolidation so far. */
const BARS = at.POLE + 4;
const POLE_ATR = at.POLE + 5;

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
  const bars = scan.get(BARS);
  if (bars >= FLAG_LIMITS.minBars && tellBreak(scan)) {
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
  scan.set(BARS, bars + 1);
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
  scan.set(BARS, 0);
}

function extendPole(scan: Scan, by: number): void {
  if (scan.now - scan.get(FIRST_BAR) >= FLAG_LIMITS.poleMaxBars) {
    scan.set(SIGN, 0);
    return;
  }
  scan.set(TIP, scan.get(TIP) + by);
  scan.set(HEIGHT, scan.get(HEIGHT) + by);
  scan.set(BARS, 0);
}

/** Highest high and lowest low of the bars from `from` bars back to before `until`, flipped for a falling pole. */
function extremes(scan: Scan, sign: number, span: { readonly from: number; readonly until: number }) {
  let top = Number.NEGATIVE_INFINITY;
  let bottom = Number.POSITIVE_INFINITY;
  for (let back = span.from; back > span.until; back--) {
    const high = scan.bars.high(back);
    const low = scan.bars.low(back);
    top = Math.max(top, sign > 0 ? high : -low);
    bottom = Math.min(bottom, sign > 0 ? low : -high);
  }
  return { top, bottom };
}

/**
 * Tells a flag or pennant if the bar at work closes out of the consolidation; returns whether it
 * does. Reads the consolidation's bars, at most {@link FLAG_LIMITS.maxBars}, only once the close is beyond the bar before.
 */
function tellBreak(scan: Scan): boolean {
  const sign = scan.get(SIGN) > 0 ? 1 : -1;
  const close = sign * scan.close;
  if (close <= (sign > 0 ? scan.bars.high(1) : -scan.bars.low(1))) return false;
  const bars = scan.get(BARS);
  const half = Math.floor(bars / 2);
  const newer = extremes(scan, sign, { from: bars - half, until: 0 });
  const level = extremes(scan, sign, { from: Math.min(bars, Math.max(FLAG_LIMITS.levelBars, bars - half)), until: 0 });
  if (close <= level.top + FLAG_LIMITS.breakAtr * scan.get(POLE_ATR)) return false;
  const older = extremes(scan, sign, { from: bars, until: bars - half });
  // The upper line begins at the tip; the low of the tip's bar still belongs to the pole.
  const top = scan.get(TIP);
  const ratio = (newer.top - newer.bottom) / (top - older.bottom);
  const height = scan.get(HEIGHT);
  const isPennant = ratio <= FLAG_LIMITS.pennantTo && newer.top < top && newer.bottom > older.bottom;
  const isParallel = ratio >= FLAG_LIMITS.parallelFrom && ratio <= FLAG_LIMITS.parallelTo;
  if (!isPennant && !(isParallel && newer.bottom - older.bottom <= FLAG_LIMITS.lean * height)) return true;
  scan.found({
    type: isPennant ? (sign > 0 ? BULL_PENNANT : BEAR_PENNANT) : sign > 0 ? BULL_FLAG : BEAR_FLAG,
    direction: sign,
    barCount: scan.now - scan.get(FIRST_BAR) + 1,
    invalidation: sign * newer.bottom,
    fit: isPennant ? 1 - ratio : 1 - Math.abs(1 - ratio),
    size: height / (2 * FLAG_LIMITS.poleAtr * scan.get(POLE_ATR)),
  });
  return true;
}
