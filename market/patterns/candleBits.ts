import * as at from './layout.ts';
import type { Scan } from './scan.ts';

/**
 * Classes of one candle, as bits. What "short", "long" and "very short" mean are TA-Lib's candle settings: averages over
 * the bars before, written in the same order of operations, so that ties fall the same way.
 */
export const Bit = {
  /** Close at or over the open. */
  WHITE: 1,
  /** Body over the average of the ten bodies before. Its absence is TA-Lib's "short or equal". */
  BODY_LONG: 2,
  /** Body under that average. */
  BODY_SHORT: 4,
  /** Body at most a tenth of the average range of the ten bars before. */
  DOJI: 8,
  /** Shadow under that tenth, over it. */
  UPPER_VERY_SHORT: 16,
  UPPER_NOT_VERY_SHORT: 32,
  LOWER_VERY_SHORT: 64,
  LOWER_NOT_VERY_SHORT: 128,
  /** Shadow longer than the body, than twice the body. */
  UPPER_LONG: 256,
  LOWER_LONG: 512,
  UPPER_VERY_LONG: 1_024,
  LOWER_VERY_LONG: 2_048,
} as const;

/** Classes the bar at work by the ten bars before it. */
export function classify(scan: Scan): number {
  const { open, high, low, close } = scan;
  const isWhite = close >= open;
  const body = isWhite ? close - open : open - close;
  const upper = high - (isWhite ? close : open);
  const lower = (isWhite ? open : close) - low;
  const meanBody = scan.get(at.BODY_10) / 10;
  const tenth = 0.1 * (scan.get(at.RANGE_10) / 10);
  let bits = isWhite ? Bit.WHITE : 0;
  if (body > meanBody) bits |= Bit.BODY_LONG;
  else if (body < meanBody) bits |= Bit.BODY_SHORT;
  if (body <= tenth) bits |= Bit.DOJI;
  if (upper < tenth) bits |= Bit.UPPER_VERY_SHORT;
  else if (upper > tenth) bits |= Bit.UPPER_NOT_VERY_SHORT;
  if (lower < tenth) bits |= Bit.LOWER_VERY_SHORT;
  else if (lower > tenth) bits |= Bit.LOWER_NOT_VERY_SHORT;
  if (upper > body) bits |= upper > 2 * body ? Bit.UPPER_LONG | Bit.UPPER_VERY_LONG : Bit.UPPER_LONG;
  if (lower > body) bits |= lower > 2 * body ? Bit.LOWER_LONG | Bit.LOWER_VERY_LONG : Bit.LOWER_LONG;
  return bits;
}
