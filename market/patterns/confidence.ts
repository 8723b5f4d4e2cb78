import { patternIndex } from './catalog.ts';
import type { Found, Scan } from './scan.ts';

/** Bars before the formation over which the trend that led to it is taken, and the average true ranges that make it a full one. */
const TREND_BARS = 5;
const FULL_TREND_ATR = 3;

const BULLISH_MARUBOZU = patternIndex('bullish_marubozu');
const BEARISH_MARUBOZU = patternIndex('bearish_marubozu');

/**
 * How much a pattern is worth, 0..1: the mean of three shares. Candlesticks: span (formation's range over (bars + 1)
 * ATR), trend (move of the five bars before it over 3 ATR, against the pattern's direction for reversals, with it for
 * marubozu, either way for neutral ones), volume (over twice the mean of 20 bars). Chart patterns: fit, size, volume.
 */
export function confidenceOf(scan: Scan, found: Found): number {
  const volume = scan.meanVolume === 0 ? 0 : share(scan.volume / (2 * scan.meanVolume));
  if (found.fit !== undefined) return (share(found.fit) + share(found.size ?? 0) + volume) / 3;
  if (scan.atr === 0) return volume / 3;
  return (span(scan, found.barCount) + trend(scan, found) + volume) / 3;
}

function span(scan: Scan, barCount: number): number {
  let { high, low } = scan;
  for (let back = 1; back < barCount; back++) {
    high = Math.max(high, scan.bars.high(back));
    low = Math.min(low, scan.bars.low(back));
  }
  return share((high - low) / ((barCount + 1) * scan.atr));
}

function trend(scan: Scan, found: Found): number {
  const before = scan.bars.close(found.barCount);
  const move = (before - scan.bars.close(found.barCount + TREND_BARS)) / (FULL_TREND_ATR * scan.atr);
  if (found.direction === 0) return share(Math.abs(move));
  const continues = found.type === BULLISH_MARUBOZU || found.type === BEARISH_MARUBOZU;
  return share(found.direction * (continues ? move : -move));
}

function share(value: number): number {
  return value > 0 ? Math.min(1, value) : 0;
}
