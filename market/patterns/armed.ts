import * as at from './layout.ts';
import type { Scan } from './scan.ts';
import type { Direction } from './types.ts';

/** Families of shapes; each keeps the one shape that waits for its break. */
export const Family = { DOUBLE: 0, HEAD: 1, LINES: 2 } as const;
export type Family = (typeof Family)[keyof typeof Family];

// Places within a slot.
const TYPE_PLUS_1 = 0;
const DIRECTION = 1;
const DEADLINE = 2;
const REFERENCE = 3;
const UPPER = 4;
const UPPER_SLOPE = 5;
const LOWER = 6;
const LOWER_SLOPE = 7;
const FIT = 8;
const HEIGHT = 9;
const PIVOT_COUNT = 10;
const TOTAL = 11;

/** A shape of this height, in average true ranges, counts as fully sized. */
export const FULL_HEIGHT_ATR = 8;

/** A complete shape between two lines. Prices in ticks, bars by number. */
export interface Shape {
  readonly type: number;
  /** Side on which it breaks: 1 over the upper line, -1 under the lower one, 0 either. The other line voids it. */
  readonly direction: Direction;
  /** Last bar on which its break counts. */
  readonly deadline: number;
  /** Bar at which `upper` and `lower` hold; the slopes are per bar. */
  readonly reference: number;
  readonly upper: number;
  readonly upperSlope: number;
  readonly lower: number;
  readonly lowerSlope: number;
  /** 0..1. */
  readonly fit: number;
  readonly height: number;
  /** The newest pivots that form it. */
  readonly pivots: number;
}

/** Keeps a shape until it breaks, is void or too old. It takes the place of an earlier one of its family. */
export function arm(scan: Scan, family: Family, shape: Shape): void {
  const slot = slotOf(family);
  scan.set(slot + TYPE_PLUS_1, shape.type + 1);
  scan.set(slot + DIRECTION, shape.direction);
  scan.set(slot + DEADLINE, shape.deadline);
  scan.set(slot + REFERENCE, shape.reference);
  scan.set(slot + UPPER, shape.upper);
  scan.set(slot + UPPER_SLOPE, shape.upperSlope);
  scan.set(slot + LOWER, shape.lower);
  scan.set(slot + LOWER_SLOPE, shape.lowerSlope);
  scan.set(slot + FIT, shape.fit);
  scan.set(slot + HEIGHT, shape.height);
  scan.set(slot + PIVOT_COUNT, shape.pivots);
  scan.set(slot + TOTAL, scan.get(at.PIVOT_TOTAL));
}

/** Looks whether the bar at work closes through a line of a shape that waits. */
export function findBreaks(scan: Scan): void {
  for (let family = 0; family < at.ARMED_SLOTS; family++) {
    const slot = slotOf(family);
    if (scan.get(slot + TYPE_PLUS_1) !== 0) findBreak(scan, slot);
  }
}

function findBreak(scan: Scan, slot: number): void {
  const bars = scan.now - scan.get(slot + REFERENCE);
  const upper = scan.get(slot + UPPER) + scan.get(slot + UPPER_SLOPE) * bars;
  const lower = scan.get(slot + LOWER) + scan.get(slot + LOWER_SLOPE) * bars;
  const broken = scan.close > upper ? 1 : scan.close < lower ? -1 : 0;
  if (broken !== 0) {
    const direction = scan.get(slot + DIRECTION);
    if (direction === 0 || direction === broken) tellBreak(scan, slot, { direction: broken, upper, lower });
  }
  if (broken !== 0 || scan.now >= scan.get(slot + DEADLINE)) scan.set(slot + TYPE_PLUS_1, 0);
}

function tellBreak(
  scan: Scan,
  slot: number,
  lines: { readonly direction: 1 | -1; readonly upper: number; readonly lower: number },
): void {
  const pivotFrom = scan.get(at.PIVOT_TOTAL) - scan.get(slot + TOTAL);
  const pivots = Math.min(scan.get(slot + PIVOT_COUNT), at.PIVOT_SLOTS - pivotFrom);
  scan.found({
    type: scan.get(slot + TYPE_PLUS_1) - 1,
    direction: lines.direction,
    barCount: scan.now - scan.pivotBar(pivotFrom + pivots - 1) + 1,
    invalidation: lines.direction > 0 ? lines.lower : lines.upper,
    fit: scan.get(slot + FIT),
    size: scan.get(slot + HEIGHT) / (FULL_HEIGHT_ATR * scan.atr),
    pivots,
    pivotFrom,
  });
}

function slotOf(family: number): number {
  return at.ARMED + at.ARMED_WIDTH * family;
}
