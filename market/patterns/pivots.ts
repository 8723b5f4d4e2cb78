import * as at from './layout.ts';
import type { Scan } from './scan.ts';

/** A leg ends once price has come back from its extreme by this many average true ranges. */
export const REVERSAL_ATR = 2;

/**
 * Moves the zigzag on by the bar at work. Extremes are highs and lows of bars; of equal ones the first counts; a bar
 * that makes a new extreme doesn't also end the leg, since the order inside it is unknown.
 *
 * @returns whether a pivot was confirmed: it is the newest in the row then
 */
export function movePivots(scan: Scan): boolean {
  if (scan.atr === 0) return false;
  const reversal = REVERSAL_ATR * scan.atr;
  const leg = scan.get(at.LEG);
  if (leg === 0) return startLeg(scan, reversal);
  const extreme = scan.get(at.EXTREME);
  if (leg > 0) {
    if (scan.high > extreme) setExtreme(scan, scan.high);
    else if (extreme - scan.low >= reversal) return turn(scan, -1);
  } else if (scan.low < extreme) setExtreme(scan, scan.low);
  else if (scan.high - extreme >= reversal) return turn(scan, 1);
  return false;
}

/** Says whether the newest confirmed pivot is a high. */
export function newestIsHigh(scan: Scan): boolean {
  return scan.get(at.LEG) < 0;
}

function startLeg(scan: Scan, reversal: number): boolean {
  if (scan.get(at.EXTREME_BAR) === 0 || scan.high > scan.get(at.EXTREME)) setExtreme(scan, scan.high);
  else if (scan.get(at.EXTREME) - scan.low >= reversal) return turn(scan, -1);
  if (scan.get(at.FLOOR_BAR) === 0 || scan.low < scan.get(at.FLOOR)) setFloor(scan);
  else if (scan.high - scan.get(at.FLOOR) >= reversal) {
    scan.set(at.EXTREME, scan.get(at.FLOOR));
    scan.set(at.EXTREME_BAR, scan.get(at.FLOOR_BAR));
    scan.set(at.EXTREME_US, scan.get(at.FLOOR_US));
    return turn(scan, 1);
  }
  return false;
}

function setExtreme(scan: Scan, price: number): void {
  scan.set(at.EXTREME, price);
  scan.set(at.EXTREME_BAR, scan.now);
  scan.set(at.EXTREME_US, scan.startUs);
}

function setFloor(scan: Scan): void {
  scan.set(at.FLOOR, scan.low);
  scan.set(at.FLOOR_BAR, scan.now);
  scan.set(at.FLOOR_US, scan.startUs);
}

/** Makes the extreme a pivot and begins the leg that goes the other way. */
function turn(scan: Scan, leg: 1 | -1): true {
  const first = scan.row + at.PIVOTS;
  scan.rows.copyWithin(first + at.PIVOT_WIDTH, first, first + at.PIVOT_WIDTH * (at.PIVOT_SLOTS - 1));
  scan.rows[first] = scan.get(at.EXTREME);
  scan.rows[first + 1] = scan.get(at.EXTREME_BAR);
  scan.rows[first + 2] = scan.get(at.EXTREME_US);
  scan.set(at.PIVOT_TOTAL, scan.get(at.PIVOT_TOTAL) + 1);
  scan.set(at.LEG, leg);
  setExtreme(scan, leg > 0 ? scan.high : scan.low);
  return true;
}
