import * as at from './layout.ts';
import type { Scan } from './scan.ts';

/** Bars that must be readable: the longest average looks this far back, and one more. */
export const BARS_NEEDED = 31;
const FAST_BARS = 10;
const SLOW_BARS = 30;
const BAND_BARS = 20;

/** Adds the bar at work to the averages that take it in, before the detectors look. */
export function measureClose(scan: Scan): void {
  const { now, close, bars } = scan;
  if (now === 1) scan.set(at.CLOSE_BASE, close);
  const base = scan.get(at.CLOSE_BASE);
  const fastOut = now > FAST_BARS ? bars.close(FAST_BARS) : 0;
  const slowOut = now > SLOW_BARS ? bars.close(SLOW_BARS) : 0;
  scan.set(at.CLOSE_10, scan.get(at.CLOSE_10) + close - fastOut);
  scan.set(at.CLOSE_30, scan.get(at.CLOSE_30) + close - slowOut);
  const distance = close - base;
  const distanceOut = now > BAND_BARS ? bars.close(BAND_BARS) - base : 0;
  scan.set(at.DEVIATION_20, scan.get(at.DEVIATION_20) + distance - distanceOut);
  scan.set(at.SQUARE_20, scan.get(at.SQUARE_20) + distance * distance - distanceOut * distanceOut);
}

/** Adds the bar at work to the sums over bars before, after the detectors have looked, and shifts what is kept of earlier bars. */
export function measureBar(scan: Scan, bits: number): void {
  const { now, bars, high, low } = scan;
  const range = high - low;
  const range5 = scan.get(at.RANGE_5);
  scan.set(at.RANGE_5_BACK_2, scan.get(at.RANGE_5_BACK_1));
  scan.set(at.RANGE_5_BACK_1, range5);
  scan.set(at.RANGE_5, range5 + range - (now > 5 ? bars.high(5) - bars.low(5) : 0));
  let body10 = scan.get(at.BODY_10) + Math.abs(scan.close - scan.open);
  let range10 = scan.get(at.RANGE_10) + range;
  if (now > 10) {
    body10 -= Math.abs(bars.close(10) - bars.open(10));
    range10 -= bars.high(10) - bars.low(10);
  }
  scan.set(at.BODY_10, body10);
  scan.set(at.RANGE_10, range10);
  // The first bar has no close before it, hence no true range: the fifteenth after it is the first with all fourteen.
  if (now > 1) {
    const out = now > 15 ? trueRange(scan, 14) : 0;
    scan.set(at.TRUE_RANGE_14, scan.get(at.TRUE_RANGE_14) + trueRange(scan, 0) - out);
  }
  scan.set(at.VOLUME_20, scan.get(at.VOLUME_20) + scan.volume - (now > 20 ? bars.volume(20) : 0));
  scan.set(at.BITS_BACK_3, scan.get(at.BITS_BACK_2));
  scan.set(at.BITS_BACK_2, scan.get(at.BITS_BACK_1));
  scan.set(at.BITS_BACK_1, bits);
}

/** Sums everything anew from the bars as they stand now: a closed bar was amended. The newest bar counts as measured. */
export function measureAgain(scan: Scan): void {
  const { now, bars } = scan;
  const base = scan.get(at.CLOSE_BASE);
  for (let place = at.BODY_10; place <= at.CLOSE_30; place++) scan.set(place, 0);
  scan.set(at.DEVIATION_20, 0);
  scan.set(at.SQUARE_20, 0);
  for (let back = Math.min(now, SLOW_BARS) - 1; back >= 0; back--) {
    const close = bars.close(back);
    const range = bars.high(back) - bars.low(back);
    if (back < 10) {
      add(scan, at.BODY_10, Math.abs(close - bars.open(back)));
      add(scan, at.RANGE_10, range);
      add(scan, at.CLOSE_10, close);
    }
    if (back < 5) add(scan, at.RANGE_5, range);
    if (back >= 1 && back < 6) add(scan, at.RANGE_5_BACK_1, range);
    if (back >= 2 && back < 7) add(scan, at.RANGE_5_BACK_2, range);
    if (back < 14 && back < now - 1) add(scan, at.TRUE_RANGE_14, trueRange(scan, back));
    if (back < BAND_BARS) {
      add(scan, at.VOLUME_20, bars.volume(back));
      add(scan, at.DEVIATION_20, close - base);
      add(scan, at.SQUARE_20, (close - base) ** 2);
    }
    add(scan, at.CLOSE_30, close);
  }
}

function add(scan: Scan, place: number, value: number): void {
  scan.set(place, scan.get(place) + value);
}

/** The larger of the bar's range and its reach from the close before. */
function trueRange(scan: Scan, back: number): number {
  const { bars } = scan;
  const before = bars.close(back + 1);
  return Math.max(bars.high(back), before) - Math.min(bars.low(back), before);
}
