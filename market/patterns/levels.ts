import { patternIndex } from './catalog.ts';
import * as at from './layout.ts';
import { BARS_NEEDED } from './measures.ts';
import { newestIsHigh } from './pivots.ts';
import type { Scan } from './scan.ts';

const BREAKOUT_UP = patternIndex('breakout_up');
const BREAKOUT_DOWN = patternIndex('breakout_down');
const CROSS_UP = patternIndex('moving_average_cross_up');
const CROSS_DOWN = patternIndex('moving_average_cross_down');
const BOLLINGER_SQUEEZE = patternIndex('bollinger_squeeze');
const GAP_UP = patternIndex('gap_up');
const GAP_DOWN = patternIndex('gap_down');

/** What counts as a breakout, a squeeze, a gap. */
export const LEVEL_LIMITS = {
  /** Volume of the breaking bar over the average of the 20 before. */
  breakoutVolume: 1.5,
  /** The bands are two standard deviations of 20 closes around their mean; the channel is this many average true ranges. */
  bandDeviations: 2,
  channelAtr: 1.5,
  /** Bars that the bands must have been inside the channel. */
  squeezeBars: 6,
  /** A gap is at least this many average true ranges wide. */
  gapAtr: 0.25,
} as const;

/** Looks for what needs no shape: breakouts, crossing averages, squeezes, gaps. */
export function findLevels(scan: Scan): void {
  if (scan.atr === 0) return;
  if (scan.get(at.PIVOT_TOTAL) >= 2) findBreakout(scan);
  if (scan.now > 30) findCross(scan);
  if (scan.now > 20) findSqueeze(scan);
  findGap(scan);
}

/** The first close beyond the last pivot on that side counts, and only with volume. */
function findBreakout(scan: Scan): void {
  const high = newestIsHigh(scan) ? 0 : 1;
  const low = 1 - high;
  if (scan.close > scan.pivotPrice(high)) {
    if (scan.get(at.BROKEN_HIGH) === scan.pivotBar(high)) return;
    scan.set(at.BROKEN_HIGH, scan.pivotBar(high));
    tellBreakout(scan, { pivot: high, direction: 1 });
  } else if (scan.close < scan.pivotPrice(low)) {
    if (scan.get(at.BROKEN_LOW) === scan.pivotBar(low)) return;
    scan.set(at.BROKEN_LOW, scan.pivotBar(low));
    tellBreakout(scan, { pivot: low, direction: -1 });
  }
}

function tellBreakout(scan: Scan, breakout: { readonly pivot: number; readonly direction: 1 | -1 }): void {
  const { pivot, direction } = breakout;
  if (scan.meanVolume === 0 || scan.volume < LEVEL_LIMITS.breakoutVolume * scan.meanVolume) return;
  const level = scan.pivotPrice(pivot);
  scan.found({
    type: direction > 0 ? BREAKOUT_UP : BREAKOUT_DOWN,
    direction,
    barCount: scan.now - scan.pivotBar(pivot) + 1,
    invalidation: level - direction * scan.atr,
    fit: (scan.volume / scan.meanVolume - 1) / 2,
    size: Math.abs(scan.close - level) / scan.atr,
    pivots: 1,
    pivotFrom: pivot,
  });
}

/** The mean of 10 closes crosses the mean of 30. */
function findCross(scan: Scan): void {
  const fast = scan.get(at.CLOSE_10) / 10;
  const slow = scan.get(at.CLOSE_30) / 30;
  if (fast === slow) return;
  const side = fast > slow ? 1 : -1;
  const before = scan.get(at.CROSS_SIDE);
  scan.set(at.CROSS_SIDE, side);
  if (before === 0 || before === side) return;
  scan.found({
    type: side > 0 ? CROSS_UP : CROSS_DOWN,
    direction: side,
    barCount: 2,
    invalidation: slow - side * scan.atr,
    fit: Math.abs(fast - slow) / (0.2 * scan.atr),
    size: Math.max(0, side * (scan.close - slow)) / (2 * scan.atr),
  });
}

/** The bands leave the channel in which they were: the side of their middle on which the bar closes is the direction. */
function findSqueeze(scan: Scan): void {
  const mean = scan.get(at.DEVIATION_20) / 20;
  const variance = Math.max(0, scan.get(at.SQUARE_20) / 20 - mean * mean);
  const bars = scan.get(at.SQUEEZE_BARS);
  if (LEVEL_LIMITS.bandDeviations * Math.sqrt(variance) < LEVEL_LIMITS.channelAtr * scan.atr) {
    scan.set(at.SQUEEZE_BARS, bars + 1);
    return;
  }
  if (bars === 0) return;
  scan.set(at.SQUEEZE_BARS, 0);
  const middle = scan.get(at.CLOSE_BASE) + mean;
  if (bars < LEVEL_LIMITS.squeezeBars || scan.close === middle) return;
  scan.found({
    type: BOLLINGER_SQUEEZE,
    direction: scan.close > middle ? 1 : -1,
    // A squeeze may be older than the window.
    barCount: Math.min(bars + 1, BARS_NEEDED),
    invalidation: middle,
    fit: bars / 20,
    size: Math.abs(scan.close - middle) / (2 * scan.atr),
  });
}

function findGap(scan: Scan): void {
  const { bars } = scan;
  const least = LEVEL_LIMITS.gapAtr * scan.atr;
  const up = scan.low - bars.high(1);
  const down = bars.low(1) - scan.high;
  if (up < least && down < least) return;
  const gap = Math.max(up, down);
  scan.found({
    type: up > 0 ? GAP_UP : GAP_DOWN,
    direction: up > 0 ? 1 : -1,
    barCount: 2,
    invalidation: up > 0 ? bars.high(1) : bars.low(1),
    fit: 1,
    size: gap / scan.atr,
  });
}
